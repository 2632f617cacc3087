"""The site of docs/: it builds without a warning, is whole without a network, and is not stale."""

import html.parser
import importlib
import json
import runpy

import pytest

from glcic_jax import cli
from glcic_jax.config import keys
from glcic_jax.config import shipped_configs
from tests import documents

GENERATED = runpy.run_path(str(documents.DOCS / 'generated.py'))
# Tags that make a browser fetch something -> where they say what.
FETCHING = {'script': 'src', 'link': 'href', 'img': 'src', 'iframe': 'src', 'source': 'src'}


def words(text):
  """Without the breaks between lines, which differ between versions of Python."""
  return ' '.join(text.split())


def test_the_page_of_commands_has_every_command_and_option():
  text = (documents.DOCS / 'commands.md').read_text()
  assert words(GENERATED['on_page_markdown'](text)) == words(text), 'python docs/generated.py'
  for command in cli.COMMANDS:
    module = importlib.import_module(f'glcic_jax.cli.{command.replace("-", "_")}')
    own = text.partition(f'\n## {command}\n')[2].partition('\n## ')[0]
    assert all(option in own for option in module._parser()._option_string_actions), command


def test_the_page_of_configs_has_every_config_and_key():
  text = (documents.DOCS / 'configs.md').read_text()
  assert words(GENERATED['on_page_markdown'](text)) == words(text), 'python docs/generated.py'
  for name in shipped_configs.names():
    assert f'### {name}\n' in text
  for key in keys.KEYS:
    assert f'| `{key}`' in text


def test_what_a_page_had_before_is_replaced_and_the_rest_stays():
  page = 'Before.\n\n<!-- generated: keys -->\nstale text\n<!-- end -->\n\nAfter.\n'
  renewed = GENERATED['on_page_markdown'](page)
  assert renewed.startswith('Before.\n\n<!-- generated: keys -->\n\n### the run\n')
  assert renewed.endswith('|\n\n<!-- end -->\n\nAfter.\n') and 'stale' not in renewed
  assert GENERATED['on_page_markdown'](renewed) == renewed


class Fetched(html.parser.HTMLParser):
  """The addresses that a browser fetches for a page, and what its links lead to."""

  def __init__(self, text):
    super().__init__()
    self.addresses, self.links, self.anchors = [], [], set()
    self.feed(text)

  def handle_starttag(self, tag, attributes):
    values = dict(attributes)
    self.anchors.add(values.get('id'))
    if tag == 'a' and values.get('href'):
      self.links.append(values['href'])
    elif tag in FETCHING and values.get('rel') != 'canonical':
      self.addresses.append(values.get(FETCHING[tag]) or '')


@pytest.fixture(scope='module')
def site(tmp_path_factory):
  """The site, built as `mkdocs build --strict` builds it."""
  for library in ('material', 'mkdocstrings'):
    pytest.importorskip(library, reason="the site needs pip install '.[docs]'")
  from mkdocs import config as mkdocs_config
  from mkdocs.commands import build

  folder = tmp_path_factory.mktemp('site')
  settings = mkdocs_config.load_config(
    str(documents.ROOT / 'mkdocs.yml'), site_dir=str(folder), strict=True
  )
  settings.plugins.on_startup(command='build', dirty=False)
  build.build(settings)
  return folder


@pytest.mark.filterwarnings('default')  # what mkdocs and its plugins find outdated in each other
def test_the_site_builds_and_fetches_nothing_from_elsewhere(site):
  pages = {path.name: Fetched(path.read_text()) for path in site.glob('*.html')}
  assert set(pages) >= {f'{path.stem}.html' for path in documents.DOCS.glob('*.md')}
  for name, page in pages.items():
    assert not [address for address in page.addresses if '//' in address], name
    for link in page.links:
      target, _, anchor = link.partition('#')
      if '://' not in link and anchor and (target or name) in pages:
        assert anchor in pages[target or name].anchors, (name, link)


@pytest.mark.filterwarnings('default')
def test_the_search_finds_what_is_generated(site):
  index = (site / 'search/search_index.js').read_text().partition('= ')[2]
  found = {entry['location']: entry['text'] for entry in json.loads(index)['docs']}
  assert 'train_and_evaluate' in str(
    found['python.html#glcic_jax.training.loop.train_and_evaluate']
  )
  assert 'batch_size' in found['configs.html#the-run']
  assert (site / 'assets/iframe-worker.js').exists()
