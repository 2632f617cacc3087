"""A run that is killed again and again ends as the run that was left alone, bit for bit.

    python benchmarks/kill_drill.py [--kills 20] [--steps 300] [--folder FOLDER]
        [--keys average.decay=0.99,penalty.weight=1] [--json FILE]

It prints whether they ended the same to the bit, and exits with 1 where they did not. Both runs are
small (GLCIC at 32 px, a sixteenth of its channels, all three phases, a checkpoint
every 10 steps). The one is killed by SIGKILL at random moments, saves included, and started again
until it ends, each time with a loader of its pictures drawn by lot: tf.data where TensorFlow is
installed, Grain, or Grain in a process of its own. Then every array of both models' last
checkpoints, and the files of the models, are compared.
"""

import importlib.util
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from absl import app
from absl import flags

from glcic_jax import checkpoints

_KILLS = flags.DEFINE_integer('kills', 20, 'How often the run is killed.')
_STEPS = flags.DEFINE_integer('steps', 300, 'Length of the runs.', lower_bound=30)
_FOLDER = flags.DEFINE_string(
  'folder', None, 'Pictures; the sample photographs where none is given.'
)
_KEYS = flags.DEFINE_list('keys', [], 'More keys of the config: key=value.')
_JSON = flags.DEFINE_string('json', None, 'Where to write the result as JSON.')

_LOADERS = [
  *([{'data.loader': 'tf.data'}] if importlib.util.find_spec('tensorflow') else []),
  {'data.loader': 'grain'},
  {'data.loader': 'grain', 'data.workers': 1},
]


def main(arguments: list[str]) -> None:
  """Runs the drill and prints its result; exit code 1 if the runs differ."""
  del arguments
  with tempfile.TemporaryDirectory() as folder:
    os.environ['JAX_COMPILATION_CACHE_DIR'] = os.path.join(folder, 'compilations')
    os.environ['JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS'] = '0'
    alone, drilled = pathlib.Path(folder, 'alone'), pathlib.Path(folder, 'drilled')
    _finish(alone)
    kills = _drill(drilled, random.Random(0))
    same = _leaves(alone) == _leaves(drilled) and _model(alone) == _model(drilled)
  print(f'{kills} kills, {_STEPS.value} steps: {"the same to the bit" if same else "DIFFERENT"}')
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(
      json.dumps({'kills': kills, 'steps': _STEPS.value, 'same': same})
    )
  sys.exit(not same)


def _drill(workdir: pathlib.Path, chance: random.Random) -> int:
  """Kills the run at random moments; returns how often it could be killed before it ended."""
  kills = 0
  while kills < _KILLS.value:
    process, before = _start(workdir, chance.choice(_LOADERS)), _newest(workdir)
    if chance.random() < 0.2:  # while it starts
      time.sleep(chance.uniform(0.5, 8))
    else:
      _wait_for_row(workdir, before + chance.randint(1, 25), process)
      if chance.random() < 0.5:
        _wait_for_a_save(workdir, process)
      time.sleep(chance.uniform(0, 0.3))
    if process.poll() is not None:
      break
    process.kill()
    process.wait()
    kills += 1
    print(
      f'kill {kills}: from checkpoint {before} to {_newest(workdir)}', file=sys.stderr, flush=True
    )
  _finish(workdir)
  return kills


def _wait_for_row(workdir: pathlib.Path, step: int, process: subprocess.Popen) -> None:
  """Until this part of the run has written a row of this step or a later one, or has ended."""
  table, started = workdir / 'metrics.csv', time.time()
  while process.poll() is None:
    is_new = table.exists() and table.stat().st_mtime > started
    rows = table.read_text().splitlines() if is_new else []
    last = rows[-1].split(',')[0] if rows else ''
    if last.isdecimal() and int(last) >= step:
      return
    time.sleep(0.02)


def _wait_for_a_save(workdir: pathlib.Path, process: subprocess.Popen) -> None:
  """Until Orbax has an unfinished folder, or ten seconds are over."""
  end = time.monotonic() + 10
  while time.monotonic() < end and process.poll() is None:
    if any('tmp' in path.name for path in (workdir / 'checkpoints').glob('*')):
      return
    time.sleep(0.005)


def _start(workdir: pathlib.Path, loader: dict) -> subprocess.Popen:
  steps = _STEPS.value
  keys = {
    'image_size': 32,
    'data.resize_short_edge': (32, 48),
    'mask.side': (8, 16),
    'model.width': 1 / 16,
    'model.discriminator_width': 1 / 16,
    'model.local_size': 16,
    'batch_size': 8,
    'schedule.reconstruction_steps': steps // 3,
    'schedule.discriminator_steps': steps // 3,
    'schedule.total_steps': steps,
    'log_every': 1,
    'checkpoint.every': 10,
    'validation.every': 0,
    **loader,
  }
  keys |= {'data.folder': _FOLDER.value} if _FOLDER.value else {'data.source': 'sample'}
  return subprocess.Popen(
    [
      sys.executable,
      '-m',
      'glcic_jax',
      'train',
      '--config',
      'configs/glcic_places2.py',
      '--workdir',
      str(workdir),
      *(f'--config.{key}={value}' for key, value in keys.items()),
      *(f'--config.{setting}' for setting in _KEYS.value),
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.PIPE,
    text=True,
  )


def _finish(workdir: pathlib.Path) -> None:
  process = _start(workdir, _LOADERS[0])
  _, err = process.communicate()
  if process.returncode:
    raise RuntimeError(err)


def _newest(workdir: pathlib.Path) -> int:
  found = checkpoints.read_run(workdir)
  return found[0] if found else 0


def _leaves(workdir: pathlib.Path) -> dict:
  """Name -> shape, dtype and digest of every array of the newest checkpoint."""
  return checkpoints.read_run(workdir)[1]['leaves']


def _model(workdir: pathlib.Path) -> bytes:
  return (workdir / 'model' / 'model.safetensors').read_bytes()


if __name__ == '__main__':
  signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders are removed
  app.run(main)
