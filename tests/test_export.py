"""Exported functions: the picture of `complete`, any size and platform, both kinds of weights,
ONNX, wrong input.
"""

import dataclasses
import importlib.util
import subprocess
import sys

import jax
from jax import export as jax_export
import jax.numpy as jnp
import numpy as np
from PIL import Image
import pytest

from glcic_jax import Completer
from glcic_jax import errors
from glcic_jax.inference import export
from glcic_jax.inference import network
from glcic_jax.inference import run_exported
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from tests import commands
from tests import fakes
from tests.test_completer import DESCRIPTION
from tests.test_completer import random_case

CENTER = {
  'name': 'context_encoder',
  'options': {'image_size': 32, 'patch_size': 16, 'overlap': 2, 'width': 1 / 16},
}
RELEASE = {
  'name': 'context_encoder',
  'options': {
    'image_size': 32,
    'patch_size': 32,
    'width': 1 / 16,
    'noise_features': 4,
    'bottleneck': 'convolution',
    'bottleneck_features': 100,
  },
}


@pytest.fixture(scope='module')
def model(tmp_path_factory):
  folder = tmp_path_factory.mktemp('models') / 'model'
  generator, image = (
    architectures.build_generator(DESCRIPTION.architecture),
    jnp.zeros((1, 32, 32, 3)),
  )
  shapes = jax.eval_shape(lambda: generator.init(jax.random.key(0), image, image[..., :1]))
  variables = fakes.random_leaves(shapes)
  variables['params']['conv17']['kernel'] *= 100  # its outputs spread over the whole range
  model_files.write(folder, variables, DESCRIPTION)
  return folder


@pytest.fixture(scope='module')
def completer(model):
  return Completer.from_pretrained(model)


def context_encoder(architecture):
  """A Context Encoder with weights as after some training."""
  generator = architectures.build_generator(architecture)
  image = jnp.zeros((1, 32, 32, 3))
  shapes = jax.eval_shape(lambda: generator.init(jax.random.key(0), image, image[..., :1]))
  return Completer(
    fakes.random_leaves(shapes),
    dataclasses.replace(DESCRIPTION, architecture=architecture, value_range=(-1.0, 1.0)),
  )


@pytest.fixture(scope='module')
def exported(tmp_path_factory, completer):
  """The path of an export with its weights in it, for all platforms."""
  path = tmp_path_factory.mktemp('exported') / 'model.stablehlo'
  export.write(completer, path)
  return path


def cases(height, width, count=2):
  """Random pictures with holes: `[B, H, W, 3]` uint8, `[B, H, W, 1]` uint8."""
  images, masks = zip(*(random_case(height, width, seed=seed) for seed in range(count)))
  return np.stack([np.asarray(image) for image in images]), np.stack(masks)[..., None].astype(
    np.uint8
  )


def raw_output(completer, image, mask):
  """What the network says, on the scale 0..255."""
  run = jax.jit(network.function(completer.generator, completer.description))
  return np.asarray(run(completer.variables, image.astype(np.float32), mask))


def call(path, *arguments):
  return np.asarray(jax_export.deserialize(bytearray(path.read_bytes())).call(*arguments))


@pytest.mark.parametrize('size', [(4, 8), (32, 40)])
def test_the_export_is_the_network_before_rounding_at_any_size(exported, completer, size):
  image, mask = cases(*size)
  found = call(exported, image, mask)
  assert found.dtype == np.float32
  hole = mask[..., 0] > 0
  raw = raw_output(completer, image, mask)
  assert np.abs(found - raw)[hole].max() / 255 < 1e-5
  assert raw[hole].std() > 10
  np.testing.assert_array_equal(found[~hole], image[~hole])


def test_the_program_beside_it_needs_jax_alone_and_gives_the_picture_of_complete(
  tmp_path, completer, exported
):
  image, mask = random_case(33, 42)
  image.save(tmp_path / 'photo.png')
  paint = np.zeros((33, 42, 4), np.uint8)
  paint[mask, 3] = 255
  Image.fromarray(paint).save(tmp_path / 'hole.png')  # black on nothing
  export.write(completer, tmp_path / 'model.stablehlo', weights='separate')
  program = """
import runpy, sys
for name in ('glcic_jax', 'flax', 'safetensors', 'etils', 'scipy.ndimage'):
  sys.modules[name] = None
sys.argv = ['model_run.py', 'model.stablehlo', 'photo.png', 'hole.png', 'completed.png']
runpy.run_path('model_run.py', run_name='__main__')
"""
  done = subprocess.run(
    [sys.executable, '-I', '-c', program], cwd=tmp_path, capture_output=True, text=True
  )
  assert done.returncode == 0, done.stderr
  assert done.stderr.startswith('hole.png: it is painted in one colour on nothing')
  expected = np.asarray(completer(image, mask, large='whole', blend='none'))
  with Image.open(tmp_path / 'completed.png') as result:
    np.testing.assert_array_equal(np.asarray(result), expected)
  baked = run_exported.load(str(exported))
  np.testing.assert_array_equal(
    baked(np.asarray(image)[None], mask[None, ..., None].astype(np.uint8))[0], expected
  )


