"""Detail on known answers: textures that repeat, ramps, noise, holes anywhere, nothing to copy."""

import time
import warnings

import numpy as np
import pytest
import scipy.ndimage

from glcic_jax import detail
from glcic_jax.detail import bands
from glcic_jax.detail import settings as settings_lib

SIDE = 96
# Nearness prefers a near block to a distant one that fits; of a texture that repeats, all fit.
ANYWHERE = settings_lib.Settings(near=0)
AT_ONCE = ANYWHERE._replace(
  bands=tuple(band._replace(fade=0, rise=0) for band in ANYWHERE.bands),
  finer_bands=tuple(band._replace(fade=0, rise=0) for band in ANYWHERE.finer_bands),
)


def square(top=32, left=32, side=32, size=SIDE):
  hole = np.zeros((size, size), bool)
  hole[top : top + side, left : left + side] = True
  return hole


def noise(size=SIDE, channels=3, seed=0):
  """Noise of one strength everywhere, with some coarseness, around grey."""
  rng = np.random.default_rng(seed)
  fine = scipy.ndimage.gaussian_filter(rng.standard_normal((size, size, channels)), 1, axes=(0, 1))
  return np.float32(128 + 20 * fine / fine.std())


def smooth(picture, hole):
  """A completion without detail: the mean colour of what is known."""
  return np.where(hole[..., None], picture[~hole].mean(0), picture).astype(picture.dtype)


