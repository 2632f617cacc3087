"""What the package says of itself: one version, its papers, the Pythons that it runs on."""

import ast
import configparser
import importlib.metadata
import pathlib
import re
import subprocess
import sys

import pytest

import glcic_jax

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope='module')
def metadata():
  setup = configparser.ConfigParser()
  setup.read(ROOT / 'setup.cfg')
  return setup


def test_the_newest_change_and_the_citation_are_of_this_version(metadata):
  version, date = re.search(
    r'^## (\S+) - (\d{4}-\d\d-\d\d)$', (ROOT / 'CHANGELOG.md').read_text(), re.MULTILINE
  ).groups()
  citation = (ROOT / 'CITATION.cff').read_text()
  assert version == glcic_jax.__version__
  assert f'\nversion: {version}\ndate-released: "{date}"\n' in citation
  assert metadata['metadata']['version'] == 'attr: glcic_jax.__version__'


def test_both_papers_are_cited():
  yaml = pytest.importorskip('yaml', reason='CITATION.cff is YAML')
  papers = yaml.safe_load((ROOT / 'CITATION.cff').read_text())['references']
  told = [
    (paper['doi'], paper['year'], [author['family-names'] for author in paper['authors']])
    for paper in papers
  ]
  assert told == [
    ('10.1145/3072959.3073659', 2017, ['Iizuka', 'Simo-Serra', 'Ishikawa']),
    ('10.1109/CVPR.2016.278', 2016, ['Pathak', 'Krähenbühl', 'Donahue', 'Darrell', 'Efros']),
  ]


def test_the_pythons_that_are_named_are_those_that_are_allowed(metadata):
  named = re.findall(r'Python :: 3\.(\d+)', metadata['metadata']['classifiers'])
  lowest = metadata['options']['python_requires'].removeprefix('>=3.')
  assert named == [str(minor) for minor in range(int(lowest), int(lowest) + len(named))]
  told = subprocess.run(
    ['bash', ROOT / 'launch/test.sh', '--help'], capture_output=True, text=True, check=True
  ).stdout
  must_pass = told[told.index('Python 3.') :].partition('must pass')[0]
  assert re.findall(r'3\.(\d\d)', must_pass) == named


def test_the_licences_in_the_package_are_its_own(metadata):
  weights = (ROOT / 'glcic_jax/model_directory/demo/README.md').read_text()
  assert 'CC BY-SA 4.0' in weights
  assert metadata['metadata']['license_expression'] == 'Apache-2.0 AND CC-BY-SA-4.0'


def test_every_library_that_is_imported_is_asked_for_somewhere(metadata):
  lists = [metadata['options']['install_requires'], *metadata['options.extras_require'].values()]
  asked = {
    name.replace('_', '-').lower()
    for lines in lists
    for name in re.findall(r'^[A-Za-z][\w-]*', lines, re.MULTILINE)
  }
  # As imported -> as asked for, where no name says it: parts of others, and what an extra of
  # another brings.
  brought = {'gcsfs': 'etils', 'fsspec': 'etils', 'h11': 'uvicorn', 'jaxlib': 'jax'}
  distributions = importlib.metadata.packages_distributions()
  for path in (ROOT / 'glcic_jax').rglob('*.py'):
    for library in third_party(ast.parse(path.read_text())):
      names = [brought.get(library, library), *distributions.get(library, ())]
      assert {name.replace('_', '-').lower() for name in names} & asked, (path, library)


def third_party(tree):
  """The libraries that a file imports, but for Python's own and ours."""
  for node in ast.walk(tree):
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else ()
    names = [node.module] if isinstance(node, ast.ImportFrom) else names
    for name in names:
      library = name.partition('.')[0]
      if library not in sys.stdlib_module_names and library not in ('glcic_jax', 'configs'):
        yield library
