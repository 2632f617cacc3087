"""The transposed convolution of stride 2 on an accelerator: whole, as what it is.

It is the gradient, by its input, of a convolution of stride 2, and that convolution is its own
gradient by its input. So all three directions are what an accelerator's compiler knows; the four
small convolutions of `subpixel.py` would each copy their input. Written as a convolution of a
spread-out input, its gradient by the kernel would be slow.
"""

import jax

from glcic_jax.models.convolutions import geometry as geometry_lib


@jax.custom_vjp
def conv(x: jax.Array, kernel: jax.Array) -> jax.Array:
  """`convolutions.up_conv`, in one."""
  odd = kernel.shape[0] % 2
  batch, height, width, _ = x.shape
  up = jax.ShapeDtypeStruct((batch, 2 * height - odd, 2 * width - odd, kernel.shape[3]), x.dtype)
  turned = _turned(kernel)
  return jax.linear_transpose(lambda up: _down(up, turned), up)(x)[0]


def _forward(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
  return conv(x, kernel), (x, kernel)


def _backward(
  kept: tuple[jax.Array, jax.Array], gradient: jax.Array
) -> tuple[jax.Array, jax.Array]:
  x, kernel = kept
  turned = _turned(kernel)
  (by_turned,) = jax.linear_transpose(lambda turned: _down(gradient, turned), turned)(x)
  return _down(gradient, turned), _turned(by_turned)


conv.defvjp(_forward, _backward)


def _down(y: jax.Array, kernel: jax.Array) -> jax.Array:
  """`[B, 2H, 2W, O]` by `[4, 4, O, I]` -> `[B, H, W, I]`; from 2H - 1 and 2W - 1 by 5x5."""
  pad = (1 + kernel.shape[0] % 2,) * 2
  return geometry_lib.convolve(y, kernel, geometry_lib.Geometry(2, 1, pad, pad))


def _turned(kernel: jax.Array) -> jax.Array:
  return kernel[::-1, ::-1].swapaxes(2, 3)
