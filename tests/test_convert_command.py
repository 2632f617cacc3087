"""convert on the command line: a photograph completed with converted weights, and there and
back again.
"""

import json
import sys

import jax
import numpy as np
from PIL import Image
import pytest
import safetensors.numpy

from glcic_jax.convert import glcic_programs
from glcic_jax.inference import network as network_lib
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.training import loop
from tests import foreign
from tests import foreign_models
from tests import made_up
from tests import torch7_files
from tests.commands import refused
from tests.commands import run


@pytest.fixture
def photograph(tmp_path):
  """A picture of no size that a network likes, and its mask, on the disk."""
  pictures, mask = foreign.pictures((132, 100), 3, rows=1)
  Image.fromarray(pictures[0, :131, :98]).save(tmp_path / 'photo.png')
  Image.fromarray(mask[0, :131, :98, 0] * 255).save(tmp_path / 'hole.png')
  return pictures[0, :131, :98], mask[0, :131, :98, 0] > 0


def complete(capsys, tmp_path, model):
  """The photograph, completed by the network alone, as a whole."""
  code, _, err = run(
    capsys,
    'complete',
    tmp_path / 'photo.png',
    '--mask',
    tmp_path / 'hole.png',
    '--model',
    model,
    '--output',
    tmp_path / 'out.png',
    '--blend',
    'none',
    '--large',
    'whole',
  )
  assert code == 0, err
  return np.asarray(Image.open(tmp_path / 'out.png'))


def source_of(tmp_path, case):
  """A file as its program writes it, or nearly."""
  arrays = foreign.weights(case)
  if case != 'glcic_official':
    return foreign_models.write(tmp_path / 'weights.safetensors', arrays)
  origin = glcic_programs.PROGRAMS[glcic_programs.OFFICIAL]
  network = torch7_files.network(origin.generator({}), arrays, old=True)
  path = tmp_path / 'completionnet_celeba.t7'
  path.write_bytes(
    torch7_files.dump({'model': network, 'mean': torch7_files.tensor(np.float64(foreign.MEAN))})
  )
  return path


@pytest.mark.parametrize('case', ['glcic_official', 'mmagic'])
def test_converted_weights_complete_a_photograph(tmp_path, capsys, photograph, case):
  source = source_of(tmp_path, case)
  code, out, err = run(capsys, 'convert', source, tmp_path / 'model')
  assert (code, err) == (0, '')
  assert str(tmp_path / 'model') in out and 'glcic' in out
  picture, hole = photograph
  result = complete(capsys, tmp_path, tmp_path / 'model')
  np.testing.assert_array_equal(result[~hole], picture[~hole])
  whole = np.pad(picture, ((0, 1), (0, 2), (0, 0)), mode='reflect')[None]
  mask = np.pad(hole, ((0, 1), (0, 2)), mode='reflect')[None, ..., None].astype(np.uint8)
  painted, _ = foreign_models.paint(tmp_path / 'model', whole, mask)
  expected = np.clip(painted[0, :131, :98] * 255, 0, 255)
  assert abs(result[hole] - expected[hole]).max() < 0.51  # the rounding, and no more
  assert expected[hole].std() > 5


def test_a_centre_context_encoder_completes_a_photograph(tmp_path, capsys):
  source = source_of(tmp_path, 'center_100')
  assert run(capsys, 'convert', source, tmp_path / 'model')[0] == 0
  pictures, mask = foreign.pictures((128, 128), 3, rows=1)
  Image.fromarray(pictures[0]).save(tmp_path / 'photo.png')
  Image.fromarray(mask[0, ..., 0] * 255).save(tmp_path / 'hole.png')
  result, hole = complete(capsys, tmp_path, tmp_path / 'model'), mask[0, ..., 0] > 0
  painted, _ = foreign_models.paint(tmp_path / 'model', pictures, mask)
  expected = np.pad(painted[0] * 255, ((32, 32), (32, 32), (0, 0)))
  np.testing.assert_array_equal(result[~hole], pictures[0][~hole])
  assert abs(result[hole] - expected[hole]).max() < 0.51


