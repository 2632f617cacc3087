"""Batch normalisation in training and the activation after it, in as few readings as can be.

On an accelerator both are a matter of memory: activations come and go, little is computed.
Automatic differentiation reads a layer twice for its statistics, makes six readings of it and its
gradient on the way back, and in places writes what it masked; here it is one and four. The gradient
is that of Ioffe and Szegedy (2015), section 3, both its sums taken in one pass, with the
activation's inside it.

How it is written matters to XLA's fusions, on a GPU above all (`benchmarks/NOTES.md`): activations
keep their shape throughout, groups are told apart only after each picture's sum, and what is a
number for a channel is computed once.
"""

import functools

from flax import linen as nn
import jax
import jax.numpy as jnp


def leaky(x: jax.Array, leak: float) -> jax.Array:
  """`x`, and `leak * x` where it is negative: 1 leaves all as it is, 0 is a ReLU."""
  if leak == 1:
    return x
  return nn.relu(x) if leak == 0 else nn.leaky_relu(x, leak)


# What the backward pass needs: x, scale, bias, mean, variance.
_Kept = tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]


@functools.partial(jax.custom_vjp, nondiff_argnums=(3, 4, 5))
def normalise(
  x: jax.Array, scale: jax.Array, bias: jax.Array, groups: int, epsilon: float, leak: float
) -> tuple[jax.Array, jax.Array, jax.Array]:
  """Normalises each group of `[B, ..., C]`, any float, by its own statistics.

  Rows i, i + groups, i + 2 groups ... are one batch; `epsilon` is added to the variance, and
  `leaky` comes last.

  Returns:
    the result, of the shape and dtype of `x`; mean and biased variance, `[groups, C]` in at least
    float32, through which no gradient flows.
  """
  return _forward(x, scale, bias, groups, epsilon, leak)[0]


def _forward(
  x: jax.Array, scale: jax.Array, bias: jax.Array, groups: int, epsilon: float, leak: float
) -> tuple[tuple[jax.Array, jax.Array, jax.Array], _Kept]:
  mean, variance = _statistics(x, groups)
  centre, factor = _for_rows(x, mean, scale * jax.lax.rsqrt(variance + epsilon))
  normal = leaky((_wide(x) - centre) * factor + bias, leak)
  return (normal.astype(x.dtype), mean, variance), (x, scale, bias, mean, variance)


def _statistics(x: jax.Array, groups: int) -> tuple[jax.Array, jax.Array]:
  """Mean and variance, `[groups, C]`, from one reading of `x`.

  E[x^2] - E[x]^2 would lose everything at a large mean. So distances are taken not from 0 but from
  a point near the mean: that of every picture's first row of pixels.
  """
  wide = _wide(x)
  point = _mean(wide[:, :1], groups)
  distance = wide - _for_rows(x, point)[0]
  mean = _mean(distance, groups)
  variance = jnp.maximum(_mean(jnp.square(distance), groups) - jnp.square(mean), 0)
  return point + mean, variance


def _backward(
  groups: int,
  epsilon: float,
  leak: float,
  kept: _Kept,
  gradients: tuple[jax.Array, jax.Array, jax.Array],
) -> tuple[jax.Array, jax.Array, jax.Array]:
  x, scale, bias, mean, variance = kept
  inverse = jax.lax.rsqrt(variance + epsilon)
  centre, factor = _for_rows(x, mean, scale * inverse)
  centred, gradient = _wide(x) - centre, _wide(gradients[0])
  if leak != 1:
    gradient = jnp.where(centred * factor + bias > 0, gradient, leak * gradient if leak else 0)
  by_bias, by_scale = _mean(gradient, groups), _mean(gradient * centred, groups) * inverse
  factor, slope, offset = _for_rows(
    x, scale * inverse, scale * inverse**2 * by_scale, scale * inverse * by_bias
  )
  by_x = factor * gradient - slope * centred - offset
  count = x.size // mean.size
  by_scale, by_bias = count * by_scale.sum(0), count * by_bias.sum(0)
  return by_x.astype(x.dtype), by_scale.astype(scale.dtype), by_bias.astype(bias.dtype)


normalise.defvjp(_forward, _backward)


def _wide(x: jax.Array) -> jax.Array:
  return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def _mean(x: jax.Array, groups: int) -> jax.Array:
  """Of each group, `[groups, C]`."""
  if groups == 1:
    return jnp.mean(x, axis=range(x.ndim - 1))[None]
  by_picture = jnp.mean(x, axis=range(1, x.ndim - 1))
  return by_picture.reshape(-1, groups, x.shape[-1]).mean(0)


def _for_rows(x: jax.Array, *statistics: jax.Array) -> list[jax.Array]:
  """Each `[groups, C]` as `[B or 1, 1, ..., C]`, of which a compiler computes nothing anew for
  each pixel.
  """
  rows = len(x) if len(statistics[0]) > 1 else 1
  between = range(1, x.ndim - 1)
  return jax.lax.optimization_barrier(
    [
      jnp.expand_dims(jnp.tile(statistic, (rows // len(statistic), 1)), between)
      for statistic in statistics
    ]
  )
