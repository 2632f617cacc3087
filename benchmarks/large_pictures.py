"""Completing photographs of every size, with detail and without: seconds and memory.

    python benchmarks/large_pictures.py [--cases 256,2mp,12mp,strokes,dust] [--model demo]
        [--picture PHOTO] [--format jpg] [--repeats 3] [--json FILE]

For each case, with the model's own detail and off:

- command: `glcic-jax complete`, the whole process: cold, when no program is kept yet, and warm, the
  median of the repeats, with the peak of its memory;
- Completer: a call on arrays in a process that goes on, the first and the median of the repeats;
- read, write: of which the command's are so much, hole finding and its checks among the first.

Without `--picture`, a made-up photograph: noise of all sizes, and edges.
"""

from collections.abc import Callable, Sequence
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any
import warnings

from absl import app
from absl import flags
import contestants
import numpy as np
from PIL import Image
from PIL import ImageDraw

_CASES = flags.DEFINE_list('cases', ['256', '2mp', '12mp', 'strokes', 'dust'], 'What to complete.')
_MODEL = flags.DEFINE_string('model', 'demo', 'What completes.')
_PICTURE = flags.DEFINE_string('picture', '', 'A photograph, cut or enlarged to the sizes.')
_FORMAT = flags.DEFINE_enum('format', 'jpg', ['jpg', 'png'], 'Of the pictures and the results.')
_REPEATS = flags.DEFINE_integer('repeats', 3, 'Of what is warm.')
_JSON = flags.DEFINE_string('json', '', 'Also write the results here.')
_FOLDER = flags.DEFINE_string('folder', '', 'For itself: where the files are.')

Draw = Callable[[ImageDraw.ImageDraw, np.random.Generator], None]


