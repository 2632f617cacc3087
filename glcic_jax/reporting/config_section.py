"""The parts of a run's page about its settings: what differs from the paper, and every key."""

import itertools

from glcic_jax.config import audit as audit_lib
from glcic_jax.methods import definition
from glcic_jax.pages import elements
from glcic_jax.reporting import run as run_lib


def audit(run: run_lib.Run) -> str:
  """The run's phases, and what it does otherwise than its paper, as markup."""
  spans = [
    (phase, f'{span.start:,} to {span.stop - 1:,}', f'{len(span):,}')
    for phase, span in run.phases.items()
  ]
  rows = audit_lib.audit(run.config)
  shown = [(row.key, definition.show(row.paper), definition.show(row.value)) for row in rows]
  nothing = '<p>Nothing differs from the paper.</p>'
  differs = elements.table(('key', 'paper', 'this run'), shown) if shown else nothing
  reasons = [elements.text(f'{row.key}: {row.reason}.') for row in rows if row.reason]
  return (
    f'<h2>Schedule audit</h2>{elements.table(("phase", "steps", "count"), spans, numbers=1)}'
    f'<h3>What differs from the paper</h3>{differs}'
    + ''.join(f'<p class="quiet">{reason}</p>' for reason in reasons)
  )


def keys(run: run_lib.Run) -> str:
  """All keys of the config, as markup; what differs is marked, and first."""
  parts = [
    '<h2>The config</h2><p class="quiet">All keys, with &ne; before those that differ; '
    'glcic-jax config says what each of them means.</p>'
  ]
  for group, rows in itertools.groupby(audit_lib.rows(run.config), key=lambda row: row.group):
    items = ''.join(map(_key, rows))
    parts.append(f'<h3>{elements.text(group)}</h3><ul class="keys">{items}</ul>')
  if run.unknown_keys:
    unknown = elements.text(', '.join(run.unknown_keys))
    parts.append(f'<p>Keys of another version, not used here: {unknown}.</p>')
  return ''.join(parts)


def _key(row: audit_lib.Row) -> str:
  words = f'{row.key} = {row.value!r}'
  if row.paper is not None and row.value != row.paper:
    words += f' (paper {row.paper!r})'
  elif row.paper is None and row.value != row.default:
    words += f' (default {row.default!r})'
  else:
    return f'<li><code>{elements.text(words)}</code></li>'
  return f'<li class="differs"><code>{elements.text(words)}</code></li>'
