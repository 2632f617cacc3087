"""Districts of a sprawling hole, such as strokes across a photograph: near blocks of it, which copy
what is near them. So the work grows with the hole and not with its square.
"""

from typing import NamedTuple

import numpy as np

from glcic_jax.detail import blocks
from glcic_jax.detail import settings as settings_lib

_SIDE = 24  # blocks; a hole of up to twice that on each side is one district
_FEWER = 2  # times fewer sources for each of several districts: they are near
_HEARD = 4  # times as many blocks say what is usual in a district that is alone


class District(NamedTuple):
  """Some blocks of a grid, and the known ones that they look at."""

  members: np.ndarray  # [N] int, their numbers in the grid
  corners: blocks.Corners  # theirs
  sources: blocks.Corners  # what they may copy
  heard: blocks.Corners  # what says how loud they should be


def of_grid(
  field: blocks.Field, grid: blocks.Grid, settings: settings_lib.Settings
) -> list[District]:
  """Splits a grid; of a compact one there is one district. None where nothing can be copied."""
  lengths = [int(axis.max() - axis.min()) for axis in (grid.y, grid.x)]
  number = np.zeros(len(grid.y), int)
  side = _SIDE * settings.block
  if max(lengths) > 2 * side:
    across = lengths[1] // side + 1
    number = (grid.y - grid.y.min()) // side * across + (grid.x - grid.x.min()) // side
  districts = []
  for one in np.unique(number):
    members = np.flatnonzero(number == one)
    corners = grid.y[members], grid.x[members]
    near = _near(field, corners, settings) if len(members) < len(number) else None
    if near is None or not len(near[0][0]):
      near = (
        blocks.sources(field, settings),
        blocks.heard(field, _HEARD * settings.most_sources, settings),
      )
    districts.append(District(members, corners, *near))
  return districts if len(districts[0].sources[0]) else []


def _near(
  field: blocks.Field, corners: blocks.Corners, settings: settings_lib.Settings
) -> tuple[blocks.Corners, blocks.Corners]:
  """What may be copied, and what is heard, around some blocks."""
  step, more, most = settings.step, settings.block - 1, settings.most_sources // _FEWER
  # From even places, as everywhere.
  top, left = (max(int(axis.min()) - settings.margin, 0) // step * step for axis in corners)
  bottom, right = (int(axis.max()) + settings.margin for axis in corners)
  part = field._replace(
    allowed=field.allowed[top:bottom, left:right],
    heard=field.heard[top:bottom, left:right],
    hole=field.hole[top : bottom + more, left : right + more],
  )
  fewer = settings._replace(most_sources=most)
  (down, across), (heard_y, heard_x) = blocks.sources(part, fewer), blocks.heard(part, most, fewer)
  return (down + top, across + left), (heard_y + top, heard_x + left)
