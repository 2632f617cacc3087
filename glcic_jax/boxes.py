"""Rectangles of pixels: around what lies where in a picture, and how an array is indexed by them.

    box = boxes.grown(boxes.around(hole), 8, boxes.whole(hole))
    picture[boxes.slices(box)]

A box is (top, left, bottom, right) in pixels, the last two beyond it. Masks are `[H, W]` bool.
"""

import numpy as np

Box = tuple[int, int, int, int]


def whole(picture: np.ndarray) -> Box:
  """All of a picture or a mask, `[H, W, ...]`."""
  return 0, 0, picture.shape[0], picture.shape[1]


def around(mask: np.ndarray, within: Box | None = None) -> Box:
  """The smallest box that holds all of a mask, or what of it lies within a box; there is some."""
  top, left = within[:2] if within else (0, 0)
  inside = mask[slices(within)] if within else mask
  rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
  return (
    top + int(rows[0]),
    left + int(columns[0]),
    top + int(rows[-1]) + 1,
    left + int(columns[-1]) + 1,
  )


def shape(box: Box) -> tuple[int, int]:
  """Height and width."""
  return box[2] - box[0], box[3] - box[1]


def slices(box: Box) -> tuple[slice, slice]:
  """The rows and columns of a box, to index a picture with."""
  top, left, bottom, right = box
  return slice(top, bottom), slice(left, right)


def grown(box: Box, margin: int, window: Box) -> Box:
  """A box with a margin, as far as its window goes."""
  top, left = (max(edge - margin, first) for edge, first in zip(box[:2], window))
  bottom, right = (min(edge + margin, last) for edge, last in zip(box[2:], window[2:]))
  return top, left, bottom, right


def shared(box: Box, other: Box) -> Box:
  """What two boxes share, which is something."""
  top, left = map(max, box[:2], other[:2])
  bottom, right = map(min, box[2:], other[2:])
  return top, left, bottom, right


def relative(box: Box, window: Box) -> Box:
  """A box as seen from the corner of its window."""
  top, left = window[:2]
  return box[0] - top, box[1] - left, box[2] - top, box[3] - left
