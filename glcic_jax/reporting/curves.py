"""Which curves a run gets, and what to look for in each."""

from collections.abc import Sequence
import dataclasses

from glcic_jax.pages import charts
from glcic_jax.pages import elements
from glcic_jax.reporting import run as run_lib


@dataclasses.dataclass(frozen=True)
class Curve:
  """One chart: columns of metrics.csv with their labels; left out where a run has none of them."""

  title: str
  columns: Sequence[tuple[str, str]]
  caption: str
  bounds: tuple[float, float] | None = None
  reference: float | None = None


LOSSES = (
  Curve(
    'Reconstruction loss',
    [('reconstruction_loss', '')],
    'Weighted, mean over the steps of each row. It may rise a little where a joint phase starts.',
  ),
  Curve(
    'Adversarial game',
    [('adversarial_loss', 'generator'), ('discriminator_loss', 'discr.')],
    'The generator’s loss before its weight, and the discriminator’s own.',
  ),
  Curve(
    'Validation: PSNR, dB',
    [('validation_hole_psnr', 'hole'), ('validation_psnr', 'whole')],
    'Of completed 8-bit pictures, the same at every interval. Higher is better; a joint phase '
    'trades some of it for sharpness.',
  ),
  Curve(
    'Validation: SSIM',
    [('validation_ssim', 'whole')],
    'Wang’s window, whole picture; 1 is the truth.',
  ),
  Curve(
    'Validation: L1 in the hole',
    [('validation_hole_l1', '')],
    'Mean absolute error as a share of the full scale; lower is better.',
  ),
)
HEALTH = (
  Curve(
    'Accuracy of the discriminator',
    [
      ('real_accuracy', 'real'),
      ('completed_accuracy', 'completed'),
      ('validation_real_accuracy', 'real*'),
      ('validation_completed_accuracy', 'completed*'),
    ],
    'Share judged rightly. Both near 1: it wins, and teaches little. Both near 0.5: it cannot '
    'tell. * on held-back pictures: far lower, it knows the others by heart.',
    bounds=(0, 1),
    reference=0.5,
  ),
  Curve(
    'D(real) and D(completed)',
    [('real_probability', 'real'), ('completed_probability', 'completed')],
    'Mean probability that it gives to being real.',
    bounds=(0, 1),
    reference=0.5,
  ),
  Curve(
    'Gradient norms',
    [('generator_gradient_norm', 'generator'), ('discriminator_gradient_norm', 'discr.')],
    'Euclidean, over all parameters of each network.',
  ),
  Curve(
    'Gradients at the raw output',
    [('reconstruction_gradient_norm', 'reconstr.'), ('adversarial_gradient_norm', 'adversarial')],
    'What the generator is told by each of its two losses, weights included.',
  ),
  Curve(
    'Adversarial : reconstruction',
    [('gradient_ratio', '')],
    'The ratio of those two norms, mean over the steps of each row. Far above 1 the discriminator '
    'leads; far below, it is hardly heard.',
    reference=1.0,
  ),
)
SPEED = (
  Curve(
    'Images per second',
    [('images_per_second', '')],
    'The first row of each start includes compiling.',
  ),
)


def figures(run: run_lib.Run, curves: Sequence[Curve]) -> list[str]:
  """A `<figure>` for each curve that the run has numbers for."""
  return [figure for figure in (_figure(run, curve) for curve in curves) if figure]


def points(run: run_lib.Run, column: str) -> list[list[charts.Point]]:
  """A column as pieces: a training curve breaks where a row lacks it, validation has one piece."""
  validation = column.startswith('validation_')
  pieces: list[list[charts.Point]] = [[]]
  for row in run.rows if validation else run.training_rows():
    if column in row.values:
      pieces[-1].append((row.step, row.values[column]))
    elif not validation and pieces[-1]:
      pieces.append([])
  return [piece for piece in pieces if piece]


def _figure(run: run_lib.Run, curve: Curve) -> str:
  lines = [
    charts.Line(label, pieces, marked=column.startswith('validation_'))
    for column, label in curve.columns
    if (pieces := points(run, column))
  ]
  if not lines:
    return ''
  svg = charts.chart(
    curve.title,
    lines,
    last=run.step,
    bands=run.phases,
    bounds=curve.bounds,
    reference=curve.reference,
  )
  return elements.figure(svg, curve.caption, title=curve.title)
