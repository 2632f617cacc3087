"""Each hole at its own scale: what the network is shown, in what order, whose pixels it fills."""

import dataclasses

import numpy as np
import pytest
import scipy.ndimage

from glcic_jax import Completer
from glcic_jax import errors
from glcic_jax.inference import canvas as canvas_lib
from glcic_jax.inference import hole_scale
from glcic_jax.inference import tiling
from tests.test_completer import DESCRIPTION
from tests.test_completer import random_variables

SMOOTH = dataclasses.replace(DESCRIPTION, detail=1.0, hole_radius=(0.1, 0.25))  # 8 of 32 px


def hole(height, width, *boxes):
  mask = np.zeros((height, width), bool)
  for top, left, bottom, right in boxes:
    mask[top:bottom, left:right] = True
  return mask


def cut(mask, side=32, radii=(8.0, 8.0)):
  return list(hole_scale.parts(mask, side=side, multiple=4, radii=radii))


def scale(part):
  return (part.window[2] - part.window[0]) / part.inner[0]


def test_a_hole_that_the_network_knows_is_shown_as_it_is():
  (part,) = cut(hole(200, 200, (90, 90, 105, 105)))
  assert (part.core, part.inner) == ((90, 90, 105, 105), (32, 32))
  assert scale(part) == 1 and part.own.all()


@pytest.mark.parametrize('radius, factor', [(8, 1), (9, 2**0.5), (16, 2), (30, 4), (64, 8)])
def test_a_thick_hole_is_shown_no_thicker_than_those_of_training(radius, factor):
  side = 2 * radius - 1
  (part,) = cut(hole(700, 700, (300, 300, 300 + side, 300 + side)))
  assert scale(part) == pytest.approx(factor, rel=0.02)
  assert radius / factor <= 8


@pytest.mark.parametrize(
  'side, radius, factor', [(16, 3, 0.5), (17, 3, 1), (16, 4, 0.5), (16, 5, 2**-0.5), (16, 7, 1)]
)
def test_a_small_picture_is_shown_enlarged_its_hole_no_thicker_than_those_of_training(
  side, radius, factor
):
  (part,) = cut(hole(side, side, (1, 1, 2 * radius, 2 * radius)))
  assert scale(part) == pytest.approx(factor, rel=0.05)


def test_a_window_is_no_larger_than_the_whole_picture_needs():
  for side, size in ((8, 16), (9, 32), (16, 32), (32, 32)):
    (part,) = cut(hole(side, side, (1, 1, 7, 7)))
    assert part.size == (size, size)


def test_what_is_in_the_hole_of_an_enlarged_picture_is_not_shown():
  mask = hole(16, 16, (6, 6, 9, 9))
  (part,) = cut(mask)
  picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
  shown, holes = tiling.network_input(picture, mask, part)
  other, _ = tiling.network_input(np.where(mask[..., None], 255 - picture, picture), mask, part)
  assert shown.shape == (32, 32, 3) and 6 * 6 <= holes.sum() <= 8 * 8
  assert (shown == other)[holes[..., 0] == 0].all() and (shown != other).any()


@pytest.mark.parametrize(
  'height, width, factor, count', [(9, 30, 2, 1), (3, 30, 1, 2), (9, 90, 2, 3)]
)
def test_a_long_hole_is_shown_coarser_rather_than_cut_as_far_as_training_holes_are_thin(
  height, width, factor, count
):
  parts = cut(hole(200, 200, (90, 50, 90 + height, 50 + width)), radii=(2.0, 8.0))
  assert {round(scale(part), 2) for part in parts} == {factor}
  assert len(parts) == count


def test_the_pictures_size_does_not_matter():
  near, far = (cut(hole(size, size, (100, 100, 140, 140))) for size in (200, 3000))
  assert [part.inner for part in near] == [part.inner for part in far]
  assert len(near) == len(far) == 1


def test_a_scratch_beside_a_large_hole_keeps_its_own_scale_and_comes_after_it():
  large, scratch = (100, 100, 164, 164), (100, 170, 164, 172)
  parts = cut(hole(300, 300, large, scratch))
  assert parts[0].core == large and scale(parts[0]) == 4
  assert all(scale(part) == 1 and part.core[1] == 170 for part in parts[1:])
  assert sum(part.own.sum() for part in parts[1:]) == 64 * 2


def test_a_scratch_inside_the_large_holes_box_is_not_filled_with_it():
  mask = hole(300, 300, (100, 100, 164, 164))
  mask[110:150, 120:162] = False
  mask[130:132, 130:150] = True  # an island in a bay
  parts = cut(mask)
  total = np.zeros(mask.shape, int)
  for part in parts:
    top, left, bottom, right = part.core
    total[top:bottom, left:right] += part.own
  assert (total == mask).all()
  assert len({scale(part) for part in parts}) == 2


def test_the_pictures_edge_is_the_holes():
  parts = cut(hole(300, 300, (0, 0, 16, 300)))
  assert all(scale(part) == 1 for part in parts)  # 8 px deep, not 16


def test_near_holes_of_like_size_are_shown_together():
  assert len(cut(hole(200, 200, (50, 50, 54, 54), (50, 58, 54, 62)))) == 1
  assert len(cut(hole(200, 200, (50, 50, 54, 54), (50, 90, 54, 94)))) == 2


