"""Scores of pictures whose error is known, and scikit-image's of the same pictures."""

import functools
import math

import jax
import jax.numpy as jnp
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
      scores.l1(*arguments, region=region), [share * k / 255] * 2, rtol=1e-6
    )
    np.testing.assert_allclose(
      scores.l2(*arguments, region=region), [share * (k / 255) ** 2] * 2, rtol=1e-6
    )
    np.testing.assert_allclose(
      scores.psnr(*arguments, region=region),
      [20 * math.log10(255 / k) - 10 * math.log10(share)] * 2,
      rtol=1e-6,
    )


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
    inside = [
      (float(completed[b, y, x, c]) - float(truth[b, y, x, c])) / 255
      for y, x, c in np.ndindex(5, 6, 3)
      if mask[b, y, x, 0]
    ]
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


def _noisy(seed=0, shape=(2, 24, 31, 3)):
  """A smooth picture and a noisy one of it, and a mask."""
  rng = np.random.default_rng(seed)
  truth = np.cumsum(rng.integers(-9, 10, shape), axis=2) + 128
  completed = truth + rng.normal(0, 20, shape)
  mask = (rng.random((*shape[:3], 1)) < 0.4).astype(np.uint8)
  return *(np.clip(image, 0, 255).astype(np.uint8) for image in (completed, truth)), mask


def test_ssim_and_psnr_are_scikit_images():
  metrics = pytest.importorskip('skimage.metrics')
  completed, truth, mask = _noisy()
  bright = np.full_like(truth, 250), np.clip(completed, 230, 255)  # where rounding is worst
  for x, y in ((completed, truth), bright):
    expected = [
      metrics.structural_similarity(
        *pair,
        gaussian_weights=True,
        sigma=1.5,
        channel_axis=-1,
        use_sample_covariance=False,
        data_range=255,
      )
      for pair in zip(x, y)
    ]
    in_decibel = [metrics.peak_signal_noise_ratio(b, a, data_range=255) for a, b in zip(x, y)]
    for form, tolerance in ((np.float64, 1e-9), (np.asarray, 1e-5), (jnp.asarray, 1e-5)):
      ssim = functools.partial(scores.ssim, region='whole')
      ssim = jax.jit(ssim) if form is jnp.asarray else ssim
      np.testing.assert_allclose(ssim(form(x), form(y), form(mask)), expected, atol=tolerance)
      psnr = scores.psnr(form(x), form(y), form(mask), region='whole')
      np.testing.assert_allclose(psnr, in_decibel, rtol=tolerance)


@pytest.mark.parametrize(
  'score', [scores.l1, scores.l2, scores.psnr, scores.ssim, scores.relative_l1]
)
@pytest.mark.parametrize('region', ['hole', 'whole'])
def test_jax_under_jit_and_numpy_agree(score, region):
  arguments = _noisy()
  by_numpy = score(*arguments, region=region)
  by_jax = jax.jit(functools.partial(score, region=region))(*arguments)
  assert isinstance(by_numpy, np.ndarray) and isinstance(by_jax, jax.Array)
  np.testing.assert_allclose(by_jax, by_numpy, rtol=1e-4)


def test_ssim_of_a_constant_error_by_hand():
  # No variance: what is left is the comparison of the means, (2 x y + C1) / (x^2 + y^2 + C1).
  truth, mask = np.full((1, 20, 20, 3), 100), np.ones((1, 20, 20, 1))
  c1 = 2.55**2
  expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
  for region in ('hole', 'whole'):
    np.testing.assert_allclose(scores.ssim(truth + 20, truth, mask, region=region), [expected])
    np.testing.assert_allclose(scores.ssim(truth, truth, mask, region=region), [1])


def test_ssim_in_the_hole_is_that_of_the_windows_centred_there():
  completed, truth, _ = _noisy()
  mask = np.zeros((2, 24, 31, 1))
  mask[0, 9, 12] = mask[1, 2, 3] = 1  # one window; and none, so near to the border
  window = (slice(0, 1), slice(4, 15), slice(7, 18))
  expected = scores.ssim(completed[window], truth[window], np.ones((1, 11, 11, 1)), region='whole')
  np.testing.assert_allclose(
    scores.ssim(completed, truth, mask, region='hole'), [expected[0], np.nan]
  )


def test_ssim_refuses_a_picture_below_its_window():
  small = np.zeros((1, 10, 30, 3))
  with pytest.raises(ValueError, match='11 px'):
    scores.ssim(small, small, small[..., :1], region='whole')


def test_relative_l1_by_hand():
  _, truth, mask = _constant_error(0)
  # Errors of 50 on 100: 50 / (100 + 150) and 50 / (100 + 50), in the hole; a quarter of the pixels
  # in the whole.
  completed = truth + mask * np.array([50, -50])[:, None, None, None]
  np.testing.assert_allclose(
    scores.relative_l1(completed, truth, mask, region='hole'), [50 / 250, 50 / 150]
  )
  np.testing.assert_allclose(
    scores.relative_l1(completed, truth, mask, region='whole'),
    [50 / (3 * 200 + 250), 50 / (3 * 200 + 150)],
  )
  black = np.zeros_like(truth)
  np.testing.assert_array_equal(scores.relative_l1(black, black, mask, region='whole'), [0, 0])


def test_a_shifted_ramp_by_hand():
  truth = np.broadcast_to(10 * np.arange(16)[:, None], (1, 16, 16, 3)).copy()
  shifted = np.where(
    np.arange(16)[:, None] < 8, truth, truth + 10
  )  # the right half moved by one pixel
  mask = np.broadcast_to(np.arange(16)[:, None] >= 8, (1, 16, 16, 1))
  for turn in ((0, 1, 2, 3), (0, 2, 1, 3)):
    completed, there, hole = (array.transpose(turn) for array in (shifted, truth, mask))
    np.testing.assert_allclose(scores.l1(completed, there, hole, region='hole'), [10 / 255])
    # Across the border the truth climbs by 10, the shifted picture by 20; everywhere else they
    # climb alike.
    np.testing.assert_allclose(scores.seam(completed, there, hole), [10 / 255])


def test_the_seam_counts_heights_of_steps_at_the_border_alone():
  truth = np.full((1, 9, 9, 3), 100)
  mask = np.zeros((1, 9, 9, 1))
  mask[:, 3:6, 3:6] = 1
  off = np.where(mask > 0, 130, truth)
  np.testing.assert_allclose(scores.seam(off, truth, mask), [30 / 255])
  middle = truth.copy()
  middle[:, 4, 4] = 0  # not at the border
  np.testing.assert_array_equal(scores.seam(middle, truth, mask), [0])
  edge = np.where(mask > 0, 130, truth)  # the truth has a step of 30 up, the result one of 30 down
  np.testing.assert_array_equal(scores.seam(np.where(mask > 0, 70, truth), edge, mask), [0])
  corner = truth.copy()
  corner[:, 3, 3] = 160  # 2 of the 12 pairs of neighbours
  np.testing.assert_allclose(scores.seam(corner, truth, mask), [60 / 255 * 2 / 12])
  np.testing.assert_array_equal(scores.seam(off, truth, 0 * mask), [0])
