"""The Context Encoder's networks: centre and random-region generators, and their discriminators.

Pathak et al. 2016, sections 3.1 and 3.2, with the layers of the authors' release. Generators take
`(image, mask)` and return a full-size picture; discriminators take `(image, view)` and return one
logit for each picture. Floats are in [-1, 1]. `context_encoder_alexnet.py` has the AlexNet variant.
"""

import math
from typing import Any

from flax import linen as nn
import jax
import jax.numpy as jnp

from glcic_jax import images
from glcic_jax.models import layers

# Channels of the 4x4 stride-2 convolutions down to a map of 4x4; smaller pictures skip the first
# ones.
FEATURES = (64, 64, 64, 128, 256, 512)
MAP = 4  # pixels
LEAK = 0.2  # slope of the encoder's and the discriminator's activations below zero

# The release's, for every network here: kernels N(0, 0.02), BatchNorm's scale N(1, 0.02), biases 0.
kernel_init = nn.initializers.normal(0.02)


def scale_init(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
  """N(1, 0.02)."""
  return 1 + 0.02 * jax.random.normal(key, shape, dtype)


def stages(side: int) -> tuple[int, ...]:
  """Channels of the convolutions that bring a picture down to 4x4; for 128 px, all but the first.

  `side` is 8 to 256, a power of two.
  """
  return FEATURES[-(int(math.log2(side // MAP))) :]


class Generator(nn.Module):
  """Encoder, bottleneck and decoder of both variants.

  The centre variant predicts the middle of the picture, `patch_size` < `image_size`; the
  random-region variant all of it, `patch_size` = `image_size`.
  """

  image_size: int = 128  # pixels: side of the picture, a power of two from 32 to 256
  patch_size: int = 64  # pixels: side of what is predicted
  overlap: int = 7  # pixels by which that overlaps what is known; only `hole` depends on it
  bottleneck: str = 'channelwise'  # the paper's; or 'convolution', the release's
  bottleneck_features: int = 4_000  # of the release's; its code's own default is 100
  mixing_kernel: int = 1  # of the paper's: side of the convolution that mixes the channels
  noise_features: int = 0  # of z, joined to the bottleneck; the release's option has 100
  width: float = 1.0  # multiplies every layer's channels but the output's and the noise's
  dtype: Any = jnp.float32  # of the activations
  # False: with the release's bottleneck, no convolution has one; see `glcic_jax/convert/`.
  biases: bool = True
  platform: str | None = None  # of all convolutions: see `convolutions`

  @property
  def hole(self) -> tuple[int, int] | None:
    """First and last + 1 row (and column) of the only hole that the centre variant completes."""
    if self.patch_size == self.image_size:
      return None
    edge = (self.image_size - self.patch_size) // 2 + self.overlap
    return edge, self.image_size - edge

  @nn.compact
  def __call__(self, image: jax.Array, mask: jax.Array, *, train: bool = False) -> jax.Array:
    """Completes pictures in [-1, 1] with sides of `image_size`; the mask is not looked at.

    The centre variant's prediction has the picture itself around it. With `noise_features`, z is
    drawn from the 'noise' stream where there is one, and 0 elsewhere.
    """
    del mask
    x = _down(self, image.astype(self.dtype), self.image_size, train=train)
    x = self._channelwise(x) if self.bottleneck == 'channelwise' else self._convolution(x, train)
    x = self._decode(x, train)
    patch = jnp.tanh(x.astype(jnp.promote_types(x.dtype, jnp.float32)))
    return images.paste_middle(image.astype(patch.dtype), patch)

  def _channelwise(self, x: jax.Array) -> jax.Array:
    """The paper's. Its two layers stand for one fully-connected layer: nothing between them."""
    x = layers.ChannelwiseDense(dtype=self.dtype, kernel_init=kernel_init, name='channelwise')(x)
    x = _layer(layers.Conv, self, x.shape[-1], self.mixing_kernel, name='mixing', use_bias=True)(x)
    return nn.relu(self._with_noise(x))

  def _convolution(self, x: jax.Array, train: bool) -> jax.Array:
    """The release's: one pixel of many channels, and back to a map of 4x4."""
    features = layers.channels(self.width, self.bottleneck_features)
    x = _layer(layers.Collapse, self, features, name='bottleneck')(x)
    x = _norm('bottleneck_norm', LEAK)(self._with_noise(x), train=train)
    features = layers.channels(self.width, FEATURES[-1])
    x = _layer(layers.Expand, self, features, MAP, name='expand')(x)
    return _norm('expand_norm', 0)(x, train=train)

  def _with_noise(self, x: jax.Array) -> jax.Array:
    if not self.noise_features:
      return x
    shape = (x.shape[0], 1, 1, self.noise_features)
    z = jnp.zeros(shape, self.dtype)
    if self.has_rng('noise'):
      z = jax.random.normal(self.make_rng('noise'), shape, self.dtype)
    z = _layer(layers.Conv, self, self.noise_features, 1, name='noise', use_bias=True)(z)
    return jnp.concatenate([x, jnp.broadcast_to(z, (*x.shape[:3], self.noise_features))], axis=-1)

  def _decode(self, x: jax.Array, train: bool) -> jax.Array:
    hidden = stages(self.patch_size)[-2::-1]
    for number, full in enumerate(hidden, start=1):
      features = layers.channels(self.width, full)
      x = _layer(layers.UpConv, self, features, name=f'deconv{number}')(x)
      x = _norm(f'up_norm{number}', 0)(x, train=train)
    return _layer(layers.UpConv, self, 3, name=f'deconv{len(hidden) + 1}')(x)


class Discriminator(nn.Module):
  """Judges the centre variant's patch, or the random-region variant's whole picture."""

  width: float = 1.0  # multiplies every layer's channels but the last one's
  dtype: Any = jnp.float32
  biases: bool = True  # these two as in `Generator`
  platform: str | None = None

  @nn.compact
  def __call__(
    self, image: jax.Array, view: jax.Array, *, train: bool = False, groups: int = 1
  ) -> jax.Array:
    """Judges all of a picture in [-1, 1], whose side is a power of two from 16 to 256."""
    del view
    x = _down(self, image.astype(self.dtype), image.shape[1], train=train, groups=groups)
    logit = _layer(layers.Collapse, self, 1, name='logit')(x)
    return logit[:, 0, 0, 0].astype(jnp.promote_types(logit.dtype, jnp.float32))


def _down(
  network: Generator | Discriminator, x: jax.Array, side: int, *, train: bool, groups: int = 1
) -> jax.Array:
  """`[B, side, side, 3]` to 4x4 by convolutions of stride 2; no BatchNorm after the first."""
  for number, full in enumerate(stages(side), start=1):
    features = layers.channels(network.width, full)
    x = _layer(layers.Conv, network, features, 4, 2, name=f'conv{number}')(x)
    if number == 1:
      x = nn.leaky_relu(x, LEAK)
    else:
      x = _norm(f'norm{number}', LEAK)(x, train=train, groups=groups)
  return x


def _layer(
  kind: type[nn.Module], network: Generator | Discriminator, *sizes: int, **options: Any
) -> nn.Module:
  """A layer of a network: of its dtype, for its platform, with a bias where it has them."""
  shared = {'dtype': network.dtype, 'kernel_init': kernel_init, 'use_bias': network.biases}
  if kind in (layers.Conv, layers.UpConv):
    shared['platform'] = network.platform
  return kind(*sizes, **(shared | options))


def _norm(name: str, leak: float) -> nn.Module:
  return layers.BatchNorm(scale_init=scale_init, leak=leak, name=name)
