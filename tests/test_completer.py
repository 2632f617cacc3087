"""Completer: known pixels are sacred, any size, kinds and modes come back, nothing heavy is
imported.
"""

import dataclasses
import subprocess
import sys

import jax
import numpy as np
from PIL import Image
import pytest

from glcic_jax import cli
from glcic_jax import Completer
from glcic_jax import errors
from glcic_jax.inference import canvas as canvas_lib
from glcic_jax.inference import manner
from glcic_jax.inference import tiling
from glcic_jax.model_directory import model_files
from glcic_jax.models import glcic
from tests import fakes

DESCRIPTION = model_files.Description(
  method='glcic',
  architecture={'name': 'glcic', 'options': {'width': 1 / 16, 'dilated': True}},
  value_range=(0.0, 1.0),
  mean_color=(0.5, 0.4, 0.3),
  image_size=32,
  mask={'kind': 'rectangle', 'side': [8, 16]},
  step=7,
  versions={'jax': jax.__version__},
)


def random_variables(**options):
  """A narrow generator's variables, none as initialised, whose outputs spread over the whole
  range.
  """
  network = glcic.CompletionNetwork(width=1 / 16, **options)
  image = np.zeros((1, 16, 16, 3), np.float32)
  variables = fakes.random_leaves(
    jax.eval_shape(lambda: network.init(jax.random.key(0), image, image[..., :1]))
  )
  last = variables['params']['conv17']
  last['kernel'] *= 30
  return variables


@pytest.fixture(scope='module')
def variables():
  """See `random_variables`."""
  return random_variables()


@pytest.fixture(scope='module')
def completer(variables):
  return Completer(variables, DESCRIPTION)


@pytest.fixture
def model(tmp_path, variables):
  """A model directory."""
  model_files.write(tmp_path / 'model', variables, DESCRIPTION)
  return tmp_path / 'model'


def random_case(height, width, mode='RGB', seed=0):
  """A random picture and a hole with known pixels around it."""
  rng = np.random.default_rng(seed)
  bands = {'L': 1, 'LA': 2, 'RGB': 3, 'RGBA': 4}[mode]
  pixels = rng.integers(0, 256, (height, width, bands), dtype=np.uint8)
  image = Image.fromarray(pixels[..., 0] if bands == 1 else pixels)
  mask = np.zeros((height, width), bool)
  mask[
    height // 3 : height // 3 + max(1, height // 3), width // 3 : width // 3 + max(1, width // 3)
  ] = True
  mask[0, 0] = False
  mask[-1, -1] |= not mask.any()
  return image, mask


@pytest.mark.parametrize('mode', ['L', 'LA', 'RGB', 'RGBA'])
def test_modes_are_kept_and_so_are_known_pixels(completer, mode):
  image, mask = random_case(24, 20, mode)
  if 'A' in mode:
    image.putalpha(200)
  result = completer(image, mask)
  assert result.mode == mode
  before, after = np.asarray(image), np.asarray(result)
  np.testing.assert_array_equal(after[~mask], before[~mask])
  assert (after[mask] != before[mask]).any()
  if 'A' in mode:
    assert (after[mask][:, -1] == 200).all()


def test_the_hole_is_what_the_network_says(completer, variables):
  image, mask = random_case(32, 32)
  pixels = np.asarray(image).astype(np.float32) / 255
  filled = np.where(mask[..., None], np.float32([0.5, 0.4, 0.3]), pixels)
  network = jax.jit(glcic.CompletionNetwork(width=1 / 16).apply)
  raw = network(variables, filled[None], mask[None, ..., None].astype(np.float32))
  expected = np.round(np.asarray(raw)[0] * 255)[mask]
  assert expected.std() > 20
  assert np.abs(np.asarray(completer(image, mask, blend='none'))[mask] - expected).max() <= 1


