"""Copied blocks, joined to the completion's own: against answers by hand."""

import numpy as np
import pytest

from glcic_jax.detail import laying
from glcic_jax.detail import quilting

NOISE = np.random.default_rng(0).standard_normal((2, 24, 24, 3)).astype(np.float32)


def joined(depth, own=NOISE[0], **change):
  how = {'fade': 7, 'rise': 1, 'louder': 1.2, 'side': 8} | change
  return laying.join(own, NOISE[1], np.full((24, 24), depth), **how)


def test_at_the_holes_border_the_completion_stays():
  np.testing.assert_allclose(joined(0.0), NOISE[0], rtol=1e-5)


def test_deep_in_it_the_copied_is_there_as_loud_as_wanted():
  np.testing.assert_allclose(joined(50.0), 1.2 * NOISE[1], atol=1e-5)


def test_loudness_is_the_copieds_before_the_completion_has_faded():
  half = joined(4.0, 0 * NOISE[0])  # in the middle of fading, beyond where loudness rises
  np.testing.assert_allclose(half, 1.2 * NOISE[1], atol=1e-5)
  np.testing.assert_allclose(
    joined(4.0, 0 * NOISE[0], rise=7), np.sqrt(0.5) * 1.2 * NOISE[1], atol=1e-5
  )


@pytest.mark.parametrize(
  ('feather', 'beside'), [(0.0, (0, 0, 1, 1)), (1.0, (1 / 32, 9 / 32, 23 / 32, 31 / 32))]
)
def test_two_blocks_mix_across_their_cut_and_not_along_it(feather, beside):
  label = np.full((4, 40), -1)
  label[:, :3], label[:, 3:6] = 0, 1
  quilt = quilting.Quilt(label, np.array([0, 0]), np.array([0, 30]), np.ones((2, 1)))
  values = np.zeros((8, 80, 1), np.float32)
  values[:, 40:] = 1  # what the right block copies
  found = laying.copied(values, quilt, (slice(0, 4), slice(0, 7)), factor=2, feather=feather)
  wanted = [0, 0, 0, 0, *beside, 1, 1, 1, 1, 0, 0]
  np.testing.assert_allclose(found[..., 0], np.tile(wanted, (8, 1)), atol=1e-6)
