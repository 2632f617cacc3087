"""Convolutions on a single CPU device: XLA's gradient by the kernel takes three times as long as
its forward pass.

So that gradient is a matrix product for each tap, and 3x3 convolutions of many channels are
Winograd's throughout (`winograd.py`). `benchmarks/NOTES.md` has the measurements.
"""

import functools

import jax
import jax.numpy as jnp

from glcic_jax.models.convolutions import geometry as geometry_lib
from glcic_jax.models.convolutions import winograd

# From here on matrix products win over XLA's convolutions.
_WINOGRAD_CHANNELS = 128  # of input and output
_PRODUCT_FEATURES = 64


def conv(x: jax.Array, kernel: jax.Array, geometry: geometry_lib.Geometry) -> jax.Array:
  """`geometry.convolve`, by matrix products where they are faster. float32 or float64."""
  if kernel.shape[-1] < _PRODUCT_FEATURES:
    return geometry_lib.convolve(x, kernel, geometry)
  if _is_winograd(x, kernel, geometry):
    return _winograd(x, kernel, geometry.dilation)
  return _with_products(x, kernel, geometry)


def _products_of_taps(x, kernel, gradient, geometry):
  """The gradient by the kernel, a matrix product for each tap."""
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


_with_products = geometry_lib.with_kernel_gradient(_products_of_taps)


def _is_winograd(x: jax.Array, kernel: jax.Array, geometry: geometry_lib.Geometry) -> bool:
  return (
    kernel.shape[:2] == (3, 3)
    and min(kernel.shape[2:]) >= _WINOGRAD_CHANNELS
    and geometry.stride == 1
    and geometry.rows == geometry.columns == (geometry.dilation,) * 2
    and winograd.fits(*x.shape[1:3], geometry.dilation)
  )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _winograd(x: jax.Array, kernel: jax.Array, dilation: int) -> jax.Array:
  return winograd.conv(x, kernel, dilation)


def _winograd_forward(x, kernel, dilation):
  return winograd.conv(x, kernel, dilation), (x, kernel)


def _winograd_backward(dilation, kept, gradient):
  x, kernel = kept
  turned = kernel[::-1, ::-1].swapaxes(2, 3)
  return winograd.conv(gradient, turned, dilation), winograd.kernel_gradient(x, gradient, dilation)


_winograd.defvjp(_winograd_forward, _winograd_backward)
