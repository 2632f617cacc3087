"""The model directory: names, round trips, damage, and every meaning of MODEL."""

import hashlib
import json

import jax
import numpy as np
import pytest
import safetensors.numpy

from glcic_jax import errors
from glcic_jax.model_directory import model_files
from glcic_jax.training import loop
from tests import made_up
from tests.test_completer import DESCRIPTION

VARIABLES = {
  'params': {
    'conv1': {'kernel': np.arange(6, dtype=np.float32).reshape(1, 2, 3), 'bias': np.float32([1, 2])}
  },
  'batch_stats': {'norm1': {'mean': np.float32([0.5])}},
}


@pytest.fixture
def folder(tmp_path):
  model_files.write(tmp_path / 'model', VARIABLES, DESCRIPTION)
  return tmp_path / 'model'


def test_a_model_directory_reads_back_as_it_was_written(folder):
  variables, description = model_files.load(folder)
  jax.tree.map(np.testing.assert_array_equal, variables, VARIABLES)
  assert description == DESCRIPTION


def test_names_and_config_are_the_documented_ones(folder):
  names = set(safetensors.numpy.load((folder / 'model.safetensors').read_bytes()))
  assert names == {
    'generator.params.conv1.kernel',
    'generator.params.conv1.bias',
    'generator.batch_stats.norm1.mean',
  }
  config = json.loads((folder / 'config.json').read_text())
  assert config['format_version'] == 1
  assert {
    'method',
    'architecture',
    'value_range',
    'mean_color',
    'image_size',
    'mask',
    'step',
    'versions',
    'sha256',
  } <= set(config)
  assert '8 parameters' in (folder / 'README.md').read_text()


def test_a_directory_from_before_discriminators_and_licences_is_read(folder):
  change(folder, discriminator='gone', source='gone', licence='gone')
  change(folder, detail='gone', hole_radius='gone')
  _, description = model_files.load(folder)
  assert description == DESCRIPTION
  assert (description.discriminator, description.source, description.licence) == (None, '', '')
  assert (description.detail, description.hole_radius) == (0, None)


def test_a_discriminator_lies_beside_the_generator(tmp_path):
  import safetensors.numpy

  model_files.write(
    tmp_path / 'model', VARIABLES, DESCRIPTION, discriminator={'params': VARIABLES['params']}
  )
  names = set(safetensors.numpy.load_file(tmp_path / 'model' / 'model.safetensors'))
  assert 'discriminator.params.conv1.kernel' in names
  jax.tree.map(np.testing.assert_array_equal, model_files.load(tmp_path / 'model')[0], VARIABLES)


def change(folder, **values):
  config = json.loads((folder / 'config.json').read_text()) | values
  (folder / 'config.json').write_text(json.dumps({k: v for k, v in config.items() if v != 'gone'}))


