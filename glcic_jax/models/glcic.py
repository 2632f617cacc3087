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

# Both sides of a picture are halved twice, and doubled twice.
SIZE_MULTIPLE = 4


class CompletionNetwork(nn.Module):
  """The completion network C (table 1): 17 convolutions, BatchNorm and ReLU after all but the last."""

  width: float = 1.0  # multiplies every layer's channels but the last one's
  dilated: bool = True  # False: dilation 1 throughout, with the same parameters
  dtype: Any = jnp.float32  # of the activations

  @nn.compact
  def __call__(self, image: jax.Array, mask: jax.Array, *, train: bool = False) -> jax.Array:
    """Completes pictures.

    Args:
      image: `[B, H, W, 3]` float in [0, 1], the hole filled with the mean colour; H and W are
        multiples of 4.
      mask: `[B, H, W, 1]`, 1 = to be completed.
      train: whether BatchNorm uses this batch's statistics, and moves the running ones.

    Returns:
      `[B, H, W, 3]` in [0, 1], float32 (float64 for float64); known pixels are not restored.
    """
    *hidden, last = COMPLETION_LAYERS
    x = jnp.concatenate([image, mask.astype(image.dtype)], axis=-1).astype(self.dtype)
    for number, layer in enumerate(hidden, start=1):
      x = self._convolution(layer, number)(x)
      x = layers.BatchNorm(name=f'norm{number}')(x, train=train)
      x = nn.relu(x)
    x = layers.Conv(last.features, last.kernel, dtype=self.dtype, name=f'conv{len(COMPLETION_LAYERS)}')(x)
    return nn.sigmoid(x.astype(jnp.promote_types(x.dtype, jnp.float32)))

  def _convolution(self, layer: Layer, number: int) -> nn.Module:
    features = layers.channels(self.width, layer.features)
    name = f'{layer.kind}{number}'
    if layer.kind == 'deconv':
      return layers.UpConv(features, dtype=self.dtype, name=name)
    return layers.Conv(features, layer.kernel, layer.stride, layer.dilation if self.dilated else 1,
                       dtype=self.dtype, name=name)


DISCRIMINATOR_FEATURES = (64, 128, 256, 512, 512, 512)
VECTOR_FEATURES = 1024  # what each branch says about its view


def branch_depth(size: int) -> int:
  """How many stride-2 convolutions bring a view down to 3 to 5 pixels: 6 for 256, 5 for 160, 128 and 96."""
  depth, side = 0, size
  while side > 5:
    depth, side = depth + 1, (side + 1) // 2
  return depth


class Branch(nn.Module):
  """The local or the global discriminator (tables 2 and 3): 5x5 stride-2 convolutions, then FC 1024."""

  width: float = 1.0
  fully_connected_relu: bool = True
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool, groups: int) -> jax.Array:
    """`[B, S, S, 3]` in [0, 1] -> `[B, 1024 * width]`."""
    for index in range(branch_depth(max(x.shape[1:3]))):
      full = DISCRIMINATOR_FEATURES[min(index, len(DISCRIMINATOR_FEATURES) - 1)]
      x = layers.Conv(layers.channels(self.width, full), 5, 2, dtype=self.dtype, name=f'conv{index + 1}')(x)
      x = layers.BatchNorm(name=f'norm{index + 1}')(x, train=train, groups=groups)
      x = nn.relu(x)
    x = x.reshape(x.shape[0], -1)
    x = layers.Dense(layers.channels(self.width, VECTOR_FEATURES), dtype=self.dtype, name='vector')(x)
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

  @nn.compact
  def __call__(self, image: jax.Array, view: jax.Array, *, train: bool = False,
               groups: int = 1) -> jax.Array:
    """Judges whole pictures.

    Args:
      image: `[B, S, S, 3]` float in [0, 1]: real, or completed with known pixels restored.
      view: `[B, 2]` int32, top-left corner of the local view.
      train: whether BatchNorm uses this batch's statistics, and moves the running ones.
      groups: how many batches are interleaved in the rows (`layers.BatchNorm`).

    Returns:
      `[B]` logits of being real, float32 (float64 for float64).
    """
    views = {'local': images.local_view(image, view, self.local_size), 'global': image}
    branches = [
        Branch(self.width, self.fully_connected_relu, self.dtype, name=name)(
            x.astype(self.dtype), train=train, groups=groups)
        for name, x in views.items() if self.branches in (name, 'both')]
    logit = layers.Dense(1, dtype=self.dtype, name='fusion')(jnp.concatenate(branches, axis=-1))
    return logit[:, 0].astype(jnp.promote_types(logit.dtype, jnp.float32))
