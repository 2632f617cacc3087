"""The tables of names: which array of whose file is which of our layers.

A layout is one program's way of naming. Those of the authors number the modules of `nn.Sequential`,
activations too, so a table lists these as well: in a Torch7 file every one of them is checked.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import re
from typing import Any
from typing import NamedTuple

from glcic_jax.convert import kernels
from glcic_jax.models import context_encoder
from glcic_jax.models import glcic

GLCIC_OFFICIAL, OTENIM, MMAGIC = 'glcic', 'otenim', 'mmagic'
CONTEXT_ENCODER_OFFICIAL, BOYUAN_JIANG = 'context_encoder', 'boyuan_jiang'

# An array that only this layout has.
_MARKS = {
  OTENIM: ('deconv13.weight',),
  MMAGIC: ('generator.encoder.enc1.conv.weight',),
  BOYUAN_JIANG: ('main_encode.0.weight',),
  GLCIC_OFFICIAL: ('48.weight',),
  CONTEXT_ENCODER_OFFICIAL: ('0.0.weight', '0.0.0.weight'),
}


class Pair(NamedTuple):
  """A layer of ours, and its name there."""

  ours: str  # 'conv1'; '' for an activation, which has no arrays
  theirs: str
  kind: str  # as of `torch7_modules.Layer`, or 'dense', 'flattened', 'swapped'
  channels: int = 0  # of the map that a 'flattened' layer sees

  def arrays(self) -> dict[str, tuple[str, kernels.Layout]]:
    """Our leaf -> its name there, and how it is laid out."""
    weight = {
      'conv': kernels.CONV,
      'deconv': kernels.DECONV,
      'dense': kernels.DENSE,
      'swapped': kernels.SWAPPED,
      'flattened': kernels.flattened(self.channels),
    }
    ours = self.ours.replace('/', '.')
    if self.kind in weight:
      return {
        f'params.{ours}.kernel': (f'{self.theirs}.weight', weight[self.kind]),
        f'params.{ours}.bias': (f'{self.theirs}.bias', kernels.VECTOR),
      }
    if self.kind == 'norm':
      names = {
        'params.{}.scale': 'weight',
        'params.{}.bias': 'bias',
        'batch_stats.{}.mean': 'running_mean',
        'batch_stats.{}.var': 'running_var',
      }
      return {
        mine.format(ours): (f'{self.theirs}.{name}', kernels.VECTOR) for mine, name in names.items()
      }
    return {}


def layout_of(names: Iterable[str]) -> str | None:
  """Whose names these are, of a generator; None if nobody's."""
  names = set(names)
  return next((layout for layout, marks in _MARKS.items() if names.intersection(marks)), None)


def layout_for(architecture: Mapping[str, Any]) -> str | None:
  """The layout in which a generator of ours is written; None if no released code has such a
  network.
  """
  options = architecture['options']
  if architecture['name'] == 'glcic':
    if not options.get('hidden_biases', True):
      return MMAGIC
    return OTENIM if options.get('relu_first') else GLCIC_OFFICIAL
  if architecture['name'] == 'context_encoder' and options.get('bottleneck') == 'convolution':
    return CONTEXT_ENCODER_OFFICIAL if options.get('biases', True) else BOYUAN_JIANG
  return None


def last_of(keys: Iterable[str]) -> str:
  """The last of some numbered names: '0.14.weight' comes after '0.2.weight'."""
  return max(keys, key=lambda key: [int(part) for part in re.findall(r'\d+', key)], default='')


def generator(layout: str, architecture: Mapping[str, Any]) -> list[Pair]:
  """The table of a generator in a layout."""
  if layout in (CONTEXT_ENCODER_OFFICIAL, BOYUAN_JIANG):
    return _context_encoder(layout, architecture['options'])
  if layout == GLCIC_OFFICIAL:
    return _numbered('', _completion_layers())
  named = {OTENIM: _otenim, MMAGIC: _mmagic}[layout]
  pairs = []
  for number, layer in enumerate(glcic.COMPLETION_LAYERS, start=1):
    theirs, norm = named(number, layer)
    pairs.append(Pair(f'{layer.kind}{number}', theirs, layer.kind))
    if number < len(glcic.COMPLETION_LAYERS):
      pairs.append(Pair(f'norm{number}', norm, 'norm'))
  return pairs


def _completion_layers() -> list[tuple[str, str]]:
  """(our layer, kind) of the paper's network, with its activations: 50 of them."""
  layers = []
  for number, layer in enumerate(glcic.COMPLETION_LAYERS, start=1):
    layers += [(f'{layer.kind}{number}', layer.kind), (f'norm{number}', 'norm'), ('', 'relu')]
  return layers[:-2] + [('', 'sigmoid')]


