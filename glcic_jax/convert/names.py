"""Pairs of names: which array of a file is which of our layers.

The authors of both papers number the modules of `nn.Sequential`, activations too, so a table lists
these as well: in a Torch7 file every one of them is checked.
"""

from collections.abc import Iterable
import re
from typing import NamedTuple

from glcic_jax.convert import kernels

_NORM = {
  'params.{}.scale': 'weight',
  'params.{}.bias': 'bias',
  'batch_stats.{}.mean': 'running_mean',
  'batch_stats.{}.var': 'running_var',
}


class Pair(NamedTuple):
  """A layer of ours, and its name there."""

  ours: str  # 'conv1'; '' for an activation, which has no arrays
  kind: str  # as of `torch7_modules.Layer`, or 'dense', 'flattened', 'swapped'
  geometry: tuple[int, int, int] | None = None  # stride, dilation, padding of a convolution
  theirs: str = ''
  channels: int = 0  # of the map that a 'flattened' layer sees

  def arrays(self) -> dict[str, tuple[str, kernels.Layout]]:
    """Our leaf -> its name there, and how it is laid out."""
    ours, theirs = self.ours.replace('/', '.'), self.theirs
    if self.kind == 'norm':
      return {
        mine.format(ours): (f'{theirs}.{name}', kernels.VECTOR) for mine, name in _NORM.items()
      }
    if not ours:
      return {}
    flat = self.kind == 'flattened'
    layout = kernels.flattened(self.channels) if flat else kernels.KERNELS[self.kind]
    return {
      f'params.{ours}.kernel': (f'{theirs}.weight', layout),
      f'params.{ours}.bias': (f'{theirs}.bias', kernels.VECTOR),
    }


def numbered(prefix: str, layers: Iterable[Pair], first: int = 0) -> list[Pair]:
  """Layers in the order of an `nn.Sequential`, named by their numbers from `first` on."""
  return [
    pair._replace(theirs=f'{prefix}{number}') for number, pair in enumerate(layers, start=first)
  ]


def last_of(keys: Iterable[str]) -> str:
  """The last of some numbered names: '0.14.weight' comes after '0.2.weight'."""
  return max(keys, key=lambda key: [int(part) for part in re.findall(r'\d+', key)], default='')
