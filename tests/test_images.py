"""Value ranges, mean fill, composite and local view."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import images

_RANGES = [(0.0, 1.0), (-1.0, 1.0)]


@pytest.fixture
def rng():
  return np.random.default_rng(0)


@pytest.mark.parametrize('value_range', _RANGES)
def test_all_byte_values_survive_the_way_to_floats_and_back(value_range):
  levels = np.arange(256, dtype=np.uint8)
  floats = images.to_float(levels, value_range)
  back = images.to_uint8(floats, value_range)
  assert floats.dtype == jnp.float32
  assert back.dtype == jnp.uint8
  np.testing.assert_array_equal(back, levels)


@pytest.mark.parametrize('value_range', _RANGES)
def test_floats_are_the_linear_map_of_the_levels(value_range):
  low, high = value_range
  levels = np.arange(256, dtype=np.uint8)
  expected = [low + (high - low) * level / 255 for level in range(256)]
  np.testing.assert_allclose(images.to_float(levels, value_range), expected, atol=2e-7)


@pytest.mark.parametrize('value_range', _RANGES)
def test_bytes_survive_under_jit_and_through_bfloat16_within_its_precision(value_range):
  levels = np.arange(256, dtype=np.uint8)
  back = jax.jit(
    lambda x: images.to_uint8(images.to_float(x, value_range, jnp.bfloat16), value_range)
  )(levels)
  assert back.dtype == jnp.uint8
  assert np.abs(np.asarray(back, int) - levels).max() <= 2


def test_values_outside_the_range_are_clipped_and_halves_are_rounded_to_nearest():
  floats = np.array([-3.0, -0.001, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1.001, 9.0], np.float32)
  np.testing.assert_array_equal(images.to_uint8(floats, (0, 1)), [0, 0, 0, 1, 255, 255, 255])


def test_fill_overwrites_the_hole_with_one_color_and_nothing_else(rng):
  image = rng.random((2, 5, 6, 3), np.float32)
  mask = rng.integers(0, 2, (2, 5, 6, 1), dtype=np.uint8)
  color = np.array([0.25, 0.5, 0.75])
  filled = images.fill_hole(image, mask, color)
  assert filled.dtype == jnp.float32
  for b, y, x in np.ndindex(2, 5, 6):
    expected = color if mask[b, y, x, 0] else image[b, y, x]
    np.testing.assert_array_equal(filled[b, y, x], expected)


def _awkward_floats(rng, shape):
  """Float32s of every bit pattern but NaN: infinities, minus zero, denormals."""
  bits = rng.integers(0, 2**32, shape, dtype=np.uint32)
  bits[..., 0] &= np.uint32(0x807FFFFF)  # denormals of both signs
  values = bits.view(np.float32)
  values[0, 0, 0] = -0.0
  values[0, 0, 1] = np.inf
  return np.where(np.isnan(values), np.float32(0.1), values)


@pytest.mark.parametrize('mask_dtype', [np.uint8, np.float32, bool])
def test_composite_is_bit_exact_outside_the_hole_and_inside(rng, mask_dtype):
  image = _awkward_floats(rng, (2, 6, 7, 3))
  raw = _awkward_floats(rng, (2, 6, 7, 3))
  mask = rng.integers(0, 2, (2, 6, 7, 1)).astype(mask_dtype)
  completed = np.asarray(jax.jit(images.composite)(raw, image, mask))
  hole = np.broadcast_to(mask > 0, image.shape)
  np.testing.assert_array_equal(completed.view(np.uint32)[~hole], image.view(np.uint32)[~hole])
  np.testing.assert_array_equal(completed.view(np.uint32)[hole], raw.view(np.uint32)[hole])


def test_composite_of_bytes_stays_bytes(rng):
  image, raw = rng.integers(0, 256, (2, 1, 4, 4, 3), dtype=np.uint8)
  mask = np.zeros((1, 4, 4, 1), np.uint8)
  mask[0, 1:3, 2:] = 1
  completed = images.composite(raw, image, mask)
  assert completed.dtype == jnp.uint8
  expected = image.copy()
  expected[0, 1:3, 2:] = raw[0, 1:3, 2:]
  np.testing.assert_array_equal(completed, expected)


def test_a_broken_output_outside_the_hole_does_not_show():
  mask = np.zeros((1, 2, 2, 1), np.float32)
  mask[0, 0, 0] = 1
  raw = np.full((1, 2, 2, 3), np.nan, np.float32)
  raw[0, 0, 0] = 0.5
  completed = images.composite(raw, np.full_like(raw, 0.25), mask)
  np.testing.assert_array_equal(completed[0, :, :, 0], [[0.5, 0.25], [0.25, 0.25]])


def test_no_gradient_reaches_the_network_from_outside_the_hole(rng):
  image, raw = rng.random((2, 1, 4, 5, 3), np.float32)
  mask = rng.integers(0, 2, (1, 4, 5, 1)).astype(np.float32)
  slope = rng.random((1, 4, 5, 3), np.float32) + 1

  def loss(x, y):
    return jnp.sum(slope * images.composite(x, y, mask))

  to_raw, to_image = jax.grad(loss, argnums=(0, 1))(raw, image)
  np.testing.assert_array_equal(to_raw, slope * mask)
  np.testing.assert_array_equal(to_image, slope * (1 - mask))


@pytest.mark.parametrize('size', [1, 3, 6])
def test_local_views_are_the_slices(rng, size):
  image = rng.integers(0, 256, (4, 8, 9, 3), dtype=np.uint8)
  corner = np.stack([rng.integers(0, 8 - size + 1, 4), rng.integers(0, 9 - size + 1, 4)], axis=1)
  views = jax.jit(images.local_view, static_argnums=2)(image, corner.astype(np.int32), size)
  expected = [picture[y : y + size, x : x + size] for picture, (y, x) in zip(image, corner)]
  np.testing.assert_array_equal(views, expected)


def test_a_view_beyond_the_border_is_moved_inside(rng):
  image = rng.random((2, 8, 8, 1), np.float32)
  views = images.local_view(image, np.array([[6, 7], [-2, 3]], np.int32), 4)
  np.testing.assert_array_equal(views[0], image[0, 4:, 4:])


def test_local_views_pass_gradients_to_their_own_pixels_alone(rng):
  image = rng.random((1, 6, 6, 2), np.float32)
  gradient = jax.grad(lambda x: images.local_view(x, np.array([[1, 2]], np.int32), 3).sum())(image)
  expected = np.zeros_like(image)
  expected[:, 1:4, 2:5] = 1
  np.testing.assert_array_equal(gradient, expected)


def test_middle_and_its_patch_are_inverse_and_touch_nothing_else(rng):
  image, patch = rng.random((2, 8, 12, 3)), rng.random((2, 4, 4, 3))
  pasted = np.asarray(images.paste_middle(jnp.asarray(image), jnp.asarray(patch)))
  expected = image.astype(pasted.dtype)
  expected[:, 2:6, 4:8] = patch
  np.testing.assert_array_equal(pasted, expected)
  np.testing.assert_array_equal(images.middle(pasted, 4), patch.astype(pasted.dtype))
  np.testing.assert_array_equal(images.paste_middle(image, image + 1), image + 1)
