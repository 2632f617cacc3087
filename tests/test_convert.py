"""Weights of other programs: the same pictures as there, nothing left over, and what cannot be
converted.
"""

import copy
import json

import jax
import numpy as np
import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax.convert import context_encoder_programs as programs
from glcic_jax.convert import converter
from glcic_jax.convert import foreign_files
from glcic_jax.convert import kernels
from glcic_jax.convert import program
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.training import fine_tuning
from glcic_jax.training import method as method_lib
from tests import fakes
from tests import foreign
from tests import foreign_models
from tests import torch7_files

GENERATORS = (
  'glcic_official',
  'otenim',
  'mmagic',
  'center_100',
  'center_4000',
  'random',
  'random_64',
  'boyuan_jiang',
)


def assert_same_models(folder, other):
  """Two model directories with the same arrays, to the bit."""
  first, second = (model_files.load(place)[0] for place in (folder, other))
  jax.tree.map(np.testing.assert_array_equal, first, second)


@pytest.mark.parametrize('case', GENERATORS)
def test_a_generator_paints_what_it_painted_in_torch(tmp_path, case):
  stored = foreign.reference(case)
  folder = foreign_models.convert(tmp_path, case)
  inputs, kept = (
    foreign.pictures(tuple(stored['size']), foreign.SEED),
    np.s_[:, :: foreign.STEP, :: foreign.STEP],
  )
  np.testing.assert_allclose(
    foreign_models.paint(folder, *inputs)[0][kept], stored['evaluated'], rtol=0, atol=1e-5
  )
  trained, _ = foreign_models.paint(folder, *inputs, train=True)
  np.testing.assert_allclose(trained[kept], stored['trained'], rtol=0, atol=1e-4)


# Our BatchNorm, and how many numbers of a channel it sees.
@pytest.mark.parametrize(
  'case, norm, count',
  [('glcic_official', 'norm12', 2 * 18 * 20), ('center_100', 'bottleneck_norm', 2)],
)
def test_training_moves_the_statistics_as_in_torch_but_for_its_unbiased_variance(
  tmp_path, case, norm, count
):
  stored = foreign.reference(case)
  folder = foreign_models.convert(tmp_path, case)
  before = model_files.load(folder)[0]['batch_stats'][norm]
  _, moved = foreign_models.paint(
    folder, *foreign.pictures(tuple(stored['size']), foreign.SEED), train=True
  )
  moved = moved[norm]
  np.testing.assert_allclose(moved['mean'], stored['running_mean'], rtol=0, atol=1e-4)
  own = moved['var'] - 0.9 * before['var']
  theirs = stored['running_var'] - 0.9 * before['var']
  np.testing.assert_allclose(own * count / (count - 1), theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
  'case, apart', [('otenim', True), ('mmagic', False), ('boyuan_jiang', True)]
)
def test_a_discriminator_is_of_the_opinion_it_was_of_in_torch(tmp_path, case, apart):
  stored, judge = foreign.reference(case), foreign.reference(f'{case} judge')
  arrays = foreign.arrays(stored['shapes'], foreign.SEED)
  opinions = foreign.arrays(judge['shapes'], foreign.SEED)
  if not apart:  # one file for both
    opinions = {f'disc.{name}': array for name, array in opinions.items()}
    assert set(opinions) < set(arrays)
    arrays |= opinions
  source = foreign_models.write(tmp_path / 'both.safetensors', arrays)
  other = foreign_models.write(tmp_path / 'judge.safetensors', opinions) if apart else None
  converter.to_model_directory(source, tmp_path / 'model', foreign_models.wishes(case), other)
  pictures, _ = foreign.pictures(tuple(judge['size']), foreign.SEED)
  logits = foreign_models.opinion(tmp_path / 'model', pictures, foreign.LOCAL_CORNER)
  np.testing.assert_allclose(logits, judge['logits'], rtol=0, atol=1e-5)


