"""Scores of whole evaluations whose answers are known: bins, means, intervals, differences, CSV."""

import csv
import io
import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax import errors
from glcic_jax.evaluation import bootstrap
from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import groups
from glcic_jax.evaluation import holes
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import names as names_lib
from glcic_jax.evaluation import scoring

COUNT = 6


@pytest.fixture(scope='module')
def files():
  """Name -> bytes of noisy pictures of two shapes."""
  found = {}
  for number in range(COUNT):
    buffer = io.BytesIO()
    Image.fromarray(_pixels(number)).save(buffer, 'PNG')
    found[f'{number}.png'] = buffer.getvalue()
  return found


@pytest.fixture(scope='module')
def manifest(files):
  hole_of = holes.drawn(('center', 'rectangle'), seed=0, size=None, center_side=0.5)
  return manifest_lib.build(
    list(files), files.__getitem__, hole_of, seed=0, size=None, masks='test'
  )[0]


def _pixels(number):
  rng = np.random.default_rng(number)
  grey = rng.integers(60, 180, (24, 30) if number % 2 else (30, 24), dtype=np.uint8)
  return np.repeat(grey[..., None], 3, axis=-1)


def _truth(damaged, hole):
  """The picture that this was: entrants are not shown it."""
  assert not damaged[hole].any()
  return next(
    image
    for image in map(_pixels, range(COUNT))
    if image.shape == damaged.shape and (image == damaged)[~hole].all()
  )


def _entrant(label, change, together=1, outputs=('completed',)):
  """Completes to the truth changed by `change`."""

  def complete(images, found):
    complete.sizes.append(len(images))
    return [
      np.where(hole[..., None], change(_truth(image, hole)), image).astype(np.uint8)
      for image, hole in zip(images, found)
    ]

  complete.sizes = []
  return entrants_lib.Entrant(label, {}, dict.fromkeys(outputs, complete), together)


PERFECT = _entrant('perfect', lambda image: image)
OFF_BY_20 = _entrant(
  'off by 20', lambda image: image + 20, together=4, outputs=('completed', 'raw')
)


@pytest.fixture(scope='module')
def rows(files, manifest):
  return evaluate.run(manifest, files.__getitem__, [PERFECT, OFF_BY_20])[0]


def _find(records, **wanted):
  found = [r for r in records if all(r[key] == value for key, value in wanted.items())]
  assert len(found) == 1
  return found[0]


def test_rows_come_in_order_and_score_what_was_completed(rows, manifest):
  names = [entry.name for entry in manifest.entries]
  assert [(row.label, row.output, row.entry.name) for row in rows] == [
    *(('perfect', 'completed', name) for name in names),
    *(('off by 20', 'completed', name) for name in names),
    *(('off by 20', 'raw', name) for name in names),
  ]
  for row in rows[:COUNT]:
    assert row.scores['hole_l1'] == row.scores['whole_l2'] == row.scores['seam'] == 0
    assert (
      row.scores['whole_psnr'] == np.inf
      and row.scores['whole_ssim'] == row.scores['hole_ssim'] == 1
    )
  for row in rows[COUNT:]:
    np.testing.assert_allclose(row.scores['hole_l1'], 20 / 255, rtol=1e-6)
    np.testing.assert_allclose(row.scores['mmagic_l1'], 2000 / 255, rtol=1e-6)
    np.testing.assert_allclose(
      row.scores['whole_l2'], row.entry.hole.mean() * (20 / 255) ** 2, rtol=1e-6
    )
    np.testing.assert_allclose(row.scores['hole_psnr'], 20 * np.log10(255 / 20), rtol=1e-6)
  assert OFF_BY_20.outputs['raw'].sizes[:2] == [4, 2]  # of four at a time


