"""Programs that have GLCIC's networks: its authors', otenim's, and MMagic."""

from collections.abc import Callable, Mapping
import functools
import json
import math
import os
from typing import Any, NamedTuple

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.convert import foreign_files
from glcic_jax.convert import names
from glcic_jax.convert import program
from glcic_jax.methods import glcic
from glcic_jax.models import glcic as networks

_METHOD, _ARCHITECTURE = glcic.NAME, glcic.ARCHITECTURE.name
# The keys of PROGRAMS; the authors' own program is called as the method.
OFFICIAL, OTENIM, MMAGIC = _METHOD, 'otenim', 'mmagic'


def _layers(options: Mapping[str, Any]) -> list[names.Pair]:
  """The paper's network in one `nn.Sequential`, with its activations: 50 modules."""
  layers = []
  for number, layer in enumerate(networks.COMPLETION_LAYERS, start=1):
    dilation = layer.dilation if options.get('dilated', True) else 1
    geometry = layer.stride, dilation, dilation * (layer.kernel - 1) // 2
    layers.append(names.Pair(f'{layer.kind}{number}', layer.kind, geometry))
    layers += [names.Pair(f'norm{number}', 'norm'), names.Pair('', 'relu')]
  return [*layers[:-2], names.Pair('', 'sigmoid')]


def _officially(options: Mapping[str, Any]) -> list[names.Pair]:
  return names.numbered('', _layers(options))


def _named(theirs: Callable[[str], str], options: Mapping[str, Any]) -> list[names.Pair]:
  """The layers that have arrays, by a program's names of ours."""
  return [pair._replace(theirs=theirs(pair.ours)) for pair in _layers(options) if pair.ours]


def _otenim_name(ours: str) -> str:
  return ours.replace('norm', 'bn')


def _mmagic_name(ours: str) -> str:
  number = int(''.join(filter(str.isdigit, ours)))
  if number <= 6:
    block = f'encoder.enc{number}'
  elif number <= 10:
    block = f'dilation_neck.dilation_convs.{number - 7}'
  else:
    block = f'decoder.dec{number - 10}'
  return f'generator.{block}.{"bn" if ours.startswith("norm") else "conv"}'


def _describe_official(source: foreign_files.ForeignFile, wishes: program.Wishes) -> dict[str, Any]:
  color = program.mean_color(source.name, source.mean, wishes)
  known = os.path.basename(source.name)
  side = wishes.image_size or (160 if 'celeba' in known else 256)
  mask: dict[str, Any] = {'kind': 'rectangle', 'side': [96, 128] if side > 160 else [48, 96]}
  if 'freeform' in known:
    mask = {'kind': 'region'}
  # The mean goes from the whole picture, so that the hole is zero.
  options = {'input_mean': list(color)}
  return _describe(OFFICIAL, source, options, mean_color=color, image_size=side, mask=mask)


def _describe_otenim(source: foreign_files.ForeignFile, wishes: program.Wishes) -> dict[str, Any]:
  settings = _otenim_settings(source.name)
  edges = [('min', 48), ('max', 96)]
  sides = [_pixels(settings, f'hole_{end}_{axis}', usual) for end, usual in edges for axis in 'hw']
  mean = settings.get('mpv') if source.mean is None else source.mean
  return _describe(
    OTENIM,
    source,
    {'relu_first': True},
    mean_color=program.mean_color(source.name, mean, wishes),
    image_size=wishes.image_size or _pixels(settings, 'cn_input_size', 160),
    mask={'kind': 'rectangle', 'side': [min(sides), max(sides)]},
  )


def _otenim_settings(name: str) -> dict[str, Any]:
  """The program's config.json, beside a file of its weights or one folder above; {} without."""
  folder = epath.Path(name).parent
  for place in (folder, folder.parent):
    try:
      settings = json.loads(files.read(place / 'config.json', 2**20))
    except (OSError, ValueError):
      continue
    if isinstance(settings, dict) and 'mpv' in settings:
      return settings
  return {}


def _pixels(settings: Mapping[str, Any], key: str, usual: int) -> int:
  """A number of pixels, as in the program's own default where it is none."""
  value = settings.get(key)
  return value if type(value) is int and 1 <= value <= 4_096 else usual


def _describe_mmagic(source: foreign_files.ForeignFile, wishes: program.Wishes) -> dict[str, Any]:
  return _describe(
    MMAGIC,
    source,
    {'hidden_biases': False, 'output': 'clamp', 'channel_order': 'bgr'},
    value_range=(-1.0, 1.0),
    mean_color=(0.5, 0.5, 0.5),  # 0 in [-1, 1]
    image_size=wishes.image_size or 256,
    mask={'kind': 'rectangle', 'side': [88, 128]},
  )


