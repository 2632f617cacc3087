"""What a model has to beat: the mean colour, OpenCV's two inpainters, and scikit-image's biharmonic
one.

Contract: `[H, W, 3]` uint8 and a mask `[H, W, 1]` with 1 in the hole -> the completed picture,
equal to the input outside the hole.
"""

from typing import Any

import cv2
import numpy as np

from glcic_jax import errors

RADIUS = 3  # pixels, as in OpenCV's documentation


def mean_color(
  image: np.ndarray, mask: np.ndarray, color: tuple[float, float, float]
) -> np.ndarray:
  """Fills the hole with one colour, RGB in 0..1."""
  level = np.round(np.asarray(color) * 255).astype(np.uint8)
  return np.where(mask > 0, level, image)


def telea(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """Fast marching (Telea 2004), by OpenCV."""
  return _opencv(image, mask, cv2.INPAINT_TELEA)


def navier_stokes(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """Navier-Stokes (Bertalmio, Bertozzi and Sapiro 2001), by OpenCV."""
  return _opencv(image, mask, cv2.INPAINT_NS)


def _opencv(image: np.ndarray, mask: np.ndarray, method: int) -> np.ndarray:
  filled = cv2.inpaint(
    np.ascontiguousarray(image), np.ascontiguousarray(mask[..., 0], np.uint8), RADIUS, method
  )
  return np.where(mask > 0, filled, image)


def biharmonic(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """The biharmonic equation (Damelin and Hoang 2018), by scikit-image; slow on large holes.

  Raises:
    errors.InputError: if scikit-image is not installed.
  """
  filled = _restoration().inpaint_biharmonic(image, mask[..., 0] > 0, channel_axis=-1)
  return np.where(mask > 0, np.clip(np.round(filled * 255), 0, 255).astype(np.uint8), image)


def check_biharmonic() -> None:
  """Finds out whether `biharmonic` can run here, before anything else does.

  Raises:
    errors.InputError: if scikit-image is not installed.
  """
  _restoration()


def _restoration() -> Any:
  try:
    from skimage import restoration
  except ImportError:
    raise errors.InputError(
      "The baseline 'biharmonic' needs scikit-image; install it by pip install "
      "'glcic_jax[evaluate]', or leave the baseline out."
    ) from None
  return restoration
