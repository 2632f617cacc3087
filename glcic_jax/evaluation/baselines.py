"""What a model has to beat: the mean colour, and OpenCV's fast marching.

Contract: `[H, W, 3]` uint8 and a mask `[H, W, 1]` with 1 in the hole -> the completed picture,
equal to the input outside the hole.
"""

import cv2
import numpy as np

TELEA_RADIUS = 3  # pixels, as in OpenCV's documentation


def mean_color(image: np.ndarray, mask: np.ndarray, color: tuple[float, float, float]) -> np.ndarray:
  """Fills the hole with one colour, RGB in 0..1."""
  level = np.round(np.asarray(color) * 255).astype(np.uint8)
  return np.where(mask > 0, level, image)


def telea(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """Fast marching (Telea 2004), by OpenCV."""
  filled = cv2.inpaint(np.ascontiguousarray(image), np.ascontiguousarray(mask[..., 0]), TELEA_RADIUS,
                       cv2.INPAINT_TELEA)
  return np.where(mask > 0, filled, image)