def test_kinds_come_back(completer, tmp_path):
  image, mask = random_case(12, 16)
  image.save(tmp_path / 'picture.png')
  Image.fromarray(mask).save(tmp_path / 'mask.png')
  array = completer(np.asarray(image), mask)
  assert isinstance(array, np.ndarray) and array.dtype == np.uint8
  results = [
    completer(image, Image.fromarray(mask)),
    completer(tmp_path / 'picture.png', mask),
    completer(str(tmp_path / 'picture.png'), str(tmp_path / 'mask.png')),
    completer(image, mask.astype(np.uint8)),
    completer(image, mask.astype(np.uint8) * 255),
    completer(image, mask.astype(float)[..., None]),
  ]
  for result in results:
    assert isinstance(result, Image.Image)
    np.testing.assert_array_equal(np.asarray(result), array)


def test_a_list_of_pictures_needs_as_many_masks_or_one(completer):
  (first, mask), (second, _) = (random_case(12, 16, seed=seed) for seed in (1, 2))
  for_all = completer([first, second], mask)
  for image, result in zip((first, second), for_all, strict=True):
    np.testing.assert_array_equal(np.asarray(result), np.asarray(completer(image, mask)))
  with pytest.raises(errors.InputError, match='2 pictures came with 1 masks'):
    completer([first, second], [mask])


@pytest.mark.parametrize(
  'image, mask, sentence',
  [
    (np.zeros((4, 4, 3), np.float32), np.eye(4), 'uint8'),
    (np.zeros((4, 4, 5), np.uint8), np.eye(4), r'shape \(4, 4, 5\)'),
    (np.zeros((1, 1, 4, 4, 3), np.uint8), np.eye(4), r'shape \(1, 1, 4, 4, 3\)'),
    (np.full((4, 4, 3), -1), np.eye(4), 'uint8'),
    (np.full((4, 4, 3), np.nan), np.eye(4), 'uint8'),
    (np.array('picture'), np.eye(4), 'uint8'),
    (np.zeros((4, 4, 3), np.uint8), -np.eye(4), 'below 0'),
    (np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 'x'), 'type <U1'),
    (np.zeros((4, 4, 3), np.uint8), np.zeros((0, 4)), 'no pixels'),
    (np.zeros((4, 4, 3), np.uint8), 7, 'The mask is a int'),
    (np.zeros((4, 4, 3), np.uint8), None, 'no alpha channel'),
    (7, np.eye(4), 'The picture is a int'),
    (None, np.eye(4), 'The picture is a NoneType'),
    (Image.fromarray(np.full((4, 4), np.nan, np.float32)), np.eye(4), '^The .* not finite'),
    (np.zeros((0, 4, 3), np.uint8), np.eye(4), 'no pixels'),
    (np.zeros((4, 4, 3), np.uint8), np.full((4, 4), np.nan), 'not finite'),
    (np.zeros((4, 4, 3), np.uint8), np.eye(5), '5x5 but its picture is 4x4'),
    (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 2)), r'shape \(4, 4, 2\)'),
    (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4)), 'no hole'),
    (np.zeros((4, 4, 3), np.uint8), np.ones((4, 4)), 'nothing is known'),
  ],
)
def test_wrong_arrays_get_a_sentence(completer, image, mask, sentence):
  with pytest.raises(errors.InputError, match=sentence):
    completer(image, mask)


def test_an_absent_device_is_refused(variables):
  with pytest.raises(errors.InputError, match='There is no tpu here'):
    Completer(variables, DESCRIPTION, device='tpu')


@pytest.mark.parametrize(
  'settings, sentence',
  [
    ({'device': 7}, 'cpu, gpu or tpu'),
    ({'batch_size': 0}, '1 or more'),
    ({'batch_size': -1}, '1 or more'),
  ],
)
def test_wrong_settings_get_a_sentence(variables, settings, sentence):
  with pytest.raises(errors.InputError, match=sentence):
    Completer(variables, DESCRIPTION, **settings)


