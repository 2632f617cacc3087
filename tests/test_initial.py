"""Fine-tuning: which arrays come from the other model, and which do not."""

import jax
import numpy as np
import pytest

from glcic_jax import checkpoints
from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax.model_directory import model_files
from glcic_jax.training import fine_tuning
from glcic_jax.training import loop
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from tests import fakes
from tests import made_up

MESH = parallel.make_mesh(jax.devices()[:1])


def config_of(model, **changes):
  return fakes.tiny_config(init_from=str(model), **changes)


@pytest.fixture(scope='module')
def other():
  """The state of a run elsewhere."""
  return fakes.random_state(fakes.tiny_method(), seed=1)


@pytest.fixture(scope='module')
def workdir(other, tmp_path_factory):
  folder = tmp_path_factory.mktemp('other')
  with checkpoints.Checkpoints(folder, keep=1) as opened:
    config = fakes.tiny_config()
    model = method_lib.describe(fakes.tiny_method(), config, fakes.MEAN_COLOR, 5).to_json()
    run = {'config': config_lib.flatten(config), 'model': model}
    opened.save(5, fakes.to_devices(other, MESH), run)
  return folder


@pytest.fixture(scope='module')
def model(other, tmp_path_factory):
  folder = tmp_path_factory.mktemp('other') / 'model'
  config = fakes.tiny_config()
  description = method_lib.describe(fakes.tiny_method(), config, fakes.MEAN_COLOR, 5)
  model_files.write(folder, other.generator.variables, description)
  return folder


@pytest.fixture
def fresh():
  return fakes.to_devices(fakes.random_state(fakes.tiny_method(), seed=2), MESH)


def load(fresh, config):
  return fine_tuning.load_networks(fresh, config, MESH)


def test_a_model_directory_gives_the_generator_alone(fresh, other, model):
  state = load(fresh, config_of(model))
  fakes.assert_same(state.generator.variables, other.generator.variables)
  fakes.assert_same(state.generator.opt_state, fresh.generator.opt_state)
  fakes.assert_same(state.discriminator, fresh.discriminator)
  assert int(state.step) == int(fresh.step)


def test_a_workdir_and_a_checkpoint_give_it_too(fresh, other, workdir):
  for place in (workdir, workdir / 'checkpoints/5'):
    state = load(fresh, config_of(place))
    fakes.assert_same(state.generator.variables, other.generator.variables)
    fakes.assert_same(state.discriminator, fresh.discriminator)


def test_both_networks_come_when_asked_for(fresh, other, workdir):
  state = load(fresh, config_of(workdir, init_networks='both'))
  fakes.assert_same(state.discriminator.variables, other.discriminator.variables)
  fakes.assert_same(state.discriminator.opt_state, fresh.discriminator.opt_state)


def test_the_optimizers_come_when_asked_for(fresh, other, workdir):
  state = load(fresh, config_of(workdir, init_networks='both', init_optimizer=True))
  fakes.assert_same((state.generator, state.discriminator), (other.generator, other.discriminator))
  assert int(state.step) == int(fresh.step)


@pytest.mark.parametrize('changes', [{'init_networks': 'both'}, {'init_optimizer': True}])
def test_a_model_directory_has_no_more_than_its_generator(fresh, model, changes):
  with pytest.raises(errors.InputError, match='holds a generator alone'):
    load(fresh, config_of(model, **changes))


@pytest.mark.parametrize(
  'place, changes, told, remedy',
  [
    (
      'model',
      {'model__width': 1 / 8},
      'its model.width is 0.0625, here 0.125',
      '--config.model.width=0.0625',
    ),
    (
      'workdir',
      {'model__width': 1 / 8, 'model__discriminator_width': 1 / 4, 'init_networks': 'both'},
      'its model.discriminator_width is 0.0625, here 0.25',
      '--config.model.width=0.0625 --config.model.discriminator_width=0.0625',
    ),
    (
      'workdir',
      {'optimizer__generator__name': 'adam', 'init_optimizer': True},
      'its optimizer.generator.name is adadelta, here adam',
      '--config.optimizer.generator.name=adadelta',
    ),
  ],
)
def test_what_does_not_fit_is_refused_by_its_keys_and_the_values_that_would(
  request, place, changes, told, remedy
):
  config = config_of(request.getfixturevalue(place), **changes)
  method = method_lib.from_config(config, fakes.MEAN_COLOR)
  with pytest.raises(errors.InputError) as refusal:
    load(state_lib.abstract_state(method, config.image_size, MESH), config)
  said = str(refusal.value)
  assert told in said and said.endswith(f'; give {remedy} to start from it.')


def test_a_model_of_another_method_is_refused_by_both_names(model):
  config = config_lib.of('context_encoder_center')
  config.init_from = str(model)
  config.model.width = config.model.discriminator_width = 1 / 16
  method = method_lib.from_config(config, fakes.MEAN_COLOR)
  says = 'is a model of glcic, and this run trains context_encoder_center; give a config of glcic,'
  with pytest.raises(errors.InputError, match=says):
    load(state_lib.abstract_state(method, config.image_size, MESH), config)


def test_the_licence_of_the_weights_stays_with_what_is_made_of_them(
  tmp_path, tiny_config, one_device
):
  tiny_config.schedule.total_steps = tiny_config.schedule.reconstruction_steps = 1
  tiny_config.schedule.discriminator_steps = tiny_config.validation.every = 0
  method = method_lib.from_config(tiny_config, fakes.MEAN_COLOR)
  base, run = tmp_path / 'base', tmp_path / 'run'
  state = fakes.random_leaves(state_lib.abstract_state(method, tiny_config.image_size, MESH))
  model_files.write(
    base,
    state.generator.variables,
    method_lib.describe(method, tiny_config, fakes.MEAN_COLOR, 5, 'CC BY-NC-SA 4.0'),
  )
  assert fine_tuning.licence(tiny_config, run) == ''  # it starts from nothing
  tiny_config.init_from = str(base)
  loop.train_and_evaluate(tiny_config, run, batches=made_up.batches(tiny_config))
  assert model_files.load(run / 'model')[1].licence == 'CC BY-NC-SA 4.0'
  card = (run / 'model' / 'README.md').read_text()
  assert (
    'license: cc-by-nc-sa-4.0' in card
    and 'fine-tuned from, which bind what is made of them' in card
  )
  (base / 'config.json').unlink()
  assert (
    fine_tuning.licence(tiny_config, run) == 'CC BY-NC-SA 4.0'
  )  # a run that goes on needs its base no longer
  tiny_config.init_from = str(run)
  assert fine_tuning.licence(tiny_config, tmp_path / 'next') == 'CC BY-NC-SA 4.0'


def test_no_model_is_refused(fresh, tmp_path):
  with pytest.raises(errors.InputError, match='is no model'):
    load(fresh, config_of(tmp_path))


def test_what_is_loaded_may_be_trained_on(fresh, workdir):
  state = load(fresh, config_of(workdir))
  assert all(leaf.sharding.is_fully_replicated for leaf in jax.tree.leaves(state))
  assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(state))
  assert np.isfinite(np.asarray(state.generator.params['conv1']['kernel'])).all()
