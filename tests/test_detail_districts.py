"""A sprawling hole: its blocks copy what is near them, and the picture does not show where."""

import numpy as np
import pytest

from glcic_jax import detail
from glcic_jax.detail import blocks
from glcic_jax.detail import districts
from glcic_jax.detail import settings as settings_lib

SETTINGS = settings_lib.Settings(near=0)
SMALL = 64  # pixels: side of a district here


def stroke(length, height=80):
  """A picture of two textures, its hole from end to end, and its lead without detail."""
  rng = np.random.default_rng(0)
  tile = rng.uniform(-40, 40, (2, 8, 8, 1))
  tile -= tile.mean((1, 2), keepdims=True)
  left, right = (np.tile(one, (height // 8, length // 16, 3)) for one in tile)
  picture = np.float32(128 + np.concatenate([left, right], axis=1))
  hole = np.zeros((height, length), bool)
  hole[35:45] = True
  return picture, np.where(hole[..., None], np.float32(128), picture), hole


def found(lead, hole, settings=SETTINGS):
  field = blocks.field(lead / 255, hole, ~hole, settings)
  grid = blocks.grid(field, settings)
  return field, grid, districts.of_grid(field, grid, settings)


@pytest.fixture
def small(monkeypatch):
  monkeypatch.setattr(districts, '_SIDE', SMALL // SETTINGS.block)


def test_a_compact_hole_is_one_district():
  _, lead, hole = stroke(320)
  field, grid, (one,) = found(lead, hole)
  assert (one.members == np.arange(len(grid.y))).all()
  for axis, wanted in zip(one.sources, blocks.sources(field, SETTINGS)):
    np.testing.assert_array_equal(axis, wanted)


@pytest.mark.usefixtures('small')
def test_every_block_is_in_one_district_and_copies_what_is_near():
  _, lead, hole = stroke(640)
  settings = SETTINGS._replace(margin=32)
  field, grid, several = found(lead, hole, settings)
  assert len(several) >= 640 // SMALL
  members = np.concatenate([one.members for one in several])
  assert (np.sort(members) == np.arange(len(grid.y))).all()
  for one in several:
    assert (grid.x[one.members] == one.corners[1]).all() and len(one.sources[0])
    assert field.allowed[one.sources].all() and field.heard[one.heard].all()
    reach = one.sources[1].min() - one.corners[1].min(), one.sources[1].max() - one.corners[1].max()
    assert -32 - settings.step <= reach[0] and reach[1] <= 32


@pytest.mark.usefixtures('small')
def test_a_texture_comes_back_along_all_of_a_stroke():
  picture, lead, hole = stroke(640)
  bands = tuple(band._replace(fade=0, rise=0) for band in SETTINGS.finer_bands)
  completed = detail.add(picture, lead, hole, settings=SETTINGS._replace(finer_bands=bands))
  error = np.square(completed - picture)[35:45].mean((0, 2))
  apart = np.abs(np.arange(640) - 320) > 16  # from where the textures meet
  assert error[apart].max() < 0.1 * np.square(picture - 128).mean()


@pytest.mark.usefixtures('small')
def test_where_nothing_is_near_what_is_far_is_copied():
  _, lead, hole = stroke(640)
  hole[:, :500] = True
  _, grid, several = found(lead, hole)
  assert len(several) > 1 and all(len(one.sources[0]) for one in several)
  hole[:] = True
  assert found(lead, hole)[2] == []
