"""A hole as a run-length code: `12 3 ...` is 12 pixels known, then 3 of the hole, row by row."""

import numpy as np


def encode(hole: np.ndarray) -> str:
  """`[H, W]` bool -> its run-length code."""
  flat = np.concatenate([[False], hole.ravel(), [not hole.flat[-1]]])
  edges = np.flatnonzero(flat[1:] != flat[:-1])
  return ' '.join(map(str, np.diff(edges, prepend=0).tolist()))


def decode(runs: str, shape: tuple[int, int]) -> np.ndarray:
  """The inverse of `encode`.

  Raises:
    ValueError: if the runs do not fill the shape.
  """
  lengths = [int(length) for length in runs.split()]
  if sum(lengths) != shape[0] * shape[1] or min(lengths) < 0:
    raise ValueError(f'The runs cover {sum(lengths)} pixels of {shape}.')
  return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(shape)
