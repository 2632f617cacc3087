"""A method's names stand on its page alone, and a third one needs no other change."""

import ast
import pathlib

from flax import linen as nn
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import Completer
from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import methods
from glcic_jax.config import audit
from glcic_jax.config import keys
from glcic_jax.methods import architectures
from glcic_jax.methods import definition
from glcic_jax.model_directory import model_files
from glcic_jax.training import loop
from tests import made_up

PACKAGE = pathlib.Path(__file__).parent.parent / 'glcic_jax'
FILES = [path for path in sorted(PACKAGE.rglob('*.py')) if path.parent.name != 'methods']
NAMES = {*methods.names(), *methods.known_architectures()}


@pytest.mark.parametrize('path', FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_names_of_methods_stand_on_their_pages_alone(path):
  strings = [
    node.value
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
  ]
  assert NAMES.isdisjoint(strings)


def test_an_unknown_method_is_refused_with_those_that_are():
  with pytest.raises(errors.InputError, match="'pix2pix'; it can be 'glcic', 'glcic_celeba', "):
    methods.of('pix2pix')


@pytest.mark.parametrize('name', methods.names())
def test_a_config_is_its_paper_but_for_the_deviations_that_have_a_reason(name):
  config = config_lib.of(name)
  config_lib.check(config)
  assert config.method == name and methods.of(name).name in methods.names()
  assert all(row.reason for row in audit.audit(config))


@pytest.mark.parametrize('name', methods.names())
def test_the_papers_tables_speak_of_keys_that_are_and_say_nothing_twice(name):
  setting = methods.setting(name)
  assert setting.paper.keys() | setting.chosen.keys() <= keys.KEYS.keys()
  assert not setting.paper.keys() & setting.chosen.keys()


@pytest.mark.parametrize('name', sorted(keys.KEYS))
def test_a_key_says_what_it_means_and_its_default_is_within_its_bounds(name):
  key, default = keys.KEYS[name], keys.default_of(name)
  assert key.meaning
  assert not key.among or default in key.among
  numbers = default if isinstance(default, tuple) else (default,)
  for number in numbers:
    if isinstance(number, (int, float)):
      assert key.low <= number <= key.high


# A third method, a plain auto-encoder: this is all of it.
class ToyGenerator(nn.Module):
  """One convolution, for pictures of any size."""

  width: float = 1.0
  dtype: type = jnp.float32
  platform: str | None = None

  @nn.compact
  def __call__(self, image, mask, *, train=False):
    del mask, train
    x = nn.Conv(max(1, round(8 * self.width)), (3, 3), dtype=self.dtype, name='hidden')(image)
    return nn.sigmoid(nn.Conv(3, (3, 3), dtype=self.dtype, name='output')(nn.relu(x)))


class ToyDiscriminator(nn.Module):
  """Sees nothing, and is trained by nothing."""

  @nn.compact
  def __call__(self, image, view, *, train=False, groups=1):
    del view, train, groups
    return jnp.zeros(len(image))


def _build(config, mean_color):
  from glcic_jax import images
  from glcic_jax.methods import objectives

  return definition.Networks(
    architecture={'name': 'toy', 'options': {'width': config.model.width}},
    generator=ToyGenerator(width=config.model.width, dtype=jnp.dtype(config.dtype)),
    discriminator=ToyDiscriminator(),
    value_range=(0.0, 1.0),
    hole_fill=mean_color,
    reconstruction=objectives.reconstruction(config),
    judged=images.composite,
  )


TOY = definition.Method(
  title='A plain auto-encoder',
  citation='Nobody: An example, 2026',
  tag='auto-encoder',
  settings={
    'auto_encoder': definition.Setting(
      'the plain auto-encoder', {'loss.reconstruction_norm': 'l1', 'batch_size': 4}, {}
    )
  },
  architecture=definition.Architecture(
    name='toy', generator='toy.ToyGenerator', discriminator='toy.ToyDiscriminator'
  ),
  check=lambda config: definition.require_region(config, ('whole', 'hole')),
  build=_build,
  ablations={'l2': definition.changes(loss__reconstruction_norm='l2')},
  limits=lambda description: [f'It was trained at {description.image_size} px.'],
)


@pytest.fixture
def toy(monkeypatch):
  """The method, registered; its networks stand where its page says."""
  import sys
  import types

  module = types.ModuleType('glcic_jax.models.toy')
  module.ToyGenerator, module.ToyDiscriminator = ToyGenerator, ToyDiscriminator
  monkeypatch.setitem(sys.modules, 'glcic_jax.models.toy', module)
  monkeypatch.setattr(methods, '_REGISTERED', [*methods._REGISTERED, TOY])


def toy_config():
  """What its config file would return."""
  config = config_lib.of('auto_encoder')
  config.update_from_flattened_dict(made_up.TINY | {'validation.every': 0})
  config.schedule.reconstruction_steps = config.schedule.total_steps
  config.schedule.discriminator_steps = 0
  config.data.mean_color = (0.5, 0.5, 0.5)
  return config


def test_a_third_method_is_a_page_a_network_and_a_config(toy, tmp_path, one_device, capsys):
  config = config_lib.choose(toy_config(), 'l2')
  differences = [(row.key, row.paper, row.value, row.reason) for row in audit.audit(config)]
  assert ('loss.reconstruction_norm', 'l1', 'l2', '') in differences
  state = loop.train_and_evaluate(config, tmp_path, batches=made_up.batches(config))
  assert int(state.step) == 6
  assert 'against the plain auto-encoder of the paper' in capsys.readouterr().out
  card = (tmp_path / 'model' / 'README.md').read_text()
  assert '# A plain auto-encoder: image completion, 32 px' in card and 'An example, 2026' in card
  _, description = model_files.load(tmp_path / 'model')
  assert description.method == 'auto_encoder'
  assert architectures.generator_shapes(description.architecture)['params.output.bias'] == (3,)
  image, mask = np.full((40, 36, 3), 200, np.uint8), np.zeros((40, 36), np.uint8)
  mask[10:20, 10:20] = 255
  completed = Completer.from_pretrained(tmp_path / 'model')(image, mask)
  np.testing.assert_array_equal(completed[mask == 0], 200)


def test_without_its_page_a_third_method_is_unknown(toy, monkeypatch):
  config = toy_config()
  monkeypatch.setattr(methods, '_REGISTERED', methods._REGISTERED[:-1])
  with pytest.raises(errors.InputError, match="method is 'auto_encoder'"):
    config_lib.check(config)
