"""Every layer against Flax, or against slow code that cannot be wrong in the same way."""

import functools

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax.models import convolutions
from glcic_jax.models import layers
from tests import fakes


@pytest.fixture
def x64():
  """Float64, so that a tolerance of 1e-12 tells a wrong formula from rounding."""
  with jax.enable_x64(True):
    yield


def value_and_gradients(module, variables, x, weight):
  """The output, and the gradients of its weighted sum by the parameters and the input."""

  @jax.jit
  def both(params, x):
    output, pull_back = jax.vjp(lambda p, x: module.apply({'params': p}, x), params, x)
    return output, pull_back(weight)

  return both(variables, x)


def assert_close(actual, expected):
  """Equal trees, up to the rounding of float64."""
  fakes.assert_close(actual, expected, 1e-12)


def normal(*shape, seed=0):
  """Random float64."""
  return np.random.default_rng([seed, *shape]).normal(size=shape)


@pytest.mark.parametrize('height, width', [(5, 2), (1, 1)])
def test_up_conv_is_flax_conv_transpose(x64, height, width):
  params = {'kernel': normal(4, 4, 3, 5), 'bias': normal(5)}
  x, weight = normal(2, height, width, 3), normal(2, 2 * height, 2 * width, 5)
  ours = layers.UpConv(5, dtype=jnp.float64)
  flax = nn.ConvTranspose(5, (4, 4), (2, 2), 'SAME', dtype=jnp.float64)
  assert_close(
    value_and_gradients(ours, params, x, weight), value_and_gradients(flax, params, x, weight)
  )


