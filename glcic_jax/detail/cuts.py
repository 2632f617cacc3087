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
  return result


def _cut(error: np.ndarray, laid: np.ndarray) -> np.ndarray:
  """For every row of strips `[N, B, overlap]` how many pixels from the left stay: `[N, B]` int.

  From row to row it changes by one at most; a seam costs the errors at both its sides.
  """
  count, rows, overlap = error.shape
  cost = np.pad(error, ((0, 0), (0, 0), (1, 0)), mode='edge')
  cost += np.pad(error, ((0, 0), (0, 0), (0, 1)), mode='edge')
  first = np.where(laid.all(2), overlap, laid.argmin(2))  # no cut runs beyond what is laid
  cost[np.arange(overlap + 1) > first[..., None]] = np.inf
  # The best seams that come to each place, and in the frame none; then the last step of each.
  total = np.full((count, overlap + 3), np.inf, cost.dtype)
  middle, left, right = total[:, 1:-1], total[:, :-2], total[:, 2:]
  middle[:] = cost[:, 0]
  steps = []
  for row in range(1, rows):
    # Straight on comes first: of equals it is chosen.
    sideways = np.minimum(left, right)
    steps.append(np.where(middle <= sideways, 0, np.where(left <= right, -1, 1)))
    middle[:] = cost[:, row] + np.minimum(middle, sideways)
  cut = np.empty((count, rows), int)
  cut[:, -1] = middle.argmin(1)
  for row in range(rows - 2, -1, -1):
    cut[:, row] = cut[:, row + 1] + steps[row][np.arange(count), cut[:, row + 1]]
  return cut