def _otenim(number: int, layer: glcic.Layer) -> tuple[str, str]:
  return f'{layer.kind}{number}', f'bn{number}'


def _mmagic(number: int, layer: glcic.Layer) -> tuple[str, str]:
  del layer
  if number <= 6:
    block = f'generator.encoder.enc{number}'
  elif number <= 10:
    block = f'generator.dilation_neck.dilation_convs.{number - 7}'
  else:
    block = f'generator.decoder.dec{number - 10}'
  return f'{block}.conv', f'{block}.bn'


def _context_encoder(layout: str, options: Mapping[str, Any]) -> list[Pair]:
  encoder = _strided(len(context_encoder.stages(options['image_size']))) + [('bottleneck', 'conv')]
  joined = [('bottleneck_norm', 'norm'), ('', 'leaky relu')]
  decoder = [('expand', 'deconv'), ('expand_norm', 'norm'), ('', 'relu')]
  hidden = len(context_encoder.stages(options['patch_size'])) - 1
  for number in range(1, hidden + 1):
    decoder += [(f'deconv{number}', 'deconv'), (f'up_norm{number}', 'norm'), ('', 'relu')]
  decoder += [(f'deconv{hidden + 1}', 'deconv'), ('', 'tanh')]
  if layout == BOYUAN_JIANG:
    return _numbered('main_encode.', encoder + joined) + _numbered('main_decode.', decoder)
  if options.get('noise_features'):
    return (
      _numbered('0.0.', encoder)
      + _numbered('0.1.', [('noise', 'conv')])
      + _numbered('', [('', 'join')] + joined + decoder, first=1)
    )
  return _numbered('0.', encoder) + _numbered('', joined + decoder, first=1)


def _strided(stages: int) -> list[tuple[str, str]]:
  """The Context Encoder's convolutions of stride 2: no BatchNorm after the first."""
  layers = [('conv1', 'conv'), ('', 'leaky relu')]
  for number in range(2, stages + 1):
    layers += [(f'conv{number}', 'conv'), (f'norm{number}', 'norm'), ('', 'leaky relu')]
  return layers


def _numbered(prefix: str, layers: Sequence[tuple[str, str]], first: int = 0) -> list[Pair]:
  return [
    Pair(ours, f'{prefix}{number}', kind) for number, (ours, kind) in enumerate(layers, start=first)
  ]


def context_encoder_discriminator(layout: str, stages: int) -> list[Pair]:
  """The table of a Context Encoder's discriminator with so many convolutions of stride 2."""
  layers = _strided(stages) + [('logit', 'conv'), ('', 'sigmoid')]
  if layout == BOYUAN_JIANG:
    return _numbered('main.', layers)
  return _numbered('', layers + [('', 'view')])


def glcic_discriminator(
  layout: str, depths: Mapping[str, int], channels: Mapping[str, int]
) -> list[Pair]:
  """The table of GLCIC's fused discriminator.

  Args:
    layout: `OTENIM` or `MMAGIC`; the authors published none.
    depths: of 'local' and 'global': how many convolutions.
    channels: of the same: how many the last convolution has.
  """
  pairs = []
  for branch, depth in depths.items():
    root = f'model_{branch[0]}d' if layout == OTENIM else f'disc.{branch}_disc'
    for number in range(1, depth + 1):
      conv, norm = (
        (f'conv{number}', f'bn{number}')
        if layout == OTENIM
        else (f'conv{number}.conv', f'conv{number}.bn')
      )
      pairs += [
        Pair(f'{branch}/conv{number}', f'{root}.{conv}', 'conv'),
        Pair(f'{branch}/norm{number}', f'{root}.{norm}', 'norm'),
      ]
    vector = f'{root}.linear{depth + 1}' if layout == OTENIM else f'{root}.fc.linear'
    pairs.append(Pair(f'{branch}/vector', vector, 'flattened', channels[branch]))
  # MMagic joins the global vector first.
  return pairs + [
    Pair('fusion', 'linear1', 'dense') if layout == OTENIM else Pair('fusion', 'disc.fc', 'swapped')
  ]


def geometry(architecture: Mapping[str, Any], ours: str) -> tuple[int, int, int]:
  """Stride, dilation and padding of one of our convolutions: what a Torch7 module must have too."""
  if architecture['name'] == 'glcic':
    number = int(''.join(filter(str.isdigit, ours)))
    layer = glcic.COMPLETION_LAYERS[number - 1]
    dilation = layer.dilation if architecture['options']['dilated'] else 1
    return layer.stride, dilation, dilation * (layer.kernel - 1) // 2
  return (1, 1, 0) if ours in ('bottleneck', 'noise', 'expand', 'logit') else (2, 1, 1)
