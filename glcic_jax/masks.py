"""Holes, drawn in NumPy by (seed, index), and the local views around them.

The same functions serve the tf.data pipeline, the evaluation and the preview, so
that all of them draw the same holes. A mask is `[H, W, 1]` uint8, 1 = to be
completed. Nothing here keeps state: hole `index` of `seed` is always the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from glcic_jax import errors

# Independent streams of one (seed, index).
COMPLETION = 0  # M_c, the hole that is completed
REAL = 1  # M_d, which only places the local view of the real picture
VALIDATION_COMPLETION, VALIDATION_REAL = 2, 3  # the same two, of held-back pictures


def generator(seed: int, index: int, stream: int = COMPLETION) -> np.random.Generator:
  """The random generator of one sample: a function of its arguments alone."""
  return np.random.default_rng((seed, index, stream))


def rectangle(rng: np.random.Generator, size: int, side: tuple[int, int]) -> np.ndarray:
  """One rectangle, its height and width drawn independently (GLCIC section 3.4).

  Args:
    rng: see `generator`.
    size: side of the square picture in pixels.
    side: lowest and highest side of the hole in pixels, both included.

  Returns:
    `[size, size, 1]` uint8; the hole lies inside the picture, every place equally likely.
  """
  height, width = rng.integers(side[0], side[1], endpoint=True, size=2)
  top = rng.integers(0, size - height, endpoint=True)
  left = rng.integers(0, size - width, endpoint=True)
  mask = np.zeros((size, size, 1), np.uint8)
  mask[top:top + height, left:left + width] = 1
  return mask


KINDS = ('rectangle',)


def from_config(config: Any, size: int) -> Callable[[np.random.Generator], np.ndarray]:
  """The function that draws one hole of `config.mask` on a picture of side `size`.

  Raises:
    errors.InputError: on an unknown kind, or sides that do not fit the picture.
  """
  if config.kind not in KINDS:
    raise errors.InputError(f'mask.kind is {config.kind!r}; the kinds are {", ".join(KINDS)}.')
  low, high = config.side
  if not 1 <= low <= high <= size:
    raise errors.InputError(
        f'mask.side is {low} to {high}; give a range within 1 to {size}, the image size.')
  return lambda rng: rectangle(rng, size, (low, high))


def view_corner(mask: np.ndarray, view_size: int) -> np.ndarray:
  """Where the local view lies: centred on the hole, kept inside the picture (GLCIC section 3.3).

  Args:
    mask: `[H, W, 1]` with at least one hole pixel.
    view_size: side of the view, at most H and W.

  Returns:
    `[2]` int32, the view's top-left corner (y, x).
  """
  corner = []
  for axis, length in enumerate(mask.shape[:2]):
    holes = np.flatnonzero(mask.any(axis=(1 - axis, 2)))
    centre = (holes[0] + holes[-1] + 1) / 2
    corner.append(int(np.clip(round(centre - view_size / 2), 0, length - view_size)))
  return np.asarray(corner, np.int32)