def weave(size=SIDE, period=8):
  """A texture that repeats every `period` pixels, whose coarse part is grey."""
  rng = np.random.default_rng(5)
  tile = rng.uniform(-40, 40, (period, period, 3))
  tile -= tile.mean((0, 1))
  repeats = -(-size // period)
  return np.float32(128 + np.tile(tile, (repeats, repeats, 1))[:size, :size])


def energy(picture, hole, cut=4.0):
  fine = picture - bands.blur(picture, cut)
  return float(np.square(fine[hole]).mean())


def test_a_repeating_texture_comes_back():
  picture, hole = weave(), square()
  completed = detail.add(picture, smooth(picture, hole), hole, settings=AT_ONCE)
  error = completed - picture
  assert np.median(np.abs(error[hole])) < 1  # of 80 levels
  assert np.square(error[hole]).mean() < 0.03 * np.square(picture[hole] - 128).mean()


def test_a_completion_that_is_right_stays():
  picture, hole = weave(), square()
  error = (detail.add(picture, picture, hole, settings=ANYWHERE) - picture)[hole]
  assert np.square(error).mean() < 0.02 * np.square(picture[hole] - 128).mean()


def test_a_ramp_stays_one():
  ramp = np.float32(np.linspace(40, 200, SIDE))[:, None, None] * np.ones((1, SIDE, 3), np.float32)
  assert np.abs(detail.add(ramp, ramp, square()) - ramp).max() < 0.5


@pytest.mark.parametrize('factor', [2, 3, 5])
def test_a_ramp_stays_one_to_the_pixel_at_every_scale(factor):
  y, x = np.mgrid[:601, :650].astype(np.float32)
  ramp = np.stack([40 + x / 8 + y / 8, 240 - x / 3, 30 + y / 3], axis=-1)
  hole = np.zeros(x.shape, bool)
  hole[290:321, 310:341] = True  # not a multiple of the factor from any side
  settings = settings_lib.Settings(radius=16 / factor)
  assert np.abs(detail.add(ramp, ramp, hole, settings=settings) - ramp).max() < 0.02


def test_a_flat_picture_stays_flat():
  flat = np.full((SIDE, SIDE, 3), 77, np.float32)
  assert np.abs(detail.add(flat, flat, square()) - flat).max() < 1e-3


def test_noise_keeps_its_energy():
  picture, hole = noise(128), square(40, 40, 48, 128)
  inner = scipy.ndimage.binary_erosion(hole, iterations=10)
  without = smooth(picture, hole)
  completed = detail.add(picture, without, hole)
  assert energy(without, inner) < 0.1 * energy(picture, inner)
  assert 0.7 < energy(completed, inner) / energy(picture, ~hole) < 1.5


def test_it_is_louder_where_the_picture_is():
  # Left quiet, right loud; the coarse colours say which is which.
  picture, hole = noise(128), square(40, 8, 112, 128)
  hole[88:] = False
  right = np.arange(128) >= 64
  picture = np.where(right[:, None], picture + 40, 128 + (picture - 128) / 10).astype(np.float32)
  without = np.where(hole[..., None], np.where(right, 168, 128)[:, None], picture).astype(
    np.float32
  )
  completed = detail.add(picture, without, hole)
  inner = scipy.ndimage.binary_erosion(hole, iterations=10)
  side = np.broadcast_to(right, hole.shape)
  near = np.abs(np.arange(128) - 64) < 16
  assert energy(completed, inner & side & ~near) > 20 * energy(completed, inner & ~side & ~near)


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_known_pixels_are_exact_and_what_came_in_is_left_alone(dtype):
  picture, hole = noise().astype(dtype), square()
  without = smooth(picture, hole)
  before = picture.copy(), without.copy(), hole.copy()
  completed = detail.add(picture, without, hole)
  assert completed.dtype == dtype
  assert (completed[~hole] == picture[~hole]).all()
  assert (completed[hole] != without[hole]).any()
  assert all((a == b).all() for a, b in zip(before, (picture, without, hole)))


def test_whole_levels_are_taken_too():
  picture, hole = noise().astype(np.uint8), square()
  completed = detail.add(picture, smooth(picture, hole), hole)
  assert completed.dtype == np.float32
  assert (completed[~hole] == picture[~hole]).all()


def test_levels_stay_within_black_and_white():
  picture, hole = np.clip(4 * (noise() - 128) + 128, 0, 255), square()
  completed = detail.add(picture, smooth(picture, hole), hole)
  assert completed.min() >= 0
  assert completed.max() <= 255


def test_the_same_input_gives_the_same_bytes():
  picture, hole = noise(), square()
  a, b = (detail.add(picture, smooth(picture, hole), hole) for _ in range(2))
  assert (a == b).all()


def test_strength_goes_from_the_completion_to_all_of_it():
  picture, hole = noise(), square()
  without = smooth(picture, hole)
  none, half, full = (detail.add(picture, without, hole, strength=s) for s in (0, 0.5, 1))
  assert (none == without).all()
  assert np.allclose(half, (without + full) / 2, atol=1e-3)


def test_grey_comes_out_as_grey_in_rgb():
  picture, hole = noise(channels=1), square()
  one = detail.add(picture, smooth(picture, hole), hole)
  rgb = np.repeat(picture, 3, axis=-1)
  three = detail.add(rgb, smooth(rgb, hole), hole)
  assert np.abs(three - one).max() < 0.05


def test_the_scale_of_levels_does_not_matter():
  picture, hole = noise(), square()
  eight = detail.add(picture, smooth(picture, hole), hole)
  sixteen = detail.add(picture * 257, smooth(picture, hole) * 257, hole, white=65535)
  unit = detail.add(picture / 255, smooth(picture, hole) / 255, hole, white=1)
  assert np.abs(sixteen / 257 - eight).max() < 0.05
  assert np.abs(unit * 255 - eight).max() < 0.05


HOLES = {
  'corner': square(0, 0, 30),
  'other corner': square(SIDE - 30, SIDE - 30, 30),
  'top to bottom': np.broadcast_to(np.abs(np.arange(SIDE) - 40) < 9, (SIDE, SIDE)).copy(),
  'edge': square(30, SIDE - 3, 20),
  'one pixel': square(50, 50, 1),
  'one line': np.broadcast_to(np.arange(SIDE) == 40, (SIDE, SIDE)).copy(),
}


@pytest.mark.parametrize('name', HOLES)
def test_a_hole_anywhere_is_filled(name):
  picture, hole = noise(), HOLES[name]
  completed = detail.add(picture, smooth(picture, hole), hole)
  assert np.isfinite(completed).all()
  assert (completed[~hole] == picture[~hole]).all()


@pytest.mark.parametrize('size', [1, 5, 7, 8, 9, 20])
def test_a_picture_with_no_room_for_a_block_stays_as_completed_with_a_note(size):
  picture = noise(size)
  hole = square(size // 4, size // 4, size // 2 + 1, size)
  without = np.where(hole[..., None], 100, picture).astype(np.float32)
  with pytest.warns(UserWarning, match='no known block'):
    completed = detail.add(picture, without, hole)
  assert (completed == without).all()


def test_where_a_block_has_no_room_one_of_half_the_side_has():
  picture = noise(40)
  hole = square(10, 10, 21, 40)
  without = smooth(picture, hole)
  assert energy(detail.add(picture, without, hole), hole) > 10


def test_hardly_any_known_surroundings():
  picture = noise()
  hole = np.ones((SIDE, SIDE), bool)
  hole[:4] = hole[-4:] = hole[:, :4] = False
  without = np.where(hole[..., None], 100, picture).astype(np.float32)
  with pytest.warns(UserWarning, match='no known block'):
    assert (detail.add(picture, without, hole) == without).all()
  hole[:16, :16] = False  # few places to copy from
  assert energy(detail.add(picture, without, hole), hole) > 10


def test_all_hole_and_no_hole():
  picture = noise()
  with pytest.warns(UserWarning, match='no known block'):
    detail.add(picture, picture, np.ones((SIDE, SIDE), bool))
  assert (detail.add(picture, picture, np.zeros((SIDE, SIDE), bool)) == picture).all()


def test_what_is_neither_hole_nor_known_is_not_copied():
  picture, hole = noise(192), square(80, 104, 32, 192)
  known = ~hole
  known[:, :80] = False
  other = picture.copy()
  other[:, :8] = 255  # so far away that no band of what is known or hole has anything of it
  a, b = (
    detail.add(given, np.where(hole[..., None], np.float32(128), given), hole, known=known)
    for given in (picture, other)
  )
  assert (a[hole] == b[hole]).all()


def test_a_hole_alone_or_beside_another_far_one_is_the_same():
  size = 480
  picture = noise(size)
  one, other = square(20, 20, 24, size), square(430, 430, 24, size)
  both = one | other
  alone = detail.add(picture, smooth(picture, one), one)
  without = np.where(one[..., None], smooth(picture, one), smooth(picture, both))
  together = detail.add(picture, without.astype(np.float32), both)
  assert (alone[one] == together[one]).all()


def test_patches_are_what_add_changes_but_for_what_is_thin():
  picture = noise(2 * SIDE)
  thick, thin = square(20, 20, size=2 * SIDE), square(100, 20, 4, size=2 * SIDE)
  lead = smooth(picture, thick | thin)
  (patch,) = detail.patches(picture, lead, thick | thin, thinnest=3)
  assert patch.box == (20, 20, 52, 52) and patch.hole.all()
  wanted = detail.add(lead, lead, thick, known=~(thick | thin))
  np.testing.assert_array_equal(patch.values, wanted[thick])
  assert detail.patches(picture, lead, thick, strength=0) == []


def test_a_large_hole_costs_no_more_than_its_copying():
  # Four times as wide a picture and hole; blocks are chosen at the same size.
  seconds = []
  for factor in (1, 4):
    picture = np.repeat(np.repeat(noise(128), factor, 0), factor, 1)
    hole = square(28 * factor, 28 * factor, 72 * factor, 128 * factor)
    without = smooth(picture, hole)
    start = time.process_time()
    completed = detail.add(picture, without, hole)
    seconds.append(time.process_time() - start)
    inner = scipy.ndimage.binary_erosion(hole, iterations=12 * factor)
    ratio = energy(completed, inner, 4.0 * factor) / energy(picture, ~hole, 4.0 * factor)
    assert 0.5 < ratio < 1.6
  assert seconds[1] < 6 * seconds[0]


@pytest.mark.parametrize(
  ('change', 'sentence'),
  [
    (dict(hole=square(size=64)), 'do not fit each other'),
    (dict(completion=np.zeros((SIDE, SIDE, 1))), 'do not fit each other'),
    (dict(strength=1.5), 'strength is 1.5'),
  ],
)
def test_a_wrong_input_is_named(change, sentence):
  given = dict(picture=noise(), completion=noise(), hole=square())
  with pytest.raises(ValueError, match=sentence):
    detail.add(**{**given, **change})


def test_no_note_without_a_reason():
  picture, hole = noise(), square()
  with warnings.catch_warnings():
    warnings.simplefilter('error')
    detail.add(picture, smooth(picture, hole), hole)
