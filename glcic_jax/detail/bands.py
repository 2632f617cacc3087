"""Splitting a picture at a cut-off: what is coarser, what is finer; and pictures at a smaller size.

Contract: pictures are `[H, W, C]` float32, masks `[H, W]` bool.
"""

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
  none.
  """
  if hole.all():
    return np.full(hole.shape, np.inf)
  return scipy.ndimage.distance_transform_edt(hole)


def smaller(values: np.ndarray, factor: int) -> np.ndarray:
  """Means over squares of `factor` pixels, `[ceil(H / factor), ceil(W / factor), ...]`; the last
  ones repeat the edge.
  """
  if factor == 1:
    return values
  height, width = values.shape[:2]
  rest = [(0, 0)] * (values.ndim - 2)
  padded = np.pad(values, [(0, -height % factor), (0, -width % factor), *rest], mode='edge')
  rows, columns = (side // factor for side in padded.shape[:2])
  return padded.reshape(rows, factor, columns, factor, *values.shape[2:]).mean((1, 3))
