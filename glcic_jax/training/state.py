"""The train state: all that a run's next step depends on, and nothing else.

Every leaf is an array; the tree is the `state` item of a checkpoint.
"""

from typing import Any

import flax
import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from glcic_jax import parallel
from glcic_jax.training import method as method_lib


class NetworkState(flax.struct.PyTreeNode):
  """One network and its optimiser."""

  params: Any
  batch_stats: Any  # BatchNorm's running statistics
  opt_state: Any

  @property
  def variables(self) -> dict[str, Any]:
    """What `module.apply` takes."""
    return {'params': self.params, 'batch_stats': self.batch_stats}


class TrainState(flax.struct.PyTreeNode):
  """Both networks, and how many steps they have been trained."""

  step: jax.Array  # [] int32; with the schedule it alone decides the phase
  generator: NetworkState
  discriminator: NetworkState


def abstract_state(method: method_lib.Method, image_size: int, mesh: Mesh) -> TrainState:
  """The state's shapes, dtypes and shardings, without any array."""
  shapes = jax.eval_shape(lambda: _init(method, image_size, 0))
  sharding = parallel.replicated(mesh)
  return jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), shapes
  )


def create_state(method: method_lib.Method, image_size: int, seed: int, mesh: Mesh) -> TrainState:
  """A fresh state: a function of the seed, born on the devices of the mesh."""
  init = jax.jit(lambda: _init(method, image_size, seed), out_shardings=parallel.replicated(mesh))
  return init()


def _init(method: method_lib.Method, size: int, seed: int) -> TrainState:
  # The default generator, threefry, takes six times as long to compile for so many arrays; this one
  # is the same for the same seed on the same kind of device.
  key = jax.random.key(seed, impl='rbg')
  image = jnp.zeros((2, size, size, 3), method.dtype)
  mask = jnp.zeros((2, size, size, 1), method.dtype)
  view = jnp.zeros((2, 2), jnp.int32)
  generator = method.generator.init(jax.random.fold_in(key, 0), image, mask, train=False)
  judged = method.judged(image, image, mask)
  discriminator = method.discriminator.init(jax.random.fold_in(key, 1), judged, view, train=False)
  return TrainState(
    step=jnp.zeros((), jnp.int32),
    generator=_network(generator, method.generator_optimizer, method.dtype),
    discriminator=_network(discriminator, method.discriminator_optimizer, method.dtype),
  )


def _network(variables: Any, optimizer: Any, dtype: jnp.dtype) -> NetworkState:
  variables = jax.tree.map(lambda leaf: leaf.astype(dtype), variables)
  params = variables.get('params', {})  # none: a network with nothing to train
  return NetworkState(
    params=params, batch_stats=variables.get('batch_stats', {}), opt_state=optimizer.init(params)
  )
