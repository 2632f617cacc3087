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


class Field(NamedTuple):
  """The completed picture, framed: `[H, W, C]` float32 with white 1, and `[H, W]` bool."""

  detail: np.ndarray  # [H, W, C], what is finer than the cut-off
  context: np.ndarray  # [H, W, C], what is coarser than a quarter of a block
  hole: np.ndarray  # [H, W]
  known: np.ndarray  # [H, W], neither hole nor frame
  allowed: np.ndarray  # [H - block + 1, W - block + 1], blocks that may be copied
  reach: float  # pixels: the longer side of the picture, which distances are measured by


class Grid(NamedTuple):
  """Blocks that touch the hole, on a grid of `stride` pixels."""

  y: np.ndarray  # [N] int, their corners
  x: np.ndarray  # [N] int
  number: np.ndarray  # [rows, columns] int, place on the grid -> number, -1 where there is none


def field(guide: np.ndarray, hole: np.ndarray, settings: settings_lib.Settings) -> Field:
  """Frames and splits a completed picture, `[H, W, C]` with white 1, with its hole, `[H, W]`."""
  block = settings.block
  mode: Literal['reflect', 'edge'] = 'reflect' if min(hole.shape) > block else 'edge'
  frame = ((block, block), (block, block))
  framed = np.pad(guide, (*frame, (0, 0)), mode=mode)
  detail = np.pad(guide - bands.blur(guide, settings.sigma), (*frame, (0, 0)), mode=mode)
  inside = np.pad(np.ones(hole.shape, bool), frame)
  framed_hole = np.pad(hole, frame)
  # Beside the hole, what is finer than the cut-off is mixed with the completion's.
  unfit = scipy.ndimage.binary_dilation(framed_hole, iterations=round(settings.sigma)) | ~inside
  return Field(
    detail=detail,
    context=bands.blur(framed, block / 8),
    hole=framed_hole,
    known=inside & ~framed_hole,
    allowed=~_any(unfit, block),
    reach=max(hole.shape),
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


def sources(field: Field, settings: settings_lib.Settings) -> tuple[np.ndarray, np.ndarray]:
  """Corners `[M]`, `[M]` of the blocks that may be copied: every `step` pixels, the `most` nearest
  to the hole.
  """
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
    channels = field.detail.shape[2]
    self._channels = channels
    self._context = np.float32((settings.context / (16 * channels)) ** 0.5)
    self._known = np.float32((settings.known / (len(self._fine) ** 2 * channels)) ** 0.5)
    self._near = np.float32(settings.near**0.5 / field.reach)

  def around(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The coarse colours of blocks, and where they are: `[N, 16 C + 2]`."""
    place = self._near * np.stack([y, x], axis=1)
    return np.concatenate(
      [self._context * take(self._field.context, y, x, self._coarse), place], axis=1
    ).astype(np.float32)

  def inside(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The fine detail of blocks: `[N, P C]`."""
    return self._known * take(self._field.detail, y, x, self._fine)

  def known(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """1 where the values of `inside` are known, else 0: `[N, P C]` float32."""
    known = take(self._field.known, y, x, self._fine)
    return np.repeat(known, self._channels, axis=1).astype(np.float32)
