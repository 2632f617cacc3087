"""Means over an interval, non-finite losses, and the rows of metrics.csv."""

import csv

import jax.numpy as jnp
import pytest

from glcic_jax import errors
from glcic_jax.training import metrics


def _rows(path):
  with path.open(newline='') as file:
    return list(csv.DictReader(file))


def test_means_are_of_each_name():
  first = {'reconstruction_loss': jnp.float32(1), 'gradient_ratio': jnp.float32(0.5)}
  second = {'reconstruction_loss': jnp.float32(4), 'gradient_ratio': jnp.float32(0.25)}
  expected = {'reconstruction_loss': 2.5, 'gradient_ratio': 0.375}
  assert metrics.means([(1, first), (2, second)]) == expected


@pytest.mark.parametrize(
  'value, shown', [(float('nan'), 'nan'), (float('inf'), 'inf'), (float('-inf'), '-inf')]
)
def test_a_value_that_is_not_finite_names_its_first_step(value, shown):
  losses = [1.0, 2.0, value, 3.0, float('nan')]
  steps = [(step, {'loss': jnp.float32(loss)}) for step, loss in enumerate(losses, start=41)]
  with pytest.raises(errors.RunError, match=f'loss is {shown} at step 43;'):
    metrics.means(steps)


def test_large_finite_values_pass():
  steps = [(step, {'loss': jnp.float32(3e38)}) for step in (1, 2)]
  assert metrics.means(steps)['loss'] == pytest.approx(3e38, rel=1e-6)


def test_a_table_has_the_columns_and_blanks_for_what_is_not_measured(tmp_path):
  path = tmp_path / 'metrics.csv'
  table = metrics.Table(path, until=0)
  table.add(10, 'reconstruction', {'reconstruction_loss': 0.125, 'images_per_second': 1234.5})
  table.add(10, 'reconstruction', {'validation_hole_psnr': 21.0, 'validation_hole_l1': 0.1})
  lines = path.read_text().split('\n')
  assert lines[0] == ','.join(metrics.COLUMNS)
  assert lines[3] == ''
  first, second = _rows(path)
  filled = {key: value for key, value in first.items() if value}
  assert filled == {
    'step': '10',
    'phase': 'reconstruction',
    'images_per_second': '1234.5',
    'reconstruction_loss': '0.125',
  }
  assert second['validation_hole_psnr'] == '21' and second['reconstruction_loss'] == ''


def test_columns_name_everything_that_is_measured_once():
  assert metrics.COLUMNS[:3] == ('step', 'phase', 'images_per_second')
  assert set(metrics.STEP_NAMES) | set(metrics.VALIDATION_NAMES) < set(metrics.COLUMNS)
  assert len(set(metrics.COLUMNS)) == len(metrics.COLUMNS)


def _written(path):
  table = metrics.Table(path, until=0)
  for step in (10, 20, 30):
    table.add(step, 'joint', {'reconstruction_loss': step / 10})
  return path


@pytest.mark.parametrize(
  'until, kept', [(9, []), (10, [10]), (20, [10, 20]), (25, [10, 20]), (30, [10, 20, 30])]
)
def test_a_resumed_table_keeps_the_rows_that_its_checkpoint_has_seen(tmp_path, until, kept):
  path = _written(tmp_path / 'metrics.csv')
  metrics.Table(path, until=until).add(40, 'joint', {'reconstruction_loss': 9.0})
  rows = _rows(path)
  assert [int(row['step']) for row in rows] == [*kept, 40]
  assert [float(row['reconstruction_loss']) for row in rows] == [*(k / 10 for k in kept), 9.0]


def test_a_run_from_the_start_drops_what_lies_in_the_file(tmp_path):
  path = _written(tmp_path / 'metrics.csv')
  metrics.Table(path, until=0).add(1, 'joint', {})
  assert [row['step'] for row in _rows(path)] == ['1']


def test_a_table_knows_which_steps_were_scored(tmp_path):
  path = tmp_path / 'metrics.csv'
  table = metrics.Table(path, until=0)
  table.add(10, 'joint', {'validation_hole_psnr': 20.0})
  table.add(20, 'joint', {'reconstruction_loss': 1.0})
  table.add(30, 'joint', {'validation_count': 12.0})  # every score failed
  for same in (table, metrics.Table(path, until=30)):
    assert same.evaluated(10) and same.evaluated(30)
    assert not same.evaluated(20)
    assert not same.evaluated(1)
  assert not metrics.Table(path, until=9).evaluated(10)


def test_the_last_scores_are_those_that_did_not_fail(tmp_path):
  table = metrics.Table(tmp_path / 'metrics.csv', until=0)
  assert table.last_scores() == {}
  table.add(10, 'joint', dict.fromkeys(metrics.VALIDATION_NAMES, 1.0))
  table.add(
    20, 'joint', {'validation_hole_l1': 0.25, 'validation_count': 12.0}
  )  # PSNR and SSIM failed
  table.add(30, 'joint', {'reconstruction_loss': 1.0})
  assert table.last_scores() == {'step': 20, 'validation_hole_l1': 0.25, 'validation_count': 12}


def test_rows_of_an_older_version_are_kept_with_blanks_for_younger_columns(tmp_path):
  path = tmp_path / 'metrics.csv'
  path.write_text(
    'step,phase,reconstruction_loss,validation_hole_psnr,dropped\n10,joint,0.5,,1\n10,joint,,20,\n'
  )
  table = metrics.Table(path, until=10)
  assert table.evaluated(10)
  table.add(20, 'joint', {'validation_psnr': 30.0})
  assert path.read_text().splitlines()[0] == ','.join(metrics.COLUMNS)
  assert [
    (row['reconstruction_loss'], row['validation_hole_psnr'], row['validation_psnr'])
    for row in _rows(path)
  ] == [('0.5', '', ''), ('', '20', ''), ('', '', '30')]


@pytest.mark.parametrize(
  'content',
  [
    b'step,phase\nten,joint\n',
    b'step;phase\n10;joint\n',
    b'phase,step\njoint\n',
    b'step\n"10',
    b'step\n\xff\n',
  ],
)
def test_a_file_that_somebody_changed_is_refused_and_kept(tmp_path, content):
  path = tmp_path / 'metrics.csv'
  path.write_bytes(content)
  with pytest.raises(errors.InputError, match='metrics.csv is not as this run left it'):
    metrics.Table(path, until=20)
  assert path.read_bytes() == content


def test_a_table_leaves_no_other_file(tmp_path):
  assert list(tmp_path.iterdir()) == []
  _written(tmp_path / 'metrics.csv')
  assert [entry.name for entry in tmp_path.iterdir()] == ['metrics.csv']


def test_an_unknown_name_is_not_written_silently(tmp_path):
  with pytest.raises(ValueError, match='made_up'):
    metrics.Table(tmp_path / 'metrics.csv', until=0).add(1, 'joint', {'made_up': 1.0})
