"""Blending: the Poisson solve against a dense one, holes everywhere, known pixels, seams, speed."""

import time

import numpy as np
import pytest

from glcic_jax.holes import shapes
from glcic_jax.inference import blending
from glcic_jax.inference import manner

RNG = np.random.default_rng(0)


def dense(image, raw, hole, known):
  """The same equations, written pixel by pixel and solved as one dense system."""
  places = [tuple(place) for place in np.argwhere(hole)]
  number = {place: n for n, place in enumerate(places)}
  matrix, right = np.zeros((len(places), len(places))), np.zeros((len(places), image.shape[-1]))
  for (y, x), n in number.items():
    for q in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
      if not (0 <= q[0] < hole.shape[0] and 0 <= q[1] < hole.shape[1]) or not (hole[q] or known[q]):
        continue
      matrix[n, n] += 1
      right[n] += raw[y, x] - raw[q]  # the output's gradient ...
      if hole[q]:
        matrix[n, number[q]] -= 1
      else:
        right[n] += image[q]  # ... and the known value
  result = image.copy()
  for place, value in zip(places, np.linalg.solve(matrix, right), strict=True):
    result[place] = value
  return result


def pictures(height, width, channels=3):
  image, raw = RNG.uniform(0, 255, (2, height, width, channels))
  return image, raw


def holes(height=13, width=17):
  """Names and holes: one pixel, a border, a corner, an L, many, all but one pixel, a frame."""
  made = {}
  for name in (
    'pixel',
    'top',
    'bottom',
    'left',
    'right',
    'corner',
    'L',
    'many',
    'all but one',
    'frame',
  ):
    made[name] = np.zeros((height, width), bool)
  made['pixel'][5, 6] = True
  made['top'][0, 3:9], made['bottom'][-3:, 2:], made['left'][:, 0], made['right'][4:7, -2:] = [
    True
  ] * 4
  made['corner'][:4, :4] = True
  made['L'][2:10, 3:5] = made['L'][8:10, 3:14] = True
  made['many'] = np.random.default_rng(1).random((height, width)) < 0.4
  made['all but one'][:], made['all but one'][4, 4] = True, False
  made['frame'][:], made['frame'][3:-3, 3:-3] = True, False
  return made


@pytest.mark.parametrize('name', holes())
@pytest.mark.parametrize('solver', ['direct', 'multigrid', 'multigrid for each channel'])
def test_poisson_equals_a_dense_solve(monkeypatch, name, solver):
  if solver != 'direct':
    monkeypatch.setattr(blending, '_DIRECT_UNKNOWNS', 0)
    monkeypatch.setattr(blending, '_COARSEST', 4)
  if solver == 'multigrid for each channel':
    monkeypatch.setattr(blending, '_LARGE_UNKNOWNS', 0)
  hole = holes()[name]
  image, raw = pictures(*hole.shape)
  found = blending.poisson(image, raw, hole, ~hole)
  np.testing.assert_allclose(found, dense(image, raw, hole, ~hole), atol=1e-6)


def test_pixels_that_are_not_there_yet_have_no_say():
  hole, known = np.zeros((2, 12, 12), bool)
  hole[3:9, 2:6] = True
  known[:, :2] = known[:3, :6] = True
  image, raw = pictures(12, 12)
  found = blending.poisson(image, raw, hole, known)
  np.testing.assert_allclose(found, dense(image, raw, hole, known), atol=1e-6)
  image[~known] = np.nan
  np.testing.assert_array_equal(blending.poisson(image, raw, hole, known)[hole], found[hole])


def test_a_region_without_known_neighbours_keeps_the_output():
  hole, known = np.zeros((2, 8, 8), bool)
  hole[4:6, 4:6] = hole[0, 1] = known[0, 0] = True
  image, raw = pictures(8, 8)
  found = blending.poisson(image, raw, hole, known)
  np.testing.assert_array_equal(found[4:6, 4:6], raw[4:6, 4:6])
  np.testing.assert_allclose(found[0, 1], raw[0, 1] + image[0, 0] - raw[0, 0])


def test_an_output_that_is_off_by_a_constant_is_mended():
  hole = holes()['L']
  image, _ = pictures(*hole.shape)
  np.testing.assert_allclose(blending.poisson(image, image + 40, hole, ~hole), image, atol=1e-9)


@pytest.mark.parametrize('how', manner.BLENDS)
@pytest.mark.parametrize('feather', [0, 2])
@pytest.mark.parametrize('name', holes())
def test_known_pixels_are_restored_after_every_blend(how, feather, name):
  hole = holes()[name]
  image, raw = np.round(pictures(*hole.shape))
  found = blending.blend(image, raw, hole, how=how, feather=feather)
  np.testing.assert_array_equal(found[~hole], image[~hole])
  assert np.isfinite(found).all()
  other = np.where(hole[..., None], 0, image)  # what lay in the hole does not matter
  np.testing.assert_array_equal(blending.blend(other, raw, hole, how=how, feather=feather), found)