HOLE = [117 / 255, 104 / 255, 123 / 255]


@pytest.mark.parametrize(
  'case, method, options, expected',
  [
    (
      'glcic_official',
      'glcic',
      {'input_mean': list(foreign.MEAN)},
      {
        'value_range': [0, 1],
        'mean_color': list(foreign.MEAN),
        'image_size': 256,
        'licence': 'CC BY-NC-SA 4.0',
      },
    ),
    (
      'otenim',
      'glcic',
      {'relu_first': True},
      {'value_range': [0, 1], 'mean_color': list(foreign.MEAN), 'image_size': 160},
    ),
    (
      'mmagic',
      'glcic',
      {'hidden_biases': False, 'output': 'clamp', 'channel_order': 'bgr'},
      {'value_range': [-1, 1], 'mean_color': [0.5, 0.5, 0.5], 'image_size': 256},
    ),
    (
      'center_100',
      'context_encoder_center',
      {'image_size': 128, 'patch_size': 64, 'overlap': 4, 'bottleneck_features': 1_600},
      {'value_range': [-1, 1], 'mean_color': HOLE, 'image_size': 128},
    ),
    (
      'random_64',
      'context_encoder_random',
      {'image_size': 64, 'patch_size': 64, 'bottleneck_features': 1_600},
      {'value_range': [-1, 1], 'mean_color': HOLE, 'image_size': 64},
    ),
    (
      'boyuan_jiang',
      'context_encoder_center',
      {'biases': False, 'bottleneck_features': 3_200},
      {'value_range': [-1, 1], 'mean_color': HOLE},
    ),
  ],
)
def test_every_convention_lands_in_the_config(tmp_path, case, method, options, expected):
  folder = foreign_models.convert(tmp_path, case)
  config = json.loads((folder / 'config.json').read_text())
  assert config['method'] == method
  assert {key: config[key] for key in expected} == expected
  held = config['architecture']['options']
  assert held['width'] == 1 / 16
  assert {key: held[key] for key in options} == options
  assert set(held) - {'width', 'dilated'} == set(options) or method != 'glcic'
  assert config['discriminator'] is not None or case != 'mmagic'


def test_the_settings_beside_otenims_weights_are_used(tmp_path):
  source = foreign_models.write(tmp_path / 'model_cn', foreign.weights('otenim'))
  settings = {'cn_input_size': 96, 'hole_min_w': 20, 'hole_min_h': 24, 'hole_max_h': 'much'}
  (tmp_path / 'config.json').write_text(json.dumps({'mpv': [0.1, 0.2, 0.3], **settings}))
  description = converter.to_model_directory(source, tmp_path / 'model')
  assert description.mean_color == (0.1, 0.2, 0.3)
  assert description.image_size == 96
  assert description.mask == {'kind': 'rectangle', 'side': [20, 96]}


