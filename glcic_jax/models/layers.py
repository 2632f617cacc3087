"""The layers that Flax lacks or does differently from what the papers need.

Activations are `[B, H, W, C]` in the compute dtype; parameters and running
statistics are float32 (float64 stays float64, for tests). Padding is symmetric, as
in Torch: Flax's 'SAME' at stride 2 is not.
"""

from collections.abc import Callable
from typing import Any

from flax import linen as nn
import jax
from jax.ad_checkpoint import checkpoint_name
import jax.numpy as jnp

from glcic_jax.models import convolutions
from glcic_jax.models import normalisation

# What rematerialisation keeps: the outputs of convolutions, which are dear to compute again.
CONVOLUTION = 'convolution'

# Torch's default, U(-1/sqrt(fan_in), 1/sqrt(fan_in)), which the authors' framework would have
# used: the GLCIC paper does not name its initialisation.
torch_uniform = nn.initializers.variance_scaling(1 / 3, 'fan_in', 'uniform')


class BatchNorm(nn.Module):
  """Batch normalisation with float32 statistics, and the activation after it.

  With `groups` = g, rows i, i + g, i + 2g ... are one batch with statistics of their own. So the
  discriminator judges real and completed pictures in one call although each is its own batch, and
  every device keeps its own rows; the running statistics move once for each group, in order.

  The variance survives a large mean, where Flax's default, E[x^2] - E[x]^2, loses everything. The
  running variance is the biased one (Torch keeps the unbiased one; it differs only while training).
  """

  momentum: float = 0.9  # of the running statistics: Torch's 0.1 counts the other way
  epsilon: float = 1e-5
  scale_init: Callable[..., jax.Array] = nn.initializers.ones
  leak: float = 1.0  # the slope below zero of the activation that follows: 1 none, 0 a ReLU

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool, groups: int = 1) -> jax.Array:
    """Normalises `[B, H, W, C]` over B, H and W, and activates; the dtype is kept."""
    channels = x.shape[-1]
    scale = self.param('scale', self.scale_init, (channels,), jnp.float32)
    bias = self.param('bias', nn.initializers.zeros, (channels,), jnp.float32)
    mean = self.variable('batch_stats', 'mean', jnp.zeros, (channels,), jnp.float32)
    variance = self.variable('batch_stats', 'var', jnp.ones, (channels,), jnp.float32)
    if not train:
      wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))
      factor = scale * jax.lax.rsqrt(variance.value + self.epsilon)
      normal = ((wide - mean.value) * factor + bias).astype(x.dtype)
      return normalisation.leaky(normal, self.leak)

    normal, group_means, group_variances = normalisation.normalise(
      x, scale, bias, groups, self.epsilon, self.leak
    )
    if not self.is_initializing():
      for group_mean, group_variance in zip(group_means, group_variances):
        self._move(mean, group_mean)
        self._move(variance, group_variance)
    return normal

  def _move(self, running: nn.Variable, batch: jax.Array) -> None:
    moved = self.momentum * running.value + (1 - self.momentum) * batch
    running.value = moved.astype(running.value.dtype)


class Conv(nn.Module):
  """A convolution with symmetric zero padding, and a bias, unless it is told to have none."""

  features: int
  kernel: int
  stride: int = 1
  dilation: int = 1
  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform
  padding: int | None = None  # pixels on each side; None: dilation * (kernel - 1) / 2, rounded down
  use_bias: bool = True
  platform: str | None = None  # see `convolutions`

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    kernel = _kernel(self, self.kernel, self.kernel, x.shape[-1], self.features)
    options: dict[str, Any] = {'stride': self.stride, 'dilation': self.dilation}
    options |= {'padding': self.padding, 'platform': self.platform}
    y = convolutions.conv(x.astype(self.dtype), kernel, **options)
    return checkpoint_name(_with_bias(self, y), CONVOLUTION)


def _kernel(layer: nn.Module, *shape: int) -> jax.Array:
  """A layer's float32 parameter, in its compute dtype."""
  return layer.param('kernel', layer.kernel_init, shape, jnp.float32).astype(layer.dtype)


def _with_bias(layer: nn.Module, y: jax.Array) -> jax.Array:
  """A layer's output plus its bias, where it has one."""
  if not layer.use_bias:
    return y
  bias = layer.param('bias', nn.initializers.zeros, (layer.features,), jnp.float32)
  return y + bias.astype(y.dtype)


class UpConv(nn.Module):
  """The transposed convolution of stride 2: 4x4 with padding 1, or 5x5 with padding 2.

  4x4 gives twice the size, 5x5 one pixel less. The parameter is that of
  `nn.ConvTranspose(features, (4, 4), (2, 2), 'SAME')`: `[4, 4, in, features]`.
  """

  features: int
  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform
  kernel: int = 4  # or 5
  use_bias: bool = True
  platform: str | None = None  # see `convolutions`

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    kernel = _kernel(self, self.kernel, self.kernel, x.shape[-1], self.features)
    y = convolutions.up_conv(x.astype(self.dtype), kernel, platform=self.platform)
    return checkpoint_name(_with_bias(self, y), CONVOLUTION)


class Collapse(nn.Module):
  """The convolution as large as its map, without padding: `[B, K, K, I]` -> `[B, 1, 1, features]`.

  Its parameter is a convolution's, `[K, K, in, features]`; it is one matrix product, because the
  input gradient of XLA's convolution would multiply fifteen zeros for each number at K = 4.
  """

  features: int
  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform
  use_bias: bool = True

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    kernel = _kernel(self, *x.shape[1:], self.features).reshape(-1, self.features)
    y = x.astype(self.dtype).reshape(x.shape[0], -1) @ kernel
    return _with_bias(self, y)[:, None, None]


class Expand(nn.Module):
  """The transposed convolution of one pixel, no padding: `[B, 1, 1, I]` -> `[B, K, K, features]`.

  Its parameter is that of `nn.ConvTranspose(features, (K, K), (1, 1), 'VALID')`: `[K, K, in, out]`.
  """

  features: int
  kernel: int
  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform
  use_bias: bool = True

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    kernel = _kernel(self, self.kernel, self.kernel, x.shape[-1], self.features)
    y = jnp.einsum('bi,uvif->buvf', x[:, 0, 0].astype(self.dtype), kernel[::-1, ::-1])
    return _with_bias(self, y)


class ChannelwiseDense(nn.Module):
  """Fully connected, but each map to itself only (Context Encoder, section 3.1).

  m maps of n x n pixels have m n^4 weights, `[m, n^2 in, n^2 out]`, and m n^2 biases, where a full
  layer has m^2 n^4. All maps are one batched contraction.
  """

  dtype: Any = jnp.float32
  kernel_init: Callable[..., jax.Array] = torch_uniform

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    batch, height, width, maps = x.shape
    pixels = height * width
    kernel = _kernel(self, maps, pixels, pixels)
    bias = self.param('bias', nn.initializers.zeros, (pixels, maps), jnp.float32)
    y = jnp.einsum('bim,mio->bom', x.astype(self.dtype).reshape(batch, pixels, maps), kernel)
    return (y + bias.astype(self.dtype)).reshape(x.shape)


def compiled_for(network: Any, platform: str) -> Any:
  """The same network, its convolutions as they are compiled for a platform: see `convolutions`.

  What has none, such as a `NoDiscriminator`, comes back as it is.
  """
  return network.clone(platform=platform) if hasattr(network, 'platform') else network


def channels(width: float, full: int) -> int:
  """How many channels a layer has at a width: never none."""
  return max(1, round(width * full))
