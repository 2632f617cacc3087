"""The Context Encoder's networks: the papers' sizes, a slow second writing, patch, noise,
AlexNet.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax.models import context_encoder
from glcic_jax.models import context_encoder_alexnet
from tests import fakes


def generator_shapes(**options):
  """A generator's variables, as shapes."""
  network = context_encoder.Generator(**options)
  side = network.image_size
  return jax.eval_shape(
    lambda: network.init(
      jax.random.key(0), jnp.zeros((1, side, side, 3)), jnp.zeros((1, side, side, 1))
    )
  )


def discriminator_shapes(side, **options):
  """A discriminator's variables, as shapes."""
  network = context_encoder.Discriminator(**options)
  return jax.eval_shape(
    lambda: network.init(
      jax.random.key(0), jnp.zeros((1, side, side, 3)), jnp.zeros((1, 2), jnp.int32)
    )
  )


def alexnet_shapes(**options):
  """The AlexNet variant's variables, as shapes."""
  network = context_encoder_alexnet.Generator(**options)
  return jax.eval_shape(
    lambda: network.init(
      jax.random.key(0), jnp.zeros((1, 227, 227, 3)), jnp.zeros((1, 227, 227, 1))
    )
  )


def count(tree):
  """How many numbers a tree of shapes holds."""
  return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(tree))


# PAPERS.md, sections 4 and 5.
@pytest.mark.parametrize(
  'options, parameters',
  [
    (dict(image_size=128, patch_size=64, bottleneck='channelwise'), 5_982_915),
    (dict(image_size=128, patch_size=64, bottleneck='convolution'), 71_130_531),
    (dict(image_size=128, patch_size=128, bottleneck='convolution'), 71_196_259),
    (dict(image_size=64, patch_size=64, bottleneck='convolution'), 71_064_803),
  ],
)
def test_generators_have_the_papers_parameters(options, parameters):
  assert count(generator_shapes(**options)['params']) == parameters


@pytest.mark.parametrize('side, parameters', [(64, 2_766_529), (128, 2_832_257)])
def test_discriminators_have_the_papers_parameters(side, parameters):
  assert count(discriminator_shapes(side)['params']) == parameters


def test_channelwise_layer_has_m_n4_weights_and_its_biases():
  layer = generator_shapes()['params']['channelwise']
  assert math.prod(layer['kernel'].shape) == 512 * 4**4
  assert math.prod(layer['bias'].shape) == 512 * 4**2
  layer = alexnet_shapes()['params']['channelwise']
  assert math.prod(layer['kernel'].shape) == 256 * 36**2
  assert math.prod(layer['bias'].shape) == 256 * 36


def test_mixing_convolution_can_be_three_pixels_wide():
  kernel = generator_shapes(mixing_kernel=3)['params']['mixing']['kernel']
  assert kernel.shape == (3, 3, 512, 512)


def test_alexnet_form_has_the_figures_layers():
  params = alexnet_shapes()['params']
  kernels = {name: layer['kernel'].shape for name, layer in params.items()}
  assert kernels == {
    'conv1': (11, 11, 3, 96),
    'conv2': (5, 5, 96, 256),
    'conv3': (3, 3, 256, 384),
    'conv4': (3, 3, 384, 384),
    'conv5': (3, 3, 384, 256),
    'channelwise': (256, 36, 36),
    'mixing': (1, 1, 256, 256),
    'deconv1': (5, 5, 256, 128),
    'deconv2': (5, 5, 128, 64),
    'deconv3': (5, 5, 64, 64),
    'deconv4': (5, 5, 64, 32),
    'deconv5': (5, 5, 32, 3),
  }
  assert count(params) == 5_334_275


def test_alexnet_form_passes_through_the_figures_sizes():
  network = context_encoder_alexnet.Generator(width=1 / 16)
  inputs = jnp.zeros((2, 227, 227, 3)), jnp.zeros((2, 227, 227, 1))
  output, seen = jax.eval_shape(
    lambda v: network.apply(v, *inputs, capture_intermediates=True, mutable=['intermediates']),
    alexnet_shapes(width=1 / 16),
  )
  assert output.shape == (2, 227, 227, 3)
  sides = {
    name: call['__call__'][0].shape[1]
    for name, call in seen['intermediates'].items()
    if name != '__call__'
  }
  assert [sides[f'conv{n}'] for n in range(1, 6)] == [55, 27, 13, 13, 13]
  assert [sides[f'deconv{n}'] for n in range(1, 6)] == [11, 21, 41, 81, 161]
  assert sides['channelwise'] == sides['mixing'] == 6


def test_alexnet_form_starts_with_outputs_that_differ():
  network = context_encoder_alexnet.Generator(width=1 / 8)
  image = np.random.default_rng(0).uniform(-1, 1, (2, 227, 227, 3)).astype(np.float32)
  key = jax.random.key(0, impl='rbg')
  output = jax.jit(lambda: network.init_with_output(key, image, image[..., :1])[0])()
  assert 0.03 < np.std(output) < 0.9


