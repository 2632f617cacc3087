"""The connected pieces of a hole, found where it is: of a large photograph most is no hole.

Masks are `[H, W]` bool, True = hole.
"""

import math
from typing import NamedTuple

import numpy as np
import scipy.ndimage

from glcic_jax import boxes

_EIGHT = np.ones((3, 3), bool)  # corners connect
_CELL = 64  # pixels: pieces in neighbouring squares are measured together


class Cluster(NamedTuple):
  """Pieces that lie near each other; none has pixels in another cluster."""

  box: boxes.Box  # around all that they have
  labels: np.ndarray  # [h, w] int of the box's size, the number of each pixel's piece; 0: no hole
  radii: np.ndarray  # [pieces + 1], the inner radius of each in pixels; 0 for 0


def clusters(hole: np.ndarray) -> list[Cluster]:
  """All pieces of a hole, in no more time than its surroundings, or the picture, take.

  A piece's inner radius is the greatest distance of its pixels to the nearest pixel outside it; the
  outside of the picture is outside it.
  """
  cells, count = scipy.ndimage.label(occupied(hole, _CELL), _EIGHT)
  places = [_box(where, hole.shape) for where in scipy.ndimage.find_objects(cells)]
  if sum(math.prod(boxes.shape(box)) for box in places) > hole.size:  # they reach around each other
    places, cells, count = [boxes.whole(hole)], np.minimum(cells, 1), min(count, 1)
  found = []
  for number, box in enumerate(places, start=1):
    top, left, bottom, right = box
    inside = hole[boxes.slices(box)]
    own = cells[top // _CELL : -(-bottom // _CELL), left // _CELL : -(-right // _CELL)] == number
    if not own.all():
      inside = inside & own.repeat(_CELL, 0).repeat(_CELL, 1)[: bottom - top, : right - left]
    found.append(_cluster(inside, top, left))
  return found


def occupied(hole: np.ndarray, cell: int) -> np.ndarray:
  """Which squares of `cell` pixels hold any of a hole; the last ones may be cut by its end."""
  height, width = hole.shape
  # Row by row of squares: thirty times as fast as a reduction of all at once.
  rows = [hole[top : top + cell].any(axis=0) for top in range(0, height, cell)]
  return np.logical_or.reduceat(np.stack(rows), np.arange(0, width, cell), axis=1)


def _box(where: tuple[slice, slice], shape: tuple[int, ...]) -> boxes.Box:
  """Of squares, in pixels."""
  rows, columns = where
  bottom, right = (min(end.stop * _CELL, length) for end, length in zip(where, shape))
  return rows.start * _CELL, columns.start * _CELL, bottom, right


def _cluster(inside: np.ndarray, top: int, left: int) -> Cluster:
  """Of a mask that holds nothing else, and has some; its corner is at (top, left)."""
  own = boxes.around(inside)
  inside = inside[boxes.slices(own)]
  labels, count = scipy.ndimage.label(inside, _EIGHT)
  depth = scipy.ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
  radii = np.zeros(count + 1)
  np.maximum.at(radii, labels[inside], depth[inside])
  box = top + own[0], left + own[1], top + own[2], left + own[3]
  return Cluster(box, labels, radii)