def test_up_conv_scatters_each_pixel_by_the_flipped_kernel(x64):
  x, kernel = normal(1, 3, 4, 2), normal(4, 4, 2, 3)
  padded = np.zeros((1, 2 * 3 + 2, 2 * 4 + 2, 3))
  for i in range(3):
    for j in range(4):
      padded[0, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += x[0, i, j] @ kernel[::-1, ::-1]
  assert_close(convolutions.up_conv(x, kernel), padded[:, 1:-1, 1:-1])


def test_up_conv_of_five_taps_scatters_each_pixel_by_the_flipped_kernel(x64):
  x, kernel = normal(1, 3, 4, 2), normal(5, 5, 2, 3)
  padded = np.zeros((1, 2 * 2 + 5, 2 * 3 + 5, 3))
  for i in range(3):
    for j in range(4):
      padded[0, 2 * i : 2 * i + 5, 2 * j : 2 * j + 5] += x[0, i, j] @ kernel[::-1, ::-1]
  output = layers.UpConv(3, dtype=jnp.float64, kernel=5).apply(
    {'params': {'kernel': kernel, 'bias': np.ones(3)}}, x
  )
  assert output.shape == (1, 5, 7, 3)
  assert_close(output, padded[:, 2:-2, 2:-2] + 1)


def test_collapse_is_flax_valid_convolution(x64):
  params = {'kernel': normal(4, 4, 3, 5), 'bias': normal(5)}
  x, weight = normal(2, 4, 4, 3), normal(2, 1, 1, 5)
  assert_close(
    value_and_gradients(layers.Collapse(5, dtype=jnp.float64), params, x, weight),
    value_and_gradients(nn.Conv(5, (4, 4), 1, 'VALID', dtype=jnp.float64), params, x, weight),
  )


def test_expand_is_flax_valid_conv_transpose(x64):
  params = {'kernel': normal(4, 4, 3, 5), 'bias': normal(5)}
  x, weight = normal(2, 1, 1, 3), normal(2, 4, 4, 5)
  flax = nn.ConvTranspose(5, (4, 4), (1, 1), 'VALID', dtype=jnp.float64)
  assert_close(
    value_and_gradients(layers.Expand(5, 4, dtype=jnp.float64), params, x, weight),
    value_and_gradients(flax, params, x, weight),
  )


def test_channelwise_layer_is_a_loop_over_maps_and_pixels(x64):
  maps, height, width = 5, 3, 4
  pixels = height * width
  params = {'kernel': normal(maps, pixels, pixels), 'bias': normal(pixels, maps)}
  x = normal(2, height, width, maps)
  expected = np.zeros_like(x)
  for row, m, i, j in np.ndindex(2, maps, height, width):
    total = params['bias'][i * width + j, m]
    for p, q in np.ndindex(height, width):
      total += x[row, p, q, m] * params['kernel'][m, p * width + q, i * width + j]
    expected[row, i, j, m] = total
  output = layers.ChannelwiseDense(dtype=jnp.float64).apply({'params': params}, x)
  assert_close(output, expected)


def test_channelwise_layer_is_one_batched_contraction():
  layer, x = layers.ChannelwiseDense(), jnp.zeros((2, 4, 4, 512))
  variables = jax.eval_shape(lambda: layer.init(jax.random.key(0), x))
  program = jax.make_jaxpr(layer.apply)(variables, x)
  products = [equation for equation in program.eqns if equation.primitive.name == 'dot_general']
  ((_, batched),) = (equation.params['dimension_numbers'] for equation in products)
  assert len(batched[0]) == 1  # the maps
  assert not {'while', 'scan'} & {equation.primitive.name for equation in program.eqns}


def loop_convolution(x, kernel, stride, dilation):
  """A convolution with symmetric zero padding, pixel by pixel."""
  reach = dilation * (kernel.shape[0] - 1)
  padded = np.pad(x, ((0, 0), (reach // 2,) * 2, (reach // 2,) * 2, (0, 0)))
  height, width = ((n + reach // 2 * 2 - reach - 1) // stride + 1 for n in x.shape[1:3])
  output = np.zeros((x.shape[0], height, width, kernel.shape[-1]))
  for i in range(height):
    for j in range(width):
      rows = slice(i * stride, i * stride + reach + 1, dilation)
      columns = slice(j * stride, j * stride + reach + 1, dilation)
      seen = padded[:, rows, columns]
      output[:, i, j] = np.einsum('bhwi,hwio->bo', seen, kernel)
  return output


@pytest.mark.parametrize(
  'kernel, stride, dilation, height, width',
  [
    (3, 1, 1, 5, 6),
    (5, 1, 1, 6, 7),
    (3, 2, 1, 12, 14),
    (3, 2, 1, 11, 13),
    (5, 2, 1, 12, 9),
    (5, 2, 1, 10, 15),
    (4, 2, 1, 12, 10),
    (4, 2, 1, 8, 4),  # the Context Encoder's: padding 1
    (3, 2, 1, 8, 6),
    (5, 2, 1, 8, 8),
    (5, 2, 1, 5, 3),
    (5, 2, 1, 1, 1),
    (3, 1, 2, 9, 8),
    (3, 1, 4, 7, 9),
    (3, 1, 16, 4, 5),
    (3, 2, 2, 12, 7),
  ],
)
def test_conv_is_a_loop_over_the_pixels(x64, kernel, stride, dilation, height, width):
  params = {'kernel': normal(kernel, kernel, 3, 4), 'bias': normal(4)}
  x = normal(2, height, width, 3)
  output = layers.Conv(4, kernel, stride, dilation, dtype=jnp.float64).apply({'params': params}, x)
  assert_close(output, loop_convolution(x, params['kernel'], stride, dilation) + params['bias'])


def test_padding_is_symmetric_where_flax_same_is_not(x64):
  params = {'kernel': np.zeros((3, 3, 1, 1)), 'bias': np.zeros(1)}
  params['kernel'][1, 1] = 1  # the middle tap
  x = np.arange(100.0).reshape(1, 10, 10, 1)
  ours = layers.Conv(1, 3, 2, dtype=jnp.float64).apply({'params': params}, x)
  flax = nn.Conv(1, (3, 3), 2, 'SAME', dtype=jnp.float64).apply({'params': params}, x)
  np.testing.assert_array_equal(ours, x[:, ::2, ::2])
  np.testing.assert_array_equal(flax, x[:, 1::2, 1::2])


def test_padding_can_be_left_out(x64):
  params = {'kernel': normal(11, 11, 2, 3), 'bias': normal(3)}
  x = normal(1, 19, 23, 2)
  output = layers.Conv(3, 11, 4, dtype=jnp.float64, padding=0).apply({'params': params}, x)
  padded = loop_convolution(
    x, params['kernel'], 1, 1
  )  # the same at every place, with a margin of 5
  assert_close(output, padded[:, 5:-5:4, 5:-5:4] + params['bias'])


def plain_convolution(x, kernel):
  """XLA's own strided convolution."""
  pad = (kernel.shape[0] // 2,) * 2
  return jax.lax.conv_general_dilated(
    x, kernel, (2, 2), (pad, pad), dimension_numbers=('NHWC', 'HWIO', 'NHWC')
  )


@pytest.mark.parametrize('kernel, height, width', [(5, 8, 8), (5, 7, 5), (3, 6, 6), (3, 1, 3)])
def test_small_outputs_and_gradients_are_those_of_the_definition(x64, kernel, height, width):
  params = {'kernel': normal(kernel, kernel, 3, 4), 'bias': np.zeros(4)}
  x = normal(2, height, width, 3)
  plain, pull_back = jax.vjp(plain_convolution, x, params['kernel'])
  weight = normal(*plain.shape)
  output, (by_params, by_input) = value_and_gradients(
    layers.Conv(4, kernel, 2, dtype=jnp.float64), params, x, weight
  )
  assert_close((output, (by_input, by_params['kernel'])), (plain, pull_back(weight)))


@pytest.mark.parametrize('side, count', [(8, 0), (9, 1)])
def test_patches_serve_small_outputs_only(side, count):
  x = jnp.zeros((1, side, side, 3))
  module = layers.Conv(4, 5, 2)
  params = {'kernel': jnp.zeros((5, 5, 3, 4)), 'bias': jnp.zeros(4)}
  program = str(jax.make_jaxpr(lambda x: module.apply({'params': params}, x))(x))
  assert program.count('conv_general_dilated[') == count


def test_patches_copy_bfloat16_pixels_exactly():
  params = {'kernel': np.zeros((3, 3, 1, 1), np.float32), 'bias': np.zeros(1, np.float32)}
  params['kernel'][1, 1] = 1  # the middle tap
  x = jnp.asarray(normal(1, 8, 8, 1), jnp.bfloat16)
  output = layers.Conv(1, 3, 2, dtype=jnp.bfloat16).apply({'params': params}, x)
  np.testing.assert_array_equal(output, x[:, ::2, ::2])


@pytest.mark.parametrize('shape', [(5, 5, 4, 32), (100, 40)])
def test_kernels_start_as_torch_starts_them(shape):
  kernel = np.asarray(layers.torch_uniform(jax.random.key(0, impl='rbg'), shape, jnp.float32))
  bound = 100**-0.5  # 1 / sqrt(fan in)
  assert 0.95 * bound < kernel.max() <= bound
  assert -bound <= kernel.min() < -0.95 * bound
  assert abs(kernel.mean()) < 0.05 * bound
  assert kernel.std() == pytest.approx(bound / 3**0.5, rel=0.05)


@pytest.mark.parametrize(
  'width, full, expected', [(1, 64, 64), (1 / 16, 64, 4), (0.1, 64, 6), (1e-3, 64, 1)]
)
def test_channels_scale_and_never_vanish(width, full, expected):
  assert layers.channels(width, full) == expected


NORM = {
  'params': {'scale': normal(3) + 2, 'bias': normal(3)},
  'batch_stats': {'mean': normal(3, seed=1), 'var': normal(3, seed=1) ** 2 + 0.5},
}


@functools.partial(jax.jit, static_argnames='groups')
def normalise(variables, x, groups=1):
  """A training call: the output and the new statistics."""
  output, updates = layers.BatchNorm().apply(
    variables, x, train=True, groups=groups, mutable=['batch_stats']
  )
  return output, updates['batch_stats']


def test_batch_norm_trains_on_the_batch_mean_and_biased_variance(x64):
  x = normal(4, 3, 2, 3) * 2 + 5
  output, stats = normalise(NORM, x)
  mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
  params, old = NORM['params'], NORM['batch_stats']
  assert_close(output, (x - mean) / np.sqrt(variance + 1e-5) * params['scale'] + params['bias'])
  assert_close(stats['mean'], 0.9 * old['mean'] + 0.1 * mean)
  assert_close(stats['var'], 0.9 * old['var'] + 0.1 * variance)


def test_batch_norm_evaluates_by_running_statistics_and_keeps_them(x64):
  x = normal(4, 3, 2, 3)
  output, updates = layers.BatchNorm().apply(NORM, x, train=False, mutable=['batch_stats'])
  params, stats = NORM['params'], NORM['batch_stats']
  normal_x = (x - stats['mean']) / np.sqrt(stats['var'] + 1e-5)
  assert_close(output, normal_x * params['scale'] + params['bias'])
  fakes.assert_same(updates['batch_stats'], stats)


def test_batch_norm_and_its_gradients_are_flax_ones(x64):
  x, weight = normal(4, 3, 2, 3), normal(4, 3, 2, 3, seed=2)

  @functools.partial(jax.jit, static_argnames=('module', 'train'))
  def run(module, **options):
    def output_of(params, x):
      variables = {'params': params, 'batch_stats': NORM['batch_stats']}
      output, updates = module.apply(variables, x, mutable=['batch_stats'], **options)
      return output, updates['batch_stats']

    output, pull_back, stats = jax.vjp(output_of, NORM['params'], x, has_aux=True)
    return output, pull_back(weight), stats

  flax = nn.BatchNorm(False, momentum=0.9, epsilon=1e-5, dtype=jnp.float64, use_fast_variance=False)
  assert_close(run(layers.BatchNorm(), train=True), run(flax))


def test_groups_are_separate_batches_in_order(x64):
  first, second = normal(4, 3, 2, 3) + 1, normal(4, 3, 2, 3, seed=2) * 3 - 2
  together = np.stack([first, second], axis=1).reshape(8, 3, 2, 3)
  output, stats = normalise(NORM, together, groups=2)

  first_output, first_stats = normalise(NORM, first)
  second_output, second_stats = normalise({**NORM, 'batch_stats': first_stats}, second)
  assert_close((output[0::2], output[1::2]), (first_output, second_output))
  assert_close(stats, second_stats)
  mean = NORM['batch_stats']['mean']
  for batch in (first, second):
    mean = 0.9 * mean + 0.1 * batch.mean((0, 1, 2))
  assert_close(stats['mean'], mean)


def test_variance_survives_a_large_mean():
  x = np.float32(np.random.default_rng(0).normal(1000, 0.1, (64, 8, 8, 2)))
  variables = {
    'params': {'scale': np.ones(2, np.float32), 'bias': np.zeros(2, np.float32)},
    'batch_stats': {'mean': np.zeros(2, np.float32), 'var': np.zeros(2, np.float32)},
  }
  output, stats = normalise(variables, jnp.asarray(x))
  np.testing.assert_allclose(stats['var'], 0.1 * x.astype(np.float64).var((0, 1, 2)), rtol=1e-3)
  np.testing.assert_allclose(np.std(output, axis=(0, 1, 2)), 1, rtol=2e-3)


@pytest.mark.parametrize('activations', ['bfloat16', 'float16', 'float32'])
def test_statistics_are_float32_and_activations_keep_their_dtype(activations):
  variables = jax.tree.map(np.float32, NORM)
  output, stats = normalise(variables, jnp.asarray(normal(4, 3, 2, 3), activations))
  assert output.dtype == activations
  assert {leaf.dtype for leaf in stats.values()} == {np.dtype('float32')}


@pytest.mark.parametrize('activations', ['bfloat16', 'float32', 'float64'])
def test_statistics_of_float32_parameters_stay_float32_under_x64(x64, activations):
  variables = jax.tree.map(np.float32, NORM)
  output, stats = normalise(variables, jnp.asarray(normal(4, 3, 2, 3), activations))
  assert output.dtype == activations
  assert {leaf.dtype for leaf in stats.values()} == {np.dtype('float32')}


def test_bfloat16_statistics_are_not_rounded_to_bfloat16():
  x = jnp.asarray(normal(8, 4, 4, 3), jnp.bfloat16)
  _, stats = normalise(jax.tree.map(np.float32, NORM), x)
  mean = 0.9 * NORM['batch_stats']['mean'] + 0.1 * np.asarray(x, np.float64).mean((0, 1, 2))
  np.testing.assert_allclose(stats['mean'], mean, rtol=1e-5)


def test_initialising_in_training_mode_moves_no_statistics():
  key = jax.random.key(0, impl='rbg')
  variables = layers.BatchNorm().init(key, jnp.full((2, 2, 2, 3), 7.0), train=True)
  np.testing.assert_array_equal(variables['batch_stats']['mean'], np.zeros(3))
  np.testing.assert_array_equal(variables['batch_stats']['var'], np.ones(3))
