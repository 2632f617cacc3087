"""What `complete` makes of files that real users had trouble with, as a table.

    python benchmarks/cases.py FOLDER [--model MODEL] [--only 01,16]

FOLDER holds the cases, one folder each. Every command runs in a process of its own, in a copy. A
row says what came of it: exit code, seconds, whether it is what it should be, and what was said.
"""

from collections.abc import Callable, Iterator
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from absl import app
from absl import flags
import numpy as np
from PIL import Image

_MODEL = flags.DEFINE_string('model', 'demo', 'What completes the pictures.')
_ONLY = flags.DEFINE_list('only', [], 'The beginnings of the cases to run; all by default.')
_SECONDS = 120  # after which a command hangs
_RECTANGLE = (slice(74, 90), slice(84, 120))  # what every mask of the cases means


class Result(NamedTuple):
  """What a command left behind."""

  code: int | None  # None: it had to be killed
  out: str
  err: str
  folder: pathlib.Path  # the case's, with the results


class Case(NamedTuple):
  """One command in one folder."""

  folder: str
  name: str
  arguments: list[str]  # of `complete`
  check: Callable[[Result], str]  # what is wrong; nothing if it is as it should be


def main(arguments: list[str]) -> None:
  """Runs the cases and prints the table."""
  root, wrong = pathlib.Path(arguments[1]), 0
  print(f'{"case":<32}{"of":<28}{"exit":>5}{"s":>6}  outcome')
  for case in cases():
    if _ONLY.value and not case.folder.startswith(tuple(_ONLY.value)):
      continue
    with tempfile.TemporaryDirectory() as temporary:
      folder = pathlib.Path(temporary) / 'case'
      shutil.copytree(root / case.folder, folder, copy_function=shutil.copy)
      folder.chmod(0o755)
      start = time.perf_counter()
      result = _run(case.arguments, folder)
      seconds, problem = time.perf_counter() - start, _problem(case, result)
    wrong += bool(problem)
    said = ' / '.join(result.err.strip().splitlines()[-2:])
    code = 'hung' if result.code is None else str(result.code)
    print(
      f'{case.folder:<32}{case.name:<28}{code:>5}{seconds:>6.1f}  '
      f'{"WRONG: " + problem if problem else "right"}\n{"":>8}{said[:240]}'
    )
  print(f'{wrong} wrong')
  sys.exit(bool(wrong))


def _run(arguments: list[str], folder: pathlib.Path) -> Result:
  command = [sys.executable, '-m', 'glcic_jax', 'complete', *arguments, '--model', _MODEL.value]
  try:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS)
  except subprocess.TimeoutExpired:
    return Result(None, '', '', folder)
  return Result(done.returncode, done.stdout, done.stderr, folder)


def _problem(case: Case, result: Result) -> str:
  if result.code is None:
    return 'it hangs'
  if 'Traceback' in result.err:
    return 'a traceback'
  return case.check(result)


def cases() -> Iterator[Case]:
  """All of them."""
  yield _single('01_mask_alpha_inverts', 'p.png', mask='mask.png')
  for name in ('rgb16.tif', 'rgba16.tif', 'cmyk16.tif'):
    yield _single('03_tiff_16_bit_colour', name, output='out.tif', told='16')
  for name in ('glass.png', 'sticker.png'):
    check = {'glass.png': _glass, 'sticker.png': _sticker}[name]
    arguments = [name, '--mask', 'mask.png', '--output', 'out.png']
    yield Case('05_picture_alpha', name, arguments, check)
  arguments = ['pictures', '--mask', 'masks', '--output', 'out/', '--json']
  yield Case('06_folder_leaves_files_out', 'pictures/', arguments, _all_accounted_for)
  for name in ('big_text.png', 'big_profile.png', 'bad_crc_in_text.png', 'no_end_marker.jpg'):
    yield _single('14_readable_pixels_refused', name, told=name)
  for name in ('zero_one', 'sixteen_255', 'palette', 'red', 'white_on_transparent'):
    told = '' if name == 'white_on_transparent' else 'hole'
    yield _single('16_masks_that_are_not_white', 'p.png', mask=f'{name}.png', told=told)


def _single(
  folder: str, picture: str, *, mask: str = 'mask.png', output: str = 'out.png', told: str = ''
) -> Case:
  """A picture whose hole is the rectangle; what is told on stderr holds `told`."""

  def check(result: Result) -> str:
    if result.code:
      return 'it is refused'
    with Image.open(result.folder / output) as image:
      found = np.asarray(image.convert('RGB')).astype(int)
    try:
      with Image.open(result.folder / picture) as image:
        given = np.asarray(image.convert('RGB')).astype(int)
    except (OSError, ValueError):  # what Pillow alone does not read is another's of the cases
      return '' if told in result.err else 'nothing is told'
    changed = (found != given).any(axis=-1)
    hole = np.zeros(changed.shape, bool)
    hole[_RECTANGLE] = True
    if (changed & ~hole).any() or changed[hole].mean() < 0.5:
      return f'{changed.sum()} pixels changed, {(changed & ~hole).sum()} outside the hole'
    return '' if told in result.err else 'nothing is told'

  arguments = [picture, '--mask', mask, '--output', output]
  return Case(folder, picture if mask == 'mask.png' else mask, arguments, check)


def _alpha(result: Result) -> np.ndarray:
  with Image.open(result.folder / 'out.png') as image:
    return np.asarray(image.getchannel('A'))


def _glass(result: Result) -> str:
  alpha = _alpha(result)
  return '' if (alpha == 100).all() else f'alpha is {alpha.min()} to {alpha.max()}, and was 100'


def _sticker(result: Result) -> str:
  opaque = (_alpha(result)[_RECTANGLE] == 255).mean()
  return 'the hole is an opaque patch' if opaque == 1 else ''


def _all_accounted_for(result: Result) -> str:
  done = json.loads(result.out)
  listed = [entry for entries in done.values() for entry in entries]
  names = {os.path.basename(one['image'] if isinstance(one, dict) else one) for one in listed}
  missing = set(os.listdir(result.folder / 'pictures')) - names
  return f'nothing is said of {", ".join(sorted(missing))}' if missing else ''


if __name__ == '__main__':
  signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders are removed
  app.run(main)