def test_the_mean_colour_beside_the_weights_or_given_is_used(tmp_path, capsys):
  (tmp_path / 'phase_3').mkdir()
  arrays = foreign.weights('otenim')
  source = foreign_models.write(tmp_path / 'phase_3' / 'model_cn_step400000', arrays)
  assert '--mean-color' in refused(capsys, 'convert', source, tmp_path / 'model')
  (tmp_path / 'config.json').write_text(json.dumps({'mpv': [0.1, 0.2, 0.3], 'cn_input_size': 128}))
  for extra, expected, size in (
    ((), (0.1, 0.2, 0.3), 128),
    (('--mean-color', '0.4,0.5,0.6', '--image-size', '96'), (0.4, 0.5, 0.6), 96),
  ):
    assert run(capsys, 'convert', source, tmp_path / 'model', *extra)[0] == 0
    _, description = model_files.load(tmp_path / 'model')
    assert (description.mean_color, description.image_size) == (expected, size)


@pytest.mark.parametrize(
  'arguments, sentence',
  [
    (('missing.t7', 'model'), 'There is no file'),
    (('.', 'model'), 'is a folder'),
    (('empty.pth', 'model'), 'none of the files that can be converted'),
    (('text.txt', 'model'), 'none of the files that can be converted'),
    (('cut.safetensors', 'model'), 'cannot be read as .safetensors'),
    (('cut.t7', 'model'), 'damaged'),
    (('list.t7', 'model'), 'table without a model'),
    (('good.safetensors', 'text.txt'), 'is a file'),
    (('good.safetensors', 'other'), 'holds other files'),
    (('good.safetensors', 'model', '--mean-color', '1,2,3'), "--mean-color is '1,2,3'"),
    (('good.safetensors', 'model', '--mean-color', 'red'), "--mean-color is 'red'"),
    (('good.safetensors', 'model', '--image-size', '-4'), "--image-size is '-4'"),
    (('center.safetensors', 'model', '--discriminator', 'missing.pth'), 'There is no file'),
    (('center.safetensors', 'model', '--overlap', '32'), '--overlap is 32; give 0 to 31'),
    (('center.safetensors', 'model', '--overlap', 'some'), "--overlap is 'some'"),
    (('missing', 'out.pth', '--to', 'pytorch'), 'is no model'),
    (('missing', 'deep/out.pth', '--to', 'pytorch'), 'There is no folder'),
    (('missing', 'other', '--to', 'pytorch'), 'is no name for a file of PyTorch'),
    (('missing', 'out.t7', '--to', 'pytorch'), 'is no name for a file of PyTorch'),
    (('missing', 'out.pth', '--to', 'pytorch', '--overlap', '4'), '--overlap is not for'),
    (('missing', 'out.pth', '--to', 'pytorch', '--mean-color', '1,1,1'), '--mean-color is not for'),
  ],
)
def test_wrong_usage_gets_a_sentence(tmp_path, capsys, arguments, sentence):
  (tmp_path / 'empty.pth').write_bytes(b'')
  (tmp_path / 'text.txt').write_text('weights')
  whole = source_of(tmp_path, 'otenim').read_bytes()
  (tmp_path / 'good.safetensors').write_bytes(whole)
  (tmp_path / 'cut.safetensors').write_bytes(whole[:-1])
  (tmp_path / 'center.safetensors').write_bytes(source_of(tmp_path, 'center_100').read_bytes())
  (tmp_path / 'cut.t7').write_bytes(torch7_files.dump({'model': 1})[:-1])
  (tmp_path / 'list.t7').write_bytes(torch7_files.dump({1: 2}))
  (tmp_path / 'other').mkdir()
  (tmp_path / 'other' / 'README.md').write_text('mine')
  names_ = [
    part if part.startswith('-') or index > 1 and not part.endswith('.pth') else tmp_path / part
    for index, part in enumerate(arguments)
  ]
  before = sorted(tmp_path.rglob('*'))
  assert sentence in refused(capsys, 'convert', *names_)
  assert sorted(tmp_path.rglob('*')) == before


