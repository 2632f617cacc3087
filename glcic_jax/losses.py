"""The losses of both papers, per picture and unreduced over the batch.

Contract: pictures `[B, H, W, C]` float, masks `[B, H, W, 1]` with 1 in the hole,
logits `[B]`; every function returns `[B]` in at least float32.
"""

import jax
import jax.numpy as jnp


def masked_squared_error(
  raw: jax.Array, image: jax.Array, mask: jax.Array, *, mean_over: str = 'all'
) -> jax.Array:
  """|| M_c * (C(x, M_c) - x) ||^2 (GLCIC equation 2), as a mean.

  The article does not print the scale of the norm, which decides what the
  adversarial weight 4e-4 weighs. `all` averages over every element of the masked
  difference, hole and known alike, as the authors' framework does; `hole`
  averages over the hole alone, about five times larger.

  Raises:
    ValueError: if `mean_over` is neither.
  """
  return weighted_error(raw, image, mask, mean_over=mean_over)


def weighted_error(
  raw: jax.Array, image: jax.Array, weight: jax.Array, *, norm: str = 'l2', mean_over: str = 'all'
) -> jax.Array:
  """The mean of each element's error times its weight.

  Args:
    raw: the prediction.
    image: the truth.
    weight: `[B, H, W, 1]`, or `[1, H, W, 1]` for all pictures alike: the mask; ones;
      `overlap_weight`.
    norm: `l2`, the squared difference, or `l1`, the absolute one.
    mean_over: `all` divides by the number of elements, `hole` by the sum of their weights.

  Raises:
    ValueError: if `mean_over` is neither.
  """
  weight = weight.astype(jnp.promote_types(raw.dtype, jnp.float32))
  error = weight * NORMS[norm](raw.astype(weight.dtype) - image.astype(weight.dtype))
  if mean_over == 'all':
    return jnp.mean(error, axis=(1, 2, 3))
  if mean_over == 'hole':
    return jnp.sum(error, axis=(1, 2, 3)) / (jnp.sum(weight, axis=(1, 2, 3)) * raw.shape[-1])
  raise ValueError(f"mean_over is {mean_over!r}; it is 'all' or 'hole'.")


NORMS = {'l2': jnp.square, 'l1': jnp.abs}


def overlap_weight(side: int, overlap: int, border: float) -> jax.Array:
  """The centre variant's weights: `border` where its patch overlaps what is known, 1 inside (CE
  section 3.2).

  Args:
    side: of the patch in pixels.
    overlap: width of the border in pixels; 0: none.
    border: the paper's 10.

  Returns:
    `[1, side, side, 1]` float32.
  """
  inner = jnp.ones((1, side - 2 * overlap, side - 2 * overlap, 1))
  pad = (overlap, overlap)
  return jnp.pad(inner, ((0, 0), pad, pad, (0, 0)), constant_values=border)


def discriminator(real_logits: jax.Array, completed_logits: jax.Array) -> jax.Array:
  """-log D(x) - log(1 - D(C(x))): the binary cross entropy of Algorithm 1."""
  return jax.nn.softplus(-real_logits) + jax.nn.softplus(completed_logits)


def non_saturating(completed_logits: jax.Array) -> jax.Array:
  """-log D(C(x)): what the completion network minimises by default.

  Deviation: the paper's equation 3 has it minimise log(1 - D), which gives almost
  no gradient while D is sure of itself; `saturating` is that form.
  """
  return jax.nn.softplus(-completed_logits)


def saturating(completed_logits: jax.Array) -> jax.Array:
  """log(1 - D(C(x))): the paper's own game (GLCIC equation 3)."""
  return -jax.nn.softplus(completed_logits)


ADVERSARIAL_FORMS = {'non_saturating': non_saturating, 'saturating': saturating}
