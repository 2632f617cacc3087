"""Which block of the known picture each block of the hole takes, in agreement with its neighbours.

Quilting (Efros and Freeman 2001) from the hole's border inwards: a block chooses among its best
matches, and among the offsets of its neighbours, which continue their piece of the picture. A seam
costs the difference of both blocks' detail where they overlap, relative to how much detail there
is: an absolute difference would prefer bland blocks.
"""

import numpy as np

from glcic_jax.detail import bands
from glcic_jax.detail import blocks
from glcic_jax.detail import matching
from glcic_jax.detail import settings as settings_lib

_LEAST = 0.1  # of what a match of unlike detail costs
_QUIET = 1e-4  # squared detail, white 1, below which a difference is not heard


class _Quilt:
  """The state: one source corner for every block of the hole."""

  def __init__(
    self,
    field: blocks.Field,
    grid: blocks.Grid,
    looks: blocks.Looks,
    matches: matching.Matches,
    settings: settings_lib.Settings,
  ) -> None:
    self._field, self._grid, self._looks, self._settings = field, grid, looks, settings
    self._matches = matches
    self._around = looks.around(grid.y, grid.x)
    self._known = looks.known(grid.y, grid.x)
    self._inside = looks.inside(grid.y, grid.x) * self._known
    self.dy = matches.y[:, 0] - grid.y
    self.dx = matches.x[:, 0] - grid.x
    self._cost = matches.cost[:, 0].copy()
    self._placed = np.zeros(len(grid.y), bool)
    # Where the best matches are perfect, as in a texture that repeats, a seam must not be free.
    least = _LEAST * settings.known * float(np.square(field.detail[field.known]).mean())
    self._unit = settings.seam * (float(np.median(self._cost)) + least + 1e-5)
    half = settings.block // 2
    self._steps = ((0, half), (0, -half), (half, 0), (-half, 0))
    self._beside = _neighbours(grid, half // settings.stride)

  def order(self) -> list[np.ndarray]:
    """Groups of blocks that may choose at once: ring by ring, of a ring those that do not touch."""
    grid, settings = self._grid, self._settings
    middle, apart = settings.block // 2, settings.block // 2 // settings.stride + 1
    depth = bands.depth(self._field.hole)[grid.y + middle, grid.x + middle]
    ring = np.floor(depth / settings.stride).astype(int)
    row, column = grid.y // settings.stride, grid.x // settings.stride
    key = (ring * apart + row % apart) * apart + column % apart
    return [np.flatnonzero(key == group) for group in np.unique(key)]

  def choose(self, group: np.ndarray, again: bool) -> None:
    """Each block of a group takes the candidate that costs least."""
    grid, matches = self._grid, self._matches
    offered = [
      (matches.y[group, k] - grid.y[group], matches.x[group, k] - grid.x[group], cost)
      for k, cost in enumerate(matches.cost[group].T)
    ]
    if again:
      offered.append((self.dy[group], self.dx[group], self._cost[group]))
    for side in range(4):
      other = self._beside[group, side]
      there = (other >= 0) & self._placed[other]
      dy = np.where(there, self.dy[other], offered[0][0])
      dx = np.where(there, self.dx[other], offered[0][1])
      offered.append((dy, dx, self._match(group, dy, dx)))
    total = np.stack(
      [cost + self._unit * self._seam(group, dy, dx, np.isfinite(cost)) for dy, dx, cost in offered]
    )
    best = total.argmin(0), np.arange(len(group))
    self.dy[group], self.dx[group], self._cost[group] = (
      np.stack(values)[best] for values in zip(*offered)
    )
    self._placed[group] = True

  def _match(self, group: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> np.ndarray:
    """The cost of a match at any offset, infinite where no block may be copied."""
    y, x = self._grid.y[group] + dy, self._grid.x[group] + dx
    allowed = self._field.allowed
    fits = (y >= 0) & (x >= 0) & (y < allowed.shape[0]) & (x < allowed.shape[1])
    fits[fits] = allowed[y[fits], x[fits]]
    cost = np.full(len(group), np.inf, np.float32)
    y, x, own = y[fits], x[fits], group[fits]
    around = self._looks.around(y, x) - self._around[own]
    inside = self._looks.inside(y, x) * self._known[own] - self._inside[own]
    cost[fits] = np.einsum('nc,nc->n', around, around) + np.einsum('nc,nc->n', inside, inside)
    return cost

  def _seam(
    self, group: np.ndarray, dy: np.ndarray, dx: np.ndarray, fits: np.ndarray
  ) -> np.ndarray:
    """The mean over the neighbours that are placed: 0 for one piece, about 1 for unlike detail."""
    settings, grid, detail = self._settings, self._grid, self._field.detail
    total, count = np.zeros(len(group)), np.zeros(len(group))
    for side, (down, right) in enumerate(self._steps):
      other = self._beside[group, side]
      there = (other >= 0) & self._placed[other] & fits
      count += there
      there &= (self.dy[other] != dy) | (self.dx[other] != dx)
      if not there.any():
        continue
      other, own = other[there], group[there]
      rows = np.arange(max(down, 0), settings.block + min(down, 0), settings.sample)
      columns = np.arange(max(right, 0), settings.block + min(right, 0), settings.sample)
      y, x = grid.y[own][:, None] + rows, grid.x[own][:, None] + columns
      a = _at(detail, y, x, dy[there], dx[there])
      b = _at(detail, y, x, self.dy[other], self.dx[other])
      scale = np.square(a).sum(1) + np.square(b).sum(1) + _QUIET * a.shape[1]
      total[there] += np.square(a - b).sum(1) / scale + settings.join
    return total / np.maximum(count, 1)


def _at(
  values: np.ndarray, y: np.ndarray, x: np.ndarray, dy: np.ndarray, dx: np.ndarray
) -> np.ndarray:
  """The pixels of rows `y` `[N, R]` and columns `x` `[N, S]` moved by offsets: `[N, R S C]`."""
  y, x = y + dy[:, None], x + dx[:, None]
  return values[y[:, :, None], x[:, None, :]].reshape(len(y), -1)


def _neighbours(grid: blocks.Grid, apart: int) -> np.ndarray:
  """Numbers of the blocks to the right, left, below and above, `apart` places on the grid away:
  `[N, 4]`, -1 where there is none.
  """
  framed = np.pad(grid.number, apart, constant_values=-1)
  row, column = np.nonzero(grid.number >= 0)
  row, column = row + apart, column + apart
  return np.stack(
    [
      framed[row, column + apart],
      framed[row, column - apart],
      framed[row + apart, column],
      framed[row - apart, column],
    ],
    axis=1,
  )


def offsets(
  field: blocks.Field, grid: blocks.Grid, settings: settings_lib.Settings
) -> blocks.Corners | None:
  """For every block of the hole, how far from it its detail is copied.

  Returns:
    `[N]` and `[N]` int, down and to the right in pixels; None where no block may be copied.
  """
  sources = blocks.sources(field, settings)
  if not len(sources[0]):
    return None
  looks = blocks.Looks(field, settings)
  matches = matching.nearest(looks, grid, sources, settings)
  quilt = _Quilt(field, grid, looks, matches, settings)
  if settings.seam:
    order = quilt.order()
    for sweep in range(settings.sweeps):
      for group in order:
        quilt.choose(group, again=sweep > 0)
  return quilt.dy, quilt.dx
