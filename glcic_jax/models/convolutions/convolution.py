"""Convolutions as functions: `[B, H, W, I]` by `[K, K, I, O]`, in the form that is fast where they
run.

A form is another way to compute the same numbers: see `cpu_convolution.py`, `small_convolution.py`,
`transposed_convolution.py` and `dilated_convolution.py`. Several CPU devices only rehearse others,
and are left alone.
"""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import contextvars
from typing import Any

import jax
import jax.numpy as jnp

from glcic_jax.models.convolutions import dilated
from glcic_jax.models.convolutions import geometry as geometry_lib
from glcic_jax.models.convolutions import patches
from glcic_jax.models.convolutions import taps
from glcic_jax.models.convolutions import transposed

_platform = contextvars.ContextVar('_platform', default=None)  # None: where this process computes


@contextlib.contextmanager
def compiled_for(platform: str) -> Iterator[None]:
  """Within, convolutions are traced in the form for 'cpu', 'gpu' or 'tpu', wherever that is
  done; '': as defined.
  """
  token = _platform.set(platform)
  try:
    yield
  finally:
    _platform.reset(token)


def as_defined() -> contextlib.AbstractContextManager[None]:
  """Within, a convolution is traced as one operation, whatever it will run on: for counting and
  measuring.
  """
  return compiled_for('')


def defined(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
  """The function, traced `as_defined`."""

  def as_it_is(*arguments: Any) -> jax.Array:
    with as_defined():
      return function(*arguments)

  return as_it_is


def conv(
  x: jax.Array, kernel: jax.Array, stride: int = 1, dilation: int = 1, padding: int | None = None
) -> jax.Array:
  """A convolution with symmetric zero padding.

  Args:
    x: `[B, H, W, I]`.
    kernel: `[K, K, I, O]`.
    stride: how many pixels of `x` lie between two of the output.
    dilation: how many between two taps of the kernel.
    padding: pixels on each side; None: dilation * (K - 1) / 2, rounded down.
  """
  if _where() and padding is None and patches.is_small(x, stride):
    return patches.conv(x, kernel, stride, dilation)
  pad = dilation * (kernel.shape[0] - 1) // 2 if padding is None else padding
  return _conv(x, kernel, geometry_lib.Geometry(stride, dilation, (pad, pad), (pad, pad)))


def up_conv(x: jax.Array, kernel: jax.Array) -> jax.Array:
  """`[B, H, W, I]` by `[4, 4, I, O]` -> `[B, 2H, 2W, O]`; by 5x5, 2H - 1 and 2W - 1; see
  `layers.UpConv`.
  """
  if _where() in ('gpu', 'tpu') and _is_fixed(x):
    return transposed.conv(x, kernel)
  odd = kernel.shape[0] % 2

  def pad(offset: int) -> tuple[int, int]:
    return 1 - offset, max(odd, offset)

  def phase(row: int, column: int) -> jax.Array:
    return _conv(x, kernel[row::2, column::2], geometry_lib.Geometry(1, 1, pad(row), pad(column)))

  rows = [jnp.stack([phase(row, 0), phase(row, 1)], axis=3) for row in (0, 1)]
  batch, height, width, _ = x.shape
  y = jnp.stack(rows, axis=2).reshape(batch, 2 * height, 2 * width, kernel.shape[-1])
  return y[:, : 2 * height - odd, : 2 * width - odd]


def _conv(x: jax.Array, kernel: jax.Array, geometry: geometry_lib.Geometry) -> jax.Array:
  if _where() == 'gpu' and _is_fixed(x):
    return dilated.conv(x, kernel, geometry)
  # On several devices a gradient would be summed over them tap by tap. bfloat16 is no type of a
  # CPU.
  if (
    _where() == 'cpu'
    and jax.device_count() == 1
    and x.dtype in (jnp.float32, jnp.float64)
    and _is_fixed(x)
  ):
    return taps.conv(x, kernel, geometry)
  return geometry_lib.convolve(x, kernel, geometry)


def _where() -> str:
  platform = _platform.get()
  return jax.default_backend() if platform is None else platform


def _is_fixed(x: jax.Array) -> bool:
  """While a program for any size is exported, sides are symbols: the plain forms serve them all."""
  return all(isinstance(side, int) for side in x.shape)
