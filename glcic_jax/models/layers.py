"""The layers that Flax lacks or does differently from what the papers need.

Activations are `[B, H, W, C]` in the compute dtype; parameters and running
statistics are float32 (float64 stays float64, for tests). Padding is symmetric, as
in Torch: Flax's 'SAME' at stride 2 is not.
"""

from collections.abc import Callable
from typing import Any

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

_DIMENSIONS = ('NHWC', 'HWIO', 'NHWC')

# Torch's default, U(-1/sqrt(fan_in), 1/sqrt(fan_in)), which the authors' framework would have
# used: the GLCIC paper does not name its initialisation.
torch_uniform = nn.initializers.variance_scaling(1 / 3, 'fan_in', 'uniform')


class BatchNorm(nn.Module):
  """Batch normalisation with float32 statistics, over one or several interleaved batches.

  With `groups` = g, rows i, i + g, i + 2g ... are one batch with statistics of their
  own. So the discriminator judges real and completed pictures in one call although
  each is its own batch, and every device keeps its own rows; the running
  statistics then move once for each group, in order.

  The variance is the mean of squared distances from the mean: Flax's default,
  E[x^2] - E[x]^2, loses everything at a large mean. The running variance is the
  biased one (Torch keeps the unbiased one; it differs only while training).
  """

  momentum: float = 0.9  # of the running statistics: Torch's 0.1 counts the other way
  epsilon: float = 1e-5
  scale_init: Callable[..., jax.Array] = nn.initializers.ones

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool, groups: int = 1) -> jax.Array:
    """Normalises `[B, H, W, C]` over B, H and W; the dtype is kept."""
    channels = x.shape[-1]
    scale = self.param('scale', self.scale_init, (channels,), jnp.float32)
    bias = self.param('bias', nn.initializers.zeros, (channels,), jnp.float32)
    mean = self.variable('batch_stats', 'mean', jnp.zeros, (channels,), jnp.float32)
    variance = self.variable('batch_stats', 'var', jnp.ones, (channels,), jnp.float32)
    wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))
    if not train:
      factor = scale * jax.lax.rsqrt(variance.value + self.epsilon)
      return ((wide - mean.value) * factor + bias).astype(x.dtype)

    grouped = wide.reshape(-1, groups, *x.shape[1:])
    over = (0, *range(2, grouped.ndim - 1))  # all but group and channel
    group_mean = jnp.mean(grouped, axis=over, keepdims=True)
    centred = grouped - group_mean
    group_variance = jnp.mean(jnp.square(centred), axis=over, keepdims=True)
    normal = centred * (scale * jax.lax.rsqrt(group_variance + self.epsilon)) + bias
    if not self.is_initializing():
      for group in range(groups):
        self._move(mean, group_mean.reshape(groups, channels)[group])
        self._move(variance, group_variance.reshape(groups, channels)[group])
    return normal.reshape(x.shape).astype(x.dtype)

  def _move(self, running: nn.Variable, batch: jax.Array) -> None:
    moved = self.momentum * running.value + (1 - self.momentum) * batch
    running.value = moved.astype(running.value.dtype)


class Conv(nn.Module):
  """A convolution with symmetric zero padding of `dilation * (kernel - 1) / 2`, and a bias."""

  features: int
  kernel: int
  stride: int = 1
  dilation: int = 1
  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    shape = (self.kernel, self.kernel, x.shape[-1], self.features)
    kernel = self.param('kernel', self.kernel_init, shape, jnp.float32).astype(self.dtype)
    bias = self.param('bias', nn.initializers.zeros, (self.features,), jnp.float32)
    convolve = _small_strided_conv if self._is_small(x) else _conv
    y = convolve(x.astype(self.dtype), kernel, self.stride, self.dilation)
    return y + bias.astype(self.dtype)

  def _is_small(self, x: jax.Array) -> bool:
    return self.stride > 1 and max(x.shape[1:3]) <= 4 * self.stride


def _conv(x: jax.Array, kernel: jax.Array, stride: int, dilation: int) -> jax.Array:
  pad = dilation * (kernel.shape[0] - 1) // 2
  return jax.lax.conv_general_dilated(
      x, kernel, (stride, stride), ((pad, pad), (pad, pad)), rhs_dilation=(dilation, dilation),
      dimension_numbers=_DIMENSIONS)


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


class UpConv(nn.Module):
  """The transposed convolution 4x4, stride 2, padding 1: twice the size, in sub-pixel form.

  Each of the four output positions modulo 2 sees its own 2x2 of the 4x4 taps, so four small
  convolutions, interleaved, do the work. The parameter is that of `nn.ConvTranspose(features,
  (4, 4), (2, 2), 'SAME')`: `[4, 4, in, features]`. XLA's own weight gradient of a
  transposed convolution is five times slower on the CPU.
  """

  features: int
  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    shape = (4, 4, x.shape[-1], self.features)
    kernel = self.param('kernel', self.kernel_init, shape, jnp.float32).astype(self.dtype)
    bias = self.param('bias', nn.initializers.zeros, (self.features,), jnp.float32)
    return up_conv(x.astype(self.dtype), kernel) + bias.astype(self.dtype)


def up_conv(x: jax.Array, kernel: jax.Array) -> jax.Array:
  """`[B, H, W, I]` by `[4, 4, I, O]` -> `[B, 2H, 2W, O]`; see `UpConv`."""
  def phase(row: int, column: int) -> jax.Array:
    return jax.lax.conv_general_dilated(
        x, kernel[row::2, column::2], (1, 1), ((1 - row, row), (1 - column, column)),
        dimension_numbers=_DIMENSIONS)
  rows = [jnp.stack([phase(row, 0), phase(row, 1)], axis=3) for row in (0, 1)]
  batch, height, width, _ = x.shape
  return jnp.stack(rows, axis=2).reshape(batch, 2 * height, 2 * width, kernel.shape[-1])


class Dense(nn.Module):
  """A fully-connected layer with a bias."""

  features: int
  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    shape = (x.shape[-1], self.features)
    kernel = self.param('kernel', self.kernel_init, shape, jnp.float32).astype(self.dtype)
    bias = self.param('bias', nn.initializers.zeros, (self.features,), jnp.float32)
    return x.astype(self.dtype) @ kernel + bias.astype(self.dtype)


def channels(width: float, full: int) -> int:
  """How many channels a layer has at a width: never none."""
  return max(1, round(width * full))
