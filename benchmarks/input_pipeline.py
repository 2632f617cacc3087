"""Images per second of the data pipeline, beside plain loaders on the same files.

    python benchmarks/input_pipeline.py [--folder FOLDER] [--size 256] [--batches 40] [--json FILE]

It prints a table of the loaders, and the ratios to the others.

Without a folder, 400 JPEGs of 500x400 pixels are made from the photographs inside scikit-image.
Each loader makes the same kind of sample: decode, resize of the short edge to 256 to 384, random
crop, hole, view corners. The plain loader is Pillow in a thread pool; torch's DataLoader runs where
torch is installed, ours with data.resampler=simd where cykooz-resizer is. They take turns, three
times; the best rate of each counts, and the lowest CPU time of this process, which other work on
the machine changes less.
"""

from collections.abc import Iterator
from concurrent import futures
import importlib.util
import itertools
import json
import os
import pathlib
import tempfile
import time

from absl import app
from absl import flags
import numpy as np
from PIL import Image

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
_JSON = flags.DEFINE_string('json', None, 'Where to write the table as JSON.')

_BATCH = 32
_KINDS = {
  'rectangle': {},
  'strokes': {},
  'region': {},
  'mixture': {'mask.mixture': ('rectangle=1', 'strokes=1')},
}


def main(arguments: list[str]) -> None:
  """Times the loaders, and prints the table."""
  del arguments
  with tempfile.TemporaryDirectory() as temporary:
    folder = _FOLDER.value or made_up(pathlib.Path(temporary))
    loaders = {f'glcic_jax, {kind}': ours(folder, kind) for kind in _KINDS}
    loaders |= {'glcic_jax, sample pictures': ours(folder, 'rectangle', source='sample')}
    if importlib.util.find_spec('cykooz_resizer'):
      loaders |= {
        f'glcic_jax simd, {kind}': ours(folder, kind, resampler='simd')
        for kind in ('rectangle', 'strokes')
      }
    loaders |= {
      f'Pillow and threads, {kind}': _plain(folder, kind) for kind in ('rectangle', 'strokes')
    }
    loaders |= _torch(folder)
    best, spent = dict.fromkeys(loaders, 0.0), dict.fromkeys(loaders, np.inf)
    for _ in range(3):
      for name, loader in loaders.items():
        rate, cpu = rate_of(loader)
        best[name], spent[name] = max(best[name], rate), min(spent[name], cpu)
  cores = len(os.sched_getaffinity(0))
  print(f'{_SIZE.value} px, batches of {_BATCH}, {cores} cores')
  print(f'{"loader":<34}{"images/s":>10}{"per core":>10}{"CPU ms":>10}')
  for name, rate in best.items():
    own = '' if name.startswith('torch') else f'{spent[name]:>10.2f}'  # its processes are others
    print(f'{name:<34}{rate:>10.0f}{rate / cores:>10.0f}{own}')
  for name, kind, other in itertools.product(
    ('glcic_jax', 'glcic_jax simd'),
    ('rectangle', 'strokes'),
    ('Pillow and threads', 'torch DataLoader'),
  ):
    if {f'{name}, {kind}', f'{other}, {kind}'} <= best.keys():
      print(f'{name} / {other}, {kind}: {best[f"{name}, {kind}"] / best[f"{other}, {kind}"]:.2f}')
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(
      json.dumps({'cores': cores, 'images_per_second': best, 'cpu_ms_per_image': spent}, indent=2)
    )


def rate_of(loader: Iterator[np.ndarray]) -> tuple[float, float]:
  """Images a second, and milliseconds of this process's CPU for each."""
  for _ in range(4):
    next(loader)
  start, cpu = time.perf_counter(), time.process_time()
  count = sum(len(next(loader)) for _ in range(_BATCHES.value))
  return count / (time.perf_counter() - start), 1_000 * (time.process_time() - cpu) / count


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


def config_of(
  folder: str, kind: str, source: str = 'folder', resampler: str = 'pillow'
) -> config_lib.ConfigDict:
  """A pipeline's config: the folder's pictures, one kind of hole."""
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
      'data.resampler': resampler,
      'mask.side': (size * 3 // 8, size // 2),
      'model.local_size': size // 2,
      **_KINDS[kind],
    }
  )
  config_lib.check(config)
  return config


def ours(folder: str, kind: str, **options: str) -> Iterator[np.ndarray]:
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


def _torch(folder: str) -> dict[str, Iterator[np.ndarray]]:
  try:
    import torch.utils.data
  except ModuleNotFoundError:
    return {}

  def batches(kind: str) -> Iterator[np.ndarray]:
    loader = torch.utils.data.DataLoader(
      _Samples(folder, kind), _BATCH, num_workers=os.cpu_count(), multiprocessing_context='spawn'
    )
    for image, *_ in loader:
      yield image

  return {f'torch DataLoader, {kind}': batches(kind) for kind in ('rectangle', 'strokes')}


if __name__ == '__main__':
  app.run(main)
