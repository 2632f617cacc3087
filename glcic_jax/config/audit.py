"""How a run differs from its paper: what is printed at its start, and stands in its report."""

from typing import Any, NamedTuple

from glcic_jax import methods
from glcic_jax import schedule
from glcic_jax.config import keys
from glcic_jax.config import tree


class Difference(NamedTuple):
  """A key in which a run is not as its paper."""

  key: str
  paper: Any
  here: Any
  reason: str  # why the default is not the paper's; empty where the user chose so


def audit(config: Any) -> list[Difference]:
  """What a run does otherwise than the experiment that its `method` names."""
  rows = []
  for key, paper in methods.setting(config.method).paper.items():
    value = tree.value_of(config, key)
    value = tuple(value) if isinstance(value, (list, tuple)) else value
    if value != paper:
      rows.append(Difference(key, paper, value, keys.KEYS[key].deviation))
  return rows


def format_audit(config: Any) -> str:
  """The audit as the lines that a run prints first: its phases, then its differences."""
  lines = [f'Schedule audit, against {methods.setting(config.method).title} of the paper']
  for phase, span in schedule.from_config(config.schedule).spans().items():
    lines.append(f'  {phase.value:<15} steps {span.start:,} to {span.stop - 1:,} ({len(span):,})')
  rows = audit(config)
  if not rows:
    lines.append('  nothing differs from the paper')
    return '\n'.join(lines)
  lines.append('  differs from the paper in:')
  width = max(len(row.key) for row in rows)
  for key, paper, here, reason in rows:
    line = f'    {key:<{width}}  paper {show(paper)}, here {show(here)}'
    lines.append(f'{line}: {reason}' if reason else line)
  return '\n'.join(lines)


def show(value: Any) -> str:
  """A value as people write it: 90,000; 96 to 128."""
  if isinstance(value, (list, tuple)):
    numbers = len(value) == 2 and all(isinstance(v, (int, float)) for v in value)
    return ' to '.join(map(show, value)) if numbers else ', '.join(map(str, value))
  if isinstance(value, int) and not isinstance(value, bool):
    return f'{value:,}'
  return str(value)
