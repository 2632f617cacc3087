"""What a run says when its adversarial game goes wrong: which number, and which keys help.

On 2,277 photographs the joint phase ran well for 13,000 steps; within 2,000 more the discriminator
knew them, and its gradient grew from 2 to 5 times the reconstruction's to 40 to 70 times.

A game that has just begun is far from any balance, and a few pictures tell little: nothing is said
before there is enough to go by.
"""

from collections.abc import Iterator, Mapping
import dataclasses

from glcic_jax import schedule

# `gradient_ratio` may move within two orders of magnitude; the paper wants it near 1.
RATIOS = (0.1, 10.0)
# How much more often right on the training pictures than on those held back.
GAP = 0.15
# What must be there before anything is said: so many rows, or scorings, that agree without a break,
# over so many steps of the game; for the gap, so many held-back pictures.
ROWS, SCORINGS, STEPS, PICTURES = 3, 2, 100, 10


@dataclasses.dataclass
class _Streak:
  """For how long something has been so without a break."""

  rows: int = 0
  since: int = 0  # step

  def add(self, is_so: bool, since: int) -> None:
    """A row, of which the first step is `since`."""
    if not is_so:
      self.rows = 0
      return
    self.since = self.since if self.rows else since
    self.rows += 1

  def is_enough(self, rows: int, step: int) -> bool:
    """Whether it has been so for so many rows, and over enough steps until now."""
    return self.rows >= rows and step - self.since >= STEPS


class Watch:
  """Reads the rows of metrics.csv as they are written; each thing is said once."""

  def __init__(self, plan: schedule.Schedule, first: int, held_back: int) -> None:
    """`first`: the step from which the run goes on; `held_back`: how many pictures are."""
    self._taught = plan.reconstruction_steps  # from here on the discriminator learns
    self._held_back = held_back
    self._until = first  # the step of the newest row
    self._accuracy: float | None = None  # on training pictures, newest
    self._leads, self._unheard, self._gap = _Streak(), _Streak(), _Streak()
    self._said: set[str] = set()

  def sentences(self, step: int, values: Mapping[str, float]) -> Iterator[str]:
    """What is to be said of a step's row, which may be of training or of validation."""
    if 'real_accuracy' in values:
      self._accuracy = (values['real_accuracy'] + values['completed_accuracy']) / 2
    told = {'ratio': self._of_ratio(step, values), 'gap': self._of_gap(step, values)}
    self._until = step
    for name, sentence in told.items():
      if sentence and name not in self._said:
        self._said.add(name)
        yield sentence

  def _of_gap(self, step: int, values: Mapping[str, float]) -> str:
    if self._accuracy is None or 'validation_real_accuracy' not in values:
      return ''
    held_back = (values['validation_real_accuracy'] + values['validation_completed_accuracy']) / 2
    self._gap.add(self._accuracy - held_back > GAP, self._taught)
    if self._held_back < PICTURES or not self._gap.is_enough(SCORINGS, step):
      return ''
    return (
      f'The discriminator is right on {self._accuracy:.0%} of what it trains on and on '
      f'{held_back:.0%} of what is held back: it learns the pictures by heart. More pictures, '
      'augmentation.color, .translation and .cutout, or penalty.weight keep it from that.'
    )

  def _of_ratio(self, step: int, values: Mapping[str, float]) -> str:
    ratio = values.get('gradient_ratio')
    if ratio is None:
      return ''
    self._leads.add(ratio > RATIOS[1], self._until)
    self._unheard.add(ratio < RATIOS[0], self._until)
    streak, who = (
      (self._leads, 'leads the game') if ratio > 1 else (self._unheard, 'is hardly heard')
    )
    if not streak.is_enough(ROWS, step):
      return ''
    return (
      f'gradient_ratio is {ratio:.3g}, after {step - streak.since:,} steps like that: the '
      f'discriminator {who}. loss.balance_steps with loss.balance_factor keep both gradients '
      'alike; loss.adversarial_weight, penalty.weight and the '
      "discriminator's learning rate move their ratio."
    )
