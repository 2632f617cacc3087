"""Torch's layouts of arrays and ours, one pair of functions for each kind; each pair are inverses.

Torch keeps a convolution's kernel as `[out, in, height, width]` and a transposed one's as `[in,
out, height, width]`; here both are `[height, width, in, out]`. Where `in` equals `out`, a wrong
order shows in no shape.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Layout(NamedTuple):
  """How an array is laid out there and here."""

  to_ours: Callable[[np.ndarray], np.ndarray]
  to_theirs: Callable[[np.ndarray], np.ndarray]


def flattened(channels: int) -> Layout:
  """A dense layer on a flattened square map: Torch flattens channels first, here they come last."""

  def to_ours(weight: np.ndarray) -> np.ndarray:
    side = round((weight.shape[1] / channels) ** 0.5)
    maps = weight.reshape(-1, channels, side, side)
    return maps.transpose(2, 3, 1, 0).reshape(-1, len(weight))

  def to_theirs(kernel: np.ndarray) -> np.ndarray:
    side = round((len(kernel) / channels) ** 0.5)
    maps = kernel.reshape(side, side, channels, -1)
    return maps.transpose(3, 2, 0, 1).reshape(kernel.shape[1], -1)

  return Layout(to_ours, to_theirs)


def _swap_halves(kernel: np.ndarray) -> np.ndarray:
  return np.roll(kernel, len(kernel) // 2, axis=0)


VECTOR = Layout(lambda array: array, lambda array: array)
KERNELS = {
  'conv': Layout(
    lambda theirs: theirs.transpose(2, 3, 1, 0), lambda ours: ours.transpose(3, 2, 0, 1)
  ),
  # Flipped: Torch scatters each input pixel through its kernel, ours gathers the pixels that an
  # output sees.
  'deconv': Layout(
    lambda theirs: theirs.transpose(2, 3, 0, 1)[::-1, ::-1],
    lambda ours: ours[::-1, ::-1].transpose(2, 3, 0, 1),
  ),
  'dense': Layout(np.transpose, np.transpose),
  # A dense layer on two joined vectors, which Torch's network joins the other way round.
  'swapped': Layout(lambda theirs: _swap_halves(theirs.T), lambda ours: _swap_halves(ours).T),
}