def test_the_program_is_short_but_for_what_decides_on_masks():
  assert len(export._RUNNER.read_text().splitlines()) < 115


@pytest.mark.parametrize('white', [1, 7, 255, True])
def test_whatever_is_over_0_is_the_hole(exported, completer, white):
  image, mask = cases(16, 20)
  expected = call(exported, image, mask)
  given = mask * white if white is not True else mask > 0
  np.testing.assert_array_equal(call(exported, image, given.astype(np.uint8)), expected)
  np.testing.assert_array_equal(
    run_exported.load(str(exported))(image, given), np.round(expected).astype(np.uint8)
  )


def test_the_program_of_an_earlier_version_is_replaced(tmp_path, completer):
  program = tmp_path / 'model_run.py'
  program.write_text(
    '"""Completes a picture by an exported model: needs jax, flatbuffers and numpy'
  )
  export.write(completer, tmp_path / 'model.stablehlo')
  assert program.read_bytes() == export.program()


def test_separate_weights_are_the_files_and_the_program_holds_none(tmp_path, completer, exported):
  export.write(completer, tmp_path / 'model.stablehlo', weights='separate')
  image, mask = cases(16, 16)
  weights = run_exported.read_weights(str(tmp_path / 'model.stablehlo.safetensors'))
  found = call(tmp_path / 'model.stablehlo', weights, image, mask)
  np.testing.assert_allclose(found, call(exported, image, mask), atol=2e-3)
  black = {name: value * 0 for name, value in weights.items()}
  assert (call(tmp_path / 'model.stablehlo', black, image, mask)[mask[..., 0] > 0] == 127.5).all()
  assert (tmp_path / 'model.stablehlo').stat().st_size < exported.stat().st_size - 50_000


def test_one_file_is_for_every_platform_unless_fewer_are_asked_for(tmp_path, completer, exported):
  assert jax_export.deserialize(bytearray(exported.read_bytes())).platforms == (
    'cpu',
    'cuda',
    'tpu',
  )
  export.write(completer, tmp_path / 'model.stablehlo', platforms=['tpu'])
  only = jax_export.deserialize(bytearray((tmp_path / 'model.stablehlo').read_bytes()))
  assert only.platforms == ('tpu',)
  with pytest.raises(ValueError, match='platform'):
    only.call(*cases(16, 16))


def test_what_this_jax_cannot_read_is_refused_in_a_sentence(tmp_path, exported):
  function = jax_export.deserialize(bytearray(exported.read_bytes()))
  later = function.mlir_module_serialized[:-5000]
  path = tmp_path / 'later.stablehlo'
  path.write_bytes(dataclasses.replace(function, mlir_module_serialized=later).serialize())
  (tmp_path / 'none.stablehlo').write_bytes(b'no export at all')
  for name in ('later', 'none'):
    with pytest.raises(ValueError, match=f'{name}.stablehlo is damaged, or of a later jax than'):
      run_exported.load(str(tmp_path / f'{name}.stablehlo'))


def test_a_size_that_is_no_multiple_of_four_is_refused(exported):
  with pytest.raises(ValueError, match='h'):
    call(exported, *cases(30, 32))


@pytest.mark.parametrize('architecture', [CENTER, RELEASE], ids=['center', 'release'])
def test_a_context_encoder_takes_any_batch_of_its_own_side(tmp_path, architecture):
  own = context_encoder(architecture)
  path = tmp_path / 'model.stablehlo'
  export.write(own, path)
  image, _ = cases(32, 32, 3)
  mask = np.zeros((3, 32, 32, 1), np.uint8)
  mask[:, 12:20, 11:21] = 1
  complete = run_exported.load(str(path))
  expected = [own(*pair, large='whole', blend='none') for pair in zip(image, mask)]
  np.testing.assert_array_equal(complete(image, mask), np.stack(expected))
  with pytest.raises(ValueError, match='this model takes 32x32 px, and the picture has 32x28'):
    complete(image[:, :28], mask[:, :28])
  mask[1, 0, 0] = 1
  if architecture is CENTER:
    with pytest.raises(ValueError, match='only the middle'):
      complete(image, mask)
  else:
    assert (complete(image, mask)[1, 0, 0] != expected[1][0, 0]).any()


def run(capsys, *arguments):
  """Exit code, stdout, stderr of `export`."""
  return commands.run(capsys, 'export', *arguments)


