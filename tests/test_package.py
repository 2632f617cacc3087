"""What the package says of itself: one version, its papers, the Pythons that it runs on."""

import ast
import configparser
import pathlib
import re

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


def test_the_licences_in_the_package_are_its_own(metadata):
  weights = (ROOT / 'glcic_jax/model_directory/demo/README.md').read_text()
  assert 'CC BY-SA 4.0' in weights
  assert metadata['metadata']['license'] == 'Apache-2.0 AND CC-BY-SA-4.0'


def test_every_library_that_is_always_imported_is_asked_for(metadata):
  # As imported -> as installed, where these differ.
  installed = {'PIL': 'pillow', 'cv2': 'opencv-python-headless', 'absl': 'absl-py'}
  asked = re.findall(r'^[A-Za-z][\w-]*', metadata['options']['install_requires'], re.MULTILINE)
  always = ('absl', 'cv2', 'etils', 'flax', 'jax', 'ml_collections', 'numpy', 'packaging', 'PIL')
  always += ('rich', 'safetensors', 'scipy')
  imported = set()
  for path in (ROOT / 'glcic_jax').rglob('*.py'):
    for node in ast.walk(ast.parse(path.read_text())):
      if isinstance(node, ast.ImportFrom):
        imported.add(node.module.partition('.')[0])
      elif isinstance(node, ast.Import):
        imported |= {alias.name.partition('.')[0] for alias in node.names}
  assert {installed.get(name, name) for name in always} <= set(asked)
  assert set(always) <= imported