def test_a_score_near_the_hole_is_that_of_the_whole_picture():
  from glcic_jax import scores

  rng = np.random.default_rng(0)
  truth = rng.integers(0, 256, (60, 70, 3), dtype=np.uint8)
  for box in ((0, 4, 3, 9), (20, 30, 25, 50), (55, 60, 0, 70)):
    hole = np.zeros((60, 70), bool)
    hole[box[0] : box[1], box[2] : box[3]] = True
    completed = np.where(hole[..., None], np.uint8(90), truth)
    found = scoring.score(completed, truth, hole)
    for region in ('hole', 'whole'):
      expected = scores.ssim(completed[None], truth[None], hole[None, ..., None], region=region)[0]
      np.testing.assert_allclose(found[f'{region}_ssim'], expected, rtol=1e-6)
  assert list(found) == list(scoring.SCORES)


@pytest.mark.parametrize(
  'percent, expected',
  [
    (0.5, 'below 1 %'),
    (1, '1-10 %'),
    (9.99, '1-10 %'),
    (10, '10-20 %'),
    (59, '50-60 %'),
    (60, 'above 60 %'),
    (99, 'above 60 %'),
  ],
)
def test_bins(percent, expected):
  assert groups.bin_of(percent / 100) == expected


def test_means_and_paired_differences(rows):
  summary = evaluate.summarise(rows, 'perfect', seed=0)
  l1 = _find(summary['means'], model='off by 20', output='raw', group='all', score='hole_l1')
  assert l1['n'] == COUNT
  np.testing.assert_allclose([l1['mean'], l1['low'], l1['high']], [20 / 255] * 3, rtol=1e-6)
  psnr = _find(summary['means'], model='perfect', group='all', score='hole_psnr')
  assert (psnr['n'], psnr['infinite'], psnr['mean'], psnr['low']) == (0, COUNT, None, None)
  difference = _find(
    summary['differences'], model='off by 20', output='completed', group='all', score='hole_l1'
  )
  assert difference['minus'] == 'perfect'
  np.testing.assert_allclose(
    [difference[key] for key in ('mean', 'low', 'high')], [20 / 255] * 3, rtol=1e-6
  )
  assert not [r for r in summary['differences'] if r['model'] == 'perfect']
  for group, count in (('center', 3), ('rectangle', 3), ('20-30 %', 3)):
    assert _find(summary['means'], model='perfect', group=group, score='hole_l1')['n'] == count


def test_a_paired_interval_is_narrower_than_those_of_its_models():
  rng = np.random.default_rng(0)
  hard = rng.normal(20, 5, 200)  # how hard a picture is matters more than who completes it
  first, second = hard + rng.normal(0, 0.1, 200), hard + 0.2 + rng.normal(0, 0.1, 200)
  low, high = bootstrap.interval(second - first, seed=1)
  assert 0.15 < low < 0.2 < high < 0.25
  wide = bootstrap.interval(first, seed=1)
  assert wide[1] - wide[0] > 1


def test_the_interval_is_the_normal_one_where_that_is_right_and_seeded():
  values = np.random.default_rng(0).normal(3, 2, 400)
  low, high = bootstrap.interval(values, seed=0)
  error = values.std() / 20
  np.testing.assert_allclose(
    [low, high], values.mean() + np.array([-1.96, 1.96]) * error, atol=0.25 * error
  )
  assert bootstrap.interval(values, seed=0) == (low, high) != bootstrap.interval(values, seed=1)
  assert bootstrap.interval(values[:1], seed=0) is None


def test_the_csv_has_a_line_for_each_and_the_same_bytes_again(rows, files, manifest):
  data = evaluate.to_csv(rows)
  lines = list(csv.DictReader(io.StringIO(data.decode())))
  assert len(lines) == 3 * COUNT and set(scoring.SCORES) < set(lines[0])
  assert (lines[0]['hole_psnr'], lines[0]['hole_l1'], lines[0]['border']) == ('inf', '0', '0')
  assert lines[COUNT]['hole_l1'] == '0.0784314'
  again = evaluate.run(manifest, files.__getitem__, [PERFECT, OFF_BY_20])[0]
  assert evaluate.to_csv(again) == data