def test_no_file_that_is_not_a_models_is_replaced(tmp_path, capsys):
  """A folder of another program may hold files of the same names."""
  folder = tmp_path / 'theirs'
  folder.mkdir()
  source = folder / 'model.safetensors'
  source.write_bytes(source_of(tmp_path, 'center_100').read_bytes())
  (folder / 'README.md').write_text('theirs')
  before = {path: path.read_bytes() for path in folder.iterdir()}
  assert 'give a new folder' in refused(capsys, 'convert', source, folder)
  assert {path: path.read_bytes() for path in folder.iterdir()} == before
  assert run(capsys, 'convert', source, tmp_path / 'model')[0] == 0
  written = (tmp_path / 'model' / 'model.safetensors').read_bytes()
  assert 'one no longer' in refused(
    capsys,
    'convert',
    tmp_path / 'model',
    tmp_path / 'model' / 'model.safetensors',
    '--to',
    'pytorch',
  )
  assert (tmp_path / 'model' / 'model.safetensors').read_bytes() == written
  (tmp_path / 'model' / 'config.json').unlink()  # as where the disk was full before it was written
  assert run(capsys, 'convert', source, tmp_path / 'model')[0] == 0


def there_and_back(tmp_path, capsys, model, name):
  """A model directory -> a file for PyTorch -> another model directory, of which all is the
  same.
  """
  code, out, err = run(capsys, 'convert', model, tmp_path / name, '--to', 'pytorch')
  assert code == 0, err
  written = out.strip()
  code, _, err = run(capsys, 'convert', written, tmp_path / 'again')
  assert code == 0, err
  (first, described), (second, again) = (
    model_files.load(folder) for folder in (model, tmp_path / 'again')
  )
  jax.tree.map(np.testing.assert_array_equal, first, second)
  assert again == described
  return written


def test_a_trained_glcic_goes_to_pytorch_and_back(tmp_path, capsys, tiny_config, one_device):
  tiny_config.schedule.total_steps = tiny_config.schedule.reconstruction_steps = 1
  tiny_config.schedule.discriminator_steps = 0
  tiny_config.validation.every = 0
  loop.train_and_evaluate(tiny_config, tmp_path / 'run', batches=made_up.batches(tiny_config))
  capsys.readouterr()
  written = there_and_back(tmp_path, capsys, tmp_path / 'run' / 'model', 'net.safetensors')
  held = safetensors.numpy.load_file(written)
  assert {name.split('.')[0] for name in held} == {
    str(number) for number in range(49) if number % 3 != 2
  }
  assert held['36.weight'].shape == (16, 8, 4, 4)  # transposed: inputs first


OPTIONS = {
  'image_size': 32,
  'patch_size': 16,
  'overlap': 2,
  'bottleneck': 'convolution',
  'bottleneck_features': 160,
  'width': 1 / 16,
}


def model_of(folder, name, options, **fields):
  """A model directory of random weights."""
  architecture = {'name': name, 'options': options}
  network = architectures.build_generator(architecture)
  side = network_lib.side(network) or 16
  image = np.zeros((1, side, side, 3), np.float32)
  rng = np.random.default_rng(0)
  shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), image, image[..., :1]))
  variables = jax.tree.map(lambda leaf: rng.random(leaf.shape, np.float32), shapes)
  model_files.write(
    folder,
    variables,
    model_files.Description(
      method='glcic',
      architecture=architecture,
      value_range=(0.0, 1.0),
      mean_color=(0.1, 0.2, 0.3),
      image_size=side,
      mask={'kind': 'center'},
      step=5,
      versions={},
      **fields,
    ),
  )
  return folder


