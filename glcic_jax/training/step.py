"""One pure training step for each phase (GLCIC Algorithm 1), and the evaluation step.

Who may change what:

    reconstruction   generator: all.             discriminator: nothing.
    discriminator    generator: nothing.         discriminator: all.
    joint            discriminator first, then the generator against the updated one.

The generator always runs in training mode here; in the discriminator's phase its
new statistics are thrown away. The discriminator's running statistics move only in its own
update, real pictures first, then completed, each as a batch of its own.
"""

from collections.abc import Callable
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
import optax

from glcic_jax import batch as batch_lib
from glcic_jax import images
from glcic_jax import losses
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.models import layers
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib

Phase = schedule.Phase
Method = method_lib.Method
NetworkState = state_lib.NetworkState
TrainState = state_lib.TrainState
Metrics = dict[str, jax.Array]
Step = jax.stages.Wrapped  # jitted: (TrainState, Batch) -> (TrainState, Metrics)


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


def train_step(
  state: TrainState, batch: batch_lib.Batch, *, method: Method, phase: Phase
) -> tuple[TrainState, Metrics]:
  """One step of one phase, `schedule.phase_at(state.step)`, on the global batch; pure.

  Returns:
    the state after the step, and scalars (names: `training/metrics.py`).
  """
  inputs = Inputs.of(batch, method, state.step)
  take = {
    Phase.RECONSTRUCTION: _reconstruction_step,
    Phase.DISCRIMINATOR: _discriminator_step,
    Phase.JOINT: _joint_step,
  }[phase]
  state, metrics = take(state, inputs, method)
  return state.replace(step=state.step + 1), metrics


def _reconstruction_step(
  state: TrainState, inputs: Inputs, method: Method
) -> tuple[TrainState, Metrics]:
  def loss_of(params: Any) -> tuple[jax.Array, Any]:
    raw, stats = _complete(params, state.generator, inputs, method)
    return _reconstruction_loss(raw, inputs, method), stats

  (loss, stats), gradient = jax.value_and_grad(loss_of, has_aux=True)(state.generator.params)
  generator = _updated(state.generator, gradient, stats, method.generator_optimizer)
  return state.replace(generator=generator), {
    'reconstruction_loss': loss,
    'generator_gradient_norm': optax.tree.norm(gradient),
  }


def _discriminator_step(
  state: TrainState, inputs: Inputs, method: Method
) -> tuple[TrainState, Metrics]:
  raw, _ = _complete(state.generator.params, state.generator, inputs, method)
  completed = method.judged(raw, inputs.image, inputs.mask)
  discriminator, metrics = _update_discriminator(state.discriminator, completed, inputs, method)
  return state.replace(discriminator=discriminator), metrics


def _joint_step(state: TrainState, inputs: Inputs, method: Method) -> tuple[TrainState, Metrics]:
  # The generator's parameters stay until its own update, so its forward pass runs once: what the
  # discriminator learns from is also what the generator's gradient flows back through.
  raw, pull_back, stats = jax.vjp(
    lambda params: _complete(params, state.generator, inputs, method),
    state.generator.params,
    has_aux=True,
  )
  completed = method.judged(raw, inputs.image, inputs.mask)
  discriminator, metrics = _update_discriminator(state.discriminator, completed, inputs, method)

  reconstruction, to_reconstruct = jax.value_and_grad(_reconstruction_loss)(raw, inputs, method)
  adversarial, to_deceive = jax.value_and_grad(_adversarial_loss)(
    raw, discriminator, inputs, method
  )
  to_deceive = method.adversarial_weight * to_deceive
  to_reconstruct, balance = _balanced(to_reconstruct, to_deceive, inputs.step, method)
  (gradient,) = pull_back(to_reconstruct + to_deceive)
  generator = _updated(state.generator, gradient, stats, method.generator_optimizer)
  metrics |= {
    'reconstruction_loss': reconstruction,
    'adversarial_loss': adversarial,
    'generator_gradient_norm': optax.tree.norm(gradient),
    **balance,
  }
  return state.replace(generator=generator, discriminator=discriminator), metrics


def _update_discriminator(
  network: NetworkState, completed: jax.Array, inputs: Inputs, method: Method
) -> tuple[NetworkState, Metrics]:
  """One update by plain cross entropy; `completed` is data here, no gradient flows into it."""
  real = method.judged(inputs.image, inputs.image, inputs.mask)
  pictures = _interleave(real, jax.lax.stop_gradient(completed))
  views = _interleave(inputs.real_view, inputs.view)

  def loss_of(params: Any) -> tuple[jax.Array, Any]:
    logits, stats = _judge(params, network, pictures, views, method, groups=2)
    real_logits, completed_logits = logits[0::2], logits[1::2]
    entropy = losses.discriminator(real_logits, completed_logits)
    loss = method.discriminator_weight * _mean(entropy, inputs.weight)
    return loss, (stats, real_logits, completed_logits)

  (loss, aux), gradient = jax.value_and_grad(loss_of, has_aux=True)(network.params)
  stats, real_logits, completed_logits = aux
  metrics = {
    'discriminator_loss': loss,
    'discriminator_gradient_norm': optax.tree.norm(gradient),
    'real_accuracy': _mean(real_logits > 0, inputs.weight),
    'completed_accuracy': _mean(completed_logits <= 0, inputs.weight),
    'real_probability': _mean(jax.nn.sigmoid(real_logits), inputs.weight),
    'completed_probability': _mean(jax.nn.sigmoid(completed_logits), inputs.weight),
  }
  return _updated(network, gradient, stats, method.discriminator_optimizer), metrics


