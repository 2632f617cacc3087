"""The loop: phases, resuming, stopping, what it leaves behind, and what it refuses."""

import csv
import json
import shutil
import signal
import time

import jax
import numpy as np
import pytest

from glcic_jax import checkpoints as checkpoints_lib
from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax.training import loop
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from tests import commands
from tests import made_up
from tests import test_writers

pytestmark = pytest.mark.usefixtures('one_device')


def wait_for(path, process, seconds=300):
  """Waits until a path is there; fails if the process ends before."""
  end = time.monotonic() + seconds
  while not path.exists():
    assert process.poll() is None, process.communicate()
    assert time.monotonic() < end
    time.sleep(0.02)


def rows(workdir):
  """metrics.csv without the one column that is a measured speed."""
  with open(workdir / 'metrics.csv') as file:
    return [
      {k: v for k, v in row.items() if k != 'images_per_second'} for row in csv.DictReader(file)
    ]


def final_state(workdir, config):
  """Every array of the newest checkpoint."""
  method = method_lib.from_config(config, (0.5, 0.5, 0.5))
  mesh = parallel.make_mesh()
  with checkpoints_lib.Checkpoints(workdir, keep=3) as checkpoints:
    return checkpoints.restore(state_lib.abstract_state(method, config.image_size, mesh))[0]


def test_a_killed_and_resumed_run_equals_one_left_alone(tmp_path, picture_folder, tiny_config):
  """It begins with one loader, in a process of its own, and goes on with the other."""
  alone, killed = tmp_path / 'alone', tmp_path / 'killed'
  grain = {'data.loader': 'grain', 'data.workers': 1}
  process = commands.start(commands.train(killed, picture_folder, **grain))
  wait_for(killed / 'checkpoints' / '2' / '_CHECKPOINT_METADATA', process)
  process.send_signal(signal.SIGKILL)
  process.communicate(timeout=60)  # whoever outlived it would keep the pipes open
  assert process.returncode == -signal.SIGKILL
  assert not (killed / 'model').exists()

  runs = [commands.train(workdir, picture_folder)[2:] for workdir in (alone, killed)]
  process = commands.start(
    ['-c', f'import sys; from glcic_jax import cli; sys.exit(any(map(cli.main, {runs!r})))']
  )
  out, err = process.communicate()
  assert process.returncode == 0, err
  first, second = out.split('Trained 6 steps')[:2]
  assert 'Continuing from step' not in first and 'Continuing from step' in second

  jax.tree.map(
    np.testing.assert_array_equal, final_state(killed, tiny_config), final_state(alone, tiny_config)
  )
  assert rows(killed) == rows(alone)
  card = (killed / 'model/README.md').read_text()
  assert card == (alone / 'model/README.md').read_text()
  assert 'PSNR in the hole' in card and 'n = 12 holes' in card and str(picture_folder) not in card
  assert (killed / 'model/model.safetensors').read_bytes() == (
    alone / 'model/model.safetensors'
  ).read_bytes()


def test_sigterm_saves_and_the_same_command_goes_on(tmp_path, picture_folder):
  arguments = commands.train(
    tmp_path / 'run',
    picture_folder,
    **{
      'checkpoint.every': 100_000,
      'schedule.reconstruction_steps': 100_000,
      'schedule.total_steps': 200_000,
    },
  )
  process = commands.start(arguments)
  wait_for(tmp_path / 'run' / 'metrics.csv', process)
  process.send_signal(signal.SIGTERM)
  _, err = process.communicate()
  assert process.returncode == 143
  assert 'after saving step' in err and 'Traceback' not in err
  saved = checkpoints_lib.read_run(tmp_path / 'run')[0]
  assert saved >= 1 and f'step {saved}:' in err

  process = commands.start(arguments)
  for line in process.stdout:
    if line.startswith('Continuing'):
      assert line.split() == ['Continuing', 'from', 'step', f'{saved:,}.']
      break
  else:
    pytest.fail(process.stderr.read())
  process.kill()
  process.communicate()


def small_run(config, workdir, **kwargs):
  """Trains on made-up batches; no file is read."""
  return loop.train_and_evaluate(config, workdir, batches=made_up.batches(config), **kwargs)


