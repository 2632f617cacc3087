"""The train state: its shapes without arrays, and the seed that alone decides it."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import parallel
from glcic_jax.training import state as state_lib
from tests import fakes

SIZE = fakes.SIZE


@pytest.fixture(scope='module')
def create():
  """Function: a fresh state, compiled once for each seed and mesh."""
  method = dataclasses.replace(
    fakes.tiny_method(optimizer__generator__name='adam'), generator=fakes.ShortCompletion()
  )
  states = {}

  def of(seed, devices=8):
    if (seed, devices) not in states:
      mesh = parallel.make_mesh(jax.devices()[:devices])
      states[seed, devices] = state_lib.create_state(method, SIZE, seed, mesh)
    return states[seed, devices]

  of.method = method
  return of


def test_abstract_state_is_the_created_one_without_arrays(create):
  mesh = parallel.make_mesh()
  abstract, created = state_lib.abstract_state(create.method, SIZE, mesh), create(0)
  assert jax.tree.structure(abstract) == jax.tree.structure(created)
  for expected, leaf in zip(jax.tree.leaves(abstract), jax.tree.leaves(created), strict=True):
    assert isinstance(expected, jax.ShapeDtypeStruct)
    assert (leaf.shape, leaf.dtype) == (expected.shape, expected.dtype)
    assert (leaf.sharding, leaf.weak_type) == (expected.sharding, expected.weak_type)


def test_every_leaf_is_an_array_on_every_device(create):
  for leaf in jax.tree.leaves(create(0)):
    assert isinstance(leaf, jax.Array)
    assert leaf.is_fully_replicated and len(leaf.sharding.device_set) == 8


def test_parameters_are_float32_and_nothing_has_been_trained(create):
  state = create(0)
  assert state.step == 0 and state.step.dtype == jnp.int32
  for network in (state.generator, state.discriminator):
    assert {leaf.dtype for leaf in jax.tree.leaves(network.variables)} == {np.dtype('float32')}
    assert not any(leaf.any() for leaf in jax.tree.leaves(network.opt_state))


def test_the_seed_decides_the_parameters_on_any_number_of_devices(create):
  fakes.assert_same(jax.device_get(create(0, 8)), jax.device_get(create(0, 1)))


def test_another_seed_gives_other_kernels(create):
  def kernels(state):
    params = state.generator.params, state.discriminator.params
    return [
      leaf
      for path, leaf in jax.tree_util.tree_leaves_with_path(params)
      if jax.tree_util.keystr(path).endswith("['kernel']")
    ]

  pairs = list(zip(kernels(create(0)), kernels(create(1)), strict=True))
  assert len(pairs) == 5 + 2 + 3 + 1
  assert all(np.any(np.asarray(a) != np.asarray(b)) for a, b in pairs)


def test_no_two_branches_start_alike(create):
  params = create(0).discriminator.params
  first, second = (np.asarray(params[branch]['conv1']['kernel']) for branch in ('local', 'global'))
  assert first.shape == second.shape and np.any(first != second)


def test_float64_state_is_float64_throughout():
  with jax.enable_x64(True):
    method = fakes.tiny_method(dtype='float64')
    shapes = state_lib.abstract_state(method, SIZE, parallel.make_mesh())
  assert {leaf.dtype for leaf in jax.tree.leaves((shapes.generator, shapes.discriminator))} == {
    np.dtype('float64')
  }


def test_a_network_without_statistics_is_welcome():
  method = fakes.fake_method(np.zeros((4, 4, 3), np.float32))
  method.discriminator.init = lambda *_, **__: {'params': {'offset': jnp.ones(())}}
  state = state_lib.create_state(method, 4, 0, parallel.make_mesh())
  assert state.discriminator.variables == {'params': {'offset': 1}, 'batch_stats': {}}
