"""The defaults, what `check` refuses, the files in configs/, and that every key is read."""

import ast
import functools
import importlib.util
import pathlib

import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import schedule
from glcic_jax.config import audit

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_CONFIGS = sorted((_ROOT / 'configs').glob('*.py'))
_FORMS = [pytest.param(path, (), id=path.stem) for path in _CONFIGS]
_NAMED = {
  'glcic_faces': ('laptop', 'laptop,mse'),
  'glcic_places2': ('local', 'global', 'both', 'mse', 'undilated'),
  'glcic_scenes': ('local', 'mse,undilated'),
  'context_encoder_center': (
    'laptop',
    'official',
    'laptop,official',
    'overlap0',
    'overlap4',
    'l1',
    'reconstruction',
    'adversarial',
    'noise',
    'l1,laptop,reconstruction',
    'laptop,overlap0',
  ),
  'context_encoder_random': (
    'laptop',
    'alexnet',
    'alexnet,laptop',
    'official',
    'shared',
    'blocks',
    'hole',
    'l1',
    'reconstruction',
    'adversarial',
    'noise',
    'adversarial,laptop',
  ),
}
_FORMS += [
  pytest.param(_ROOT / 'configs' / f'{name}.py', (form,), id=f'{name}-{form}')
  for name, named in _NAMED.items()
  for form in named
]


def _load(path):
  spec = importlib.util.spec_from_file_location(f'tested_{path.stem}', path)
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module


def _changed(key, value):
  config = config_lib.default()
  config.update_from_flattened_dict({key: value})
  return config


def _of_file(name, form='', **changes):
  """A file's config with changes; in their names, `__` stands for a dot."""
  config = _load(_ROOT / 'configs' / f'{name}.py').get_config(form)
  config_lib.changes(**changes)(config)
  return config


_center = functools.partial(_of_file, 'context_encoder_center')
_random = functools.partial(_of_file, 'context_encoder_random')


def test_default_passes_its_own_check():
  config_lib.check(config_lib.default())


@pytest.mark.parametrize(
  'place',
  [
    '',
    'model',
    'loss',
    'optimizer',
    'optimizer.generator',
    'schedule',
    'data',
    'mask',
    'checkpoint',
    'validation',
  ],
)
def test_unknown_keys_are_refused_at_every_level(place):
  config = config_lib.default()
  section = config_lib.value_of(config, place) if place else config
  with pytest.raises((AttributeError, KeyError), match='unheard_of'):
    section.unheard_of = 1


def test_a_key_keeps_its_type():
  with pytest.raises(TypeError):
    config_lib.default().batch_size = 'many'


def test_each_default_is_a_fresh_config():
  config_lib.default().mask.side = (1, 2)
  assert config_lib.default().mask.side == (96, 128)


@pytest.mark.parametrize(
  'key, value',
  [
    ('method', 'gan'),
    ('model.branches', 'none'),
    ('model.bottleneck', 'dense'),
    ('model.bottleneck_features', 0),
    ('model.mixing_kernel', 5),
    ('model.noise', -1),
    ('model.overlap', -1),
    ('loss.reconstruction_norm', 'huber'),
    ('loss.reconstruction_region', 'patch'),
    ('loss.overlap_weight', -1.0),
    ('dtype', 'float16'),
    ('loss.reconstruction_mean', 'known'),
    ('loss.adversarial_form', 'wasserstein'),
    ('loss.balance_factor', 0.5),
    ('optimizer.generator.name', 'sgd'),
    ('optimizer.discriminator.name', 'sgd'),
    ('image_size', 258),
    ('image_size', 12),
    ('image_size', 0),
    ('batch_size', 0),
    ('batch_size', -8),
    ('model.local_size', 0),
    ('model.local_size', 257),
    ('data.resize_short_edge', (255, 384)),
    ('data.resize_short_edge', (384, 256)),
    ('mask.kind', 'star'),
    ('data.alpha_color', (1.0, 2.0, 0.0)),
    ('data.alpha_color', ()),
    ('mask.side', (0, 128)),
    ('mask.side', (128, 96)),
    ('mask.side', (96, 257)),
    ('log_every', 0),
    ('checkpoint.every', 0),
    ('checkpoint.keep', 0),
    ('validation.samples', 0),
    ('validation.every', -1),
    ('validation.count', -1),
    ('data.validation_fraction', 1.0),
    ('data.validation_fraction', -0.1),
    ('data.unreadable_share', 1.5),
    ('data.unreadable_share', -0.5),
    ('data.mean_color', (0.5, 0.5)),
    ('data.mean_color', (0.5, 0.5, 1.5)),
    ('data.mean_color', (-0.1, 0.5, 0.5)),
    ('seed', -1),
    ('seed', 2**31),
    ('mask.side', (16,)),
    ('mask.side', (4.5, 8.5)),
    ('data.resize_short_edge', (256,)),
    ('data.mean_color_pictures', 0),
    ('data.mean_color', ('red', 'green', 'blue')),
    ('data.threads', -1),
    ('model.width', 0.0),
    ('model.discriminator_width', -1.0),
    ('loss.adversarial_weight', -1.0),
    ('loss.balance_steps', -1),
    ('loss.reconstruction_weight', 0.0),
    ('loss.discriminator_weight', 0.0),
    ('optimizer.generator.learning_rate', 0.0),
    ('optimizer.discriminator.epsilon', 0.0),
    ('optimizer.generator.beta1', 1.0),
    ('mask.side', ('a', 2)),
    ('mask.blocks.count', (1.5, 2)),
    ('data.mixture', (5,)),
    ('optimizer.generator.learning_rate', float('nan')),
    ('optimizer.discriminator.learning_rate', -1.0),
    ('schedule.reconstruction_steps', -1),
    ('schedule.total_steps', 99_999),
  ],
)
def test_a_bad_value_is_refused_with_its_key(key, value):
  with pytest.raises(errors.InputError) as caught:
    config_lib.check(_changed(key, value))
  assert key in str(caught.value)


