"""Convolutions as functions, each by the implementation that is fast where it runs.

    y = convolutions.conv(x, kernel, stride=2)    # [B, H, W, I] by [K, K, I, O]
    y = convolutions.up_conv(x, kernel)           # twice as high and as wide

An implementation is another way to compute the same numbers. Each has a file here, and which one
serves is decided in this one, from shapes and the platform:

    geometry      what a convolution is, and XLA's own: the definition
    patches       strided, to 4x4 pixels at most: one matrix product, on any platform
    taps          on a single CPU device: a gradient by the kernel of its own
    dilated       on a GPU: the same for dilated ones
    subpixel      upwards: four small convolutions, interleaved
    transposed    upwards on a GPU or TPU: whole

Platforms are 'cpu', 'gpu' and 'tpu': what a program is compiled for, wherever that is done; None is
where this process computes.
"""

import jax
import jax.numpy as jnp

from glcic_jax.models.convolutions import dilated
from glcic_jax.models.convolutions import geometry as geometry_lib
from glcic_jax.models.convolutions import patches
from glcic_jax.models.convolutions import subpixel
from glcic_jax.models.convolutions import taps
from glcic_jax.models.convolutions import transposed

# The platform that is none: XLA's own convolutions throughout, for counting, measuring and
# exporting. Only they serve pictures whose sides are symbols.
AS_DEFINED = 'as defined'


def conv(
  x: jax.Array,
  kernel: jax.Array,
  *,
  stride: int = 1,
  dilation: int = 1,
  padding: int | None = None,
  platform: str | None = None,
) -> jax.Array:
  """A convolution of `[B, H, W, I]` by `[K, K, I, O]`, with symmetric zero padding.

  `padding`: pixels on each side; None: dilation * (K - 1) / 2, rounded down.
  """
  platform = platform or jax.default_backend()
  if platform != AS_DEFINED and padding is None and patches.is_small(x, stride):
    return patches.conv(x, kernel, stride, dilation)
  pad = dilation * (kernel.shape[0] - 1) // 2 if padding is None else padding
  geometry = geometry_lib.Geometry(stride, dilation, (pad, pad), (pad, pad))
  return _for(platform, x.dtype)(x, kernel, geometry)


def up_conv(x: jax.Array, kernel: jax.Array, *, platform: str | None = None) -> jax.Array:
  """The transposed convolution of stride 2 by `[4, 4, I, O]` or `[5, 5, I, O]`: `layers.UpConv`.

  Returns:
    `[B, 2H, 2W, O]`; by 5x5, 2H - 1 and 2W - 1.
  """
  platform = platform or jax.default_backend()
  if platform in ('gpu', 'tpu'):
    return transposed.conv(x, kernel)
  return subpixel.conv(x, kernel, _for(platform, x.dtype))


def _for(platform: str, dtype: jnp.dtype) -> geometry_lib.Convolution:
  """The implementation for any geometry."""
  if platform == 'gpu':
    return dilated.conv
  # Several CPU devices only rehearse others, and there a gradient would be summed over them tap by
  # tap. bfloat16 is no type of a CPU.
  if platform == 'cpu' and jax.device_count() == 1 and dtype in (jnp.float32, jnp.float64):
    return taps.conv
  return geometry_lib.convolve
