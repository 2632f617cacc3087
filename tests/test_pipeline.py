"""Batches: what they hold, and that nothing but (seed, step, row) decides it."""

import hashlib
import itertools

import jax
import numpy as np
from PIL import Image
import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.data import pipeline
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views
from glcic_jax.pictures import image_files

_ALL = range(8)


def _config(folder, **changes):
  """Pictures of 16 px in batches of 8."""
  config = config_lib.default()
  config.image_size = 16
  config.data.resize_short_edge = (16, 24)
  config.mask.side = (3, 7)
  config.model.local_size = 8
  config.batch_size = 8
  config.data.folder = str(folder)
  config.data.validation_fraction = 0.0
  config.data.threads = 2
  config.update_from_flattened_dict(changes)
  config_lib.check(config)
  return config


def _constant_pictures(folder, count):
  """Picture i is red 10 * i everywhere."""
  folder.mkdir()
  for index in range(count):
    Image.new('RGB', (30, 20), (10 * index, 0, 0)).save(folder / f'{index:02d}.png')
  return folder


def _which(image):
  """The numbers of constant pictures, one for each row."""
  image = np.asarray(image)
  assert (image == image[:, :1, :1]).all()
  return (image[:, 0, 0, 0] // 10).tolist()


def _take(config, first, count, rows=_ALL):
  return list(itertools.islice(pipeline.Pipeline(config, rows).train(first), count))


def _assert_same(one, two):
  jax.tree.map(np.testing.assert_array_equal, one, two)


def test_a_batch_has_the_promised_shapes_and_types(picture_folder):
  (batch,) = _take(_config(picture_folder), 0, 1)
  shapes = jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype.name), batch)
  assert vars(shapes) == {
    'image': ((8, 16, 16, 3), 'uint8'),
    'mask': ((8, 16, 16, 1), 'uint8'),
    'view': ((8, 2), 'int32'),
    'real_view': ((8, 2), 'int32'),
    'weight': ((8,), 'float32'),
  }
  np.testing.assert_array_equal(batch.weight, np.ones(8))


@pytest.mark.parametrize('first', [1, 3])
def test_a_run_may_start_at_any_step(picture_folder, first):
  config = _config(picture_folder)
  _assert_same(_take(config, 0, 6)[first:], _take(config, first, 6 - first))


def test_the_processes_together_read_the_global_batch(picture_folder):
  config = _config(picture_folder)
  whole = _take(config, 2, 3)
  for parts in ([range(4), range(4, 8)], [range(2), range(2, 4), range(4, 6), range(6, 8)]):
    shares = [_take(config, 2, 3, rows) for rows in parts]
    together = [jax.tree.map(lambda *rows: np.concatenate(rows), *step) for step in zip(*shares)]
    _assert_same(together, whole)


def test_the_seed_changes_every_draw(picture_folder):
  (one,) = _take(_config(picture_folder), 0, 1)
  (two,) = _take(_config(picture_folder, seed=1), 0, 1)
  for name in ('image', 'mask', 'view', 'real_view'):
    assert (getattr(one, name) != getattr(two, name)).any()


def test_the_seed_changes_the_crops_too(tmp_path):
  Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(
    tmp_path / 'one.png'
  )
  (one,) = _take(_config(tmp_path), 0, 1)
  (two,) = _take(_config(tmp_path, seed=1), 0, 1)
  assert (one.image != two.image).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize('count', [1, 2, 11])
def test_every_epoch_visits_every_picture_exactly_once(tmp_path, count):
  config = _config(_constant_pictures(tmp_path / 'pictures', count))
  seen = [which for batch in _take(config, 0, count) for which in _which(batch.image)]
  epochs = [seen[start : start + count] for start in range(0, 8 * count, count)]
  assert len(epochs) == 8
  for epoch in epochs:
    assert sorted(epoch) == list(range(count))
  assert count < 11 or len(set(map(tuple, epochs))) == 8  # each in an order of its own


