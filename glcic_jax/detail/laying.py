"""Laying blocks over each other, and joining what comes out to the completion's own."""

from collections.abc import Callable

import numpy as np

from glcic_jax.detail import bands
from glcic_jax.detail import blocks

_UNLIKE = 0.25  # where a mean lacks so much of its loudness, its blocks count as unlike

Piece = Callable[[int, int], np.ndarray]  # a corner -> the block there, [side, side, C]


def lay(
  piece: Piece,
  corners: blocks.Corners,
  offsets: blocks.Corners,
  shape: tuple[int, int, int],
  *,
  side: int,
  power: float,
  gain: float,
  louder: float,
) -> np.ndarray:
  """The weighted mean of blocks, its local energy restored.

  Where unlike blocks overlap their mean is quieter than each of them; it is made louder by as much.

  Args:
    piece: reads the block to be copied at a corner.
    corners: `[N]` and `[N]`, where blocks are laid.
    offsets: `[N]` and `[N]`, from there to where they are copied from.
    shape: of the result.
    side: of blocks, in pixels.
    power: how steep a window each block has.
    gain: the most that blocks are taken to cancel each other by.
    louder: by so much more where unlike blocks overlap; 1 restores their energy.

  Returns:
    `[H, W, C]` float32; 0 where no block lies.
  """
  edge = np.sin(np.pi * np.arange(1, side + 1) / (side + 1)) ** (2 * power)
  window = np.outer(edge, edge).astype(np.float32)
  total = np.zeros(shape, np.float32)
  weight, energy = np.zeros((2, *shape[:2]), np.float32)
  for y, x, dy, dx in zip(*corners, *offsets):
    block, here = piece(y + dy, x + dx), (slice(y, y + side), slice(x, x + side))
    total[here] += window[..., None] * block
    weight[here] += window
    energy[here] += window * _square(block)
  weight = np.maximum(weight, 1e-12)
  mean = total / weight[..., None]
  ratio = _ratio(energy / weight, _square(mean), side)
  gains = np.clip(ratio, 1, gain)
  return mean * (gains * (1 + (louder - 1) * np.clip((gains - 1) / _UNLIKE, 0, 1)))[..., None]


def _square(values: np.ndarray) -> np.ndarray:
  """The mean of the channels' squares: `[H, W]`."""
  return np.einsum('hwc,hwc->hw', values, values) / np.float32(values.shape[2])


def join(
  own: np.ndarray, copied: np.ndarray, depth: np.ndarray, *, fade: float, side: int
) -> np.ndarray:
  """The completion's detail at the hole's border, where it is right and continuous with what is
  known, and the copied one `fade` pixels deep in it.

  In between, the mixture is given both parts' energy, whether they are alike or not: a completion
  that is as the copied blocks are stays as it is.

  Args:
    own: `[H, W, C]`, the completion's.
    copied: `[H, W, C]`.
    depth: `[H, W]`, distance to the hole's border.
    fade: in pixels; 0: at once.
    side: of blocks, in pixels: energies are those around a pixel.
  """
  angle = np.clip(depth / (fade + 1), 0, 1).astype(np.float32) * np.float32(np.pi / 2)
  new, old = np.sin(angle), np.cos(angle)
  both = new[..., None] * copied + old[..., None] * own
  wanted = new**2 * _square(copied) + old**2 * _square(own)
  return both * np.clip(_ratio(wanted, _square(both), side), 0.5, 2)[..., None]


def _ratio(wanted: np.ndarray, there: np.ndarray, side: int) -> np.ndarray:
  """By what values are to be multiplied for their energy, around each pixel, to be as wanted."""
  around = side // 2 + 1 - side // 2 % 2
  energies = bands.box(wanted, around), bands.box(there, around)
  return np.sqrt(np.maximum(energies[0], 0) / np.maximum(energies[1], 1e-9))
