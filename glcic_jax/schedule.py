"""The three phases of GLCIC training, and how a run differs from its paper.

Iizuka et al. 2017, section 3.4 and Algorithm 1: the completion network alone
for T_C steps, the discriminators alone for T_D steps, then both until T_train
steps in total. The phase is a function of the step alone, and the step lives in
the checkpoint, so no resumed run can skip or repeat a phase.
"""

from collections.abc import Mapping
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

  def __post_init__(self):
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
      Phase.RECONSTRUCTION: range(0, first),
      Phase.DISCRIMINATOR: range(first, second),
      Phase.JOINT: range(second, self.total_steps),
    }
    return {phase: span for phase, span in spans.items() if span}

  def agrees_until(self, other: 'Schedule', step: int) -> bool:
    """Whether both schedules give the same phase to every step before `step`."""

    def clipped(schedule):
      first = schedule.reconstruction_steps
      return min(first, step), min(first + schedule.discriminator_steps, step)

    return clipped(self) == clipped(other)


def from_config(config: Any) -> Schedule:
  """The schedule of a `config.schedule`, checked against the phases that it names.

  A phase can only be left out on purpose: by taking its name out of
  `schedule.phases`. A length that empties a named phase, or gives steps to an
  unnamed one, is refused.

  Args:
    config: with reconstruction_steps, discriminator_steps, total_steps, phases.

  Raises:
    errors.InputError: on any disagreement.
  """
  schedule = Schedule(config.reconstruction_steps, config.discriminator_steps, config.total_steps)
  known = [phase.value for phase in Phase]
  named = tuple(config.phases)
  unknown = [name for name in named if name not in known]
  if unknown:
    raise errors.InputError(
      f'schedule.phases names {unknown[0]!r}; the phases are {", ".join(known)}.'
    )
  present = {phase.value for phase in schedule.spans()}
  for name in known:
    if name in named and name not in present:
      raise errors.InputError(
        f'the {name} phase has no steps (reconstruction {schedule.reconstruction_steps}, '
        f'discriminator {schedule.discriminator_steps}, total {schedule.total_steps}); give it '
        'some, or take its name out of schedule.phases to leave it out on purpose.'
      )
    if name in present and name not in named:
      raise errors.InputError(
        f'the {name} phase has steps but is not named in schedule.phases; add its name, or set '
        'the lengths so that it has none.'
      )
  return schedule


