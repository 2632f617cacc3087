"""Value ranges, mean fill, composite, middle and local view, on batches of pictures.

Contract: pictures are `[B, H, W, 3]` RGB, masks `[B, H, W, 1]` with 1 where the
picture is to be completed; floats live in a method's `value_range`, and every
function is pure and works under `jit`.
"""

import jax
import jax.numpy as jnp

ValueRange = tuple[float, float]  # lowest and highest float of a picture: (0, 1) for GLCIC


def to_float(
  image: jax.Array, value_range: ValueRange, dtype: jax.typing.DTypeLike = jnp.float32
) -> jax.Array:
  """uint8 0..255 -> float in `value_range`."""
  low, high = value_range
  return image.astype(dtype) * ((high - low) / 255.0) + low


def to_uint8(image: jax.Array, value_range: ValueRange) -> jax.Array:
  """Float in `value_range` -> uint8 0..255, rounded to nearest; values outside are clipped."""
  low, high = value_range
  scaled = (image.astype(jnp.promote_types(image.dtype, jnp.float32)) - low) * (
    255.0 / (high - low)
  )
  return jnp.clip(jnp.round(scaled), 0, 255).astype(jnp.uint8)


def fill_hole(image: jax.Array, mask: jax.Array, color: jax.Array) -> jax.Array:
  """The network's input: the hole overwritten with one `[3]` colour (GLCIC section 3.3)."""
  return jnp.where(mask > 0, jnp.asarray(color, image.dtype), image)


def composite(raw: jax.Array, image: jax.Array, mask: jax.Array) -> jax.Array:
  """The completed picture: the raw output inside the hole, the input's own pixels outside.

  A selection, not a blend: outside the hole the values are the input's to the bit,
  and no gradient reaches the network from there.
  """
  return jnp.where(mask > 0, raw, image)


def middle(image: jax.Array, size: int) -> jax.Array:
  """The square in the middle of each picture: `[B, size, size, C]`."""
  top, left = ((length - size) // 2 for length in image.shape[1:3])
  return image[:, top : top + size, left : left + size]


def paste_middle(image: jax.Array, patch: jax.Array) -> jax.Array:
  """The pictures with patches over their middles; the inverse of `middle`."""
  if patch.shape == image.shape:
    return patch
  top, left = ((length - side) // 2 for length, side in zip(image.shape[1:3], patch.shape[1:3]))
  return jax.lax.dynamic_update_slice(image, patch, (0, top, left, 0))


def local_view(image: jax.Array, corner: jax.Array, size: int) -> jax.Array:
  """The square `[B, size, size, C]` of each picture at its top-left corner (y, x), `[B, 2]` int32.

  The corner is kept inside the picture; `size` is at most H and W.
  """
  corner = jnp.clip(corner, 0, jnp.array(image.shape[1:3], corner.dtype) - size)

  def cut(picture: jax.Array, yx: jax.Array) -> jax.Array:
    return jax.lax.dynamic_slice(
      picture, (yx[0], yx[1], jnp.zeros_like(yx[0])), (size, size, picture.shape[-1])
    )

  return jax.vmap(cut)(image, corner)
