"""Images per second of the data pipeline by tf.data and by Grain, beside plain loaders.

    python benchmarks/input_pipeline.py [--folder FOLDER] [--size 256] [--batches 40] [--json FILE]
    [--only rectangle --only strokes]

It prints a table of the loaders, and the ratios to the others: images a second, CPU time an image
(of this process and of Grain's own), and how much memory a loader takes by itself, its processes'
included (each starts in a process of its own for that).

Without a folder, 400 JPEGs of 500x400 pixels are made from the photographs inside scikit-image.
Each loader makes the same kind of sample: decode, resize of the short edge to 256 to 384, random
crop, hole, view corners. The plain loader is Pillow in a thread pool; torch's DataLoader runs where
torch is installed, tf.data where TensorFlow is, ours with data.resampler=simd where cykooz-resizer
is. They take turns, three times; the best rate of each counts, and the lowest CPU time, which other
work on the machine changes less.
"""

from collections.abc import Callable, Iterator
from concurrent import futures
import functools
import importlib.util
import itertools
import json
import os
import pathlib
import signal
import tempfile
import time
from typing import Any

from absl import app
from absl import flags
import contestants
import numpy as np
from PIL import Image
import psutil

from glcic_jax import config as config_lib
from glcic_jax.data import pipeline
from glcic_jax.data import sources
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views
from glcic_jax.pictures import image_files

_FOLDER = flags.DEFINE_string('folder', None, 'Pictures; made up where none is given.')
_SIZE = flags.DEFINE_integer('size', 256, 'Side of the crop in pixels.')
_BATCHES = flags.DEFINE_integer('batches', 40, 'Batches timed in each turn.', lower_bound=1)
_TURNS = flags.DEFINE_integer('turns', 3, 'How often each takes its turn.', lower_bound=1)
_ONLY = flags.DEFINE_multi_string('only', [], 'Loaders whose name holds one of these words.')
_JSON = flags.DEFINE_string('json', None, 'Where to write the table as JSON.')

_BATCH = 32
_KINDS = {
  'rectangle': {},
  'strokes': {},
  'region': {},
  'mixture': {'mask.mixture': ('rectangle=1', 'strokes=1')},
}
_BOTH = ('rectangle', 'strokes')


def main(arguments: list[str]) -> None:
  """Times the loaders, and prints the table."""
  del arguments
  if contestants.case():
    print(json.dumps(measure(loaders(_FOLDER.value)[contestants.case()]())))
    return
  with tempfile.TemporaryDirectory() as temporary:
    folder = _FOLDER.value or made_up(pathlib.Path(temporary))
    names = [
      name for name in loaders(folder) if not _ONLY.value or any(w in name for w in _ONLY.value)
    ]
    turns = [contestants.results(names, f'--folder={folder}') for _ in range(_TURNS.value)]
  found = {
    name: {
      'images_per_second': max(turn[name]['images_per_second'] for turn in turns),
      'cpu_ms': min(turn[name]['cpu_ms'] for turn in turns),
      'memory_mb': min(turn[name]['memory_mb'] for turn in turns),
    }
    for name in names
  }
  cores = len(os.sched_getaffinity(0))
  _print(found, cores)
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(json.dumps({'cores': cores, 'loaders': found}, indent=2))


def loaders(folder: str) -> dict[str, Callable[[], Iterator[np.ndarray]]]:
  """What takes part: name -> a function that begins it."""
  installed = {
    name: importlib.util.find_spec(name) is not None
    for name in ('tensorflow', 'grain', 'cykooz_resizer', 'torch')
  }
  tf_data, grain, processes = (
    {'loader': 'tf.data'},
    {'loader': 'grain'},
    {'loader': 'grain', 'workers': len(os.sched_getaffinity(0))},
  )
  found = {}
  for name, library, options in (
    ('tf.data', 'tensorflow', tf_data),
    ('Grain', 'grain', grain),
    ('Grain, own processes', 'grain', processes),
  ):
    if installed[library]:
      for kind in _KINDS if name != 'Grain, own processes' else _BOTH:
        found[f'{name}, {kind}'] = functools.partial(ours, folder, kind, **options)
      for kind in _BOTH if installed['cykooz_resizer'] else ():
        found[f'{name} simd, {kind}'] = functools.partial(
          ours, folder, kind, resampler='simd', **options
        )
      found[f'{name}, sample pictures'] = functools.partial(
        ours, folder, 'rectangle', source='sample', **options
      )
  for kind in _BOTH:
    found[f'Pillow and threads, {kind}'] = functools.partial(_plain, folder, kind)
    if installed['torch']:
      found[f'torch DataLoader, {kind}'] = functools.partial(_torch, folder, kind)
  return found


def _print(found: dict[str, dict[str, float]], cores: int) -> None:
  print(f'{_SIZE.value} px, batches of {_BATCH}, {cores} cores')
  print(f'{"loader":<34}{"images/s":>10}{"CPU ms":>10}{"MB":>10}')
  for name, row in found.items():
    columns = row['images_per_second'], row['cpu_ms'], row['memory_mb']
    print('{:<34}{:>10.0f}{:>10.2f}{:>10.0f}'.format(name, *columns))
  for kind in _BOTH:
    rates = {
      name.rpartition(', ')[0]: row['images_per_second']
      for name, row in found.items()
      if name.endswith(f', {kind}')
    }
    for one, other in itertools.combinations(rates, 2):
      print(f'{kind}: {other} / {one}: {rates[other] / rates[one]:.2f}')


