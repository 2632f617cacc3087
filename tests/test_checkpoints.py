"""Checkpoints that cannot lie: digests, every kind of damage, and any number of devices."""

import contextlib
import gc
import hashlib
import json
import logging
import os
import resource
import shutil
import threading
import time

import jax
import numpy as np
import pytest

from glcic_jax import checkpoints
from glcic_jax import errors
from glcic_jax import parallel

# Where it finds damage, Orbax drops coroutines that it began.
pytestmark = [
  pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning'),
  pytest.mark.filterwarnings('ignore:coroutine .* was never awaited:RuntimeWarning'),
]


@pytest.fixture(autouse=True)
def collect_garbage():
  """So that they are collected here, and not in another test."""
  gc.freeze()  # what other tests have left need not be looked through each time
  yield
  gc.collect()
  gc.unfreeze()


def network(seed):
  rng = np.random.default_rng(seed)
  return {
    'params': {
      'conv1': {'kernel': rng.random((3, 3, 4, 8), np.float32), 'bias': rng.random(8, np.float32)}
    },
    'batch_stats': {'norm1': {'mean': rng.random(8, np.float32)}},
    'opt_state': (rng.random((64, 64), np.float32), {'count': np.int32(seed)}),
  }


def state_of(step):
  """A state that differs in every array from step to step; NumPy."""
  return {'step': np.int32(step), 'generator': network(step), 'discriminator': network(100 + step)}


RUN = {'config': {'seed': 0}, 'mean_color': [0.5, 0.5, 0.5]}


def on(devices, step=0):
  """The state on so many devices."""
  mesh = parallel.make_mesh(jax.devices()[:devices])
  return jax.device_put(state_of(step), parallel.replicated(mesh))


def like(devices):
  mesh = parallel.make_mesh(jax.devices()[:devices])
  return jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(
      np.shape(leaf), leaf.dtype, sharding=parallel.replicated(mesh)
    ),
    state_of(0),
  )


@pytest.fixture
def workdir(tmp_path):
  """A workdir with the checkpoints 2, 4 and 6."""
  save(tmp_path, 2, 4, 6)
  return tmp_path


def save(workdir, *steps, keep=3):
  with checkpoints.Checkpoints(workdir, keep=keep) as opened:
    for step in steps:
      opened.save(step, on(1, step), RUN | {'at': step})


def restore(workdir, devices=1):
  with checkpoints.Checkpoints(workdir, keep=3) as opened:
    return opened.restore(like(devices))


def assert_is(state, step):
  jax.tree.map(np.testing.assert_array_equal, state, state_of(step))


def step_folder(workdir, step=6):
  return workdir / 'checkpoints' / str(step)


@pytest.mark.parametrize('saved_on, read_on', [(8, 1), (8, 2), (8, 4), (1, 8), (2, 1)])
def test_a_state_comes_back_on_any_number_of_devices(tmp_path, saved_on, read_on):
  with checkpoints.Checkpoints(tmp_path, keep=1) as opened:
    opened.save(3, on(saved_on, 3), RUN)
  state, run = restore(tmp_path, read_on)
  assert_is(state, 3)
  assert run['mean_color'] == RUN['mean_color']
  assert all(len(leaf.sharding.device_set) == read_on for leaf in jax.tree.leaves(state))


def test_the_newest_is_read_and_the_oldest_are_deleted(tmp_path):
  save(tmp_path, 1, 2, 3, 4, keep=2)
  assert restore(tmp_path)[1]['at'] == 4
  assert sorted(path.name for path in (tmp_path / 'checkpoints').iterdir()) == ['3', '4']


def test_every_array_has_its_digest_beside_it(workdir):
  leaves = checkpoints.read_run(workdir)[1]['leaves']
  assert len(leaves) == len(jax.tree.leaves(state_of(6))) == 11
  kernel = state_of(6)['generator']['params']['conv1']['kernel']
  assert leaves['generator/params/conv1/kernel'] == {
    'shape': [3, 3, 4, 8],
    'dtype': 'float32',
    'sha256': hashlib.sha256(kernel.tobytes()).hexdigest(),
  }


