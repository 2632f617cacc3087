"""How many compiled programs are kept in memory."""

import numpy as np

from glcic_jax.inference import programs


def test_programs_of_many_sizes_are_forgotten_and_those_of_few_kept():
  traced = []

  def double(x):
    traced.append(x.shape[0])
    return 2 * x

  run = programs.Bounded(double, most=3)
  for size in (1, 2, 3, 1, 2, 3):
    np.testing.assert_array_equal(run(np.ones(size)), np.full(size, 2))
  assert traced == [1, 2, 3]
  for size in (4, 1, 4):
    np.testing.assert_array_equal(run(np.ones(size)), np.full(size, 2))
  assert traced == [1, 2, 3, 4, 1]
