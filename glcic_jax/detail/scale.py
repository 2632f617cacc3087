"""At what scale a hole is treated: one measure for a scratch and for half a photograph.

A hole is as large as it is deep: its inner radius is the greatest distance of its pixels to the
nearest pixel outside it, and the outside of the picture is outside it.
"""

from typing import NamedTuple

import numpy as np
import scipy.ndimage

Box = tuple[int, int, int, int]  # top, left, bottom, right; the last two beyond it

_EIGHT = np.ones((3, 3), bool)  # corners connect


class Part(NamedTuple):
  """Holes of one scale that lie near each other."""

  box: Box  # around them
  hole: np.ndarray  # [bottom - top, right - left] bool, these holes and no others
  radius: float  # pixels: the largest inner radius
  factor: int  # pixels of the picture to one at which the radius is about what was asked for


def of_hole(hole: np.ndarray, *, radius: float = 36.0, together: float = 64.0) -> list[Part]:
  """Splits a hole into parts, each with its own scale.

  Args:
    hole: `[H, W]` bool.
    radius: the inner radius in pixels that is wanted; nothing is enlarged to it.
    together: connected holes of one factor whose bounding boxes are at most so many pixels apart,
      once reduced, are one part.

  Returns:
    the parts, from the largest factor to the smallest; they cover the hole, and do not overlap.
  """
  labels, _ = scipy.ndimage.label(hole, _EIGHT)
  pieces: list[tuple[int, Box, float, list[int]]] = []
  for number, (rows, columns) in enumerate(scipy.ndimage.find_objects(labels), start=1):
    here = np.pad(labels[rows, columns] == number, 1)
    inner = float(scipy.ndimage.distance_transform_edt(here).max())
    box = rows.start, columns.start, rows.stop, columns.stop
    pieces.append((max(1, round(inner / radius)), box, inner, [number]))
  parts = []
  for factor in sorted({piece[0] for piece in pieces}, reverse=True):
    for box, inner, numbers in _joined(
      [piece[1:] for piece in pieces if piece[0] == factor], together * factor
    ):
      top, left, bottom, right = box
      parts.append(Part(box, np.isin(labels[top:bottom, left:right], numbers), inner, factor))
  return parts


def _joined(
  pieces: list[tuple[Box, float, list[int]]], distance: float
) -> list[tuple[Box, float, list[int]]]:
  """Joins boxes until all are farther apart than a distance."""
  result: list[tuple[Box, float, list[int]]] = []
  for box, radius, numbers in pieces:
    # What has grown by a piece may reach another one.
    while near := [other for other in result if _gap(box, other[0]) <= distance]:
      result = [other for other in result if _gap(box, other[0]) > distance]
      for other, inner, more in near:
        box = _around(box, other)
        radius, numbers = max(radius, inner), numbers + more
    result.append((box, radius, numbers))
  return sorted(result)


def _around(a: Box, b: Box) -> Box:
  return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _gap(a: Box, b: Box) -> int:
  return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
