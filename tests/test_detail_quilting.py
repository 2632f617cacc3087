"""Blocks that agree with each other: cuts, pieces that go on, sources of the same kind."""

import numpy as np
import pytest
import scipy.ndimage

from glcic_jax import detail
from glcic_jax.detail import bands
from glcic_jax.detail import blocks
from glcic_jax.detail import cuts
from glcic_jax.detail import matching
from glcic_jax.detail import quilting
from glcic_jax.detail import settings as settings_lib

USUAL = settings_lib.Settings()


def hole_of(size, top, left, height, width):
  hole = np.zeros((size, size), bool)
  hole[top : top + height, left : left + width] = True
  return hole


def test_a_cut_runs_where_both_are_alike():
  error = np.ones((1, 16, 16))
  error[0, :, 3] = 0
  error[0, 8:, 3], error[0, 8:, 4] = 1, 0  # from there on a pixel farther
  laid = np.zeros((1, 16, 16), bool)
  laid[:, :, :8] = True
  own = cuts.own(error, laid, 8)[0]
  assert (own[:, 8:]).all()
  begin = own.argmax(1)
  assert set(begin[:8]) <= {3, 4} and set(begin[9:]) <= {4, 5}
  assert not own[:, :3].any()


@pytest.mark.parametrize('turns', range(4))
def test_cuts_are_the_same_from_every_side(turns):
  rng = np.random.default_rng(0)
  error = rng.random((3, 16, 16))
  laid = np.zeros((3, 16, 16), bool)
  laid[:, :, :6] = True
  turned = cuts.own(*(np.rot90(values, turns, axes=(1, 2)) for values in (error, laid)), 8)
  assert (turned == np.rot90(cuts.own(error, laid, 8), turns, axes=(1, 2))).all()


def test_what_is_not_laid_is_the_blocks_own():
  rng = np.random.default_rng(1)
  laid = rng.random((4, 16, 16)) < 0.5
  own = cuts.own(rng.random((4, 16, 16)), laid, 8)
  assert own[~laid].all()
  assert cuts.own(rng.random((1, 16, 16)), np.zeros((1, 16, 16), bool), 8).all()


@pytest.mark.parametrize('period', [11, 13])
def test_a_texture_of_any_period_comes_back(period):
  rng = np.random.default_rng(5)
  tile = rng.uniform(-40, 40, (period, period, 3))
  picture = np.tile(128 + tile - tile.mean((0, 1)), (12, 12, 1))[:128, :128].astype(np.float32)
  hole = hole_of(128, 45, 46, 33, 35)
  without = np.where(hole[..., None], np.float32(128), picture)
  plain = settings_lib.Settings(near=0)
  bands = tuple(x._replace(fade=0, rise=0, louder=1) for x in plain.finer_bands)
  plain = plain._replace(finer_bands=bands)
  error = (detail.add(picture, without, hole, settings=plain) - picture)[hole]
  assert np.median(np.abs(error)) < 1  # of 80 levels
  assert np.square(error).mean() < 0.01 * np.square(picture[hole] - 128).mean()


def test_a_line_goes_on():
  y, x = np.mgrid[:128, :128]
  away = np.abs(y - 40.3 - 0.4 * x) / np.hypot(1, 0.4)
  line = np.clip(2.5 - away, 0, 1)[..., None] * np.ones(3)
  picture = (200 - 150 * line).astype(np.float32)
  hole = hole_of(128, 50, 52, 32, 24)
  without = np.where(hole[..., None], scipy.ndimage.gaussian_filter(picture, (3, 3, 0)), picture)
  error = [
    np.square(completed - picture)[hole].mean()
    for completed in (without, detail.add(picture, without, hole))
  ]
  assert error[1] < 0.3 * error[0]


def test_a_blurred_background_stays_blurred():
  # Left sharp, right out of focus, of the same colours and contrast.
  rng = np.random.default_rng(2)
  noise = rng.standard_normal((128, 128, 3))
  sharp, blurred = (scipy.ndimage.gaussian_filter(noise, (s, s, 0)) for s in (0.7, 4))
  right = np.arange(128)[:, None] >= 56
  picture = 128 + 15 * np.where(right, blurred / blurred.std(), sharp / sharp.std())
  picture = picture.astype(np.float32)
  hole = hole_of(128, 44, 78, 36, 36)
  without = np.where(hole[..., None], np.float32(128), picture)
  completed = detail.add(picture, without, hole)

  def finest(where):
    return np.square(scipy.ndimage.laplace(completed[..., 0]))[where].mean()

  outside = scipy.ndimage.binary_dilation(hole, iterations=12) & ~hole
  inside = scipy.ndimage.binary_erosion(hole, iterations=4)
  sharp_side = np.broadcast_to(np.arange(128) < 50, hole.shape)
  assert finest(inside) < 5 * finest(outside)
  assert finest(sharp_side) > 100 * finest(outside)  # it could have been copied