def own_config(**changes):
  """The config of `finished`; in a change, `__` stands for a dot."""
  config = config_lib.default()
  config.update_from_flattened_dict(made_up.TINY | {'checkpoint.keep': 2})
  config.update_from_flattened_dict(
    {key.replace('__', '.'): value for key, value in changes.items()}
  )
  return config


@pytest.fixture(scope='module')
def recorder():
  """The writer of `finished`."""
  return test_writers.Recorder()


@pytest.fixture(scope='module')
def finished(tmp_path_factory, recorder):
  """The workdir of a run that reached its end: six steps, two in each phase; to be read only."""
  workdir = tmp_path_factory.mktemp('finished')
  with pytest.MonkeyPatch.context() as patch:
    make_mesh = parallel.make_mesh
    patch.setattr(parallel, 'make_mesh', lambda: make_mesh(jax.devices()[:1]))
    assert int(small_run(own_config(), workdir, writers=[recorder]).step) == 6
  return workdir


def test_every_phase_runs_once_and_in_order(finished):
  phases = [row['phase'] for row in rows(finished) if not row['validation_count']]
  assert phases == ['reconstruction'] * 2 + ['discriminator'] * 2 + ['joint'] * 2


def test_a_row_holds_what_its_phase_measures(finished):
  by_phase = {row['phase']: {k for k, v in row.items() if v} for row in rows(finished)}
  assert 'discriminator_loss' not in by_phase['reconstruction']
  assert 'reconstruction_loss' not in by_phase['discriminator']
  assert {
    'reconstruction_loss',
    'adversarial_loss',
    'discriminator_loss',
    'real_accuracy',
    'reconstruction_gradient_norm',
    'adversarial_gradient_norm',
    'gradient_ratio',
  } <= by_phase['joint']


def test_a_finished_run_leaves_model_samples_config_and_few_checkpoints(finished):
  assert {p.name for p in (finished / 'model').iterdir()} == {
    'model.safetensors',
    'config.json',
    'README.md',
  }
  assert [p.name for p in sorted((finished / 'samples').iterdir())] == [
    f'{step:08d}.png' for step in (2, 3, 4, 6)
  ]
  assert sorted(int(p.name) for p in (finished / 'checkpoints').iterdir()) == [4, 6]
  facts = json.loads((finished / 'config.json').read_text())
  assert facts['config']['model.width'] == made_up.TINY['model.width']


def test_a_writer_gets_what_the_workdir_gets(finished, recorder):
  assert [name for name, *_ in recorder.calls[:2]] == ['write_hparams', 'write_texts']
  assert recorder.calls[0][1]['schedule.total_steps'] == 6
  assert recorder.calls[0][1]['data.resize_short_edge'] == '[32, 48]'
  assert 'differs from the paper in' in recorder.calls[1][2]['audit']
  with open(finished / 'metrics.csv') as file:
    expected = [
      {k: float(v) for k, v in row.items() if v and k != 'phase'} for row in csv.DictReader(file)
    ]
  given = [(step, scalars) for step, scalars in recorder.of('write_scalars')]
  assert len(given) == len(expected) >= 6
  for (step, scalars), row in zip(given, expected):
    assert {'step': step, **scalars} == pytest.approx(row, rel=1e-6)
  strips = recorder.of('write_images')
  assert [step for step, _ in strips] == [2, 3, 4, 6]
  assert all(images['samples'].shape == (2, 32, 4 * 32, 3) for _, images in strips)
  assert len(recorder.of('flush')) == 4
  assert recorder.calls[-1] == ('close',) and len(recorder.of('close')) == 1


def test_compiling_is_in_no_rate(finished):
  with open(finished / 'metrics.csv') as file:
    rates = [float(row['images_per_second'] or 'inf') for row in csv.DictReader(file)]
  assert min(rates) > 8 / 2  # a step of 8 pictures; compiling takes seconds, the step milliseconds


def test_what_is_no_writer_is_refused_before_anything_is_done(tmp_path):
  with pytest.raises(errors.InputError, match=r'writers\[1\] \(str\) has no write_scalars; give'):
    small_run(own_config(), tmp_path / 'run', writers=[test_writers.Recorder(), 'wandb'])
  assert not (tmp_path / 'run').exists()


