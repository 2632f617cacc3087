"""Pictures of any size for a network of one: windows around the holes, and their sizes.

A network knows holes of up to half the side of the pictures it was trained on, at the scale of
those pictures. So `crop` cuts a window around each group of holes, shrinks it where its hole is
thicker than that, and pastes back only the hole; `resize` shrinks the whole picture; `whole` gives
it to the network as it is. Windows are padded to a few sizes by reflection, so that few programs
are compiled.

Masks here are `[H, W]` bool, True = hole.
"""

from collections.abc import Iterator
import itertools
import math
from typing import NamedTuple

import numpy as np
from PIL import Image
import scipy.ndimage

from glcic_jax import boxes
from glcic_jax.detail import pieces

CELLS = 8  # holes that lie in neighbouring ones of so many squares across a window are together


class Part(NamedTuple):
  """A piece of hole that is completed in one go, and then known to the next: so they join."""

  core: boxes.Box  # the hole pixels in it are completed
  window: boxes.Box  # what the network sees of the picture
  inner: tuple[int, int]  # (height, width) that the window is resized to
  size: tuple[int, int]  # (height, width) of the network's input: `inner`, padded
  own: np.ndarray | None = None  # bool, of the core's size: its hole pixels; None: all that it has


def parts(mask: np.ndarray, *, large: str, side: int, multiple: int) -> Iterator[Part]:
  """Cuts a picture's hole, which is not empty, into parts.

  Args:
    large: one of `manner.LARGE`.
    side: of the model's training pictures in pixels.
    multiple: what both sides of the network's input are multiples of.
  """
  height, width = mask.shape
  side = up(side, multiple)
  if large == 'crop':
    for group in groups(mask, max(1, side // CELLS)):
      yield from cut(mask, group, side, _scale(mask, group, side))
    return
  if large == 'whole':
    inner, (rows, columns) = mask.shape, (up(length, multiple) for length in mask.shape)
  else:
    # The short edge becomes the training pictures', unless the long one would be over half as long
    # again.
    long_side = up(side * 3 // 2, multiple)
    scale = max(1, min(height, width) / side, max(height, width) / long_side)
    inner = max(1, round(height / scale)), max(1, round(width / scale))
    rows, columns = (side if length <= side else long_side for length in inner)
  yield Part(boxes.around(mask), boxes.whole(mask), inner, (rows, columns))


def groups(mask: np.ndarray, cell: int) -> list[boxes.Box]:
  """Bounding boxes of the holes: of those that lie in neighbouring squares of `cell` px together.

  Their number is bounded by that of the cells, however scattered the hole.
  """
  labels, _ = scipy.ndimage.label(pieces.occupied(mask, cell), np.ones((3, 3)))
  # Another group's hole may lie in the box: it is completed with this one, and then skipped.
  return [
    boxes.around(
      mask, (rows.start * cell, columns.start * cell, rows.stop * cell, columns.stop * cell)
    )
    for rows, columns in scipy.ndimage.find_objects(labels)
  ]


def thickness(mask: np.ndarray, box: boxes.Box) -> int:
  """How far a hole is across: side in pixels of the largest square around one of its pixels.

  At the picture's border, it is as thick as if it went on there.
  """
  # One pixel more on each side shows what the hole ends at; the picture's end is not shown.
  around = mask[boxes.slices(boxes.grown(box, 1, boxes.whole(mask)))]
  if around.all():
    return 2 * max(around.shape)
  return 2 * int(scipy.ndimage.distance_transform_cdt(around, 'chessboard').max()) - 1


def _scale(mask: np.ndarray, box: boxes.Box, side: int) -> float:
  """At which a group of holes is no thicker than half of `side`.

  A compact hole fits in one part then. A long one will be cut: by its length, a scratch would
  shrink to nothing.
  """
  return max(1.0, min(max(boxes.shape(box)), 2 * thickness(mask, box)) / (side // 2))


def cut(
  mask: np.ndarray, box: boxes.Box, side: int, scale: float, largest: int | None = None
) -> Iterator[Part]:
  """One group of holes -> parts, in windows of `side`, each pixel of which is `scale` px.

  `largest`: their own sides in such pixels at most; by default half of a window.
  """
  largest = largest or side // 2
  rows, columns = (
    np.linspace(start, start + length, math.ceil(length / (largest * scale)) + 1)
    .round()
    .astype(int)
    for start, length in zip(box, boxes.shape(box))
  )
  for top, bottom in itertools.pairwise(rows.tolist()):
    for left, right in itertools.pairwise(columns.tolist()):
      if mask[top:bottom, left:right].any():
        core = boxes.around(mask, (top, left, bottom, right))
        window = _around(core, round(side * scale), mask.shape)
        height, width = (min(side, max(1, round(length / scale))) for length in boxes.shape(window))
        yield Part(core, window, (height, width), (side, side))


def _around(core: boxes.Box, length: int, shape: tuple[int, int]) -> boxes.Box:
  """A square window with the core in its middle, moved and cut to lie inside the picture."""
  height, width = (min(length, side) for side in shape)
  top = min(max((core[0] + core[2] - height) // 2, 0), shape[0] - height)
  left = min(max((core[1] + core[3] - width) // 2, 0), shape[1] - width)
  return top, left, top + height, left + width


def network_input(
  picture: np.ndarray, unknown: np.ndarray, part: Part
) -> tuple[np.ndarray, np.ndarray]:
  """What the network gets for a part of a picture `[H, W, 3]` of uint8 or uint16.

  Returns:
    `[*part.size, 3]` float32 on the scale 0..255, and `[*part.size, 1]` uint8, 1 = unknown (yet).
  """
  window, hole = picture[boxes.slices(part.window)], unknown[boxes.slices(part.window)][..., None]
  if part.inner != hole.shape[:2]:
    # Each new pixel is a mean of what it covers, or lies between; one that has any of the hole
    # belongs to it.
    enlarged = max(part.inner) > max(hole.shape)
    kind = Image.Resampling.BILINEAR if enlarged else Image.Resampling.BOX
    window, hole = (_resize(planes, part.inner, kind) for planes in (window, hole))
  pad = (*((0, whole - length) for whole, length in zip(part.size, part.inner)), (0, 0))
  window = np.pad(window.astype(np.float32), pad, mode='reflect')
  window *= 255 / np.iinfo(picture.dtype).max
  return window, np.pad((hole > 0).astype(np.uint8), pad, mode='reflect')


def from_network(output: np.ndarray, part: Part, box: boxes.Box) -> np.ndarray:
  """What the network said, `[*part.size, C]`, in a box within the part's window: `[h, w, C]`."""
  height, width = part.inner
  place, lengths, output = (
    boxes.relative(box, part.window),
    boxes.shape(part.window),
    output[:height, :width],
  )
  if part.inner == lengths:
    return output[boxes.slices(place)]
  down, across = height / lengths[0], width / lengths[1]
  top, left, bottom, right = place
  # The last edge is computed from the same numbers but may round to beyond the output.
  source = left * across, top * down, min(right * across, width), min(bottom * down, height)
  return _resize(output, boxes.shape(box), Image.Resampling.BICUBIC, source)


def _resize(
  planes: np.ndarray,
  shape: tuple[int, int],
  kind: Image.Resampling,
  box: tuple[float, float, float, float] | None = None,
) -> np.ndarray:
  """`[H, W, C]` -> `[*shape, C]` float32, one by one, since Pillow's only floats are grey."""
  channels = np.moveaxis(np.asarray(planes, np.float32), -1, 0)
  resized = (Image.fromarray(plane).resize(shape[::-1], kind, box) for plane in channels)
  return np.stack([np.asarray(plane) for plane in resized], axis=-1)


def up(length: int, multiple: int) -> int:
  """The next multiple."""
  return -(-length // multiple) * multiple
