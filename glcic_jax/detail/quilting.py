"""Which pixel of the known picture each pixel of the hole takes its detail from.

Quilting (Efros and Freeman 2001) from the hole's border inwards, led by a completion as theirs is
by a correspondence map (section 3): a block is chosen that agrees with what is known and what is
laid already, and laid up to the cut where both differ least. The offsets of its neighbours are
among what it may choose; they continue their piece of the picture without a seam.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glcic_jax.detail import bands
from glcic_jax.detail import blocks
from glcic_jax.detail import cuts
from glcic_jax.detail import districts as districts_lib
from glcic_jax.detail import matching
from glcic_jax.detail import settings as settings_lib

_AT_ONCE = 256  # blocks that are compared together: bounds the memory


class Quilt(NamedTuple):
  """Blocks, and which pixel belongs to which."""

  label: np.ndarray  # [H, W] int of the field, the number of a block; -1 outside the hole
  dy: np.ndarray  # [N] int, how far down and to the right a block is copied from
  dx: np.ndarray  # [N] int
  louder: np.ndarray  # [N, L], times what it is copied from it should be, for each band


def quilt(field: blocks.Field, grid: blocks.Grid, settings: settings_lib.Settings) -> Quilt | None:
  """Lays all blocks of a grid; None where no block may be copied."""
  districts = districts_lib.of_grid(field, grid, settings)
  if not districts:
    return None
  quilting = _Quilting(field, grid, districts, settings)
  for group in _order(field, grid, settings):
    for some in quilting.together(group):
      quilting.lay(some, *quilting.choose(some))
  louder = quilting.louder()
  return Quilt(quilting.label, quilting.dy, quilting.dx, louder)


class _Quilting:
  """The state: what is laid."""

  def __init__(
    self,
    field: blocks.Field,
    grid: blocks.Grid,
    districts: list[districts_lib.District],
    settings: settings_lib.Settings,
  ) -> None:
    self._field, self._grid, self._settings = field, grid, settings
    self._costs = [
      matching.Costs(field, one.corners, one.sources, one.heard, settings) for one in districts
    ]
    self._district, self._member = np.zeros((2, len(grid.y)), int)  # of each block: place in both
    for number, one in enumerate(districts):
      self._district[one.members] = number
      self._member[one.members] = np.arange(len(one.members))
    self._laid = matching.Laid(field, settings)
    self._beside = _neighbours(grid)
    self._placed = np.zeros(len(grid.y), bool)
    self.label = np.full(field.hole.shape, -1)
    self.dy, self.dx = np.zeros((2, len(grid.y)), int)

  def together(self, group: np.ndarray) -> Iterator[np.ndarray]:
    """Splits a group into such that are compared together: of one district, and not too many."""
    district = self._district[group]
    for one in np.unique(district):
      members = group[district == one]
      yield from (members[start : start + _AT_ONCE] for start in range(0, len(members), _AT_ONCE))

  def choose(self, group: np.ndarray) -> blocks.Corners:
    """The corners of what each block of a group copies; they are of one district."""
    settings, grid, costs = self._settings, self._grid, self._costs[self._district[group[0]]]
    member = self._member[group]
    cost = costs.of_all(member, self._laid)
    best = _smallest(cost, min(settings.candidates, cost.shape[1]))
    offered = [axis[best] for axis in costs.sources]
    extra = np.full(best.shape, costs.unit * settings.join)
    if settings.seam:
      other = self._beside[group]
      there = (other >= 0) & self._placed[other]
      for axis, (corner, offset) in enumerate(((grid.y, self.dy), (grid.x, self.dx))):
        # Where there is no neighbour this is the block itself, which may not be copied.
        continued = corner[group][:, None] + np.where(there, offset[other], 0)
        offered[axis] = np.concatenate([continued, offered[axis]], axis=1)
      extra = np.concatenate([np.zeros(other.shape), extra], axis=1)
    at = (costs.at(member, offered[0], offered[1], self._laid) + extra).argmin(1)[:, None]
    y, x, extra = (np.take_along_axis(axis, at, axis=1) for axis in (*offered, extra))
    return self._shifted(costs, member, y, x, extra)

  def _shifted(
    self, costs: matching.Costs, member: np.ndarray, y: np.ndarray, x: np.ndarray, extra: np.ndarray
  ) -> blocks.Corners:
    """The best within half a step of corners `[G, 1]`: what goes on from what is known, or from a
    neighbour, fits by the pixel. `extra` is what has been paid for leaving the neighbours' piece.
    """
    reach = self._settings.step // 2
    down, right = (axis.ravel() - reach for axis in np.indices((2 * reach + 1,) * 2))
    leaving = np.where((down != 0) | (right != 0), costs.unit * self._settings.join - extra, 0)
    best = (costs.at(member, y + down, x + right, self._laid) + leaving).argmin(1)
    return y[:, 0] + down[best], x[:, 0] + right[best]

  def louder(self) -> np.ndarray:
    """How much louder than what they copy blocks should be: `[N, L]`."""
    settings = self._settings
    there = self._field.loudness[self._grid.y + self.dy, self._grid.x + self.dx]
    usual = np.empty_like(there)
    for number, costs in enumerate(self._costs):
      usual[self._district == number] = costs.usual
    return np.clip(np.exp(usual - there), settings.least, settings.most)

  def lay(self, group: np.ndarray, y: np.ndarray, x: np.ndarray) -> None:
    """Lays blocks, which must not overlap each other, up to their cuts."""
    grid, settings, laid = self._grid, self._settings, self._laid
    self.dy[group], self.dx[group] = y - grid.y[group], x - grid.x[group]
    self._placed[group] = True
    here, there = _pixels(grid.y[group], grid.x[group], settings), _pixels(y, x, settings)
    hole, block = self._field.hole[here], self._field.detail[there]
    error = np.square(block - laid.detail[here]).sum(-1) * hole
    covered = (laid.there[here] > 0) | ~hole
    own = cuts.own(error, covered, settings.block - settings.stride) & hole
    self.label[here] = np.where(own, group[:, None, None], self.label[here])
    if settings.seam:
      laid.detail[here] = np.where(own[..., None], block, laid.detail[here])
      laid.there[here] = np.where(own, 1, laid.there[here])


def _pixels(
  y: np.ndarray, x: np.ndarray, settings: settings_lib.Settings
) -> tuple[np.ndarray, np.ndarray]:
  """Indices of all pixels of blocks: `[N, B, B]` of an array indexed with them."""
  within = np.arange(settings.block)
  return (y[:, None] + within)[:, :, None], (x[:, None] + within)[:, None, :]


def _order(
  field: blocks.Field, grid: blocks.Grid, settings: settings_lib.Settings
) -> list[np.ndarray]:
  """Groups of blocks that are laid at once: ring by ring, of a ring those that do not overlap."""
  middle, apart = settings.block // 2, -(-settings.block // settings.stride)
  depth = bands.depth(field.hole)[grid.y + middle, grid.x + middle]
  ring = np.floor(depth / settings.stride).astype(int)
  row, column = grid.y // settings.stride, grid.x // settings.stride
  key = (ring * apart + row % apart) * apart + column % apart
  return [np.flatnonzero(key == group) for group in np.unique(key)]


def _neighbours(grid: blocks.Grid) -> np.ndarray:
  """Numbers of the eight blocks around each: `[N, 8]`, -1 where there is none."""
  framed = np.pad(grid.number, 1, constant_values=-1)
  row, column = np.nonzero(grid.number >= 0)
  around = [(down, right) for down in (0, 1, 2) for right in (0, 1, 2) if (down, right) != (1, 1)]
  return np.stack([framed[row + down, column + right] for down, right in around], axis=1)


def _smallest(cost: np.ndarray, count: int) -> np.ndarray:
  """Indices of the `count` smallest of each row, in order; of equals the first."""
  if count < cost.shape[1]:
    chosen = np.sort(np.argpartition(cost, count - 1, axis=1)[:, :count], axis=1)
  else:
    chosen = np.broadcast_to(np.arange(count), cost.shape)
  order = np.argsort(np.take_along_axis(cost, chosen, axis=1), axis=1, kind='stable')
  return np.take_along_axis(chosen, order, axis=1)
