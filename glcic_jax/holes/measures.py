"""How large the holes of a config are: what a network trained on them is said to know.

low, high = measures.radii(config.mask, 256)    # shares of the picture's side
"""

import functools
import json
from typing import Any

import ml_collections
import numpy as np
import scipy.ndimage

from glcic_jax import errors
from glcic_jax.holes import draws
from glcic_jax.holes import kinds

_COUNT = 256  # holes: the first of seed 0
_ENDS = (5, 95)  # %


def radius(hole: np.ndarray) -> float:
  """The inner radius of a hole `[H, W]` in pixels; 0 of none.

  It is the greatest distance of its pixels to the nearest pixel outside it, and the outside of the
  picture is outside it.
  """
  return float(scipy.ndimage.distance_transform_edt(np.pad(hole, 1)).max())


def radii(config: Any, size: int) -> tuple[float, float] | None:
  """Between which inner radii the holes of `config.mask` lie, but for 5 % at either end.

  Args:
    config: as `kinds.from_config` takes it.
    size: side of the pictures in pixels.

  Returns:
    the ends as shares of `size`, to four decimals, measured on 256 holes, once for a config; None
    where they cannot be drawn (any more): a model is described all the same.
  """
  try:
    return _radii(config.to_json(sort_keys=True), size)
  except errors.InputError:
    return None


@functools.cache
def _radii(config: str, size: int) -> tuple[float, float]:
  values = json.loads(config, object_hook=ml_collections.ConfigDict)
  draw = kinds.from_config(values, size)
  found = [radius(draw(draws.generator(0, index))[..., 0]) for index in range(_COUNT)]
  low, high = (round(float(end) / size, 4) for end in np.percentile(found, _ENDS))
  return low, high