@pytest.mark.parametrize(
  'change, parts',
  [
    (
      lambda arrays: arrays.update({'conv18.weight': np.zeros(3, np.float32)}),
      ['left over there: conv18.weight;', 'not filled here: nothing'],
    ),
    (
      lambda arrays: arrays.pop('bn3.running_var'),
      ['left over there: nothing;', 'not filled here: batch_stats.norm3.var;'],
    ),
    (
      lambda arrays: arrays.update({'convolution3.weight': arrays.pop('conv3.weight')}),
      ['left over there: convolution3.weight;', 'not filled here: params.conv3.kernel;'],
    ),
    (
      lambda arrays: arrays.update({'conv3.weight': arrays['conv3.weight'][:, :-1]}),
      ['of another shape: conv3.weight (8, 7, 3, 3) for params.conv3.kernel (3, 3, 8, 8);'],
    ),
    (
      lambda arrays: arrays.update({'conv3.weight': arrays['conv3.bias']}),
      ['of another shape: conv3.weight (8,) for params.conv3.kernel (3, 3, 8, 8);'],
    ),
    (
      lambda arrays: arrays.update(
        {f'extra{number}.bias': np.zeros(1, np.float32) for number in range(20)}
      ),
      ['and 8 more'],
    ),
    (
      lambda arrays: arrays['conv3.bias'].__setitem__(0, np.nan),
      ['numbers that no network can have'],
    ),
    (
      lambda arrays: arrays.update({'conv3.bias': np.full(8, 1e300)}),
      ['numbers that no network can have'],
    ),
    (
      lambda arrays: arrays['bn3.running_var'].__setitem__(0, -1),
      ['numbers that no network can have'],
    ),
  ],
)
def test_what_does_not_fit_is_listed_and_nothing_is_written(tmp_path, change, parts):
  arrays = foreign.weights('otenim')
  change(arrays)
  source = foreign_models.write(tmp_path / 'source.safetensors', arrays)
  with pytest.raises(errors.InputError) as caught:
    converter.to_model_directory(source, tmp_path / 'model', foreign_models.WISHES)
  for part in parts:
    assert part in str(caught.value)
  assert '\n' not in str(caught.value)
  assert not (tmp_path / 'model').exists()


def test_layers_that_are_views_of_one_storage_take_no_more_memory_than_the_file_has(tmp_path):
  pairs, arrays = official('glcic_official')
  network = torch7_files.network(pairs, arrays)
  storage = np.zeros(10**6, np.float32)
  for module in network.fields['modules'].values():
    if 'nInputPlane' in module.fields:
      module.fields['weight'] = torch7_files.Tensor(storage, (500, 500, 2, 2))
  with pytest.raises(errors.InputError, match='more numbers than the file has room for'):
    converter.to_model_directory(
      write_torch7(tmp_path / 'a.t7', network), tmp_path / 'model', foreign_models.WISHES
    )


@pytest.mark.parametrize(
  'case, wish, sentence',
  [
    ('mmagic', {'mean_color': foreign.MEAN}, '--mean-color says'),
    ('otenim', {'overlap': 4}, '--overlap says'),
    ('center_100', {'image_size': 128}, '--image-size says'),
    ('random', {'overlap': 4}, '--overlap is for a Context Encoder of the centre variant'),
  ],
)
def test_a_wish_that_nothing_would_come_of_is_refused(tmp_path, case, wish, sentence):
  arrays = foreign.weights(case)
  source = foreign_models.write(tmp_path / 'source.safetensors', arrays)
  with pytest.raises(errors.InputError, match=sentence):
    converter.to_model_directory(source, tmp_path / 'model', program.Wishes(**wish))
  assert not (tmp_path / 'model').exists()


def test_a_second_discriminator_is_refused(tmp_path):
  arrays = foreign.weights('mmagic')
  source = foreign_models.write(tmp_path / 'both.safetensors', arrays)
  with pytest.raises(errors.InputError, match='holds its discriminator already'):
    converter.to_model_directory(source, tmp_path / 'model', discriminator=source)
  arrays = foreign.weights('glcic_official')
  source = foreign_models.write(tmp_path / 'its.safetensors', arrays)
  with pytest.raises(errors.InputError, match='published no discriminator'):
    converter.to_model_directory(source, tmp_path / 'model', foreign_models.WISHES, source)


@pytest.mark.parametrize(
  'key, change, sentence',
  [
    ('model_gd.bn2.bias', None, 'not filled here: params.global.norm2.bias'),
    ('model_ld.linear6.weight', None, 'has no local discriminator'),
    ('model_gd.linear6.weight', 32, 'local views of 96 px in pictures of 32 px'),
    ('model_gd.linear6.weight', 3, 'in pictures of 0 px'),
  ],
)
def test_a_discriminator_that_lacks_something_is_refused(tmp_path, key, change, sentence):
  """Lacks an array, or all but some columns of it."""
  judge = foreign.weights('otenim judge')
  kept = judge.pop(key)
  if change:
    judge[key] = kept[:, :change]
  source = foreign_models.write(tmp_path / 'cn.safetensors', foreign.weights('otenim'))
  other = foreign_models.write(tmp_path / 'cd.safetensors', judge)
  with pytest.raises(errors.InputError, match=sentence):
    converter.to_model_directory(source, tmp_path / 'model', foreign_models.WISHES, other)
  assert not (tmp_path / 'model').exists()