def store(folder, arrays):
  """Other weights, with their digest."""
  content = safetensors.numpy.save(arrays)
  (folder / 'model.safetensors').write_bytes(content)
  change(folder, sha256=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
  'damage, sentence',
  [
    (lambda f: (f / 'model.safetensors').write_bytes(b'x' * 99), 'does not match the digest'),
    (lambda f: (f / 'config.json').write_text('{'), 'is not JSON'),
    (lambda f: change(f, format_version=2), 'upgrade'),
    (lambda f: change(f, format_version='gone'), 'no format_version'),
    (lambda f: change(f, format_version=True), 'no format_version'),
    (lambda f: change(f, format_version=0), 'no format_version'),
    (lambda f: (f / 'config.json').write_text('[' * 100_000), 'is not JSON'),
    (
      lambda f: (f / 'config.json').write_text('{"format_version": ' + '9' * 5_000 + '}'),
      'is not JSON',
    ),
    (lambda f: change(f, mean_color='gone'), 'lacks mean_color'),
    (lambda f: change(f, mean_color='red'), 'values of other kinds'),
    (lambda f: change(f, value_range=[0, 1, 2]), 'values of other kinds'),
    (lambda f: change(f, value_range=[1, 1]), 'values of other kinds'),
    (lambda f: change(f, value_range=[float('nan'), 1]), 'values of other kinds'),
    (lambda f: change(f, mean_color=[float('nan'), 0, 0]), 'values of other kinds'),
    (lambda f: change(f, mean_color=[117, 104, 123]), 'values of other kinds'),
    (lambda f: change(f, image_size='large'), 'values of other kinds'),
    (lambda f: change(f, image_size=True), 'values of other kinds'),
    (lambda f: change(f, image_size=10**12), 'values of other kinds'),
    (lambda f: change(f, step='last'), 'values of other kinds'),
    (lambda f: change(f, method=5), 'values of other kinds'),
    (lambda f: change(f, mask=None), 'values of other kinds'),
    (lambda f: change(f, licence=5), 'values of other kinds'),
    (lambda f: change(f, detail=2), 'values of other kinds'),
    (lambda f: change(f, detail='on'), 'values of other kinds'),
    (lambda f: change(f, hole_radius=[0.2, 0.1]), 'values of other kinds'),
    (lambda f: change(f, hole_radius=0.2), 'values of other kinds'),
    (lambda f: change(f, discriminator='glcic'), 'values of other kinds'),
    (lambda f: change(f, architecture='glcic'), 'values of other kinds'),
    (lambda f: store(f, {'a': np.zeros(1)}), 'cannot be read'),
    (
      lambda f: store(f, {'generator.a': np.zeros(1), 'generator.a.b': np.zeros(1)}),
      'cannot be read',
    ),
    (
      lambda f: store(f, {'generator.a': np.float32([np.nan])}),
      'no network can have .for generator.a.',
    ),
    (lambda f: store(f, {'generator.a': np.int8([1])}), 'no network can have'),
    (lambda f: store(f, {'generator.batch_stats.a.var': np.float32([-1])}), 'no network can have'),
    (lambda f: (f / 'config.json').unlink(), 'is no model'),
  ],
)
def test_damage_gets_a_sentence(folder, damage, sentence):
  damage(folder)
  with pytest.raises(errors.InputError, match=sentence):
    model_files.load(folder)


def test_model_means_a_workdir_a_step_or_a_model_directory(tmp_path, tiny_config, one_device):
  state = loop.train_and_evaluate(tiny_config, tmp_path, batches=made_up.batches(tiny_config))
  expected = jax.tree.map(np.asarray, state.generator.variables)
  for name in ('', 'model', 'checkpoints/6'):
    variables, description = model_files.load(tmp_path / name)
    jax.tree.map(np.testing.assert_array_equal, variables, expected)
    assert description.step == 6
  assert model_files.load(tmp_path / 'checkpoints/4')[1].step == 4
  with pytest.raises(errors.InputError, match='is no model'):
    model_files.load(tmp_path / 'checkpoints/5')


def test_a_flip_of_any_bit_of_a_config_changes_nothing_or_is_refused(folder):
  path = folder / 'config.json'
  good = path.read_bytes()
  refused = 0
  for place in range(8 * len(good)):
    if place % 53 and b'"mean_color"' not in good[place // 8 - 40 : place // 8]:
      continue
    data = bytearray(good)
    data[place // 8] ^= 1 << place % 8
    path.write_bytes(data)
    try:
      assert model_files.load(folder)[1] == DESCRIPTION
    except errors.InputError:
      refused += 1
  assert refused > 200


def test_a_changed_mean_color_is_told_and_older_configs_have_no_digest(folder):
  path = folder / 'config.json'
  config = json.loads(path.read_text())
  config['mean_color'][0] += 0.2
  path.write_text(json.dumps(config))
  with pytest.raises(errors.InputError, match='does not match its own digest'):
    model_files.load(folder)
  del config['config_sha256']
  path.write_text(json.dumps(config))
  assert model_files.load(folder)[1].mean_color == tuple(config['mean_color'])
