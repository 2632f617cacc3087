"""Photographs in grey: no masks, and easily given as one.

A photograph is mostly neither light nor dark, and goes up and down there; however soft a mask is,
it goes one way from dark to light. Of 79 grey photographs 67 are found, and 1 of 3,888 soft or pale
masks (`benchmarks/NOTES.md`). NumPy alone: see `mask_meaning`.
"""

import numpy as np

_SMALLEST = 100  # pixels of the shorter side: of less, nothing is told
_REACH, _STEP = 8, 3  # pixels of a way; levels up to which a step of it is a JPEG's noise
_RANGE, _STEEP = 64, 8  # levels, from dark to light and of a way's steps, at least
_DIRECT = 0.15, 0.6  # what a way gains, as a share of its steps: in noise 1/8, on a soft edge 1
_LOOKED_AT = 1_000_000  # pixels, of rows and columns that are evenly spread


def middle(levels: np.ndarray, white: float) -> float:
  """Of a photograph, the share of its pixels that is neither light nor dark; else 0.

  Args:
    levels: `[H, W]`, from 0 on.
    white: where their scale ends.
  """
  ends = np.count_nonzero((levels == levels.min()) | (levels == levels.max()))
  if min(levels.shape) < _SMALLEST or 2 * ends > levels.size:
    return 0.0
  every = -(-4 * levels.size // _LOOKED_AT)
  both = [way[::every] * np.float32(255 / white) for way in (levels, levels.T)]
  low, high = np.percentile(both[0], (5, 95))
  middles = [abs(lines - (low + high) / 2) < (high - low) * 3 / 8 for lines in both]
  share = float(np.mean([middle.mean() for middle in middles]))
  if share <= 0.5 or high - low < _RANGE:
    return 0.0
  ways, added, gained = 0, 0.0, 0.0
  for lines, middle in zip(both, middles):
    steps = abs(np.diff(lines, axis=1, prepend=lines[:, :1]))
    sums = np.cumsum(np.where(steps > _STEP, steps, 0), axis=1)
    sums = sums[:, _REACH:] - sums[:, :-_REACH]
    gains = np.minimum(sums, abs(lines[:, _REACH:] - lines[:, :-_REACH]))
    here = middle[:, _REACH // 2 : -_REACH // 2]
    ways, added, gained = ways + here.sum(), added + sums[here].sum(), gained + gains[here].sum()
  is_one = added > _STEEP * ways and _DIRECT[0] < gained / added < _DIRECT[1]
  return share if is_one else 0.0
