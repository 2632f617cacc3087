"""What a run writes down as it goes: rows of metrics, scores, samples, and a line on stderr."""

from collections.abc import Mapping

from etils import epath
import jax
import numpy as np

from glcic_jax import schedule
from glcic_jax.training import metrics as metrics_lib
from glcic_jax.training import progress as progress_lib
from glcic_jax.training import writers as writers_lib


class Journal:
  """A context manager that flushes at its end."""

  def __init__(
    self, workdir: epath.PathLike, plan: schedule.Schedule, *, first: int, batch_size: int
  ) -> None:
    """`first`: the step from which the run goes on; later rows of an earlier part are dropped."""
    self._plan = plan
    self._interval = metrics_lib.Interval()
    self._progress = progress_lib.Progress(first, plan.total_steps, batch_size)
    self._writers = writers_lib.Writers(workdir, until=first)

  def __enter__(self) -> 'Journal':
    self._writers.__enter__()
    return self

  def __exit__(self, *error: object) -> None:
    self._progress.close()
    self._writers.__exit__(*error)

  def evaluated(self, step: int) -> bool:
    """Whether an earlier part of the run scored this step."""
    return self._writers.evaluated(step)

  def last_scores(self) -> dict[str, float]:
    """The newest validation scores of the run, and their step; empty if there are none."""
    return self._writers.last_scores()

  def took(self, step: int, metrics: Mapping[str, jax.Array]) -> None:
    """Keeps the metrics of the step that made the state's step `step`; waits for nothing."""
    self._interval.add(step, metrics)
    self._progress.tick(step, self._phase(step))

  def row(self, step: int) -> None:
    """A row of the means since the last one; none if there was no step.

    Raises:
      errors.RunError: naming the first step in which anything was not finite.
    """
    if not len(self._interval):
      return
    values = self._interval.take()  # waits for the devices: only now is the rate a measured one
    self._write(step, values | {'images_per_second': self._progress.rate(step)})

  def scores(self, step: int, values: Mapping[str, float]) -> None:
    """A row of validation scores; none if there are none."""
    if values:
      self._write(step, values)

  def samples(self, step: int, columns: Mapping[str, np.ndarray]) -> None:
    """A strip of pictures: label -> `[N, H, W, 3]` uint8."""
    self._writers.samples(step, columns)

  def restart(self, step: int) -> None:
    """Starts the clock of the rate: after anything but training took time."""
    self._progress.restart(step)

  def _write(self, step: int, values: Mapping[str, float]) -> None:
    self._writers.scalars(step, self._phase(step), values)
    self._progress.report(step, self._phase(step), values)

  def _phase(self, step: int) -> str:
    return self._plan.phase_at(step - 1).value
