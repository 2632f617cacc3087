"""A model's generator as a pure function of levels: what `Completer` runs and `export` writes.

    paint = network.function(generator, description)
    raw = paint(variables, image, mask)    # [B, H, W, 3] and [B, H, W, 1] -> [B, H, W, 3]

Levels are numbers on the scale 0..255, whatever the range of the generator's own. Context Encoders
take pictures of one side only, some of them one hole only: any other picture is brought to that
side, its proportions given up, and what they paint is brought back.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from glcic_jax import errors
from glcic_jax import images
from glcic_jax.model_directory import model_files

# (variables, image, mask) -> raw output.
Paint = Callable[[Mapping[str, Any], jax.Array, jax.Array], jax.Array]


def side(generator: Any) -> int | None:
  """The only side of a picture, in pixels, that a generator takes; None if it takes any."""
  return getattr(generator, 'image_size', None)


def hole(generator: Any) -> tuple[int, int] | None:
  """First and last + 1 row, and column, of the only hole that a generator completes, or None."""
  return getattr(generator, 'hole', None)


def check_hole(generator: Any, mask: np.ndarray) -> None:
  """Refuses a hole `[H, W]` bool that the generator cannot complete.

  Raises:
    errors.InputError: saying which model to use instead.
  """
  only_hole, only_side = hole(generator), side(generator)
  if only_hole is None or only_side is None:
    return
  first, last = only_hole
  for axis, length in enumerate(mask.shape):
    holes = np.flatnonzero(mask.any(axis=1 - axis))
    if holes.size and not (
      first * length // only_side <= holes[0] and holes[-1] < -(-last * length // only_side)
    ):
      raise errors.InputError(
        f'This model completes only the middle of a picture, {last - first} of its {only_side} '
        'pixels in height and in width, and the hole reaches beyond it; for a free mask use a '
        'random-region Context Encoder (configs/context_encoder_random.py) or GLCIC '
        '(configs/glcic_places2.py).'
      )


def function(generator: Any, description: model_files.Description) -> Paint:
  """The generator of `architectures.build_generator` as a function that works under `jit`.

  Returns:
    of its variables, pictures `[B, H, W, 3]` and masks `[B, H, W, 1]`, 1 = hole: the raw output
    `[B, H, W, 3]` float32. Sides are any multiples of what the network asks for.
  """
  low, high = description.value_range

  def paint(variables: Mapping[str, Any], image: jax.Array, mask: jax.Array) -> jax.Array:
    floats = images.to_float(image, description.value_range)
    fill = jnp.asarray(description.mean_color) * (high - low) + low
    raw = complete(generator, variables, floats, mask, fill)
    return jnp.clip((raw - low) * (255 / (high - low)), 0, 255).astype(jnp.float32)

  return paint


def complete(
  generator: Any, variables: Mapping[str, Any], image: jax.Array, mask: jax.Array, fill: jax.Array
) -> jax.Array:
  """The generator's raw output for pictures of any size: `[B, H, W, 3]` float.

  Args:
    generator: of `architectures.build_generator`.
    variables: its `{'params': ..., 'batch_stats': ...}`.
    image: `[B, H, W, 3]` float in its value range; what lies in the hole does not matter.
    mask: `[B, H, W, 1]`, 1 = hole.
    fill: `[3]`, the hole's colour in the value range.
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
    mask = mask.at[:, slice(*only_hole), slice(*only_hole)].set(1)
  raw = generator.apply(variables, images.fill_hole(image, mask, fill), mask, train=False)
  return raw if raw.shape == size else jax.image.resize(raw, size, 'linear')
