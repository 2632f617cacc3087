"""The holes of an evaluation: by kind, from a folder, one for each picture; on pictures of any
shape.
"""

import numpy as np
from PIL import Image
import pytest

from glcic_jax import errors
from glcic_jax.evaluation import holes

WIDE = (40, 90)


def _drawn(kinds, size=None, seed=0, side=0.5):
  return holes.drawn(holes.kinds_of(kinds), seed=seed, size=size, center_side=side)


@pytest.mark.parametrize('kind', [kind for kind in holes.KINDS if kind != 'center'])
@pytest.mark.parametrize('size', [None, 33])
def test_every_kind_draws_on_every_shape_by_seed_and_index(kind, size):
  hole_of, shape = _drawn(kind, size), (size, size) if size else WIDE
  for index in range(6):
    hole, name = hole_of(index, 'a', WIDE)
    assert hole.shape == shape and hole.dtype == bool and 0 < hole.mean() < 0.61
    assert name in holes.KINDS[kind]
    np.testing.assert_array_equal(_drawn(kind, size)(index, 'b', WIDE)[0], hole)
  assert any(
    (hole_of(i, 'a', WIDE)[0] != _drawn(kind, size, seed=1)(i, 'a', WIDE)[0]).any()
    for i in range(6)
  )


def test_the_centre_is_exact_on_every_shape():
  hole, kind = _drawn('center', side=0.375)(0, 'a', (64, 128))
  assert kind == 'center'
  expected = np.zeros((64, 128), bool)
  expected[20:44, 40:88] = True
  np.testing.assert_array_equal(hole, expected)


def test_several_kinds_take_turns():
  hole_of = _drawn('rectangle,thin')
  assert [hole_of(i, 'a', WIDE)[1] for i in range(4)] == ['rectangle', 'thin strokes'] * 2


def test_pictures_as_they_are_get_the_same_holes_stretched():
  small, _ = _drawn('blocks')(5, 'a', (256, 256))
  large, _ = _drawn('blocks')(5, 'a', (512, 768))
  np.testing.assert_array_equal(large, small.repeat(2, 0).repeat(3, 1))


@pytest.mark.parametrize('text', ['circle', 'rectangle,', ''])
def test_an_unknown_kind_is_refused(text):
  with pytest.raises(errors.InputError, match='kind of hole'):
    holes.kinds_of(text)


@pytest.mark.parametrize('side', [0, 1, -0.5, float('nan')])
def test_a_centre_that_is_no_share_is_refused(side):
  with pytest.raises(errors.InputError, match='--mask-side'):
    _drawn('center', side=side)


def test_masks_drawn_from_a_folder_fit_the_picture(tmp_path):
  mask = np.zeros((20, 20), np.uint8)
  mask[5:10, 10:20] = 255
  Image.fromarray(mask).save(tmp_path / 'mask.png')
  hole, kind = holes.drawn_from(str(tmp_path), seed=0, size=None)(0, 'a', (40, 80))
  assert kind == 'own'
  expected = np.zeros((40, 80), bool)
  expected[10:20, 40:80] = True
  np.testing.assert_array_equal(hole, expected)
  assert holes.drawn_from(str(tmp_path), seed=0, size=30)(0, 'a', (40, 80))[0].shape == (30, 30)


def test_a_paired_mask_is_cut_as_the_picture_is(tmp_path):
  mask = np.zeros((40, 80), np.uint8)
  mask[10:20, 30:40] = 255
  Image.fromarray(mask).save(tmp_path / 'a.png')
  path = str(tmp_path / 'a.png')
  whole, kind = holes.paired(lambda name: path, size=None)(0, 'a', (40, 80))
  assert kind == 'own'
  np.testing.assert_array_equal(whole, mask > 0)
  middle, _ = holes.paired(lambda name: path, size=20)(0, 'a', (40, 80))
  expected = np.zeros((20, 20), bool)
  expected[5:10, 5:10] = True  # the middle 40x40, from column 20 on, at half its size
  np.testing.assert_array_equal(middle, expected)


def test_a_paired_mask_must_fit_and_show_a_hole_where_the_picture_is_cut(tmp_path):
  mask = np.zeros((40, 80), np.uint8)
  mask[10:20, :5] = 255
  Image.fromarray(mask).save(tmp_path / 'a.png')
  hole_of = holes.paired(lambda name: str(tmp_path / 'a.png'), size=20)
  with pytest.raises(errors.InputError, match='same size'):
    hole_of(0, 'a', (40, 81))
  with pytest.raises(errors.InputError, match='cut to the middle'):
    hole_of(0, 'a', (40, 80))
