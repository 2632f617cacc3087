"""How plain the surroundings of a hole are: where they are, a smooth membrane knows better.

A network errs by some levels everywhere. In fur nobody sees it; in a clear sky it is a stain. So
where what is known hardly differs from its own mean nearby, the membrane between the known pixels
takes the network's place.
"""

import numpy as np
import scipy.ndimage

_MEAN = 4.0  # pixels, a Gaussian's: what is plain differs little from this mean
_NEAR = 8.0  # pixels, a Gaussian's: over which differences are averaged
_PLAIN = 4.0  # levels of 255, the deviation from which on the network is believed in full


def trust(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """How far the network is to be believed in each pixel of its window, by what is known near it.

  Args:
    image: `[h, w, C]` float32 on the scale 0..255, what the network was shown; what it has in the
      hole is not used.
    mask: `[h, w]` bool, True = unknown.

  Returns:
    `[h, w]` float32: 1, in full, down to 0, not at all. 1 everywhere where nothing is known.
  """
  if mask.all():
    return np.ones(mask.shape, np.float32)
  known = (~mask).astype(np.float32)
  mean = _mean(image, known[..., None], _MEAN)
  square = _mean(np.square(image - mean).mean(-1), known, _NEAR)
  nearest = scipy.ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
  square = scipy.ndimage.gaussian_filter(square[tuple(nearest)], _NEAR)
  return np.square(np.minimum(square / np.float32(_PLAIN**2), 1))


def _mean(values: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
  """The weighted mean around each pixel that has a weight; elsewhere it means little."""
  total, weights = (
    scipy.ndimage.gaussian_filter(planes, sigma, axes=(0, 1))
    for planes in (values * weight, weight)
  )
  return total / np.maximum(weights, 1e-6)
