"""What a config says beside its paper: the audit that a run prints first, and every key.

What differs from the paper comes first, then what differs from the default where the paper is
silent.
"""

from collections.abc import Iterator
import textwrap
from typing import Any, NamedTuple

from glcic_jax import methods
from glcic_jax import schedule
from glcic_jax.config import keys
from glcic_jax.config import tree
from glcic_jax.methods import definition

GROUPS = (
  'Other than in the paper',
  'Other than the default, where the paper is silent',
  'As in the paper, or the default',
)


class Row(NamedTuple):
  """One key of a config."""

  key: str
  value: Any
  paper: Any  # None where the paper is silent
  default: Any
  meaning: str
  lasting: bool  # whether a run keeps it for life
  reason: str  # why the default is not the paper's; empty where the user chose so

  @property
  def group(self) -> str:
    """How the value stands to the paper's and the default: one of `GROUPS`."""
    if self.paper is None:
      return GROUPS[1] if self.value != self.default else GROUPS[2]
    return GROUPS[0] if self.value != self.paper else GROUPS[2]


def rows(config: tree.ConfigDict) -> list[Row]:
  """Every key, in the order of `GROUPS`."""
  paper = methods.setting(config.method).paper
  found = []
  for name, key in keys.KEYS.items():
    value, default = tree.value_of(config, name), keys.default_of(name)
    value = tuple(value) if isinstance(value, (list, tuple)) else value
    own = name in paper and value != paper[name] and value == default
    reason = key.deviation if own else ''
    found.append(Row(name, value, paper.get(name), default, key.meaning, key.lasting, reason))
  return sorted(found, key=lambda row: GROUPS.index(row.group))


def audit(config: tree.ConfigDict) -> list[Row]:
  """What a run does otherwise than the experiment that its `method` names, in the paper's order."""
  paper = list(methods.setting(config.method).paper)
  differing = [row for row in rows(config) if row.group == GROUPS[0]]
  return sorted(differing, key=lambda row: paper.index(row.key))


def unsaid(config: tree.ConfigDict) -> list[Row]:
  """What a run does otherwise than by default where its paper is silent, if it changes training."""
  chosen = methods.setting(config.method).chosen
  return [
    row
    for row in rows(config)
    if row.paper is None
    and keys.KEYS[row.key].trains
    and row.value != chosen.get(row.key, row.default)
  ]


def format_audit(config: tree.ConfigDict) -> str:
  """The audit as the lines that a run prints first: its phases, then its differences.

  Every key that changes what is trained is in it: those that the paper states, then the others.
  """
  lines = [f'Schedule audit, against {methods.setting(config.method).title} of the paper']
  for phase, span in schedule.from_config(config.schedule).spans().items():
    lines.append(f'  {phase.value:<15} steps {span.start:,} to {span.stop - 1:,} ({len(span):,})')
  differing, others = audit(config), unsaid(config)
  lines.append(
    f'  {"differs from the paper in:" if differing else "nothing differs from the paper"}'
  )
  width = max((len(row.key) for row in differing + others), default=0)
  for row in differing:
    paper, here = map(definition.show, (row.paper, row.value))
    line = f'    {row.key:<{width}}  paper {paper}, here {here}'
    lines.append(f'{line}: {row.reason}' if row.reason else line)
  if others:
    lines.append('  differs from the default, where the paper is silent, in:')
  for row in others:
    default = methods.setting(config.method).chosen.get(row.key, row.default)
    lines.append(f'    {row.key:<{width}}  default {_shown(default)}, here {_shown(row.value)}')
  return '\n'.join(lines)


def text(config: tree.ConfigDict, width: int, name: str = '') -> str:
  """Every key with its value, the paper's and its meaning, in lines of so many columns.

  `name`: of the config, perhaps with its form.
  """
  title = methods.setting(config.method).title
  found = [
    (f'{row.key}{"*" if row.lasting else ""}', _shown(row.value), row) for row in rows(config)
  ]
  key_width = max(len(key) for key, *_ in found)
  value_width = min(24, max(len(value) for _, value, _ in found))

  def columns(key: str, value: str, paper: str) -> str:
    return f'  {key:<{key_width}}  {value:<{value_width}}  {paper:<{value_width}}  '

  compared = f'{config.method}: {title}'
  if name:
    compared = f'{name}, compared with {compared}'
  lines = [f'{compared}. Keys with * a run keeps for life.', '']
  lines.append(f'{columns("key", "value", "paper")}meaning')
  group = ''
  for key, value, row in found:
    if row.group != group:
      group = row.group
      lines += ['', f'{group}:']
    paper = '-' if row.paper is None else _shown(row.paper)
    lines += _with_meaning(columns(key, value, paper), row, width)
  return '\n'.join(lines)


def _with_meaning(head: str, row: Row, width: int) -> Iterator[str]:
  """The meaning beside the values, wrapped in its own column; below them on a narrow terminal."""
  meaning = row.meaning + (f'. Why: {row.reason}' if row.reason else '')
  indent = ' ' * (len(head) if len(head) + 40 <= width else 6)
  wrapped = textwrap.wrap(meaning, max(width, 40), initial_indent=indent, subsequent_indent=indent)
  if len(indent) < len(head):
    yield head.rstrip()
    yield from wrapped
  else:
    yield head + wrapped[0][len(head) :]
    yield from wrapped[1:]


def _shown(value: Any) -> str:
  return repr(value) if value in ('', ()) else definition.show(value)


def as_json(config: tree.ConfigDict) -> dict[str, Any]:
  """The same for programs: key -> value, paper, default, meaning, lasting, reason, differs."""
  found = {row.key: row._asdict() | {'differs': row.group != GROUPS[2]} for row in rows(config)}
  for fields in found.values():
    del fields['key']
  return found