def _reconstruction_loss(raw: jax.Array, inputs: Inputs, method: Method) -> jax.Array:
  per_picture = method.reconstruction(raw, inputs.image, inputs.mask)
  return method.reconstruction_weight * _mean(per_picture, inputs.weight)


def _adversarial_loss(
  raw: jax.Array, discriminator: NetworkState, inputs: Inputs, method: Method
) -> jax.Array:
  """The generator's side of the game; the discriminator is in training mode and keeps nothing of
  it.
  """
  completed = method.judged(raw, inputs.image, inputs.mask)
  logits, _ = _judge(discriminator.params, discriminator, completed, inputs.view, method, groups=1)
  return _mean(method.adversarial(logits), inputs.weight)


def _balanced(
  to_reconstruct: jax.Array, to_deceive: jax.Array, step: jax.Array, method: Method
) -> tuple[jax.Array, Metrics]:
  """Both gradients' norms at the raw output, and the reconstruction's, scaled if the run asks for
  it.

  GLCIC section 3.4: the norm of the MSE gradient is kept "roughly the same order of magnitude"
  as the discriminator's at first: here within `balance_factor`, until step `balance_until`.
  """
  reconstruct, deceive = optax.tree.norm(to_reconstruct), optax.tree.norm(to_deceive)
  tiny = jnp.finfo(reconstruct.dtype).tiny
  wanted = jnp.clip(reconstruct, deceive / method.balance_factor, deceive * method.balance_factor)
  controlled = (step < method.balance_until) & (deceive > 0)
  scale = jnp.where(controlled, wanted / jnp.maximum(reconstruct, tiny), 1.0)
  return to_reconstruct * scale, {
    'reconstruction_gradient_norm': reconstruct,
    'adversarial_gradient_norm': deceive,
    'gradient_ratio': deceive / jnp.maximum(reconstruct, tiny),
  }


def _complete(
  params: Any, network: NetworkState, inputs: Inputs, method: Method
) -> tuple[jax.Array, Any]:
  """The generator's raw output in training mode, and its new statistics."""
  options = {} if inputs.noise is None else {'rngs': {'noise': inputs.noise}}
  apply = _in_training(method.generator, network, method, **options)
  return apply(params, inputs.filled, inputs.mask)


def _judge(
  params: Any,
  network: NetworkState,
  pictures: jax.Array,
  views: jax.Array,
  method: Method,
  *,
  groups: int,
) -> tuple[jax.Array, Any]:
  """The discriminator's logits in training mode, and its new statistics."""
  apply = _in_training(method.discriminator, network, method, groups=groups)
  return apply(params, pictures, views)


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


def _updated(network: NetworkState, gradient: Any, stats: Any, optimizer: Any) -> NetworkState:
  updates, opt_state = optimizer.update(gradient, network.opt_state, network.params)
  return NetworkState(
    params=optax.apply_updates(network.params, updates), batch_stats=stats, opt_state=opt_state
  )


def _interleave(first: jax.Array, second: jax.Array) -> jax.Array:
  """Rows a0 b0 a1 b1 ...: each device keeps its own rows of both."""
  return jnp.stack([first, second], axis=1).reshape(-1, *first.shape[1:])


def _mean(values: jax.Array, weight: jax.Array) -> jax.Array:
  """Of the rows that count; `values` may be bools."""
  dtype = jnp.promote_types(values.dtype, jnp.float32)
  weight = weight.astype(dtype)
  return jnp.sum(values.astype(dtype) * weight) / jnp.sum(weight)


def compile_steps(method: Method, mesh: Mesh) -> dict[Phase, Step]:
  """The step of each phase, jitted over the mesh; each compiles at its first call. The state is
  donated.
  """
  whole, rows = parallel.replicated(mesh), parallel.by_rows(mesh)
  return {
    phase: jax.jit(
      functools.partial(train_step, method=method, phase=phase),
      in_shardings=(whole, rows),
      out_shardings=(whole, whole),
      donate_argnums=0,
    )
    for phase in Phase
  }


def evaluate_step(
  variables: Any, batch: batch_lib.Batch, *, method: Method
) -> dict[str, jax.Array]:
  """Completes pictures as a user would get them, by running statistics, without noise.

  Returns:
    raw, completed: `[B, H, W, 3]` uint8; `training/evaluation.py` scores them.
  """
  inputs = Inputs.of(batch, method, jnp.zeros((), jnp.int32))
  raw = method.generator.apply(variables, inputs.filled, inputs.mask, train=False)
  raw = images.to_uint8(raw, method.value_range)
  return {'raw': raw, 'completed': images.composite(raw, batch.image, batch.mask)}


def compile_evaluation(method: Method, mesh: Mesh) -> Callable[..., dict[str, jax.Array]]:
  """`evaluate_step`, jitted over the mesh."""
  whole, rows = parallel.replicated(mesh), parallel.by_rows(mesh)
  return jax.jit(
    functools.partial(evaluate_step, method=method), in_shardings=(whole, rows), out_shardings=whole
  )