def test_a_hole_at_the_border_has_an_empty_cell_for_its_ssim(manifest, files):
  def corner(index, name, full):
    del index, name
    hole = np.zeros(full, bool)
    hole[:2, :2] = True
    return hole, 'own'

  built, _ = manifest_lib.build(list(files), files.__getitem__, corner, seed=0, size=None, masks='')
  found, _ = evaluate.run(built, files.__getitem__, [OFF_BY_20])
  assert next(csv.DictReader(io.StringIO(evaluate.to_csv(found).decode())))['hole_ssim'] == ''
  record = _find(
    evaluate.summarise(found, 'off by 20', 0)['means'], score='hole_ssim', group='all', output='raw'
  )
  assert (record['n'], record['mean'], record['infinite']) == (0, None, 0)


@pytest.mark.parametrize('name', names_lib.BASELINES)
def test_a_baseline_fills_the_hole_alone_and_plausibly(name, files, manifest):
  if name in ('biharmonic', 'patchmatch'):
    pytest.importorskip({'biharmonic': 'skimage', 'patchmatch': 'patchmatch_cython'}[name])
  (entrant,) = entrants_lib.load([name], manifest, blend='poisson', large='crop', device=None)
  assert list(entrant.outputs) == ['completed']
  ramp = np.broadcast_to(np.arange(40, 140, 2, dtype=np.uint8)[:, None, None], (50, 40, 3))
  hole = np.zeros((50, 40), bool)
  hole[20:26, 15:22] = True
  (completed,) = entrant.outputs['completed']([ramp], [hole])
  np.testing.assert_array_equal(completed[~hole], ramp[~hole])
  if name == 'mean':
    assert (completed[hole] == np.round(np.asarray(manifest.mean_color) * 255)).all()
  else:
    assert np.abs(completed[hole].astype(int) - ramp[hole]).max() <= (
      1 if name == 'biharmonic' else 12
    )


def test_biharmonic_without_scikit_image_is_one_sentence(monkeypatch, manifest):
  monkeypatch.setitem(sys.modules, 'skimage', None)
  with pytest.raises(errors.InputError, match=r'glcic_jax\[evaluate\]'):
    entrants_lib.load(['biharmonic'], manifest, blend='none', large='crop', device=None)


@pytest.mark.parametrize(
  'names, expected',
  [
    (['runs/faces/model', 'telea'], ['faces', 'telea']),
    (['a/x/model', 'b/x/model'], ['a/x', 'b/x']),
    (['x', 'x/model'], ['x', 'x/model']),
    (['runs/a', 'runs/b/'], ['a', 'b']),
    (['model'], ['model']),
    (['runs/a/model', 'runs/a/model:detail=off'], ['a', 'a:detail=off']),
  ],
)
def test_labels_are_short_and_differ(names, expected):
  assert names_lib.labels(names) == expected


@pytest.mark.parametrize(
  'name, model, options',
  [
    ('demo', 'demo', {}),
    ('demo:detail=off', 'demo', {'detail': 0.0}),
    ('runs/a:detail=0.5,scale=1', 'runs/a', {'detail': 0.5, 'scale': '1'}),
    ('gs://bucket/a=b', 'gs://bucket/a=b', {}),
    ('C:\\models\\a=b', 'C:\\models\\a=b', {}),
  ],
)
def test_a_name_is_taken_apart(name, model, options):
  assert names_lib.parse(name)[:2] == (model, options)


@pytest.mark.parametrize(
  'name, sentence',
  [
    ('demo:detial=off', 'did you mean detail'),
    ('demo:detail=2', 'give 0 to 1, or off'),
    ('demo:scale=2', 'auto or 1'),
    ('telea:detail=1', 'telea is none'),
    ('dmeo:detail=1', 'did you mean demo'),
  ],
)
def test_wrong_options_of_a_name_are_one_sentence(name, sentence):
  with pytest.raises(errors.InputError, match=sentence):
    names_lib.check([name])
