"""Laying blocks over each other, and joining what comes out to the completion's own."""

from collections.abc import Callable

import numpy as np

from glcic_jax.detail import bands
from glcic_jax.detail import blocks

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
    gain: the most that the mean is made louder by.

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
  around = side // 2 + 1 - side // 2 % 2
  wanted = np.maximum(bands.box(energy / weight, around), 0)
  there = np.maximum(bands.box(_square(mean), around), 1e-9)
  return mean * np.clip(np.sqrt(wanted / there), 1, gain)[..., None]


def _square(values: np.ndarray) -> np.ndarray:
  """The mean of the channels' squares: `[H, W]`."""
  return np.einsum('hwc,hwc->hw', values, values) / np.float32(values.shape[2])


def join(own: np.ndarray, copied: np.ndarray, depth: np.ndarray, fade: float) -> np.ndarray:
  """The completion's detail at the hole's border, where it is right and continuous with what is
  known, and the copied one `fade` pixels deep in it; in between both, so that their energy stays.
  """
  share = np.clip(depth / (fade + 1), 0, 1)[..., None].astype(np.float32) * np.float32(np.pi / 2)
  return np.sin(share) * copied + np.cos(share) * own
