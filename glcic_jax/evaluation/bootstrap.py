"""How sure a mean over pictures is: seeded bootstrap intervals, also of differences, picture by
picture.
"""

import functools

import numpy as np

RESAMPLES = 2_000
LEVEL = 0.95
_ROWS = 100  # resamples at a time: thousands of pictures must fit in memory


def interval(values: np.ndarray, seed: int) -> tuple[float, float] | None:
  """The percentile interval of the mean, at `LEVEL`.

  Args:
    values: `[N]`, finite. For a paired interval of two models, their differences.
    seed: the pictures drawn are a function of it and of N, so that all scores are resampled alike.

  Returns:
    its lower and upper end; None for fewer than two values.
  """
  if len(values) < 2:
    return None
  means = weights(len(values), seed) @ values
  low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
  return float(low), float(high)


@functools.lru_cache(8)
def weights(count: int, seed: int) -> np.ndarray:
  """`[RESAMPLES, N]` float32: how much each picture counts in each resample."""
  rng = np.random.default_rng((seed, count))
  found = np.empty((RESAMPLES, count), np.float32)
  for start in range(0, RESAMPLES, _ROWS):
    drawn = rng.integers(count, size=(_ROWS, count)) + count * np.arange(_ROWS)[:, None]
    found[start : start + _ROWS] = np.bincount(drawn.ravel(), minlength=_ROWS * count).reshape(
      _ROWS, count
    )
  return found / count
