"""The train state: all that a run's next step depends on, and nothing else.

Every leaf is an array; the tree is the `state` item of a checkpoint.
"""

from typing import Any

import flax
import jax
import jax.numpy as jnp
from jax.sharding import Mesh
import optax

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

  @property
  def best_variables(self) -> dict[str, Any]:
    """Those that complete pictures."""
    return self.variables

  def updated(
    self, gradient: Any, batch_stats: Any, optimizer: optax.GradientTransformation
  ) -> 'NetworkState':
    """After one step of its optimiser along a gradient by its parameters."""
    updates, opt_state = optimizer.update(gradient, self.opt_state, self.params)
    params = optax.apply_updates(self.params, updates)
    return self.replace(params=params, batch_stats=batch_stats, opt_state=opt_state)


class AveragedState(NetworkState):
  """A network of which a mean over its steps is kept beside it: see `average.py`."""

  average: Any = None  # {'params': ..., 'batch_stats': ...}

  @property
  def best_variables(self) -> dict[str, Any]:
    """The mean's."""
    return self.average

  @classmethod
  def of(cls, network: NetworkState) -> 'AveragedState':
    """A network whose average begins as it is."""
    copy = jax.tree.map(jnp.copy, network.variables)
    return cls(network.params, network.batch_stats, network.opt_state, copy)


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
  completion = _network(generator, method.generator_optimizer, method.dtype)
  return TrainState(
    step=jnp.zeros((), jnp.int32),
    generator=AveragedState.of(completion) if method.average_decay else completion,
    discriminator=_network(discriminator, method.discriminator_optimizer, method.dtype),
  )


def _network(variables: Any, optimizer: Any, dtype: jnp.dtype) -> NetworkState:
  variables = jax.tree.map(lambda leaf: leaf.astype(dtype), variables)
  params = variables.get('params', {})  # none: a network with nothing to train
  return NetworkState(
    params=params, batch_stats=variables.get('batch_stats', {}), opt_state=optimizer.init(params)
  )
