"""Differentiable augmentation of what the discriminator sees (Zhao et al. 2020).

On few pictures a discriminator learns them by heart. Shown real and completed pictures that are
changed alike, by operations through which the generator's gradient flows, it cannot, and the
generator does not learn the changes. Off by default: neither paper has it.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Augmentation(NamedTuple):
  """How strongly; all 0: not at all."""

  color: float = 0.0  # 1: brightness, saturation and contrast as far as Zhao et al. change them
  translation: float = 0.0  # at most, as a share of the side
  cutout: float = 0.0  # side of the square that is blanked, as a share of the picture's
  value_range: tuple[float, float] = (0.0, 1.0)
  local_size: int = 1  # pixels: views stay inside the picture
  seed: int = 0


def from_config(config: Any, value_range: tuple[float, float]) -> Augmentation:
  """Of a checked config."""
  return Augmentation(
    config.augmentation.color,
    config.augmentation.translation,
    config.augmentation.cutout,
    value_range,
    config.model.local_size,
    config.seed,
  )


def augment(
  pictures: jax.Array, views: jax.Array, step: jax.Array, how: Augmentation, turn: int
) -> tuple[jax.Array, jax.Array]:
  """Changes each picture by its own draw, a function of (seed, step, turn, row).

  Args:
    pictures: `[B, H, W, 3]` float in `how.value_range`.
    views: `[B, 2]` int32, top left corners of the local views; they move with the picture.
    step: `[]` int32.
    how: the strengths.
    turn: which of a step's draws.

  Returns:
    both, changed; what comes in from outside the picture, or is blanked, is mid-grey.
  """
  if not (how.color or how.translation or how.cutout):
    return pictures, views
  key = jax.random.fold_in(jax.random.fold_in(jax.random.key(how.seed), step), turn)
  by_color, by_shift, by_square = jax.random.split(key, 3)
  low, high = how.value_range
  unit = (pictures - low) / (high - low)
  if how.color:
    unit = _recolored(unit, by_color, how.color)
  if how.translation:
    unit, views = _translated(unit, views, by_shift, how)
  if how.cutout:
    unit = _cut_out(unit, by_square, how.cutout)
  return unit * (high - low) + low, views


def _recolored(unit: jax.Array, key: jax.Array, strength: float) -> jax.Array:
  """Brightness, saturation, contrast, in this order."""
  draws = jax.random.uniform(key, (3, len(unit), 1, 1, 1), jnp.float32, -1, 1)
  brightness, saturation, contrast = (strength * draws).astype(unit.dtype)
  unit = unit + brightness / 2
  grey = unit.mean(axis=3, keepdims=True)
  unit = (unit - grey) * (1 + saturation) + grey
  level = unit.mean(axis=(1, 2, 3), keepdims=True)
  return (unit - level) * (1 + contrast / 2) + level


def _translated(
  unit: jax.Array, views: jax.Array, key: jax.Array, how: Augmentation
) -> tuple[jax.Array, jax.Array]:
  """By whole pixels, down and right of where it was."""
  rows, height, width, _ = unit.shape
  reach = round(how.translation * max(height, width))
  shift = jax.random.randint(key, (rows, 2), -reach, reach + 1)
  around = ((0, 0), (reach, reach), (reach, reach), (0, 0))
  padded = jnp.pad(unit, around, constant_values=0.5)

  def moved(picture: jax.Array, by: jax.Array) -> jax.Array:
    return jax.lax.dynamic_slice(picture, (reach - by[0], reach - by[1], 0), unit.shape[1:])

  last = jnp.maximum(jnp.asarray((height, width)) - how.local_size, 0)
  return jax.vmap(moved)(padded, shift), jnp.clip(views + shift, 0, last).astype(views.dtype)


def _cut_out(unit: jax.Array, key: jax.Array, share: float) -> jax.Array:
  """A square about a point of the picture becomes grey; part of it may lie outside."""
  rows, height, width, _ = unit.shape
  half = share * max(height, width) / 2
  centre = jax.random.uniform(key, (2, rows, 1, 1, 1)) * jnp.reshape(
    jnp.asarray([height, width]), (2, 1, 1, 1, 1)
  )
  down = jnp.abs(jnp.arange(height)[:, None, None] + 0.5 - centre[0]) < half
  across = jnp.abs(jnp.arange(width)[None, :, None] + 0.5 - centre[1]) < half
  return jnp.where(down & across, jnp.asarray(0.5, unit.dtype), unit)