def _disks(*places: tuple[int, int, int]) -> Draw:
  def draw(canvas: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    del rng
    for x, y, radius in places:
      canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

  return draw


def _strokes(canvas: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
  for _ in range(25):
    points = [(int(rng.integers(2000)), int(rng.integers(1500))) for _ in range(3)]
    canvas.line(points, fill=255, width=int(rng.integers(8, 24)), joint='curve')


def _dust(canvas: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
  _disks(
    *(
      (int(rng.integers(3000)), int(rng.integers(2000)), int(rng.integers(3, 9)))
      for _ in range(500)
    )
  )(canvas, rng)


# Name -> width, height, what is drawn as the hole.
CASES: dict[str, tuple[int, int, Draw]] = {
  '256': (256, 256, _disks((128, 128, 35))),
  '2mp': (1920, 1080, _disks((960, 540, 150))),
  '12mp': (4000, 3000, _disks((750, 850, 150), (2350, 1650, 150), (3450, 2550, 150))),
  'strokes': (2000, 1500, _strokes),
  'dust': (3000, 2000, _dust),
}


def main(arguments: Sequence[str]) -> None:
  """Measures every case, and prints a row for each."""
  del arguments
  if case := contestants.case():
    folder, (name, what) = pathlib.Path(_FOLDER.value), case.split(',')
    print(json.dumps(_write(folder, name) if what == 'write' else _inside(folder, name, what)))
    return
  rows = []
  with tempfile.TemporaryDirectory() as path:
    folder = pathlib.Path(path)
    print(
      f'{"":<9}{"detail":<8}{"cold s":>8}{"warm s":>8}{"peak MB":>9}{"first s":>9}{"again s":>9}'
      f'{"read s":>8}{"write s":>9}'
    )
    for case in _CASES.value:
      # Elsewhere: a process that is started inherits this one's peak of memory.
      contestants.results([f'{case},write'], f'--folder={folder}')
      for detail in ('on', 'off'):
        key = f'{case},{detail}'
        row = _command(folder, case, detail)
        row |= contestants.results([key], f'--folder={folder}')[key]
        rows.append({'case': case, 'detail': detail, **row})
        print(
          f'{case:<9}{detail:<8}{row["cold"]:>8.2f}{row["warm"]:>8.2f}{row["peak_mb"]:>9}'
          f'{row["first"]:>9.2f}{row["again"]:>9.2f}{row["read"]:>8.2f}{row["write"]:>9.2f}',
          flush=True,
        )
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(json.dumps(rows, indent=2))


def _write(folder: pathlib.Path, case: str) -> None:
  width, height, draw = CASES[case]
  if _PICTURE.value:
    picture = Image.open(_PICTURE.value).convert('RGB')
    scale = max(1, width / picture.width, height / picture.height)
    picture = picture.resize([round(length * scale) for length in picture.size])
    picture = picture.crop((0, 0, width, height))
  else:
    picture = _made_up(width, height)
  hole = Image.new('L', picture.size)
  draw(ImageDraw.Draw(hole), np.random.default_rng(0))
  picture.save(folder / f'{case}.{_FORMAT.value}')
  hole.save(folder / f'{case}_mask.png')


def _made_up(width: int, height: int) -> Image.Image:
  rng = np.random.default_rng(0)
  total = np.zeros((height, width, 3), np.float32)
  for cell in (1, 2, 4, 8, 16, 64, 256):
    small = rng.integers(0, 256, (height // cell + 1, width // cell + 1, 3), dtype=np.uint8)
    layer = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    total += np.asarray(layer, np.float32) / 7
  y, x = np.ogrid[:height, :width]
  total[(x + 2 * y) // 190 % 3 == 0] *= 0.6
  return Image.fromarray(total.clip(0, 255).astype(np.uint8))


def _options(detail: str) -> list[str]:
  return ['--detail', 'off'] if detail == 'off' else []


def _command(folder: pathlib.Path, case: str, detail: str) -> dict[str, float]:
  """Seconds of whole processes, and the largest peak of their memory."""
  picture = folder / f'{case}.{_FORMAT.value}'
  command = [sys.executable, '-m', 'glcic_jax', 'complete', str(picture), '--model', _MODEL.value]
  command += ['--mask', str(folder / f'{case}_mask.png'), '--quiet', *_options(detail)]
  command += ['--output', str(folder / f'out.{_FORMAT.value}')]
  times, peaks = [], []
  with tempfile.TemporaryDirectory() as cache:
    for _ in range(1 + _REPEATS.value):
      start = time.perf_counter()
      process = subprocess.Popen(
        command, env={**os.environ, 'XDG_CACHE_HOME': cache}, stdout=subprocess.DEVNULL
      )
      _, status, used = os.wait4(process.pid, 0)
      times.append(time.perf_counter() - start)
      process.returncode = os.waitstatus_to_exitcode(status)
      if process.returncode:
        raise SystemExit(f'{" ".join(command)} failed.')
      peaks.append(used.ru_maxrss // 1024)
  return {'cold': times[0], 'warm': statistics.median(times[1:]), 'peak_mb': max(peaks)}


def _inside(folder: pathlib.Path, case: str, detail: str) -> dict[str, Any]:
  """Seconds of calls, and of reading and writing files."""
  from glcic_jax.inference import completer as completer_lib
  from glcic_jax.pictures import given_holes
  from glcic_jax.pictures import pairing
  from glcic_jax.pictures import photographs

  warnings.simplefilter('ignore')
  picture, mask = folder / f'{case}.{_FORMAT.value}', folder / f'{case}_mask.png'
  where = given_holes.Where(str(mask), False, None, None)
  found, _ = pairing.jobs([str(picture)], str(mask), results=None)
  reading, given = _timed(lambda: given_holes.read(found[0], where))
  completer = completer_lib.Completer.from_pretrained(_MODEL.value)
  image, options = given.photograph.image, {'detail': 0} if detail == 'off' else {}
  times, result = [], image
  for _ in range(1 + _REPEATS.value):
    seconds, result = _timed(lambda: completer(image, given.hole, **options))
    times.append(seconds)
  output = str(folder / f'out.{_FORMAT.value}')
  writing, _ = _timed(lambda: photographs.save(output, result, given.photograph))
  return {
    'first': times[0],
    'again': statistics.median(times[1:]),
    'read': reading,
    'write': writing,
  }


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
  start = time.perf_counter()
  result = call()
  return time.perf_counter() - start, result


if __name__ == '__main__':
  app.run(main)
