"""The exponential moving average of the generator: what completes pictures, where a run keeps one.

An adversarial generator circles around what it looks for; the mean of its last thousands of steps
lies nearer. Off by default: neither paper has it.
"""

import jax
import jax.numpy as jnp

from glcic_jax.training import state as state_lib


def moved(network: state_lib.NetworkState, decay: float, step: jax.Array) -> state_lib.NetworkState:
  """The same network, its average one step on; as it is where it keeps none.

  Parameters and running statistics alike. Early on the decay is lower, (1 + step) / (10 + step), so
  that the first steps' weights are soon forgotten.
  """
  if not isinstance(network, state_lib.AveragedState):
    return network
  now = step.astype(jnp.float32)
  share = 1 - jnp.minimum(decay, (1 + now) / (10 + now))
  average = jax.tree.map(
    lambda old, new: (old + share.astype(old.dtype) * (new - old)).astype(old.dtype),
    network.average,
    network.variables,
  )
  return network.replace(average=average)