def test_numbers_of_other_machines_come_back_as_they_were(completer):
  image, mask = random_case(12, 16)
  foreign = (np.asarray(image).astype('>u2') * 257).astype('>u2')
  result = completer(foreign, mask)
  assert result.dtype == foreign.dtype
  np.testing.assert_array_equal(result, completer(foreign.astype(np.uint16), mask))


def test_a_completer_says_what_it_is(completer):
  found = repr(completer)
  assert found.startswith('<Completer of glcic at 32 px, step 7: 0.0')
  assert 'million weights, on' in found and 'cpu' in found.lower()


@pytest.mark.parametrize(
  'image, line',
  [
    (
      np.linspace(0, 1, 48, dtype=np.float32).reshape(4, 4, 3),
      'float32 from 0 to 1.*255 \\* image',
    ),
    (np.full((4, 4), 200.0), r'float64 from 200 to 200.*np\.clip\(image, 0, 255\)'),
  ],
)
def test_fractions_are_refused_with_the_line_that_converts_them(completer, image, line):
  with pytest.raises(errors.InputError, match=line) as caught:
    completer(image, np.eye(4))
  converted = eval(str(caught.value).split('give uint8: ')[1].removesuffix('.'))
  assert converted.dtype == np.uint8 and converted.max() == (255 if image.max() == 1 else 200)
  completer(converted, np.eye(4))


def test_absurd_weights_are_an_error_and_no_black_hole(variables):
  absurd = jax.tree.map(lambda leaf: np.where(leaf < 0, -3e38, 3e38).astype(np.float32), variables)
  image, mask = random_case(16, 20)
  with pytest.raises(errors.RunError, match="output is not finite: the model's weights"):
    Completer(absurd, DESCRIPTION)(image, mask)


def test_a_mask_that_could_mean_two_things_is_decided_by_its_channel(completer):
  image, mask = random_case(16, 20)
  paint = np.zeros((16, 20, 4), np.uint8)
  paint[2:14, 2:18, 3] = 255
  paint[mask] = 255
  with pytest.raises(errors.InputError, match='--mask-channel'):
    completer(image, Image.fromarray(paint))
  found = completer(image, Image.fromarray(paint), mask_channel='luminance')
  np.testing.assert_array_equal(found, completer(image, mask))
  with pytest.raises(errors.InputError, match="mask_channel is 'red'"):
    completer(image, mask, mask_channel='red')


def test_weights_that_do_not_fit_are_refused(variables):
  lacking = {
    'params': {k: v for k, v in variables['params'].items() if k != 'conv3'},
    'batch_stats': variables['batch_stats'],
  }
  with pytest.raises(errors.InputError, match='do not fit'):
    Completer(lacking, DESCRIPTION)


@pytest.mark.parametrize(
  'name, options, sentence',
  [
    ('glcic', {'width': 'wide'}, "option width 'wide'"),
    ('glcic', {'width': float('nan')}, 'option width nan'),
    ('glcic', {'width': None}, 'option width None'),
    ('glcic', {'dilated': 'no'}, "option dilated 'no'"),
    ('glcic', {'output': 'relu'}, "option output 'relu'"),
    ('glcic', {'channel_order': 'grb'}, 'option channel_order'),
    ('glcic', {'input_mean': [0.1, 0.2]}, 'option input_mean'),
    ('glcic', {'input_mean': 'red'}, 'option input_mean'),
    ('glcic', {'dtype': 'int8'}, 'option dtype'),
    ('glcic', {'name': 'x'}, 'option name'),
    ('glcic', {'deep': True}, 'option deep True, which this version does not know; upgrade'),
    ('context_encoder', {'bottleneck': 'none'}, 'option bottleneck'),
    ('context_encoder', {'image_size': 3}, 'do not fit each other'),
    ('context_encoder', {'image_size': True}, 'option image_size True'),
    ('context_encoder', {'image_size': -128}, 'option image_size -128'),
  ],
)
def test_an_architecture_that_no_network_has_is_refused(variables, name, options, sentence):
  description = dataclasses.replace(DESCRIPTION, architecture={'name': name, 'options': options})
  with pytest.raises(errors.InputError, match=sentence):
    Completer(variables, description)


