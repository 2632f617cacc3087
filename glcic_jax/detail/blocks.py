"""Blocks of a picture: those that touch the hole, those that may be copied, and how both look.

Everything lives on a *field*: the completed picture with a frame of one block on each side, so that
a block may hang over the picture's edge. Corners of blocks are pixels of the field.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.lib import stride_tricks
import scipy.ndimage

from glcic_jax.detail import bands
from glcic_jax.detail import settings as settings_lib

_UNIT = 256  # pixels, in which distances from a block to its source are measured

Corners = tuple[np.ndarray, np.ndarray]  # [N] int and [N] int, down and to the right


class Field(NamedTuple):
  """The completed picture, framed: `[H, W, C]` float32 with white 1, and `[H, W]` bool."""

  coarse: np.ndarray  # [H, W, C], what is coarser than the cut-off
  middle: np.ndarray  # [H, W, C], of that, what is finer than the second cut-off
  detail: np.ndarray  # [H, W, C], what blocks are compared by
  context: np.ndarray  # [H, W, C], what is coarser than a quarter of a block
  hole: np.ndarray  # [H, W]
  known: np.ndarray  # [H, W]
  allowed: np.ndarray  # [H - block + 1, W - block + 1], blocks that may be copied


class Grid(NamedTuple):
  """Blocks that touch the hole, on a grid of `stride` pixels."""

  y: np.ndarray  # [N] int, their corners
  x: np.ndarray  # [N] int
  number: np.ndarray  # [rows, columns] int, place on the grid -> number, -1 where there is none


def field(
  guide: np.ndarray, hole: np.ndarray, known: np.ndarray, settings: settings_lib.Settings
) -> Field:
  """Frames and splits a completed picture.

  Args:
    guide: `[H, W, C]` float32, white 1.
    hole: `[H, W]` bool, where detail is wanted.
    known: `[H, W]` bool, which pixels are true; disjoint from the hole.
    settings: as everywhere.
  """
  block = settings.block
  frame = ((block, block), (block, block))
  mode: Literal['reflect', 'edge'] = 'reflect' if min(hole.shape) > block else 'edge'

  def framed(values: np.ndarray) -> np.ndarray:
    return np.pad(values, (*frame, (0, 0)), mode=mode)

  coarse = bands.blur(guide, settings.sigma)
  middle = coarse - bands.blur(guide, settings.middle) if settings.middle else 0 * coarse
  # Beside what is not known, what is finer than the cut-off is mixed with the completion's.
  inside = np.pad(np.ones(hole.shape, bool), frame)
  unfit = scipy.ndimage.binary_dilation(np.pad(~known, frame), iterations=round(settings.sigma))
  return Field(
    coarse=framed(coarse),
    middle=framed(middle),
    detail=framed(guide - bands.blur(guide, settings.compare)),
    context=bands.blur(framed(guide), block / 8),
    hole=np.pad(hole, frame),
    known=np.pad(known, frame),
    allowed=~_any(unfit | ~inside, block),
  )


def _any(mask: np.ndarray, block: int) -> np.ndarray:
  """For every block, whether it has a pixel of `mask`."""
  return np.any(stride_tricks.sliding_window_view(mask, (block, block)), axis=(2, 3))


def grid(field: Field, settings: settings_lib.Settings) -> Grid:
  """The blocks that touch the hole."""
  touches = _any(field.hole, settings.block)[:: settings.stride, :: settings.stride]
  number = np.full(touches.shape, -1)
  number[touches] = np.arange(np.count_nonzero(touches))
  y, x = (settings.stride * axis for axis in np.nonzero(touches))
  return Grid(y, x, number)


def sources(field: Field, settings: settings_lib.Settings) -> Corners:
  """The blocks that may be copied: every `step` pixels, the `most_sources` nearest to the hole."""
  allowed = field.allowed[:: settings.step, :: settings.step]
  y, x = (settings.step * axis for axis in np.nonzero(allowed))
  if len(y) > settings.most_sources:
    middle = settings.block // 2
    distance = bands.depth(~field.hole)[y + middle, x + middle]
    nearest = np.sort(np.argsort(distance, kind='stable')[: settings.most_sources])
    y, x = y[nearest], x[nearest]
  return y, x


def take(values: np.ndarray, y: np.ndarray, x: np.ndarray, within: np.ndarray) -> np.ndarray:
  """The pixels of blocks at rows and columns `within` them: `[N, len(within)^2 C]`."""
  rows, columns = y[:, None] + within, x[:, None] + within
  size = len(within) ** 2 * int(np.prod(values.shape[2:]))
  return values[rows[:, :, None], columns[:, None, :]].reshape(len(y), size)


class Looks:
  """How blocks look, as vectors whose squared distances add up to the cost of a match."""

  def __init__(self, field: Field, settings: settings_lib.Settings) -> None:
    """Fixes the weights: costs are means over a block's pixels and channels."""
    self._field = field
    quarter = settings.block // 4
    self._coarse = np.arange(4) * quarter + quarter // 2
    self._fine = np.arange(0, settings.block, settings.sample)
    self._channels = field.detail.shape[2]
    self._context = np.float32((settings.context / (16 * self._channels)) ** 0.5)
    self._known = np.float32((settings.known / (len(self._fine) ** 2 * self._channels)) ** 0.5)
    self._near = np.float32(settings.near**0.5 / _UNIT)

  def around(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The coarse colours of blocks, and where they are: `[N, 16 C + 2]` float32."""
    colours = self._context * take(self._field.context, y, x, self._coarse)
    place = self._near * np.stack([y, x], axis=1).astype(np.float32)
    return np.concatenate([colours, place], axis=1)

  def inside(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The fine detail of blocks: `[N, P C]` float32."""
    return self._known * take(self._field.detail, y, x, self._fine)

  def known(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """1 where the values of `inside` are known, else 0: `[N, P C]` float32."""
    known = take(self._field.known, y, x, self._fine)
    return np.repeat(known, self._channels, axis=1).astype(np.float32)
