"""The part of a run's page about time: spent so far, predicted and actual, speed."""

from collections.abc import Mapping

from glcic_jax.pages import elements
from glcic_jax.reporting import curves
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import spent


def render(
  run: run_lib.Run, costs: Mapping[str, spent.PhaseCost], prediction: spent.Prediction | None
) -> str:
  """The section, as markup: the run's speed, the costs of its phases, what was predicted."""
  rows = []
  for name, cost in costs.items():
    steps = f'{cost.steps:,} of {cost.planned:,}'
    spent_here = spent.duration(cost.seconds), _seconds(cost.seconds_per_step)
    rows.append((name, steps, f'{cost.images:,}', *spent_here))
  head = ('phase', 'steps', 'pictures', 'training time', 'step, median')
  return (
    f'<h2>Cost so far</h2>{elements.table(head, rows, numbers=4)}'
    '<p class="quiet">From metrics.csv: validation, saving and steps that were lost to a stop are '
    'not in it; compiling is, in the first row of each start.</p>'
    + (_predicted(costs, prediction) if prediction else '')
    + f'<div class="charts">{"".join(curves.figures(run, curves.SPEED))}</div>'
  )


def _predicted(costs: Mapping[str, spent.PhaseCost], prediction: spent.Prediction) -> str:
  """Predicted beside actual; without a prediction of seconds, the speed alone."""
  head, rows = ['phase', 'actual step', 'TFLOP/s reached'], []
  if prediction.seconds_per_step:
    head[1:1] = ['predicted step', 'actual : predicted']
  for name, predicted, actual, rate in spent.comparison(costs, prediction):
    row = [name, _seconds(actual), f'{rate / 1e12:,.3g}' if rate else '']
    if prediction.seconds_per_step:
      row[1:1] = [_seconds(predicted), f'{actual / predicted:.2f}' if predicted and actual else '']
    rows.append(row)
  title = 'Predicted and actual' if prediction.seconds_per_step else 'Speed'
  note = prediction.assumed or (
    'No peak was given: glcic-jax report --peak-tflops T, or --estimate FILE, predicts seconds too.'
  )
  return (
    f'<h3>{title}</h3>{elements.table(head, rows, numbers=len(head) - 1)}'
    f'<p class="quiet">{elements.text(note)} FLOPs are counted from the layers; all devices '
    'together.</p>'
  )


def _seconds(seconds: float) -> str:
  if not seconds:
    return ''
  return f'{seconds * 1000:,.3g} ms' if seconds < 1 else f'{seconds:,.3g} s'