@pytest.mark.parametrize(
  'options, sentence',
  [
    ({'blend': 'seamless'}, 'poisson, opencv, none'),
    ({'large': 'huge'}, 'crop, resize, whole'),
    ({'feather': -1}, '0 or more'),
    ({'feather': '2'}, '0 or more'),
    ({'feather': float('nan')}, '0 or more'),
  ],
)
def test_wrong_options_get_a_sentence(completer, options, sentence):
  with pytest.raises(errors.InputError, match=sentence):
    completer(*random_case(8, 8), **options)


def test_windows_of_one_size_run_together(variables):
  alone, together = (Completer(variables, DESCRIPTION, batch_size=size) for size in (1, 3))
  cases = [random_case(30 + seed, 40, seed=seed) for seed in range(7)]
  sizes = []
  run = together._run
  together._run = lambda weights, image, mask: (
    sizes.append(image.shape),
    run(weights, image, mask),
  )[1]
  results = together([image for image, _ in cases], [mask for _, mask in cases])
  assert sizes == [(3, 32, 32, 3), (3, 32, 32, 3), (1, 32, 32, 3)]
  for result, case in zip(results, cases, strict=True):
    difference = np.asarray(result).astype(int) - np.asarray(alone(*case))
    assert (
      np.abs(difference).max() <= 1
    )  # rounding: convolutions of batches add up in another order


@pytest.mark.parametrize('large', ['crop', 'resize'])
def test_a_thousand_photographs_compile_few_programs(completer, large):
  rng = np.random.default_rng(0)
  shapes = set()
  for _ in range(1000):
    mask = np.zeros(rng.integers(1, 900, 2), bool)
    top, left = (int(rng.integers(0, length)) for length in mask.shape)
    mask[top : top + rng.integers(1, 300), left : left + rng.integers(1, 300)] = True
    shapes |= {part.size for part in tiling.parts(mask, large=large, side=32, multiple=4)}
  assert 2 * len(shapes) < 10  # in full batches, and one by one


def test_a_hole_wider_than_the_network_sees_is_warned_about():
  description = dataclasses.replace(
    DESCRIPTION, architecture={'name': 'glcic', 'options': {'width': 1 / 16, 'dilated': False}}
  )
  completer = Completer(random_variables(dilated=False), description)
  image = np.zeros((120, 120, 3), np.uint8)
  mask = np.zeros((120, 120), bool)
  mask[10:111, 10:111] = True
  with pytest.warns(UserWarning, match='101 px across .* sees 99 px') as caught:
    completer(image, mask, large='whole')
  assert len(caught) == 1
  mask[110] = mask[:, 110] = mask[10] = False  # 99 px now
  completer(image, mask, large='whole')
  completer(image, mask)  # at its own scale the network sees across


def test_arrays_of_pictures_and_of_other_libraries(completer):
  cases = [random_case(12, 16, seed=seed) for seed in (1, 2)]
  images, holes = (np.stack([np.asarray(case[index]) for case in cases]) for index in (0, 1))
  together = completer(images, holes)
  assert together.shape == images.shape and together.dtype == np.uint8
  for result, case in zip(together, cases):
    np.testing.assert_array_equal(result, np.asarray(completer(*case)))
  np.testing.assert_array_equal(completer(images, holes[..., None]), together)
  np.testing.assert_array_equal(completer(images, holes[0])[0], together[0])
  from_jax = completer(jax.numpy.asarray(images[0]), jax.numpy.asarray(holes[0]))
  assert isinstance(from_jax, jax.Array) and from_jax.dtype == np.uint8
  np.testing.assert_array_equal(from_jax, together[0])
  assert isinstance(completer(jax.numpy.asarray(images), holes), jax.Array)