def test_crops_take_every_scale_and_place_of_the_range(tmp_path):
  ramp = np.zeros((48, 48, 3), np.uint8)
  ramp[..., 0], ramp[..., 1] = 5 * np.arange(48), 5 * np.arange(48)[:, None]
  Image.fromarray(ramp).save(tmp_path / 'ramp.png')
  edges, places = set(), []
  for batch in _take(_config(tmp_path), 0, 30):
    for image in batch.image.astype(float):
      # Red climbs by 5 * 48 / short_edge from column to column, green from row to row.
      edge = 240 * 13 / (image[8, 14, 0] - image[8, 1, 0])
      assert edge == pytest.approx(240 * 13 / (image[14, 8, 1] - image[1, 8, 1]), abs=0.4)
      edges.add(round(edge))
      step = 48 / round(edge)
      # A pixel shows the ramp at its centre, and the corner is half a pixel before.
      places.append([image[8, 8, c] / 5 + 0.5 - 8.5 * step for c in (1, 0)] + [48 - 16 * step])
  assert edges == set(range(16, 25))
  top, left, free = np.array(places).T
  roomy = free > 8
  for corner in (top, left):
    assert (corner > -0.2).all() and (corner < free + 0.2).all()
    share = corner[roomy] / free[roomy]
    assert share.min() < 0.1 and share.max() > 0.9
  assert abs(np.corrcoef(top[roomy] / free[roomy], left[roomy] / free[roomy])[0, 1]) < 0.3


def _digests(config, first, count, shares=(_ALL,)):
  """SHA-256 of each global batch, from the rows that the processes read."""
  parts = [_take(config, first, count, rows) for rows in shares]
  whole = [jax.tree.map(lambda *rows: np.concatenate(rows), *step) for step in zip(*parts)]
  return [
    hashlib.sha256(b''.join(leaf.tobytes() for leaf in jax.tree.leaves(batch))).hexdigest()
    for batch in whole
  ]


def test_a_batch_has_one_hash_for_one_process_two_and_a_resume_at_step_1000(picture_folder):
  config = _config(picture_folder)
  run = _digests(config, 998, 4)
  assert len(set(run)) == 4
  assert _digests(config, 1_000, 2) == run[2:]
  assert _digests(config, 1_000, 2, [range(4), range(4, 8)]) == run[2:]
  assert _digests(config, 1_001, 1, [range(row, row + 2) for row in range(0, 8, 2)]) == run[3:]


@pytest.mark.parametrize(
  'kind', ['rectangle', 'rectangles', 'center', 'blocks', 'region', 'strokes', 'mixture']
)
def test_holes_and_views_are_those_of_masks_py(picture_folder, kind):
  config = _config(
    picture_folder, seed=5, **{'mask.kind': kind, 'mask.mixture': ('rectangle=1', 'strokes=1')}
  )
  draw = kinds.from_config(config.mask, 16, seed=5)
  for step, batch in enumerate(_take(config, 2, 2), start=2):
    for row in range(8):
      index = 8 * step + row
      mask = draw(draws.generator(5, index, draws.COMPLETION))
      other = draw(draws.generator(5, draws.neighbour(index), draws.COMPLETION))
      np.testing.assert_array_equal(batch.mask[row], mask)
      np.testing.assert_array_equal(batch.view[row], views.view_corner(mask, 8))
      np.testing.assert_array_equal(batch.real_view[row], views.view_corner(other, 8))


def test_views_lie_inside_and_hold_their_holes(picture_folder):
  for batch in _take(_config(picture_folder), 0, 5):
    for corners in (batch.view, batch.real_view):
      assert (corners >= 0).all() and (corners <= 8).all()
    for mask, (y, x) in zip(batch.mask, batch.view):
      assert mask.sum() == mask[y : y + 8, x : x + 8].sum() >= 9


_SCORED = {'data.validation_fraction': 0.4, 'validation.count': 12}


def _held_back(folder):
  """The pipeline of a config that holds some pictures back, and which ones."""
  feed = pipeline.Pipeline(_config(folder, **_SCORED), _ALL)
  train, held_back = feed.counts
  assert train + held_back == len(list(folder.rglob('*.*'))) and 0 < held_back < 12 and train
  return feed