def test_a_longer_schedule_continues_a_finished_run(tmp_path, finished, capsys):
  shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
  assert int(small_run(own_config(schedule__total_steps=8), tmp_path).step) == 8
  assert 'schedule.total_steps: 6 before, 8' in capsys.readouterr().out


@pytest.mark.parametrize('key, value', [('model.width', 0.125), ('seed', 1), ('batch_size', 16)])
def test_a_workdir_of_another_run_is_refused(finished, key, value):
  before = {p: p.read_bytes() for p in finished.rglob('*') if p.is_file()}
  with pytest.raises(errors.InputError, match=f'holds another run: its {key}'):
    small_run(own_config(**{key: value}), finished)
  assert {p: p.read_bytes() for p in finished.rglob('*') if p.is_file()} == before


def test_a_non_finite_loss_stops_and_the_last_checkpoint_stays(tmp_path, tiny_config):
  good = made_up.batches(tiny_config)

  def poisoned(first_step):
    for step, batch in enumerate(good(first_step), start=first_step):
      yield batch.replace(weight=batch.weight * np.nan) if step == 3 else batch

  says = 'is nan at step 4; the run stops, and the checkpoint of step 2 stays good: lower'
  with pytest.raises(errors.RunError, match=says):
    loop.train_and_evaluate(tiny_config, tmp_path, batches=poisoned)
  assert checkpoints_lib.read_run(tmp_path)[0] == 2
  assert not (tmp_path / 'model').exists()


def test_batches_that_end_early_are_an_error(tmp_path, tiny_config):
  first = made_up.batches(tiny_config)(0)
  few = [next(first) for _ in range(3)]
  with pytest.raises(errors.InputError, match='ended at step 3 of 6'):
    loop.train_and_evaluate(tiny_config, tmp_path, batches=few)


def test_a_plain_iterator_of_batches_is_enough(tmp_path, tiny_config):
  endless = made_up.batches(tiny_config)(0)
  assert int(loop.train_and_evaluate(tiny_config, tmp_path, batches=endless).step) == 6


def test_a_changed_listing_is_refused_unless_allowed(
  tmp_path, tiny_config, picture_folder, finished
):
  # The colour of another run: its programs are not compiled again.
  tiny_config.data.mean_color = tuple(checkpoints_lib.read_run(finished)[1]['mean_color'])
  loop.train_and_evaluate(tiny_config, tmp_path / 'run')
  names = sorted(p for p in picture_folder.iterdir() if p.is_file())
  for number, name in enumerate(names[:6]):
    name.rename(name.with_stem(f'renamed{number}'))
  tiny_config.schedule.total_steps = 8
  with pytest.raises(errors.InputError, match='data.allow_changed_listing=True'):
    loop.train_and_evaluate(tiny_config, tmp_path / 'run')
  tiny_config.data.allow_changed_listing = True
  assert int(loop.train_and_evaluate(tiny_config, tmp_path / 'run').step) == 8


def test_training_previewing_and_estimating_need_no_tensorflow(tmp_path, picture_folder):
  """The whole job, where TensorFlow and what comes with it are hidden from the import."""
  train = commands.train(tmp_path / 'run', picture_folder)[2:]
  keys = [argument for argument in train if argument.startswith('--config')]
  preview = ['preview', '--config', train[2], *keys[1:], '--output', str(tmp_path / 'sheet.png')]
  estimate = ['estimate', '--config', train[2], *keys[1:], '--peak-tflops=1']
  program = f"""
import sys
from tests import without_tensorflow
without_tensorflow.hide('tensorflow_datasets', 'clu', 'tensorboard')
from glcic_jax import cli
sys.exit(any([cli.main(arguments) for arguments in {[preview, train, estimate]!r}]))
"""
  process = commands.start(['-c', program])
  out, err = process.communicate()
  assert process.returncode == 0, err
  assert err.count('TensorFlow is not installed here: Grain loads the pictures.') == 2
  assert 'No TensorBoard events' not in err and 'Trained 6 steps' in out
  assert len(rows(tmp_path / 'run')) >= 6
  assert (tmp_path / 'sheet.png').exists() and len(list((tmp_path / 'run').glob('events*'))) == 1
  assert (tmp_path / 'run/model/model.safetensors').exists()
