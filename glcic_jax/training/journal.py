"""What a run leaves to look at: metrics.csv, TensorBoard events, sample strips, lines on stderr.

Only the main process writes. TensorBoard goes through clu, and is left out where TensorFlow is not
installed.
"""

from collections.abc import Mapping
import functools
import importlib.util
import os
import sys
from typing import Any

from etils import epath
import jax
import numpy as np

from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.pictures import image_files
from glcic_jax.pictures import sheets
from glcic_jax.training import last_good
from glcic_jax.training import metrics as metrics_lib
from glcic_jax.training import progress as progress_lib


class Journal:
  """A context manager that flushes at its end."""

  def __init__(
    self, workdir: epath.PathLike, plan: schedule.Schedule, *, first: int, batch_size: int
  ) -> None:
    """`first`: the step from which the run goes on; later rows of an earlier part are dropped."""
    self._workdir = epath.Path(workdir)
    self._plan = plan
    self._unwritten: list[tuple[int, Mapping[str, jax.Array]]] = []  # still on the devices
    self._progress = progress_lib.Progress(first, plan.total_steps, batch_size)
    self._active = parallel.is_main_process()
    self._events = _events(self._workdir) if self._active else None
    self.table = metrics_lib.Table(self._workdir / 'metrics.csv', until=first)

  def __enter__(self) -> 'Journal':
    return self

  def __exit__(self, *_: object) -> None:
    self._progress.close()
    if self._events is not None:
      self._events.close()

  def took(self, step: int, metrics: Mapping[str, jax.Array]) -> None:
    """Keeps the metrics of the step that made the state's step `step`; waits for nothing."""
    self._unwritten.append((step, metrics))
    self._progress.tick(step, self._phase(step))

  def row(self, step: int) -> None:
    """A row of the means since the last one; none if there was no step.

    Raises:
      errors.RunError: naming the first step in which anything was not finite.
    """
    if self._unwritten:
      left = functools.partial(last_good.in_words, self._workdir)
      values = metrics_lib.means(
        self._unwritten, left
      )  # waits: only now is the rate a measured one
      self._unwritten = []
      self._write(step, values | {'images_per_second': self._progress.rate(step)})
      self._progress.restart(step)

  def evaluated(
    self, step: int, scores: Mapping[str, float], columns: Mapping[str, np.ndarray]
  ) -> None:
    """A row of scores, unless there are none, and a strip of pictures to samples/STEP.png.

    `columns`: label -> `[N, H, W, 3]` uint8.
    """
    if scores:
      self._write(step, scores)
    if self._active:
      self._write_samples(step, columns)
    self._progress.restart(step)

  def _write_samples(self, step: int, columns: Mapping[str, np.ndarray]) -> None:
    folder = self._workdir / 'samples'
    folder.mkdir(parents=True, exist_ok=True)
    image_files.write(folder / f'{step:08d}.png', sheets.contact_sheet(columns))
    if self._events is not None:
      rows = [np.concatenate(row, axis=1) for row in zip(*columns.values())]
      self._events.write_images(step, {'samples': np.stack(rows)})

  def _write(self, step: int, values: Mapping[str, float]) -> None:
    """One row of metrics.csv, and the same for TensorBoard and stderr."""
    if not self._active:
      return
    self.table.add(step, self._phase(step), values)
    if self._events is not None:
      self._events.write_scalars(step, dict(values))
    self._progress.report(step, self._phase(step), values)

  def _phase(self, step: int) -> str:
    return self._plan.phase_at(step - 1).value


def _events(workdir: epath.Path) -> Any:
  if importlib.util.find_spec('tensorflow') is None or importlib.util.find_spec('clu') is None:
    print(
      'TensorFlow and clu are not installed here: no TensorBoard events, metrics.csv alone.',
      file=sys.stderr,
    )
    return None
  for name, value in (('TF_CPP_MIN_LOG_LEVEL', '3'), ('TF_ENABLE_ONEDNN_OPTS', '0')):
    os.environ.setdefault(name, value)  # TensorFlow greets on stderr otherwise
  from clu import metric_writers  # behind it stands TensorFlow

  return metric_writers.AsyncWriter(metric_writers.SummaryWriter(os.fspath(workdir)))