def test_validation_is_the_same_on_every_call_and_in_every_run(picture_folder):
  feed = _held_back(picture_folder)
  first = list(feed.validation())
  next(feed.train(0))
  _assert_same(list(feed.validation()), first)
  other = pipeline.Pipeline(_config(picture_folder, seed=9, **_SCORED), _ALL)
  _assert_same(list(other.validation()), first)


@pytest.mark.parametrize('count, ones', [(12, [8, 4]), (16, [8, 8]), (1, [1]), (8, [8])])
def test_weight_is_zero_on_the_pad_rows_alone(picture_folder, count, ones):
  config = _config(picture_folder, **_SCORED | {'validation.count': count})
  weights = [batch.weight for batch in pipeline.Pipeline(config, _ALL).validation()]
  assert [weight.tolist() for weight in weights] == [[1.0] * n + [0.0] * (8 - n) for n in ones]
  assert all(weight.dtype == np.float32 for weight in weights)


def test_validation_shared_by_processes_is_the_whole(picture_folder):
  config = _config(picture_folder, **_SCORED)
  whole = list(pipeline.Pipeline(config, _ALL).validation())
  shares = [list(pipeline.Pipeline(config, rows).validation()) for rows in (range(4), range(4, 8))]
  together = [jax.tree.map(lambda *rows: np.concatenate(rows), *step) for step in zip(*shares)]
  _assert_same(together, whole)


def test_validation_takes_held_back_pictures_in_turn_with_other_holes(tmp_path):
  feed = _held_back(_constant_pictures(tmp_path / 'pictures', 12))
  held_back = feed.counts[1]
  trained = {w for batch, _ in zip(feed.train(0), range(12)) for w in _which(batch.image)}
  first, second = feed.validation()
  seen = _which(first.image) + _which(second.image)
  assert not trained & set(seen)
  assert len(set(seen[:held_back])) == held_back
  assert seen[held_back:] == seen[: 16 - held_back]
  holes = {mask.tobytes() for mask in np.concatenate([first.mask, second.mask])}
  assert len(holes) == 16


def test_validation_pictures_are_central_crops_at_the_smallest_size(picture_folder):
  crops = {
    image_files.read_crop(path.read_bytes(), 16, 16, (0.5, 0.5)).tobytes()
    for path in picture_folder.rglob('*.*')
  }
  for batch in _held_back(picture_folder).validation():
    assert {image.tobytes() for image in batch.image} <= crops


@pytest.mark.parametrize('count, batches', [(1, 1), (8, 1), (9, 2), (17, 3)])
def test_samples_are_the_first_held_back_pictures(picture_folder, count, batches):
  feed = _held_back(picture_folder)
  samples, scored = list(feed.samples(count)), list(feed.validation())
  assert len(samples) == batches  # also more than are scored
  for sample, same in zip(samples, scored):
    _assert_same(sample.replace(weight=same.weight), same)


@pytest.mark.parametrize(
  'changes', [{'data.validation_fraction': 0.0}, _SCORED | {'validation.count': 0}]
)
def test_without_held_back_pictures_nothing_is_scored_and_samples_are_of_training(
  picture_folder, changes
):
  feed = pipeline.Pipeline(_config(picture_folder, **changes), _ALL)
  assert list(feed.validation()) == []
  samples, training = list(feed.samples(9)), feed.train(0)
  assert len(samples) == 2
  for sample in samples:
    _assert_same(sample, next(training))


def test_mean_color_is_that_of_the_training_pictures(tmp_path):
  feed = pipeline.Pipeline(_config(_constant_pictures(tmp_path / 'pictures', 11)), _ALL)
  assert feed.mean_color() == (pytest.approx(50 / 255, abs=1e-6), 0.0, 0.0)


