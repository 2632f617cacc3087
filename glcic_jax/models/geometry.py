"""What a convolution is, but for its arrays, and XLA's own way to take one."""

from typing import NamedTuple

import jax

_DIMENSIONS = ('NHWC', 'HWIO', 'NHWC')


class Geometry(NamedTuple):
  """How the taps of a kernel meet the pixels of a picture."""

  stride: int  # pixels of the input between two of the output
  dilation: int  # between two taps of the kernel
  rows: tuple[int, int]  # padding before and after
  columns: tuple[int, int]


def convolve(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
  """`[B, H, W, I]` by `[K, K, I, O]`, as one operation."""
  return jax.lax.conv_general_dilated(
      x, kernel, (geometry.stride,) * 2, (geometry.rows, geometry.columns),
      rhs_dilation=(geometry.dilation,) * 2, dimension_numbers=_DIMENSIONS)
