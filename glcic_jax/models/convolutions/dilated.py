"""Dilated convolutions on a GPU, with a gradient by the kernel that cuDNN knows.

Left to automatic differentiation it becomes a convolution by a kernel as large as the picture: XLA
recognises cuDNN's gradient by the kernel only without a dilation (`benchmarks/ahead_of_time.py`).
"""

import jax
import jax.numpy as jnp

from glcic_jax.models.convolutions import geometry as geometry_lib


def conv(x: jax.Array, kernel: jax.Array, geometry: geometry_lib.Geometry) -> jax.Array:
  """`geometry.convolve`, with that gradient where the picture keeps its size and has a dilation."""
  reach = geometry.dilation * (kernel.shape[0] - 1)
  keeps_size = geometry.rows == geometry.columns == (reach // 2, reach // 2) and kernel.shape[0] % 2
  if geometry.dilation > 1 and geometry.stride == 1 and keeps_size:
    return _dilated(x, kernel, geometry)
  return geometry_lib.convolve(x, kernel, geometry)


def _by_kernel(
  x: jax.Array, kernel: jax.Array, gradient: jax.Array, geometry: geometry_lib.Geometry
) -> jax.Array:
  # Pixels a dilation apart see each other only: as pictures of their own they need none.
  pad = (kernel.shape[0] // 2,) * 2
  undilated = geometry_lib.Geometry(1, 1, pad, pad)
  x, gradient = (_apart(array, geometry.dilation) for array in (x, gradient))
  (by_kernel,) = jax.linear_transpose(
    lambda kernel: geometry_lib.convolve(x, kernel, undilated), kernel
  )(gradient)
  return by_kernel


_dilated = geometry_lib.with_kernel_gradient(_by_kernel)


def _apart(x: jax.Array, distance: int) -> jax.Array:
  """`[B, H, W, C]` -> `[B d d, H/d, W/d, C]`: pixels that lie d apart, as pictures; zeros make
  sides whole.
  """
  batch, height, width, channels = x.shape
  rows, columns = (-(-side // distance) for side in (height, width))
  x = jnp.pad(x, ((0, 0), (0, rows * distance - height), (0, columns * distance - width), (0, 0)))
  x = x.reshape(batch, rows, distance, columns, distance, channels).transpose(0, 2, 4, 1, 3, 5)
  return x.reshape(batch * distance**2, rows, columns, channels)
