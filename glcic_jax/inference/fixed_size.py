"""Generators that take pictures of one side only, some of them one hole only: the Context Encoders.

A picture of another size is brought to that side, its proportions given up, and what the network
paints is brought back; only the hole is taken from it.
"""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from glcic_jax import errors
from glcic_jax import images


def side(generator: Any) -> int | None:
  """The only side of a picture, in pixels, that a generator takes; None if it takes any."""
  return getattr(generator, 'image_size', None)


def hole(generator: Any) -> tuple[int, int] | None:
  """First and last + 1 row (and column) of the only hole that a generator completes; None if it
  takes any.
  """
  return getattr(generator, 'hole', None)


def check_hole(generator: Any, mask: np.ndarray) -> None:
  """Refuses a hole that the generator cannot complete.

  Args:
    generator: of `architectures.build_generator`.
    mask: `[B, H, W, 1]`, 1 = hole.

  Raises:
    errors.InputError: saying which model to use instead.
  """
  only_hole, only_side = hole(generator), side(generator)
  if only_hole is None or only_side is None:
    return
  first, last = only_hole
  for axis in (1, 2):
    length = mask.shape[axis]
    holes = np.flatnonzero(mask.any(axis=tuple(other for other in range(4) if other != axis)))
    if holes.size and not (
      first * length // only_side <= holes[0] and holes[-1] < -(-last * length // only_side)
    ):
      raise errors.InputError(
        f'This model completes only the middle of a picture, {last - first} of its {only_side} '
        'pixels in height and in width, and the hole reaches beyond it; for a free mask use a '
        'random-region Context Encoder (configs/context_encoder_random.py) or GLCIC '
        '(configs/glcic_places2.py).'
      )


def complete(
  generator: Any, variables: Mapping[str, Any], image: jax.Array, mask: jax.Array, fill: jax.Array
) -> jax.Array:
  """The generator's raw output for pictures of any size; works under `jit`.

  Args:
    generator: of `architectures.build_generator`.
    variables: its `{'params': ..., 'batch_stats': ...}`.
    image: `[B, H, W, 3]` float in its value range; what lies in the hole does not matter.
    mask: `[B, H, W, 1]`, 1 = hole.
    fill: `[3]`, the hole's colour in the value range.

  Returns:
    `[B, H, W, 3]` float.
  """
  only_side, only_hole = side(generator), hole(generator)
  size, mask = image.shape, mask.astype(image.dtype)
  if only_side is not None and size[1:3] != (only_side, only_side):
    image = images.fill_hole(image, mask, fill)  # or its colours would spread
    small = size[0], only_side, only_side
    image = jax.image.resize(image, (*small, 3), 'linear')
    # Every pixel that shares any of the hole belongs to it.
    mask = (jax.image.resize(mask, (*small, 1), 'linear') > 1e-6).astype(image.dtype)
  if only_hole is not None:  # the whole of what it was trained to fill
    first, last = only_hole
    mask = mask.at[:, first:last, first:last].set(1)
  raw = generator.apply(variables, images.fill_hole(image, mask, fill), mask, train=False)
  return raw if raw.shape == size else jax.image.resize(raw, size, 'linear')
