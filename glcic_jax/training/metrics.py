"""What a run measures, the means of it over some steps, and `metrics.csv`."""

from collections.abc import Callable, Mapping, Sequence
import contextlib
import csv
import functools
import io
import math

from etils import epath
import jax

from glcic_jax import errors
from glcic_jax import files
from glcic_jax import scores

# What the steps measure; a phase leaves out what it does not compute. Gradient norms are
# Euclidean: the networks' over all their parameters, the other two at the raw output.
STEP_NAMES = (
  'reconstruction_loss',  # weighted
  'adversarial_loss',  # the generator's, not weighted
  'discriminator_loss',  # weighted
  'real_accuracy',
  'completed_accuracy',  # share of real pictures with D > 1/2, of completed ones with D <= 1/2
  'real_probability',
  'completed_probability',  # mean D
  'generator_gradient_norm',
  'discriminator_gradient_norm',
  'reconstruction_gradient_norm',
  'adversarial_gradient_norm',  # weighted; at the raw output
  'gradient_ratio',  # adversarial to reconstruction, before any balancing
  'reconstruction_gradient_scale',  # by which loss.balance_steps scaled the latter; 1: left alone
  'gradient_penalty',  # weighted, 0 at the steps between: its mean is what the loss has
)
Score = Callable[..., scores.Array]  # (completed, truth, mask) -> [B]

# Shares of held-back pictures on which the discriminator is right, as `real_accuracy` and
# `completed_accuracy` are of training ones; from its first step on.
JUDGEMENTS = ('validation_real_accuracy', 'validation_completed_accuracy')

# Scores of the validation pictures, all of 8-bit composites.
SCORES: Mapping[str, Score] = {
  'validation_hole_psnr': functools.partial(scores.psnr, region='hole'),  # dB
  'validation_hole_l1': functools.partial(scores.l1, region='hole'),  # 0..1
  'validation_psnr': functools.partial(scores.psnr, region='whole'),  # dB
  'validation_ssim': functools.partial(scores.ssim, region='whole'),  # at most 1
}
VALIDATION_NAMES = (
  *SCORES,
  *JUDGEMENTS,
  'validation_count',
)  # their means, and of how many pictures
COLUMNS = ('step', 'phase', 'images_per_second', *STEP_NAMES, *VALIDATION_NAMES)


def means(
  steps: Sequence[tuple[int, Mapping[str, jax.Array]]], left: Callable[[], str] = str
) -> dict[str, float]:
  """Of the scalars of some steps, each the state's step that it made, and its metrics.

  `left` says what a run that ends here leaves, as of `last_good.in_words`.

  Raises:
    errors.RunError: naming the first step in which anything was not finite.
  """
  steps = jax.device_get(steps)
  for step, metrics in steps:
    for name, value in metrics.items():
      if not math.isfinite(value):
        ends = f'the run stops{", and " if left() else ""}{left()}'
        raise errors.RunError(
          f'{name} is {float(value)} at step {step}; {ends}: lower the learning rate, or look at '
          'the data of that step.'
        )
  return {
    name: sum(float(metrics[name]) for _, metrics in steps) / len(steps) for name in steps[0][1]
  }


class Table:
  """`metrics.csv`: rows of COLUMNS, blank where a row does not measure something.

  The file is replaced as a whole, so that it is never half-written, and buckets serve as well
  as disks. A resumed run drops the rows that its checkpoint has not seen.
  """

  def __init__(self, path: epath.PathLike, *, until: int):
    """Reads the rows up to step `until` of an earlier part of the run.

    Raises:
      errors.InputError: if the file is no longer a table of rows with a step.
    """
    self._path = epath.Path(path)
    self._rows: list[dict[str, str]] = []
    if until and self._path.exists():
      read = files.read(self._path)
      try:
        rows = list(csv.DictReader(io.StringIO(read.decode()), strict=True))
        self._rows = [
          {column: row.get(column) or '' for column in COLUMNS}
          for row in rows
          if int(row['step']) <= until
        ]
      except (ValueError, KeyError, TypeError, csv.Error):
        raise errors.InputError(
          f'{path} is not as this run left it: it has rows without a step. Restore it, or move '
          'it away to go on without its rows.'
        ) from None

  def evaluated(self, step: int) -> bool:
    """Whether validation scores of a step are there, be they all or, where one failed, some."""
    return any(
      row['step'] == str(step) and any(map(row.get, VALIDATION_NAMES)) for row in self._rows
    )

  def last_scores(self) -> dict[str, float]:
    """The newest validation scores, those that did not fail, with their step; empty if there
    are none.
    """
    for row in reversed(self._rows):
      known = {name: float(row[name]) for name in VALIDATION_NAMES if row.get(name)}
      if known:
        return {'step': float(row['step']), **known}
    return {}

  def last_rates(self) -> dict[str, float]:
    """The newest images per second of each phase that has any."""
    with contextlib.suppress(ValueError):  # altered by hand: a rate is no reason to stop
      return {
        row['phase']: float(row['images_per_second'])
        for row in self._rows
        if row['images_per_second']
      }
    return {}

  def add(self, step: int, phase: str, values: Mapping[str, float]) -> None:
    """Adds one row and writes the file."""
    self._rows.append(
      {'step': str(step), 'phase': phase, **{k: f'{v:.7g}' for k, v in values.items()}}
    )
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval='', lineterminator='\n')
    writer.writeheader()
    writer.writerows(self._rows)
    files.write(self._path, buffer.getvalue().encode())
