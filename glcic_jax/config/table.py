"""What a config says: every key with its value, the paper's and its meaning, what differs first."""

from collections.abc import Iterator
import textwrap
from typing import Any, NamedTuple

from glcic_jax import methods
from glcic_jax.config import audit
from glcic_jax.config import keys
from glcic_jax.config import tree

_SILENT = '-'  # in place of the paper's value, where it states none


class Row(NamedTuple):
  """One key of a config."""

  key: str
  value: Any
  paper: Any  # None where the paper is silent
  default: Any
  meaning: str
  lasting: bool  # whether a run keeps it for life
  reason: str  # of a default that is not the paper's

  @property
  def group(self) -> str:
    """How the value stands to the paper's and the default."""
    if self.paper is not None:
      return _GROUPS[0] if self.value != self.paper else _GROUPS[2]
    return _GROUPS[1] if self.value != self.default else _GROUPS[2]


_GROUPS = (
  'Other than in the paper',
  'Other than the default, where the paper is silent',
  'As in the paper, or the default',
)


def rows(config: tree.ConfigDict) -> list[Row]:
  """Every key, those that differ from the paper first, then those that differ from the default."""
  paper = methods.setting(config.method).paper
  found = []
  for name, key in keys.KEYS.items():
    value = tree.value_of(config, name)
    differs = name in paper and value != paper[name]
    found.append(
      Row(
        key=name,
        value=value,
        paper=paper.get(name),
        default=keys.default_of(name),
        meaning=key.meaning,
        lasting=key.lasting,
        reason=key.deviation if differs and value == keys.default_of(name) else '',
      )
    )
  return sorted(found, key=lambda row: _GROUPS.index(row.group))


def text(config: tree.ConfigDict, width: int) -> str:
  """The table for people, of lines of so many columns."""
  found, title = rows(config), methods.setting(config.method).title
  lines = [f'{config.method}: {title}. Keys with * a run keeps for life.']
  shown = [(f'{row.key}{"*" if row.lasting else ""}', _shown(row.value), row) for row in found]
  key_width = max(len(key) for key, *_ in shown)
  value_width = min(24, max(len(value) for _, value, _ in shown))
  heads = f'  {"key":<{key_width}}  {"value":<{value_width}}  {"paper":<{value_width}}  meaning'
  lines += ['', heads]
  group = ''
  for key, value, row in shown:
    if row.group != group:
      group = row.group
      lines += ['', f'{group}:']
    paper = _SILENT if row.paper is None else _shown(row.paper)
    head = f'  {key:<{key_width}}  {value:<{value_width}}  {paper:<{value_width}}  '
    lines += _with_meaning(head, row, width)
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
  return audit.show(value) if value not in ('', ()) else "''" if value == '' else '()'


def as_json(config: tree.ConfigDict) -> dict[str, Any]:
  """The same for programs: key -> value, paper, default, meaning, lasting, differs, reason."""
  return {
    row.key: {
      **{field: _plain(value) for field, value in row._asdict().items() if field != 'key'},
      'differs': row.group != _GROUPS[2],
    }
    for row in rows(config)
  }


def _plain(value: Any) -> Any:
  return list(value) if isinstance(value, tuple) else value
