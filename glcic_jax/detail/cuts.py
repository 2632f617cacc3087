"""Where one block ends and the next begins: minimum-error boundary cuts (Efros and Freeman 2001,
section 2.1), of many blocks at a time.
"""

import numpy as np


def own(error: np.ndarray, laid: np.ndarray, overlap: int) -> np.ndarray:
  """Which pixels of new blocks are their own; the others stay as laid.

  From each side of a block runs a cut through what is laid there, where both differ least.

  Args:
    error: `[N, B, B]`, how much a block differs from what is laid; at least 0.
    laid: `[N, B, B]` bool; what is not laid is the block's own.
    overlap: pixels from a side that its cut keeps to, at most B.

  Returns:
    `[N, B, B]` bool.
  """
  error = np.where(laid, error, 0)
  result = np.ones(error.shape, bool)
  for turns in range(4):
    strips = (np.rot90(values, turns, axes=(1, 2))[:, :, :overlap] for values in (error, laid))
    cut = _cut(*strips)[..., None]
    np.rot90(result, turns, axes=(1, 2))[:, :, :overlap] &= np.arange(overlap) >= cut
  return result | ~laid


def _cut(error: np.ndarray, laid: np.ndarray) -> np.ndarray:
  """For every row of strips `[N, B, overlap]` how many pixels from the left stay: `[N, B]` int.

  From row to row it changes by one at most; a seam costs the errors at both its sides.
  """
  count, rows, overlap = error.shape
  cost = np.pad(error, ((0, 0), (0, 0), (1, 0)), mode='edge')
  cost += np.pad(error, ((0, 0), (0, 0), (0, 1)), mode='edge')
  first = np.where(laid.all(2), overlap, laid.argmin(2))  # where nothing stays
  cost[np.arange(overlap + 1) > first[..., None]] = np.inf
  total, steps = cost[:, 0], []
  for row in range(1, rows):
    framed = np.pad(total, ((0, 0), (1, 1)), constant_values=np.inf)
    # Straight on comes first: of equals it is chosen.
    before = np.stack([framed[:, 1:-1], framed[:, :-2], framed[:, 2:]])
    steps.append(np.array([0, -1, 1])[before.argmin(0)])
    total = cost[:, row] + before.min(0)
  cut = np.empty((count, rows), int)
  cut[:, -1] = total.argmin(1)
  for row in range(rows - 2, -1, -1):
    cut[:, row] = cut[:, row + 1] + steps[row][np.arange(count), cut[:, row + 1]]
  return cut
