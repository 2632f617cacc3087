"""Strided convolutions with small outputs, as one matrix product of all patches.

XLA's gradients of such a convolution are slow on a CPU; for a GPU it exchanges picture and kernel,
and the gradients multiply three times as many numbers (`benchmarks/NOTES.md`).
"""

import jax
import jax.numpy as jnp
import numpy as np


def is_small(x: jax.Array, stride: int) -> bool:
  """Whether a strided convolution of `[B, H, W, I]` has at most 4x4 outputs."""
  return stride > 1 and max(x.shape[1:3]) <= 4 * stride


def conv(x: jax.Array, kernel: jax.Array, stride: int, dilation: int) -> jax.Array:
  """`convolutions.conv`, its patches cut out by products with matrices of zeros and ones.

  They are exact at the highest precision; 25 slices would take far longer to compile.
  """
  side, _, inputs, features = kernel.shape
  rows, columns = (_selection(length, side, stride, dilation, x.dtype) for length in x.shape[1:3])
  exact = jax.lax.Precision.HIGHEST
  patches = jnp.einsum('pih,bhwc->bpiwc', rows, x, precision=exact)
  patches = jnp.einsum('qjw,bpiwc->bpqijc', columns, patches, precision=exact)
  flat = patches.reshape(*patches.shape[:3], side * side * inputs)
  return flat @ kernel.reshape(side * side * inputs, features)


def _selection(length: int, side: int, stride: int, dilation: int, dtype: jnp.dtype) -> np.ndarray:
  """`[out, side, length]`: 1 where tap `side` of output `out` sees pixel `length`; 0 in the
  padding.
  """
  pad = dilation * (side - 1) // 2
  out = (length + 2 * pad - dilation * (side - 1) - 1) // stride + 1
  seen = np.arange(out)[:, None] * stride + np.arange(side) * dilation - pad
  return (seen[..., None] == np.arange(length)).astype(dtype)
