"""L1, L2 and PSNR of pictures whose error is known."""

import math

import numpy as np
import pytest

from glcic_jax import scores


def _constant_error(k, dtype=np.uint8):
  """Two pictures: the truth is 100; the hole of 4 of 16 pixels is off by k, first up, then down."""
  truth = np.full((2, 4, 4, 3), 100)
  mask = np.zeros((2, 4, 4, 1), np.uint8)
  mask[:, 1:3, 1:3] = 1
  completed = truth + mask * np.array([k, -k])[:, None, None, None]
  return completed.astype(dtype), truth.astype(dtype), mask


@pytest.mark.parametrize('dtype', [np.uint8, np.float32, np.int32])
@pytest.mark.parametrize('k', [1, 5, 51, 100])
def test_a_constant_error_in_the_hole_scores_exactly(k, dtype):
  arguments = _constant_error(k, dtype)
  for region, share in (('hole', 1.0), ('whole', 0.25)):
    np.testing.assert_allclose(
        scores.l1(*arguments, region=region), [share * k / 255] * 2, rtol=1e-6)
    np.testing.assert_allclose(
        scores.l2(*arguments, region=region), [share * (k / 255)**2] * 2, rtol=1e-6)
    np.testing.assert_allclose(
        scores.psnr(*arguments, region=region),
        [20 * math.log10(255 / k) - 10 * math.log10(share)] * 2, rtol=1e-6)


def test_the_largest_error_is_zero_decibel():
  black, white = np.zeros((1, 2, 2, 3), np.uint8), np.full((1, 2, 2, 3), 255, np.uint8)
  mask = np.ones((1, 2, 2, 1), np.uint8)
  np.testing.assert_allclose(scores.l1(black, white, mask, region='hole'), [1])
  np.testing.assert_allclose(scores.psnr(black, white, mask, region='hole'), [0], atol=1e-6)


def test_each_picture_is_scored_by_itself():
  rng = np.random.default_rng(0)
  completed, truth = rng.integers(0, 256, (2, 3, 5, 6, 3), dtype=np.uint8)
  mask = (rng.random((3, 5, 6, 1)) < 0.4).astype(np.uint8)
  l1 = scores.l1(completed, truth, mask, region='hole')
  l2 = scores.l2(completed, truth, mask, region='hole')
  for b in range(3):
    inside = [(float(completed[b, y, x, c]) - float(truth[b, y, x, c])) / 255
              for y, x, c in np.ndindex(5, 6, 3) if mask[b, y, x, 0]]
    np.testing.assert_allclose(l1[b], sum(map(abs, inside)) / len(inside), rtol=1e-5)
    np.testing.assert_allclose(l2[b], sum(e * e for e in inside) / len(inside), rtol=1e-5)


def test_equal_pictures_have_no_error_and_infinite_psnr():
  _, truth, mask = _constant_error(1)
  np.testing.assert_array_equal(scores.l1(truth, truth, mask, region='whole'), [0, 0])
  np.testing.assert_array_equal(scores.psnr(truth, truth, mask, region='hole'), [np.inf] * 2)


def test_a_picture_without_a_hole_has_no_error_in_it():
  completed, truth, mask = _constant_error(9)
  np.testing.assert_array_equal(scores.l1(completed, truth, 0 * mask, region='hole'), [0, 0])
  np.testing.assert_array_equal(scores.l2(completed, truth, 0 * mask, region='hole'), [0, 0])


def test_an_error_outside_the_hole_counts_in_the_whole_alone():
  completed, truth, mask = _constant_error(9)
  outside = np.where(mask > 0, truth, completed + 9).astype(np.uint8)
  np.testing.assert_array_equal(scores.l1(outside, truth, mask, region='hole'), [0, 0])
  assert (np.asarray(scores.l1(outside, truth, mask, region='whole')) > 0).all()


@pytest.mark.parametrize('score', [scores.l1, scores.l2, scores.psnr])
def test_an_unknown_region_is_refused(score):
  with pytest.raises(ValueError, match='edge'):
    score(*_constant_error(1), region='edge')