def test_the_digest_follows_the_listing(tmp_path):
  folder = _constant_pictures(tmp_path / 'pictures', 3)
  before = pipeline.Pipeline(_config(folder), _ALL).digest
  assert pipeline.Pipeline(_config(folder, seed=4), _ALL).digest == before
  (folder / '02.png').unlink()
  assert pipeline.Pipeline(_config(folder), _ALL).digest != before


def test_a_broken_picture_is_replaced_and_no_other_row_changes(tmp_path):
  folder = _constant_pictures(tmp_path / 'pictures', 11)
  config = _config(folder, **{'data.unreadable_share': 0.2})
  before = _take(config, 0, 3)
  (folder / '04.png').write_bytes(b'broken')
  after = _take(config, 0, 3)
  expected = [[5 if which == 4 else which for which in _which(batch.image)] for batch in before]
  assert any(4 in _which(batch.image) for batch in before)
  assert [_which(batch.image) for batch in after] == expected
  _assert_same(
    [batch.replace(image=None) for batch in after], [batch.replace(image=None) for batch in before]
  )


@pytest.mark.parametrize('split', ['train', 'validation'])
def test_too_many_broken_pictures_stop_the_run_by_an_error_of_ours(tmp_path, split):
  folder = _constant_pictures(tmp_path / 'pictures', 12)
  config = _config(folder, **_SCORED | {'data.unreadable_share': 0.0})

  def first_batch():
    feed = pipeline.Pipeline(config, _ALL)
    return next(feed.train(0) if split == 'train' else feed.validation())

  broken = _which(first_batch().image)[0]
  (folder / f'{broken:02d}.png').write_bytes(b'broken')
  with pytest.raises(errors.RunError, match='^1 of .* pictures cannot be read'):
    first_batch()


def test_masks_that_vanish_stop_the_run_by_an_error_of_ours(picture_folder, tmp_path):
  path = tmp_path / 'masks/a.png'
  path.parent.mkdir()
  Image.fromarray(np.uint8(255) * (np.arange(64).reshape(8, 8) < 9).astype(np.uint8)).save(path)
  config = _config(picture_folder, **{'mask.kind': 'folder', 'mask.folder.path': str(path.parent)})
  feed = pipeline.Pipeline(config, _ALL)
  for draw in feed._samples._draw_mask.values():
    draw._read.cache_clear()
  path.unlink()
  with pytest.raises(errors.RunError, match='^All 1 masks of'):
    next(feed.train(0))


def test_an_empty_folder_is_refused_before_any_batch(tmp_path):
  with pytest.raises(errors.InputError, match='holds no pictures'):
    pipeline.Pipeline(_config(tmp_path), _ALL)


def test_flip_mirrors_half_of_the_pictures_and_moves_no_crop(picture_folder):
  plain = _take(_config(picture_folder), 0, 8)
  flipped = _take(_config(picture_folder, **{'data.flip': True}), 0, 8)
  _assert_same(flipped, _take(_config(picture_folder, **{'data.flip': True}), 0, 8))
  mirrored = 0
  for one, two in zip(plain, flipped, strict=True):
    np.testing.assert_array_equal(one.mask, two.mask)
    for before, after in zip(one.image, two.image, strict=True):
      if not (before == after).all():
        np.testing.assert_array_equal(after, before[:, ::-1])
        mirrored += 1
  assert 16 <= mirrored <= 48


def test_a_shared_hole_is_one_for_each_training_batch(picture_folder):
  own, shared = (
    _take(_config(picture_folder, **{'mask.shared': value}), 0, 3) for value in (False, True)
  )
  assert all((batch.mask == batch.mask[:1]).all() for batch in shared)
  assert not (shared[0].mask[0] == shared[1].mask[0]).all()
  for one, two in zip(own, shared, strict=True):
    np.testing.assert_array_equal(one.mask[0], two.mask[0])
    np.testing.assert_array_equal(one.image, two.image)
  rows = _take(_config(picture_folder, **{'mask.shared': True}), 0, 3, rows=range(4, 8))
  np.testing.assert_array_equal(rows[2].mask, shared[2].mask[4:])
