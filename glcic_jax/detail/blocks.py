"""Blocks of a picture: those that touch the hole, those that may be copied, and how both look.

Everything lives on a *field*: the completed picture with a frame of one block on each side, so that
a block may hang over the picture's edge. Corners of blocks are pixels of the field.
"""

from typing import Literal, NamedTuple

import numpy as np
import scipy.ndimage

from glcic_jax.detail import bands
from glcic_jax.detail import settings as settings_lib

_SILENCE = 1e-6  # squared, white 1: less is not heard

Corners = tuple[np.ndarray, np.ndarray]  # [N] int and [N] int, down and to the right


class Field(NamedTuple):
  """The completed picture, framed: `[H, W, C]` float32 with white 1, and `[H, W]` bool."""

  detail: np.ndarray  # [H, W, C], what blocks are compared by
  context: np.ndarray  # [H, W, C], their surroundings
  colours: np.ndarray  # [H, W, C], coarser still
  loudness: np.ndarray  # [H - block + 1, W - block + 1, 2 L], of each block and L bands: all of
  # it, then what is coloured of it
  hole: np.ndarray  # [H, W]
  known: np.ndarray  # [H, W]
  heard: np.ndarray  # [H - block + 1, W - block + 1], blocks that are known, or mirror what is
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

  # Beside what is not known, what is finer than a cut-off is mixed with the completion's.
  inside = np.pad(np.ones(hole.shape, bool), frame)
  unfit = np.pad(scipy.ndimage.binary_dilation(~known, iterations=settings.apart), frame, mode=mode)
  loudness, coloured, finer = [], [], guide
  for band in settings.bands:
    coarse = bands.blur(guide, band.sigma)
    values = framed(finer - coarse)
    loudness.append(_loudness(values, block))
    coloured.append(_loudness(values - values.mean(-1, keepdims=True), block))
    finer = coarse
  return Field(
    detail=framed(guide - bands.blur(guide, settings.compare)),
    context=bands.blur(framed(guide), settings.surroundings),
    colours=bands.blur(framed(guide), settings.colours),
    loudness=np.stack(loudness + coloured, axis=-1),
    hole=np.pad(hole, frame),
    known=np.pad(known, frame),
    heard=~_any(unfit, block),
    allowed=~_any(unfit | ~inside, block),
  )


def _loudness(values: np.ndarray, block: int) -> np.ndarray:
  """The logarithm of the deviation of every block from 0."""
  energy = np.square(values).mean(-1, dtype=np.float64).cumsum(0).cumsum(1)
  energy = np.pad(energy, ((1, 0), (1, 0)))
  energy = energy[block:] - energy[:-block]
  energy = (energy[:, block:] - energy[:, :-block]) / block**2
  return np.log(np.maximum(energy, 0) + _SILENCE).astype(np.float32) / 2


def _any(mask: np.ndarray, block: int) -> np.ndarray:
  """For every block, whether it has a pixel of `mask`."""
  found = mask.view(np.uint8)
  for axis in (0, 1):
    found = scipy.ndimage.maximum_filter1d(found, block, axis, origin=-(block // 2))
  return found[: mask.shape[0] - block + 1, : mask.shape[1] - block + 1] > 0


def grid(field: Field, settings: settings_lib.Settings) -> Grid:
  """The blocks that touch the hole."""
  touches = _any(field.hole, settings.block)
  y, x = every(touches, settings.stride)
  number = np.full(touches[:: settings.stride, :: settings.stride].shape, -1)
  number[y // settings.stride, x // settings.stride] = np.arange(len(y))
  return Grid(y, x, number)


def every(places: np.ndarray, step: int) -> Corners:
  """Those of `places` `[H, W]` bool that lie on a grid of `step` pixels."""
  y, x = (step * axis for axis in np.nonzero(places[::step, ::step]))
  return y, x


def sources(field: Field, settings: settings_lib.Settings) -> Corners:
  """The blocks that may be copied: every `step` pixels, the `most_sources` nearest to the hole."""
  return _nearest(every(field.allowed, settings.step), field, settings.most_sources, settings)


def heard(field: Field, most: int, settings: settings_lib.Settings) -> Corners:
  """The blocks that say what is usual: every `step` pixels, the `most` nearest to the hole."""
  return _nearest(every(field.heard, settings.step), field, most, settings)


def _nearest(corners: Corners, field: Field, most: int, settings: settings_lib.Settings) -> Corners:
  y, x = corners
  if len(y) > most:
    middle = settings.block // 2
    distance = bands.depth(~field.hole)[y + middle, x + middle]
    nearest = np.sort(np.argsort(distance, kind='stable')[:most])
    y, x = y[nearest], x[nearest]
  return y, x


def take(values: np.ndarray, y: np.ndarray, x: np.ndarray, within: np.ndarray) -> np.ndarray:
  """The pixels of blocks at rows and columns `within` them: `[..., len(within)^2, C]`."""
  rows, columns = y[..., None] + within, x[..., None] + within
  found = values[rows[..., :, None], columns[..., None, :]]
  return found.reshape(*y.shape, len(within) ** 2, *values.shape[2:])