# What the article states, by setting and config key. Iizuka et al. 2017, sections 3.3 to 3.5 and 4.
_PLACES2 = {
  'schedule.reconstruction_steps': 90_000,
  'schedule.discriminator_steps': 10_000,
  'schedule.total_steps': 500_000,
  'schedule.phases': ('reconstruction', 'discriminator', 'joint'),
  'batch_size': 96,
  'image_size': 256,
  'data.resize_short_edge': (256, 384),
  'mask.kind': 'rectangle',
  'mask.side': (96, 128),
  'mask.shared': False,
  'model.width': 1.0,
  'model.discriminator_width': 1.0,
  'model.local_size': 128,
  'model.dilated': True,
  'model.branches': 'both',
  'optimizer.generator.name': 'adadelta',
  'optimizer.generator.learning_rate': 1.0,  # ADADELTA has none of its own
  'optimizer.discriminator.name': 'adadelta',
  'optimizer.discriminator.learning_rate': 1.0,
  'loss.reconstruction_norm': 'l2',
  'loss.reconstruction_region': 'hole',
  'loss.reconstruction_weight': 1.0,
  'loss.discriminator_weight': 1.0,
  'loss.adversarial_weight': 4e-4,
  'loss.adversarial_form': 'saturating',
}
# The paper's faces: smaller pictures and holes; how they were resized is not known.
_CELEBA = {key: value for key, value in _PLACES2.items() if key != 'data.resize_short_edge'} | {
  'image_size': 160,
  'mask.side': (48, 96),
  'model.local_size': 96,
}
# Pathak et al. 2016, the inpainting experiments; sizes, rates and resizing as in the authors'
# release.
_CONTEXT_ENCODER = {
  'schedule.reconstruction_steps': 0,
  'schedule.discriminator_steps': 0,
  'schedule.phases': ('joint',),
  'batch_size': 64,
  'image_size': 128,
  'data.resize_short_edge': (350, 350),
  'data.flip': True,
  'mask.kind': 'region',
  'model.width': 1.0,
  'model.discriminator_width': 1.0,
  'model.bottleneck': 'channelwise',
  'model.noise': 0,
  'optimizer.generator.name': 'adam',
  'optimizer.generator.learning_rate': 2e-3,
  'optimizer.generator.beta1': 0.5,
  'optimizer.discriminator.name': 'adam',
  'optimizer.discriminator.learning_rate': 2e-4,
  'optimizer.discriminator.beta1': 0.5,
  'loss.reconstruction_norm': 'l2',
  'loss.reconstruction_region': 'whole',
  'loss.reconstruction_weight': 0.999,
  'loss.discriminator_weight': 1.0,
  'loss.adversarial_weight': 0.001,
}
_CENTER = _CONTEXT_ENCODER | {
  'mask.kind': 'center',
  'mask.center.side': 50 / 128,
  'model.overlap': 7,
  'loss.overlap_weight': 10.0,
  'loss.reconstruction_region': 'patch',
}
# Figure 2; the paper gives neither its batch nor its rates.
_ALEXNET = {
  'schedule.phases': ('reconstruction',),
  'image_size': 227,
  'mask.kind': 'region',
  'model.width': 1.0,
  'loss.reconstruction_norm': 'l2',
  'loss.reconstruction_region': 'whole',
}
PAPER: Mapping[str, Mapping[str, Any]] = {
  'glcic_places2': _PLACES2,
  'glcic_celeba': _CELEBA,
  'context_encoder_center': _CENTER,
  'context_encoder_random': _CONTEXT_ENCODER,
  'context_encoder_alexnet': _ALEXNET,
}

# Why a default is not the paper's; the README lists the same.
REASONS: Mapping[str, str] = {
  'loss.adversarial_form': "the paper's log(1 - D) gives no gradient while D is sure; -log D has "
  'the same fixed point'
}


def audit(config: Any) -> list[tuple[str, Any, Any, str]]:
  """What a run does otherwise than its paper.

  Args:
    config: the whole config; `config.paper` picks the paper's setting.

  Returns:
    (key, the paper's value, this run's value, reason or '') for each difference.
  """
  rows = []
  for key, paper in PAPER[config.paper].items():
    value = config
    for part in key.split('.'):
      value = value[part]
    value = tuple(value) if isinstance(value, (list, tuple)) else value
    if value != paper:
      rows.append((key, paper, value, REASONS.get(key, '')))
  return rows


def format_audit(config: Any) -> str:
  """The audit as the lines that a run prints first: its phases, then its differences."""
  schedule = from_config(config.schedule)
  lines = [f'Schedule audit, against {config.paper} of the paper']
  for phase, span in schedule.spans().items():
    lines.append(f'  {phase.value:<15} steps {span.start:,} to {span.stop - 1:,} ({len(span):,})')
  rows = audit(config)
  if not rows:
    lines.append('  nothing differs from the paper')
    return '\n'.join(lines)
  lines.append('  differs from the paper in:')
  width = max(len(row[0]) for row in rows)
  for key, paper, value, reason in rows:
    line = f'    {key:<{width}}  paper {show(paper)}, here {show(value)}'
    lines.append(f'{line}: {reason}' if reason else line)
  return '\n'.join(lines)


def show(value: Any) -> str:
  """A value of the audit as people write it: 90,000; 96 to 128."""
  if isinstance(value, tuple):
    return (
      ' to '.join(show(v) for v in value)
      if all(isinstance(v, int) for v in value)
      else ', '.join(map(str, value))
    )
  if isinstance(value, int) and not isinstance(value, bool):
    return f'{value:,}'
  return str(value)
