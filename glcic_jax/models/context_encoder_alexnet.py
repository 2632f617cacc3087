"""The Context Encoder for arbitrary regions: AlexNet, 227 px in and out (paper's figure 2).

Trained by reconstruction alone: the paper reports that AlexNet did not converge with an adversary.
Where the paper is silent, the choice is AlexNet's usual one: no padding in the first convolution,
3x3 pooling of stride 2 after convolutions 1, 2 and 5, ReLU; the output is a tanh, as of the other
variants, and enlarged bilinearly. Deviation: neither the two halves of the 2012 network, which
served two small GPUs, nor its response normalisation; and kernels start as He et al. 2015 have
them, because without BatchNorm the release's N(0, 0.02) fades on its way through twelve layers.
"""

from typing import Any

from flax import linen as nn
import jax
import jax.numpy as jnp

from glcic_jax.models import layers

SIZE = 227  # pixels
# Kernel, stride, padding, channels, and whether pooling follows.
CONVOLUTIONS = (
  (11, 4, 0, 96, True),
  (5, 1, 2, 256, True),
  (3, 1, 1, 384, False),
  (3, 1, 1, 384, False),
  (3, 1, 1, 256, True),
)
# Of the 5x5 up-convolutions to 11, 21, 41 and 81 px; the last gives 161 px.
UP_FEATURES = (128, 64, 64, 32)

_down_init = nn.initializers.he_normal()
# Each output of an up-convolution of stride 2 sees a quarter of the taps.
_up_init = nn.initializers.variance_scaling(8.0, 'fan_in', 'normal')


class Generator(nn.Module):
  """227x227 -> 6x6x256, the channel-wise fully-connected layer, and back to 227x227."""

  width: float = 1.0  # multiplies every layer's channels but the output's
  dtype: Any = jnp.float32  # of the activations
  platform: str | None = None  # of all convolutions: see `convolutions`

  image_size = SIZE  # the only one that it takes

  @nn.compact
  def __call__(self, image: jax.Array, mask: jax.Array, *, train: bool = False) -> jax.Array:
    """Completes pictures in [-1, 1] of 227 px; the mask is not looked at, there is no BatchNorm."""
    del mask, train
    x = image.astype(self.dtype)
    shared: dict[str, Any] = {'dtype': self.dtype, 'platform': self.platform}
    down = shared | {'kernel_init': _down_init}
    for number, (kernel, stride, padding, full, pooled) in enumerate(CONVOLUTIONS, start=1):
      features, name = layers.channels(self.width, full), f'conv{number}'
      x = nn.relu(layers.Conv(features, kernel, stride, padding=padding, name=name, **down)(x))
      x = nn.max_pool(x, (3, 3), (2, 2)) if pooled else x
    # He's fan of [maps, pixels, pixels] would count the maps too.
    init = nn.initializers.variance_scaling(1.0, 'fan_in', 'normal', batch_axis=0)
    x = layers.ChannelwiseDense(dtype=self.dtype, kernel_init=init, name='channelwise')(x)
    x = nn.relu(layers.Conv(x.shape[-1], 1, name='mixing', **down)(x))
    up = shared | {'kernel': 5}
    for number, full in enumerate(UP_FEATURES, start=1):
      features, name = layers.channels(self.width, full), f'deconv{number}'
      x = nn.relu(layers.UpConv(features, kernel_init=_up_init, name=name, **up)(x))
    # A quarter of He's variance: a smaller first output keeps tanh where it has a slope.
    init = nn.initializers.variance_scaling(1.0, 'fan_in', 'normal')
    x = layers.UpConv(3, kernel_init=init, name=f'deconv{len(UP_FEATURES) + 1}', **up)(x)
    x = jnp.tanh(x.astype(jnp.promote_types(x.dtype, jnp.float32)))
    return jax.image.resize(x, image.shape, 'bilinear')


class NoDiscriminator(nn.Module):
  """Stands where a method has no adversary: nothing to train, as sure of real as of completed."""

  @nn.compact
  def __call__(
    self, image: jax.Array, view: jax.Array, *, train: bool = False, groups: int = 1
  ) -> jax.Array:
    """`[B]` zeros."""
    del view, train, groups
    return jnp.zeros(len(image), jnp.promote_types(image.dtype, jnp.float32))
