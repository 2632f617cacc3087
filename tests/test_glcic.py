"""GLCIC's networks: the paper's sizes, a slow second writing of both, and what each part sees."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax.models import glcic
from tests import fakes

# PAPERS.md, section 1: weights and biases of the 17 convolutions.
COMPLETION_PARAMETERS = [
  6_464,
  73_856,
  147_584,
  295_168,
  590_080,
  590_080,
  590_080,
  590_080,
  590_080,
  590_080,
  590_080,
  590_080,
  524_416,
  147_584,
  131_136,
  18_464,
  867,
]
COMPLETION_CHANNELS = [64, 128, 128, 256, 256, 256, 256, 256, 256, 256, 256, 256, 128, 128, 64, 32]
DECONVOLUTIONS = (13, 15)


def completion_shapes(size=32, **options):
  """The completion network's variables, as shapes."""
  network = glcic.CompletionNetwork(**options)
  return jax.eval_shape(
    lambda: network.init(
      jax.random.key(0), jnp.zeros((1, size, size, 3)), jnp.zeros((1, size, size, 1))
    )
  )


def discriminator_shapes(size, local_size, **options):
  """The discriminator's variables, as shapes."""
  network = glcic.Discriminator(local_size=local_size, **options)
  return jax.eval_shape(
    lambda: network.init(
      jax.random.key(0), jnp.zeros((1, size, size, 3)), jnp.zeros((1, 2), jnp.int32)
    )
  )


def count(tree):
  """How many numbers a tree of shapes holds."""
  return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(tree))


def layer_name(number):
  """The name of a completion layer's parameters."""
  return f'{"deconv" if number in DECONVOLUTIONS else "conv"}{number}'


def test_completion_parameters_are_the_papers_layer_by_layer():
  params = completion_shapes()['params']
  assert [count(params[layer_name(n)]) for n in range(1, 18)] == COMPLETION_PARAMETERS
  assert [count(params[f'norm{n}']) for n in range(1, 17)] == [2 * c for c in COMPLETION_CHANNELS]
  assert len(params) == 17 + 16


def test_completion_totals_are_the_papers():
  variables = completion_shapes()
  assert count(variables['params']) == 6_072_131
  assert count(variables['batch_stats']) == 5_952


def test_undilated_network_has_the_same_parameters():
  assert completion_shapes(dilated=False) == completion_shapes()