def _describe(
  key: str, source: foreign_files.ForeignFile, options: Mapping[str, Any], **own: Any
) -> dict[str, Any]:
  widest = next(pair.theirs for pair in PROGRAMS[key].generator({}) if pair.ours == 'conv12')
  width = program.length(source.arrays, f'{widest}.weight', 0, 256) / 256
  architecture = {'name': _ARCHITECTURE, 'options': {'width': width, 'dilated': True, **options}}
  return {'method': _METHOD, 'architecture': architecture, 'value_range': (0.0, 1.0), **own}


class _Names(NamedTuple):
  """How a program names its discriminator: `{branch}` is local or global, `{number}` a layer's."""

  root: str
  conv: str
  norm: str
  vector: str
  fusion: tuple[str, str]  # and its kind
  options: Mapping[str, Any]


_OTENIM_JUDGE = _Names(
  root='model_{initial}d.',
  conv='conv{number}',
  norm='bn{number}',
  vector='linear{number}',
  fusion=('linear1', 'dense'),
  options={'relu_first': True},
)
_MMAGIC_JUDGE = _Names(
  root='disc.{branch}_disc.',
  conv='conv{number}.conv',
  norm='conv{number}.bn',
  vector='fc.linear',
  fusion=('disc.fc', 'swapped'),  # it joins the global vector first
  options={'hidden_biases': False, 'channel_order': 'bgr'},
)


def _discriminator(theirs: _Names, source: foreign_files.ForeignFile) -> program.Judge:
  name, arrays = source.name, source.arrays
  sides, pairs, width = {}, [], 1.0
  for branch in ('local', 'global'):
    root = theirs.root.format(branch=branch, initial=branch[0])
    kernels = program.kernels_of(arrays, root)
    vectors = (array for key, array in arrays.items() if key.startswith(root) and array.ndim == 2)
    vector = next(vectors, None)
    if not kernels or vector is None:
      raise errors.InputError(
        f'{name} has no {branch} discriminator; it is incomplete: get it again from its source.'
      )
    depth, channels = len(kernels), len(arrays[names.last_of(kernels)])
    sides[branch] = math.isqrt(vector.shape[1] // channels) * 2**depth
    width = len(vector) / 1_024
    for number in range(1, depth + 1):
      conv, norm = (root + form.format(number=number) for form in (theirs.conv, theirs.norm))
      pairs.append(names.Pair(f'{branch}/conv{number}', 'conv', theirs=conv))
      pairs.append(names.Pair(f'{branch}/norm{number}', 'norm', theirs=norm))
    flat = root + theirs.vector.format(number=depth + 1)
    pairs.append(names.Pair(f'{branch}/vector', 'flattened', theirs=flat, channels=channels))
  fusion, kind = theirs.fusion
  pairs.append(names.Pair('fusion', kind, theirs=fusion))
  if not 0 < sides['local'] <= sides['global'] <= 4_096:
    raise errors.InputError(
      f'{name} judges local views of {sides["local"]} px in pictures of {sides["global"]} px; it '
      'is another network, or a part of one.'
    )
  options = {'local_size': sides['local'], 'width': width, **theirs.options}
  return {'name': _ARCHITECTURE, 'options': options}, pairs, sides['global']


def _none_published(source: foreign_files.ForeignFile) -> program.Judge:
  del source
  raise errors.InputError(
    "GLCIC's authors published no discriminator, so there is none that belongs to their "
    'completion network; leave --discriminator out.'
  )


PROGRAMS = {
  OTENIM: program.Program(
    title='otenim/GLCIC-PyTorch',
    licence='MIT',
    leaves_open=('mean_color', 'image_size'),
    marks=('deconv13.weight',),
    judge_marks=('model_ld.conv1.weight',),
    architecture=_ARCHITECTURE,
    writes=lambda options: options.get('hidden_biases', True) and options.get('relu_first', False),
    describe=_describe_otenim,
    generator=functools.partial(_named, _otenim_name),
    discriminator=functools.partial(_discriminator, _OTENIM_JUDGE),
  ),
  MMAGIC: program.Program(
    title='open-mmlab/mmagic, Global&Local',
    licence='Apache-2.0',
    leaves_open=('image_size',),
    marks=('generator.encoder.enc1.conv.weight',),
    architecture=_ARCHITECTURE,
    writes=lambda options: not options.get('hidden_biases', True),
    describe=_describe_mmagic,
    generator=functools.partial(_named, _mmagic_name),
    discriminator=functools.partial(_discriminator, _MMAGIC_JUDGE),
    judge_root='disc.',
  ),
  OFFICIAL: program.Program(
    title='GLCIC as its authors released it: Iizuka, Simo-Serra, Ishikawa 2017',
    licence='CC BY-NC-SA 4.0',
    leaves_open=('mean_color', 'image_size'),
    marks=('48.weight',),
    architecture=_ARCHITECTURE,
    writes=lambda options: (
      options.get('hidden_biases', True) and not options.get('relu_first', False)
    ),
    describe=_describe_official,
    generator=_officially,
    discriminator=_none_published,
  ),
}
