"""The three phases of GLCIC training.

Iizuka et al. 2017, section 3.4 and Algorithm 1: the completion network alone
for T_C steps, the discriminators alone for T_D steps, then both until T_train
steps in total. The phase is a function of the step alone, and the step lives in
the checkpoint, so no resumed run can skip or repeat a phase.
"""

import dataclasses
import enum
from typing import Any

from glcic_jax import errors


class Phase(enum.Enum):
  """Who is trained."""

  RECONSTRUCTION = 'reconstruction'  # the completion network, by MSE only
  DISCRIMINATOR = 'discriminator'  # the discriminator only
  JOINT = 'joint'  # both: the discriminator first, then the completion network


@dataclasses.dataclass(frozen=True)
class Schedule:
  """Which phase each step belongs to; steps count from 0.

  Context encoders have neither of the first two phases: `Schedule(0, 0, N)`.

  Raises:
    errors.InputError: if a length is negative, or the first two phases together
      are longer than the whole.
  """

  reconstruction_steps: int  # T_C
  discriminator_steps: int  # T_D
  total_steps: int  # T_train, the two above included

  def __post_init__(self) -> None:
    for field in dataclasses.fields(self):
      value = getattr(self, field.name)
      if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise errors.InputError(
          f'schedule.{field.name} is {value!r}; give a whole number of steps, 0 or more.'
        )
    if self.total_steps < 1:
      raise errors.InputError('schedule.total_steps is 0; give at least 1 step.')
    if self.reconstruction_steps + self.discriminator_steps > self.total_steps:
      raise errors.InputError(
        f'schedule.total_steps is {self.total_steps}, less than the first two phases together '
        f'({self.reconstruction_steps} + {self.discriminator_steps}); it counts all three phases.'
      )

  def phase_at(self, step: int) -> Phase:
    """The phase of one step. `step` may also lie beyond the end."""
    if step < self.reconstruction_steps:
      return Phase.RECONSTRUCTION
    if step < self.reconstruction_steps + self.discriminator_steps:
      return Phase.DISCRIMINATOR
    return Phase.JOINT

  def spans(self) -> dict[Phase, range]:
    """The steps of each phase, in order; a phase without steps is left out."""
    first = self.reconstruction_steps
    second = first + self.discriminator_steps
    spans = {
      Phase.RECONSTRUCTION: range(first),
      Phase.DISCRIMINATOR: range(first, second),
      Phase.JOINT: range(second, self.total_steps),
    }
    return {phase: span for phase, span in spans.items() if span}

  def agrees_until(self, other: 'Schedule', step: int) -> bool:
    """Whether both schedules give the same phase to every step before `step`."""

    def clipped(schedule: 'Schedule') -> tuple[int, int]:
      first = schedule.reconstruction_steps
      return min(first, step), min(first + schedule.discriminator_steps, step)

    return clipped(self) == clipped(other)


def from_config(config: Any) -> Schedule:
  """The schedule of a `config.schedule`; a phase of 0 steps does not exist.

  Raises:
    errors.InputError: as `Schedule`.
  """
  return Schedule(config.reconstruction_steps, config.discriminator_steps, config.total_steps)
