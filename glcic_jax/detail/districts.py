"""Districts of a sprawling hole, such as strokes across a photograph: near blocks of it, which copy
what is near them. So the work grows with the hole and not with its square.
"""

from typing import NamedTuple

import numpy as np

from glcic_jax.detail import blocks
from glcic_jax.detail import settings as settings_lib

_SIDE = 384  # pixels; a hole of up to twice that on each side is one district
_FEWER = 4  # times fewer sources for each of several districts: they are near


class District(NamedTuple):
  """Some blocks of a grid, and what they may copy."""

  members: np.ndarray  # [N] int, their numbers in the grid
  grid: blocks.Grid  # of them alone, without numbers of its own
  sources: blocks.Corners


def of_grid(
  field: blocks.Field, grid: blocks.Grid, settings: settings_lib.Settings
) -> list[District]:
  """Splits a grid; of a compact one there is one district. None where nothing can be copied."""
  lengths = [int(axis.max() - axis.min()) for axis in (grid.y, grid.x)]
  number = np.zeros(len(grid.y), int)
  if max(lengths) > 2 * _SIDE:
    across = lengths[1] // _SIDE + 1
    number = (grid.y - grid.y.min()) // _SIDE * across + (grid.x - grid.x.min()) // _SIDE
  districts = []
  for one in np.unique(number):
    members = np.flatnonzero(number == one)
    y, x = grid.y[members], grid.x[members]
    near: blocks.Corners = (members[:0], members[:0])
    if len(members) < len(number):
      near = _sources(field, y, x, settings)
    if not len(near[0]):
      near = blocks.sources(field, settings)
    districts.append(District(members, blocks.Grid(y, x, grid.number), near))
  return districts if len(districts[0].sources[0]) else []


def _sources(
  field: blocks.Field, y: np.ndarray, x: np.ndarray, settings: settings_lib.Settings
) -> blocks.Corners:
  """What may be copied around blocks at these corners."""
  step, more = settings.step, settings.block - 1
  # From even places, as everywhere.
  top, left = (max(int(axis.min()) - settings.margin, 0) // step * step for axis in (y, x))
  bottom, right = (int(axis.max()) + settings.margin for axis in (y, x))
  part = field._replace(
    allowed=field.allowed[top:bottom, left:right],
    hole=field.hole[top : bottom + more, left : right + more],
  )
  fewer = settings._replace(most_sources=settings.most_sources // _FEWER)
  down, across = blocks.sources(part, fewer)
  return down + top, across + left
