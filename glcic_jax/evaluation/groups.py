"""Which pictures' scores are averaged together: all, those of like holes by share, and by kind."""

from collections.abc import Sequence

import numpy as np

from glcic_jax.evaluation import manifest as manifest_lib

ALL = 'all'
_EDGES = (1, 10, 20, 30, 40, 50, 60)  # %: of the bins by hole ratio
RATIOS = ('below 1 %', *(f'{low}-{high} %' for low, high in zip(_EDGES, _EDGES[1:])), 'above 60 %')


def bin_of(ratio: float) -> str:
  """The bin of a hole's share of its picture."""
  return RATIOS[int(np.searchsorted(_EDGES, 100 * ratio, side='right'))]


def of(entry: manifest_lib.Entry) -> tuple[str, str, str]:
  """The groups of a picture: all, its bin, its kind of hole."""
  return ALL, bin_of(entry.ratio), entry.kind


def members(entries: Sequence[manifest_lib.Entry]) -> dict[str, np.ndarray]:
  """Group -> the numbers of its pictures; bins and kinds without a picture are left out."""
  groups = {ALL: np.arange(len(entries))}
  for place, names in ((1, RATIOS), (2, sorted({entry.kind for entry in entries}))):
    found = np.asarray([of(entry)[place] for entry in entries])
    groups |= {name: np.flatnonzero(found == name) for name in names if name in found}
  return groups
