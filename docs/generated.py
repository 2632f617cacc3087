"""What docs/ says of commands and configs, read from them.

    python docs/generated.py

A page has it between two comments on lines of their own, `<!-- generated: commands -->` and
`<!-- end -->`. What stands there is committed, so that a page is whole wherever it is read;
`tests/test_site.py` compares it with the program, and this writes it anew. mkdocs has this file as
a hook, which puts what is true now into the site.
"""

import importlib
import inspect
import os
import pathlib
import re
import runpy
from typing import Any

from glcic_jax import cli
from glcic_jax import config as config_lib
from glcic_jax.config import audit
from glcic_jax.config import keys
from glcic_jax.config import shipped_configs
from glcic_jax.methods import definition

_FOLDER = pathlib.Path(__file__).parent
_PART = re.compile(r'^(<!-- generated: (\w+) -->)$.*?^(<!-- end -->)$', re.MULTILINE | re.DOTALL)


def on_page_markdown(markdown: str, **_: Any) -> str:
  """mkdocs' event: the text of a page, with what is generated between its marks."""
  return _PART.sub(
    lambda match: f'{match[1]}\n\n{_GENERATED[match[2]]().strip()}\n\n{match[3]}', markdown
  )


def main() -> None:
  """Writes the pages anew."""
  for page in sorted(_FOLDER.glob('*.md')):
    page.write_text(on_page_markdown(page.read_text()))


def commands() -> str:
  """What `--help` of every command prints."""
  os.environ['COLUMNS'] = '80'  # what a page shows of a line
  found = []
  for name, what in cli.COMMANDS.items():
    parser = importlib.import_module(f'glcic_jax.cli.{name.replace("-", "_")}')._parser()
    found += [f'## {name}', f'{what[0].upper()}{what[1:]}.', f'```text\n{parser.format_help()}```']
  return '\n\n'.join(found)


def configs() -> str:
  """The configs of the package: what each says of itself, and in what it is not the paper's."""
  found = []
  for name in shipped_configs.names():
    module = runpy.run_path(str(shipped_configs.folder() / f'{name}.py'))
    config = module['get_config']()
    found += [f'### {name}', _listed(inspect.cleandoc(module['__doc__']))]
    title = f'Where {name} differs from its paper, or from the defaults'
    rows = [row for row in audit.rows(config) if row.group != audit.GROUPS[2]]
    found += [
      f'<details markdown="1"><summary>{title}</summary>',
      _table(rows, 'value'),
      '</details>',
    ]
  return '\n\n'.join(found)


def config_keys() -> str:
  """Every key with its default, by section."""
  rows = {row.key: row for row in audit.rows(config_lib.default())}
  sections: dict[str, list[audit.Row]] = {}
  for key in keys.KEYS:
    sections.setdefault(key.rpartition('.')[0], []).append(rows[key])
  found = []
  for section, members in sections.items():
    found += [f'### {section or "the run"}', _table(members, 'default')]
  return '\n\n'.join(found)


def _table(rows: list[audit.Row], value_title: str) -> str:
  lines = [f'| key | {value_title} | paper | meaning |', '|---|---|---|---|']
  for row in rows:
    paper = '' if row.paper is None else f'`{definition.show(row.paper)}`'
    value = definition.show(row.value) if row.value not in ('', ()) else repr(row.value)
    star = ' \\*' if row.lasting else ''
    meaning = row.meaning + (f'. Why: {row.reason}' if row.reason else '')
    lines.append(f'| `{row.key}`{star} | `{value}` | {paper} | {_escaped(meaning)} |')
  return '\n'.join(lines)


def _listed(docstring: str) -> str:
  """With its lists of forms, which are set in columns, as Markdown knows lists."""
  return re.sub(r'(\n)?\n  (\w[\w, ]*?)  +(?=\S)', r'\n\n- `\2`: ', docstring)


def _escaped(text: str) -> str:
  return re.sub(r'([|*_<])', r'\\\1', text)


_GENERATED = {'commands': commands, 'configs': configs, 'keys': config_keys}

if __name__ == '__main__':
  main()