@pytest.mark.parametrize(
  'array',
  [
    np.zeros((8, 0, 3, 3), np.float32),
    np.zeros((8, 8, 3, 3), np.int32),
    np.zeros((8, 8, 3, 3), np.complex64),
  ],
)
def test_arrays_that_are_no_weights_are_refused(tmp_path, array):
  source = foreign_models.write(
    tmp_path / 'source.safetensors', foreign.weights('otenim') | {'conv3.weight': array}
  )
  with pytest.raises(errors.InputError, match='conv3.weight of type|cannot be read'):
    converter.to_model_directory(source, tmp_path / 'model', foreign_models.WISHES)


@pytest.mark.parametrize(
  'arrays, sentence',
  [
    ({'model_ld.conv1.weight': np.zeros((4, 3, 5, 5), np.float32)}, 'goes with its generator'),
    (
      {'generator.params.conv1.kernel': np.zeros((5, 5, 4, 4), np.float32)},
      'a part of a model directory',
    ),
    ({}, 'none of the networks'),
  ],
)
def test_files_of_other_networks_are_refused(tmp_path, arrays, sentence):
  with pytest.raises(errors.InputError, match=sentence):
    converter.to_model_directory(
      foreign_models.write(tmp_path / 'a.safetensors', arrays), tmp_path / 'model'
    )


def test_a_source_that_does_not_know_its_mean_colour_must_be_told(tmp_path):
  source = foreign_models.write(tmp_path / 'source.safetensors', foreign.weights('otenim'))
  with pytest.raises(errors.InputError, match='--mean-color R,G,B'):
    converter.to_model_directory(source, tmp_path / 'model')
  (tmp_path / 'config.json').write_text(json.dumps({'mpv': [1, 2]}))
  with pytest.raises(errors.InputError, match='is \\[1, 2\\]; it should be three numbers'):
    converter.to_model_directory(source, tmp_path / 'model')


def official(case):
  """The table and the arrays of a network of the authors'."""
  arrays = foreign.weights(case)
  origin = converter.program_of(arrays)
  described = origin.describe(foreign_files.ForeignFile('x', arrays), foreign_models.WISHES)
  return origin.generator(described['architecture']['options']), arrays


def write_torch7(path, value):
  path.write_bytes(torch7_files.dump(value))
  return path


@pytest.mark.parametrize('case', ['glcic_official', 'center_100', 'random'])
@pytest.mark.parametrize('old', [False, True])
def test_a_torch7_file_gives_the_same_model(tmp_path, case, old):
  pairs, arrays = official(case)
  network = torch7_files.network(pairs, arrays, old=old, flat=old)
  if case == 'glcic_official':
    mean = (
      dict(enumerate(foreign.MEAN, 1)) if old else torch7_files.tensor(np.float64(foreign.MEAN))
    )
    network = {'model': network, 'mean': mean}
  description = converter.to_model_directory(
    write_torch7(tmp_path / 'its.t7', network), tmp_path / 'its'
  )
  folder = foreign_models.convert(tmp_path, case)
  assert description.mean_color == model_files.load(folder)[1].mean_color
  if not old:
    assert_same_models(folder, tmp_path / 'its')
  else:  # from its inverse deviation, a variance is only nearly what it was
    first, second = (model_files.load(place)[0] for place in (folder, tmp_path / 'its'))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), first, second)


