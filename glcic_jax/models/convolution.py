"""Convolutions as functions: `[B, H, W, I]` by `[K, K, I, O]`, in the form that is fast where they run.

An accelerator's libraries are left alone. On a CPU, XLA's gradient by the kernel takes three times as long as its
forward pass. So there, on a single device, that gradient is a matrix product for each tap, and 3x3 convolutions
of many channels are Winograd's throughout (`winograd.py`). `benchmarks/NOTES.md` has the measurements.
"""

from collections.abc import Callable, Iterator
import contextlib
import contextvars
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from glcic_jax.models import winograd

_DIMENSIONS = ('NHWC', 'HWIO', 'NHWC')
# From here on matrix products win over XLA's convolutions on the CPU.
_WINOGRAD_CHANNELS = 128  # of input and output
_PRODUCT_FEATURES = 64

_as_defined = contextvars.ContextVar('_as_defined', default=False)


class _Geometry(NamedTuple):
  """What a convolution is, but for its arrays."""

  stride: int
  dilation: int
  rows: tuple[int, int]  # padding before and after
  columns: tuple[int, int]


@contextlib.contextmanager
def as_defined() -> Iterator[None]:
  """Within, a convolution is traced as one operation, whatever it will run on: for counting and measuring."""
  token = _as_defined.set(True)
  try:
    yield
  finally:
    _as_defined.reset(token)


