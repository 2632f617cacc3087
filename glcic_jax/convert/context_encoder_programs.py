"""Programs that have the Context Encoder's networks: its authors', and Boyuan Jiang's."""

from collections.abc import Mapping
import functools
from typing import Any

from glcic_jax import errors
from glcic_jax.convert import names
from glcic_jax.convert import program
from glcic_jax.methods import context_encoder
from glcic_jax.models import context_encoder as networks

_ARCHITECTURE = context_encoder.ARCHITECTURE.name
# The keys of PROGRAMS; the authors' own program is called as the network.
OFFICIAL, BOYUAN_JIANG = _ARCHITECTURE, 'boyuan_jiang'

# The release's hole: the mean of another framework, its channels misordered; in R, G, B as its code
# has it.
_RELEASED_HOLE = (117 / 255, 104 / 255, 123 / 255)

_Layers = list[tuple[str, str]]  # (our layer, kind)


def _layers(options: Mapping[str, Any]) -> tuple[_Layers, _Layers, _Layers]:
  """The encoder with its bottleneck, what follows where the noise joins, and the decoder."""
  encoder = _strided(len(networks.stages(options['image_size'])))
  joined = [('bottleneck_norm', 'norm'), ('', 'leaky relu')]
  decoder = [('expand', 'deconv'), ('expand_norm', 'norm'), ('', 'relu')]
  hidden = len(networks.stages(options['patch_size'])) - 1
  for number in range(1, hidden + 1):
    decoder += [(f'deconv{number}', 'deconv'), (f'up_norm{number}', 'norm'), ('', 'relu')]
  decoder += [(f'deconv{hidden + 1}', 'deconv'), ('', 'tanh')]
  return [*encoder, ('bottleneck', 'conv')], joined, decoder


def _strided(stages: int) -> _Layers:
  """The Context Encoder's convolutions of stride 2: no BatchNorm after the first."""
  layers = [('conv1', 'conv'), ('', 'leaky relu')]
  for number in range(2, stages + 1):
    layers += [(f'conv{number}', 'conv'), (f'norm{number}', 'norm'), ('', 'leaky relu')]
  return layers


def _officially(options: Mapping[str, Any]) -> list[names.Pair]:
  """An `nn.Sequential` whose first module is the encoder, or a table of it and of the noise."""
  encoder, joined, decoder = _layers(options)
  if not options.get('noise_features'):
    return names.numbered('0.', encoder) + names.numbered('', joined + decoder, first=1)
  return (
    names.numbered('0.0.', encoder)
    + names.numbered('0.1.', [('noise', 'conv')])
    + names.numbered('', [('', 'join'), *joined, *decoder], first=1)
  )


def _boyuan_jiang(options: Mapping[str, Any]) -> list[names.Pair]:
  encoder, joined, decoder = _layers(options)
  return names.numbered('main_encode.', encoder + joined) + names.numbered('main_decode.', decoder)


def _geometry(options: Mapping[str, Any], ours: str) -> tuple[int, int, int]:
  del options
  return (1, 1, 0) if ours in ('bottleneck', 'noise', 'expand', 'logit') else (2, 1, 1)


def _describe_official(
  arrays: program.Arrays, name: str, mean: Any, wishes: program.Wishes
) -> dict[str, Any]:
  del mean
  noisy = '0.0.0.weight' in arrays  # a table of two networks, for the picture and the noise
  return _describe(arrays, name, wishes, root='0.0.' if noisy else '0.', noisy=noisy)


def _describe_boyuan_jiang(
  arrays: program.Arrays, name: str, mean: Any, wishes: program.Wishes
) -> dict[str, Any]:
  del mean
  return _describe(arrays, name, wishes, root='main_encode.', biases=False)


