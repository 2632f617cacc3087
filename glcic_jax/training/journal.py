"""What a run leaves to look at: metrics.csv, TensorBoard events, sample strips, lines on stderr;
and config.json, which tells what they are of.

Only the main process writes, and nothing before the first row: a run that does not get so far
leaves nothing. The caller's own writers (`writers.py`) get what TensorBoard gets.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
import contextlib
import json
import sys
from typing import Any

from etils import epath
import jax
import numpy as np

from glcic_jax import files
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.pictures import image_files
from glcic_jax.pictures import sheets
from glcic_jax.training import due as due_lib
from glcic_jax.training import events
from glcic_jax.training import last_good
from glcic_jax.training import metrics as metrics_lib
from glcic_jax.training import pace as pace_lib
from glcic_jax.training import progress as progress_lib
from glcic_jax.training import watch
from glcic_jax.training import writers as writers_lib

# What comes again and again beside the steps, as a terminal shows it.
SCORING, SAVING = 'scoring the held-back pictures', 'saving'


class Journal:
  """A context manager that flushes at its end."""

  def __init__(
    self,
    workdir: epath.PathLike,
    config: Any,
    facts: Mapping[str, Any],
    *,
    first: int,
    due: due_lib.Due,
    newest: Callable[[], int | None],
    held_back: int = 0,
    writers: Sequence[writers_lib.MetricWriter] = (),
  ) -> None:
    """Reads what an earlier part of the run has left; writes nothing yet.

    Args:
      workdir: the run's.
      config: the run's.
      facts: for config.json.
      first: the step from which the run goes on; later rows of an earlier part are dropped.
      due: what comes beside the steps.
      newest: gives the step to go on from, as of `Checkpoints.newest_whole`.
      held_back: how many pictures are.
      writers: get what TensorBoard gets.
    """
    self._workdir = epath.Path(workdir)
    self._plan = plan = schedule.from_config(config.schedule)
    self._unwritten: list[tuple[int, Mapping[str, jax.Array]]] = []  # still on the devices
    self._newest = newest
    self._watch = watch.Watch(plan, first, held_back)
    self._active = parallel.is_main_process()
    self._facts, self._has_begun = facts, False
    self._events: Any = None
    self._writers = writers_lib.Writers(writers if self._active else ())
    self.table = metrics_lib.Table(self._workdir / 'metrics.csv', until=first)
    self._writers.introduce(first, config)
    self._pace = pace_lib.Pace(
      plan,
      config.batch_size,
      first=first,
      known=self.table.last_rates(),
      due={SCORING: due.evaluations_after, SAVING: due.checkpoints_after},
    )
    scores = self.table.last_scores()
    self._progress = progress_lib.Progress(plan, self._pace, first=first, scores=scores)

  def __enter__(self) -> 'Journal':
    self._progress.start()
    return self

  def __exit__(self, *_: object) -> None:
    self._progress.close()
    self._writers.close()
    if self._events is not None:
      self._events.close()

  @contextlib.contextmanager
  def beside(self, what: str, step: int) -> Iterator[None]:
    """While entered, no step is taken: a terminal says what is done, and no rate holds it."""
    with self._progress.doing(what), self._pace.beside(what, step):
      yield

  def took(self, step: int, metrics: Mapping[str, jax.Array]) -> None:
    """Keeps the metrics of the step that made the state's step `step`; waits for nothing."""
    self._unwritten.append((step, metrics))
    self._progress.took(step, metrics)

  def row(self, step: int) -> None:
    """A row of the means since the last one; none if there was no step.

    Raises:
      errors.RunError: naming the first step in which anything was not finite.
    """
    if self._unwritten:
      # Waits: only now is the rate measured.
      values = metrics_lib.means(self._unwritten, lambda: last_good.in_words(self._newest()))
      self._unwritten = []
      rate = self._pace.lap(step)
      self._progress.reached(step)
      self._write(step, values | {'images_per_second': rate})

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
      self._writers.flush()

  def _begin(self, step: int) -> None:
    """What is there as soon as there is a row."""
    if not self._has_begun:
      self._has_begun = True
      stored = json.dumps(self._facts, indent=2) + '\n'
      with self._pace.beside('opening the files', step):  # it may import TensorFlow
        files.write(self._workdir / 'config.json', stored.encode())
        self._events = events.open_writer(self._workdir)

  def _write_samples(self, step: int, columns: Mapping[str, np.ndarray]) -> None:
    self._begin(step)
    folder = self._workdir / 'samples'
    folder.mkdir(parents=True, exist_ok=True)
    image_files.write(folder / f'{step:08d}.png', sheets.contact_sheet(columns))
    rows = [np.concatenate(row, axis=1) for row in zip(*columns.values())]
    images = {'samples': np.stack(rows)}
    if self._events is not None:
      self._events.write_images(step, images)
    self._writers.write_images(step, images)

  def _write(self, step: int, values: Mapping[str, float]) -> None:
    """One row of metrics.csv, and the same for TensorBoard, writers and stderr."""
    if not self._active:
      return
    self._begin(step)
    self.table.add(step, self._phase(step), values)
    if self._events is not None:
      self._events.write_scalars(step, dict(values))
    self._writers.write_scalars(step, values)
    self._progress.report(step, self._phase(step), values)
    for sentence in self._watch.sentences(step, values):
      parallel.tell(sentence, sys.stderr)

  def _phase(self, step: int) -> str:
    return self._plan.phase_at(step - 1).value
