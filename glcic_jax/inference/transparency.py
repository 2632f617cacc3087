"""What a picture's alpha channel means for its completion: colours that show, alpha in the hole.

levels = transparency.levels(picture, hole)               # what the network is to see
result = transparency.completed(picture, levels, hole)    # once the hole is completed in them
"""

from typing import Any

import numpy as np

from glcic_jax import boxes
from glcic_jax.pictures import modes

_HIDDEN = 16  # parts of 256 of full opacity, below which a colour is nobody's
_NEAR, _RARE = 8, 0.1  # levels, and the share of an edge's pixels, that make no third level


def levels(picture: modes.Picture, hole: np.ndarray) -> np.ndarray:
  """`Picture.levels` for a hole `[H, W]` bool: transparent pixels have the nearest colour that
  shows, since what is hidden under them must not come to light in the hole.
  """
  shown, alpha = picture.levels(), picture.alpha
  if alpha is None:
    return shown
  hidden = (alpha < _white(alpha) / 256 * _HIDDEN) & ~hole
  visible = ~hidden & ~hole
  if not hidden.any() or not visible.any():
    return shown
  import scipy.ndimage  # only where it is needed: starting it takes time

  nearest = scipy.ndimage.distance_transform_edt(
    ~visible, return_distances=False, return_indices=True
  )
  shown[hidden] = shown[tuple(nearest[:, hidden])]
  return shown


def completed(picture: modes.Picture, levels: np.ndarray, hole: np.ndarray) -> Any:
  """`Picture.completed`, with an alpha in the hole that goes on from around it."""
  alpha = picture.alpha
  values = None if alpha is None else alpha_inside(alpha, hole)
  return picture.completed(levels, hole, values)


def alpha_inside(alpha: np.ndarray, hole: np.ndarray) -> np.ndarray | None:
  """The alpha of a hole's pixels, `[N]`; None for opaque: where what is transparent is the hole.

  It is that of the pixels around, where they have one; else it goes over from one to the other,
  without half tones where there are none around.
  """
  if (hole == (alpha <= _white(alpha) // 2)).all():
    return None
  import scipy.ndimage  # as above

  edge = alpha[scipy.ndimage.binary_dilation(hole, np.ones((3, 3))) & ~hole]
  low, high = int(edge.min()), int(edge.max())
  if low == high:
    return np.full(np.count_nonzero(hole), low, alpha.dtype)
  from glcic_jax.inference import blending  # OpenCV starts only now

  around = boxes.slices(boxes.grown(boxes.around(hole), 1, boxes.whole(hole)))
  floats, inside = alpha[around].astype(np.float64)[..., None], hole[around]
  smooth = blending.poisson(floats, np.full_like(floats, _white(alpha)), inside, ~inside)
  between = (edge > low + _NEAR) & (edge < high - _NEAR)
  if between.mean() <= _RARE:
    smooth = np.where(2 * smooth < low + high, low, high)
  return np.clip(np.round(smooth[..., 0][inside]), 0, _white(alpha)).astype(alpha.dtype)


def _white(alpha: np.ndarray) -> int:
  return int(np.iinfo(alpha.dtype).max)
