"""The transposed convolution of stride 2 as four small convolutions, one for each pixel modulo 2.

Each sees its own 2x2 of the 4x4 taps. XLA's gradient by the kernel of a transposed convolution is
five times slower on a CPU.
"""

import jax
import jax.numpy as jnp

from glcic_jax.models.convolutions import geometry as geometry_lib


def conv(x: jax.Array, kernel: jax.Array, convolve: geometry_lib.Convolution) -> jax.Array:
  """`convolutions.up_conv`, the small ones by `convolve`."""
  odd = kernel.shape[0] % 2

  def pad(offset: int) -> tuple[int, int]:
    return 1 - offset, max(odd, offset)

  def phase(row: int, column: int) -> jax.Array:
    geometry = geometry_lib.Geometry(1, 1, pad(row), pad(column))
    return convolve(x, kernel[row::2, column::2], geometry)

  rows = [jnp.stack([phase(row, 0), phase(row, 1)], axis=3) for row in (0, 1)]
  batch, height, width, _ = x.shape
  y = jnp.stack(rows, axis=2).reshape(batch, 2 * height, 2 * width, kernel.shape[-1])
  return y[:, : 2 * height - odd, : 2 * width - odd]
