"""Each implementation of a convolution against XLA's own, in both passes and in float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.models import context_encoder_alexnet
from glcic_jax.models import convolutions
from glcic_jax.models import layers
from glcic_jax.models.convolutions import taps
from glcic_jax.training import step as step_lib
from tests import fakes


@pytest.fixture
def x64():
  """Float64, so that a tolerance of 1e-12 tells a wrong formula from rounding."""
  with jax.enable_x64(True):
    yield


@pytest.fixture
def one_cpu(monkeypatch):
  """As on a machine with a single CPU device, where `taps` are chosen."""
  monkeypatch.setattr(jax, 'device_count', lambda: 1)


def normal(*shape, seed=0):
  """Random float64."""
  return np.random.default_rng([seed, *shape]).normal(size=shape)


@functools.partial(jax.jit, static_argnums=0)
def with_gradients(function, x, kernel, weight):
  """The output, and the gradients of its weighted sum by both arguments."""
  output, pull_back = jax.vjp(function, x, kernel)
  return output, *pull_back(weight)


def traced(function, *arrays):
  """The program of `with_gradients`."""
  return str(jax.make_jaxpr(functools.partial(with_gradients, function))(*arrays))


def assert_is_the_definition(function, x, kernel, platform):
  """`function(x, kernel, platform=...)` on a platform against XLA's own convolutions."""
  ours, definition = (
    functools.partial(function, platform=name) for name in (platform, convolutions.AS_DEFINED)
  )
  weight = normal(*jax.eval_shape(definition, x, kernel).shape)
  assert traced(ours, x, kernel, weight) != traced(definition, x, kernel, weight)
  expected = with_gradients(definition, x, kernel, weight)
  fakes.assert_close(with_gradients(ours, x, kernel, weight), expected, 1e-12)


@pytest.mark.parametrize(
  'side, stride, dilation, padding, length',
  [
    (5, 1, 1, None, 7),
    (3, 2, 1, None, 9),
    (3, 2, 1, None, 10),
    (3, 1, 3, None, 6),
    (4, 2, 1, 1, 10),
    (5, 2, 1, None, 11),
    (3, 1, 1, 0, 6),
  ],
)
def test_products_of_taps_are_the_kernels_gradient(
  x64, one_cpu, monkeypatch, side, stride, dilation, padding, length
):
  monkeypatch.setattr(taps, '_FEATURES', 3)
  conv = functools.partial(convolutions.conv, stride=stride, dilation=dilation, padding=padding)
  x, kernel = normal(2, length, length + 3, 2), normal(side, side, 2, 3)
  assert_is_the_definition(conv, x, kernel, 'cpu')


@pytest.mark.parametrize('side', [4, 5])
def test_up_convolution_has_the_same_gradients_by_products(x64, one_cpu, monkeypatch, side):
  monkeypatch.setattr(taps, '_FEATURES', 3)
  x, kernel = normal(2, 3, 4, 2), normal(side, side, 2, 3)
  assert_is_the_definition(convolutions.up_conv, x, kernel, 'cpu')


@pytest.mark.parametrize('platform', ['cpu', 'gpu', 'tpu'])
@pytest.mark.parametrize('side, length', [(5, 8), (5, 7), (4, 8), (3, 1)])
def test_patches_are_the_convolution(x64, side, length, platform):
  conv = functools.partial(convolutions.conv, stride=2)
  x, kernel = normal(2, length, length, 3), normal(side, side, 3, 4)
  assert_is_the_definition(conv, x, kernel, platform)
  weight = normal(*jax.eval_shape(conv, x, kernel).shape)
  ours = functools.partial(conv, platform=platform)
  assert 'conv_general_dilated' not in traced(ours, x, kernel, weight)


