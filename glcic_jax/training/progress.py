"""What a run says on stderr while it goes: a bar on a terminal, else a line for each row."""

import bisect
from collections.abc import Iterator, Mapping, Sequence
import contextlib
import sys
import time
from typing import Any

import jax

from glcic_jax import bar as bar_lib
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import metrics as metrics_lib
from glcic_jax.training import pace as pace_lib

# Scores that the bar shows, as it shows them.
_SCORES = {'validation_hole_psnr': 'hole PSNR {:.2f} dB', 'validation_ssim': 'SSIM {:.3f}'}
_LABEL = max(len(phase.value) for phase in schedule.Phase)


class Progress:
  """Where the run is, how fast it goes, and how good it is."""

  def __init__(
    self, plan: schedule.Schedule, pace: pace_lib.Pace, *, first: int, scores: Mapping[str, float]
  ) -> None:
    """`scores`: the newest ones of an earlier part of the run, with their step, or none."""
    self._plan = plan
    self._pace = pace
    self._done = first
    self._doing: tuple[str, float] | None = None  # what, and since when
    self._waited_for: list[tuple[int, Mapping[str, jax.Array]]] = []  # steps under way
    self._losses: Mapping[str, float] = {}
    self._scores = scores
    self._bar: bar_lib.Bar | None = None

  def start(self) -> None:
    """Shows the bar, on a terminal."""
    if parallel.is_main_process():
      self._bar = bar_lib.show(self._state, above=True)

  @contextlib.contextmanager
  def doing(self, what: str) -> Iterator[None]:
    """Says on the bar what is done while no step is taken."""
    self._doing = (what, time.perf_counter())
    try:
      yield
    finally:
      self._doing = None

  def took(self, step: int, metrics: Mapping[str, jax.Array]) -> None:
    """The step that makes the state's step `step` is on its way to the devices."""
    if self._bar:
      self._waited_for.append((step, metrics))

  def reached(self, step: int) -> None:
    """The devices are done with everything up to a step."""
    self._done, self._waited_for = step, []

  def report(self, step: int, phase: str, values: Mapping[str, float]) -> None:
    """Losses or scores of a step: one line; on a terminal, the bar shows them."""
    if any(name in values for name in _SCORES):
      self._scores = {'step': step, **values}
    names = [name for name in metrics_lib.STEP_NAMES if name.endswith('_loss')]
    losses = {name: values[name] for name in names if name in values}
    self._losses = losses or self._losses
    if self._bar:
      return
    shown = ' '.join(
      f'{name} {value:.4g}'
      for name, value in values.items()
      if name.endswith(('_loss', '_psnr', '_accuracy'))
    )
    speed = ', '.join(reversed(self._speed(step)))
    where = f'{phase:<15}{step:,}/{self._plan.total_steps:,}'
    print(*filter(None, (where, speed, shown)), file=sys.stderr, flush=True)

  def close(self) -> None:
    """Leaves the bar as it is."""
    if self._bar:
      self._bar.stop(stays=True)

  def _state(self) -> bar_lib.State:
    """What the bar shows, asked at any moment by the thread that draws it."""
    total, flying = self._plan.total_steps, self._waited_for
    landed = bisect.bisect(flying, False, key=lambda one: not _is_ready(one[1]))
    step = flying[landed - 1][0] if landed else self._done
    below: list[tuple[str, Sequence[str]]] = []
    if doing := self._doing:
      what, since = doing
      below.append(('', [f'{what} ... {time.perf_counter() - since:.0f} s']))
    if losses := self._losses:
      below.append(('losses', [f'{n.removesuffix("_loss")} {v:.3g}' for n, v in losses.items()]))
    scores = self._scores
    if shown := [form.format(scores[name]) for name, form in _SCORES.items() if name in scores]:
      below.append(('held back', [*shown, f'at step {scores["step"]:,.0f}']))
    phase = self._plan.phase_at(step - 1 if step == total else step)
    where = f'{step:>{len(f"{total:,}")},}/{total:,}'
    return bar_lib.State(
      f'{phase.value:<{_LABEL}}', step, total, [where, *self._speed(step)], below=below
    )

  def _speed(self, step: int) -> list[str]:
    """Time left and images per second, as far as they are known."""
    known = []
    left, is_least = self._pace.left(step), self._pace.is_least(step)
    if left is not None and (left >= 1 or not is_least):
      hours, minutes, seconds = int(left // 3600), int(left % 3600 // 60), int(left % 60)
      least = 'over ' if is_least else ''
      known.append(f'{least}{hours}:{minutes:02}:{seconds:02} left')
    if (rate := self._pace.rate(step)) is not None:
      known.append(f'{rate:.1f} images/s')
    return known


def _is_ready(metrics: Mapping[str, jax.Array]) -> bool:
  """Whether the step that measures them is done; asks, and waits for nothing."""
  one: Any = next(iter(metrics.values()))
  return one.is_ready()
