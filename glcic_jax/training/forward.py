"""What a step reads of a batch, and both networks in training mode."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from glcic_jax import batch as batch_lib
from glcic_jax import images
from glcic_jax.models import layers
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib

Method = method_lib.Method
NetworkState = state_lib.NetworkState


class Inputs(NamedTuple):
  """All that a step reads besides the state, as the networks take it."""

  image: jax.Array  # [B, H, W, 3] float in the method's value range
  mask: jax.Array  # [B, H, W, 1] float, 1 = hole
  filled: jax.Array  # the image with its hole filled
  view: jax.Array  # [B, 2] int32, corner of the local view around the hole
  real_view: jax.Array  # [B, 2] int32, the same for the real picture
  weight: jax.Array  # [B] float32, 0 on rows that do not count
  step: jax.Array  # [] int32, of the state before
  noise: jax.Array | None  # key of the generator's noise at this step; None: it takes none

  @classmethod
  def of(cls, batch: batch_lib.Batch, method: Method, step: jax.Array) -> 'Inputs':
    """Of a global batch, bytes, at a step."""
    image = images.to_float(batch.image, method.value_range, method.dtype)
    mask = batch.mask.astype(method.dtype)
    filled = images.fill_hole(image, mask, jnp.asarray(method.hole_fill, method.dtype))
    noise = None
    if method.noise_seed is not None:
      noise = jax.random.fold_in(jax.random.key(method.noise_seed), step)
    return cls(image, mask, filled, batch.view, batch.real_view, batch.weight, step, noise)


def complete(
  params: Any, network: NetworkState, inputs: Inputs, method: Method
) -> tuple[jax.Array, Any]:
  """The generator's raw output in training mode, and its new statistics."""
  options = {} if inputs.noise is None else {'rngs': {'noise': inputs.noise}}
  apply = _in_training(method.generator, network, method, **options)
  return apply(params, inputs.filled, inputs.mask)


def judge(
  params: Any,
  network: NetworkState,
  pictures: jax.Array,
  views: jax.Array,
  method: Method,
  *,
  groups: int,
  discriminator: Any = None,
) -> tuple[jax.Array, Any]:
  """The discriminator's logits in training mode, and its new statistics.

  `groups`: how many batches the rows are, interleaved; `discriminator`: in place of the method's.
  """
  module = discriminator or method.discriminator
  return _in_training(module, network, method, groups=groups)(params, pictures, views)


def _in_training(
  module: Any, network: NetworkState, method: Method, **options: Any
) -> Callable[..., tuple[jax.Array, Any]]:
  """The function from parameters and inputs to a network's output and its new statistics.

  Rematerialised, its backward pass keeps the convolutions' outputs, and computes the rest again.
  """

  def apply(params: Any, *inputs: jax.Array) -> tuple[jax.Array, Any]:
    variables = {'params': params, 'batch_stats': network.batch_stats}
    output, updates = module.apply(
      variables, *inputs, train=True, mutable=['batch_stats'], **options
    )
    return output, updates.get('batch_stats', {})

  if not method.rematerialise:
    return apply
  keep = jax.checkpoint_policies.save_only_these_names(layers.CONVOLUTION)
  return jax.checkpoint(apply, policy=keep)


def mean(values: jax.Array, weight: jax.Array) -> jax.Array:
  """Of the rows `[B]` that count; `values` may be bools."""
  dtype = jnp.promote_types(values.dtype, jnp.float32)
  weight = weight.astype(dtype)
  return jnp.sum(values.astype(dtype) * weight) / jnp.sum(weight)