def measure(loader: Iterator[np.ndarray]) -> dict[str, float]:
  """Images a second; milliseconds of CPU for each, and memory, of this process and its own."""
  rate = rate_of(loader)
  family = [psutil.Process(), *psutil.Process().children(recursive=True)]
  memory = sum(process.memory_full_info().uss for process in family) / 2**20
  return {'images_per_second': rate[0], 'cpu_ms': rate[1], 'memory_mb': memory}


def rate_of(loader: Iterator[np.ndarray]) -> tuple[float, float]:
  """Images a second, and milliseconds of CPU for each, of this process and its own."""
  for _ in range(4):
    next(loader)
  start, cpu = time.perf_counter(), _cpu_seconds()
  count = sum(len(next(loader)) for _ in range(_BATCHES.value))
  return count / (time.perf_counter() - start), 1_000 * (_cpu_seconds() - cpu) / count


def _cpu_seconds() -> float:
  family = [psutil.Process(), *psutil.Process().children(recursive=True)]
  return sum(sum(process.cpu_times()[:2]) for process in family)


def made_up(folder: pathlib.Path) -> str:
  """400 JPEGs of 500x400 pixels, cut from the sample photographs."""
  samples = sources.sample_pictures().train
  large = [
    Image.fromarray(image_files.read_rgb(samples.read(name), name)) for name in samples.names
  ]
  rng = np.random.default_rng(0)
  for number in range(400):
    image = large[number % len(large)]
    left, top = rng.integers(0, 40, 2)
    image.resize(
      (500, 400), Image.Resampling.BICUBIC, box=(left, top, image.width - 10, image.height - 10)
    ).save(folder / f'{number:03d}.jpg', quality=90)
  return str(folder)


def config_of(folder: str, kind: str, source: str = 'folder', **data: Any) -> config_lib.ConfigDict:
  """A pipeline's config: the folder's pictures, one kind of hole; `data`: other keys there."""
  config = config_lib.default()
  size = _SIZE.value
  config.update_from_flattened_dict(
    {
      'image_size': size,
      'batch_size': _BATCH,
      'data.source': source,
      'data.folder': folder,
      'data.resize_short_edge': (size, size * 3 // 2),
      'data.validation_fraction': 0.0,
      'mask.kind': kind,
      'mask.side': (size * 3 // 8, size // 2),
      'model.local_size': size // 2,
      **_KINDS[kind],
      **{f'data.{key}': value for key, value in data.items()},
    }
  )
  config_lib.check(config)
  return config


def ours(folder: str, kind: str, **options: Any) -> Iterator[np.ndarray]:
  """This project's loader: the pictures of its batches."""
  for batch in pipeline.Pipeline(config_of(folder, kind, **options), range(_BATCH)).train(0):
    yield batch.image


def _sample(
  paths: list[pathlib.Path], config: config_lib.ConfigDict, draw: kinds.Draw, index: int
) -> tuple[np.ndarray, ...]:
  """One sample as anybody would write it: open, convert, resize, crop."""
  rng = draws.generator(0, index)
  size = config.image_size
  image = Image.open(paths[index % len(paths)]).convert('RGB')
  scale = rng.integers(*config.data.resize_short_edge, endpoint=True) / min(image.size)
  image = image.resize(
    [max(size, round(side * scale)) for side in image.size], Image.Resampling.BILINEAR
  )
  left, top = (rng.integers(0, side - size, endpoint=True) for side in image.size)
  mask, other = draw(rng), draw(rng)
  corners = [views.view_corner(hole, config.model.local_size) for hole in (mask, other)]
  return np.asarray(image.crop((left, top, left + size, top + size))), mask, *corners


def _plain(folder: str, kind: str) -> Iterator[np.ndarray]:
  config, paths = config_of(folder, kind), sorted(pathlib.Path(folder).rglob('*.jpg'))
  draw = kinds.from_config(config.mask, config.image_size)
  with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    waiting = []
    for start in itertools.count(0, _BATCH):
      waiting.append(
        [pool.submit(_sample, paths, config, draw, index) for index in range(start, start + _BATCH)]
      )
      if len(waiting) > 2:
        image, *_ = (
          np.stack(parts) for parts in zip(*(future.result() for future in waiting.pop(0)))
        )
        yield image


class _Samples:
  """What torch's DataLoader asks for; its processes are spawned, since TensorFlow does not
  survive a fork.
  """

  def __init__(self, folder: str, kind: str):
    self.config, self.paths = config_of(folder, kind), sorted(pathlib.Path(folder).rglob('*.jpg'))
    self.draw: kinds.Draw | None = None

  def __len__(self) -> int:
    return 10**9

  def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
    if self.draw is None:  # a closure, which cannot travel to another process
      self.draw = kinds.from_config(self.config.mask, self.config.image_size)
    return _sample(self.paths, self.config, self.draw, index)


def _torch(folder: str, kind: str) -> Iterator[np.ndarray]:
  import torch.utils.data

  loader = torch.utils.data.DataLoader(
    _Samples(folder, kind), _BATCH, num_workers=os.cpu_count(), multiprocessing_context='spawn'
  )
  for image, *_ in loader:
    yield image


if __name__ == '__main__':
  signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders are removed
  app.run(main)
