"""TensorBoard events: by clu where TensorFlow is installed, else by tensorboardX.

Both write the same numbers by the same names, and the same pictures.
"""

from collections.abc import Mapping
import importlib.util
import os
import sys
from typing import Any

from etils import epath
import numpy as np

from glcic_jax import errors
from glcic_jax import files


def open_writer(workdir: epath.PathLike) -> Any:
  """A writer of events in a workdir: what clu's `MetricWriter` does with numbers and pictures.

  Returns:
    None, once told on stderr, where nothing is installed that could write there.
  """
  if all(importlib.util.find_spec(name) for name in ('tensorflow', 'clu')):
    return _by_clu(os.fspath(workdir))
  if files.in_bucket(workdir):
    _say(f'writing them to a bucket needs TensorFlow, {errors.install("train-tf")}')
  elif importlib.util.find_spec('tensorboardX') is None:
    _say(f'tensorboardX is not installed here, {errors.install("train")}')
  else:
    return _Events(os.fspath(workdir))
  return None


def _say(reason: str) -> None:
  print(f'No TensorBoard events, metrics.csv alone: {reason}.', file=sys.stderr)


def _by_clu(folder: str) -> Any:
  for name, value in (('TF_CPP_MIN_LOG_LEVEL', '3'), ('TF_ENABLE_ONEDNN_OPTS', '0')):
    os.environ.setdefault(name, value)  # TensorFlow greets on stderr otherwise
  from clu import metric_writers  # behind it stands TensorFlow

  return metric_writers.AsyncWriter(metric_writers.SummaryWriter(folder))


class _Events:
  """Events by tensorboardX, on a disk; a thread of its own writes."""

  def __init__(self, folder: str):
    import tensorboardX

    self._writer = tensorboardX.SummaryWriter(folder)

  def write_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
    """Numbers of a step, by name."""
    for name, value in scalars.items():
      self._writer.add_scalar(name, value, step)

  def write_images(self, step: int, images: Mapping[str, np.ndarray]) -> None:
    """`[N, H, W, 3]` uint8 by name."""
    for name, rows in images.items():
      for number, row in enumerate(rows):
        self._writer.add_image(f'{name}/{number}', row, step, dataformats='HWC')

  def flush(self) -> None:
    """Writes what waits."""
    self._writer.flush()

  def close(self) -> None:
    """Writes what waits, and ends."""
    self._writer.close()
