"""The mesh: the same step on one device and on eight, and which rows go where."""

import collections
import math
import re

import jax
import numpy as np
import pytest

from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib
from tests import fakes


@pytest.mark.parametrize('phase', schedule.Phase)
def test_eight_devices_make_the_step_of_one(phase):
  one, eight = fakes.stepped(phase, 1), fakes.stepped(phase, 8)
  paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(one.after)]
  for name, expected, actual in zip(
    paths, jax.tree.leaves(one.after), jax.tree.leaves(eight.after), strict=True
  ):
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-13, err_msg=name)
  assert one.metrics.keys() == eight.metrics.keys()
  for name, expected in one.metrics.items():
    tolerance = 1e-6 if expected.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(eight.metrics[name], expected, rtol=tolerance, err_msg=name)


def test_eight_devices_make_three_steps_of_one():
  with jax.enable_x64(True):
    one, eight = (
      jax.device_get(fakes.three_steps(parallel.make_mesh(jax.devices()[:devices])))
      for devices in (1, 8)
    )
  jax.tree.map(
    lambda actual, expected: np.testing.assert_allclose(actual, expected, rtol=1e-8, atol=1e-12),
    eight,
    one,
  )


def collective_bytes(text):
  """How many bytes the collectives of a compiled program carry, by kind."""
  sent = collections.Counter()
  pattern = (
    r' = (.*?) (all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute)(?:-start)?\('
  )
  for result, kind in re.findall(pattern, text):
    for shape in re.findall(r'f32\[([\d,]*)\]', result):
      sent[kind] += 4 * math.prod(int(length) for length in shape.split(',') if length)
  return sent


@pytest.mark.parametrize('platform', ['cpu', 'gpu'])  # whose convolutions
def test_the_joint_step_sends_each_gradient_once(platform):
  mesh = parallel.make_mesh()
  method = fakes.tiny_method(model__width=1 / 8, model__discriminator_width=1 / 8)
  method = method.compiled_for(platform)
  state = state_lib.abstract_state(method, fakes.SIZE, mesh)
  batch = jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=parallel.by_rows(mesh)),
    fakes.make_batch(),
  )
  joint = step_lib.compile_steps(method, mesh)[schedule.Phase.JOINT].lower(state, batch).compile()
  sent = collective_bytes(joint.as_text())

  def size(*trees):
    return sum(4 * leaf.size for leaf in jax.tree.leaves(trees))

  parameters = size(state.generator.params, state.discriminator.params)
  statistics = size(state.generator.batch_stats, state.discriminator.batch_stats)
  assert set(sent) == {'all-reduce'}  # no picture and no activation travels
  assert parameters < sent['all-reduce'] <= 1.1 * (parameters + statistics)


def test_mesh_is_of_all_devices_or_of_those_given():
  assert parallel.make_mesh().devices.tolist() == jax.devices()
  assert parallel.make_mesh(jax.devices()[2:5]).devices.tolist() == jax.devices()[2:5]


def test_replicated_puts_the_whole_array_on_every_device():
  array = jax.device_put(np.arange(6), parallel.replicated(parallel.make_mesh()))
  assert [shard.data.tolist() for shard in array.addressable_shards] == [list(range(6))] * 8


def test_a_single_process_reads_all_rows():
  assert parallel.process_rows(16, parallel.make_mesh()) == range(16)


@pytest.mark.parametrize('index, expected', [(0, range(8)), (1, range(8, 16))])
def test_processes_share_the_rows_in_order(monkeypatch, index, expected):
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  monkeypatch.setattr(jax, 'process_index', lambda: index)
  assert parallel.process_rows(16, parallel.make_mesh()) == expected


@pytest.mark.parametrize('batch_size, near', [(12, '8 or 16'), (33, '32 or 40'), (3, ': 8.')])
def test_uneven_batch_is_refused_with_the_nearest_even_ones(batch_size, near):
  with pytest.raises(errors.InputError) as error:
    parallel.process_rows(batch_size, parallel.make_mesh())
  sentence = str(error.value)
  assert f'batch_size {batch_size}' in sentence and '8 devices' in sentence and near in sentence


def test_batch_goes_to_the_devices_by_rows_and_comes_back_whole():
  batch = fakes.make_batch(rows=16)
  everywhere = parallel.to_global(batch, parallel.make_mesh())
  for leaf, rows in zip(jax.tree.leaves(everywhere), jax.tree.leaves(batch), strict=True):
    assert leaf.dtype == rows.dtype
    for device, shard in enumerate(leaf.addressable_shards):
      np.testing.assert_array_equal(shard.data, rows[2 * device : 2 * device + 2])
    np.testing.assert_array_equal(parallel.gather(leaf), rows)


def test_the_only_process_is_the_main_one(monkeypatch):
  assert parallel.is_main_process()
  monkeypatch.setattr(jax, 'process_index', lambda: 1)
  assert not parallel.is_main_process()
