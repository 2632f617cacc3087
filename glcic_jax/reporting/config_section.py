"""The parts of a run's page about its settings: what differs from the paper, and every key."""

from glcic_jax import config as config_lib
from glcic_jax import schedule
from glcic_jax.pages import elements
from glcic_jax.reporting import run as run_lib


def audit(run: run_lib.Run) -> str:
  """The run's phases, and what it does otherwise than its paper, as markup."""
  spans = [
    (phase.value, f'{span.start:,} to {span.stop - 1:,}', f'{len(span):,}')
    for phase, span in run.plan.spans().items()
  ]
  rows = schedule.audit(run.config)
  shown = [(key, schedule.show(paper), schedule.show(value)) for key, paper, value, _ in rows]
  differs = (
    elements.table(('key', 'paper', 'this run'), shown)
    if shown
    else '<p>Nothing differs from the paper.</p>'
  )
  reasons = [
    f'<p class="quiet">{elements.text(f"{key}: {reason}.")}</p>'
    for key, *_, reason in rows
    if reason
  ]
  return (
    f'<h2>Schedule audit</h2>{elements.table(("phase", "steps", "count"), spans, numbers=1)}'
    f'<h3>What differs from {elements.text(run.config.paper)} of the paper</h3>{differs}'
    + ''.join(reasons)
  )


def keys(run: run_lib.Run) -> str:
  """All keys of the config, as markup; what differs from the defaults is marked, and first."""
  defaults = config_lib.flatten(config_lib.default())
  changed, same = [], []
  for key, value in config_lib.flatten(run.config).items():
    if value == defaults[key]:
      same.append(f'<li><code>{elements.text(f"{key} = {value!r}")}</code></li>')
    else:
      words = f'{key} = {value!r} (default {defaults[key]!r})'
      changed.append(f'<li class="differs"><code>{elements.text(words)}</code></li>')
  parts = [
    '<h2>The config</h2><p class="quiet">All keys; those that differ from the defaults are marked, '
    'and come first.</p>',
    *(f'<ul class="keys">{"".join(items)}</ul>' for items in (changed, same) if items),
  ]
  if run.unknown_keys:
    unknown = elements.text(', '.join(run.unknown_keys))
    parts.append(f'<p>Keys of another version, not used here: {unknown}.</p>')
  return ''.join(parts)