def test_scattered_pixels_need_no_more_windows_than_at_scale_1():
  mask = np.random.default_rng(0).random((512, 512)) < 0.1
  cores = [part.core for part in tiling.parts(mask, large='crop', side=32, multiple=4)]
  assert len(cut(mask)) <= len(cores)


def test_dust_is_shown_in_small_windows_and_no_hole_is_cut_for_them():
  mask = np.random.default_rng(0).random((600, 600)) < 1e-4
  mask[300:340, 300:340] = True
  mask = scipy.ndimage.binary_dilation(mask, iterations=4)
  *dust, large = sorted(cut(mask, side=256, radii=(10, 40)), key=lambda part: part.size)
  assert large.size == (256, 256)
  assert dust[0].size == dust[len(dust) // 2].size == (64, 64) and dust[-1].size <= (128, 128)
  pieces = scipy.ndimage.label(mask, np.ones((3, 3)))[1]
  assert 20 < len(dust) < pieces


@pytest.mark.parametrize('radius', [7, 11, 16, 32, 45])
def test_what_the_network_says_lands_where_it_looked(radius):
  y, x = np.mgrid[:400, :500]
  ramp = np.stack([20 * x + 30 * y, 60_000 - 50 * x, 60 * y], axis=-1).astype(np.uint16)
  mask = hole(400, 500, (151, 203, 150 + 2 * radius, 202 + 2 * radius))
  pixels = ramp.copy()
  canvas = canvas_lib.Canvas(pixels, mask, cut(mask), blend='none', feather=0)
  canvas_lib.complete([canvas], lambda images, masks: images, 1)  # it says what it sees
  error = (pixels.astype(float) - ramp)[mask] / 60
  assert np.abs(error).max() < 0.7 and np.abs(error.mean(0)).max() < 0.1  # pixels


@pytest.mark.parametrize('radius', [4, 10, 16, 24, 38])
def test_a_hole_has_twice_its_radius_around_it_in_its_window(radius):
  mask = hole(400, 900, (200, 100, 199 + 2 * radius, 800))
  parts = cut(mask, side=256, radii=(40, 40))
  for part in parts:
    shown = min(np.abs(np.subtract(part.core, part.window)))
    assert shown >= 2 * radius or part.core[2] - part.core[0] <= 128 == part.size[0] // 2
  assert sum(part.own.sum() for part in parts) == mask.sum()


def test_every_pixel_of_any_hole_is_filled_once():
  rng = np.random.default_rng(0)
  mask = rng.random((150, 220)) < 0.01
  mask[20:90, 30:120] = mask[100:, 160:] = mask[95:97, :] = True
  pixels = np.full((150, 220, 3), 100, np.uint8)
  canvas = canvas_lib.Canvas(pixels, mask, cut(mask), blend='none', feather=0)
  filled = []

  def run(images, masks):
    filled.append(int(masks.sum()))
    return np.full_like(images, 200)

  canvas_lib.complete([canvas], run, 1)
  assert (pixels[mask] == 200).all() and (pixels[~mask] == 100).all()


def test_dust_gets_no_detail_and_the_hole_beside_it_does(smooth):
  picture = np.random.default_rng(0).integers(90, 160, (96, 96, 3), dtype=np.uint8)
  dust, large = hole(96, 96, (5, 5, 8, 90)), hole(96, 96, (40, 40, 60, 60))
  mask = dust | large
  lead, detailed = (smooth(picture, mask, detail=detail) for detail in (0, 1))
  np.testing.assert_array_equal(lead[dust], detailed[dust])
  assert (lead != detailed)[large].any()


@pytest.fixture(scope='module')
def smooth():
  return Completer(random_variables(), SMOOTH)


def test_a_smooth_model_has_detail_and_its_own_scale_by_default(smooth):
  manner = smooth.manner()
  assert (manner.detail, manner.scale) == (1.0, 'auto')
  assert smooth.manner(detail=0, scale=1)[3:] == (0.0, '1')
  assert smooth.manner(large='resize').scale == '1'
  plain = Completer(random_variables(), DESCRIPTION)
  assert plain.manner()[3:] == (0.0, '1')
  assert plain.manner(scale='auto').scale == 'auto'


def test_off_is_to_the_bit_what_a_model_without_defaults_does(smooth):
  rng = np.random.default_rng(0)
  picture = rng.integers(0, 256, (70, 80, 3), dtype=np.uint8)
  mask = hole(70, 80, (20, 20, 50, 50), (5, 60, 60, 62))
  plain = Completer(random_variables(), DESCRIPTION)(picture, mask)
  np.testing.assert_array_equal(smooth(picture, mask, detail=0, scale=1), plain)
  scaled = smooth(picture, mask, detail=0)
  assert (scaled != plain)[mask].any()
  np.testing.assert_array_equal(scaled[~mask], picture[~mask])
  default = smooth(picture, mask)
  np.testing.assert_array_equal(default, smooth(picture, mask, detail=1.0, scale='auto'))
  assert (default != scaled)[mask].any()


@pytest.mark.parametrize(
  'options, sentence',
  [
    ({'scale': 2}, 'scale is 2; it can be auto or 1'),
    ({'scale': True}, 'scale is True'),
    ({'scale': 'auto', 'large': 'whole'}, 'needs windows'),
  ],
)
def test_impossible_scales_are_refused(smooth, options, sentence):
  picture, mask = np.zeros((8, 8, 3), np.uint8), hole(8, 8, (2, 2, 4, 4))
  with pytest.raises(errors.InputError, match=sentence):
    smooth(picture, mask, **options)
