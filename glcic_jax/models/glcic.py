"""GLCIC's networks: completion, local, global and fused discriminators.

Iizuka et al. 2017, tables 1 to 4. The generator takes `(image, mask)` and returns a
full-size picture; the discriminator takes `(image, view)` and returns one logit for
each picture. Floats are in [0, 1].
"""

from typing import Any, NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from glcic_jax import images
from glcic_jax.models import layers


class Layer(NamedTuple):
  """One row of the paper's table 1."""

  kind: str  # 'conv' or 'deconv', the first half of its parameters' name
  kernel: int
  stride: int  # of a deconv: how much larger its output is
  dilation: int
  features: int


COMPLETION_LAYERS = (
  Layer('conv', 5, 1, 1, 64),
  Layer('conv', 3, 2, 1, 128),
  Layer('conv', 3, 1, 1, 128),
  Layer('conv', 3, 2, 1, 256),
  Layer('conv', 3, 1, 1, 256),
  Layer('conv', 3, 1, 1, 256),
  Layer('conv', 3, 1, 2, 256),
  Layer('conv', 3, 1, 4, 256),
  Layer('conv', 3, 1, 8, 256),
  Layer('conv', 3, 1, 16, 256),
  Layer('conv', 3, 1, 1, 256),
  Layer('conv', 3, 1, 1, 256),
  Layer('deconv', 4, 2, 1, 128),
  Layer('conv', 3, 1, 1, 128),
  Layer('deconv', 4, 2, 1, 64),
  Layer('conv', 3, 1, 1, 32),
  Layer('conv', 3, 1, 1, 3),  # the output: a sigmoid in place of BatchNorm and ReLU
)

SIZE_MULTIPLE = 4  # both sides of a picture are halved twice, and doubled twice

# What ends the network: the paper's sigmoid, to [0, 1], or a cut at the ends of [-1, 1].
OUTPUTS = {'sigmoid': nn.sigmoid, 'clamp': lambda x: jnp.clip(x, -1, 1)}


class CompletionNetwork(nn.Module):
  """The completion network C (table 1): BatchNorm and ReLU after all but the last layer."""

  width: float = 1.0  # multiplies every layer's channels but the last one's
  dilated: bool = True  # False: dilation 1 throughout, with the same parameters
  dtype: Any = jnp.float32  # of the activations
  # How networks of other programs differ, so that their weights can be used: see
  # `glcic_jax/convert/`.
  relu_first: bool = False  # True: the ReLU stands before BatchNorm
  hidden_biases: bool = True  # False: no bias in the convolutions that BatchNorm follows
  output: str = 'sigmoid'  # a key of `OUTPUTS`
  channel_order: str = 'rgb'  # or 'bgr': of the layers alone; pictures are RGB outside
  # RGB, subtracted from the whole picture first; none: nothing is.
  input_mean: tuple[float, ...] = ()
  platform: str | None = None  # of all convolutions: see `convolutions`

  @nn.compact
  def __call__(self, image: jax.Array, mask: jax.Array, *, train: bool = False) -> jax.Array:
    """Completes pictures in [0, 1], or [-1, 1] with `output` 'clamp'; sides are multiples of 4."""
    *hidden, last = COMPLETION_LAYERS
    if self.input_mean:
      image = image - jnp.asarray(self.input_mean, image.dtype)
    image = in_order(image, self.channel_order)
    x = jnp.concatenate([image, mask.astype(image.dtype)], axis=-1).astype(self.dtype)
    for number, layer in enumerate(hidden, start=1):
      x = self._convolution(layer, number)(x)
      x = norm_and_relu(f'norm{number}', x, relu_first=self.relu_first, train=train)
    shared = {'dtype': self.dtype, 'platform': self.platform}
    name = f'conv{len(COMPLETION_LAYERS)}'
    x = layers.Conv(last.features, last.kernel, name=name, **shared)(x)
    x = OUTPUTS[self.output](x.astype(jnp.promote_types(x.dtype, jnp.float32)))
    return in_order(x, self.channel_order)

  def _convolution(self, layer: Layer, number: int) -> nn.Module:
    shared: dict[str, Any] = {
      'features': layers.channels(self.width, layer.features),
      'kernel': layer.kernel,
      'dtype': self.dtype,
      'use_bias': self.hidden_biases,
      'platform': self.platform,
      'name': f'{layer.kind}{number}',
    }
    if layer.kind == 'deconv':
      return layers.UpConv(**shared)
    dilation = layer.dilation if self.dilated else 1
    return layers.Conv(stride=layer.stride, dilation=dilation, **shared)


