"""Pairs of names: which array of a file is which of our layers.

The authors of both papers number the modules of `nn.Sequential`, activations too, so a table lists
these as well: in a Torch7 file every one of them is checked.
"""

from collections.abc import Iterable, Sequence
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
  theirs: str
  kind: str  # as of `torch7_modules.Layer`, or 'dense', 'flattened', 'swapped'
  channels: int = 0  # of the map that a 'flattened' layer sees

  def arrays(self) -> dict[str, tuple[str, kernels.Layout]]:
    """Our leaf -> its name there, and how it is laid out."""
    ours = self.ours.replace('/', '.')
    if self.kind == 'norm':
      return {
        mine.format(ours): (f'{self.theirs}.{name}', kernels.VECTOR) for mine, name in _NORM.items()
      }
    weight = {
      'conv': kernels.CONV,
      'deconv': kernels.DECONV,
      'dense': kernels.DENSE,
      'swapped': kernels.SWAPPED,
      'flattened': kernels.flattened(self.channels),
    }.get(self.kind)
    if weight is None:
      return {}
    return {
      f'params.{ours}.kernel': (f'{self.theirs}.weight', weight),
      f'params.{ours}.bias': (f'{self.theirs}.bias', kernels.VECTOR),
    }


def numbered(prefix: str, layers: Sequence[tuple[str, str]], first: int = 0) -> list[Pair]:
  """(our layer, kind) in the order of an `nn.Sequential` -> pairs, from its number `first` on."""
  return [
    Pair(ours, f'{prefix}{number}', kind) for number, (ours, kind) in enumerate(layers, start=first)
  ]


def last_of(keys: Iterable[str]) -> str:
  """The last of some numbered names: '0.14.weight' comes after '0.2.weight'."""
  return max(keys, key=lambda key: [int(part) for part in re.findall(r'\d+', key)], default='')
