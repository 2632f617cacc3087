"""The losses of both papers, unreduced.

Contract: pictures `[B, H, W, C]` float, weights `[B, H, W, 1]` or `[1, H, W, 1]` (the mask, with 1
in the hole; ones; `overlap_weight`), logits `[B]`. Errors are of each element, everything else is
`[B]`, all in at least float32. Shapes that do not belong together raise ValueError.
"""

import jax
import jax.numpy as jnp


def squared_error(raw: jax.Array, image: jax.Array) -> jax.Array:
  """Of each element: `[B, H, W, C]` (GLCIC equation 2, Context Encoder equation 1)."""
  return jnp.square(_difference(raw, image))


def absolute_error(raw: jax.Array, image: jax.Array) -> jax.Array:
  """Of each element: `[B, H, W, C]`."""
  return jnp.abs(_difference(raw, image))


def _difference(raw: jax.Array, image: jax.Array) -> jax.Array:
  if raw.shape != image.shape or raw.ndim != 4:
    raise ValueError(f'The prediction is {raw.shape}, the truth {image.shape}; give [B, H, W, C].')
  dtype = jnp.promote_types(raw.dtype, jnp.float32)
  return raw.astype(dtype) - image.astype(dtype)


def mean_over_all(error: jax.Array, weight: jax.Array) -> jax.Array:
  """The weighted error, over every element of the picture, hole and known alike: `[B]`.

  So the authors' framework takes || M_c * (C(x, M_c) - x) ||^2, and this decides what the
  adversarial weight 4e-4 weighs: the article does not print the scale of its norm.
  """
  return jnp.mean(_weighted(error, weight), axis=(1, 2, 3))


def mean_over_weight(error: jax.Array, weight: jax.Array) -> jax.Array:
  """The weighted error over the sum of its weights, of a mask: over the hole alone: `[B]`.

  About five times as large as `mean_over_all`.
  """
  total = jnp.sum(_weighted(error, weight), axis=(1, 2, 3))
  return total / (jnp.sum(weight.astype(error.dtype), axis=(1, 2, 3)) * error.shape[-1])


def _weighted(error: jax.Array, weight: jax.Array) -> jax.Array:
  batch, height, width, _ = error.shape
  if weight.shape not in ((batch, height, width, 1), (1, height, width, 1)):
    raise ValueError(
      f'The weight is {weight.shape} and the error {error.shape}; give [B, H, W, 1].'
    )
  return weight.astype(error.dtype) * error


def overlap_weight(side: int, overlap: int, border: float) -> jax.Array:
  """Weights of a patch that overlaps what is known (Context Encoder section 3.2).

  They are `border`, the paper's 10, where `overlap` px of the patch's edge do so, and 1 inside.

  Returns:
    `[1, side, side, 1]` float32.
  """
  inner = jnp.ones((1, side - 2 * overlap, side - 2 * overlap, 1))
  pad = (overlap, overlap)
  return jnp.pad(inner, ((0, 0), pad, pad, (0, 0)), constant_values=border)


def discriminator(real_logits: jax.Array, completed_logits: jax.Array) -> jax.Array:
  """-log D(x) - log(1 - D(C(x))): the binary cross entropy of Algorithm 1, `[B]`."""
  if real_logits.shape != completed_logits.shape or real_logits.ndim != 1:
    raise ValueError(f'Logits are {real_logits.shape} and {completed_logits.shape}; give [B] each.')
  return jax.nn.softplus(-real_logits) + jax.nn.softplus(completed_logits)


def non_saturating(completed_logits: jax.Array) -> jax.Array:
  """-log D(C(x)): what the completion network minimises by default.

  Deviation: the paper's equation 3 has it minimise log(1 - D), which gives almost
  no gradient while D is sure of itself; `saturating` does.
  """
  return jax.nn.softplus(-completed_logits)


def saturating(completed_logits: jax.Array) -> jax.Array:
  """log(1 - D(C(x))): the paper's own game (GLCIC equation 3)."""
  return -jax.nn.softplus(completed_logits)
