"""README.md and docs/ as tests read them: fenced blocks, commands in them, links, anchors."""

from collections.abc import Iterator
import pathlib
import re
import shlex
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parent.parent
DOCS = ROOT / 'docs'
_OTHERS = [ROOT / name for name in ('README.md', 'SECURITY.md', 'launch/README.md')]
NAMES = [str(path.relative_to(ROOT)) for path in (*_OTHERS, *sorted(DOCS.glob('*.md')))]
# For those who take part: they run other tools, and tell of keys that are gone.
BESIDE = ['CHANGELOG.md', 'CONTRIBUTING.md']

_FENCE = re.compile(r'^```(\w*)\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r'<!--.*?-->', re.DOTALL)


class Block(NamedTuple):
  """A fenced block of a page."""

  language: str
  text: str


def blocks(page: str, language: str = '') -> list[Block]:
  """The fenced blocks of a page, in one language or in any."""
  found = [Block(*match) for match in _FENCE.findall((ROOT / page).read_text())]
  return [block for block in found if language in ('', block.language)]


def commands(shell: str) -> Iterator[list[str]]:
  """The words of each command of some lines for a shell; what follows `>` is left out."""
  for line in shell.replace('\\\n', ' ').splitlines():
    words = shlex.split(line, comments=True)
    if words:
      yield words[: words.index('>')] if '>' in words else words


def prose(page: str) -> str:
  """A page without its fenced blocks."""
  return _COMMENT.sub('', _FENCE.sub('', (ROOT / page).read_text()))


def inline(page: str) -> list[str]:
  """What stands in backticks in a page's prose."""
  return [' '.join(code.split()) for code in re.findall(r'`([^`]+)`', prose(page))]


def links(page: str) -> list[str]:
  """The targets of all links and pictures of a page."""
  text = re.sub(r'`[^`]*`', '', prose(page))
  return re.findall(r'\]\(([^)\s]+)\)', text) + re.findall(r'<(\w+://[^>\s]+)>', text)


def anchors(page: pathlib.Path) -> set[str]:
  """The anchors of a page's headings, as forges and the site make them."""
  headings = re.findall(r'^#+ (.*)$', _FENCE.sub('', page.read_text()), re.MULTILINE)
  plain = (re.sub(r'[^\w\s-]', '', heading).strip().lower() for heading in headings)
  return {re.sub(r'\s+', '-', heading) for heading in plain}
