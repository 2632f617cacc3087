"""What an earlier version wrote is read by this one: runs, models and a manifest (see
references/31285ca/README.md).
"""

import csv
import json
import pathlib
import tarfile

import numpy as np
from PIL import Image
import pytest

from glcic_jax import checkpoints as checkpoints_lib
from glcic_jax import cli
from glcic_jax import leaves
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.model_directory import model_files

ROOT = pathlib.Path(__file__).parent.parent
STORED = ROOT / 'tests/references/31285ca'
COMMON = {
  'data.folder': 'pictures',
  'data.validation_fraction': 0.3,
  'batch_size': 4,
  'model.width': 1 / 64,
  'model.discriminator_width': 1 / 64,
  'model.local_size': 16,
  'image_size': 32,
  'checkpoint.every': 1_000,
  'checkpoint.keep': 1,
  'validation.every': 1_000,
  'validation.count': 4,
  'validation.samples': 1,
  'log_every': 1,  # 10 before
}
# Name -> the config file, its changes, and how many steps the stored run took.
RUNS = {
  'glcic': (
    'glcic_places2',
    {
      'data.resize_short_edge': (32, 40),
      'mask.side': (8, 16),
      'optimizer.generator.learning_rate': 3.0,
      'schedule.reconstruction_steps': 300,
      'schedule.discriminator_steps': 10,
    },
    320,
  ),
  'context_encoder': (
    'context_encoder_center',
    {'data.resize_short_edge': (32, 32), 'model.overlap': 2},
    60,
  ),
}

each_run = pytest.mark.parametrize('name', RUNS)


def unpacked(name, folder):
  """A stored workdir; it may be written to."""
  with tarfile.open(STORED / f'{name}.tar.xz') as archive:
    archive.extractall(folder, filter='data')
  return folder / name


def rows(path, after):
  """Those of a metrics.csv after a step, without the measured speed, as numbers."""
  with open(path) as file:
    return [
      {
        key: float(value)
        for key, value in row.items()
        if value and key not in ('phase', 'images_per_second')
      }
      for row in csv.DictReader(file)
      if int(row['step']) > after
    ]


@pytest.mark.usefixtures('one_device')
@each_run
def test_a_run_goes_on_as_it_would_have(tmp_path, monkeypatch, capsys, name):
  monkeypatch.chdir(STORED)
  file, changes, step = RUNS[name]
  workdir = unpacked(name, tmp_path)
  keys = COMMON | changes | {'schedule.total_steps': step + 2}
  overrides = [f'--config.{key}={value}' for key, value in keys.items()]
  config = ['--config', str(ROOT / 'configs' / f'{file}.py')]
  assert cli.main(['train', *config, '--workdir', str(workdir), *overrides]) == 0
  printed = capsys.readouterr().out.splitlines()
  assert [line for line in printed if line.startswith('changed since')] == [
    f'changed since the run began: log_every: 10 before, 1 from step {step} on',
    f'changed since the run began: schedule.total_steps: {step} before, {step + 2} from step '
    f'{step} on',
  ]
  assert f'Continuing from step {step}.' in printed
  found, expected = (
    rows(path, step) for path in (workdir / 'metrics.csv', STORED / f'continued_{name}.csv')
  )
  assert len(found) == len(expected) == 3  # two steps, and the scores after them
  # More is measured now than then.
  found = [{name: now[name] for name in before} for now, before in zip(found, expected)]
  # Not the scores: biases before BatchNorm have no gradient but rounding, which Adam makes as large
  # as any, and the running statistics lag behind them.
  for now, before in zip(found[:2], expected):
    assert now == pytest.approx(before, rel=2e-3)


@each_run
def test_a_checkpoint_holds_the_arrays_that_were_saved(tmp_path, name):
  workdir = unpacked(name, tmp_path)
  step, run = checkpoints_lib.read_run(workdir)
  assert step == RUNS[name][2]
  fields = ('params', 'batch_stats', 'opt_state')
  parts = dict.fromkeys(('generator', 'discriminator'), fields)
  state, _ = checkpoints_lib.read_networks(workdir, step, parts)
  held = dict(run['leaves'])
  assert held.pop('step')['dtype'] == 'int32'
  assert leaves.describe(state) == held
  model, _ = model_files.load(workdir / 'model')
  before = leaves.describe({'generator': model})
  assert len(before) > 20 and before.items() <= held.items()


@each_run
@pytest.mark.parametrize('place', ['model', '.'])
def test_a_model_and_a_workdir_complete_as_they_did(tmp_path, name, place):
  output = tmp_path / 'completed.png'
  arguments = [STORED / 'pictures/0.png', '--mask', STORED / 'mask.png', '--output', output]
  model = unpacked(name, tmp_path) / place
  assert cli.main(['complete', *map(str, arguments), '--model', str(model)]) == 0
  picture, mask, now, before = (
    np.asarray(Image.open(path)).astype(int)
    for path in (arguments[0], STORED / 'mask.png', output, STORED / f'completed_{name}.png')
  )
  assert before[mask > 0].std(axis=0).min() > 5
  np.testing.assert_array_equal(now[mask == 0], picture[mask == 0])
  assert np.abs(now - before).max() <= 1


@each_run
def test_a_run_is_reported(tmp_path, name):
  workdir = unpacked(name, tmp_path)
  assert cli.main(['report', str(workdir)]) == 0
  page = (workdir / 'report.html').read_text()
  phases = ('reconstruction', 'discriminator', 'joint') if name == 'glcic' else ('joint',)
  assert all(phase in page for phase in phases) and 'data:image/' in page


def test_a_manifest_gives_the_same_holes(tmp_path):
  data = (STORED / 'manifest.json').read_bytes()
  manifest = manifest_lib.Manifest.from_bytes(data, 'manifest.json')
  stored = json.loads(data)['entries']
  assert len(stored) == len(manifest.entries) == 8
  for entry, values in zip(manifest.entries, stored):
    runs = [int(run) for run in values['runs'].split()]
    hole = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(40, 48)
    np.testing.assert_array_equal(entry.hole, hole)
  for output, holes in (
    ('read', ['--manifest', STORED / 'manifest.json']),
    ('drawn', ['--masks', 'mixture', '--seed', '3']),
  ):
    arguments = ['--images', STORED / 'pictures', *holes, '--output', tmp_path / output]
    assert cli.main(['evaluate', '--model', 'mean', *map(str, arguments)]) == 0
    written = json.loads((tmp_path / output / 'manifest.json').read_bytes())
    assert list(written.pop('models')) == ['mean']  # which it says now
    assert written == json.loads(data)
    with open(tmp_path / output / 'scores.csv') as now, open(STORED / 'scores.csv') as before:
      rows_now, rows_before = list(csv.DictReader(now)), list(csv.DictReader(before))
    before = [row for row in rows_before if row['model'] == 'mean']
    # More is scored now than then.
    assert [{name: now[name] for name in row} for now, row in zip(rows_now, before)] == before
    assert len(rows_now) == len(before)
