"""What a run has cost so far, from metrics.csv, and how that compares with what was predicted."""

from collections.abc import Mapping
import dataclasses
import statistics

from glcic_jax.reporting import run as run_lib


@dataclasses.dataclass(frozen=True)
class PhaseCost:
  """One phase, as far as it was taken."""

  steps: int
  planned: int  # steps
  images: int
  seconds: float  # in training steps: neither validation nor saving
  seconds_per_step: float  # the (lower) median of its rows; 0 where none was measured


@dataclasses.dataclass(frozen=True)
class Prediction:
  """What `glcic-jax estimate` says of the run's config."""

  flops_per_step: Mapping[str, float]  # by phase, of the whole batch
  seconds_per_step: Mapping[str, float]  # by phase; empty where no peak was given
  assumed: str  # what the seconds assume


def by_phase(run: run_lib.Run) -> dict[str, PhaseCost]:
  """The cost of each phase of the schedule, also of those that have not begun."""
  batch = run.config.batch_size
  rows: dict[str, list[tuple[int, float]]] = {phase: [] for phase in run.phases}
  before = 0
  for row in run.training_rows():
    rate = row.values['images_per_second']
    rows.setdefault(row.phase, []).append((row.step - before, batch / rate if rate > 0 else 0.0))
    before = row.step
  return {
    name: PhaseCost(
      steps=sum(steps for steps, _ in taken),
      planned=len(run.phases.get(name, ())),
      images=batch * sum(steps for steps, _ in taken),
      seconds=sum(steps * seconds for steps, seconds in taken),
      seconds_per_step=statistics.median_low([seconds for _, seconds in taken]) if taken else 0.0,
    )
    for name, taken in rows.items()
  }


def remaining_seconds(
  phases: Mapping[str, PhaseCost], prediction: Prediction | None
) -> float | None:
  """Training time still to come at the rates measured; None where nobody can say.

  A phase that has not begun is taken to run at as many FLOP/s as the last that has, where FLOPs are
  known.
  """
  rate, total = 0.0, 0.0
  for name, phase in phases.items():
    flops = prediction.flops_per_step.get(name, 0.0) if prediction else 0.0
    if phase.seconds_per_step:
      rate = flops / phase.seconds_per_step
    left = max(phase.planned - phase.steps, 0)
    if left and not phase.seconds_per_step and not (flops and rate):
      return None
    total += left * (phase.seconds_per_step or flops / (rate or 1))
  return total


def comparison(
  phases: Mapping[str, PhaseCost], prediction: Prediction
) -> list[tuple[str, float, float, float]]:
  """(phase, predicted seconds a step, actual ones, FLOP/s reached); 0 where there is none."""
  result = []
  for name, phase in phases.items():
    flops, actual = prediction.flops_per_step.get(name, 0.0), phase.seconds_per_step
    predicted = prediction.seconds_per_step.get(name, 0.0)
    result.append((name, predicted, actual, flops / actual if actual else 0.0))
  return result


def duration(seconds: float) -> str:
  """12 s, 3 min 20 s, 5 h 03 min."""
  seconds = round(seconds)
  if seconds < 60:
    return f'{seconds} s'
  if seconds < 3600:
    return f'{seconds // 60} min {seconds % 60:02d} s'
  return f'{seconds // 3600:,} h {seconds % 3600 // 60:02d} min'
