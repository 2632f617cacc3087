"""A run as one self-contained HTML page: no script, nothing fetched.

    html = page.render(run_lib.read(workdir), prediction)

The same workdir gives the same bytes. Everything that comes out of a file is escaped.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import html
from typing import Any

from glcic_jax import config as config_lib
from glcic_jax import methods
from glcic_jax.config import audit as audit_lib
from glcic_jax.pages import charts
from glcic_jax.pages import style
from glcic_jax.reporting import curves
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import spent as cost_lib
from glcic_jax.reporting import strips

_HATCH = (
  '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs><pattern '
  'id="hatch" width="6" '
  'height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" '
  'height="6" '
  'fill="#cbd2da"/></pattern></defs></svg>'
)


def render(run: run_lib.Run, prediction: cost_lib.Prediction | None = None) -> str:
  """The page.

  Args:
    run: as `run.read` gives it.
    prediction: of the same config, if there is one.
  """
  costs = cost_lib.by_phase(run)
  body = [
    _HATCH,
    f'<h1>{_text(run.name)}</h1>',
    _headline(run),
    _tiles(run, costs, prediction),
    _progress(run),
    _charts(run, 'Curves', curves.LOSSES, _legend(run)),
    _charts(run, 'Health of the discriminator', curves.HEALTH, ''),
    _samples(run),
    _audit(run),
    _cost(run, costs, prediction),
    _files(run),
    _config(run),
  ]
  return (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    f'<title>{_text(run.name)}: step '
    f'{run.step:,}</title><style>{style.CSS}</style></head>\n<body>\n'
    + '\n'.join(part for part in body if part)
    + '\n</body></html>\n'
  )


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], numbers: int = 0) -> str:
  """A table of strings; the last `numbers` columns are right-aligned."""
  words = len(head) - numbers

  def cells(tag, row):
    return ''.join(
      f'<{tag}{" class=n" if place >= words else ""}>{_text(cell)}</{tag}>'
      for place, cell in enumerate(row)
    )

  lines = ''.join(f'<tr>{cells("td", row)}</tr>' for row in rows)
  return f'<div class="scroll"><table><thead><tr>{cells("th", head)}</tr></thead><tbody>{lines}</tbody></table></div>'


def _text(value: Any) -> str:
  return html.escape(str(value), quote=True)


def _headline(run: run_lib.Run) -> str:
  config = run.config
  return (
    f'<p class="quiet">{_text(config.method)} at {config.image_size} px, batch '
    f'{config.batch_size}, '
    f'{_text(config.dtype)}, seed {config.seed}; compared with '
    f'{_text(methods.setting(config.method).title)} of the paper.</p>'
  )


def _tiles(run: run_lib.Run, costs: Any, prediction: cost_lib.Prediction | None) -> str:
  total, phase = run.plan.total_steps, run.rows[-1].phase
  state = 'finished' if run.step >= total and run.has_model else f'{_text(phase)} phase'
  spent = sum(cost.seconds for cost in costs.values())
  left = cost_lib.remaining_seconds(costs, prediction)
  tiles = [
    ('Step', f'{run.step:,}', f'of {total:,} ({min(run.step / total, 1):.0%}), {state}'),
    ('Pictures seen', f'{run.step * run.config.batch_size:,}', 'with repetition'),
    (
      'Training time',
      cost_lib.duration(spent),
      'not known how long is left'
      if left is None
      else f'about {cost_lib.duration(left)} left'
      if left
      else 'validation and saving apart',
    ),
  ]
  for column, label, better in (
    ('validation_hole_psnr', 'PSNR in the hole, dB', max),
    ('validation_ssim', 'SSIM', max),
    ('validation_hole_l1', 'L1 in the hole', min),
  ):
    points = [point for piece in curves.points(run, column) for point in piece]
    if points:
      step, best = better(points, key=lambda point: point[1])
      tiles.append(
        (label, charts.number(points[-1][1]), f'best {charts.number(best)} at step {step:,}')
      )
  return (
    '<dl class="tiles">'
    + ''.join(
      f'<div><dt>{label}</dt><dd>{value}<small>{note}</small></dd></div>'
      for label, value, note in tiles
    )
    + '</dl>'
  )


def _progress(run: run_lib.Run) -> str:
  """The whole schedule as a bar, and how far the run is."""
  width, total = 1000, run.plan.total_steps
  parts = []
  for band in curves.bands(run):
    color, hatched = charts.BANDS[band.name]
    place = (
      f'x="{band.first / total * width:.1f}" width="{(band.last - band.first) / total * width:.1f}"'
    )
    parts += [
      f'<rect {place} y="0" height="18" fill="{fill}" stroke="#6b7280"/>'
      for fill in ([color, 'url(#hatch)'] if hatched else [color])
    ]
  done = min(run.step / total, 1) * width
  parts.append(f'<rect x="0" y="7" width="{done:.1f}" height="4" fill="#111827"/>')
  return (
    f'<svg class="progress" viewBox="-1 -1 {width + 2} 20" role="img" preserveAspectRatio="none" '
    f'style="height:18px" aria-label="step {run.step} of {total}">{"".join(parts)}</svg>'
  )


def _legend(run: run_lib.Run) -> str:
  items = []
  for band in curves.bands(run):
    color, hatched = charts.BANDS[band.name]
    hatch = '<rect width="26" height="14" fill="url(#hatch)"/>' if hatched else ''
    items.append(
      f'<li><svg viewBox="0 0 26 14"><rect width="26" height="14" fill="{color}"/>{hatch}</svg>'
      f'{band.name}: steps {band.first:,.0f} to {band.last - 1:,.0f}</li>'
    )
  return '<ul class="legend">' + ''.join(items) + '</ul>'


def _charts(run: run_lib.Run, title: str, wanted: Sequence[curves.Curve], above: str) -> str:
  figures = curves.figures(run, wanted)
  if not figures:
    return f'<h2>{title}</h2><p>This run has no numbers for it yet.</p>'
  return f'<h2>{title}</h2>{above}<div class="charts">{"".join(figures)}</div>'


def _samples(run: run_lib.Run) -> str:
  strip = strips.strip(run.samples)
  note = ''.join(
    f'<p>samples/{_text(name)} could not be read, and is left out.</p>' for name in strip.unreadable
  )
  if not strip.rows:
    return f'<h2>The same pictures over time</h2>{note}<p>There are no samples yet.</p>'
  heads = [
    '<th>input</th>',
    *(
      f'<th>{step:,}<small>{run.plan.phase_at(step - 1).value}</small></th>' for step in strip.steps
    ),
    '<th>truth</th>',
  ]
  names = ['input', *(f'completed at step {step}' for step in strip.steps), 'truth']
  rows = ''.join(
    '<tr>'
    + ''.join(f'<td><img alt="{name}" src="{uri}"></td>' for name, uri in zip(names, row))
    + '</tr>'
    for row in strip.rows
  )
  return (
    '<h2>The same pictures over time</h2><p class="quiet">Held-back pictures where the run has '
    'any, completed at '
    f'{len(strip.steps)} of {len(run.samples)} intervals; as JPEG here, exact in '
    f'samples/.</p>{note}'
    f'<div class="scroll"><table class="strip" style="--columns:{len(names)}">'
    f'<thead><tr>{"".join(heads)}</tr></thead><tbody>{rows}</tbody></table></div>'
  )


def _audit(run: run_lib.Run) -> str:
  spans = [
    (phase.value, f'{span.start:,} to {span.stop - 1:,}', f'{len(span):,}')
    for phase, span in run.plan.spans().items()
  ]
  audit = audit_lib.audit(run.config)
  differs = '<p>Nothing differs from the paper.</p>'
  if audit:
    differs = table(
      ('key', 'paper', 'this run'),
      [(key, audit_lib.show(paper), audit_lib.show(value)) for key, paper, value, _ in audit],
    )
  reasons = ''.join(
    f'<p class="quiet">{_text(key)}: {_text(reason)}.</p>' for key, *_, reason in audit if reason
  )
  return (
    f'<h2>Schedule audit</h2>{table(("phase", "steps", "count"), spans, 1)}'
    f'<h3 style="margin-top:16px">What differs from the paper</h3>'
    f'<div class="audit">{differs}</div>{reasons}'
  )


def _cost(run: run_lib.Run, costs: Any, prediction: cost_lib.Prediction | None) -> str:
  rows = [
    (
      name,
      f'{cost.steps:,} of {cost.planned:,}',
      f'{cost.images:,}',
      cost_lib.duration(cost.seconds),
      _seconds(cost.seconds_per_step),
    )
    for name, cost in costs.items()
  ]
  parts = [
    '<h2>Cost so far</h2>',
    table(('phase', 'steps', 'pictures', 'training time', 'step, median'), rows, 4),
    '<p class="quiet">From metrics.csv: validation, saving and steps that were lost to a stop are '
    'not in it; '
    'compiling is, in the first row of each start.</p>',
  ]
  if prediction:
    parts.append(_predicted(costs, prediction))
  figures = ''.join(curves.figures(run, curves.SPEED))
  return ''.join(parts) + f'<div class="charts" style="margin-top:14px">{figures}</div>'


def _predicted(costs: Any, prediction: cost_lib.Prediction) -> str:
  """Predicted beside actual; without a prediction of seconds, the speed alone."""
  head, rows = ['phase', 'actual step', 'TFLOP/s reached'], []
  if prediction.seconds_per_step:
    head[1:1] = ['predicted step', 'actual : predicted']
  for name, predicted, actual, rate in comparison(costs, prediction):
    row = [name, _seconds(actual), f'{rate / 1e12:,.3g}' if rate else '']
    if prediction.seconds_per_step:
      row[1:1] = [_seconds(predicted), f'{actual / predicted:.2f}' if predicted and actual else '']
    rows.append(row)
  title = 'Predicted and actual' if prediction.seconds_per_step else 'Speed'
  note = prediction.assumed or (
    'No peak was given: glcic-jax report --peak-tflops T, or --estimate FILE, predicts seconds too.'
  )
  return (
    f'<h3 style="margin-top:16px">{title}</h3>{table(head, rows, len(head) - 1)}'
    f'<p class="quiet">{_text(note)} FLOPs are counted from the layers; all devices together.</p>'
  )


def comparison(
  costs: Any, prediction: cost_lib.Prediction
) -> list[tuple[str, float, float, float]]:
  """(phase, predicted seconds a step, actual ones, FLOP/s reached); 0 where there is none."""
  result = []
  for name, cost in costs.items():
    flops, actual = prediction.flops_per_step.get(name, 0.0), cost.seconds_per_step
    result.append(
      (name, prediction.seconds_per_step.get(name, 0.0), actual, flops / actual if actual else 0.0)
    )
  return result


def _seconds(seconds: float) -> str:
  if not seconds:
    return ''
  return f'{seconds * 1000:,.3g} ms' if seconds < 1 else f'{seconds:,.3g} s'


def _files(run: run_lib.Run) -> str:
  parts = ['<h2>Checkpoints</h2>']
  if run.checkpoints:
    parts.append(
      table(
        ('step', 'MB'), [(f'{step:,}', f'{size / 1e6:,.1f}') for step, size in run.checkpoints], 1
      )
    )
  else:
    parts.append('<p>There are none yet.</p>')
  parts.append(
    '<p>The model of the last step is in model/.</p>'
    if run.has_model
    else (
      '<p>There is no model/ yet: it is written at the end. The newest checkpoint can be used '
      'as one.</p>'
    )
  )
  return ''.join(parts)


def _config(run: run_lib.Run) -> str:
  defaults = config_lib.flatten(config_lib.default())
  items = []
  for key, value in config_lib.flatten(run.config).items():
    other = value != defaults[key]
    items.append(
      f'<li{" class=other" if other else ""}><code>{_text(key)} = {_text(repr(value))}'
      f'{f" (default {_text(repr(defaults[key]))})" if other else ""}</code></li>'
    )
  unknown = _text(', '.join(run.unknown_keys))
  note = f'<p>Keys of another version, not used here: {unknown}.</p>' if unknown else ''
  return (
    '<h2>The config</h2><p class="quiet">All keys; those changed from glcic_jax/config.py are '
    'marked.</p>'
    f'<ul class="keys">{"".join(items)}</ul>{note}'
  )