@pytest.mark.parametrize(
  'key, value',
  [
    ('dtype', 'bfloat16'),
    ('model.local_size', 256),
    ('model.local_size', 1),
    ('mask.side', (1, 256)),
    ('mask.side', (100, 100)),
    ('data.resize_short_edge', (256, 256)),
    ('data.mean_color', (0.0, 0.5, 1.0)),
    ('data.validation_fraction', 0.0),
    ('data.unreadable_share', 1.0),
    ('validation.every', 0),
    ('validation.count', 0),
    ('loss.balance_factor', 1.0),
    ('optimizer.generator.name', 'adam'),
  ],
)
def test_values_at_the_edge_of_the_allowed_pass(key, value):
  config_lib.check(_changed(key, value))


@pytest.mark.parametrize('size', [16, 20, 64])
def test_small_multiples_of_four_pass(size):
  config = _changed('image_size', size)
  config.data.resize_short_edge = (size, size)
  config.mask.side = (4, 8)
  config.model.local_size = 8
  config_lib.check(config)


@pytest.mark.parametrize('form', ['reconstruction,adversarial', 'alexnet,adversarial'])
def test_forms_that_leave_nothing_to_learn_from_are_refused(form):
  with pytest.raises(errors.InputError, match='loss.reconstruction_weight is 0'):
    config_lib.check(_random(form))


def test_a_joint_phase_of_no_weight_at_all_is_refused():
  config = _random(loss__reconstruction_weight=0.0, loss__adversarial_weight=0.0)
  with pytest.raises(errors.InputError, match='are both 0'):
    config_lib.check(config)


def test_what_is_no_config_or_lacks_keys_is_refused():
  config = config_lib.default().unlock()
  del config.mask.strokes
  for wrong, sentence in ((3, 'gives no config'), (config, 'lacks the key mask.strokes.area')):
    with pytest.raises(errors.InputError, match=f'the config {sentence}'):
      config_lib.check(wrong)
  config = config_lib.default().unlock()
  config.model.depth = 3
  with pytest.raises(errors.InputError, match='has the unknown key model.depth'):
    config_lib.check(config)


def test_there_are_config_files():
  assert {'quickstart', 'glcic_places2', 'glcic_celeba'} <= {path.stem for path in _CONFIGS}


@pytest.mark.parametrize('path, arguments', _FORMS)
def test_every_config_file_passes_and_has_exactly_the_known_keys(path, arguments):
  config = _load(path).get_config(*arguments)
  config_lib.check(config)
  assert config.is_locked
  assert config_lib.flatten(config).keys() == config_lib.flatten(config_lib.default()).keys()


def test_laptop_is_another_config_and_unknown_sizes_are_refused():
  faces = _load(_ROOT / 'configs' / 'glcic_faces.py')
  assert faces.get_config('laptop').image_size < faces.get_config().image_size
  with pytest.raises(ValueError, match='phone'):
    faces.get_config('phone')


@pytest.mark.parametrize(
  'name, method', [('glcic_places2', 'glcic'), ('glcic_celeba', 'glcic_celeba')]
)
def test_the_papers_own_configs_differ_from_it_in_the_adversarial_form_alone(name, method):
  config = _load(_ROOT / 'configs' / f'{name}.py').get_config()
  assert config.method == method
  assert [row.key for row in audit.audit(config)] == ['loss.adversarial_form']


