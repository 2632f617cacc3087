"""3x3 convolutions of stride 1 by Winograd's F(2x2, 3x3): 16 products where the definition has 36.

Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, in their notation:
each 2x2 of the output is `A'[(G k G') * (B' x B)]A`, of the 4x4 of the input that it sees. Over all
channels the sixteen products `*` are sixteen matrix products. With dilation d, rows and columns
that are d apart make up the tiles.

    y = winograd.conv(x, kernel, dilation)                  # x [B, H, W, I], kernel [3, 3, I, O], y
    [B, H, W, O] gradient = winograd.kernel_gradient(x, y_gradient, dilation)

Both sides of a picture are multiples of twice the dilation (`fits`). Padding is symmetric, with
zeros. It rounds a little differently than the definition, by about as much as another order of
summation.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

# Every transformation below maps a list along one axis of the tile: four by four in all, row by
# row.
_Parts = list[jax.Array]


def fits(height: int, width: int, dilation: int) -> bool:
  """Whether whole tiles cover a picture of this size."""
  return height % (2 * dilation) == 0 and width % (2 * dilation) == 0


def conv(x: jax.Array, kernel: jax.Array, dilation: int) -> jax.Array:
  """The convolution: see the top of this file."""
  products = [a @ b for a, b in zip(_input_tiles(x, dilation), _of_kernel(kernel))]
  return _output(products, x.shape[:3], dilation)


def kernel_gradient(x: jax.Array, y_gradient: jax.Array, dilation: int) -> jax.Array:
  """The gradient by the kernel, `[3, 3, I, O]`, from the input and the gradient by the output."""
  tiles = _input_tiles(x, dilation), _gradient_tiles(y_gradient, dilation)
  # Else XLA would compute the tiles anew, and slowly, within each product.
  tiles = jax.lax.optimization_barrier(tiles)
  products = jax.lax.optimization_barrier(
    [jax.lax.dot_general(a, b, (((0,), (0,)), ((), ()))) for a, b in zip(*tiles)]
  )
  rows = [_adjoint_of_g(products[4 * i : 4 * i + 4]) for i in range(4)]
  columns = [_adjoint_of_g(column) for column in zip(*rows)]  # [column][row]
  return jnp.stack([jnp.stack(row) for row in zip(*columns)])


def _input_tiles(x: jax.Array, dilation: int) -> _Parts:
  """B' x B: sixteen of `[tiles, I]`."""
  padded = jnp.pad(x, ((0, 0), (dilation, dilation), (dilation, dilation), (0, 0)))
  rows = _b(_blocks(padded, dilation), axis=1)
  return [part.reshape(-1, x.shape[-1]) for row in rows for part in _b(row, axis=3)]


def _gradient_tiles(gradient: jax.Array, dilation: int) -> _Parts:
  """A y A', the adjoint of what makes the output: sixteen of `[tiles, O]`."""
  rows = _a(_blocks(gradient, dilation), axis=1)
  return [part.reshape(-1, gradient.shape[-1]) for row in rows for part in _a(row, axis=3)]


def _output(products: _Parts, shape: tuple[int, int, int], dilation: int) -> jax.Array:
  """A' m A: sixteen of `[tiles, O]` -> `[B, H, W, O]`."""
  batch, height, width = shape
  features = products[0].shape[-1]
  tiles = (batch, height // (2 * dilation), dilation, width // (2 * dilation), dilation, features)
  products = [part.reshape(tiles) for part in products]
  rows = [_adjoint_of_a(products[4 * i : 4 * i + 4]) for i in range(4)]
  columns = [_adjoint_of_a(column) for column in zip(*rows)]  # [column][row]
  y = jnp.stack([jnp.stack(row, axis=4) for row in zip(*columns)], axis=2)
  return y.reshape(batch, height, width, features)


def _of_kernel(kernel: jax.Array) -> _Parts:
  """G k G': sixteen of `[I, O]`."""
  rows = zip(*[_g([kernel[i, j] for i in range(3)]) for j in range(3)])  # [row][column]
  return [part for row in rows for part in _g(row)]


def _blocks(x: jax.Array, dilation: int) -> jax.Array:
  """`[B, H, W, C]` -> `[B, H/d, d, W/d, d, C]`: neighbours along axes 1 and 3 are d apart in
  the picture.
  """
  batch, height, width, channels = x.shape
  return x.reshape(batch, height // dilation, dilation, width // dilation, dilation, channels)


def _every_second(x: jax.Array, axis: int, first: int, count: int) -> jax.Array:
  return jax.lax.slice_in_dim(x, first, first + 2 * count - 1, 2, axis)


def _b(x: jax.Array, axis: int) -> _Parts:
  count = x.shape[axis] // 2 - 1
  p, q, r, s = (_every_second(x, axis, first, count) for first in range(4))
  return [p - r, q + r, r - q, q - s]


def _a(x: jax.Array, axis: int) -> _Parts:
  p, q = (_every_second(x, axis, first, x.shape[axis] // 2) for first in range(2))
  return [p, p + q, p - q, -q]


def _adjoint_of_a(parts: Sequence[jax.Array]) -> _Parts:
  p, q, r, s = parts
  return [p + q + r, q - r - s]


def _g(parts: Sequence[jax.Array]) -> _Parts:
  p, q, r = parts
  return [p, (p + q + r) / 2, (p - q + r) / 2, r]


def _adjoint_of_g(parts: Sequence[jax.Array]) -> _Parts:
  p, q, r, s = parts
  return [p + (q + r) / 2, (q - r) / 2, (q + r) / 2 + s]