@pytest.mark.parametrize(
  'name, options, first',
  [
    ('context_encoder', OPTIONS, '0.0.weight'),
    ('context_encoder', OPTIONS | {'noise_features': 3}, '0.0.0.weight'),
    ('context_encoder', OPTIONS | {'biases': False, 'patch_size': 32}, 'main_encode.0.weight'),
    ('glcic', {'width': 1 / 16, 'dilated': False}, '0.weight'),
    ('glcic', {'width': 1 / 16, 'relu_first': True}, 'conv1.weight'),
    (
      'glcic',
      {'width': 1 / 16, 'hidden_biases': False, 'channel_order': 'bgr'},
      'generator.encoder.enc1.conv.weight',
    ),
  ],
)
def test_every_network_that_a_program_has_goes_there_and_back(
  tmp_path, capsys, name, options, first
):
  model = model_of(tmp_path / 'model', name, options, licence='CC0', source='somewhere')
  written = there_and_back(tmp_path, capsys, model, 'net.safetensors')
  assert first in safetensors.numpy.load_file(written)


@pytest.mark.parametrize(
  'name, options',
  [
    ('context_encoder', OPTIONS | {'bottleneck': 'channelwise'}),
    ('context_encoder_alexnet', {'width': 1 / 64}),
  ],
)
def test_a_network_that_no_released_code_has_is_refused(tmp_path, capsys, name, options):
  model = model_of(tmp_path / 'model', name, options)
  assert 'no released code' in refused(
    capsys, 'convert', model, tmp_path / 'out.pth', '--to', 'pytorch'
  )
  assert not (tmp_path / 'out.pth').exists()


def test_a_note_that_is_not_understood_is_refused(tmp_path, capsys):
  arrays = foreign.weights('otenim')
  good = {
    'layout': 'otenim',
    'method': 'glcic',
    'architecture': {'name': 'glcic', 'options': {'relu_first': True}},
    'value_range': [0, 1],
    'mean_color': [0, 0, 0],
    'image_size': 32,
    'mask': {},
    'step': 0,
    'versions': {},
  }
  other = (
    {'architecture': {'name': 'glcic', 'options': {'width': 'wide'}}},
    {'layout': 'other'},
    {'mean_color': 3},
  )
  path = tmp_path / 'a.safetensors'
  for note in ('{', '[]', '{}', *(json.dumps(good | change) for change in other)):
    path.write_bytes(safetensors.numpy.save(arrays, metadata={'glcic_jax': note}))
    assert 'upgrade glcic_jax' in refused(capsys, 'convert', path, tmp_path / 'model')
  path.write_bytes(safetensors.numpy.save(arrays, metadata={'glcic_jax': json.dumps(good)}))
  assert 'does not fit the network' in refused(capsys, 'convert', path, tmp_path / 'model')


def test_without_torch_its_files_are_refused_both_ways_and_no_other_is_written(
  tmp_path, capsys, monkeypatch
):
  monkeypatch.setitem(sys.modules, 'torch', None)  # as if it were not installed
  (tmp_path / 'a.pth').write_bytes(b'PK\x03\x04')
  assert "pip install 'glcic_jax[convert]'" in refused(
    capsys, 'convert', tmp_path / 'a.pth', tmp_path / 'model'
  )
  model = model_of(tmp_path / 'model', 'glcic', {'width': 1 / 64})
  weights = (model / 'model.safetensors').read_bytes()
  sentence = refused(capsys, 'convert', model, model / 'model.pth', '--to', 'pytorch')
  assert sentence.endswith('or give a name that ends in .safetensors.\n')
  assert not (model / 'model.pth').exists()
  assert (model / 'model.safetensors').read_bytes() == weights  # which had been replaced
  code, out, _ = run(capsys, 'convert', model, tmp_path / 'out.SAFETENSORS', '--to', 'pytorch')
  assert (code, out.strip()) == (0, str(tmp_path / 'out.SAFETENSORS'))
