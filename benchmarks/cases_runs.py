"""What becomes of commands that are stopped, misled or left without room, as a table.

    python benchmarks/cases_runs.py [--only signals,backend] [--tries 20]

Needs Linux, and root for the full disk. Every command runs in a process of its own.
"""

from collections.abc import Callable, Iterator
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from absl import app
from absl import flags
import numpy as np
from PIL import Image

_ONLY = flags.DEFINE_list('only', [], 'Of `CASES`; all by default.')
_TRIES = flags.DEFINE_integer('tries', 20, 'Moments at which a signal is sent.', lower_bound=1)
_SECONDS = 600  # after which a command hangs
_PATIENCE = 30  # seconds from what goes wrong to the end of the run
_TRAIN = [
  *('train', '--config', 'configs/quickstart.py', '--config.validation.every=0'),
  *('--config.checkpoint.every=20', '--config.log_every=20'),
]
_LONG = ['--config.schedule.reconstruction_steps=3000', '--config.schedule.total_steps=4000']
_ROOT = pathlib.Path(__file__).parent.parent


def main(arguments: list[str]) -> None:
  """Runs the cases and prints the table."""
  del arguments
  wrong = 0
  for name, case in CASES.items():
    if not _ONLY.value or name in _ONLY.value:
      with tempfile.TemporaryDirectory() as folder:
        for what, problem in case(pathlib.Path(folder)):
          wrong += bool(problem)
          print(f'{name:<14}{what:<40}{"WRONG: " + problem if problem else "right"}', flush=True)
  print(f'{wrong} wrong')
  sys.exit(bool(wrong))


def _start(*arguments: str, **environment: str) -> subprocess.Popen:
  return subprocess.Popen(
    [sys.executable, '-m', 'glcic_jax', *arguments],
    cwd=_ROOT,
    env=os.environ | environment,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


def _ends(process: subprocess.Popen, code: int, said: str, lines: int = 1) -> str:
  """What is wrong about the end of a command; its last line holds `said`."""
  try:
    _, err = process.communicate(timeout=_SECONDS)
  except subprocess.TimeoutExpired:
    process.kill()
    return 'it hangs'
  told = err.strip().splitlines() or ['']
  if process.returncode != code or 'Traceback' in err or said not in told[-1]:
    return f'exit code {process.returncode}: {told[-1][:200]}'
  return '' if len(told) <= lines else f'{len(told)} lines on stderr'


def _pair(folder: pathlib.Path) -> list[str]:
  """`complete` of a picture with its mask."""
  levels = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
  mask = np.zeros((96, 128), np.uint8)
  mask[30:50, 40:70] = 255
  Image.fromarray(levels).save(folder / 'p.png')
  Image.fromarray(mask).save(folder / 'mask.png')
  given = [folder / 'p.png', '--mask', folder / 'mask.png', '--output', folder / 'out.png']
  return ['complete', *map(str, given)]


def _signals(folder: pathlib.Path) -> Iterator[tuple[str, str]]:
  """Ctrl-C and SIGTERM in the first seconds, while libraries are imported."""
  arguments = _pair(folder)
  for number in (signal.SIGINT, signal.SIGTERM):
    problems = []
    for moment in range(_TRIES.value):
      process = _start(*arguments)
      time.sleep(0.15 + 2.5 * moment / _TRIES.value)
      process.send_signal(number)
      if problem := _ends(process, 128 + number, f'Stopped by {number.name}', lines=3):
        problems.append(problem)
    # A command that was done before is none of these, nor one of which Python had not begun with a
    # line: shells tell of it by the same number.
    fine = ('exit code 0: ', f'exit code -{number.value}: ')
    problems = [problem for problem in problems if not problem.startswith(fine)]
    yield f'{number.name}, {_TRIES.value} moments', '; '.join(problems[:1])


def _backend(folder: pathlib.Path) -> Iterator[tuple[str, str]]:
  for name in ('cuda', 'tpu', 'rocm', 'nonsense'):
    process = _start('receptive-field', JAX_PLATFORMS=name)
    yield f'JAX_PLATFORMS={name}', _ends(process, 2, f'JAX_PLATFORMS is {name!r}')


def _addresses(folder: pathlib.Path) -> Iterator[tuple[str, str]]:
  _, picture, *rest = _pair(folder)
  for address in ('https://example.com/a.png', 'file:///a.png', 's3://bucket/a.png'):
    for what, arguments in {
      'picture': [address, *rest],
      'mask': [picture, '--mask', address],
      'output': [picture, *rest[:2], '--output', address],
      'model': [picture, *rest, '--model', address],
    }.items():
      yield f'{what} {address}', _ends(_start('complete', *arguments), 2, 'is an address')
    yield (
      f'data {address}',
      _ends(
        _start(*_TRAIN, '--workdir', str(folder / 'w'), f'--config.data.folder={address}'),
        2,
        'is an address',
      ),
    )


def _running(workdir: pathlib.Path, *more: str) -> subprocess.Popen:
  """A run that has saved twice."""
  process = _start(*_TRAIN, *_LONG, '--workdir', str(workdir), *more)
  while not (workdir / 'checkpoints' / '40').exists() and process.poll() is None:
    time.sleep(0.3)
  return process


def _two_runs(folder: pathlib.Path) -> Iterator[tuple[str, str]]:
  first = _running(folder / 'w')
  for what, seed in (('the same command', '0'), ('another seed', '1')):
    second = _start(*_TRAIN, *_LONG, '--workdir', str(folder / 'w'), f'--config.seed={seed}')
    said = 'is in use by' if seed == '0' else 'another run'
    yield f'a second run, {what}', _ends(second, 2, said, lines=10)
  first.kill()
  first.communicate()
  again = _start(*_TRAIN, *_LONG, '--workdir', str(folder / 'w'))
  assert again.stdout
  for line in again.stdout:
    if line.startswith('Continuing'):
      again.send_signal(signal.SIGTERM)
      break
  yield 'after SIGKILL the same command continues', _ends(again, 143, 'after saving', lines=1_000)


def _taken_away(folder: pathlib.Path) -> Iterator[tuple[str, str]]:
  workdir = folder / 'w'
  process = _running(workdir)
  shutil.move(workdir / 'checkpoints', workdir / 'taken')
  (workdir / 'checkpoints').touch()
  start = time.monotonic()
  problem = _ends(process, 3, 'Not a directory', lines=1_000)
  seconds = time.monotonic() - start
  yield (
    'checkpoints/ is taken away',
    problem or (f'it took {seconds:.0f} s' if seconds > _PATIENCE else ''),
  )


def _full_disk(folder: pathlib.Path) -> Iterator[tuple[str, str]]:
  for megabytes in (6, 12):
    disk = folder / str(megabytes)
    disk.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', f'size={megabytes}m', 'tmpfs', str(disk)]
    subprocess.run(mount, check=True)
    try:
      process = _start(*_TRAIN, *_LONG, '--workdir', str(disk / 'w'))
      yield f'a disk of {megabytes} MB', _ends(process, 3, 'make room', lines=60)
    finally:
      with contextlib.suppress(Exception):
        subprocess.run(['umount', '-l', str(disk)], check=True)


CASES: dict[str, Callable[[pathlib.Path], Iterator[tuple[str, str]]]] = {
  'signals': _signals,
  'backend': _backend,
  'addresses': _addresses,
  'two_runs': _two_runs,
  'taken_away': _taken_away,
  'full_disk': _full_disk,
}

if __name__ == '__main__':
  signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders are removed
  app.run(main)
