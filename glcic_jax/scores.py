"""How close a completed picture is to the truth, per picture and unreduced.

Contract: pictures `[B, H, W, C]` on the 0..255 scale, of any numeric dtype, masks
`[B, H, W, 1]` with 1 in the hole; every function returns `[B]`. `region` says
where: `'hole'` or `'whole'`. A picture without a hole scores 0 error in the hole.
"""

import jax
import jax.numpy as jnp

PEAK = 255.0


def l1(completed: jax.Array, truth: jax.Array, mask: jax.Array, *, region: str) -> jax.Array:
  """Mean absolute error, as a share of the full scale (0..1)."""
  difference = jnp.abs(_real(completed) - _real(truth)) / PEAK
  return _mean(difference, mask, region)


def l2(completed: jax.Array, truth: jax.Array, mask: jax.Array, *, region: str) -> jax.Array:
  """Mean squared error, as a share of the full scale squared (0..1)."""
  difference = jnp.square((_real(completed) - _real(truth)) / PEAK)
  return _mean(difference, mask, region)


def psnr(completed: jax.Array, truth: jax.Array, mask: jax.Array, *, region: str) -> jax.Array:
  """Peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE); infinite where nothing differs."""
  return -10.0 * jnp.log10(l2(completed, truth, mask, region=region))


def _real(image: jax.Array) -> jax.Array:
  return jnp.asarray(image).astype(jnp.promote_types(image.dtype, jnp.float32))


def _mean(values: jax.Array, mask: jax.Array, region: str) -> jax.Array:
  if region == 'whole':
    return jnp.mean(values, axis=(1, 2, 3))
  if region == 'hole':
    inside = (mask > 0).astype(values.dtype)
    count = jnp.maximum(jnp.sum(inside, axis=(1, 2, 3)) * values.shape[-1], 1)
    return jnp.sum(values * inside, axis=(1, 2, 3)) / count
  raise ValueError(f"region is {region!r}; it is 'hole' or 'whole'.")
