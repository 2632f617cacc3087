"""The losses of both papers, per picture and unreduced over the batch.

Contract: pictures `[B, H, W, C]` float, masks `[B, H, W, 1]` with 1 in the hole,
logits `[B]`; every function returns `[B]` in at least float32.
"""

import jax
import jax.numpy as jnp


def masked_squared_error(raw: jax.Array, image: jax.Array, mask: jax.Array, *,
                         mean_over: str = 'all') -> jax.Array:
  """|| M_c * (C(x, M_c) - x) ||^2 (GLCIC equation 2), as a mean.

  The article does not print the scale of the norm, which decides what the
  adversarial weight 4e-4 weighs. `all` averages over every element of the masked
  difference, hole and known alike, as the authors' framework does; `hole`
  averages over the hole alone, about five times larger.

  Raises:
    ValueError: if `mean_over` is neither.
  """
  weight = mask.astype(jnp.promote_types(raw.dtype, jnp.float32))
  squared = weight * jnp.square(raw.astype(weight.dtype) - image.astype(weight.dtype))
  if mean_over == 'all':
    return jnp.mean(squared, axis=(1, 2, 3))
  if mean_over == 'hole':
    return jnp.sum(squared, axis=(1, 2, 3)) / (jnp.sum(weight, axis=(1, 2, 3)) * raw.shape[-1])
  raise ValueError(f"mean_over is {mean_over!r}; it is 'all' or 'hole'.")


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
