"""The most alike blocks of the known picture, for every block of the hole, by matrix products."""

from typing import NamedTuple

import numpy as np

from glcic_jax.detail import blocks
from glcic_jax.detail import settings as settings_lib

_ROWS = 256  # blocks of the hole that are compared at a time: bounds the memory


class Matches(NamedTuple):
  """For N blocks of the hole, K blocks that may be copied, the most alike first."""

  y: np.ndarray  # [N, K] int, their corners
  x: np.ndarray  # [N, K] int
  cost: np.ndarray  # [N, K] float32


def nearest(
  looks: blocks.Looks, grid: blocks.Grid, sources: blocks.Corners, settings: settings_lib.Settings
) -> Matches:
  """Finds them: exact, with |a - b|^2 = |a|^2 - 2 a b + |b|^2.

  Detail counts only where the block of the hole is known: sum m (a - b)^2 with a mask m is
  |m a|^2 - 2 (m a) b + m b^2.
  """
  around, inside = looks.around(*sources), looks.inside(*sources)
  table = np.concatenate([around, inside, inside * inside], axis=1).T.copy()
  square = np.einsum('mc,mc->m', around, around)
  count = min(settings.candidates, len(square))
  best, costs = [], []
  for start in range(0, len(grid.y), _ROWS):
    at = grid.y[start : start + _ROWS], grid.x[start : start + _ROWS]
    known = looks.known(*at)
    own = looks.around(*at), looks.inside(*at) * known
    cost = np.concatenate([-2 * own[0], -2 * own[1], known], axis=1) @ table
    cost += square + sum(np.einsum('nc,nc->n', part, part) for part in own)[:, None]
    chosen = _smallest(cost, count)
    best.append(chosen)
    costs.append(np.maximum(np.take_along_axis(cost, chosen, axis=1), 0))
  index = np.concatenate(best)
  return Matches(sources[0][index], sources[1][index], np.concatenate(costs))


def _smallest(cost: np.ndarray, count: int) -> np.ndarray:
  """Indices of the `count` smallest of each row, in order; of equals the first."""
  if count < cost.shape[1]:
    chosen = np.sort(np.argpartition(cost, count - 1, axis=1)[:, :count], axis=1)
  else:
    chosen = np.broadcast_to(np.arange(count), cost.shape)
  order = np.argsort(np.take_along_axis(cost, chosen, axis=1), axis=1, kind='stable')
  return np.take_along_axis(chosen, order, axis=1)
