"""Whether the input keeps up: the training loop on real files beside the loop on one made-up batch.

    python benchmarks/keeping_up.py [--folder FOLDER] [--share 0.7 --share 0.8 --share 0.9]
        [--json FILE]

It prints a line for each share: images/s on one batch over and over, on files, and their ratio.
The loop is `train`'s own, at 256 px in batches of 32. In the place of the device stands one that
takes a fixed time for a batch and none of the host's cores, as an accelerator does: so fast that it
would use `--share` of what the pipeline alone gives here. Without a folder the pictures are those
of `input_pipeline.py`.
"""

from collections.abc import Iterator
import csv
import itertools
import json
import os
import pathlib
import signal
import tempfile
import time
from typing import Any
from unittest import mock

from absl import app
from absl import flags
from absl import logging
import input_pipeline
import jax
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import config as config_lib
from glcic_jax import schedule
from glcic_jax.data import pipeline
from glcic_jax.training import loop
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib

_SHARES = flags.DEFINE_multi_float(
  'share', [0.7, 0.8, 0.9], 'Of the rate of the pipeline alone.', lower_bound=0.01
)
_STEPS, _ROW = 120, 20
_next = jax.jit(lambda step: step + 1)  # compiled: the loop sends nothing but batches


def main(arguments: list[str]) -> None:
  """Measures the pipeline, then the loop at each share of it."""
  del arguments
  logging.set_verbosity(logging.ERROR)
  with tempfile.TemporaryDirectory() as temporary:
    folder = flags.FLAGS.folder or input_pipeline.made_up(pathlib.Path(temporary))
    config = input_pipeline.config_of(folder, 'rectangle')
    config.update_from_flattened_dict(
      {
        'model.width': 1 / 64,
        'model.discriminator_width': 1 / 64,
        'log_every': _ROW,
        'validation.every': 0,
        'checkpoint.every': _STEPS,
        'schedule.reconstruction_steps': _STEPS,
        'schedule.discriminator_steps': 0,
        'schedule.total_steps': _STEPS,
        'data.mean_color': (0.5, 0.5, 0.5),
      }
    )
    capacity, _ = input_pipeline.rate_of(input_pipeline.ours(folder, 'rectangle'))
    print(f'{len(os.sched_getaffinity(0))} cores; the pipeline alone: {capacity:.0f} images/s')
    rows = []
    for share in _SHARES.value:
      seconds = config.batch_size / (share * capacity)
      made_up, files = (_rate(config, seconds, batches) for batches in (_one_batch(config), None))
      rows.append({'share': share, 'made_up': made_up, 'files': files, 'ratio': files / made_up})
      print(
        f'a device of {share:.0%} of that: made-up batches {made_up:.0f}, '
        f'files {files:.0f} images/s: {files / made_up:.1%}'
      )
  if flags.FLAGS.json:
    pathlib.Path(flags.FLAGS.json).write_text(
      json.dumps({'capacity': capacity, 'rows': rows}, indent=2)
    )


def _one_batch(config: config_lib.ConfigDict) -> Iterator[batch_lib.Batch]:
  return itertools.repeat(next(pipeline.Pipeline(config, range(config.batch_size)).train(0)))


def _rate(
  config: config_lib.ConfigDict, seconds: float, batches: Iterator[batch_lib.Batch] | None
) -> float:
  """Images a second, as the run's own rows have them: their median without the first, which
  compiles.
  """
  with (
    tempfile.TemporaryDirectory() as workdir,
    mock.patch.object(
      step_lib,
      'compile_steps',
      lambda method, mesh: {schedule.Phase.RECONSTRUCTION: _Device(seconds)},
    ),
  ):
    loop.train_and_evaluate(config, workdir, batches=batches)
    with open(pathlib.Path(workdir) / 'metrics.csv') as file:
      return float(np.median([float(row['images_per_second']) for row in csv.DictReader(file)][1:]))


class _Device:
  """Takes a step whenever it has its batch and is done with the step before; whoever asks for a
  loss waits.
  """

  def __init__(self, seconds: float):
    self._seconds, self._done = seconds, 0.0

  def lower(self, *_: object) -> '_Device':
    """As of a jitted step; there is nothing to compile."""
    return self

  def compile(self) -> '_Device':
    """Itself."""
    return self

  def __call__(
    self, state: state_lib.TrainState, batch: batch_lib.Batch
  ) -> tuple[state_lib.TrainState, dict[str, '_Loss']]:
    """Returns at once, as a device's step does."""
    jax.block_until_ready(batch)  # it has come
    self._done = max(self._done, time.perf_counter()) + self._seconds
    return state.replace(step=_next(state.step)), {'reconstruction_loss': _Loss(self._done)}


class _Loss:
  """A number that is there at some time."""

  def __init__(self, there: float):
    self._there = there

  def __array__(self, *arguments: Any, **options: Any) -> np.ndarray:
    time.sleep(max(0.0, self._there - time.perf_counter()))
    return np.zeros(())

  def is_ready(self) -> bool:
    """As of an array."""
    return time.perf_counter() >= self._there


if __name__ == '__main__':
  signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders are removed
  app.run(main)
