"""The gradient penalty on real pictures, R1 (Mescheder et al. 2018), taken every k-th step.

It keeps the discriminator from rising steeply around the pictures that it was trained on. Lazily,
as StyleGAN2 takes it: k times as strongly at every k-th step, since the penalty changes slowly and
costs a second derivative. Off by default: neither paper has it.
"""

from typing import Any

import jax
import jax.numpy as jnp

from glcic_jax.training import forward
from glcic_jax.training import state as state_lib


def lazily(
  network: state_lib.NetworkState,
  pictures: jax.Array,
  views: jax.Array,
  inputs: forward.Inputs,
  method: forward.Method,
) -> tuple[jax.Array, Any]:
  """The penalty `[]` and its gradient by the parameters; zeros between the k-th steps.

  `pictures`, `[B, H, W, 3]`: real ones as the discriminator sees them, with their `views`.
  """

  def taken() -> tuple[jax.Array, Any]:
    return jax.value_and_grad(_weighted)(network.params, network, pictures, views, inputs, method)

  like = jax.eval_shape(taken)

  def skipped() -> tuple[jax.Array, Any]:
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), like)

  return jax.lax.cond(inputs.step % method.penalty_every == 0, taken, skipped)


def _weighted(
  params: Any,
  network: state_lib.NetworkState,
  pictures: jax.Array,
  views: jax.Array,
  inputs: forward.Inputs,
  method: forward.Method,
) -> jax.Array:
  norms = squared_norms(params, network, pictures, views, inputs.weight, method)
  return method.penalty_every * method.penalty_weight / 2 * forward.mean(norms, inputs.weight)


def squared_norms(
  params: Any,
  network: state_lib.NetworkState,
  pictures: jax.Array,
  views: jax.Array,
  weight: jax.Array,
  method: forward.Method,
) -> jax.Array:
  """Of the logits' gradient at each picture, `[B]`.

  In the dtype of the losses throughout: bfloat16 would drown the squares of so small slopes.
  """
  module = method.discriminator
  if hasattr(module, 'dtype'):
    module = module.clone(dtype=method.dtype)

  def total(pictures: jax.Array) -> jax.Array:
    logits, _ = forward.judge(
      params, network, pictures, views, method, groups=1, discriminator=module
    )
    return jnp.sum(logits * weight.astype(logits.dtype))

  slope = jax.grad(total)(pictures)
  return jnp.sum(jnp.square(slope), axis=(1, 2, 3))
