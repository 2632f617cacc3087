"""A run as one self-contained HTML page: no script, nothing fetched.

    page = run_page.render(run_lib.read(workdir), prediction)

The same workdir gives the same bytes. Everything that comes out of a file is escaped.
"""

from collections.abc import Mapping, Sequence

from glcic_jax import methods
from glcic_jax.pages import charts
from glcic_jax.pages import elements
from glcic_jax.pages import frame
from glcic_jax.pages import phase_bands
from glcic_jax.reporting import config_section
from glcic_jax.reporting import cost_section
from glcic_jax.reporting import curves
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import samples_section
from glcic_jax.reporting import spent


def render(run: run_lib.Run, prediction: spent.Prediction | None = None) -> bytes:
  """The HTML file of a run, with a prediction of the same config, if there is one."""
  costs = spent.by_phase(run)
  return frame.page(
    f'{run.name}: step {run.step:,}',
    [
      phase_bands.HATCH,
      f'<h1>{elements.text(run.name)}</h1>',
      _headline(run),
      _tiles(run, costs, prediction),
      phase_bands.progress(run.phases, run.step, run.plan.total_steps),
      _charts(run, 'Curves', curves.LOSSES, phase_bands.legend(run.phases)),
      _charts(run, 'Health of the discriminator', curves.HEALTH),
      samples_section.render(run),
      config_section.audit(run),
      cost_section.render(run, costs, prediction),
      _checkpoints(run),
      config_section.keys(run),
    ],
  )


def _headline(run: run_lib.Run) -> str:
  config = run.config
  words = (
    f'{config.method} at {config.image_size} px, batch {config.batch_size}, {config.dtype}, '
    f'seed {config.seed}; compared with {methods.setting(config.method).title} of the paper.'
  )
  return f'<p class="quiet">{elements.text(words)}</p>'


def _tiles(
  run: run_lib.Run, costs: Mapping[str, spent.PhaseCost], prediction: spent.Prediction | None
) -> str:
  """What to know at a glance, each with a note."""
  total = run.plan.total_steps
  finished = run.step >= total and run.has_model
  state = 'finished' if finished else f'{run.rows[-1].phase} phase'
  time = spent.duration(sum(cost.seconds for cost in costs.values()))
  tiles = [
    ('Step', f'{run.step:,}', f'of {total:,} ({min(run.step / total, 1):.0%}), {state}'),
    ('Pictures seen', f'{run.step * run.config.batch_size:,}', 'with repetition'),
    ('Training time', time, _time_left(spent.remaining_seconds(costs, prediction))),
  ]
  for column, label, better in (
    ('validation_hole_psnr', 'PSNR in the hole, dB', max),
    ('validation_ssim', 'SSIM', max),
    ('validation_hole_l1', 'L1 in the hole', min),
  ):
    points = [point for piece in curves.points(run, column) for point in piece]
    if points:
      step, best = better(points, key=lambda point: point[1])
      note = f'best {charts.number(best)} at step {step:,}'
      tiles.append((label, charts.number(points[-1][1]), note))
  return elements.definitions(
    [
      (label, elements.Html(f'{elements.text(value)}<small>{elements.text(note)}</small>'))
      for label, value, note in tiles
    ],
    look='tiles',
  )


def _time_left(seconds: float | None) -> str:
  if seconds is None:
    return 'not known how long is left'
  return f'about {spent.duration(seconds)} left' if seconds else 'validation and saving apart'


def _charts(run: run_lib.Run, title: str, wanted: Sequence[curves.Curve], above: str = '') -> str:
  figures = curves.figures(run, wanted)
  if not figures:
    return f'<h2>{title}</h2><p>This run has no numbers for it yet.</p>'
  return f'<h2>{title}</h2>{above}<div class="charts">{"".join(figures)}</div>'


def _checkpoints(run: run_lib.Run) -> str:
  parts = ['<h2>Checkpoints</h2>']
  if run.checkpoints:
    rows = [(f'{step:,}', f'{size / 1e6:,.1f}') for step, size in run.checkpoints]
    parts.append(elements.table(('step', 'MB'), rows, numbers=1))
  else:
    parts.append('<p>There are none yet.</p>')
  if run.has_model:
    parts.append('<p>The model of the last step is in model/.</p>')
  else:
    parts.append(
      '<p>There is no model/ yet: it is written at the end. The newest checkpoint can be used as '
      'one.</p>'
    )
  return ''.join(parts)
