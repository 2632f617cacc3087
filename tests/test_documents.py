"""README.md and docs/ say what is so: their commands, flags, keys, links and examples.

Run are `config`, and what a pod would do, dry; elsewhere `complete` and Python's examples
(test_document_examples), `curl`, Python and JavaScript against the server (test_web_openapi), the
site (test_site), the scripts of launch/ (test_launch). What trains, converts, exports or scores is
read by its own command's parser, its config loaded and checked.
"""

import importlib
import pathlib
import re
import runpy

import pytest
import yaml

from glcic_jax import cli
from glcic_jax.cli import configured
from glcic_jax.config import keys
from tests import documents
from tests.test_extras import declared
from tests.test_launch import bash

ROOT = documents.ROOT
LANGUAGES = {'sh', 'python', 'js', 'text'}
# Words that stand for a number of the reader's.
NUMBERS = {'T': '100', 'P': '2'}
# The config that a page makes up.
MADE_UP = ('configs/auto_encoder.py', 'configs/quickstart.py')
# Flags in prose that are not ours.
FOREIGN = {'--shm-size', '--nodes', '--dry-run', '--help', '--config.KEY', '--config.KEY=VALUE'}
SECTIONS = {key.partition('.')[0] for key in keys.KEYS if '.' in key}


def module_of(command):
  return importlib.import_module(f'glcic_jax.cli.{command.replace("-", "_")}')


def check_own(words):
  """One of our commands: its flags, its values, its config."""
  command, *arguments = (NUMBERS.get(word, word).replace(*MADE_UP) for word in words)
  parser = module_of(command)._parser()
  if any(action.dest == '_' for action in parser._actions):
    configured.parse(parser, arguments)  # checks the config too
  else:
    parser.parse_args(arguments)
  if command == 'config':
    assert cli.main([command, *arguments]) == 0


def check_install(words):
  """`pip install`, of extras that are there."""
  assert words[0] == 'install'
  for extras in re.findall(r'\[(.*?)\]', ' '.join(words)):
    assert set(extras.split(',')) <= set(declared())


def check_environment(words):
  """The one way in which a virtual environment is made and entered."""
  assert words == ['-m', 'venv', '.venv', '&&', '.', '.venv/bin/activate']


def check_python(words):
  """A script that is there and knows its flags, or a module of ours."""
  if words[0] == '-m':
    return check_own(words[2:])
  if words[0].endswith('_run.py'):  # which export writes
    return None
  script = (ROOT / words[0]).read_text()
  for flag in re.findall(r'--([\w-]+)', ' '.join(words[1:])):
    assert re.search(rf"DEFINE_\w+\(\s*'{flag}'", script), flag
  return None


def check_files(words):
  """Of a tool that is not here: the files of ours that it is given."""
  named = [word for word in words if word.startswith('launch/')]
  assert named and all((ROOT / word).is_file() for word in named)


def check_launch(script, words):
  """A script that is there, or what it would do; the arguments of `train` that it passes on."""
  assert (ROOT / script).is_file()
  if script == 'launch/tpu_pod.sh':
    code, shown, _ = bash(ROOT / script, '--dry-run', *words)
    assert code == 0 and shown
  if '--config' in words:
    check_own(['train', *words[words.index('--config') :]])


CHECKS = {
  'glcic-jax': check_own,
  'pip': check_install,
  'python': check_python,
  'python3': check_environment,
  'kubectl': check_files,
  'curl': lambda words: None,  # test_web_openapi sends it
  'export': lambda words: None,
  'eval': lambda words: check(words[0].removeprefix('$(').removesuffix(')').split()),
  'mkdocs': lambda words: None,  # test_site builds it
  'tensorboard': lambda words: None,
}


def check(words):
  program, *rest = words
  if program in ('docker', 'sbatch'):
    script = next((word for word in rest if word.startswith('launch/')), None)
    assert script is not None or program == 'docker' and rest[0] == 'run'
    if script:
      check_launch(script, rest)
  elif program.startswith('launch/'):
    check_launch(program, rest)
  else:
    CHECKS[program](rest)


@pytest.mark.parametrize('page', documents.NAMES)
def test_every_command_is_one_that_the_program_takes(page):
  for block in documents.blocks(page, 'sh'):
    for words in documents.commands(block.text):
      check(words)


@pytest.mark.parametrize('name', sorted(path.stem for path in (ROOT / 'configs').glob('*.py')))
def test_the_commands_of_a_config_are_ones_that_the_program_takes(name):
  text = runpy.run_path(str(ROOT / f'configs/{name}.py'))['__doc__'].replace('\\\n', ' ')
  for words in documents.commands('\n'.join(re.findall(r'^ {4}glcic-jax .*', text, re.MULTILINE))):
    check([word for word in words if word != '...'])


@pytest.mark.parametrize('page', documents.NAMES + documents.BESIDE)
def test_every_block_has_a_language(page):
  assert {block.language for block in documents.blocks(page)} <= LANGUAGES


