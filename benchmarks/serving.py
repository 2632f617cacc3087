"""The server of the page: how soon it answers, how long a picture takes, and what load does to it.

    python benchmarks/serving.py [--image PHOTO --mask HOLE] [--model demo] [--requests 200]
        [--clients 16] [--json FILE]

Without `--image`: scikit-image's astronaut, enlarged to 2 megapixels, and one hole of 160 px. The
server is `glcic-jax serve` in processes of its own, asked over a socket of this machine:

- start: until the page answers, and until the model is loaded and what is usual is compiled;
- picture: the request's way there and back, the first time and the median of five more, as a JPEG
  and as a PNG, and how long the same takes in the other format afterwards; beside it, `glcic-jax
  complete` on the same files, whole and by its own account;
- load: so many requests of the photograph at 512 px, from so many clients at once: statuses, median
  and 95th percentile, and the memory of both processes after the tenth and after the last.
"""

import collections
from collections.abc import Sequence
import concurrent.futures
import contextlib
import io
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from absl import app
from absl import flags
import numpy as np
from PIL import Image
import requests

_IMAGE = flags.DEFINE_string('image', '', 'A photograph; needs --mask.')
_MASK = flags.DEFINE_string('mask', '', 'Its hole, white.')
_MODEL = flags.DEFINE_string('model', 'demo', 'What completes.')
_REQUESTS = flags.DEFINE_integer('requests', 200, 'Of the load.')
_CLIENTS = flags.DEFINE_integer('clients', 16, 'Of the load, at once.')
_JSON = flags.DEFINE_string('json', '', 'Also write the results here.')

_COMMAND = [sys.executable, '-m', 'glcic_jax']


def main(arguments: Sequence[str]) -> None:
  """Measures all three, and prints them."""
  del arguments
  with tempfile.TemporaryDirectory() as folder:
    photo, hole = _files(pathlib.Path(folder))
    results: dict[str, Any] = {}
    with _serving() as (url, process, started):
      results['start'] = {'page_s': started, 'ready_s': started + _until_ready(url)}
      results['picture'] = {
        kind: _picture(url, photo.read_bytes(), hole.read_bytes(), kind) for kind in ('jpg', 'png')
      }
      results['load'] = _load(url, process.pid, *_small(photo, hole))
    results['complete'] = _command(photo, hole, pathlib.Path(folder) / 'completed.jpg')
  for name, row in results.items():
    print(f'{name:<10}{json.dumps(row)}')
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(json.dumps(results, indent=2) + '\n')


def _files(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
  if _IMAGE.value:
    return pathlib.Path(_IMAGE.value), pathlib.Path(_MASK.value)
  import skimage.data

  photo, hole = folder / 'photo.jpg', folder / 'hole.png'
  Image.fromarray(skimage.data.astronaut()).resize((1440, 1440)).save(photo, quality=92)
  mask = np.zeros((1440, 1440), np.uint8)
  mask[200:360, 1000:1160] = 255
  Image.fromarray(mask).save(hole)
  return photo, hole


def _small(photo: pathlib.Path, hole: pathlib.Path) -> tuple[bytes, bytes]:
  """Both at 512 px."""
  made = []
  for path, resample in ((photo, Image.Resampling.BICUBIC), (hole, Image.Resampling.NEAREST)):
    buffer = io.BytesIO()
    with Image.open(path) as image:
      image.resize((512, 512), resample).save(buffer, 'JPEG' if path == photo else 'PNG')
    made.append(buffer.getvalue())
  return made[0], made[1]


@contextlib.contextmanager
def _serving() -> Any:
  """The server's address, its process, and the seconds until its page answered."""
  begin = time.perf_counter()
  command = [*_COMMAND, 'serve', '--model', _MODEL.value, '--port', '0']
  process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
  try:
    assert process.stdout
    url = process.stdout.readline().strip()
    requests.get(url, timeout=60).raise_for_status()
    yield url, process, round(time.perf_counter() - begin, 2)
  finally:
    process.terminate()
    process.wait()


def _until_ready(url: str) -> float:
  begin = time.perf_counter()
  while requests.get(f'{url}healthz', timeout=60).json()['status'] != 'ready':
    time.sleep(0.05)
  return round(time.perf_counter() - begin, 2)


def _ask(url: str, image: bytes, mask: bytes, kind: str) -> tuple[int, float, int]:
  """Status, seconds, and how many of them the server worked on it, in milliseconds."""
  begin = time.perf_counter()
  answer = requests.post(
    f'{url}v1/complete', files={'image': image, 'mask': mask}, data={'format': kind}, timeout=600
  )
  seconds = time.perf_counter() - begin
  return answer.status_code, seconds, int(answer.headers.get('X-Time-Ms', 0))


def _picture(url: str, image: bytes, mask: bytes, kind: str) -> dict[str, float]:
  image += kind.encode()  # another file for each: see `again_s`
  rows = [_ask(url, image, mask, kind) for _ in range(6)]
  other = _ask(url, image, mask, {'jpg': 'png', 'png': 'jpg'}[kind])
  assert {status for status, _, _ in (*rows, other)} == {200}, rows
  seconds = [second for _, second, _ in rows]
  return {
    'first_s': round(seconds[0], 2),
    'again_s': round(other[1], 2),
    'warm_s': round(statistics.median(seconds[1:]), 2),
    'warm_worked_s': round(statistics.median(worked for _, _, worked in rows[1:]) / 1000, 2),
  }


def _load(url: str, server: int, image: bytes, mask: bytes) -> dict[str, Any]:
  memory, seconds, statuses = [], [], collections.Counter[int]()
  with concurrent.futures.ThreadPoolExecutor(_CLIENTS.value) as clients:
    asked = [clients.submit(_ask, url, image, mask, 'keep') for _ in range(_REQUESTS.value)]
    for number, done in enumerate(concurrent.futures.as_completed(asked), 1):
      status, second, _ = done.result()
      statuses[status] += 1
      seconds.append(second)
      if number in (10, _REQUESTS.value):
        memory.append(_memory(server))
  return {
    'statuses': dict(statuses),
    'p50_s': round(statistics.median(seconds), 2),
    'p95_s': round(statistics.quantiles(seconds, n=20)[-1], 2),
    'memory_after_10_mb': memory[0],
    'memory_after_all_mb': memory[-1],
  }


def _memory(process: int) -> int:
  """Of a process and those that it started, in megabytes."""
  children = pathlib.Path(f'/proc/{process}/task/{process}/children').read_text().split()
  status = pathlib.Path(f'/proc/{process}/status').read_text()
  (own,) = [line.split()[1] for line in status.splitlines() if line.startswith('VmRSS')]
  return int(own) // 1024 + sum(_memory(int(child)) for child in children)


def _command(photo: pathlib.Path, hole: pathlib.Path, output: pathlib.Path) -> dict[str, float]:
  """`complete`, the second time: its programs are compiled."""
  command = [*_COMMAND, 'complete', str(photo), '--mask', str(hole), '--output', str(output)]
  command += ['--model', _MODEL.value, '--json', '--quiet']
  for _ in range(2):
    begin = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole = time.perf_counter() - begin
  return {
    'whole_s': round(whole, 2),
    'completing_s': round(json.loads(done.stdout)['completed'][0]['seconds'], 2),
  }


if __name__ == '__main__':
  signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders are removed
  app.run(main)
