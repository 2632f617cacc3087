"""How fast a run goes, and how long it still takes: each phase at its own speed, and what comes
beside the steps: compiling, scoring, saving.
"""

from collections.abc import Callable, Iterator, Mapping
import contextlib
import time

from glcic_jax import schedule

Phase = schedule.Phase

# What a step takes as long as it has not been measured, in reconstruction steps: GLCIC at 256 px on
# one GPU (51, 35 and 72 ms).
_USUAL = {Phase.RECONSTRUCTION: 1.0, Phase.DISCRIMINATOR: 0.7, Phase.JOINT: 1.4}
# And what compiling it takes: GLCIC at 64 px on a CPU (13, 15 and 29 s).
_USUAL_COMPILING = {Phase.RECONSTRUCTION: 1.0, Phase.DISCRIMINATOR: 1.2, Phase.JOINT: 2.3}
_LONG_ENOUGH = 2.0  # seconds, before what a phase's first lap shows is believed
_BEFORE = 10.0  # seconds that the lap before weighs beside the one under way


def compiling(phase: Phase) -> str:
  """What compiling the step of a phase is called in `Pace.beside`."""
  return f'compiling the {phase.value} step'


class Pace:
  """A clock over laps of steps; what is done beside the steps is timed apart."""

  def __init__(
    self,
    plan: schedule.Schedule,
    batch_size: int,
    *,
    first: int = 0,
    known: Mapping[str, float] | None = None,
    due: Mapping[str, Callable[[int], int]] | None = None,
    clock: Callable[[], float] = time.perf_counter,
  ) -> None:
    """A clock that starts now.

    Args:
      plan: the run's.
      batch_size: pictures in a step.
      first: the step that the run goes on from.
      known: images per second by phase, of an earlier part of the run.
      due: what else is done, as `beside` calls it, and how often it comes after a step.
      clock: seconds.
    """
    self._plan = plan
    self._batch_size = batch_size
    self._clock = clock
    self._seconds = {  # of a step
      phase: batch_size / known[phase.value]
      for phase in Phase
      if known and known.get(phase.value, 0) > 0
    }
    self._due = due or {}
    self._reached = dict.fromkeys(self._due, first)  # the step at which each was done last
    self._took: dict[str, float] = {}  # seconds, when it was done last
    self._doing: tuple[str, float] | None = None  # what, since when: meanwhile the clock stands
    self.restart(first)

  def restart(self, step: int) -> None:
    """Begins a lap."""
    self._since, self._from = self._clock(), step

  @contextlib.contextmanager
  def beside(self, what: str, step: int) -> Iterator[None]:
    """While entered, no step is taken and the clock stands; within another, that one counts."""
    if self._doing is not None:
      yield
      return
    start = self._clock()
    self._doing = what, start
    try:
      yield
    finally:
      took = self._clock() - start
      self._since, self._doing = self._since + took, None
      self._took[what], self._reached[what] = took, step

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
    """Seconds to the end of the schedule; None where nobody knows yet.

    A phase that was not measured yet takes its usual share of the time of one that was, to compile
    and to run. What was never done is left out: see `is_least`.
    """
    now = self._plan.phase_at(max(step - 1, 0))
    known = self._seconds_of(now, step)
    seconds = self._seconds | ({} if known is None else {now: known})
    if not seconds:
      return None
    like = min(seconds, key=list(Phase).index)  # a measured one, the reconstruction if it can be
    total = self._left_beside(step)
    for phase, span in self._plan.spans().items():
      usual = seconds[like] * _USUAL[phase] / _USUAL[like]
      total += seconds.get(phase, usual) * max(span.stop - max(span.start, step), 0)
    return total

  def is_least(self, step: int) -> bool:
    """Whether something is still to come of which nobody knows yet how long it takes."""
    return any(self._expected(what) is None for what in self._to_come(step))

  def _left_beside(self, step: int) -> float:
    doing, since = self._doing or ('', 0.0)
    total = 0.0
    for what, often in self._to_come(step).items():
      once = self._expected(what) or 0.0
      elapsed = min(self._clock() - since, once) if what == doing else 0.0
      total += often * once - elapsed
    return total

  def _to_come(self, step: int) -> dict[str, int]:
    """What else is to be done, and how often; what is under way counts too."""
    found = {what: count(self._reached[what]) for what, count in self._due.items()}
    for phase, span in self._plan.spans().items():
      if step < span.stop and compiling(phase) not in self._took:  # each start compiles anew
        found[compiling(phase)] = 1
    return {what: often for what, often in found.items() if often}

  def _expected(self, what: str) -> float | None:
    """Seconds that it takes once; None where nobody knows yet."""
    if what in self._took or what in self._due:
      return self._took.get(what)
    usual = {compiling(phase): share for phase, share in _USUAL_COMPILING.items()}
    known = [name for name in usual if name in self._took]
    return self._took[known[-1]] * usual[what] / usual[known[-1]] if known else None

  def _seconds_of(self, phase: Phase, step: int) -> float | None:
    """Of a step of the phase under way."""
    now = self._doing[1] if self._doing else self._clock()
    elapsed, steps = now - self._since, max(step - self._from, 0.0)
    if phase in self._seconds:  # what was measured counts as so long a lap
      elapsed, steps = elapsed + _BEFORE, steps + _BEFORE / self._seconds[phase]
    return elapsed / steps if steps > 0 and elapsed > _LONG_ENOUGH else None