def test_no_mask_means_the_transparent_pixels(completer):
  image, mask = random_case(16, 20)
  alpha = np.where(mask, 127, 128).astype(np.uint8)
  image.putalpha(Image.fromarray(alpha))
  expected, result = np.asarray(completer(image, mask)), completer(image)
  np.testing.assert_array_equal(result, expected)
  assert (np.asarray(result)[mask, 3] == 255).all()
  np.testing.assert_array_equal(completer(np.asarray(image)), expected)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_the_command_turns_pictures_upright_and_keeps_known_pixels(tmp_path, model, orientation):
  image, _ = random_case(20, 28)
  exif = Image.Exif()
  exif[0x0112] = orientation
  image.save(tmp_path / 'picture.png', exif=exif)
  sideways = orientation >= 5
  mask = np.zeros((28, 20) if sideways else (20, 28), np.uint8)
  mask[6:12, 4:9] = 255
  Image.fromarray(mask).save(tmp_path / 'mask.png')
  code = cli.main(
    [
      'complete',
      str(tmp_path / 'picture.png'),
      '--mask',
      str(tmp_path / 'mask.png'),
      '--model',
      str(model),
      '--output',
      str(tmp_path / 'out.png'),
    ]
  )
  assert code == 0
  turn = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
  }[orientation]
  with Image.open(tmp_path / 'out.png') as out:
    assert out.getexif().get(0x0112, 1) == 1
    np.testing.assert_array_equal(np.asarray(out)[mask == 0], turn(np.asarray(image))[mask == 0])


def test_completing_imports_no_tensorflow_orbax_or_optax(tmp_path, model):
  image, mask = random_case(12, 16)
  image.save(tmp_path / 'picture.png')
  Image.fromarray(mask).save(tmp_path / 'mask.png')
  program = """
import sys
for name in 'tensorflow orbax optax clu tensorflow_datasets skimage tensorboard'.split():
  sys.modules[name] = None
from glcic_jax import cli
sys.exit(cli.main(sys.argv[1:]))
"""
  paths = [tmp_path / 'picture.png', '--mask', tmp_path / 'mask.png', '--model', model]
  arguments = ['complete', *map(str, paths), '--output', str(tmp_path / 'out.png')]
  done = subprocess.run([sys.executable, '-c', program, *arguments], capture_output=True, text=True)
  assert done.returncode == 0, done.stderr
  assert (tmp_path / 'out.png').exists()


@pytest.mark.parametrize('large', manner.LARGE)
def test_a_network_that_is_off_by_a_shade_is_mended_across_all_parts(large):
  y, x = np.mgrid[:150, :200]
  truth = (
    np.stack([60 + x / 2, 200 - y / 2, 128 + 40 * np.sin(x / 50 + y / 70)], axis=-1)
    .round()
    .astype(np.uint8)
  )
  mask = np.zeros((150, 200), bool)
  mask[20:23, 5:195] = mask[5:140, 60:64] = mask[80:110, 120:160] = mask[130:, 170:] = True
  pixels = truth.copy()
  parts = tiling.parts(mask, large=large, side=64, multiple=4)
  canvas = canvas_lib.Canvas(pixels, mask, parts, blend='poisson', feather=0)
  windows, taken = [], []
  run = lambda image, _: windows.append(image) or image * 0.9 + 25  # noqa: E731
  canvas_lib.complete([canvas], run, 1, taken.append)
  assert taken == list(range(1, len(windows) + 1))
  assert len(windows) == 1 if large != 'crop' else len(windows) > 4
  np.testing.assert_array_equal(pixels[~mask], truth[~mask])
  assert (pixels[mask] != truth[mask]).any()  # it was filled anew
  error = np.abs(pixels.astype(int) - truth)[mask]
  assert error.mean() < 1.5 and error.max() < 12


