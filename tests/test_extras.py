"""What the package holds and asks for; what is not installed is named with its extra."""

import configparser
import pathlib
import re
import runpy
import sys

import pytest

from glcic_jax import errors
from glcic_jax import training
from glcic_jax.cli import extras
from tests import commands

ROOT = pathlib.Path(__file__).parent.parent


def declared():
  """Extra -> its requirements, as setup.cfg has them."""
  setup = configparser.ConfigParser()
  setup.read(ROOT / 'setup.cfg')
  return dict(setup['options.extras_require'])


def test_a_command_names_the_extra_that_it_needs(monkeypatch, capsys, tmp_path):
  monkeypatch.setitem(sys.modules, 'optax', None)
  for module in ('loop', 'method'):
    monkeypatch.delitem(sys.modules, f'glcic_jax.training.{module}', raising=False)
    monkeypatch.delattr(training, module, raising=False)
  sentence = commands.refused(capsys, 'train', '--config', 'quickstart', '--workdir', tmp_path)
  assert sentence == (
    'glcic-jax: train needs optax, which is not installed; install it by pip install '
    "'glcic_jax[train]' (in a clone: '.[train]').\n"
  )


def test_how_an_extra_is_installed_is_said_in_one_way():
  assert errors.install('web') == "pip install 'glcic_jax[web]' (in a clone: '.[web]')"
  for path in (ROOT / 'glcic_jax').rglob('*.py'):
    own = re.findall(r"(?<!`)pip install '", path.read_text())  # but in docstrings
    assert len(own) == (path.name == 'errors.py'), path


@pytest.mark.parametrize('library', extras._EXTRAS)
def test_the_extra_that_is_named_brings_the_library(library):
  other_names = {
    'skimage': 'scikit-image',
    'orbax': 'orbax-checkpoint',
    'fsspec': 'etils[epath-gcs]',
    'gcsfs': 'etils[epath-gcs]',
  }
  name = other_names.get(library, library)
  required = declared()[extras._EXTRAS[library]].replace('_', '-')
  assert name.replace('_', '-') in required
  error = ModuleNotFoundError(f'No module named {library!r}', name=f'{library}.inner')
  assert f'[{extras._EXTRAS[library]}]' in extras.sentence('export', error)


def test_a_module_that_no_extra_brings_is_a_fault_of_ours():
  assert extras.sentence('train', ModuleNotFoundError(name='glcic_jax.nothing')) == ''


def test_training_alone_brings_no_tensorflow():
  extra = declared()
  assert 'tensorflow' not in extra['train'] and 'clu' not in extra['train'].split()
  assert extra['tf'].strip() == 'glcic_jax[train-tf]'
  assert all(name in extra['train-tf'] for name in ('clu', 'tensorflow-cpu', 'glcic_jax[tfds]'))


def test_the_package_holds_every_room_and_the_configs(monkeypatch):
  setuptools = pytest.importorskip('setuptools', reason='it builds the package')
  given = {}
  monkeypatch.setattr(setuptools, 'setup', given.update)
  monkeypatch.chdir(ROOT)
  runpy.run_path('setup.py')
  folders = {path.parent.relative_to(ROOT) for path in (ROOT / 'glcic_jax').rglob('*.py')}
  rooms = {'.'.join(folder.parts) for folder in folders}
  assert set(given['packages']) == {*rooms, 'glcic_jax.configs'}
  assert given['package_dir'] == {'glcic_jax.configs': 'configs'}
