"""Convolutions on a GPU: whole, and in the forms that XLA knows as one of cuDNN's three calls.

Those are a convolution, its gradient by the input and its gradient by the kernel. Left to automatic
differentiation, the kernel's gradient of a dilated convolution becomes a convolution by a kernel as large as
the picture; and four small convolutions for a transposed one would each copy its input.
`benchmarks/ahead_of_time.py` shows what XLA makes of them.
"""

import functools

import jax
import jax.numpy as jnp

from glcic_jax.models import geometry as geometry_lib


def conv(x: jax.Array, kernel: jax.Array, geometry: geometry_lib.Geometry) -> jax.Array:
  """`geometry.convolve`; the kernel's gradient of a dilated convolution is taken without dilation."""
  reach = geometry.dilation * (kernel.shape[0] - 1)
  keeps_size = geometry.rows == geometry.columns == (reach // 2, reach // 2) and kernel.shape[0] % 2
  if geometry.dilation > 1 and geometry.stride == 1 and keeps_size:
    return _dilated(x, kernel, geometry)
  return geometry_lib.convolve(x, kernel, geometry)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _dilated(x: jax.Array, kernel: jax.Array, geometry: geometry_lib.Geometry) -> jax.Array:
  return geometry_lib.convolve(x, kernel, geometry)


def _dilated_forward(x, kernel, geometry):
  return geometry_lib.convolve(x, kernel, geometry), (x, kernel)


def _dilated_backward(geometry, kept, gradient):
  x, kernel = kept
  by_x, = jax.linear_transpose(lambda x: geometry_lib.convolve(x, kernel, geometry), x)(gradient)
  # Pixels a dilation apart see each other only: as pictures of their own they are convolved without one.
  pad = (kernel.shape[0] // 2,) * 2
  undilated = geometry_lib.Geometry(1, 1, pad, pad)
  x, gradient = (_apart(array, geometry.dilation) for array in (x, gradient))
  by_kernel, = jax.linear_transpose(lambda kernel: geometry_lib.convolve(x, kernel, undilated), kernel)(gradient)
  return by_x, by_kernel


_dilated.defvjp(_dilated_forward, _dilated_backward)


def _apart(x: jax.Array, distance: int) -> jax.Array:
  """`[B, H, W, C]` -> `[B d d, H/d, W/d, C]`: pixels that lie d apart, as pictures; zeros make sides whole."""
  batch, height, width, channels = x.shape
  rows, columns = (-(-side // distance) for side in (height, width))
  x = jnp.pad(x, ((0, 0), (0, rows * distance - height), (0, columns * distance - width), (0, 0)))
  x = x.reshape(batch, rows, distance, columns, distance, channels).transpose(0, 2, 4, 1, 3, 5)
  return x.reshape(batch * distance**2, rows, columns, channels)


@jax.custom_vjp
def up_conv(x: jax.Array, kernel: jax.Array) -> jax.Array:
  """`convolution.up_conv` as what it is: the gradient, by its input, of a convolution of stride 2."""
  odd = kernel.shape[0] % 2
  batch, height, width, _ = x.shape
  up = jax.ShapeDtypeStruct((batch, 2 * height - odd, 2 * width - odd, kernel.shape[3]), x.dtype)
  turned = _turned(kernel)
  return jax.linear_transpose(lambda up: _down(up, turned), up)(x)[0]


def _up_conv_forward(x, kernel):
  return up_conv(x, kernel), (x, kernel)


def _up_conv_backward(kept, gradient):
  x, kernel = kept
  turned = _turned(kernel)
  by_turned, = jax.linear_transpose(lambda turned: _down(gradient, turned), turned)(x)
  return _down(gradient, turned), _turned(by_turned)


up_conv.defvjp(_up_conv_forward, _up_conv_backward)


def _down(y: jax.Array, kernel: jax.Array) -> jax.Array:
  """`[B, 2H, 2W, O]` by `[4, 4, O, I]` -> `[B, H, W, I]`; from 2H - 1 and 2W - 1 by 5x5."""
  pad = (1 + kernel.shape[0] % 2,) * 2
  return geometry_lib.convolve(y, kernel, geometry_lib.Geometry(2, 1, pad, pad))


def _turned(kernel: jax.Array) -> jax.Array:
  return kernel[::-1, ::-1].swapaxes(2, 3)
