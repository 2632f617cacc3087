"""Texture scores on known answers."""

import numpy as np
import pytest
import scipy.ndimage

from glcic_jax.evaluation import texture

SIDE = 64


def pictures(count=6, seed=0):
  """Pictures of noise, all different."""
  rng = np.random.default_rng(seed)
  return rng.integers(0, 256, (count, SIDE, SIDE, 3)).astype(np.uint8)


def square(side=40):
  """A hole in the middle, `[H, W]`."""
  hole = np.zeros((SIDE, SIDE), np.uint8)
  start = (SIDE - side) // 2
  hole[start : start + side, start : start + side] = 1
  return hole


def blurred(picture, sigma):
  return scipy.ndimage.gaussian_filter(picture.astype(np.float32), sigma, axes=(0, 1))


def patches(given, hole=None, **options):
  return texture.patches(given, [square() if hole is None else hole] * len(given), **options)


def test_a_pyramid_and_what_is_left_of_a_picture_add_up_to_it():
  picture = pictures(1)[0].astype(np.float32)
  fine, middle, coarse = texture.pyramid(picture)
  assert [level.shape for level in (fine, middle, coarse)] == [
    (64, 64, 3),
    (32, 32, 3),
    (16, 16, 3),
  ]
  assert np.allclose(texture.pyramid(picture, levels=1)[0], fine)


def test_a_pyramid_of_a_plane_is_empty_away_from_the_border():
  plane = np.broadcast_to(np.arange(SIDE, dtype=np.float32)[:, None, None], (SIDE, SIDE, 3))
  for level in texture.pyramid(plane):
    assert np.abs(level[4:-4, 4:-4]).max() < 0.05


def test_odd_sides_have_a_pyramid():
  picture = pictures(1)[0][:37, :51]
  levels = texture.pyramid(picture)
  masks = texture.holes(np.ones((37, 51), bool))
  assert [level.shape[:2] for level in levels] == [mask.shape for mask in masks]


def test_a_coarse_pixel_is_hole_where_more_than_half_of_it_is():
  hole = np.zeros((8, 8), np.uint8)
  hole[:, :3] = 1
  first, second, third = texture.holes(hole[..., None])
  assert (first == hole).all()
  assert (second == [[True, False, False, False]] * 4).all()
  assert (third == [[True, False]] * 2).all()


def test_equal_sets_are_at_distance_zero():
  truth = patches(pictures())
  assert (texture.distance(truth, truth) == 0).all()


def test_patches_are_of_the_same_places_whatever_the_pictures():
  a, b = patches(pictures()), patches(pictures() // 2)
  assert all(np.abs(x - 2 * y).max() <= 4 for x, y in zip(a, b))


def test_leaving_a_picture_out_changes_no_other_ones_patches():
  given = pictures(3)
  two, three = patches(given[:2]), patches(given)
  assert all((x == y[: len(x)]).all() for x, y in zip(two, three))


def test_smoother_pictures_are_further_away_on_every_level():
  given = pictures()
  truth = patches(given)
  near, far = (
    texture.distance(truth, patches([blurred(picture, sigma) for picture in given]))
    for sigma in (0.5, 2)
  )
  assert (near > 0).all()
  assert (near < far).all()


def test_the_same_texture_at_other_places_is_near():
  given = pictures()
  truth = patches(given)
  moved = texture.distance(truth, patches([np.roll(picture, 13, axis=0) for picture in given]))
  smooth = texture.distance(truth, patches([blurred(picture, 1) for picture in given]))
  assert moved[0] < smooth[0] / 5
  assert (moved < smooth).all()


def test_the_distance_of_scaled_noise_is_known():
  # Sorted projections of s times a normal set lie |s - 1| E|x| apart: sqrt(2 / pi) of a deviation.
  rng = np.random.default_rng(0)
  truth = [rng.standard_normal((20_000, 3, 49))]
  found = texture.distance(truth, [1.5 * truth[0]], directions=32)
  assert found == pytest.approx(1e3 * 0.5 * (2 / np.pi) ** 0.5, rel=0.02)


def test_sets_of_different_size_are_refused():
  with pytest.raises(ValueError, match='There are'):
    texture.distance(patches(pictures(2)), patches(pictures(3)))


def test_a_level_without_patches_has_no_distance():
  hole = np.zeros((SIDE, SIDE), np.uint8)
  hole[:3, :3] = 1  # no patch around it lies in the picture
  truth = patches(pictures(), hole)
  assert np.isnan(texture.distance(truth, truth)).all()


def test_energy_of_the_truth_is_one_and_of_half_its_contrast_a_quarter():
  picture = pictures(1)[0].astype(np.float32)
  assert texture.energy(picture, picture, square()) == pytest.approx([1, 1, 1])
  assert texture.energy(picture, picture / 2, square()) == pytest.approx([0.25] * 3, rel=1e-4)


def test_a_flat_hole_has_no_energy_and_a_flat_truth_no_infinite_one():
  picture = pictures(1)[0].astype(np.float32)
  flat = np.full_like(picture, 128)
  assert (texture.energy(picture, flat, square()) < 1e-6).all()
  assert texture.energy(flat, flat, square()) == pytest.approx([1, 1, 1], rel=1e-2)


def test_energy_is_that_of_the_hole_alone():
  picture = pictures(1)[0]
  other = np.where(square()[..., None] > 0, picture, 0)
  inner = texture.energy(picture, other, square(20))
  assert inner[0] == pytest.approx(1)
