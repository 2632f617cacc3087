"""What a model has to beat: the mean colour, OpenCV's two inpainters, and scikit-image's biharmonic
one.

Contract: `[H, W, 3]` uint8 and a hole `[H, W]` bool -> what fills it, `[H, W, 3]` uint8; only its
pixels in the hole count.
"""

from typing import Any

import cv2
import numpy as np

from glcic_jax import errors

_RADIUS = 3  # pixels, as in OpenCV's documentation


def telea(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """Fast marching (Telea 2004), by OpenCV."""
  return _opencv(image, hole, cv2.INPAINT_TELEA)


def navier_stokes(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """Navier-Stokes (Bertalmio, Bertozzi and Sapiro 2001), by OpenCV."""
  return _opencv(image, hole, cv2.INPAINT_NS)


def _opencv(image: np.ndarray, hole: np.ndarray, method: int) -> np.ndarray:
  return cv2.inpaint(np.ascontiguousarray(image), hole.astype(np.uint8), _RADIUS, method)


def biharmonic(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """The biharmonic equation (Damelin and Hoang 2018), by scikit-image; slow on large holes."""
  filled = restoration().inpaint_biharmonic(image, hole, channel_axis=-1)
  return np.clip(np.round(filled * 255), 0, 255).astype(np.uint8)


def restoration() -> Any:
  """Scikit-image's module, asked for before anything is completed.

  Raises:
    errors.InputError: if it is not installed.
  """
  try:
    from skimage import restoration
  except ImportError:
    raise errors.InputError(
      "The baseline 'biharmonic' needs scikit-image; install it by pip install "
      "'glcic_jax[evaluate]', or leave the baseline out."
    ) from None
  return restoration