def test_a_wrong_flag_is_found():
  with pytest.raises(Exception, match='--maks'):
    check(['glcic-jax', 'complete', 'a.png', '--maks', 'b.png'])
  with pytest.raises(Exception, match='stepps'):
    check(['launch/tpu_pod.sh', 'run', '--config', 'configs/quickstart.py', '--config.stepps=3'])
  with pytest.raises(KeyError):
    check(['rm', '-r', '.'])
  with pytest.raises(AssertionError):
    check(['python', 'benchmarks/detail.py', '--no-such-flag'])


@pytest.fixture(scope='module')
def flags():
  """Every flag of every command."""
  parsers = [module_of(command)._parser() for command in cli.COMMANDS]
  return FOREIGN | {flag for parser in parsers for flag in parser._option_string_actions}


@pytest.mark.parametrize('page', documents.NAMES)
def test_every_flag_and_key_in_the_text_is_one_of_the_program(page, flags):
  codes = documents.inline(page)
  for code in codes:
    for flag in re.findall(r'(?<![\w-])--[a-z][\w.-]*', code):
      known = flag in flags or flag.removeprefix('--config.') in keys.KEYS
      assert known or flag.removeprefix('--config.') in SECTIONS, flag
    key = code.partition('=')[0]
    if (
      re.fullmatch(r'[a-z_]+(\.[a-z_]+)+', key)
      and key.partition('.')[0] in SECTIONS
      and 'tensors' not in key
    ):
      assert key in keys.KEYS or any(name.startswith(f'{key}.') for name in keys.KEYS), key


@pytest.mark.parametrize('page', documents.NAMES + documents.BESIDE)
def test_every_link_leads_somewhere(page):
  here = ROOT / page
  for link in documents.links(page):
    if '://' in link:
      assert re.fullmatch(r'https://[\w.-]+\.\w+(/[\w./-]*)?|http://127\.0\.0\.1:8080/', link), link
      continue
    name, _, anchor = link.partition('#')
    target = (here.parent / name).resolve() if name else here
    assert target.exists(), link
    assert not anchor or anchor in documents.anchors(target), link


def test_the_readme_is_short_and_its_pictures_are_small():
  assert len((ROOT / 'README.md').read_text().splitlines()) <= 150
  pictures = list((documents.DOCS / 'pictures').iterdir())
  assert len(pictures) == 3 and all(path.stat().st_size < 200_000 for path in pictures)
  shown = {pathlib.Path(link).name for page in documents.NAMES for link in documents.links(page)}
  assert {path.name for path in pictures} <= shown


def test_what_the_readme_shows_as_it_stands_needs_no_scrolling():
  text = (ROOT / 'README.md').read_text()
  shown = [line for block in documents.blocks('README.md') for line in block.text.splitlines()]
  shown += re.findall('^    .*', text.partition('## The house')[2], re.MULTILINE)
  assert [line for line in shown if len(line) > 96] == []


def test_the_readme_begins_with_a_photograph():
  (block, *_) = documents.blocks('README.md', 'sh')
  assert 'glcic-jax complete photo.jpg --mask hole.png' in block.text.splitlines()


def test_the_readme_names_both_commands_and_the_second_is_what_is_run_on_each_change():
  blocks = [block.text.split() for block in documents.blocks('README.md', 'sh')]
  assert ['launch/quickstart.sh', 'launch/test.sh'] in blocks
  assert (ROOT / '.ci/run').read_text().splitlines()[-1] == 'exec launch/test.sh'


def test_every_deviation_is_told():
  """As many rows as there are marks in the source; the README says them too."""
  sources = ''.join(path.read_text() for path in (ROOT / 'glcic_jax').rglob('*.py'))
  table = documents.prose('docs/papers.md').partition('## Deviations')[2].partition('##')[0]
  rows = [line for line in table.splitlines() if line.startswith('| ')][1:]
  assert len(rows) == sources.count('Deviation: ')
  readme = (ROOT / 'README.md').read_text()
  assert '-log D in place of log(1 - D)' in readme and 'AlexNet' in readme


def test_the_guide_lists_every_path_of_the_server():
  pytest.importorskip('starlette')
  from glcic_jax.web import limits
  from glcic_jax.web import openapi

  described = openapi.document(['demo'], limits.Limits(), protected=True)['paths']
  listed = re.findall(r'^\| `(?:GET|POST) (\S+)`', documents.prose('docs/page.md'), re.MULTILINE)
  assert set(listed) == set(described) | {'/', '/openapi.json'}


def test_every_page_is_in_the_site_and_its_menu():
  site = yaml.safe_load((ROOT / 'mkdocs.yml').read_text().replace('!!', ''))
  menu = [page for part in site['nav'] for page in _pages(part)]
  assert sorted(menu) == sorted(path.name for path in documents.DOCS.glob('*.md'))


def _pages(part):
  (value,) = part.values()
  return [value] if isinstance(value, str) else [page for one in value for page in _pages(one)]


def test_the_tools_that_the_documents_name_are_there():
  """Each script of launch/ and benchmarks/ that stands in backticks."""
  for page in documents.NAMES:
    for code in documents.inline(page):
      for path in re.findall(r'(?:launch|benchmarks|tests|configs|glcic_jax)/[\w/.]*\.\w+', code):
        assert (ROOT / path).exists() or 'auto_encoder' in path, (page, path)
