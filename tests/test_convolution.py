"""Convolutions in a CPU's and accelerators' forms against XLA's own, forward and both
gradients, in float64.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.models.convolutions import convolution
from glcic_jax.models.convolutions import taps
from glcic_jax.models.convolutions import winograd
from glcic_jax.training import step as step_lib
from tests import fakes


@pytest.fixture
def x64():
  """Float64, so that a tolerance of 1e-12 tells a wrong formula from rounding."""
  with jax.enable_x64(True):
    yield


@pytest.fixture
def one_cpu(monkeypatch):
  """As on a machine with a single CPU device, where the forms are chosen."""
  monkeypatch.setattr(jax, 'device_count', lambda: 1)


def normal(*shape, seed=0):
  """Random float64."""
  return np.random.default_rng([seed, *shape]).normal(size=shape)


def with_gradients(function, x, kernel, weight):
  """The output, and the gradients of its weighted sum by both arguments."""
  output, pull_back = jax.vjp(function, x, kernel)
  return output, *pull_back(weight)


def definition(x, kernel, dilation):
  """A 3x3 convolution of stride 1 as shifted products."""
  _, height, width, _ = x.shape
  padded = np.pad(x, ((0, 0), (dilation,) * 2, (dilation,) * 2, (0, 0)))
  return sum(
    padded[:, i * dilation : i * dilation + height, j * dilation : j * dilation + width]
    @ kernel[i, j]
    for i in range(3)
    for j in range(3)
  )


@pytest.mark.parametrize('height, width, dilation', [(2, 2, 1), (6, 4, 1), (8, 4, 2), (8, 16, 4)])
def test_winograd_is_the_convolution(x64, height, width, dilation):
  x, kernel = normal(2, height, width, 3), normal(3, 3, 3, 5)
  assert winograd.fits(height, width, dilation)
  output = winograd.conv(jnp.asarray(x), jnp.asarray(kernel), dilation)
  fakes.assert_close(output, definition(x, kernel, dilation), 1e-12)


@pytest.mark.parametrize('height, width, dilation', [(3, 4, 1), (4, 5, 1), (4, 6, 2), (16, 16, 16)])
def test_winograd_needs_whole_tiles(height, width, dilation):
  assert not winograd.fits(height, width, dilation)


@pytest.mark.parametrize('dilation', [1, 2])
def test_chosen_winograd_has_the_gradients_of_the_definition(x64, one_cpu, monkeypatch, dilation):
  monkeypatch.setattr(taps, '_WINOGRAD_CHANNELS', 3)
  monkeypatch.setattr(taps, '_PRODUCT_FEATURES', 3)
  x, kernel, weight = normal(2, 8, 4, 3), normal(3, 3, 3, 5), normal(2, 8, 4, 5)

  def conv(x, kernel):
    return convolution.conv(x, kernel, 1, dilation)

  assert 'dot_general' in str(jax.make_jaxpr(conv)(x, kernel)) and 'conv_general' not in str(
    jax.make_jaxpr(conv)(x, kernel)
  )
  with convolution.as_defined():
    expected = with_gradients(conv, x, kernel, weight)
  fakes.assert_close(with_gradients(conv, x, kernel, weight), expected, 1e-12)


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
  monkeypatch.setattr(taps, '_PRODUCT_FEATURES', 3)

  def conv(x, kernel):
    return convolution.conv(x, kernel, stride, dilation, padding)

  x, kernel = normal(2, length, length + 3, 2), normal(side, side, 2, 3)
  weight = normal(*jax.eval_shape(conv, x, kernel).shape)
  assert 'custom_vjp' in str(jax.make_jaxpr(conv)(x, kernel))
  with convolution.as_defined():
    expected = with_gradients(conv, x, kernel, weight)
  fakes.assert_close(with_gradients(conv, x, kernel, weight), expected, 1e-12)


@pytest.mark.parametrize('side', [4, 5])
def test_up_convolution_has_the_same_gradients_by_products(x64, one_cpu, monkeypatch, side):
  monkeypatch.setattr(taps, '_PRODUCT_FEATURES', 3)
  x, kernel = normal(2, 3, 4, 2), normal(side, side, 2, 3)
  weight = normal(*jax.eval_shape(convolution.up_conv, x, kernel).shape)
  with convolution.as_defined():
    expected = with_gradients(convolution.up_conv, x, kernel, weight)
  fakes.assert_close(with_gradients(convolution.up_conv, x, kernel, weight), expected, 1e-12)


@pytest.mark.parametrize(
  'side, dilation, height, width',
  [(3, 2, 4, 6), (3, 2, 5, 7), (3, 4, 6, 9), (3, 16, 4, 5), (5, 3, 7, 8)],
)
def test_a_gpu_takes_a_dilated_kernels_gradient_from_pictures_apart(
  x64, side, dilation, height, width
):
  def conv(x, kernel):
    return convolution.conv(x, kernel, 1, dilation)

  x, kernel, weight = (
    normal(2, height, width, 3),
    normal(side, side, 3, 4),
    normal(2, height, width, 4),
  )
  with convolution.as_defined():
    expected = with_gradients(conv, x, kernel, weight)
  with convolution.compiled_for('gpu'):
    traced = str(jax.make_jaxpr(lambda *arrays: with_gradients(conv, *arrays))(x, kernel, weight))
    # Left to itself this gradient would step over the picture by the dilation.
    assert f'window_strides=({dilation}, {dilation})' not in traced
    fakes.assert_close(with_gradients(conv, x, kernel, weight), expected, 1e-12)


@pytest.mark.parametrize('platform', ['gpu', 'tpu'])
@pytest.mark.parametrize('side', [4, 5])
def test_accelerators_convolve_up_in_one(x64, side, platform):
  x, kernel = normal(2, 3, 4, 2), normal(side, side, 2, 3)
  weight = normal(*jax.eval_shape(convolution.up_conv, x, kernel).shape)
  with convolution.as_defined():
    expected = with_gradients(convolution.up_conv, x, kernel, weight)
  with convolution.compiled_for(platform):
    traced = str(
      jax.make_jaxpr(lambda *arrays: with_gradients(convolution.up_conv, *arrays))(
        x, kernel, weight
      )
    )
    assert traced.count('conv_general_dilated[') == 3
    fakes.assert_close(with_gradients(convolution.up_conv, x, kernel, weight), expected, 1e-12)


@pytest.mark.parametrize('dtype, devices', [(jnp.bfloat16, 1), (jnp.float32, 2)])
def test_bfloat16_and_several_cpu_devices_are_left_alone(monkeypatch, dtype, devices):
  monkeypatch.setattr(jax, 'device_count', lambda: devices)
  x, kernel = jnp.zeros((1, 4, 4, 128), dtype), jnp.zeros((3, 3, 128, 128), dtype)
  traced = jax.make_jaxpr(convolution.conv)(x, kernel)
  assert [equation.primitive.name for equation in traced.eqns] == ['conv_general_dilated']


def test_a_picture_without_whole_tiles_is_not_winograds(one_cpu):
  x, kernel = jnp.zeros((1, 5, 4, 128)), jnp.zeros((3, 3, 128, 128))
  assert 'conv_general_dilated' in str(jax.make_jaxpr(convolution.conv)(x, kernel))


@pytest.mark.parametrize('platform', ['', 'gpu', 'tpu'])
def test_a_step_is_the_same_in_every_form(platform):
  expected = fakes.stepped(schedule.Phase.JOINT, 1)
  with jax.enable_x64(True):
    mesh = parallel.make_mesh(jax.devices()[:1])
    state, rows = fakes.to_devices(expected.before, mesh), parallel.to_global(expected.batch, mesh)
    with convolution.compiled_for(platform):
      after, metrics = jax.device_get(
        step_lib.compile_steps(expected.method, mesh)[schedule.Phase.JOINT](state, rows)
      )
  fakes.assert_close(after, expected.after, 1e-10)
  fakes.assert_close(metrics, expected.metrics, 1e-6)
