"""What a config makes of a method: optimisers against their definitions, and the description."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from glcic_jax import __version__
from glcic_jax.model_directory import model_files
from glcic_jax.training import method as method_lib
from tests import fakes


@pytest.fixture
def gradients():
  """20 random gradients of very different sizes, float64."""
  rng = np.random.default_rng(0)
  return rng.normal(size=(20, 6)) * 10.0 ** np.arange(-4, 2)


def trained(optimizer, gradients):
  """The parameters, zero at first, after each gradient."""
  with jax.enable_x64(True):
    params = jnp.zeros(gradients.shape[1])
    state, path = optimizer.init(params), []
    update = jax.jit(optimizer.update)
    for gradient in gradients:
      updates, state = update(gradient, state, params)
      params = optax.apply_updates(params, updates)
      path.append(params)
    return np.asarray(path)


def test_both_networks_train_by_torchs_adadelta(gradients):
  rho, epsilon = 0.9, 1e-6
  square_avg = acc_delta = params = np.zeros(6)
  path = []
  for gradient in gradients:
    square_avg = rho * square_avg + (1 - rho) * gradient**2
    delta = np.sqrt(acc_delta + epsilon) / np.sqrt(square_avg + epsilon) * gradient
    acc_delta = rho * acc_delta + (1 - rho) * delta**2
    params = params - delta
    path.append(params)
  method = fakes.tiny_method()
  for optimizer in (method.generator_optimizer, method.discriminator_optimizer):
    np.testing.assert_allclose(trained(optimizer, gradients), path, rtol=1e-12)


def test_adadelta_takes_its_numbers_from_the_config(gradients):
  method = fakes.tiny_method(
    optimizer__generator__learning_rate=0.5,
    optimizer__generator__rho=0.8,
    optimizer__generator__epsilon=1e-3,
  )
  first = -0.5 * np.sqrt(1e-3) / np.sqrt(0.2 * gradients[0] ** 2 + 1e-3) * gradients[0]
  path = trained(method.generator_optimizer, gradients[:1])
  np.testing.assert_allclose(path, [first], rtol=1e-12)


def test_adam_by_config_for_one_network_alone(gradients):
  changes = {'name': 'adam', 'learning_rate': 2e-4, 'beta1': 0.5, 'beta2': 0.99, 'epsilon': 1e-8}
  method = fakes.tiny_method(**{f'optimizer__discriminator__{k}': v for k, v in changes.items()})
  first = second = params = np.zeros(6)
  path = []
  for step, gradient in enumerate(gradients, 1):
    first = 0.5 * first + 0.5 * gradient
    second = 0.99 * second + 0.01 * gradient**2
    deviation = np.sqrt(second / (1 - 0.99**step))
    params = params - 2e-4 * (first / (1 - 0.5**step)) / (deviation + 1e-8)
    path.append(params)
  np.testing.assert_allclose(trained(method.discriminator_optimizer, gradients), path, rtol=1e-9)
  assert np.abs(trained(method.generator_optimizer, gradients) - path).max() > 1e-3


def test_networks_are_as_the_config_says():
  method = fakes.tiny_method(
    model__dilated=False, model__fully_connected_relu=False, dtype='bfloat16'
  )
  assert method.generator.width == method.discriminator.width == 1 / 16
  assert not method.generator.dilated and not method.discriminator.fully_connected_relu
  assert method.discriminator.local_size == 8
  assert method.generator.dtype == method.discriminator.dtype == jnp.bfloat16
  assert method.dtype == jnp.float32  # pictures, losses and gradients


def test_balance_ends_so_many_steps_into_the_joint_phase():
  method = fakes.tiny_method(
    schedule__reconstruction_steps=10,
    schedule__discriminator_steps=5,
    schedule__total_steps=100,
    loss__balance_steps=7,
    loss__balance_factor=3.0,
  )
  assert method.balance_until == 22
  assert method.balance_factor == 3.0


def test_description_survives_json():
  config = fakes.tiny_config(model__dilated=False, mask__side=(4, 8))
  method = method_lib.from_config(config, fakes.MEAN_COLOR)
  description = method_lib.describe(method, config, fakes.MEAN_COLOR, 123)
  again = model_files.Description.from_json(json.loads(json.dumps(description.to_json())))
  assert again == description
  assert again.architecture == {'name': 'glcic', 'options': {'width': 1 / 16, 'dilated': False}}
  assert (again.method, again.step, again.image_size) == ('glcic', 123, 16)
  assert again.value_range == (0, 1) and again.mean_color == fakes.MEAN_COLOR
  assert again.mask == {'kind': 'rectangle', 'side': [4, 8]}
  assert again.versions['glcic_jax'] == __version__


@pytest.mark.parametrize(
  'step, changes, smooth',
  [
    (0, {}, False),
    (5, {}, True),
    (8, {}, True),  # nobody has touched the generator since the first phase
    (9, {}, False),
    (9, {'loss__adversarial_weight': 0.0}, True),
    (1, {'schedule__reconstruction_steps': 0}, False),  # it may have begun with any weights
  ],
)
def test_detail_is_on_for_what_squared_error_alone_has_trained(step, changes, smooth):
  phases = {'reconstruction_steps': 5, 'discriminator_steps': 3, 'total_steps': 20}
  phases = {f'schedule__{key}': value for key, value in phases.items()}
  config = fakes.tiny_config(mask__side=(4, 8), **phases)
  config.update_from_flattened_dict(
    {key.replace('__', '.'): value for key, value in changes.items()}
  )
  method = method_lib.from_config(config, fakes.MEAN_COLOR)
  assert method_lib.describe(method, config, fakes.MEAN_COLOR, step).detail == float(smooth)