def test_nothing_stray_in_a_clear_sky():
  # Twigs on the left, a sky on the right of one colour; the hole's middle may be either.
  rng = np.random.default_rng(3)
  twigs = rng.standard_normal((128, 128, 1)) * 30
  sky = np.linspace(150, 200, 128)[:, None, None] * np.ones(3)
  picture = (sky + twigs * (np.arange(128)[:, None] < 50)).astype(np.float32)
  hole = hole_of(128, 40, 40, 48, 56)
  completed = detail.add(picture, np.where(hole[..., None], sky, picture).astype(np.float32), hole)
  assert np.abs(completed - sky)[44:84, 76:96].max() < 2


def costs_of(guide, hole, settings=USUAL):
  field = blocks.field(guide.astype(np.float32), hole, ~hole, settings)
  grid, sources = blocks.grid(field, settings), blocks.sources(field, settings)
  return (
    field,
    grid,
    matching.Costs(
      field, (grid.y, grid.x), sources, blocks.heard(field, 10_000, settings), settings
    ),
  )


def test_blocks_that_are_laid_at_once_do_not_overlap_and_the_holes_border_comes_first():
  hole = hole_of(128, 20, 24, 88, 80)
  field, grid, _ = costs_of(np.full((128, 128, 3), 0.5), hole)
  groups = quilting._order(field, grid, USUAL)
  assert (np.sort(np.concatenate(groups)) == np.arange(len(grid.y))).all()
  for group in groups:
    down, across = (np.abs(np.subtract.outer(axis[group], axis[group])) for axis in grid[:2])
    apart = np.maximum(down, across)[~np.eye(len(group), dtype=bool)]
    assert (apart >= USUAL.block).all()
  middle = USUAL.block // 2
  depth = bands.depth(field.hole)[grid.y + middle, grid.x + middle]
  assert depth[groups[0]].max() < USUAL.stride and depth[groups[-1]].max() == depth.max()


def test_matrix_products_cost_what_each_block_costs_by_the_pixel():
  settings = settings_lib.Settings(sample=1)
  guide = 0.5 + 0.1 * np.random.default_rng(0).standard_normal((80, 80, 3))
  field, grid, costs = costs_of(guide, hole_of(80, 28, 30, 24, 20), settings)
  group, laid = np.arange(0, len(grid.y), 5), matching.Laid(field, settings)
  y, x = (np.tile(axis, (len(group), 1)) for axis in costs.sources)
  np.testing.assert_allclose(
    costs.of_all(group, laid), costs.at(group, y, x, laid), rtol=1e-3, atol=1e-3
  )


def test_a_disagreement_counts_by_how_much_of_a_block_is_laid():
  settings = settings_lib.Settings(known=0)
  _, _, costs = costs_of(np.full((80, 80, 3), 0.5), hole_of(80, 28, 30, 24, 20), settings)
  different = np.full((1, 1), 1e6)  # as loud as both are
  for share in (0.25, 0.5, 1):
    there = (np.arange(256) < 256 * share).astype(float)[None]
    np.testing.assert_allclose(
      costs._disagreement(different, different, there), share * costs.unit, rtol=1e-3
    )


def test_a_narrow_strip_at_the_pictures_edge_is_heard():
  """Too narrow to be copied from, it says how quiet the hole is beside it."""
  rng = np.random.default_rng(3)
  guide = np.full((128, 128, 3), 0.5)
  guide[:, :48] += 0.1 * rng.standard_normal((128, 48, 1)) - 0.1
  hole = hole_of(128, 0, 48, 128, 66)  # 14 px of the picture's right side stay
  _, grid, costs = costs_of(guide, hole)
  right = grid.x > 96
  assert costs.sources[1].max() < 48
  assert np.exp(costs.usual[right]).max() < 0.01
  assert np.exp(costs.usual[~right]).max() > 0.05


def test_what_is_coloured_is_no_match_for_grey():
  """Of two textures as loud, and nearly of the same mean, the one without tints is meant."""
  rng = np.random.default_rng(4)
  grey = rng.standard_normal((128, 128, 1)) * np.ones(3)
  tinted = rng.standard_normal((128, 128, 3)) * np.float32([1.7, 0.1, 0.2]) + 1
  noise = np.where((np.arange(128) < 84)[:, None], grey, tinted)
  hole = hole_of(128, 48, 32, 32, 36)
  field, grid, costs = costs_of(0.5 + 0.08 * np.where(hole[..., None], 0, noise), hole)
  cost = costs.of_all(np.arange(len(grid.y)), matching.Laid(field, USUAL))
  tints = costs.sources[1] - 16 >= 84
  assert np.median(cost[:, tints].min(1) - cost[:, ~tints].min(1)) > 1
