"""What a convolution is, and XLA's way to take one: whole, or all but the kernel's gradient."""

from collections.abc import Callable
import functools
from typing import NamedTuple

import jax

_DIMENSIONS = ('NHWC', 'HWIO', 'NHWC')


class Geometry(NamedTuple):
  """How the taps of a kernel meet the pixels of a picture."""

  stride: int  # pixels of the input between two of the output
  dilation: int  # between two taps of the kernel
  rows: tuple[int, int]  # padding before and after
  columns: tuple[int, int]


Convolution = Callable[[jax.Array, jax.Array, Geometry], jax.Array]  # as `convolve`
# Input, kernel, gradient by the output, geometry -> gradient by the kernel.
KernelGradient = Callable[[jax.Array, jax.Array, jax.Array, Geometry], jax.Array]


def convolve(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
  """`[B, H, W, I]` by `[K, K, I, O]`, as one operation."""
  return jax.lax.conv_general_dilated(
    x,
    kernel,
    (geometry.stride,) * 2,
    (geometry.rows, geometry.columns),
    rhs_dilation=(geometry.dilation,) * 2,
    dimension_numbers=_DIMENSIONS,
  )


def with_kernel_gradient(by_kernel: KernelGradient) -> Convolution:
  """`convolve` with this gradient by the kernel in place of XLA's."""

  @functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
  def convolution(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    return convolve(x, kernel, geometry)

  def forward(
    x: jax.Array, kernel: jax.Array, geometry: Geometry
  ) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return convolve(x, kernel, geometry), (x, kernel)

  def backward(
    geometry: Geometry, kept: tuple[jax.Array, jax.Array], gradient: jax.Array
  ) -> tuple[jax.Array, jax.Array]:
    x, kernel = kept
    (by_x,) = jax.linear_transpose(lambda x: convolve(x, kernel, geometry), x)(gradient)
    return by_x, by_kernel(x, kernel, gradient, geometry)

  convolution.defvjp(forward, backward)
  return convolution
