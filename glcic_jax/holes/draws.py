"""The random generator of one sample: a function of (seed, index, stream) alone."""

import numpy as np

# Independent streams of one (seed, index).
COMPLETION = 0  # M_c, the hole that is completed
VALIDATION = 1  # the same, of held-back pictures
PICTURE = 2  # the place and scale of the crop, and whether it is mirrored
EVALUATION = 3  # the holes of a manifest


def generator(seed: int, index: int, stream: int = COMPLETION) -> np.random.Generator:
  """The random generator of one sample: a function of its arguments alone."""
  return np.random.default_rng((seed, index, stream))


def neighbour(index: int) -> int:
  """The sample whose M_c is the M_d of sample `index`.

  Samples (0, 1), (2, 3), ... are pairs: each has the other's hole for its real view.
  """
  return index ^ 1
