"""How fast a run goes, and how long it still takes: each phase at its own speed."""

from collections.abc import Callable, Iterator, Mapping
import contextlib
import time

from glcic_jax import schedule

Phase = schedule.Phase

# What a step takes as long as it has not been measured, in reconstruction steps: GLCIC at 256 px on
# one GPU (51, 35 and 72 ms).
_USUAL = {Phase.RECONSTRUCTION: 1.0, Phase.DISCRIMINATOR: 0.7, Phase.JOINT: 1.4}
_LONG_ENOUGH = 2.0  # seconds, before what a phase's first lap shows is believed
_BEFORE = 10.0  # seconds that the lap before weighs beside the one under way


class Pace:
  """A clock over laps of steps; what is done beside the steps is timed apart."""

  def __init__(
    self,
    plan: schedule.Schedule,
    batch_size: int,
    *,
    first: int = 0,
    known: Mapping[str, float] | None = None,
    clock: Callable[[], float] = time.perf_counter,
  ) -> None:
    """`first`: the step that the run goes on from; `known`: images per second by phase, of an
    earlier part of it.
    """
    self._plan = plan
    self._batch_size = batch_size
    self._clock = clock
    self._seconds = {  # of a step
      phase: batch_size / known[phase.value]
      for phase in Phase
      if known and known.get(phase.value, 0) > 0
    }
    self._beside: dict[int, float] = {}  # steps between two such things -> seconds
    self._stopped: float | None = None  # since when the clock stands
    self.restart(first)

  def restart(self, step: int) -> None:
    """Begins a lap."""
    self._since, self._from = self._clock(), step

  @contextlib.contextmanager
  def beside(self, every: int = 0) -> Iterator[None]:
    """While entered, no step is taken and the clock stands; `every`: in how many steps it comes
    again, 0 for never.
    """
    start = self._stopped = self._clock()
    try:
      yield
    finally:
      took = self._clock() - start
      self._since, self._stopped = self._since + took, None
      if every:
        self._beside[every] = took

  def lap(self, step: int) -> float:
    """Ends a lap, once the devices are done with it.

    Returns:
      its images per second; those of the phase so far where no step was taken, 0 if there are none.
    """
    phase = self._plan.phase_at(step - 1)
    if step > self._from and (elapsed := self._clock() - self._since) > 0:
      self._seconds[phase] = elapsed / (step - self._from)
    self.restart(step)
    return self._batch_size / self._seconds[phase] if phase in self._seconds else 0.0

  def rate(self, step: int) -> float | None:
    """Images per second at a step that the devices are done with; None where nobody knows yet."""
    seconds = self._seconds_of(self._plan.phase_at(max(step - 1, 0)), step)
    return self._batch_size / seconds if seconds else None

  def left(self, step: int) -> float | None:
    """Seconds to the end of the schedule, everything beside the steps included; None where nobody
    knows yet.

    A phase that was not measured yet takes its usual share of the time of one that was.
    """
    now = self._plan.phase_at(max(step - 1, 0))
    known = self._seconds_of(now, step)
    seconds = self._seconds | ({} if known is None else {now: known})
    if not seconds:
      return None
    like = min(seconds, key=list(Phase).index)  # a measured one, the reconstruction if it can be
    left = self._plan.total_steps - step
    total = sum(once * (left // every) for every, once in self._beside.items())
    for phase, span in self._plan.spans().items():
      usual = seconds[like] * _USUAL[phase] / _USUAL[like]
      total += seconds.get(phase, usual) * max(span.stop - max(span.start, step), 0)
    return total

  def _seconds_of(self, phase: Phase, step: int) -> float | None:
    """Of a step of the phase under way."""
    now = self._clock() if self._stopped is None else self._stopped
    elapsed, steps = now - self._since, max(step - self._from, 0.0)
    if phase in self._seconds:  # what was measured counts as so long a lap
      elapsed, steps = elapsed + _BEFORE, steps + _BEFORE / self._seconds[phase]
    return elapsed / steps if steps > 0 and elapsed > _LONG_ENOUGH else None