def test_the_command_names_what_it_wrote(tmp_path, capsys, model):
  arguments = ('--model', model, '--output', tmp_path / 'out.bin')
  code, out, err = run(capsys, *arguments, '--weights', 'separate')
  names = ['out.bin.safetensors', 'out_run.py', 'out.bin']
  assert code == 0 and 'the network alone' in err and len(err.splitlines()) == 1
  assert out.splitlines() == [str(tmp_path / name) for name in names]
  assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
  assert run(capsys, *arguments)[0] == 0  # its own program may be replaced


@pytest.mark.parametrize(
  'arguments, sentence',
  [
    (['--output', 'deep/model.stablehlo'], 'There is no folder'),
    (['--output', '.'], 'is a folder'),
    (['--output', 'model.safetensors'], 'by the name of something else'),
    (['--output', 'config.json'], 'by the name of something else'),
    (['--output', 'taken.stablehlo'], 'taken_run.py is there already'),
    (['--output', 'a.stablehlo', '--platforms', 'cpu,gpu'], "platform 'gpu' is unknown"),
    (['--output', 'a.stablehlo', '--platforms', ','], "platform '' is unknown"),
    (['--output', 'a.onnx', '--weights', 'separate'], 'leave --weights and --platforms out'),
    (['--output', 'a.stablehlo', '--model', 'nowhere/at/all'], 'is no model'),
  ],
)
def test_wrong_input_gets_a_sentence_and_leaves_nothing(
  tmp_path, monkeypatch, capsys, model, arguments, sentence
):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'taken_run.py').write_text('print("mine")\n')
  given = () if '--model' in arguments else ('--model', model)
  code, out, err = run(capsys, *given, *arguments)
  assert code == 2 and out == ''
  assert sentence in err and len(err.splitlines()) == 1
  assert [path.name for path in tmp_path.iterdir()] == ['taken_run.py']
  assert (tmp_path / 'taken_run.py').read_text() == 'print("mine")\n'


def test_separate_weights_are_not_written_over_a_model(tmp_path, capsys, model):
  own = tmp_path / 'own'
  own.mkdir()
  for file in model.iterdir():
    (own / file.name).write_bytes(file.read_bytes())
  code, _, err = run(capsys, '--model', own, '--output', own / 'model', '--weights', 'separate')
  assert code == 2 and 'over those of the model' in err
  assert {file.name: file.read_bytes() for file in own.iterdir()} == {
    file.name: file.read_bytes() for file in model.iterdir()
  }


def test_weights_that_do_not_fit_into_one_file_are_refused(tmp_path):
  with pytest.raises(errors.InputError, match='take 3.0 GiB.*--weights separate'):
    export._check(export.epath.Path(tmp_path / 'a'), 'stablehlo', 'baked', ('cpu',), 3 * 2**30)


@pytest.mark.skipif(
  importlib.util.find_spec('jax2onnx') is not None, reason='jax2onnx is installed'
)
def test_without_its_extra_onnx_says_what_to_install(tmp_path, capsys, model):
  code, _, err = run(capsys, '--model', model, '--output', tmp_path / 'model.onnx')
  assert code == 2 and "pip install 'glcic_jax[onnx]'" in err
  assert not list(tmp_path.iterdir())


@pytest.mark.skipif(
  importlib.util.find_spec('jax2onnx') is None, reason='jax2onnx is not installed'
)
@pytest.mark.filterwarnings('default')  # its own, of many kinds
def test_onnx_is_the_network_at_any_size(tmp_path, completer):
  import onnxruntime

  export.write(completer, tmp_path / 'model.onnx', file_format='onnx')
  session = onnxruntime.InferenceSession(tmp_path / 'model.onnx')
  for size in ((4, 8), (32, 40), (64, 20)):
    image, mask = cases(*size)
    (found,) = session.run(['completed'], {'image': image, 'mask': mask})
    raw = raw_output(completer, image, mask)
    hole = mask[..., 0] > 0
    assert np.abs(found - raw)[hole].max() / 255 < 1e-4
    np.testing.assert_array_equal(found[~hole], image[~hole])
    (again,) = session.run(['completed'], {'image': image, 'mask': 255 * mask})
    np.testing.assert_array_equal(again, found)
  image, mask = cases(30, 42)  # the program beside it takes sides that are no multiples of 4
  assert (tmp_path / 'model_run.py').read_bytes() == export.program()
  expected = [completer(*pair, large='whole', blend='none') for pair in zip(image, mask)]
  found = run_exported.load(str(tmp_path / 'model.onnx'))(image, 255 * mask)
  assert np.abs(found.astype(int) - np.stack(expected)).max() <= 1
  with pytest.raises(ValueError, match='the mask is 42x30, the picture 42x29'):
    run_exported.load(str(tmp_path / 'model.onnx'))(image[:, :29], mask)
