"""Batch normalisation in training against its formula, differentiated by JAX, in float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax.models import normalisation
from tests import fakes

EPSILON = 1e-5


@pytest.fixture
def x64():
  """Float64, so that a tolerance of 1e-12 tells a wrong formula from rounding."""
  with jax.enable_x64(True):
    yield


def normal(*shape, seed=0):
  """Random float64."""
  return np.random.default_rng([seed, *shape]).normal(size=shape)


def formula(x, scale, bias, groups, leak):
  """Each group by its own mean and variance, then the activation: as a textbook has it."""
  normal_of = [None] * len(x)
  for group in range(groups):
    rows = x[group::groups]
    over = tuple(range(x.ndim - 1))
    standard = (rows - rows.mean(over)) / jnp.sqrt(rows.var(over) + EPSILON) * scale + bias
    normal_of[group::groups] = jnp.where(standard > 0, standard, leak * standard)
  return jnp.stack(normal_of)


@pytest.mark.parametrize('leak', [1, 0, 0.2])
@pytest.mark.parametrize('groups', [1, 2, 3])
def test_values_and_gradients_are_the_formulas(x64, groups, leak):
  arrays = normal(6, 3, 4, 5) * 2 + 1, normal(5) + 2, normal(5)
  weight = normal(6, 3, 4, 5, seed=1)

  @functools.partial(jax.jit, static_argnums=0)
  def with_gradients(function, *arrays):
    output, pull_back = jax.vjp(function, *arrays)
    return output, pull_back(weight)

  expected = with_gradients(lambda *arrays: formula(*arrays, groups, leak), *arrays)
  ours = with_gradients(
    lambda *arrays: normalisation.normalise(*arrays, groups, EPSILON, leak)[0], *arrays
  )
  fakes.assert_close(ours, expected, 1e-12)


def test_rows_without_pixels_between_are_normalised_too(x64):
  x, scale, bias = normal(8, 5), normal(5), normal(5)
  output, mean, variance = normalisation.normalise(x, scale, bias, 2, EPSILON, 0)
  fakes.assert_close(output, formula(x, scale, bias, 2, 0), 1e-12)
  fakes.assert_close(
    (mean, variance),
    (np.stack([x[0::2].mean(0), x[1::2].mean(0)]), np.stack([x[0::2].var(0), x[1::2].var(0)])),
    1e-12,
  )


@pytest.mark.parametrize('first_row', [1000, 0])
def test_float32_statistics_survive_a_large_mean(first_row):
  x = np.random.default_rng(0).normal(1000, 0.5, (16, 8, 8, 2))
  x[:, 0] += first_row - 1000  # as its fellows, or far from them
  _, mean, variance = normalisation.normalise(
    jnp.float32(x), jnp.ones(2), jnp.zeros(2), 1, EPSILON, 1
  )
  np.testing.assert_allclose(mean[0], x.mean((0, 1, 2)), rtol=1e-6)
  np.testing.assert_allclose(variance[0], x.var((0, 1, 2)), rtol=1e-3)


def test_a_constant_channel_has_no_variance_and_no_gradient(x64):
  x = np.full((2, 3, 3, 1), 0.1)
  (output, _, variance), pull_back = jax.vjp(
    lambda x: normalisation.normalise(x, jnp.ones(1), jnp.full(1, 0.5), 1, EPSILON, 1), x
  )
  np.testing.assert_allclose(variance, 0, atol=1e-30)
  np.testing.assert_allclose(output, 0.5, atol=1e-12)
  (gradient,) = pull_back((jnp.ones_like(output), jnp.zeros((1, 1)), jnp.zeros((1, 1))))
  np.testing.assert_allclose(gradient, 0, atol=1e-10)


def test_no_gradient_flows_through_the_statistics(x64):
  x = normal(2, 3, 3, 2)
  gradient = jax.grad(
    lambda x: sum(
      jnp.sum(statistic)
      for statistic in normalisation.normalise(x, jnp.ones(2), jnp.zeros(2), 1, EPSILON, 1)[1:]
    )
  )(x)
  np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize('leak', [1, 0, 0.2])
def test_the_backward_pass_keeps_the_input_alone(leak):
  x = jnp.zeros((4, 8, 8, 3), jnp.bfloat16)
  _, pull_back = jax.vjp(
    lambda x: normalisation.normalise(x, jnp.ones(3), jnp.zeros(3), 1, EPSILON, leak)[0], x
  )
  kept = [leaf for leaf in jax.tree.leaves(pull_back) if leaf.size >= x.size]
  assert [(leaf.shape, leaf.dtype) for leaf in kept] == [(x.shape, x.dtype)]
  assert pull_back(x)[0].dtype == x.dtype


def test_a_leak_of_one_is_nothing_and_of_none_a_relu():
  x = jnp.float32([-2, 0, 3])
  np.testing.assert_array_equal(normalisation.leaky(x, 1), [-2, 0, 3])
  np.testing.assert_array_equal(normalisation.leaky(x, 0), [0, 0, 3])
  np.testing.assert_allclose(normalisation.leaky(x, 0.2), [-0.4, 0, 3])