def in_order(image: jax.Array, channel_order: str) -> jax.Array:
  """RGB pictures as the layers want their channels, 'rgb' or 'bgr'; and back."""
  return image[..., ::-1] if channel_order == 'bgr' else image


def norm_and_relu(name: str, x: jax.Array, *, relu_first: bool, **options: Any) -> jax.Array:
  """BatchNorm, of this name, and ReLU, in the paper's order or the other."""
  if relu_first:
    return layers.BatchNorm(name=name)(nn.relu(x), **options)
  return layers.BatchNorm(leak=0, name=name)(x, **options)


DISCRIMINATOR_FEATURES = (64, 128, 256, 512, 512, 512)
VECTOR_FEATURES = 1024  # what each branch says about its view


def branch_depth(size: int) -> int:
  """How many stride-2 convolutions bring a view down to 3 to 5 pixels: 6 for 256, 5 for 128."""
  depth, side = 0, size
  while side > 5:
    depth, side = depth + 1, (side + 1) // 2
  return depth


class Branch(nn.Module):
  """The local or the global discriminator (tables 2, 3): 5x5 stride-2 convolutions, FC 1024."""

  width: float = 1.0
  fully_connected_relu: bool = True
  dtype: Any = jnp.float32
  relu_first: bool = False
  hidden_biases: bool = True
  platform: str | None = None

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool, groups: int) -> jax.Array:
    """`[B, S, S, 3]` in [0, 1] -> `[B, 1024 * width]`."""
    shared = {'dtype': self.dtype, 'platform': self.platform}
    for index in range(branch_depth(max(x.shape[1:3]))):
      full = DISCRIMINATOR_FEATURES[min(index, len(DISCRIMINATOR_FEATURES) - 1)]
      features, name = layers.channels(self.width, full), f'conv{index + 1}'
      x = layers.Conv(features, 5, 2, name=name, use_bias=self.hidden_biases, **shared)(x)
      name = f'norm{index + 1}'
      x = norm_and_relu(name, x, relu_first=self.relu_first, train=train, groups=groups)
    features = layers.channels(self.width, VECTOR_FEATURES)
    init = layers.torch_uniform
    vector = nn.Dense(features, dtype=self.dtype, kernel_init=init, name='vector')
    x = vector(x.reshape(x.shape[0], -1))
    return nn.relu(x) if self.fully_connected_relu else x


class Discriminator(nn.Module):
  """The fused discriminator D (table 4): both branches, concatenated, to one logit.

  The mask is not an input: it only places the local view.
  """

  local_size: int = 128  # pixels
  width: float = 1.0  # multiplies every layer's features but the last one's
  fully_connected_relu: bool = True  # after each FC 1024; the paper does not say
  dtype: Any = jnp.float32
  branches: str = 'both'  # or 'local', or 'global', the paper's ablations
  relu_first: bool = False  # these four as in `CompletionNetwork`
  hidden_biases: bool = True
  channel_order: str = 'rgb'
  platform: str | None = None

  @nn.compact
  def __call__(
    self, image: jax.Array, view: jax.Array, *, train: bool = False, groups: int = 1
  ) -> jax.Array:
    """Judges pictures in [0, 1]: real, or completed with known pixels restored."""
    image = in_order(image, self.channel_order)
    views = {'local': images.local_view(image, view, self.local_size), 'global': image}
    branches = [
      Branch(
        width=self.width,
        fully_connected_relu=self.fully_connected_relu,
        dtype=self.dtype,
        relu_first=self.relu_first,
        hidden_biases=self.hidden_biases,
        platform=self.platform,
        name=name,
      )(x.astype(self.dtype), train=train, groups=groups)
      for name, x in views.items()
      if self.branches in (name, 'both')
    ]
    fusion = nn.Dense(1, dtype=self.dtype, kernel_init=layers.torch_uniform, name='fusion')
    logit = fusion(jnp.concatenate(branches, axis=-1))
    return logit[:, 0].astype(jnp.promote_types(logit.dtype, jnp.float32))