def test_the_absent_discriminator_has_nothing_to_train_and_no_opinion():
  network = context_encoder_alexnet.NoDiscriminator()
  image = jnp.ones((3, 8, 8, 3))
  assert count(network.init(jax.random.key(0), image, jnp.zeros((3, 2)))) == 0
  np.testing.assert_array_equal(network.apply({}, image, jnp.zeros((3, 2)), groups=3), np.zeros(3))


@pytest.mark.parametrize(
  'side, features',
  [
    (8, (512,)),
    (16, (256, 512)),
    (32, (128, 256, 512)),
    (64, (64, 128, 256, 512)),
    (128, (64, 64, 128, 256, 512)),
    (256, (64, 64, 64, 128, 256, 512)),
  ],
)
def test_stages(side, features):
  assert context_encoder.stages(side) == features


def test_width_scales_all_channels_but_the_output():
  params = generator_shapes(width=0.5, bottleneck='convolution')['params']
  assert [params[f'conv{n}']['kernel'].shape[-1] for n in range(1, 6)] == [32, 32, 64, 128, 256]
  assert params['bottleneck']['kernel'].shape == (4, 4, 256, 2_000)
  assert params['expand']['kernel'].shape == (4, 4, 2_000, 256)
  assert [params[f'deconv{n}']['kernel'].shape[-1] for n in range(1, 5)] == [128, 64, 32, 3]
  params = discriminator_shapes(64, width=0.5)['params']
  assert [params[f'conv{n}']['kernel'].shape[-1] for n in range(1, 5)] == [32, 64, 128, 256]
  assert params['logit']['kernel'].shape == (4, 4, 256, 1)


def test_first_layers_have_no_batch_norm():
  params = generator_shapes(bottleneck='convolution')['params']
  assert {name for name in params if 'norm' in name} == {
    'norm2',
    'norm3',
    'norm4',
    'norm5',
    'bottleneck_norm',
    'expand_norm',
    'up_norm1',
    'up_norm2',
    'up_norm3',
  }
  judge = discriminator_shapes(64)['params']
  assert {name for name in judge if 'norm' in name} == {'norm2', 'norm3', 'norm4'}


@pytest.mark.parametrize(
  'network',
  [
    context_encoder.Generator(
      32, 16, bottleneck='convolution', bottleneck_features=400, width=0.25
    ),
    context_encoder.Discriminator(0.25),
  ],
)
def test_initialisation_is_the_releases(network):
  image = jnp.zeros((1, 32, 32, 3))
  key = jax.random.key(0, impl='rbg')
  params = jax.jit(lambda: network.init(key, image, image[..., :1])['params'])()
  for layer in params.values():
    assert not np.any(layer['bias'])
    if 'scale' in layer:
      assert abs(np.mean(layer['scale']) - 1) < 0.015
      assert 0.01 < np.std(layer['scale']) < 0.03
    else:
      assert abs(np.mean(layer['kernel'])) < 0.002
      assert 0.018 < np.std(layer['kernel']) < 0.022


def plain_norm(x, variables, name):
  """BatchNorm by running statistics."""
  params, stats = variables['params'][name], variables['batch_stats'][name]
  return (x - stats['mean']) / jnp.sqrt(stats['var'] + 1e-5) * params['scale'] + params['bias']


def plain_conv(x, params):
  """4x4, stride 2, padding 1."""
  return params['bias'] + jax.lax.conv_general_dilated(
    x, params['kernel'], (2, 2), ((1, 1), (1, 1)), dimension_numbers=('NHWC', 'HWIO', 'NHWC')
  )


def leaky(x):
  """Leaky ReLU 0.2."""
  return jnp.where(x > 0, x, 0.2 * x)


def plain_generator(variables, x, bottleneck):
  """The generator at 32 px, written a second time: its raw prediction."""
  params = variables['params']
  x = leaky(plain_conv(x, params['conv1']))
  for n in (2, 3):
    x = leaky(plain_norm(plain_conv(x, params[f'conv{n}']), variables, f'norm{n}'))
  batch, features = x.shape[0], x.shape[-1]
  if bottleneck == 'channelwise':
    maps = [
      x[..., m].reshape(batch, 16) @ params['channelwise']['kernel'][m]
      + params['channelwise']['bias'][:, m]
      for m in range(features)
    ]
    x = jnp.stack(maps, axis=-1).reshape(batch, 4, 4, features)
    x = jnp.maximum(x @ params['mixing']['kernel'][0, 0] + params['mixing']['bias'], 0)
  else:
    layer = params['bottleneck']
    x = jnp.einsum('bhwi,hwio->bo', x, layer['kernel']) + layer['bias']
    x = leaky(plain_norm(x, variables, 'bottleneck_norm'))[:, None, None]
    x = (
      jax.lax.conv_transpose(x, params['expand']['kernel'], (1, 1), 'VALID')
      + params['expand']['bias']
    )
    x = jnp.maximum(plain_norm(x, variables, 'expand_norm'), 0)
  ups = sorted(name for name in params if name.startswith('deconv'))
  for n, name in enumerate(ups, start=1):
    x = jax.lax.conv_transpose(x, params[name]['kernel'], (2, 2), 'SAME') + params[name]['bias']
    if name != ups[-1]:
      x = jnp.maximum(plain_norm(x, variables, f'up_norm{n}'), 0)
  return jnp.tanh(x)


