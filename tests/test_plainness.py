"""Where the surroundings of a hole are plain, a membrane is believed and not the network."""

import numpy as np
import pytest

from glcic_jax import boxes
from glcic_jax.inference import blending
from glcic_jax.inference import canvas as canvas_lib
from glcic_jax.inference import plainness
from glcic_jax.inference import tiling

SIDE = 64


def hole_in_the_middle():
  hole = np.zeros((SIDE, SIDE), bool)
  hole[24:40, 20:44] = True
  return hole


def sky():
  """A slope of one level a pixel."""
  slope = np.linspace(80, 143, SIDE, dtype=np.float32)
  return np.broadcast_to(slope[:, None, None], (SIDE, SIDE, 3)).copy()


def fur():
  return np.random.default_rng(0).normal(128, 20, (SIDE, SIDE, 3)).astype(np.float32)


def test_a_network_is_believed_in_fur_and_not_in_the_sky():
  hole = hole_in_the_middle()
  assert (plainness.trust(fur(), hole) == 1).all()
  assert plainness.trust(sky(), hole).max() < 0.1


def test_what_the_hole_holds_does_not_count():
  hole = hole_in_the_middle()
  painted = np.where(hole[..., None], fur(), sky())
  np.testing.assert_array_equal(plainness.trust(painted, hole), plainness.trust(sky(), hole))


def test_one_hole_may_lie_in_both():
  hole = np.zeros((SIDE, 2 * SIDE), bool)
  hole[28:36, 8:-8] = True
  trust = plainness.trust(np.concatenate([sky(), fur()], axis=1), hole)
  assert trust[32, 16] < 0.1 and trust[32, -16] == 1
  assert (np.abs(np.diff(trust, axis=1)) < 0.4).all()  # from one to the other smoothly


@pytest.mark.parametrize('known', [False, True])
def test_all_hole_and_no_hole(known):
  trust = plainness.trust(fur(), np.full((SIDE, SIDE), not known))
  assert (trust == 1).all()


@pytest.mark.parametrize('feather', [0, 3])
def test_what_is_not_believed_is_a_membrane(feather):
  hole, image, raw = hole_in_the_middle(), sky(), fur()
  membrane = blending.poisson(image, np.zeros_like(raw), hole, ~hole)
  none, full, half = (
    blending.blend(image, raw, hole, feather=feather, trust=np.full(hole.shape, trust))
    for trust in (0.0, 1.0, 0.5)
  )
  np.testing.assert_allclose(none, membrane, atol=1e-9)
  np.testing.assert_allclose(full, blending.blend(image, raw, hole, feather=feather), atol=1e-9)
  np.testing.assert_allclose(half, (none + full) / 2, atol=1e-9)


@pytest.mark.parametrize(
  ('smooth', 'blend'), [(True, 'poisson'), (False, 'poisson'), (True, 'none')]
)
def test_a_stain_in_the_sky_goes_where_the_network_is_smooth_alone(smooth, blend):
  hole = hole_in_the_middle()
  pixels = np.round(sky()).astype(np.uint8)
  truth = pixels.copy()
  parts = tiling.parts(hole, large='crop', side=SIDE, multiple=4)
  canvas = canvas_lib.Canvas(pixels, hole, parts, blend=blend, feather=0, smooth=smooth)
  window = canvas.next_window()
  stain = np.zeros(window.image.shape, np.float32)
  stain[28:36, 26:38] = 12
  canvas.take(window, np.where(window.mask > 0, truth + stain, window.image))
  error = np.abs(pixels.astype(int) - truth)[boxes.slices(window.box)]
  assert error.max() <= 2 if smooth and blend == 'poisson' else error.max() >= 10
  assert (pixels[~hole] == truth[~hole]).all()
