"""What is due at a step of a run, and how often it still comes; everything also ends each phase."""

import dataclasses
from typing import Any

from glcic_jax import schedule


@dataclasses.dataclass(frozen=True)
class Due:
  """By the state's step, which counts the steps that are done."""

  config: Any
  plan: schedule.Schedule

  def evaluation(self, step: int) -> bool:
    """Whether the held-back pictures are scored."""
    every = self.config.validation.every
    return bool(every and step) and (step % every == 0 or step in self._ends)

  def checkpoint(self, step: int) -> bool:
    """Whether the state is saved."""
    return step > 0 and (step % self.config.checkpoint.every == 0 or step in self._ends)

  def row(self, step: int) -> bool:
    """Also before each save: no checkpoint holds a state whose losses nobody looked at."""
    return step % self.config.log_every == 0 or self.checkpoint(step) or self.evaluation(step)

  def evaluations_after(self, step: int) -> int:
    """How many come between a step, which is left out, and the end."""
    every = self.config.validation.every
    return self._count_after(step, every) if every else 0

  def checkpoints_after(self, step: int) -> int:
    """As `evaluations_after`."""
    return self._count_after(step, self.config.checkpoint.every)

  @property
  def _ends(self) -> set[int]:
    return {span.stop for span in self.plan.spans().values()}

  def _count_after(self, step: int, every: int) -> int:
    between = sum(1 for end in self._ends if end > step and end % every)
    return max(self.plan.total_steps // every - step // every, 0) + between
