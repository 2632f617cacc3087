"""One pure training step for each phase (GLCIC Algorithm 1), and the evaluation step.

Who may change what:

    reconstruction   generator: all.             discriminator: nothing.
    discriminator    generator: nothing.         discriminator: all.
    joint            discriminator first, then the generator against the updated one.

Which loss, by the papers' equations (`losses.py` has each term):

    reconstruction   GLCIC (2): L = ||M_c * (C(x, M_c) - x)||^2.
    discriminator    GLCIC (3), its max over D: log D(x, M_d) + log(1 - D(C(x, M_c), M_c)).
    joint            GLCIC (4): min_C max_D E[L + a log D(x, M_d) + a log(1 - D(C(x, M_c), M_c))].
                     Context Encoder (3): lambda_rec L_rec + lambda_adv L_adv, by (1) and (2).

The generator always runs in training mode here; in the discriminator's phase its
new statistics are thrown away. The discriminator's running statistics move only in its own
update, real pictures first, then completed, each as a batch of its own.
"""

from collections.abc import Callable
import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
import optax

from glcic_jax import batch as batch_lib
from glcic_jax import images
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import adversary
from glcic_jax.training import average
from glcic_jax.training import balance as balance_lib
from glcic_jax.training import forward
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib

Phase = schedule.Phase
Method = method_lib.Method
Inputs = forward.Inputs
TrainState = state_lib.TrainState
Metrics = dict[str, jax.Array]
Step = jax.stages.Wrapped  # jitted: (TrainState, Batch) -> (TrainState, Metrics)


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
    raw, stats = forward.complete(params, state.generator, inputs, method)
    return _reconstruction_loss(raw, inputs, method), stats

  (loss, stats), gradient = jax.value_and_grad(loss_of, has_aux=True)(state.generator.params)
  return state.replace(generator=_moved(state.generator, gradient, stats, inputs, method)), {
    'reconstruction_loss': loss,
    'generator_gradient_norm': optax.tree.norm(gradient),
  }


def _discriminator_step(
  state: TrainState, inputs: Inputs, method: Method
) -> tuple[TrainState, Metrics]:
  raw, _ = forward.complete(state.generator.params, state.generator, inputs, method)
  completed = method.judged(raw, inputs.image, inputs.mask)
  discriminator, metrics = adversary.update(state.discriminator, completed, inputs, method)
  return state.replace(discriminator=discriminator), metrics


def _joint_step(state: TrainState, inputs: Inputs, method: Method) -> tuple[TrainState, Metrics]:
  """Descends the joint loss: equation 4 of GLCIC, equation 3 of the Context Encoder.

  a, or lambda_adv, is `method.adversarial_weight`; lambda_rec `method.reconstruction_weight`.
  """
  # The generator's parameters stay until its own update, so its forward pass runs once: what the
  # discriminator learns from is also what the generator's gradient flows back through.
  raw, pull_back, stats = jax.vjp(
    lambda params: forward.complete(params, state.generator, inputs, method),
    state.generator.params,
    has_aux=True,
  )
  completed = method.judged(raw, inputs.image, inputs.mask)
  discriminator, metrics = adversary.update(state.discriminator, completed, inputs, method)

  reconstruction, to_reconstruct = jax.value_and_grad(_reconstruction_loss)(raw, inputs, method)
  adversarial, to_deceive = jax.value_and_grad(adversary.loss_of_generator)(
    raw, discriminator, inputs, method
  )
  to_deceive = method.adversarial_weight * to_deceive
  to_reconstruct, balance = balance_lib.balanced(to_reconstruct, to_deceive, inputs.step, method)
  (gradient,) = pull_back(to_reconstruct + to_deceive)
  generator = _moved(state.generator, gradient, stats, inputs, method)
  metrics |= {
    'reconstruction_loss': reconstruction,
    'adversarial_loss': adversarial,
    'generator_gradient_norm': optax.tree.norm(gradient),
    **balance,
  }
  return state.replace(generator=generator, discriminator=discriminator), metrics


def _reconstruction_loss(raw: jax.Array, inputs: Inputs, method: Method) -> jax.Array:
  per_picture = method.reconstruction(raw, inputs.image, inputs.mask)
  return method.reconstruction_weight * forward.mean(per_picture, inputs.weight)


def _moved(
  generator: state_lib.NetworkState, gradient: Any, stats: Any, inputs: Inputs, method: Method
) -> state_lib.NetworkState:
  """The generator after its update, and its average with it."""
  generator = generator.updated(gradient, stats, method.generator_optimizer)
  return average.moved(generator, method.average_decay, inputs.step)


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


def compile_judgements(method: Method, mesh: Mesh) -> Callable[..., Metrics]:
  """`adversary.judgements`, jitted over the mesh."""
  whole, rows = parallel.replicated(mesh), parallel.by_rows(mesh)
  return jax.jit(
    functools.partial(adversary.judgements, method=method),
    in_shardings=(whole, rows),
    out_shardings=whole,
  )
