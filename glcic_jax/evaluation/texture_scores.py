"""Texture in the tables: the distance of all pictures' holes together, with its intervals.

A picture's own distance, in scores.csv, is that of its own patches: many pictures together come out
nearer than each alone, so the tables have no mean of them. See `texture.py` for what it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glcic_jax.evaluation import bootstrap
from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import groups
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import scoring
from glcic_jax.evaluation import texture

_MOST = 32_768  # patches of a level in all: of thousands of pictures, fewer from each
_FEWEST = 8  # from each picture
# Intervals take fewer directions, and read the distributions at so many places.
_DIRECTIONS, _PLACES = 32, 64
_CHUNKS = 8  # of resamples at a time, for memory

_WHAT = (
  f'sliced Wasserstein distance x1000 between the {texture.SIDE}x{texture.SIDE} patches around the '
  "hole's pixels in the completed pictures and in the true ones (Karras et al. 2018): Laplacian "
  f'pyramid, channels normalised by the truth, {texture.DIRECTIONS} directions, at most '
  f'{texture.PATCHES} patches from a picture and level, those of all pictures of the group '
  'together; in scores.csv, those of the picture alone'
)
_LEVELS = tuple(f'swd_{level + 1}' for level in range(texture.LEVELS))
SCORES = {
  'swd': scoring.Score('SWD', 'hole', '', 'lower', f'mean over {texture.LEVELS} levels of: {_WHAT}')
} | {
  name: scoring.Score(f'SWD of level {name[-1]}', 'hole', '', 'lower', f'{_WHAT}; 1 is the finest')
  for name in _LEVELS
}

_Key = tuple[str, str]  # label and output
_Record = dict[str, Any]


class Collector:
  """Looks at each completed picture as it is done, and tells the distances in the end."""

  def __init__(self, manifest: manifest_lib.Manifest):
    """Nothing is seen yet of the pictures of `manifest`."""
    self._entries = manifest.entries
    self._numbers = {entry.name: number for number, entry in enumerate(manifest.entries)}
    self._count = min(texture.PATCHES, max(_FEWEST, _MOST // len(manifest.entries)))
    self._seed = manifest.seed
    self._truth: dict[int, texture.Patches] = {}
    self._completed: dict[_Key, dict[int, texture.Patches]] = {}

  def visit(self, row: evaluate.Row, completed: np.ndarray, truth: np.ndarray) -> None:
    """One picture; as `evaluate.run` calls it."""
    number, hole = self._numbers[row.entry.name], row.entry.hole
    if number not in self._truth:
      self._truth[number] = texture.patches_of(truth, hole, number, count=self._count)
    there = texture.patches_of(completed, hole, number, count=self._count)
    self._completed.setdefault((row.label, row.output), {})[number] = there

  def add_to(self, rows: Sequence[evaluate.Row]) -> None:
    """Each picture's own distance, beside its other scores; NaN where there is no patch."""
    normal = texture.scales(_together(self._truth, range(len(self._entries))))
    for row in rows:
      number = self._numbers[row.entry.name]
      mine = self._truth[number], self._completed[row.label, row.output][number]
      own = texture.distance(*mine, normal=normal)
      row.scores.update(zip(SCORES, (own.mean(), *own)))

  def summarise(self, reference: str) -> dict[str, list[_Record]]:
    """As `evaluate.summarise`: `n` counts the pictures; intervals are centred on the distance."""
    records: dict[str, list[_Record]] = {'means': [], 'differences': []}
    base = reference, entrants_lib.COMPLETED
    known: dict[bytes, dict[_Key, Any]] = {}  # where all holes are of one kind, or in one bin
    for group, members in groups.members(self._entries).items():
      found = known.get(members.tobytes())
      if found is None:
        found = {key: self._measured(key, members) for key in self._completed}
        known[members.tobytes()] = found
      for (label, output), (values, drawn) in found.items():
        for place, name in enumerate(SCORES):
          who = {'model': label, 'output': output, 'group': group, 'score': name}
          count = {'n': len(members)}
          own = _interval(values[place], drawn[:, place], lowest=0.0)
          records['means'].append(who | count | own | {'infinite': 0})
          if (label, output) != base:
            less, less_drawn = found[base]
            apart = _interval(values[place] - less[place], (drawn - less_drawn)[:, place])
            records['differences'].append(who | {'minus': reference} | count | apart)
    return records

  def _measured(self, key: _Key, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distances of a group's pictures, `[1 + levels]`, the mean first; and of resamples."""
    truth, completed = (
      _together(patches, members) for patches in (self._truth, self._completed[key])
    )
    values = texture.distance(truth, completed)
    if len(members) < 2:
      return np.append(values.mean(), values), np.full((1, 1 + len(values)), np.nan)
    owners = [
      np.repeat(np.arange(len(members)), [len(self._truth[number][level]) for number in members])
      for level in range(texture.LEVELS)
    ]
    drawn = _resampled(truth, completed, owners, bootstrap.weights(len(members), self._seed))
    return np.append(values.mean(), values), np.column_stack([drawn.mean(1), drawn])


def _together(patches: Mapping[int, texture.Patches], members: Sequence[int] | np.ndarray) -> Any:
  return [np.concatenate(level) for level in zip(*(patches[number] for number in members))]


def _resampled(
  truth: texture.Patches,
  completed: texture.Patches,
  owners: Sequence[np.ndarray],
  weights: np.ndarray,
) -> np.ndarray:
  """Distances of resampled pictures, `[resamples, levels]`.

  A distance is the integral of the difference between two distribution functions, and those of a
  resample are weighted sums of those of its pictures: these are read at a few places.

  Args:
    truth: as `texture.patches` gives them.
    completed: the same for the completed pictures.
    owners: for each level `[N]`, the picture of each patch.
    weights: `[resamples, pictures]`.
  """
  result, count = [], weights.shape[1]
  both = texture.projections(truth, completed, texture.scales(truth), directions=_DIRECTIONS)
  for (a, b), owner in zip(both, owners):
    if not len(owner):
      result.append(np.full(len(weights), np.nan))
      continue
    places = np.quantile(np.concatenate([a, b], axis=1), np.linspace(0, 1, _PLACES), axis=1).T
    ahead = np.concatenate(
      [
        _counts(first, owner, where, count) - _counts(second, owner, where, count)
        for first, second, where in zip(a, b, places)
      ],
      axis=1,
    )
    steps = np.diff(places).ravel().astype(np.float32)
    total = [np.abs(some @ ahead) @ steps for some in np.array_split(weights, _CHUNKS)]
    # A resample of pictures whose holes are too small for a patch has no distance: NaN.
    patches = (weights @ np.bincount(owner, minlength=count)).astype(float)
    patches[patches == 0] = np.nan
    result.append(1e3 * np.concatenate(total) / _DIRECTIONS / patches)
  return np.stack(result, axis=1)


def _counts(values: np.ndarray, owner: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
  """How many values of each owner are at most at each place but the last: `[count, places - 1]`."""
  cell = np.searchsorted(places, values)
  found = np.bincount(owner * (_PLACES + 1) + cell, minlength=count * (_PLACES + 1))
  return found.reshape(count, _PLACES + 1).cumsum(1)[:, : _PLACES - 1].astype(np.float32)


def _interval(value: float, drawn: np.ndarray, lowest: float = -np.inf) -> _Record:
  """A distance and where its resamples lie about their mean: few pictures are always far apart."""
  if not np.isfinite(value):
    return {'mean': None, 'low': None, 'high': None}
  if not np.isfinite(drawn).all():
    return {'mean': float(value), 'low': None, 'high': None}
  ends = (1 - bootstrap.LEVEL) / 2, (1 + bootstrap.LEVEL) / 2
  low, high = np.quantile(drawn - drawn.mean(), ends) + value
  return {'mean': float(value), 'low': float(max(low, lowest)), 'high': float(high)}
