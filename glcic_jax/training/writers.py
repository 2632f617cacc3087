"""What a run leaves to look at: metrics.csv, TensorBoard events, sample strips.

Only the main process writes. TensorBoard goes through clu, and is left out where
TensorFlow is not installed.
"""

from collections.abc import Mapping
import importlib.util
import os
import sys
from typing import Any

from etils import epath
import numpy as np

from glcic_jax import parallel
from glcic_jax.pictures import image_files
from glcic_jax.pictures import sheets
from glcic_jax.training import metrics as metrics_lib


class Writers:
  """Writes rows and sample strips; a context manager that flushes at its end."""

  def __init__(self, workdir: epath.PathLike, *, until: int):
    """`until`: the step from which the run goes on; later rows of an earlier part are dropped."""
    self._workdir = epath.Path(workdir)
    self._active = parallel.is_main_process()
    self._table = metrics_lib.Table(self._workdir / 'metrics.csv', until=until)
    self._events = _events(self._workdir) if self._active else None

  def __enter__(self) -> 'Writers':
    return self

  def __exit__(self, *_: object) -> None:
    if self._events is not None:
      self._events.close()

  def evaluated(self, step: int) -> bool:
    """Whether an earlier part of the run scored this step."""
    return self._table.evaluated(step)

  def last_scores(self) -> dict[str, float]:
    """The newest validation scores of the run, and their step; empty if there are none."""
    return self._table.last_scores()

  def scalars(self, step: int, phase: str, values: Mapping[str, float]) -> None:
    """One row of metrics.csv, and the same for TensorBoard."""
    if not self._active:
      return
    self._table.add(step, phase, values)
    if self._events is not None:
      self._events.write_scalars(step, dict(values))

  def samples(self, step: int, columns: Mapping[str, np.ndarray]) -> None:
    """A strip of pictures: label -> `[N, H, W, 3]` uint8, to samples/STEP.png and TensorBoard."""
    if not self._active:
      return
    folder = self._workdir / 'samples'
    folder.mkdir(parents=True, exist_ok=True)
    image_files.write(folder / f'{step:08d}.png', sheets.contact_sheet(columns))
    if self._events is not None:
      rows = [np.concatenate(row, axis=1) for row in zip(*columns.values())]
      self._events.write_images(step, {'samples': np.stack(rows)})


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
