"""Generators that take pictures of one side only, some of them one hole only: the Context Encoders.

A picture of another size is brought to that side, its proportions given up, and what the network
paints is brought back; only the hole is taken from it.
"""

from collections.abc import Callable
import functools
from typing import Any

import jax
import numpy as np

from glcic_jax import errors
from glcic_jax import images
from glcic_jax import models


def check_hole(generator: Any, mask: np.ndarray) -> None:
  """Refuses a hole that the generator cannot complete.

  Args:
    generator: of `architectures.build_generator`.
    mask: `[B, H, W, 1]`, 1 = hole.

  Raises:
    errors.InputError: saying which model to use instead.
  """
  hole, side = models.own_hole(generator), models.own_side(generator)
  if hole is None:
    return
  first, last = hole
  for axis in (1, 2):
    length = mask.shape[axis]
    holes = np.flatnonzero(mask.any(axis=tuple(other for other in range(4) if other != axis)))
    if holes.size and not (
      first * length // side <= holes[0] and holes[-1] < -(-last * length // side)
    ):
      raise errors.InputError(
        f'This model completes only the middle of a picture, {last - first} of its {side} pixels '
        'in height '
        'and in width, and the hole reaches beyond it; for a free mask use a random-region Context '
        'Encoder '
        '(configs/context_encoder_random.py) or GLCIC (configs/glcic_places2.py).'
      )


def complete(
  generator: Any,
  variables: Any,
  image: jax.Array,
  mask: jax.Array,
  fill: jax.Array,
  *,
  apply: Callable[[Any, jax.Array, jax.Array], jax.Array] | None = None,
) -> jax.Array:
  """The generator's raw output for pictures of any size; works under `jit`.

  Args:
    generator: of `architectures.build_generator`.
    variables: its `{'params': ..., 'batch_stats': ...}`.
    image: `[B, H, W, 3]` float in its value range; what lies in the hole does not matter.
    mask: `[B, H, W, 1]`, 1 = hole.
    fill: `[3]`, the hole's colour in the value range.
    apply: (variables, filled image, mask) -> raw output; by default the generator's own.

  Returns:
    `[B, H, W, 3]` float.
  """
  side, hole = models.own_side(generator), models.own_hole(generator)
  size, mask = image.shape, mask.astype(image.dtype)
  if side is not None and size[1:3] != (side, side):
    image = images.fill_hole(image, mask, fill)  # or its colours would spread
    image = jax.image.resize(image, (size[0], side, side, 3), 'linear')
    # Every pixel that shares any of the hole belongs to it.
    mask = (jax.image.resize(mask, (size[0], side, side, 1), 'linear') > 1e-6).astype(image.dtype)
  if hole is not None:  # the whole of what it was trained to fill
    first, last = hole
    mask = mask.at[:, first:last, first:last].set(1)
  apply = apply or functools.partial(generator.apply, train=False)
  raw = apply(variables, images.fill_hole(image, mask, fill), mask)
  return raw if raw.shape == size else jax.image.resize(raw, size, 'linear')