def test_a_torch7_network_with_noise_and_its_discriminator(tmp_path):
  """What `noiseGen` makes: two networks side by side, and then one."""
  options = {
    'image_size': 64,
    'patch_size': 32,
    'overlap': 4,
    'bottleneck': 'convolution',
    'bottleneck_features': 320,
    'noise_features': 6,
    'width': 1 / 16,
  }
  origin = converter.PROGRAMS[programs.OFFICIAL]
  pairs = origin.generator(options)
  shapes = {
    '0.0.0': (4, 3),
    '0.0.2': (8, 4),
    '0.0.5': (16, 8),
    '0.0.8': (32, 16),
    '0.0.11': (20, 32),
    '0.1.0': (6, 6),
    '4': (26, 32),
    '7': (32, 16),
    '10': (16, 8),
    '13': (8, 3),
  }
  listed = []
  for pair in pairs:
    if pair.kind == 'norm':
      count = {'0.0.3': 8, '0.0.6': 16, '0.0.9': 32, '2': 26, '5': 32, '8': 16, '11': 8}[
        pair.theirs
      ]
      listed += [
        (f'{pair.theirs}.{name}', (count,))
        for name in ('weight', 'bias', 'running_mean', 'running_var')
      ]
    elif pair.ours:
      side = 1 if pair.ours == 'noise' else 4
      shape = shapes[pair.theirs]
      listed += [
        (f'{pair.theirs}.weight', (*shape, side, side)),
        (f'{pair.theirs}.bias', (shape[1 if pair.kind == 'deconv' else 0],)),
      ]
  network = torch7_files.network(pairs, foreign.arrays(listed, 0))
  judge = programs.discriminator_pairs(programs.OFFICIAL, 3)
  listed = [('0', (8, 3)), ('2', (16, 8)), ('5', (32, 16)), ('8', (1, 32))]
  listed = [
    entry
    for name, shape in listed
    for entry in ((f'{name}.weight', (*shape, 4, 4)), (f'{name}.bias', shape[:1]))
  ]
  listed += [
    (f'{place}.{name}', (count,))
    for place, count in (('3', 16), ('6', 32))
    for name in ('weight', 'bias', 'running_mean', 'running_var')
  ]
  judging = torch7_files.network(judge, foreign.arrays(listed, 1))
  description = converter.to_model_directory(
    write_torch7(tmp_path / 'net_G.t7', network),
    tmp_path / 'model',
    program.Wishes(),
    write_torch7(tmp_path / 'net_D.t7', judging),
  )
  assert description.architecture == {'name': 'context_encoder', 'options': options}
  assert description.discriminator == {'name': 'context_encoder', 'options': {'width': 1 / 16}}
  pictures, mask = foreign.pictures((64, 64), 0)
  painted, _ = foreign_models.paint(tmp_path / 'model', pictures, mask)
  assert painted.shape == (2, 32, 32, 3) and painted.std() > 0.05
  assert np.isfinite(
    foreign_models.opinion(tmp_path / 'model', pictures[:, 16:48, 16:48], (0, 0))
  ).all()


@pytest.mark.parametrize(
  'change, sentence',
  [
    (
      lambda modules: modules.__setitem__(3, torch7_files.Object('nn.Tanh')),
      'layer 2 of kind tanh where .* relu',
    ),
    (lambda modules: modules.pop(50), 'has 49 layers where the network has 50'),
    (
      lambda modules: modules[4].fields.update(dH=1, dW=1),
      r'padding \(1, 1, 1\) where the network has \(2, 1, 1\)',
    ),
    (
      lambda modules: modules[19].fields.update(dilationH=4, dilationW=4),
      r'\(1, 4, 2\) where .* \(1, 2, 2\)',
    ),
  ],
)
def test_another_network_with_the_same_arrays_is_refused(tmp_path, change, sentence):
  pairs, arrays = official('glcic_official')
  network = torch7_files.network(pairs, arrays)
  change(network.fields['modules'])
  source = write_torch7(
    tmp_path / 'a.t7', {'model': network, 'mean': torch7_files.tensor(np.float64(foreign.MEAN))}
  )
  with pytest.raises(errors.InputError, match=sentence):
    converter.to_model_directory(source, tmp_path / 'model')


