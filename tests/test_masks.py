"""Holes by (seed, index, stream), and the local views around them."""

import subprocess
import sys

import numpy as np
import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import shapes
from glcic_jax.holes import views


def _sides(mask):
  """Height, width, top and left of the one rectangle in a mask; fails if it is none."""
  rows = [y for y in range(mask.shape[0]) if mask[y].any()]
  columns = [x for x in range(mask.shape[1]) if mask[:, x].any()]
  height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
  assert mask.sum() == height * width
  return height, width, rows[0], columns[0]


def _draws(count, size=24, side=(3, 7)):
  return [_sides(shapes.rectangle(draws.generator(0, index), size, side)) for index in range(count)]


def test_sides_take_every_value_of_the_range_and_no_other():
  drawn = _draws(400)
  assert {height for height, *_ in drawn} == {3, 4, 5, 6, 7}
  assert {width for _, width, *_ in drawn} == {3, 4, 5, 6, 7}


def test_height_and_width_are_drawn_independently():
  pairs = {(height, width) for height, width, *_ in _draws(400)}
  assert len(pairs) == 25


def test_holes_reach_all_four_borders_and_stay_inside():
  drawn = _draws(400, size=12)
  assert min(top for *_, top, _ in drawn) == 0
  assert min(left for *_, left in drawn) == 0
  assert max(top + height for height, _, top, _ in drawn) == 12
  assert max(left + width for _, width, _, left in drawn) == 12


def test_every_place_is_about_equally_likely():
  tops = [top for *_, top, _ in _draws(2_000, size=10, side=(7, 7))]
  counts = np.bincount(tops, minlength=4)
  assert counts.shape == (4,)
  assert (np.abs(counts - 500) < 100).all()  # 5 standard deviations


def test_a_hole_as_large_as_the_picture_fits():
  mask = shapes.rectangle(draws.generator(0, 0), 9, (9, 9))
  np.testing.assert_array_equal(mask, np.ones((9, 9, 1), np.uint8))


def test_a_mask_is_bytes_with_one_channel():
  mask = shapes.rectangle(draws.generator(0, 0), 24, (3, 7))
  assert mask.shape == (24, 24, 1)
  assert mask.dtype == np.uint8
  assert set(np.unique(mask)) == {0, 1}


def test_the_same_seed_index_and_stream_give_the_same_hole():
  draw = kinds.from_config(config_lib.default().mask, 256)
  first = [draw(draws.generator(3, index)) for index in range(5)]
  again = [draw(draws.generator(3, index)) for index in reversed(range(5))][::-1]
  np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize('other', [(1, 0, 0), (0, 1, 0), (0, 0, 1), (2**40, 0, 0)])
def test_seed_index_and_stream_each_change_the_draws(other):
  ours = draws.generator(0, 0, draws.COMPLETION).random(4)
  assert (draws.generator(*other).random(4) != ours).all()


def test_neighbouring_samples_of_all_streams_are_all_different():
  found = {
    tuple(draws.generator(seed, index, stream).integers(2**62, size=2))
    for seed in range(5)
    for index in range(50)
    for stream in (draws.COMPLETION, draws.VALIDATION, draws.PICTURE)
  }
  assert len(found) == 750


def test_the_completion_stream_is_the_default():
  assert draws.generator(1, 2).random() == draws.generator(1, 2, draws.COMPLETION).random()
  assert len({draws.COMPLETION, draws.VALIDATION, draws.PICTURE}) == 3


def test_a_config_draws_what_its_keys_say():
  config = config_lib.default().mask
  config.side = (5, 6)
  drawn = kinds.from_config(config, 16)(draws.generator(4, 7))
  np.testing.assert_array_equal(drawn, shapes.rectangle(draws.generator(4, 7), 16, (5, 6)))


@pytest.mark.parametrize(
  'key, value',
  [('kind', 'star'), ('side', (0, 4)), ('side', (4, 17)), ('side', (6, 5)), ('side', (-3, 5))],
)
def test_an_impossible_mask_config_is_refused_by_key(key, value):
  config = config_lib.default()
  config.update_from_flattened_dict(
    {'image_size': 16, 'model.local_size': 8, 'mask.side': (4, 8), f'mask.{key}': value}
  )
  with pytest.raises(errors.InputError, match=f'mask.{key}'):
    config_lib.check(config)


def _hole(height, width, rows, columns):
  mask = np.zeros((height, width, 1), np.uint8)
  mask[slice(*rows), slice(*columns)] = 1
  return mask


@pytest.mark.parametrize(
  'mask, view, corner',
  [
    (_hole(20, 20, (8, 12), (6, 12)), 8, (6, 5)),  # centres 10 and 9
    (_hole(20, 20, (0, 4), (16, 20)), 8, (0, 12)),  # kept inside at the top and the right
    (_hole(20, 20, (16, 20), (0, 4)), 8, (12, 0)),  # at the bottom and the left
    (_hole(20, 20, (0, 20), (0, 20)), 20, (0, 0)),  # the view is the picture
    (_hole(20, 20, (2, 18), (2, 18)), 8, (6, 6)),  # a hole larger than the view
    (_hole(20, 20, (10, 11), (10, 11)), 1, (10, 10)),  # one pixel
    (_hole(12, 30, (4, 8), (20, 24)), 8, (2, 18)),  # a picture that is no square
    (_hole(20, 20, (9, 12), (9, 12)), 3, (9, 9)),  # an odd hole exactly in an odd view
  ],
)
def test_known_views(mask, view, corner):
  found = views.view_corner(mask, view)
  assert found.dtype == np.int32
  assert tuple(found) == corner


def test_a_half_pixel_centre_goes_to_either_neighbour():
  for top in range(4, 10):
    corner = views.view_corner(_hole(20, 20, (top, top + 3), (8, 12)), 4)
    assert corner[0] in (top - 1, top)  # the centre is at top + 1.5, the exact corner at top - 0.5


def test_the_view_spans_all_parts_of_a_hole_of_several():
  mask = _hole(20, 20, (4, 6), (4, 6)) | _hole(20, 20, (12, 14), (10, 12))
  assert tuple(views.view_corner(mask, 10)) == (4, 3)  # the box is rows 4..14, columns 4..12


@pytest.mark.parametrize('view', [7, 8, 11])
def test_a_view_that_is_large_enough_contains_its_hole(view):
  for index in range(300):
    mask = shapes.rectangle(draws.generator(1, index), 24, (3, 7))
    y, x = views.view_corner(mask, view)
    assert 0 <= y <= 24 - view and 0 <= x <= 24 - view
    assert mask[y : y + view, x : x + view].sum() == mask.sum()


def test_holes_and_pictures_are_had_without_jax():
  program = (
    'import sys; from glcic_jax.holes import kinds; from glcic_jax.pictures import masks; '
    'from glcic_jax.pictures import photographs; sys.exit("jax" in sys.modules)'
  )
  assert subprocess.run([sys.executable, '-c', program], check=False).returncode == 0
