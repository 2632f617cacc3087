"""Texture in an evaluation's tables: known answers, intervals that hold the distance, the CSV."""

import numpy as np
import pytest
import scipy.ndimage

from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import score_table
from glcic_jax.evaluation import scoring
from glcic_jax.evaluation import texture
from glcic_jax.evaluation import texture_scores

SIDE, COUNT = 48, 6
HOLE = np.zeros((SIDE, SIDE), bool)
HOLE[8:40, 8:40] = True


def picture(number):
  return np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def blurred(values, sigma):
  return scipy.ndimage.gaussian_filter(values.astype(np.float32), sigma, axes=(0, 1)).round()


MANIFEST = manifest_lib.Manifest(
  seed=0,
  size=None,
  masks='',
  mean_color=(0.5, 0.5, 0.5),
  entries=tuple(
    manifest_lib.Entry(
      str(number), '', SIDE, SIDE, 'own', 0.44, False, manifest_lib.encode_runs(HOLE)
    )
    for number in range(COUNT)
  ),
)
WAYS = {
  'exact': lambda truth: truth,
  'moved': lambda truth: np.where(HOLE[..., None], np.roll(truth, 5, axis=1), truth),
  'soft': lambda truth: np.where(HOLE[..., None], blurred(truth, 0.6), truth),
  'softer': lambda truth: np.where(HOLE[..., None], blurred(truth, 2), truth),
}


@pytest.fixture(scope='module')
def measured():
  """Rows with texture's scores, and the records of all the summaries."""
  collector, rows = texture_scores.Collector(MANIFEST), []
  for label, way in WAYS.items():
    for number, entry in enumerate(MANIFEST.entries):
      truth = picture(number)
      done = way(truth).astype(np.uint8)
      rows.append(
        evaluate.Row(label, entrants_lib.COMPLETED, entry, scoring.score(done, truth, HOLE))
      )
      collector.visit(rows[-1], done, truth)
  summary, of_textures = evaluate.summarise(rows, 'exact', 0), collector.summarise('exact')
  collector.add_to(rows)
  return rows, {what: summary[what] + of_textures[what] for what in summary}


def find(records, **wanted):
  found = [r for r in records if all(r[key] == value for key, value in wanted.items())]
  assert len(found) == 1
  return found[0]


def swd(records, label, **wanted):
  return find(records, **({'model': label, 'score': 'swd', 'group': 'all'} | wanted))


def test_the_truth_is_at_distance_zero_and_blur_is_farther_the_stronger_it_is(measured):
  means = measured[1]['means']
  exact, moved, soft, softer = (swd(means, label) for label in WAYS)
  assert (exact['mean'], exact['low'], exact['high']) == (0, 0, 0)
  assert 0 < moved['mean'] < soft['mean'] < softer['mean']
  assert exact['n'] == COUNT


def test_an_interval_holds_its_distance_and_tells_blur_from_more_blur(measured):
  means = measured[1]['means']
  for record in means:
    if record['score'].startswith('swd'):
      assert 0 <= record['low'] <= record['mean'] <= record['high']
  assert swd(means, 'soft')['high'] < swd(means, 'softer')['low']


def test_differences_are_paired_and_to_the_reference(measured):
  records = measured[1]['differences']
  soft = swd(records, 'soft')
  assert soft['minus'] == 'exact' and 0 < soft['low'] < soft['mean'] < soft['high']
  assert not [r for r in records if r['score'].startswith('energy')]


def test_the_mean_is_that_of_the_levels_and_each_is_the_distance_of_all_pictures(measured):
  means = measured[1]['means']
  levels = [swd(means, 'soft', score=f'swd_{level}')['mean'] for level in (1, 2, 3)]
  truths = [picture(number) for number in range(COUNT)]
  done = [WAYS['soft'](truth).astype(np.uint8) for truth in truths]
  expected = texture.distance(*(texture.patches(given, [HOLE] * COUNT) for given in (truths, done)))
  np.testing.assert_allclose(levels, expected)
  np.testing.assert_allclose(swd(means, 'soft')['mean'], np.mean(expected))


def test_a_single_picture_has_no_interval_and_groups_have_their_own_distance(measured):
  means = measured[1]['means']
  assert swd(means, 'soft', group='own')['mean'] == swd(means, 'soft')['mean']
  alone = manifest_lib.Manifest(0, None, '', (0.5, 0.5, 0.5), MANIFEST.entries[:1])
  collector, truth = texture_scores.Collector(alone), picture(0)
  row = evaluate.Row('soft', entrants_lib.COMPLETED, MANIFEST.entries[0], {})
  collector.visit(row, WAYS['soft'](truth).astype(np.uint8), truth)
  record = swd(collector.summarise('soft')['means'], 'soft')
  assert record['mean'] > 0 and record['low'] is None


def test_energies_are_averaged_as_ratios_are(measured):
  rows, records = measured
  for level in (1, 2, 3):
    name = f'energy_{level}'
    values = [row.scores[name] for row in rows if row.label == 'soft']
    found = find(records['means'], model='soft', score=name, group='all')
    np.testing.assert_allclose(found['mean'], np.exp(np.log(values).mean()))
    assert found['low'] <= found['mean'] <= found['high'] < 1
    exact = find(records['means'], model='exact', score=name, group='all')
    assert exact['mean'] == pytest.approx(1)


def test_a_level_at_which_nothing_is_hole_has_no_energy():
  thin = np.zeros((SIDE, SIDE), bool)
  thin[20] = True  # a line: no pixel of the second level is mostly hole
  found = scoring.score(picture(0), picture(0), thin)
  assert found['energy_1'] == pytest.approx(1) and np.isnan(found['energy_3'])


def test_the_csv_has_each_pictures_own_distance(measured):
  rows, _ = measured
  header = evaluate.to_csv(rows).decode().splitlines()[0].split(',')
  assert header[-4:] == ['swd', 'swd_1', 'swd_2', 'swd_3'] and 'energy_2' in header
  own = {label: [r.scores['swd'] for r in rows if r.label == label] for label in WAYS}
  assert max(own['exact']) == 0 and min(own['softer']) > max(own['soft']) > 0


def test_the_terminal_and_the_page_show_them(measured):
  definitions = scoring.SCORES | texture_scores.SCORES
  found = {
    'manifest': {'pictures': COUNT},
    'models': {},
    'reference': 'exact',
    'intervals': '',
    'features': {},
    'definitions': {name: score._asdict() for name, score in definitions.items()},
    **measured[1],
  }
  plain = score_table.plain(found, dict.fromkeys(WAYS, 0.1)).splitlines()
  assert 'SWD hole' in plain[1] and 'energy by level' in plain[1]
  soft = swd(measured[1]['means'], 'soft')
  assert f'{soft["mean"]:.1f} [{soft["low"]:.1f}, {soft["high"]:.1f}]' in plain[4]
  page = score_table.scores(found)
  assert f'{soft["mean"]:.1f} <small>[{soft["low"]:.1f}' in page and 'SWD of level 1' in page
  assert '<b>0.0</b>' in page and '<b>1.00</b>' in page  # the exact one is the best of all
