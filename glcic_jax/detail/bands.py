"""Splitting a picture at a cut-off: what is coarser, what is finer; and pictures at other sizes.

Contract: pictures are `[H, W, C]` float32, masks `[H, W]` bool.
"""

import functools

import numpy as np
import scipy.ndimage


def blur(values: np.ndarray, sigma: float) -> np.ndarray:
  """A Gaussian of `sigma` pixels over the first two axes; the picture is mirrored at its edge."""
  return scipy.ndimage.gaussian_filter(values, sigma, axes=(0, 1), mode='reflect')


def box(values: np.ndarray, side: int) -> np.ndarray:
  """The mean over squares of `side` pixels (odd) around each pixel of `[H, W]`."""
  return scipy.ndimage.uniform_filter(values, side, mode='mirror')


def depth(hole: np.ndarray) -> np.ndarray:
  """Distance in pixels to the nearest pixel outside `hole`; 0 there. The outside of the picture is
  none: it is infinite where all is hole.
  """
  if hole.all():
    return np.full(hole.shape, np.inf)
  return scipy.ndimage.distance_transform_edt(hole)


def smaller(values: np.ndarray, factor: int) -> np.ndarray:
  """Means over squares of `factor` pixels, which divides both sides: `[H / factor, W / factor,
  ...]`.
  """
  if factor == 1:
    return values
  rows, columns = (side // factor for side in values.shape[:2])
  return values.reshape(rows, factor, columns, factor, *values.shape[2:]).mean((1, 3))


def larger(values: np.ndarray, factor: int) -> np.ndarray:
  """Linear interpolation between the middles of pixels, of all but a frame of one pixel.

  Args:
    values: `[H + 2, W + 2, C]`, coarse enough for that.
    factor: times larger.

  Returns:
    `[factor H, factor W, C]`.
  """
  if factor == 1:
    return values[1:-1, 1:-1]
  rows, columns = (_between(side - 2, factor) for side in values.shape[:2])
  return np.moveaxis(rows @ np.moveaxis(values, -1, 0) @ columns.T, 0, -1)


@functools.lru_cache(8)
def _between(count: int, factor: int) -> np.ndarray:
  """The weights of `count + 2` values in what lies between: `[factor count, count + 2]`."""
  place = (np.arange(count * factor) + 0.5) / factor + 0.5
  before = np.floor(place).astype(int)
  weights = np.zeros((count * factor, count + 2), np.float32)
  weights[np.arange(len(place)), before] = before + 1 - place
  weights[np.arange(len(place)), before + 1] += place - before
  weights.flags.writeable = False  # it is remembered
  return weights
