"""How close a completed picture is to the truth, per picture and unreduced.

Contract: pictures `[B, H, W, C]` on the 0..255 scale, of any numeric dtype, masks
`[B, H, W, 1]` with 1 in the hole; every function returns `[B]`. `region` says
where: `'hole'` or `'whole'`. A picture without a hole scores 0 error in the hole.

JAX arrays are scored by JAX, also under `jit`; NumPy arrays by NumPy, which compiles nothing,
whatever their shapes. Both compute in float32, or in float64 where a picture is float64.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

PEAK = 255.0

# Wang, Bovik, Sheikh and Simoncelli 2004, "Image quality assessment", section III.C.
SMALLEST_SIDE = 11  # pixels: side of the window, and so of the smallest picture
_SIGMA = 1.5  # pixels
_C1, _C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2

Array = jax.Array | np.ndarray


def l1(completed: Array, truth: Array, mask: Array, *, region: str) -> Array:
  """Mean absolute error, as a share of the full scale (0..1)."""
  completed, truth, xp = _real(completed, truth)
  return _mean(xp.abs(completed - truth) / PEAK, mask, region)


def relative_l1(completed: Array, truth: Array, mask: Array, *, region: str) -> Array:
  """Sum of absolute errors over the sum of both pictures' levels (0..1; 0 where both are black).

  The "relative L1", or MAE, of many published tables; of a dark picture it is larger than `l1`.
  """
  completed, truth, xp = _real(completed, truth)
  error, levels = (
    _mean(values, mask, region) for values in (xp.abs(completed - truth), completed + truth)
  )
  return error / xp.where(levels > 0, levels, 1)


def l2(completed: Array, truth: Array, mask: Array, *, region: str) -> Array:
  """Mean squared error, as a share of the full scale squared (0..1)."""
  completed, truth, xp = _real(completed, truth)
  return _mean(xp.square((completed - truth) / PEAK), mask, region)


def psnr(completed: Array, truth: Array, mask: Array, *, region: str) -> Array:
  """Peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE); infinite where nothing differs."""
  return to_psnr(l2(completed, truth, mask, region=region))


def to_psnr(error: Array) -> Array:
  """Values of `l2` in dB; see `psnr`."""
  with np.errstate(divide='ignore'):
    return -10.0 * _namespace(error).log10(error)


def ssim(completed: Array, truth: Array, mask: Array, *, region: str) -> Array:
  """Structural similarity, the mean over windows and channels; at most 1, of equal pictures.

  Windows are Wang's, 11x11 with a Gaussian of 1.5 px, K1 0.01, K2 0.03, each channel by itself.
  `whole`: all windows within the picture. `hole`: those of them whose centre is in the hole; NaN
  where there is none, since the hole lies within 5 px of the picture's border.

  Raises:
    ValueError: if the pictures have a side below 11 px, or on an unknown region.
  """
  return mean_similarity(similarity(completed, truth), mask, region=region)


def similarity(completed: Array, truth: Array) -> Array:
  """The structural similarity of each window and channel, `[B, H - 10, W - 10, C]`; see `ssim`.

  Raises:
    ValueError: if the pictures have a side below 11 px.
  """
  completed, truth, xp = _real(completed, truth)
  if min(completed.shape[1:3]) < SMALLEST_SIDE:
    raise ValueError(
      f'SSIM needs pictures of {SMALLEST_SIDE} px and more; these are {completed.shape[1:3]}.'
    )
  # Variances do not change with the origin, and near the picture's levels float32 loses less.
  origin = xp.mean(truth, axis=(1, 2), keepdims=True)
  x, y = completed - origin, truth - origin
  mean_x, mean_y = _blur(x), _blur(y)
  covariance = _blur(x * y) - mean_x * mean_y
  variances = _blur(x * x + y * y) - mean_x * mean_x - mean_y * mean_y
  mean_x, mean_y = mean_x + origin, mean_y + origin
  return (
    (2 * mean_x * mean_y + _C1)
    * (2 * covariance + _C2)
    / ((mean_x * mean_x + mean_y * mean_y + _C1) * (variances + _C2))
  )


def mean_similarity(windows: Array, mask: Array, *, region: str) -> Array:
  """The mean of what `similarity` gives over a region of pictures with masks `[B, H, W, 1]`."""
  border = SMALLEST_SIDE // 2
  inner = mask[:, border:-border, border:-border]
  result = _mean(windows, inner, region)
  if region == 'whole':
    return result
  xp = _namespace(result)
  return xp.where(xp.any(inner > 0, axis=(1, 2, 3)), result, xp.nan)


def seam(completed: Array, truth: Array, mask: Array) -> Array:
  """Seam error: how much the steps across the hole's border differ from the truth's (0..1).

  The mean, over all pairs of neighbours (above, below, left, right) of which one is in the hole and
  one is known, and over channels, of | |step in the completed picture| - |step in the truth| |, as
  a share of the full scale; 0 where there is no such pair. A seam that the truth does not have
  counts, and an edge of the truth that was smoothed away; a wrong colour that joins its
  surroundings does not.
  """
  completed, truth, xp = _real(completed, truth)
  hole = mask > 0
  total, count = 0, 0
  for axis in (1, 2):
    crosses = xp.diff(hole.astype(completed.dtype), axis=axis) != 0
    ours, theirs = (xp.abs(xp.diff(image, axis=axis)) for image in (completed, truth))
    difference = xp.abs(ours - theirs) / PEAK
    total = total + xp.sum(difference * crosses, axis=(1, 2, 3))
    count = count + xp.sum(crosses, axis=(1, 2, 3)) * completed.shape[-1]
  return total / xp.maximum(count, 1)


def _namespace(*arrays: Any) -> Any:
  return jnp if any(isinstance(array, jax.Array) for array in arrays) else np


def _real(completed: Array, truth: Array) -> tuple[Array, Array, Any]:
  """Both as floats, and the module that computes with them."""
  xp = _namespace(completed, truth)
  real = (
    xp.asarray(image).astype(xp.promote_types(image.dtype, xp.float32))
    for image in (completed, truth)
  )
  return *real, xp


def _blur(values: Array) -> Array:
  """Wang's window, by rows and then by columns, where it fits: `[B, H - 10, W - 10, C]`."""
  place = np.arange(SMALLEST_SIDE) - SMALLEST_SIDE // 2
  weights = np.exp(-(place**2) / (2 * _SIGMA**2))
  weights = (weights / weights.sum()).tolist()
  height, width = (length - SMALLEST_SIDE + 1 for length in values.shape[1:3])
  rows = sum(weight * values[:, start : start + height] for start, weight in enumerate(weights))
  return sum(weight * rows[:, :, start : start + width] for start, weight in enumerate(weights))


def _mean(values: Array, mask: Array, region: str) -> Array:
  xp = _namespace(values)
  if region == 'whole':
    return xp.mean(values, axis=(1, 2, 3))
  if region == 'hole':
    inside = (mask > 0).astype(values.dtype)
    count = xp.maximum(xp.sum(inside, axis=(1, 2, 3)) * values.shape[-1], 1)
    return xp.sum(values * inside, axis=(1, 2, 3)) / count
  raise ValueError(f"region is {region!r}; it is 'hole' or 'whole'.")
