"""A pipe where a file of ours should be: named at once, instead of waited for."""

import os

import pytest

from glcic_jax import cli
from glcic_jax import errors
from glcic_jax import files
from glcic_jax.evaluation import features
from glcic_jax.model_directory import model_files
from glcic_jax.training import metrics
from tests import made_workdir
from tests.test_completer import DESCRIPTION
from tests.test_model_files import VARIABLES


def put_pipe(path):
  path.unlink(missing_ok=True)
  os.mkfifo(path)


@pytest.mark.parametrize('name', ['config.json', 'model.safetensors'])
def test_in_a_model_directory(tmp_path, name):
  model_files.write(tmp_path, VARIABLES, DESCRIPTION)
  put_pipe(tmp_path / name)
  with pytest.raises(errors.InputError, match=f'{name} is a pipe; give a file'):
    model_files.load(tmp_path)


def test_an_endless_device_as_weights(tmp_path):
  model_files.write(tmp_path, VARIABLES, DESCRIPTION)
  (tmp_path / 'model.safetensors').unlink()
  (tmp_path / 'model.safetensors').symlink_to('/dev/zero')
  with pytest.raises(errors.InputError, match='is a device'):
    model_files.load(tmp_path)


@pytest.mark.parametrize('name', ['config.json', 'metrics.csv'])
def test_in_a_workdir(tmp_path, capsys, name):
  tmp_path = made_workdir.make(tmp_path / 'run')
  put_pipe(tmp_path / name)
  assert cli.main(['report', str(tmp_path)]) == 2
  assert f'{name} is a pipe' in capsys.readouterr().err
  if name == 'metrics.csv':
    with pytest.raises(errors.InputError, match='is a pipe'):
      metrics.Table(tmp_path / name, until=6)


def test_as_a_source_of_weights(tmp_path, capsys):
  put_pipe(tmp_path / 'a.pth')
  assert cli.main(['convert', str(tmp_path / 'a.pth'), str(tmp_path / 'model')]) == 2
  assert 'a.pth is a pipe' in capsys.readouterr().err
  assert not (tmp_path / 'model').exists()


def test_as_an_estimate(tmp_path, capsys):
  tmp_path = made_workdir.make(tmp_path / 'run')
  put_pipe(tmp_path / 'estimate.json')
  arguments = ['report', str(tmp_path), '--estimate', str(tmp_path / 'estimate.json')]
  assert cli.main(arguments) == 2
  assert 'estimate.json is a pipe' in capsys.readouterr().err


def test_as_weights_of_a_feature_network(tmp_path):
  put_pipe(tmp_path / 'alexnet-owt-7be5be79.pth')
  with pytest.raises(errors.InputError, match='is a pipe'):
    features.is_whole(str(tmp_path / 'alexnet-owt-7be5be79.pth'))


def test_as_a_manifest(tmp_path, capsys):
  made_workdir.write_samples(tmp_path, 1)
  put_pipe(tmp_path / 'manifest.json')
  arguments = ['evaluate', '--model', 'telea', '--images', str(tmp_path), '--output']
  arguments += [str(tmp_path / 'out'), '--manifest', str(tmp_path / 'manifest.json')]
  assert cli.main(arguments) == 2
  assert not (tmp_path / 'out').exists()
  assert 'manifest.json is a pipe' in capsys.readouterr().err


def test_as_a_result_it_stays_and_is_no_file(tmp_path, capsys):
  (tmp_path / 'null').symlink_to('/dev/null')
  put_pipe(tmp_path / 'out.png')
  for name in ('null', 'out.png'):
    before = os.lstat(tmp_path / name)
    with pytest.raises(errors.InputError, match=f'{name} is a (pipe|device); give a file'):
      files.write(tmp_path / name, b'data')
    assert os.lstat(tmp_path / name).st_ino == before.st_ino
  made_workdir.write_samples(tmp_path, 1)
  picture = tmp_path / 'samples' / '00000001.png'
  arguments = ['complete', picture, '--mask', picture, '--output', tmp_path / 'out.png']
  assert cli.main(list(map(str, arguments))) == 2
  assert 'out.png is a pipe' in capsys.readouterr().err
