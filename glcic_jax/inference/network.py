"""A model's generator as a pure function of levels: what `Completer` runs and `export` writes.

    paint = network.function(generator, description)
    raw = paint(variables, image, mask)    # [B, H, W, 3] and [B, H, W, 1] -> [B, H, W, 3]

Levels are numbers on the scale 0..255, whatever the range of the generator's own.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from glcic_jax import images
from glcic_jax.inference import fixed_size
from glcic_jax.model_directory import model_files

# (variables, image, mask) -> raw output.
Paint = Callable[[Mapping[str, Any], jax.Array, jax.Array], jax.Array]


def function(generator: Any, description: model_files.Description) -> Paint:
  """The function; works under `jit`.

  Args:
    generator: of `architectures.build_generator`.
    description: the model's `config.json`.

  Returns:
    of the generator's variables, pictures `[B, H, W, 3]` and masks `[B, H, W, 1]`, 1 = hole: the
    raw output `[B, H, W, 3]`, float32. Both sides are multiples of what the network asks for; a
    generator of one size gets any picture resized.
  """
  low, high = description.value_range

  def paint(variables: Mapping[str, Any], image: jax.Array, mask: jax.Array) -> jax.Array:
    floats = images.to_float(image, description.value_range)
    fill = jnp.asarray(description.mean_color) * (high - low) + low
    raw = fixed_size.complete(generator, variables, floats, mask, fill)
    return jnp.clip((raw - low) * (255 / (high - low)), 0, 255).astype(jnp.float32)

  return paint