def data_files(workdir):
  """The files of checkpoint 6 that hold arrays, the largest first."""
  files = [path for path in (step_folder(workdir) / 'state').rglob('*') if path.is_file()]
  return sorted(files, key=lambda path: -path.stat().st_size)


def flip_a_bit(workdir):
  path = data_files(workdir)[0]
  data = bytearray(path.read_bytes())
  data[len(data) // 2] ^= 1
  path.write_bytes(data)


def flip_bits_everywhere(workdir):
  for path in data_files(workdir):
    data = bytearray(path.read_bytes())
    for place in range(0, len(data), 50):
      data[place] ^= 1
    path.write_bytes(data)


def truncate(workdir):
  path = data_files(workdir)[0]
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_the_files(workdir):
  for path in data_files(workdir):
    path.write_bytes(b'')


def leave_an_empty_folder(workdir):
  shutil.rmtree(step_folder(workdir))
  step_folder(workdir).mkdir()


def lose_the_arrays(workdir):
  shutil.rmtree(step_folder(workdir) / 'state')


def lose_the_json(workdir):
  shutil.rmtree(step_folder(workdir) / 'run')


def garble_the_json(workdir):
  for path in (step_folder(workdir) / 'run').iterdir():
    path.write_text('{"config": ')


def forget_the_digests(workdir):
  for path in (step_folder(workdir) / 'run').iterdir():
    if 'mean_color' in path.read_text():
      path.write_text(json.dumps(RUN))


# One bit, or half a file, may spare the generator: it is then whole, and may be used.
DAMAGE_TO_ALL = (
  flip_bits_everywhere,
  empty_the_files,
  leave_an_empty_folder,
  lose_the_arrays,
  lose_the_json,
  garble_the_json,
  forget_the_digests,
)
DAMAGE = (flip_a_bit, truncate, *DAMAGE_TO_ALL)


@pytest.mark.parametrize('damage', DAMAGE)
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(workdir, damage, capsys):
  damage(workdir)
  state, run = restore(workdir)
  assert_is(state, 4)
  assert run['at'] == 4
  err = capsys.readouterr().err
  assert (
    'Checkpoint 6 ' in err and 'The checkpoint before it is used' in err and 'Traceback' not in err
  )


@pytest.mark.parametrize('damage', [flip_a_bit, leave_an_empty_folder])
def test_a_damaged_checkpoint_is_kept_aside_and_its_step_saved_anew(workdir, damage):
  damage(workdir)
  with checkpoints.Checkpoints(workdir, keep=3) as opened:
    opened.restore(like(1))
    assert opened.latest_step == 4
    opened.save(6, on(1, 6), RUN | {'at': 'again'})
  assert (workdir / 'broken_checkpoints/6').is_dir()
  state, run = restore(workdir)
  assert_is(state, 6)
  assert run['at'] == 'again'


def test_reading_a_whole_checkpoint_warns_of_nothing(workdir, caplog):
  caplog.set_level(logging.WARNING, 'absl')
  assert checkpoints.read_generator(workdir)[1]['at'] == 6
  assert caplog.messages == []


@pytest.mark.parametrize('damage', DAMAGE_TO_ALL)
def test_completion_takes_the_newest_whole_generator(workdir, damage, capsys):
  damage(workdir)
  generator, run = checkpoints.read_generator(workdir)
  expected = state_of(4)['generator']
  jax.tree.map(
    np.testing.assert_array_equal,
    generator,
    {name: expected[name] for name in ('params', 'batch_stats')},
  )
  assert run['at'] == 4 and 'Checkpoint 6 ' in capsys.readouterr().err


@pytest.mark.parametrize('damage', DAMAGE_TO_ALL)
def test_a_damaged_checkpoint_asked_for_by_its_step_is_refused(workdir, damage):
  damage(workdir)
  with pytest.raises(errors.InputError, match='Checkpoint 6 .* Give another checkpoint'):
    checkpoints.read_generator(workdir, 6)
  assert checkpoints.read_generator(workdir, 2)[1]['at'] == 2


def test_two_damaged_ones_are_passed_over(workdir, capsys):
  flip_a_bit(workdir)
  leave_an_empty_folder(workdir)
  shutil.rmtree(step_folder(workdir, 4) / 'run')
  assert_is(restore(workdir)[0], 2)
  assert {'Checkpoint 6 ', 'Checkpoint 4 '} <= {
    line[:13] for line in capsys.readouterr().err.splitlines()
  }


def test_none_whole_is_an_error_and_nothing_starts_afresh(workdir):
  for step in (2, 4, 6):
    shutil.rmtree(step_folder(workdir, step) / 'state')
  for read in (restore, checkpoints.read_generator):
    with pytest.raises(errors.RunError, match='none of them is whole') as caught:
      read(workdir)
    assert caught.value.exit_code == 3
  for step in (2, 4, 6):
    shutil.rmtree(step_folder(workdir, step))
    step_folder(workdir, step).mkdir()
  with pytest.raises(errors.RunError, match='none of them is whole'):
    checkpoints.read_run(workdir)


def test_a_half_written_checkpoint_of_orbax_does_not_count(workdir):
  step_folder(workdir).rename(workdir / 'checkpoints/6.orbax-checkpoint-tmp-123')
  assert_is(restore(workdir)[0], 4)


def test_another_models_arrays_are_refused_by_name(workdir):
  other = like(1)
  other['generator']['params']['conv1']['bias'] = jax.ShapeDtypeStruct(
    (9,), np.float32, sharding=other['step'].sharding
  )
  with (
    checkpoints.Checkpoints(workdir, keep=3) as opened,
    pytest.raises(
      errors.InputError, match=r'generator/params/conv1/bias is \[8\] there, \[9\] here'
    ),
  ):
    opened.restore(other)
  assert not (workdir / 'broken_checkpoints').exists()


def test_an_empty_workdir_holds_no_run(tmp_path):
  assert checkpoints.read_run(tmp_path) is None
  with pytest.raises(errors.InputError, match='holds no checkpoint'):
    checkpoints.read_generator(tmp_path)


@contextlib.contextmanager
def no_large_files():
  """As on a full disk: no file may grow beyond four kilobytes.

  Held around the save alone: pytest's own report may go to a file that is longer already.
  """
  soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
  try:
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_save_that_fails_ends_the_run_and_names_the_last_good_step(workdir):
  says = 'could not be saved .* the last good one is step 6'
  with no_large_files(), pytest.raises(errors.RunError, match=says) as caught:
    save(workdir, 8)
  assert caught.value.exit_code == 3
  assert_is(restore(workdir)[0], 6)


def test_a_save_under_way_is_waited_for_where_the_last_good_step_is_told(workdir, monkeypatch):
  rename, asked = os.rename, threading.Event()

  def once_asked(*paths, **options):
    asked.wait(10)
    time.sleep(0.2)  # well into the waiting
    return rename(*paths, **options)

  monkeypatch.setattr(os, 'rename', once_asked)
  with checkpoints.Checkpoints(workdir, keep=3) as opened:
    opened.save(8, on(1, 8), RUN | {'at': 8})
    assert checkpoints.newest_whole(workdir) == 6
    asked.set()
    assert opened.newest_whole() == 8


def test_a_first_save_that_fails_says_that_there_is_none(tmp_path):
  with no_large_files(), pytest.raises(errors.RunError, match='there is none before it'):
    save(tmp_path, 2)
  assert checkpoints.read_run(tmp_path) is None


def test_a_flip_of_any_bit_of_the_json_sets_a_checkpoint_aside(workdir, capsys):
  path = step_folder(workdir) / 'run' / 'metadata'
  good = path.read_bytes()
  for place in range(0, 8 * len(good), 61):  # each of the eight bits in turn
    data = bytearray(good)
    data[place // 8] ^= 1 << place % 8
    path.write_bytes(data)
    assert checkpoints.read_run(workdir)[1]['at'] == 4, data[place // 8 - 20 : place // 8 + 20]
  state, run = restore(workdir)
  assert_is(state, 4)
  assert run['at'] == 4 and 'Checkpoint 6 cannot be read' in capsys.readouterr().err
  assert (workdir / 'broken_checkpoints/6').is_dir()


def test_a_checkpoint_from_before_the_seal_is_read(workdir):
  path = step_folder(workdir) / 'run' / 'metadata'
  path.write_text(json.loads(path.read_text())['json'])
  assert_is(restore(workdir)[0], 6)
  assert checkpoints.read_networks(workdir)[1]['at'] == 6