def _describe(
  arrays: program.Arrays,
  name: str,
  wishes: program.Wishes,
  *,
  root: str,
  noisy: bool = False,
  **options: Any,
) -> dict[str, Any]:
  kernels = program.kernels_of(arrays)
  encoder = [key for key in kernels if key.startswith(root)]
  decoder = [key for key in kernels if not key.startswith((root, '0.1.'))]
  side, patch = (_map_side(len(found) - 1, name) for found in (encoder, decoder))
  if patch not in (side, side // 2):
    raise errors.InputError(
      f'{name} makes {patch} px of {side} px; a Context Encoder makes the half or the whole.'
    )
  overlap = _overlap(name, side, patch, wishes)
  last = names.last_of(encoder)
  width = program.length(arrays, last, 1, 512) / 512
  options = {
    'image_size': side,
    'patch_size': patch,
    'overlap': overlap,
    'bottleneck': 'convolution',
    'bottleneck_features': round(program.length(arrays, last, 0, 4000) / width),
    'noise_features': program.length(arrays, '0.1.0.weight', 0, 0) if noisy else 0,
    'width': width,
    **options,
  }
  center = patch < side
  known = {'kind': 'center', 'side': (patch - 2 * overlap) / side}
  return {
    'method': context_encoder.CENTER if center else context_encoder.RANDOM,
    'architecture': {'name': _ARCHITECTURE, 'options': options},
    'value_range': (-1.0, 1.0),
    'mean_color': wishes.mean_color or _RELEASED_HOLE,
    'image_size': side,
    'mask': known if center else {'kind': 'region'},
  }


def _overlap(name: str, side: int, patch: int, wishes: program.Wishes) -> int:
  """By how many pixels the patch overlaps what is known: none where it is the whole picture."""
  if patch == side:
    if wishes.overlap is not None:
      raise errors.InputError(
        f'--overlap is for a Context Encoder of the centre variant, and {name} paints the whole '
        'picture; leave it out.'
      )
    return 0
  overlap = 4 if wishes.overlap is None else wishes.overlap
  if not 0 <= 2 * overlap < patch:
    raise errors.InputError(
      f'--overlap is {overlap}; give 0 to {patch // 2 - 1}, less than half of the '
      f'{patch} px that {name} predicts.'
    )
  return overlap


def _discriminator(arrays: program.Arrays, name: str, *, key: str, **options: Any) -> program.Judge:
  kernels = program.kernels_of(arrays)
  stages = len(kernels) - 1
  side = _map_side(stages, name)
  width = program.length(arrays, names.last_of(kernels), 1, 512) / 512
  architecture = {'name': _ARCHITECTURE, 'options': {'width': width, **options}}
  return program.Judge(architecture, discriminator_pairs(key, stages), side)


def discriminator_pairs(key: str, stages: int) -> list[names.Pair]:
  """The names of a discriminator with so many convolutions of stride 2."""
  layers = [*_strided(stages), ('logit', 'conv'), ('', 'sigmoid')]
  if key == BOYUAN_JIANG:
    return names.numbered('main.', layers)
  return names.numbered('', [*layers, ('', 'view')])


def _map_side(stages: int, name: str) -> int:
  """The side in pixels that so many convolutions of stride 2 bring down to the bottleneck's map."""
  if not 2 <= stages <= len(networks.FEATURES):
    raise errors.InputError(
      f'{name} halves or doubles a picture {stages} times; a Context Encoder does it 2 to '
      f'{len(networks.FEATURES)} times.'
    )
  return networks.MAP * 2**stages


def _writes(options: Mapping[str, Any], *, biases: bool) -> bool:
  has = bool(options.get('biases', True))
  return options.get('bottleneck') == 'convolution' and has == biases


PROGRAMS = {
  BOYUAN_JIANG: program.Program(
    title='BoyuanJiang/context_encoder_pytorch',
    licence='MIT',
    leaves_open=('mean_color', 'overlap'),
    marks=('main_encode.0.weight',),
    architecture=_ARCHITECTURE,
    writes=functools.partial(_writes, biases=False),
    describe=_describe_boyuan_jiang,
    generator=_boyuan_jiang,
    discriminator=functools.partial(_discriminator, key=BOYUAN_JIANG, biases=False),
    geometry=_geometry,
  ),
  OFFICIAL: program.Program(
    title='the Context Encoder as its authors released it: Pathak et al. 2016',
    licence='UC Berkeley, for educational, research and not-for-profit purposes',
    leaves_open=('mean_color', 'overlap'),
    marks=('0.0.weight', '0.0.0.weight'),
    architecture=_ARCHITECTURE,
    writes=functools.partial(_writes, biases=True),
    describe=_describe_official,
    generator=_officially,
    discriminator=functools.partial(_discriminator, key=OFFICIAL),
    geometry=_geometry,
  ),
}