def test_layouts_turn_back():
  rng = np.random.default_rng(0)
  shapes = {'conv': (2, 3, 4, 5), 'deconv': (2, 3, 4, 5), 'dense': (2, 6), 'swapped': (2, 6)}
  layouts = [(kernels.KERNELS[kind], shape) for kind, shape in shapes.items()]
  for layout, shape in (*layouts, (kernels.flattened(3), (5, 3 * 4 * 4))):
    array = rng.random(shape)
    ours = layout.to_ours(array)
    assert ours.shape != array.shape
    np.testing.assert_array_equal(layout.to_theirs(ours), array)


def test_a_flattened_layer_reads_maps_in_its_own_order():
  weight = np.arange(2 * 3 * 2 * 2).reshape(2, -1)  # 3 channels of 2x2
  maps = np.arange(100, 112).reshape(3, 2, 2)
  np.testing.assert_array_equal(
    maps.transpose(1, 2, 0).ravel() @ kernels.flattened(3).to_ours(weight), weight @ maps.ravel()
  )


def test_a_run_starts_from_the_authors_context_encoder(tmp_path):
  config = config_lib.default()
  config.update_from_flattened_dict(
    {
      'method': 'context_encoder_random',
      'image_size': 64,
      'model.bottleneck': 'convolution',
      'model.width': 1 / 16,
      'model.bottleneck_features': 1_600,
      'model.discriminator_width': 1 / 16,
      'init_from': str(foreign_models.convert(tmp_path, 'random_64')),
    }
  )
  state = fakes.random_state(method_lib.from_config(config, foreign.RELEASED_HOLE), size=64)
  started = fine_tuning.load_networks(state, config, parallel.make_mesh(jax.devices()[:1]))
  fakes.assert_same(dict(started.generator.variables), model_files.load(config.init_from)[0])


def test_a_run_starts_from_the_authors_glcic_if_it_prepares_pictures_as_they_do(tmp_path):
  folder = foreign_models.convert(tmp_path, 'glcic_official')
  config = fakes.tiny_config(
    init_from=str(folder), model__subtract_mean=True, data__mean_color=foreign.MEAN
  )
  method = method_lib.from_config(config, foreign.MEAN)
  started = fine_tuning.load_networks(
    fakes.random_state(method), config, parallel.make_mesh(jax.devices()[:1])
  )
  variables, description = model_files.load(folder)
  fakes.assert_same(dict(started.generator.variables), variables)
  own = method_lib.describe(method, config, foreign.MEAN, 0)
  assert own.to_json()['architecture'] == description.to_json()['architecture']
  assert architectures.build_generator(own.architecture) == method.generator
  for change in (
    {'model.subtract_mean': False},
    {'data.mean_color': (0.1, 0.2, 0.3)},
    {'data.mean_color': ()},
  ):
    other = copy.deepcopy(config)
    other.update_from_flattened_dict(change)
    with pytest.raises(
      errors.InputError, match=r'subtract_mean=True and --config.data.mean_color="\(0.456, 0.4472'
    ):
      fine_tuning.load_networks(None, other, None)
  model_files.write(
    folder, variables, method_lib.describe(fakes.tiny_method(), config, foreign.MEAN, 0)
  )
  with pytest.raises(errors.InputError, match='does not subtract the mean colour'):
    fine_tuning.load_networks(None, config, None)


def test_no_run_starts_from_a_network_that_none_trains(tmp_path):
  config = config_lib.default()
  config.init_from = str(foreign_models.convert(tmp_path, 'otenim'))
  with pytest.raises(errors.InputError, match='differs from those trained here .relu_first.'):
    fine_tuning.load_networks(None, config, None)
