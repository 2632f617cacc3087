"""The discriminator's side of the game: what it is shown, its update, and what it tells.

Real and completed pictures go through it in one call, row by row in turn: each is a batch of its
own to BatchNorm, and every device keeps its own rows. Where the config augments what it sees, real
and completed pictures are augmented by the same draws.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from glcic_jax import batch as batch_lib
from glcic_jax import losses
from glcic_jax.training import augmentation
from glcic_jax.training import forward
from glcic_jax.training import penalty
from glcic_jax.training import state as state_lib

Metrics = dict[str, jax.Array]

# Which draws of a step augment what: the two updates see other ones, as in Zhao et al. 2020.
_OWN_UPDATE, _GENERATORS_UPDATE, _HELD_BACK = range(3)


def update(
  network: state_lib.NetworkState,
  completed: jax.Array,
  inputs: forward.Inputs,
  method: forward.Method,
) -> tuple[state_lib.NetworkState, Metrics]:
  """One update by plain cross entropy (Algorithm 1), and the gradient penalty where there is one.

  `completed`, `[B, H, W, 3]`, is data here: no gradient flows into it.
  """
  shown = _shown(jax.lax.stop_gradient(completed), inputs, method, _OWN_UPDATE)

  def loss_of(params: Any) -> tuple[jax.Array, Any]:
    real, fake, stats = _logits(params, network, shown, method)
    loss = method.discriminator_weight * forward.mean(
      losses.discriminator(real, fake), inputs.weight
    )
    return loss, (stats, real, fake)

  (loss, aux), gradient = jax.value_and_grad(loss_of, has_aux=True)(network.params)
  stats, real, fake = aux
  metrics = {'discriminator_loss': loss}
  if method.penalty_weight:
    pictures, views = shown
    metrics['gradient_penalty'], slope = penalty.lazily(
      network, pictures[0::2], views[0::2], inputs, method
    )
    gradient = optax.tree.add(gradient, slope)
  metrics |= {
    'discriminator_gradient_norm': optax.tree.norm(gradient),
    'real_accuracy': forward.mean(real > 0, inputs.weight),
    'completed_accuracy': forward.mean(fake <= 0, inputs.weight),
    'real_probability': forward.mean(jax.nn.sigmoid(real), inputs.weight),
    'completed_probability': forward.mean(jax.nn.sigmoid(fake), inputs.weight),
  }
  return network.updated(gradient, stats, method.discriminator_optimizer), metrics


def loss_of_generator(
  raw: jax.Array, network: state_lib.NetworkState, inputs: forward.Inputs, method: forward.Method
) -> jax.Array:
  """The generator's side; the discriminator is in training mode and keeps nothing of it."""
  completed = method.judged(raw, inputs.image, inputs.mask)
  seen, view = augmentation.augment(
    completed, inputs.view, inputs.step, method.augmentation, _GENERATORS_UPDATE
  )
  logits, _ = forward.judge(network.params, network, seen, view, method, groups=1)
  return forward.mean(method.adversarial(logits), inputs.weight)


def judgements(
  state: state_lib.TrainState, batch: batch_lib.Batch, *, method: forward.Method
) -> Metrics:
  """Of pictures that nothing is learnt from, judged as those of a training step are.

  Both networks run in training mode, so that the shares can be compared with `real_accuracy` and
  `completed_accuracy` of the training pictures.

  Returns:
    real, completed: `[B]` bool, whether the discriminator is right.
  """
  inputs = forward.Inputs.of(batch, method, state.step)
  raw, _ = forward.complete(state.generator.params, state.generator, inputs, method)
  completed = method.judged(raw, inputs.image, inputs.mask)
  shown = _shown(completed, inputs, method, _HELD_BACK)
  real, fake, _ = _logits(state.discriminator.params, state.discriminator, shown, method)
  return {'real': real > 0, 'completed': fake <= 0}


def _shown(
  completed: jax.Array, inputs: forward.Inputs, method: forward.Method, turn: int
) -> tuple[jax.Array, jax.Array]:
  """Real and completed pictures, `[2 B, H, W, 3]`, and the corners of their local views."""
  real = method.judged(inputs.image, inputs.image, inputs.mask)
  seen = [
    augmentation.augment(pictures, view, inputs.step, method.augmentation, turn)
    for pictures, view in ((real, inputs.real_view), (completed, inputs.view))
  ]
  pictures, views = zip(*seen)
  return _interleave(*pictures), _interleave(*views)


def _logits(
  params: Any,
  network: state_lib.NetworkState,
  shown: tuple[jax.Array, jax.Array],
  method: forward.Method,
) -> tuple[jax.Array, jax.Array, Any]:
  """Of the real pictures and of the completed, `[B]` each, and the new statistics."""
  logits, stats = forward.judge(params, network, *shown, method, groups=2)
  return logits[0::2], logits[1::2], stats


def _interleave(first: jax.Array, second: jax.Array) -> jax.Array:
  """Rows a0 b0 a1 b1 ...: each device keeps its own rows of both."""
  return jnp.stack([first, second], axis=1).reshape(-1, *first.shape[1:])
