"""What a run says when its adversarial game goes wrong: which number, and which keys help.

On 2,277 photographs the joint phase ran well for 13,000 steps; within 2,000 more the discriminator
knew them, and its gradient grew from 2 to 5 times the reconstruction's to 40 to 70 times.
"""

from collections.abc import Iterator, Mapping

# `gradient_ratio` may move within two orders of magnitude; the paper wants it near 1.
RATIOS = (0.1, 10.0)
# How much more often right on the training pictures than on those held back.
GAP = 0.15


class Watch:
  """Reads the rows of metrics.csv as they are written; each thing is said once."""

  def __init__(self) -> None:
    self._accuracy: float | None = None  # on training pictures, newest
    self._said: set[str] = set()

  def sentences(self, values: Mapping[str, float]) -> Iterator[str]:
    """What is to be said of a row, which may be of training or of validation."""
    if 'real_accuracy' in values:
      self._accuracy = (values['real_accuracy'] + values['completed_accuracy']) / 2
    for name, sentence in (('ratio', _of_ratio(values)), ('gap', self._of_gap(values))):
      if sentence and name not in self._said:
        self._said.add(name)
        yield sentence

  def _of_gap(self, values: Mapping[str, float]) -> str:
    if self._accuracy is None or 'validation_real_accuracy' not in values:
      return ''
    held_back = (values['validation_real_accuracy'] + values['validation_completed_accuracy']) / 2
    if self._accuracy - held_back <= GAP:
      return ''
    return (
      f'The discriminator is right on {self._accuracy:.0%} of what it trains on and on '
      f'{held_back:.0%} of what is held back: it learns the pictures by heart. More pictures, '
      'augmentation.color, .translation and .cutout, or penalty.weight keep it from that.'
    )


def _of_ratio(values: Mapping[str, float]) -> str:
  ratio = values.get('gradient_ratio')
  if ratio is None or RATIOS[0] <= ratio <= RATIOS[1]:
    return ''
  who = 'leads the game' if ratio > 1 else 'is hardly heard'
  return (
    f'gradient_ratio is {ratio:.3g}: the discriminator {who}. loss.balance_steps with '
    'loss.balance_factor keep both gradients alike; loss.adversarial_weight, penalty.weight and '
    "the discriminator's learning rate move their ratio."
  )
