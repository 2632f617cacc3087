"""Rematerialisation: the same step, bit by bit of float64's precision, in less memory."""

import jax
import jax.numpy as jnp
import pytest

from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import forward
from glcic_jax.training import step as step_lib
from tests import fakes


@pytest.mark.parametrize('phase', schedule.Phase)
def test_the_step_is_the_same(phase):
  expected = fakes.stepped(phase, 1)
  with jax.enable_x64(True):
    method = fakes.short_method(remat='blocks')
    assert method.rematerialise and not expected.method.rematerialise
    mesh = parallel.make_mesh(jax.devices()[:1])
    state, rows = fakes.to_devices(expected.before, mesh), parallel.to_global(expected.batch, mesh)
    after, metrics = jax.device_get(step_lib.compile_steps(method, mesh)[phase](state, rows))
  fakes.assert_close(after, expected.after, 1e-10)
  fakes.assert_close(metrics, expected.metrics, 1e-6)


def test_less_is_kept_for_the_backward_pass():
  def kept(remat):
    method = fakes.tiny_method(remat=remat)
    network = fakes.random_state(method).generator
    inputs = step_lib.Inputs.of(fakes.make_batch(), method, jnp.int32(0))

    @jax.jit
    def residuals(params):
      _, pull_back = jax.vjp(
        lambda params: forward.complete(params, network, inputs, method)[0], params
      )
      return jax.tree.leaves(pull_back)

    arrays = jax.eval_shape(residuals, network.params)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(network.params))
    return sum(leaf.size for leaf in arrays) - parameters

  assert 0 < kept('blocks') < 0.6 * kept('none')
