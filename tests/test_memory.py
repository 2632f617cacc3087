"""What is alive at once in a traced function, by hand."""

import jax
import jax.numpy as jnp
import numpy as np

from glcic_jax.cost import memory

N = 1000 * 4  # bytes of each array below


def peak(function, *more):
  """Of a function of an array of 1,000 floats."""
  return memory.peak(jax.make_jaxpr(function)(jnp.zeros(1000), *more).jaxpr)


def test_a_chain_holds_two_at_a_time():
  assert peak(lambda x: jnp.sin(x)) == N
  assert peak(lambda x: jnp.cos(jnp.sin(x))) == 2 * N
  assert peak(lambda x: jnp.tanh(jnp.cos(jnp.sin(x)))) == 2 * N


def test_what_is_used_later_or_returned_stays():
  def kept(x):
    early = jnp.sin(x)
    return jnp.exp(jnp.tanh(jnp.cos(early))) + early

  assert peak(kept) == 3 * N
  assert peak(lambda x: (jnp.sin(x), jnp.cos(x), jnp.tanh(x))) == 3 * N


def test_what_nobody_uses_is_gone():
  def forgetful(x):
    jnp.sin(x)
    return jnp.cos(x)

  assert peak(forgetful) == N


def test_inputs_and_random_keys_count_nothing():
  assert peak(lambda x: x) == 0
  small = peak(
    lambda x, seed: jax.random.uniform(jax.random.fold_in(jax.random.key(seed), 1)) + x[0], 3
  )
  assert small < 200


def test_an_inner_function_is_looked_into():
  inner = jax.jit(lambda x: jnp.tanh(jnp.cos(jnp.sin(x))).sum())
  assert peak(lambda x: inner(x)) == 2 * N
  assert peak(lambda x: inner(x) + jnp.sin(x).sum()) == 2 * N


def test_a_gradient_holds_what_its_backward_pass_needs():
  layers = 10

  def deep(x):
    for _ in range(layers):
      x = jnp.sin(x)
    return x.sum()

  held = peak(jax.grad(deep))
  assert layers * N <= held <= (layers + 3) * N  # one cosine for each layer


def test_bytes_of_a_tree():
  tree = {'a': np.zeros((3, 4), np.float32), 'b': jax.ShapeDtypeStruct((5,), jnp.uint8)}
  assert memory.of_tree(tree) == 3 * 4 * 4 + 5
