"""How large the holes of a config are."""

import numpy as np
import pytest

from glcic_jax import config as config_lib
from glcic_jax.holes import measures


def test_the_inner_radius_of_known_holes():
  hole = np.zeros((40, 60), bool)
  assert measures.radius(hole) == 0
  hole[10:19, 5:50] = True
  assert measures.radius(hole) == 5  # of the middle row
  hole[:] = False
  hole[:4] = True
  assert measures.radius(hole) == 2  # the picture's edge is the hole's


def test_radii_are_those_of_the_holes_and_a_function_of_the_config():
  config = config_lib.default().mask
  config.side = (16, 32)
  low, high = measures.radii(config, 64)
  assert 8 / 64 <= low < high <= 17 / 64
  assert measures.radii(config.copy_and_resolve_references(), 64) == (low, high)
  config.side = (8, 8)
  assert measures.radii(config, 64) == pytest.approx((4 / 64, 4 / 64))
  config.side = (65, 65)
  assert measures.radii(config, 64) is None