def defined(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
  """The function, traced `as_defined`."""
  def as_it_is(*arguments: Any) -> jax.Array:
    with as_defined():
      return function(*arguments)
  return as_it_is


def conv(x: jax.Array, kernel: jax.Array, stride: int = 1, dilation: int = 1,
         padding: int | None = None) -> jax.Array:
  """A convolution with symmetric zero padding.

  Args:
    x: `[B, H, W, I]`.
    kernel: `[K, K, I, O]`.
    stride: how many pixels of `x` lie between two of the output.
    dilation: how many between two taps of the kernel.
    padding: pixels on each side; None: dilation * (K - 1) / 2, rounded down.
  """
  # While a program for any size is exported, sides are symbols: the plain form serves them all.
  if padding is None and stride > 1 and all(isinstance(side, int) and side <= 4 * stride for side in x.shape[1:3]):
    return _small_strided_conv(x, kernel, stride, dilation)
  pad = dilation * (kernel.shape[0] - 1) // 2 if padding is None else padding
  return _conv(x, kernel, _Geometry(stride, dilation, (pad, pad), (pad, pad)))


def up_conv(x: jax.Array, kernel: jax.Array) -> jax.Array:
  """`[B, H, W, I]` by `[4, 4, I, O]` -> `[B, 2H, 2W, O]`; by 5x5, 2H - 1 and 2W - 1; see `layers.UpConv`."""
  odd = kernel.shape[0] % 2

  def pad(offset: int) -> tuple[int, int]:
    return 1 - offset, max(odd, offset)

  def phase(row: int, column: int) -> jax.Array:
    return _conv(x, kernel[row::2, column::2], _Geometry(1, 1, pad(row), pad(column)))
  rows = [jnp.stack([phase(row, 0), phase(row, 1)], axis=3) for row in (0, 1)]
  batch, height, width, _ = x.shape
  y = jnp.stack(rows, axis=2).reshape(batch, 2 * height, 2 * width, kernel.shape[-1])
  return y[:, :2 * height - odd, :2 * width - odd]


def _conv(x: jax.Array, kernel: jax.Array, geometry: _Geometry) -> jax.Array:
  if not _on_one_cpu(x) or kernel.shape[-1] < _PRODUCT_FEATURES:
    return _xla(x, kernel, geometry)
  if _is_winograd(x, kernel, geometry):
    return _winograd(x, kernel, geometry.dilation)
  return _with_products(x, kernel, geometry)


def _on_one_cpu(x: jax.Array) -> bool:
  # On several devices a gradient would be summed over them tap by tap. bfloat16 is no type of a CPU.
  return (not _as_defined.get() and jax.default_backend() == 'cpu' and jax.device_count() == 1
          and x.dtype in (jnp.float32, jnp.float64) and all(isinstance(side, int) for side in x.shape))


def _xla(x: jax.Array, kernel: jax.Array, geometry: _Geometry) -> jax.Array:
  return jax.lax.conv_general_dilated(
      x, kernel, (geometry.stride,) * 2, (geometry.rows, geometry.columns),
      rhs_dilation=(geometry.dilation,) * 2, dimension_numbers=_DIMENSIONS)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _with_products(x: jax.Array, kernel: jax.Array, geometry: _Geometry) -> jax.Array:
  """XLA's convolution, but for its gradient by the kernel: a matrix product for each tap."""
  return _xla(x, kernel, geometry)


def _with_products_forward(x, kernel, geometry):
  return _xla(x, kernel, geometry), (x, kernel)


def _with_products_backward(geometry, kept, gradient):
  x, kernel = kept
  _, pull_back = jax.vjp(lambda x: _xla(x, kernel, geometry), x)
  return *pull_back(gradient), _products_of_taps(x, gradient, kernel.shape, geometry)


_with_products.defvjp(_with_products_forward, _with_products_backward)


def _products_of_taps(x, gradient, shape, geometry):
  batch, height, width, features = gradient.shape
  inputs, stride, dilation = x.shape[-1], geometry.stride, geometry.dilation
  padded = jnp.pad(x, ((0, 0), geometry.rows, geometry.columns, (0, 0)))
  # Transposed once for all taps: else each product does it again.
  flat = jax.lax.optimization_barrier(gradient.reshape(-1, features).T)

  def product(row: int, column: int) -> jax.Array:
    top, left = dilation * row, dilation * column
    bottom, right = top + stride * (height - 1) + 1, left + stride * (width - 1) + 1
    seen = jax.lax.slice(padded, (0, top, left, 0), (batch, bottom, right, inputs), (1, stride, stride, 1))
    return flat @ seen.reshape(-1, inputs)
  products = [jnp.stack([product(row, column) for column in range(shape[1])]) for row in range(shape[0])]
  return jnp.stack(products).swapaxes(2, 3)


def _is_winograd(x: jax.Array, kernel: jax.Array, geometry: _Geometry) -> bool:
  return (kernel.shape[:2] == (3, 3) and min(kernel.shape[2:]) >= _WINOGRAD_CHANNELS and geometry.stride == 1
          and geometry.rows == geometry.columns == (geometry.dilation,) * 2
          and winograd.fits(*x.shape[1:3], geometry.dilation))


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


def _small_strided_conv(x: jax.Array, kernel: jax.Array, stride: int, dilation: int) -> jax.Array:
  """The same convolution as one matrix product of the patches.

  For outputs of at most 4x4 pixels: XLA's input gradient of a strided convolution is slow on
  such shapes on the CPU (`benchmarks/NOTES.md`). The patches are cut out by products with matrices
  of zeros and ones, exact at the highest precision: 25 slices would take far longer to compile.
  """
  side, _, inputs, features = kernel.shape
  rows, columns = (_selection(length, side, stride, dilation, x.dtype) for length in x.shape[1:3])
  exact = jax.lax.Precision.HIGHEST
  patches = jnp.einsum('pih,bhwc->bpiwc', rows, x, precision=exact)
  patches = jnp.einsum('qjw,bpiwc->bpqijc', columns, patches, precision=exact)
  flat = patches.reshape(*patches.shape[:3], side * side * inputs)
  return flat @ kernel.reshape(side * side * inputs, features)


def _selection(length: int, side: int, stride: int, dilation: int, dtype: jnp.dtype) -> np.ndarray:
  """`[out, side, length]`: 1 where tap `side` of output `out` sees pixel `length`; 0 in the padding."""
  pad = dilation * (side - 1) // 2
  out = (length + 2 * pad - dilation * (side - 1) - 1) // stride + 1
  seen = np.arange(out)[:, None] * stride + np.arange(side) * dilation - pad
  return (seen[..., None] == np.arange(length)).astype(dtype)
