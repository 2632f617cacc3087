"""Programs that have the Context Encoder's networks: its authors', and Boyuan Jiang's."""

from collections.abc import Mapping
import functools
from typing import Any

from glcic_jax import errors
from glcic_jax.convert import foreign_files
from glcic_jax.convert import names
from glcic_jax.convert import program
from glcic_jax.methods import context_encoder
from glcic_jax.models import context_encoder as networks

FIRST_MARK = 'main.0.weight'  # of BoyuanJiang's discriminators, and generators of the first commit
_ARCHITECTURE = context_encoder.ARCHITECTURE.name
# The keys of PROGRAMS; the authors' own program is called as the network.
OFFICIAL, BOYUAN_JIANG = _ARCHITECTURE, 'boyuan_jiang'

# The release's hole: the mean of another framework, its channels misordered; in R, G, B as its code
# has it.
_RELEASED_HOLE = (117 / 255, 104 / 255, 123 / 255)

_HALVING, _POINT = (2, 1, 1), (1, 1, 0)  # stride, dilation, padding: also doubling; the bottleneck


def _layers(options: Mapping[str, Any]) -> tuple[list[names.Pair], ...]:
  """The encoder with its bottleneck, what follows where the noise joins, and the decoder."""
  encoder = _strided(len(networks.stages(options['image_size'])))
  encoder.append(names.Pair('bottleneck', 'conv', _POINT))
  joined = [names.Pair('bottleneck_norm', 'norm'), names.Pair('', 'leaky relu')]
  decoder = [names.Pair('expand', 'deconv', _POINT), names.Pair('expand_norm', 'norm')]
  hidden = len(networks.stages(options['patch_size'])) - 1
  for number in range(1, hidden + 1):
    decoder += [names.Pair('', 'relu'), names.Pair(f'deconv{number}', 'deconv', _HALVING)]
    decoder.append(names.Pair(f'up_norm{number}', 'norm'))
  last = names.Pair(f'deconv{hidden + 1}', 'deconv', _HALVING)
  return encoder, joined, [*decoder, names.Pair('', 'relu'), last, names.Pair('', 'tanh')]


def _strided(stages: int) -> list[names.Pair]:
  """The Context Encoder's convolutions of stride 2: no BatchNorm after the first."""
  layers = []
  for number in range(1, stages + 1):
    norm = [names.Pair(f'norm{number}', 'norm')] if number > 1 else []
    layers += [names.Pair(f'conv{number}', 'conv', _HALVING), *norm, names.Pair('', 'leaky relu')]
  return layers


def _officially(options: Mapping[str, Any]) -> list[names.Pair]:
  """An `nn.Sequential` whose first module is the encoder, or a table of it and of the noise."""
  encoder, joined, decoder = _layers(options)
  if not options.get('noise_features'):
    return names.numbered('0.', encoder) + names.numbered('', joined + decoder, first=1)
  noise, join = names.Pair('noise', 'conv', _POINT), names.Pair('', 'join')
  heads = names.numbered('0.0.', encoder) + names.numbered('0.1.', [noise])
  return heads + names.numbered('', [join, *joined, *decoder], first=1)


def _boyuan_jiang(options: Mapping[str, Any]) -> list[names.Pair]:
  encoder, joined, decoder = _layers(options)
  return names.numbered('main_encode.', encoder + joined) + names.numbered('main_decode.', decoder)


def _describe(
  source: foreign_files.ForeignFile, wishes: program.Wishes, *, root: str = '', **options: Any
) -> dict[str, Any]:
  """`root`: of the encoder's names; the authors' is '0.', or '0.0.' beside that of the noise."""
  name, arrays = source.name, source.arrays
  root = root or ('0.0.' if '0.0.0.weight' in arrays else '0.')
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
    'noise_features': program.length(arrays, '0.1.0.weight', 0, 0) if root == '0.0.' else 0,
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


def _discriminator(source: foreign_files.ForeignFile, *, key: str, **options: Any) -> program.Judge:
  kernels = program.kernels_of(source.arrays)
  stages = len(kernels) - 1
  side = _map_side(stages, source.name)
  width = program.length(source.arrays, names.last_of(kernels), 1, 512) / 512
  architecture = {'name': _ARCHITECTURE, 'options': {'width': width, **options}}
  return architecture, discriminator_pairs(key, stages), side


def discriminator_pairs(key: str, stages: int) -> list[names.Pair]:
  """The names of a discriminator with so many convolutions of stride 2."""
  end = [names.Pair('logit', 'conv', _POINT), names.Pair('', 'sigmoid')]
  if key == BOYUAN_JIANG:
    return names.numbered('main.', _strided(stages) + end)
  return names.numbered('', [*_strided(stages), *end, names.Pair('', 'view')])


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
    judge_marks=(FIRST_MARK,),
    architecture=_ARCHITECTURE,
    writes=functools.partial(_writes, biases=False),
    describe=functools.partial(_describe, root='main_encode.', biases=False),
    generator=_boyuan_jiang,
    discriminator=functools.partial(_discriminator, key=BOYUAN_JIANG, biases=False),
  ),
  OFFICIAL: program.Program(
    title='the Context Encoder as its authors released it: Pathak et al. 2016',
    licence='UC Berkeley, for educational, research and not-for-profit purposes',
    leaves_open=('mean_color', 'overlap'),
    marks=('0.0.weight', '0.0.0.weight'),
    judge_marks=('0.weight',),
    architecture=_ARCHITECTURE,
    writes=functools.partial(_writes, biases=True),
    describe=_describe,
    generator=_officially,
    discriminator=functools.partial(_discriminator, key=OFFICIAL),
  ),
}