@pytest.mark.parametrize(
  'side, dilation, height, width',
  [(3, 2, 4, 6), (3, 2, 5, 7), (3, 4, 6, 9), (3, 16, 4, 5), (5, 3, 7, 8)],
)
def test_a_gpu_takes_a_dilated_kernels_gradient_from_pictures_apart(
  x64, side, dilation, height, width
):
  conv = functools.partial(convolutions.conv, dilation=dilation)
  x, kernel = normal(2, height, width, 3), normal(side, side, 3, 4)
  assert_is_the_definition(conv, x, kernel, 'gpu')
  on_gpu = functools.partial(conv, platform='gpu')
  # Left to itself this gradient would step over the picture by the dilation.
  strides = f'window_strides=({dilation}, {dilation})'
  weight = normal(2, height, width, 4)
  assert strides in traced(conv, x, kernel, weight)
  assert strides not in traced(on_gpu, x, kernel, weight)


@pytest.mark.parametrize('platform', ['gpu', 'tpu'])
@pytest.mark.parametrize('side', [4, 5])
def test_accelerators_convolve_up_in_one(x64, side, platform):
  x, kernel = normal(2, 3, 4, 2), normal(side, side, 2, 3)
  assert_is_the_definition(convolutions.up_conv, x, kernel, platform)
  weight = normal(*jax.eval_shape(convolutions.up_conv, x, kernel).shape)
  whole = functools.partial(convolutions.up_conv, platform=platform)
  assert traced(whole, x, kernel, weight).count('conv_general_dilated[') == 3


@pytest.mark.parametrize('dtype, devices', [(jnp.bfloat16, 1), (jnp.float32, 2)])
def test_bfloat16_and_several_cpu_devices_are_left_alone(monkeypatch, dtype, devices):
  monkeypatch.setattr(jax, 'device_count', lambda: devices)
  x, kernel = jnp.zeros((1, 4, 4, 128), dtype), jnp.zeros((3, 3, 128, 128), dtype)
  program = jax.make_jaxpr(convolutions.conv)(x, kernel)
  assert [equation.primitive.name for equation in program.eqns] == ['conv_general_dilated']


@pytest.mark.parametrize('platform', [convolutions.AS_DEFINED, 'gpu', 'tpu'])
def test_a_step_is_the_same_on_every_platform(platform):
  expected = fakes.stepped(schedule.Phase.JOINT, 1)
  with jax.enable_x64(True):
    mesh = parallel.make_mesh(jax.devices()[:1])
    state, rows = fakes.to_devices(expected.before, mesh), parallel.to_global(expected.batch, mesh)
    method = expected.method.compiled_for(platform)
    steps = step_lib.compile_steps(method, mesh)
    after, metrics = jax.device_get(steps[schedule.Phase.JOINT](state, rows))
  fakes.assert_close(after, expected.after, 1e-10)
  fakes.assert_close(metrics, expected.metrics, 1e-6)


METHODS = (
  {},
  {'method': 'context_encoder_center', 'image_size': 32},
  {'method': 'context_encoder_alexnet', 'image_size': 227},
  {
    'method': 'context_encoder_random',
    'image_size': 32,
    'model__bottleneck': 'convolution',
    'model__noise': 4,
  },
)


@pytest.mark.parametrize('changes', METHODS)
def test_the_platform_reaches_every_convolution(monkeypatch, changes):
  asked = []
  conv, up_conv = convolutions.conv, convolutions.up_conv

  def noted(function):
    def call(*arrays, platform=None, **options):
      asked.append(platform)
      return function(*arrays, platform=platform, **options)

    return call

  monkeypatch.setattr(convolutions, 'conv', noted(conv))
  monkeypatch.setattr(convolutions, 'up_conv', noted(up_conv))
  method = fakes.tiny_method(**changes).compiled_for('tpu')
  fakes.random_state(method, size=changes.get('image_size', fakes.SIZE))
  assert len(asked) >= 8 and set(asked) == {'tpu'}
  asked.clear()
  fakes.random_state(fakes.tiny_method(**changes), size=changes.get('image_size', fakes.SIZE))
  assert set(asked) == {None}


def test_what_has_no_convolutions_has_no_platform():
  network = context_encoder_alexnet.NoDiscriminator()
  assert layers.compiled_for(network, 'gpu') is network
