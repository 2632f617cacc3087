"""Seconds and memory for completing one picture, on whatever device is there, beside PyTorch.

    python benchmarks/completion.py [--sizes 256,512,1024] [--batches 1,8] [--width 1.0]
        [--networks ours,nchw,channels_last] [--repeats 5] [--json FILE]

The completion network at random weights, a 30 % free-form hole, unblended; then blending, each way.
Every case runs in a process of its own, since the peak of memory is a process's: `first` is the
first call, which compiles; `warm` is the median of those that follow. `ours` is what `Completer`
does; `nchw` and `channels_last` are the same layers in PyTorch, with the same number of threads. A
case whose library is missing is left out.
"""

from collections.abc import Callable
import functools
import importlib.util
import json
import resource
import statistics
import time
from typing import Any

from absl import app
from absl import flags
import contestants
import numpy as np

from glcic_jax.holes import shapes

Complete = Callable[[np.ndarray, np.ndarray], np.ndarray]  # pictures, masks -> pictures

_SIZES = flags.DEFINE_list('sizes', ['256', '512', '1024'], 'Sides of the pictures in pixels.')
_BATCHES = flags.DEFINE_list('batches', ['1', '8'], 'Pictures in one call.')
_NETWORKS = flags.DEFINE_list('networks', ['ours', 'nchw', 'channels_last'], 'What to time.')
_WIDTH = flags.DEFINE_float('width', 1.0, 'Of the network.')
_REPEATS = flags.DEFINE_integer('repeats', 5, 'Calls after the first.')
_JSON = flags.DEFINE_string('json', '', 'Also write the results here.')


def main(arguments: list[str]) -> None:
  """Times every case, and prints a row for each."""
  del arguments
  if case := contestants.case():
    name, side, count = case.split(',')
    print(json.dumps(_measure(name, int(side), int(count))))
    return
  has_torch = importlib.util.find_spec('torch') is not None
  networks = [network for network in _NETWORKS.value if network == 'ours' or has_torch]
  all_rows = []
  print(
    f'{"":<15}{"px":>6}{"batch":>7}{"first s":>10}{"warm s":>10}{"s/picture":>11}{"peak MiB":>10}'
  )
  for size in map(int, _SIZES.value):
    cases = [f'{network},{size},{batch}' for batch in _BATCHES.value for network in networks]
    rows = list(contestants.results(cases).values())
    rows += [_blending(how, size) for how in ('poisson', 'opencv', 'none')]
    all_rows += rows
    for row in rows:
      print(
        f'{row["network"]:<15}{size:>6}{row["batch"]:>7}{row["first"]:>10.3f}{row["warm"]:>10.3f}'
        f'{row["warm"] / row["batch"]:>11.3f}{row["peak_mib"] or "":>10}',
        flush=True,
      )
  if _JSON.value:
    with open(_JSON.value, 'w') as file:
      json.dump(all_rows, file, indent=2)


def _pictures(size: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
  """`[B, H, W, 3]` and `[B, H, W, 1]` uint8."""
  rng = np.random.default_rng(0)
  hole = shapes.strokes(rng, size, shapes.STROKES['medium'], (0.29, 0.31))
  return rng.integers(0, 256, (batch, size, size, 3), dtype=np.uint8), np.repeat(
    hole[None], batch, axis=0
  )


def _measure(network: str, size: int, batch: int) -> dict[str, Any]:
  run = _jax(batch) if network == 'ours' else _torch(network)
  image, mask = _pictures(size, batch)
  times = _times(lambda: run(image, mask))
  return {
    'network': network,
    'size': size,
    'batch': batch,
    'first': times[0],
    'warm': statistics.median(times[1:]),
    'peak_mib': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
  }


def _times(call: Callable[[], object]) -> list[float]:
  """Seconds of the first call, and of those after it."""
  times = []
  for _ in range(1 + _REPEATS.value):
    start = time.perf_counter()
    call()
    times.append(time.perf_counter() - start)
  return times


def _jax(batch: int) -> Complete:
  import jax
  import jax.numpy as jnp

  from glcic_jax.inference import completer
  from glcic_jax.model_directory import model_files
  from glcic_jax.models import glcic

  options = {'width': _WIDTH.value, 'dilated': True}
  zeros = jnp.zeros((1, 16, 16, 3))
  # A compiled initialisation would cost more memory than the network.
  network_ = glcic.CompletionNetwork(**options)
  shapes_ = jax.eval_shape(lambda: network_.init(jax.random.key(0), zeros, zeros[..., :1]))
  rng = np.random.default_rng(0)
  variables = jax.tree.map(
    lambda leaf: rng.uniform(0, 0.05, leaf.shape).astype(np.float32), shapes_
  )
  description = model_files.Description(
    method='glcic',
    architecture={'name': 'glcic', 'options': options},
    value_range=(0.0, 1.0),
    mean_color=(0.5, 0.5, 0.5),
    image_size=256,
    mask={},
    step=0,
    versions={},
  )
  complete = completer.Completer(variables, description, batch_size=batch)
  return functools.partial(complete, large='whole', blend='none')


def _torch(network: str) -> Complete:
  """The same layers in PyTorch."""
  import torch
  import torch_twin

  model = torch_twin.completion(_WIDTH.value).eval()
  layout = torch.channels_last if network == 'channels_last' else torch.contiguous_format
  device = 'cuda' if torch.cuda.is_available() else 'cpu'
  model = model.to(device=device, memory_format=layout)

  def run(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
      image_ = torch.from_numpy(image).to(device).permute(0, 3, 1, 2).float() / 255
      mask_ = torch.from_numpy(mask).to(device).permute(0, 3, 1, 2).float()
      inputs = torch.cat([torch.where(mask_ > 0, 0.5, image_), mask_], 1).contiguous(
        memory_format=layout
      )
      raw = (model(inputs) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return np.where(mask > 0, raw, image)

  return run


def _blending(how: str, size: int) -> dict[str, Any]:
  from glcic_jax.inference import blending

  image, mask = _pictures(size, 1)
  raw = image[0] * 0.8 + 30
  times = _times(lambda: blending.blend(image[0], raw, mask[0, ..., 0] > 0, how=how))
  return {
    'network': how,
    'size': size,
    'batch': 1,
    'first': times[0],
    'warm': statistics.median(times[1:]),
    'peak_mib': 0,
  }


if __name__ == '__main__':
  app.run(main)