@pytest.mark.parametrize('side', [4, 8, 12, 20, 28])
@pytest.mark.parametrize('blend', manner.BLENDS)
def test_a_model_of_small_pictures_puts_its_output_where_it_belongs(side, blend):
  y, x = np.mgrid[:50, :60]
  truth = np.stack([60 + 2 * x, 200 - 3 * y, 40 + x + 2 * y], axis=-1).astype(np.uint8)
  mask = np.zeros((50, 60), bool)
  mask[25, 7:50] = mask[40:, 30] = mask[3, 3] = True  # scratches: seen at their own scale
  pixels = truth.copy()
  parts = tiling.parts(mask, large='crop', side=side, multiple=4)
  canvas = canvas_lib.Canvas(pixels, mask, parts, blend=blend, feather=0)
  canvas_lib.complete([canvas], lambda image, _: image, 1)  # the windows hold the truth
  np.testing.assert_allclose(pixels.astype(int), truth, atol=1 if blend == 'opencv' else 0)


def test_a_completed_part_is_known_to_the_next():
  pixels = np.full((60, 60, 3), 100, np.uint8)
  mask = np.zeros((60, 60), bool)
  mask[30:32, 6:38] = True  # two parts of 16 px
  parts = list(tiling.parts(mask, large='crop', side=32, multiple=4))
  assert [part.core for part in parts] == [(30, 6, 32, 22), (30, 22, 32, 38)]
  canvas = canvas_lib.Canvas(pixels, mask, parts, blend='none', feather=0)
  window = canvas.next_window()
  assert window.mask.sum() == 2 * (32 - 6)  # what of the hole lies in the first window, 0 to 32
  canvas.take(window, np.full_like(window.image, 200))
  window = canvas.next_window()
  assert parts[1].window[1] == 14
  assert window.mask.sum() == 2 * 16
  assert (window.image[..., 0] == 200).sum() == 2 * (22 - 14)  # the first part as completed
  canvas.take(window, np.full_like(window.image, 250))
  assert canvas.next_window() is None
  assert (pixels[30:32, 6:22] == 200).all() and (pixels[30:32, 22:38] == 250).all()


def test_parts_join_without_a_seam():
  pixels = np.full((100, 100, 3), 100, np.uint8)
  mask = np.zeros((100, 100), bool)
  mask[40:54, 20:80] = True
  parts = list(tiling.parts(mask, large='crop', side=64, multiple=4))
  assert [part.core for part in parts] == [(40, 20, 54, 50), (40, 50, 54, 80)]
  canvas = canvas_lib.Canvas(pixels, mask, parts, blend='poisson', feather=0)
  canvas.take(canvas.next_window(), np.full((64, 64, 3), 100, np.float32))
  window = canvas.next_window()
  rows = np.arange(64) + parts[1].window[0]
  ridge = 100 + 40 * np.clip(1 - np.abs(rows - 46.5) / 7, 0, 1)  # highest in the middle of the hole
  canvas.take(window, np.broadcast_to(ridge[:, None, None], window.image.shape).astype(np.float32))
  middle = pixels[46, :, 0].astype(int)
  assert middle[70] > 130  # the second output is there ...
  assert np.abs(np.diff(middle)).max() < 12  # ... and begins where the first one ends


def test_a_feather_counts_from_the_surroundings_not_from_other_parts():
  pixels = np.full((60, 60, 3), 100, np.uint8)
  mask = np.zeros((60, 60), bool)
  mask[24:38, 6:38] = True
  parts = list(tiling.parts(mask, large='crop', side=32, multiple=4))
  parts = [parts[0]._replace(core=(24, 6, 38, 22)), parts[0]._replace(core=(24, 22, 38, 38))]
  canvas = canvas_lib.Canvas(pixels, mask, parts, blend='none', feather=3)
  canvas_lib.complete([canvas], lambda image, _: np.full_like(image, 200), 1)
  assert (pixels[31, 10:34] == 200).all()
  np.testing.assert_array_equal(pixels[31, 5:10, 0], [100, 125, 150, 175, 200])
