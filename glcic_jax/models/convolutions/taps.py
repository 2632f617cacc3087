"""Convolutions on a single CPU device: the gradient by the kernel as a matrix product for each tap.

XLA's own takes three times as long as the forward pass. `benchmarks/NOTES.md` has the measurements.
"""

import jax
import jax.numpy as jnp

from glcic_jax.models.convolutions import geometry as geometry_lib

_FEATURES = 64  # of the output: from here on products are faster


def conv(x: jax.Array, kernel: jax.Array, geometry: geometry_lib.Geometry) -> jax.Array:
  """`geometry.convolve`, with that gradient where it is faster. float32 or float64."""
  if kernel.shape[-1] < _FEATURES:
    return geometry_lib.convolve(x, kernel, geometry)
  return _with_products(x, kernel, geometry)


def _by_kernel(
  x: jax.Array, kernel: jax.Array, gradient: jax.Array, geometry: geometry_lib.Geometry
) -> jax.Array:
  batch, height, width, features = gradient.shape
  inputs, stride, dilation = x.shape[-1], geometry.stride, geometry.dilation
  padded = jnp.pad(x, ((0, 0), geometry.rows, geometry.columns, (0, 0)))
  # Transposed once for all taps: else each product does it again.
  flat = jax.lax.optimization_barrier(gradient.reshape(-1, features).T)

  def product(row: int, column: int) -> jax.Array:
    top, left = dilation * row, dilation * column
    bottom, right = top + stride * (height - 1) + 1, left + stride * (width - 1) + 1
    seen = jax.lax.slice(
      padded, (0, top, left, 0), (batch, bottom, right, inputs), (1, stride, stride, 1)
    )
    return flat @ seen.reshape(-1, inputs)

  products = [
    jnp.stack([product(row, column) for column in range(kernel.shape[1])])
    for row in range(kernel.shape[0])
  ]
  return jnp.stack(products).swapaxes(2, 3)


_with_products = geometry_lib.with_kernel_gradient(_by_kernel)