def wide(tree):
  """In float64."""
  return jax.tree.map(np.float64, tree)


@pytest.mark.parametrize('bottleneck', ['channelwise', 'convolution'])
@pytest.mark.parametrize('patch', [16, 32])
def test_generator_equals_a_second_writing(bottleneck, patch):
  options = dict(image_size=32, patch_size=patch, bottleneck=bottleneck, width=1 / 16)
  rng = np.random.default_rng(0)
  image, mask = rng.uniform(-1, 1, (2, 32, 32, 3)), np.zeros((2, 32, 32, 1))
  with jax.enable_x64(True):
    variables = wide(fakes.random_leaves(generator_shapes(**options)))
    network = context_encoder.Generator(**options, dtype=jnp.float64)
    output = np.asarray(jax.jit(network.apply)(variables, image, mask))
    expected = np.asarray(jax.jit(plain_generator, static_argnums=2)(variables, image, bottleneck))
  edge = (32 - patch) // 2
  inside = output[:, edge : 32 - edge, edge : 32 - edge]
  assert np.std(inside) > 0.01 and np.abs(inside).max() <= 1
  np.testing.assert_allclose(inside, expected, rtol=1e-10, atol=1e-12)
  around = np.ones((32, 32), bool)
  around[edge : 32 - edge, edge : 32 - edge] = False
  np.testing.assert_array_equal(output[:, around], image[:, around])


@pytest.mark.parametrize('overlap, hole', [(0, (32, 96)), (4, (36, 92)), (7, (39, 89))])
def test_the_centre_variant_knows_its_hole_and_the_random_one_takes_any(overlap, hole):
  assert context_encoder.Generator(128, 64, overlap).hole == hole
  assert context_encoder.Generator(128, 128, overlap).hole is None


def test_discriminator_equals_a_second_writing():
  image = np.random.default_rng(1).uniform(-1, 1, (2, 16, 16, 3))
  with jax.enable_x64(True):
    variables = wide(fakes.random_leaves(discriminator_shapes(16, width=1 / 16)))
    network = context_encoder.Discriminator(1 / 16, jnp.float64)
    logits = jax.jit(network.apply)(variables, image, None)
    x = leaky(plain_conv(image, variables['params']['conv1']))
    x = leaky(plain_norm(plain_conv(x, variables['params']['conv2']), variables, 'norm2'))
    layer = variables['params']['logit']
    expected = jnp.einsum('bhwi,hwio->bo', x, layer['kernel'])[:, 0] + layer['bias']
  assert logits.shape == (2,)
  np.testing.assert_allclose(logits, expected, rtol=1e-10)


def test_bfloat16_gives_float32_pictures_logits_and_statistics():
  network = context_encoder.Generator(32, 16, width=1 / 16, dtype=jnp.bfloat16)
  inputs = jnp.zeros((4, 32, 32, 3)), jnp.zeros((4, 32, 32, 1))
  output = jax.eval_shape(
    lambda v: network.apply(v, *inputs, train=True, mutable=['batch_stats']),
    generator_shapes(image_size=32, patch_size=16, width=1 / 16),
  )
  judge = context_encoder.Discriminator(1 / 16, jnp.bfloat16)
  logits = jax.eval_shape(
    lambda v: judge.apply(
      v, jnp.zeros((4, 16, 16, 3)), None, train=True, groups=2, mutable=['batch_stats']
    ),
    discriminator_shapes(16, width=1 / 16),
  )
  assert {leaf.dtype for leaf in jax.tree.leaves((output, logits))} == {np.dtype('float32')}


@pytest.mark.parametrize('bottleneck', ['channelwise', 'convolution'])
def test_noise_is_the_streams_and_zero_without_one(bottleneck):
  options = dict(
    image_size=32, patch_size=16, bottleneck=bottleneck, width=1 / 16, noise_features=6
  )
  shapes = generator_shapes(**options)
  assert shapes['params']['noise']['kernel'].shape == (1, 1, 6, 6)
  network, variables = context_encoder.Generator(**options), fakes.random_leaves(shapes)
  image = np.zeros((2, 32, 32, 3), np.float32)

  @jax.jit
  def with_noise(key):
    return network.apply(variables, image, image[..., :1], rngs={'noise': key})

  first, again, other = (np.asarray(with_noise(jax.random.key(seed))) for seed in (0, 0, 1))
  np.testing.assert_array_equal(first, again)
  assert np.abs(first - other).max() > 1e-3
  assert np.abs(first[0] - first[1]).max() > 1e-3  # each picture has its own
  silent = np.asarray(jax.jit(network.apply)(variables, image, image[..., :1]))
  np.testing.assert_allclose(silent[0], silent[1], atol=1e-6)  # up to who of the threads sums what
