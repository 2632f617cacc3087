"""At which steps a run looks up from training."""

import dataclasses
from typing import Any

from glcic_jax import schedule


@dataclasses.dataclass(frozen=True)
class Due:
  """What is due at a step of the state; everything also at the end of each phase."""

  config: Any
  plan: schedule.Schedule

  def evaluation(self, step: int) -> bool:
    """Scores and samples."""
    every = self.config.validation.every
    return bool(every and step) and (step % every == 0 or self._ends_phase(step))

  def checkpoint(self, step: int) -> bool:
    """A save."""
    return step > 0 and (step % self.config.checkpoint.every == 0 or self._ends_phase(step))

  def row(self, step: int) -> bool:
    """A row of metrics; also before each save, so that no checkpoint holds a state whose losses
    nobody looked at.
    """
    return step % self.config.log_every == 0 or self.checkpoint(step) or self.evaluation(step)

  def _ends_phase(self, step: int) -> bool:
    return any(step == span.stop for span in self.plan.spans().values())
