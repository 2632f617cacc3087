"""Laying blocks over each other, at full size, and joining what comes out to the completion."""

import numpy as np

from glcic_jax.detail import bands
from glcic_jax.detail import settings as settings_lib


def lay(
  detail: np.ndarray,
  corners: tuple[np.ndarray, np.ndarray],
  offsets: tuple[np.ndarray, np.ndarray],
  block: int,
  settings: settings_lib.Settings,
) -> np.ndarray:
  """The weighted mean of blocks, its local energy restored.

  Where unlike blocks overlap their mean is quieter than each of them; it is made louder by as much.

  Args:
    detail: `[H, W, C]`, what is finer than the cut-off, framed by a block.
    corners: `[N]` and `[N]`, of the blocks of the hole, in pixels of `detail`.
    offsets: `[N]` and `[N]`, from a block to where it is copied from.
    block: side of a block.
    settings: steepness and the most that it is made louder by.

  Returns:
    `[H, W, C]`; 0 where no block lies.
  """
  edge = np.sin(np.pi * np.arange(1, block + 1) / (block + 1)) ** (2 * settings.power)
  window = np.outer(edge, edge).astype(np.float32)[..., None]
  total = np.zeros_like(detail)
  sums = np.zeros((*detail.shape[:2], 2), np.float32)  # of weights, of weighted energies
  for y, x, dy, dx in zip(*corners, *offsets):
    here = slice(y, y + block), slice(x, x + block)
    piece = detail[y + dy : y + dy + block, x + dx : x + dx + block]
    total[here] += window * piece
    energy = np.square(piece).mean(-1, keepdims=True)
    sums[here] += window * np.concatenate([np.ones_like(energy), energy], axis=-1)
  weight = np.maximum(sums[..., 0], 1e-12)
  mean = total / weight[..., None]
  side = block // 2 + 1 - block // 2 % 2
  wanted = np.maximum(bands.box(sums[..., 1] / weight, side), 0)
  there = np.maximum(bands.box(np.square(mean).mean(-1), side), 1e-9)
  return mean * np.clip(np.sqrt(wanted / there), 1, settings.gain)[..., None]


def join(own: np.ndarray, copied: np.ndarray, hole: np.ndarray, fade: float) -> np.ndarray:
  """Detail of the hole: the completion's at the border, which is continuous with what is known, and
  the copied one within; in between both, so that their energy stays.
  """
  if not fade:
    return copied
  share = np.clip(bands.depth(hole) / (fade + 1), 0, 1)[..., None].astype(np.float32) * (np.pi / 2)
  return np.sin(share) * copied + np.cos(share) * own