def test_width_scales_all_channels_but_the_output():
  params = completion_shapes(width=0.5)['params']
  outputs = [params[layer_name(n)]['kernel'].shape[-1] for n in range(1, 18)]
  assert outputs == [c // 2 for c in COMPLETION_CHANNELS] + [3]
  params = discriminator_shapes(64, 32, width=0.5)['params']
  assert params['global']['conv4']['kernel'].shape == (5, 5, 128, 256)
  assert params['local']['vector']['kernel'].shape == (4 * 4 * 128, 512)
  assert params['fusion']['kernel'].shape == (1024, 1)


def test_discriminator_has_the_papers_parameters_at_256():
  params = discriminator_shapes(256, 128)['params']
  assert count(params['local']) == 19_253_248
  assert count(params['global']) == 25_808_384
  assert count(params['fusion']) == 2_049
  assert count(params) == 45_063_681
  features = [params['global'][f'conv{n}']['kernel'].shape[-1] for n in range(1, 7)]
  assert features == [64, 128, 256, 512, 512, 512]
  assert 'conv6' not in params['local']


def test_discriminator_of_faces_has_one_convolution_less():
  params = discriminator_shapes(160, 96)['params']
  assert count(params) == 39_557_121
  assert 'conv6' not in params['global']


@pytest.mark.parametrize('size, depth', [(256, 6), (160, 5), (128, 5), (96, 5), (64, 4), (32, 3)])
def test_branch_depth(size, depth):
  assert glcic.branch_depth(size) == depth


def convolutions(network, *inputs):
  """(stride, dilation, padding, dtype) of the convolutions that a network makes, in order."""
  variables = jax.eval_shape(lambda: network.init(jax.random.key(0), *inputs))
  program = jax.make_jaxpr(network.apply)(variables, *inputs)
  return [
    (
      equation.params['window_strides'][0],
      equation.params['rhs_dilation'][0],
      equation.params['padding'][0],
      equation.invars[1].aval.dtype,
    )
    for equation in program.eqns
    if equation.primitive.name == 'conv_general_dilated'
  ]


@pytest.mark.parametrize('dilated', [True, False])
def test_strides_dilations_and_padding_are_the_papers(dilated):
  found = convolutions(
    glcic.CompletionNetwork(width=1 / 16, dilated=dilated),
    jnp.zeros((1, 64, 64, 3)),
    jnp.zeros((1, 64, 64, 1)),
  )
  dilations = (2, 4, 8, 16) if dilated else (1, 1, 1, 1)
  expected = [
    (1, 1, (2, 2)),
    (2, 1, (1, 1)),
    (1, 1, (1, 1)),
    (2, 1, (1, 1)),
    *[(1, 1, (1, 1))] * 2,
    *[(1, d, (d, d)) for d in dilations],
    *[(1, 1, (1, 1))] * 2,
  ]
  assert [row[:3] for row in found[:12]] == expected


@pytest.mark.parametrize('height, width', [(16, 16), (36, 20), (44, 64)])
def test_output_has_the_pictures_size(height, width):
  output = jax.eval_shape(
    glcic.CompletionNetwork(width=1 / 16).apply,
    completion_shapes(width=1 / 16),
    jnp.zeros((2, height, width, 3)),
    jnp.zeros((2, height, width, 1)),
  )
  assert output.shape == (2, height, width, 3)
  assert output.dtype == jnp.float32


def plain_norm(x, variables, name):
  """BatchNorm by running statistics, then ReLU."""
  params, stats = variables['params'][name], variables['batch_stats'][name]
  x = (x - stats['mean']) / jnp.sqrt(stats['var'] + 1e-5) * params['scale'] + params['bias']
  return jnp.maximum(x, 0)


def plain_conv(x, params, stride=1, dilation=1):
  """A convolution by XLA, padded on both sides alike."""
  pad = dilation * (params['kernel'].shape[0] // 2)
  return params['bias'] + jax.lax.conv_general_dilated(
    x,
    params['kernel'],
    (stride, stride),
    ((pad, pad), (pad, pad)),
    rhs_dilation=(dilation, dilation),
    dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
  )


@jax.jit
def plain_completion(variables, image, mask):
  """Table 1 of the paper, written a second time."""
  params = variables['params']
  x = jnp.concatenate([image, mask], axis=-1)
  strides = {2: 2, 4: 2}
  dilations = {7: 2, 8: 4, 9: 8, 10: 16}
  for n in range(1, 13):
    x = plain_conv(x, params[f'conv{n}'], strides.get(n, 1), dilations.get(n, 1))
    x = plain_norm(x, variables, f'norm{n}')
  for up, after in ((13, 14), (15, 16)):
    kernel, bias = (params[f'deconv{up}'][name] for name in ('kernel', 'bias'))
    x = jax.lax.conv_transpose(x, kernel, (2, 2), 'SAME') + bias
    x = plain_norm(x, variables, f'norm{up}')
    x = plain_norm(plain_conv(x, params[f'conv{after}']), variables, f'norm{after}')
  return 1 / (1 + jnp.exp(-plain_conv(x, params['conv17'])))


def plain_discriminator(variables, image, view, local_size, relu):
  """Tables 2 to 4 of the paper, written a second time, for one picture."""
  vectors = []
  top, left = view[0]
  local = image[:, top : top + local_size, left : left + local_size]
  for branch, x in (('local', local), ('global', image)):
    part = {kind: tree.get(branch) for kind, tree in variables.items()}
    for number in range(1, 4 if branch == 'global' else 3):
      x = plain_norm(plain_conv(x, part['params'][f'conv{number}'], 2), part, f'norm{number}')
    vector = part['params']['vector']
    x = x.reshape(1, -1) @ vector['kernel'] + vector['bias']
    vectors.append(jnp.maximum(x, 0) if relu else x)
  fusion = variables['params']['fusion']
  return (jnp.concatenate(vectors, axis=-1) @ fusion['kernel'] + fusion['bias'])[0, 0]


@pytest.fixture(scope='module')
def completion():
  """A tiny completion network with random float64 variables, its float64 input and output."""
  with jax.enable_x64(True):
    network = glcic.CompletionNetwork(width=1 / 16, dtype=jnp.float64)
    variables = fakes.random_leaves(completion_shapes(width=1 / 16))
    variables = jax.tree.map(np.float64, variables)
    rng = np.random.default_rng(0)
    image = rng.uniform(size=(2, 32, 48, 3))
    mask = rng.integers(0, 2, (2, 32, 48, 1)).astype(np.float64)
    apply = jax.jit(network.apply)
    return apply, variables, image, mask, np.asarray(apply(variables, image, mask))


def test_completion_network_equals_a_second_writing(completion):
  _, variables, image, mask, output = completion
  with jax.enable_x64(True):
    np.testing.assert_allclose(output, plain_completion(variables, image, mask), rtol=1e-10)


def test_output_is_between_black_and_white(completion):
  apply, variables, image, mask, output = completion
  assert 0 < output.min() < output.max() < 1
  loud = jax.tree.map(lambda leaf: 1e3 * leaf, variables['params']['conv17'])
  variables = {**variables, 'params': {**variables['params'], 'conv17': loud}}
  with jax.enable_x64(True):
    output = np.asarray(apply(variables, image, mask))
  assert output.min() >= 0 and output.max() <= 1
  assert output.min() < 1e-3 or output.max() > 1 - 1e-3


def test_mask_is_an_input(completion):
  apply, variables, image, mask, output = completion
  with jax.enable_x64(True):
    assert np.abs(apply(variables, image, 1 - mask) - output).max() > 1e-3


def test_bfloat16_convolves_in_bfloat16_and_keeps_the_rest_in_float32():
  network = glcic.CompletionNetwork(width=1 / 16, dtype=jnp.bfloat16)
  inputs = jnp.zeros((1, 32, 32, 3)), jnp.zeros((1, 32, 32, 1))
  variables = jax.eval_shape(lambda: network.init(jax.random.key(0), *inputs))
  assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {np.dtype('float32')}
  assert {row[-1] for row in convolutions(network, *inputs)} == {jnp.dtype('bfloat16')}
  output = jax.eval_shape(
    lambda v: network.apply(v, *inputs, train=True, mutable=['batch_stats']), variables
  )
  assert {leaf.dtype for leaf in jax.tree.leaves(output)} == {np.dtype('float32')}


def test_bfloat16_discriminator_gives_float32_logits_and_statistics():
  network = glcic.Discriminator(local_size=16, width=1 / 16, dtype=jnp.bfloat16)
  inputs = jnp.zeros((4, 32, 32, 3)), jnp.zeros((4, 2), jnp.int32)
  variables = jax.eval_shape(lambda: network.init(jax.random.key(0), *inputs))
  logits, updates = jax.eval_shape(
    lambda v: network.apply(v, *inputs, train=True, groups=2, mutable=['batch_stats']), variables
  )
  assert logits.shape == (4,)
  leaves = jax.tree.leaves((variables, logits, updates))
  assert {leaf.dtype for leaf in leaves} == {np.dtype('float32')}
  assert {row[-1] for row in convolutions(network, *inputs)} == {jnp.dtype('bfloat16')}


@pytest.mark.parametrize('relu', [True, False])
def test_discriminator_equals_a_second_writing(relu):
  rng = np.random.default_rng(1)
  image, view = rng.uniform(size=(1, 32, 32, 3)), np.int32([[5, 11]])
  with jax.enable_x64(True):
    variables = fakes.random_leaves(discriminator_shapes(32, 16, width=1 / 16))
    variables = jax.tree.map(np.float64, variables)
    network = glcic.Discriminator(16, 1 / 16, relu, jnp.float64)
    logit = jax.jit(network.apply)(variables, image, view)
    assert logit.shape == (1,)
    np.testing.assert_allclose(
      logit[0], plain_discriminator(variables, image, view, 16, relu), rtol=1e-10
    )


@pytest.fixture(scope='module')
def pixel_gradients():
  """Function: the size of the logit's gradient by each pixel, through the named branch alone."""
  network = glcic.Discriminator(local_size=16, width=1 / 16)
  variables = fakes.random_leaves(discriminator_shapes(32, 16, width=1 / 16), seed=3)
  image = np.random.default_rng(2).uniform(size=(1, 32, 32, 3)).astype(np.float32)

  @jax.jit
  def gradient(kernel):
    params = {**variables['params'], 'fusion': {**variables['params']['fusion'], 'kernel': kernel}}
    return jax.grad(
      lambda image: network.apply({**variables, 'params': params}, image, jnp.int32([[5, 11]]))[0]
    )(image)

  def of(branch):
    kernel = np.ones((128, 1), np.float32)
    kernel[slice(64, None) if branch == 'local' else slice(64)] = 0
    return np.abs(gradient(kernel)[0]).sum(-1)

  return of


def test_local_branch_sees_its_view_and_nothing_else(pixel_gradients):
  seen = pixel_gradients('local') > 0
  assert seen[5:21, 11:27].mean() > 0.9
  seen[5:21, 11:27] = False
  assert not seen.any()


def test_global_branch_sees_the_whole_picture(pixel_gradients):
  assert (pixel_gradients('global') > 0).mean() > 0.9


def test_fusion_layer_is_of_both_vectors():
  assert discriminator_shapes(32, 16)['params']['fusion']['kernel'].shape == (2048, 1)


@pytest.mark.parametrize('branch', ['local', 'global'])
def test_a_discriminator_of_one_branch_is_the_other_without_it(branch):
  both = discriminator_shapes(32, 16, width=1 / 16)['params']
  params = discriminator_shapes(32, 16, width=1 / 16, branches=branch)['params']
  assert params.keys() == {branch, 'fusion'}
  assert params[branch] == both[branch]
  assert params['fusion']['kernel'].shape == (64, 1)


def test_a_local_discriminator_judges_its_view_alone():
  network = glcic.Discriminator(local_size=16, width=1 / 16, branches='local')
  variables = fakes.random_leaves(
    discriminator_shapes(32, 16, width=1 / 16, branches='local'), seed=3
  )
  image = np.random.default_rng(2).uniform(size=(1, 32, 32, 3)).astype(np.float32)
  gradient = jax.jit(
    jax.grad(lambda image: network.apply(variables, image, jnp.int32([[5, 11]]))[0])
  )(image)
  seen = np.abs(gradient[0]).sum(-1) > 0
  assert seen[5:21, 11:27].mean() > 0.9
  seen[5:21, 11:27] = False
  assert not seen.any()
