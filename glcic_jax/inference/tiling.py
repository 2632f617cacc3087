"""Pictures of any size for a network of one: windows around the holes, and their sizes.

A network knows holes of up to half the side of the pictures it was trained on, at the scale of
those pictures. So `crop` cuts a window around each group of holes, shrinks it where its hole is
thicker than that, and pastes back only the hole; `resize` shrinks the whole picture; `whole` gives
it to the network as it is. Windows are padded to a few sizes by reflection, so that few programs
are compiled.

Masks here are `[H, W]` bool, True = hole; boxes are (top, left, bottom, right) in pixels.
"""

from collections.abc import Iterator
import math
from typing import NamedTuple

import numpy as np
from PIL import Image
import scipy.ndimage

LARGE = ('crop', 'resize', 'whole')

Box = tuple[int, int, int, int]


class Part(NamedTuple):
  """A piece of hole that is completed in one go.

  After it is completed, it counts as known for the parts that follow: so they join.
  """

  core: Box  # the hole pixels in it are completed
  window: Box  # what the network sees of the picture
  inner: tuple[int, int]  # (height, width) that the window is resized to
  size: tuple[int, int]  # (height, width) of the network's input: `inner`, padded


def parts(mask: np.ndarray, *, large: str, side: int, multiple: int) -> Iterator[Part]:
  """Cuts a picture's hole into parts.

  Args:
    mask: with at least one hole pixel.
    large: one of `LARGE`.
    side: of the model's training pictures in pixels.
    multiple: what both sides of the network's input are multiples of.
  """
  height, width = mask.shape
  everything = (0, 0, height, width)
  side = _up(side, multiple)
  if large == 'whole':
    yield Part(
      shrink(mask, everything),
      everything,
      (height, width),
      (_up(height, multiple), _up(width, multiple)),
    )
  elif large == 'resize':
    # The short edge becomes the training pictures', unless the long one would be over half as long
    # again.
    long_side = _up(side * 3 // 2, multiple)
    scale = max(1, min(height, width) / side, max(height, width) / long_side)
    inner = max(1, round(height / scale)), max(1, round(width / scale))
    rows, columns = (side if length <= side else long_side for length in inner)
    yield Part(shrink(mask, everything), everything, inner, (rows, columns))
  else:
    for group in groups(mask, max(1, side // 8)):
      yield from _cut(mask, group, side)


def groups(mask: np.ndarray, cell: int) -> list[Box]:
  """Bounding boxes of the holes, those together that lie in one or in neighbouring squares of
  `cell` px.

  Their number is bounded by that of the cells, however scattered the hole.
  """
  height, width = mask.shape
  padded = np.pad(mask, ((0, -height % cell), (0, -width % cell)))
  cells = padded.reshape(padded.shape[0] // cell, cell, padded.shape[1] // cell, cell).any(
    axis=(1, 3)
  )
  labels, _ = scipy.ndimage.label(cells, np.ones((3, 3)))
  boxes = []
  for rows, columns in scipy.ndimage.find_objects(labels):
    # Another group's hole may lie in the box: it is completed with this one, and then skipped.
    box = (
      rows.start * cell,
      columns.start * cell,
      min(rows.stop * cell, height),
      min(columns.stop * cell, width),
    )
    boxes.append(shrink(mask, box))
  return boxes


def shrink(mask: np.ndarray, box: Box) -> Box:
  """The bounding box of the hole within a box, which holds some."""
  top, left, bottom, right = box
  inside = mask[top:bottom, left:right]
  rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
  return (
    top + int(rows[0]),
    left + int(columns[0]),
    top + int(rows[-1]) + 1,
    left + int(columns[-1]) + 1,
  )


def thickness(mask: np.ndarray, box: Box) -> int:
  """Side of the largest square, in pixels, that a hole's pixel is the middle of: how far it is
  across.

  Pixels outside the picture are no known ones: a hole at the border is as thick as if it went on
  there.
  """
  top, left, bottom, right = box
  # One pixel more on each side shows what the hole ends at; the picture's end is not shown.
  around = mask[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1]
  if around.all():
    return 2 * max(around.shape)
  return 2 * int(scipy.ndimage.distance_transform_cdt(around, 'chessboard').max()) - 1


def _cut(mask: np.ndarray, box: Box, side: int) -> Iterator[Part]:
  """One group of holes -> parts of at most half of `side`, at a scale at which it is not
  thicker.
  """
  largest = side // 2
  lengths = box[2] - box[0], box[3] - box[1]
  # A compact hole fits in one part. A long one is cut: shrinking a scratch by its length would lose
  # it.
  scale = max(1.0, min(max(lengths), 2 * thickness(mask, box)) / largest)
  counts = [math.ceil(length / (largest * scale)) for length in lengths]
  rows, columns = (
    np.linspace(start, start + length, count + 1).round().astype(int)
    for start, length, count in zip(box[:2], lengths, counts)
  )
  for top, bottom in zip(rows, rows[1:]):
    for left, right in zip(columns, columns[1:]):
      if mask[top:bottom, left:right].any():
        core = shrink(mask, (int(top), int(left), int(bottom), int(right)))
        window = _around(core, round(side * scale), mask.shape)
        height, width = (
          min(side, max(1, round((window[axis + 2] - window[axis]) / scale))) for axis in (0, 1)
        )
        yield Part(core, window, (height, width), (side, side))


def _around(core: Box, length: int, shape: tuple[int, int]) -> Box:
  """A square window with the core in its middle, moved and cut to lie inside the picture."""
  height, width = (min(length, side) for side in shape)
  top = min(max((core[0] + core[2] - height) // 2, 0), shape[0] - height)
  left = min(max((core[1] + core[3] - width) // 2, 0), shape[1] - width)
  return top, left, top + height, left + width


def network_input(
  picture: np.ndarray, unknown: np.ndarray, part: Part
) -> tuple[np.ndarray, np.ndarray]:
  """What the network gets for a part.

  Args:
    picture: `[H, W, 3]`, uint8 or uint16.
    unknown: `[H, W]` bool, what is not known, or not yet.
    part: of the hole.

  Returns:
    `[*part.size, 3]` float32 on the scale 0..255, and `[*part.size, 1]` uint8, 1 = to be completed.
  """
  top, left, bottom, right = part.window
  window, hole = picture[top:bottom, left:right], unknown[top:bottom, left:right, None]
  if part.inner != hole.shape[:2]:
    # Each new pixel is the mean of the square that it covers; one that covers any of the hole
    # belongs to it.
    window, hole = (_resize(planes, part.inner, Image.Resampling.BOX) for planes in (window, hole))
  pad = (*((0, whole - length) for whole, length in zip(part.size, part.inner)), (0, 0))
  window = np.pad(window.astype(np.float32), pad, mode='reflect')
  window *= 255 / np.iinfo(picture.dtype).max
  return window, np.pad((hole > 0).astype(np.uint8), pad, mode='reflect')


def from_network(output: np.ndarray, part: Part, box: Box) -> np.ndarray:
  """The network's output in a box of the picture.

  Args:
    output: `[*part.size, C]` float32.
    part: whose window it is.
    box: within the window.

  Returns:
    `[h, w, C]` of the box's size.
  """
  start, lengths = (
    part.window[:2],
    (part.window[2] - part.window[0], part.window[3] - part.window[1]),
  )
  place = [box[axis] - start[axis % 2] for axis, _ in enumerate(box)]
  output = output[: part.inner[0], : part.inner[1]]
  if part.inner == lengths:
    return output[place[0] : place[2], place[1] : place[3]]
  shares = [inner / length for inner, length in zip(part.inner, lengths)]
  top, left, bottom, right = (edge * shares[axis % 2] for axis, edge in enumerate(place))
  shape = box[2] - box[0], box[3] - box[1]
  # The last edge is computed from the same numbers but may round to beyond the output.
  source = (left, top, min(right, part.inner[1]), min(bottom, part.inner[0]))
  return _resize(output, shape, Image.Resampling.BICUBIC, source)


def _resize(
  planes: np.ndarray,
  shape: tuple[int, int],
  kind: Image.Resampling,
  box: tuple[float, float, float, float] | None = None,
) -> np.ndarray:
  """`[H, W, C]` numbers, channel by channel, since Pillow's only floats are grey: `[*shape, C]`
  float32.
  """
  channels = [
    Image.fromarray(np.ascontiguousarray(planes[..., channel], np.float32))
    for channel in range(planes.shape[-1])
  ]
  return np.stack(
    [np.asarray(channel.resize(shape[::-1], kind, box)) for channel in channels], axis=-1
  )


def slices(box: Box) -> tuple[slice, slice]:
  """The rows and columns of a box, to index a picture with."""
  top, left, bottom, right = box
  return slice(top, bottom), slice(left, right)


def grown(box: Box, margin: int, shape: tuple[int, ...]) -> Box:
  """A box with a margin, within a picture."""
  return (
    max(box[0] - margin, 0),
    max(box[1] - margin, 0),
    min(box[2] + margin, shape[0]),
    min(box[3] + margin, shape[1]),
  )


def _up(length: int, multiple: int) -> int:
  """The next multiple."""
  return -(-length // multiple) * multiple