@pytest.mark.parametrize(
  'box', [(11, 32, 20, 51), (12, 32, 20, 50), (0, 21, 0, 30), (31, 60, 51, 80)]
)
def test_opencv_puts_the_output_where_it_belongs(box):
  image = np.random.default_rng(0).uniform(0, 255, (60, 80, 3))
  hole, inner = np.zeros((2, 60, 80), bool)
  top, bottom, left, right = box
  hole[top:bottom, left:right] = inner[top + 3 : bottom - 3, left + 3 : right - 3] = True
  found = blending.opencv(image, image, hole, ~hole)  # noise: one pixel off, and nothing is alike
  assert np.corrcoef(found[inner].ravel(), image[inner].ravel())[0, 1] > 0.9


def ramp(height, width):
  y, x = np.indices((height, width), np.float64)
  return np.stack([20 + 2 * y, 200 - y + x, 90 - x], axis=-1)


def smooth(image, hole):
  return blending.blend(image, RNG.uniform(0, 255, image.shape), hole, trust=np.zeros(hole.shape))


@pytest.mark.parametrize('top, left, within', [(0, 20, 0.25), (0, 0, 0.25), (20, 20, 1e-6)])
def test_a_ramp_goes_on_into_a_hole_that_reaches_the_pictures_edge(top, left, within):
  image, hole = ramp(60, 60), np.zeros((60, 60), bool)
  hole[top : top + 20, left : left + 20] = True
  painted = np.where(hole[..., None], 255, image)
  flat = blending.poisson(painted, np.zeros_like(image), hole, ~hole) - image
  error = np.abs(smooth(painted, hole) - image)
  assert error.max() <= within * max(np.abs(flat).max(), 1)


def test_a_slope_is_not_believed_far_beyond_the_known_pixels():
  image, hole = ramp(60, 60), np.ones((60, 60), bool)
  hole[-4:] = False
  rise = np.abs(smooth(image, hole)[0] - image[-4]).max()
  assert rise < 0.2 * np.abs(image[0] - image[-4]).max()


def test_inside_a_picture_smooth_is_the_membrane_and_a_flat_picture_stays_flat():
  image, hole = RNG.uniform(0, 255, (30, 30, 3)), np.zeros((30, 30), bool)
  hole[8:20, 9:21] = True
  membrane = blending.poisson(image, np.zeros_like(image), hole, ~hole)
  np.testing.assert_allclose(smooth(image, hole), membrane, atol=1e-9)
  hole[:20, :21] = True
  np.testing.assert_allclose(smooth(np.full_like(image, 77), hole), 77, atol=1e-9)


def test_a_feather_leads_from_the_surroundings_to_the_output():
  image, raw = np.full((21, 21, 3), 50.0), np.full((21, 21, 3), 150.0)
  hole = np.zeros((21, 21), bool)
  hole[4:17, 4:17] = True
  row = blending.blend(image, raw, hole, how='none', feather=3)[10, :11, 0]
  np.testing.assert_allclose(row, [50] * 4 + [75, 100, 125] + [150] * 4, atol=1e-6)


def seam(result, truth, hole):
  """Mean error of the gradient across the hole's edge."""
  errors = []
  for axis in (0, 1):
    edge = np.diff(hole.astype(int), axis=axis) != 0
    errors.append(np.abs(np.diff(result, axis=axis) - np.diff(truth, axis=axis))[edge])
  return np.concatenate(errors).mean()


def test_poisson_leaves_less_of_a_seam_than_the_others():
  y, x = np.mgrid[:128, :128]
  truth = np.stack([128 + 60 * np.sin(x / 15 + y / 40), 128 + 50 * np.cos(y / 12), 60 + x], axis=-1)
  for seed in range(3):
    hole = (
      shapes.strokes(np.random.default_rng(seed), 128, shapes.STROKES['medium'], (0.2, 0.3))[..., 0]
      > 0
    )
    raw = truth * 0.8 + 35 + 10 * np.sin(x / 30)[..., None]
    errors = {
      how: seam(np.round(blending.blend(truth, raw, hole, how=how)), truth, hole)
      for how in manner.BLENDS
    }
    assert errors['poisson'] < errors['opencv'] < errors['none']


def test_a_large_hole_takes_under_half_a_second():
  hole = (
    shapes.strokes(np.random.default_rng(0), 512, shapes.STROKES['medium'], (0.3, 0.301))[..., 0]
    > 0
  )
  image, raw = pictures(512, 512)
  times = []
  for _ in range(3):
    start = time.thread_time()  # the machine may be busy with something else
    found = blending.poisson(image, raw, hole, ~hole)
    times.append(time.thread_time() - start)
  laplacian = np.zeros_like(image)
  for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
    laplacian += np.roll(found - raw, step, axis)
  inner = hole.copy()
  inner[[0, -1]] = inner[:, [0, -1]] = False
  np.testing.assert_allclose(laplacian[inner], 4 * (found - raw)[inner], atol=1e-5)
  assert min(times) < 0.5