@pytest.mark.parametrize(
  'config, sentence',
  [
    (
      lambda: _center(image_size=96),
      'image_size is 96; the centre .* takes 32 or 64 or 128 or 256',
    ),
    (lambda: _center(image_size=512), 'takes 32 or 64 or 128 or 256'),
    (
      lambda: _random(image_size=160),
      'image_size is 160; the random-region .* takes 32 or 64 or 128 or',
    ),
    (lambda: _random('alexnet', image_size=224), 'image_size is 224; the .* on AlexNet takes 227'),
    (
      lambda: _random('alexnet', schedule__reconstruction_steps=0),
      'schedule.reconstruction_steps is 0 .*has no discriminator',
    ),
    (
      lambda: _center(mask__kind='rectangle'),
      "mask.kind is 'rectangle'.* method context_encoder_random",
    ),
    (lambda: _center(mask__center__side=0.5), 'mask.center.side is 0.5; .* give 0.390625'),
    (lambda: _center(model__overlap=4), 'give 0.4375'),
    (lambda: _center(model__overlap=32), 'model.overlap is 32; give less than 32'),
    (
      lambda: _center(loss__reconstruction_region='hole'),
      "with method context_encoder_center .* 'patch'",
    ),
    (lambda: _random(loss__reconstruction_region='patch'), "it can be 'whole' or 'hole'"),
  ],
)
def test_what_a_context_encoder_cannot_run_is_refused_with_what_it_can(config, sentence):
  with pytest.raises(errors.InputError, match=sentence):
    config_lib.check(config())


@pytest.mark.parametrize(
  'name, form, paper',
  [
    ('context_encoder_center', '', 'context_encoder_center'),
    ('context_encoder_random', '', 'context_encoder_random'),
    ('context_encoder_random', 'alexnet', 'context_encoder_alexnet'),
  ],
)
def test_the_context_encoders_are_their_paper_by_default(name, form, paper):
  config = _load(_ROOT / 'configs' / f'{name}.py').get_config(form)
  assert config.method == paper
  assert audit.audit(config) == []


def test_forms_are_applied_in_the_configs_order_whatever_the_arguments():
  center = _load(_ROOT / 'configs' / 'context_encoder_center.py')
  one, two = center.get_config('laptop,overlap0'), center.get_config('overlap0,laptop')
  assert config_lib.flatten(one) == config_lib.flatten(two)
  assert (one.image_size, one.model.overlap, one.mask.center.side) == (64, 0, 0.5)
  assert center.get_config('l1').loss.reconstruction_norm == 'l1'
  with pytest.raises(ValueError, match="laptop or official or .*, not 'phone'"):
    center.get_config('laptop,phone')


def test_reconstruction_only_keeps_the_number_of_steps():
  glcic = _load(_ROOT / 'configs' / 'glcic_places2.py')
  for config in (_random('reconstruction'), glcic.get_config('mse')):
    ((phase, span),) = schedule.from_config(config.schedule).spans().items()
    assert phase is schedule.Phase.RECONSTRUCTION and len(span) == config.schedule.total_steps


def test_flatten_gives_plain_values_under_dotted_keys():
  flat = config_lib.flatten(config_lib.default())
  assert flat['mask.side'] == [96, 128]
  assert flat['optimizer.discriminator.rho'] == 0.9
  assert flat['seed'] == 0
  assert not any(isinstance(value, (dict, tuple)) for value in flat.values())


def test_value_of_follows_a_dotted_key():
  config = _changed('optimizer.generator.beta1', 0.25)
  assert config_lib.value_of(config, 'optimizer.generator.beta1') == 0.25
  assert config_lib.value_of(config, 'seed') == 0


def _attribute_chains():
  """Every `a.b.c` that the package reads, outside config/."""
  chains = set()
  for path in (_ROOT / 'glcic_jax').rglob('*.py'):
    if path.parent.name == 'config':
      continue
    for node in ast.walk(ast.parse(path.read_text())):
      if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        chains.add(ast.unparse(node))
  return chains


def _is_read(key, chains):
  """As `config.data.folder`, or as `config.folder` where `config.data` is handed over."""

  def found(parts):
    return any(read.endswith(f'config.{".".join(parts)}') for read in chains)

  parts = key.split('.')
  return found(parts) or any(
    found(parts[:cut]) and found(parts[cut:]) for cut in range(1, len(parts))
  )


def test_every_key_is_read_somewhere():
  chains = _attribute_chains()
  unread = [key for key in config_lib.flatten(config_lib.default()) if not _is_read(key, chains)]
  assert unread == []


@pytest.mark.parametrize('key', ['data.unheard_of', 'mask.sides', 'log', 'model.strides'])
def test_the_search_for_readers_finds_no_invented_key(key):
  assert not _is_read(key, _attribute_chains())


OLD = {
  'method': 'glcic',
  'paper': 'glcic_celeba',
  'schedule.phases': ['reconstruction', 'joint'],
  'seed': 3,
}


def test_what_the_paper_of_an_earlier_version_said_the_method_says():
  assert config_lib.current(OLD) == {'method': 'glcic_celeba', 'seed': 3}
  assert config_lib.current(OLD | {'paper': 'glcic_places2'}) == {'method': 'glcic', 'seed': 3}


def test_a_config_of_this_version_stays_as_it_is():
  flat = config_lib.flatten(config_lib.default())
  assert config_lib.current(flat) == flat
  assert not config_lib.GONE.keys() & flat.keys()
