"""A network's optimiser as its config section says, with the schedule of its learning rate."""

from typing import Any

import optax


def optimizer(config: Any, steps: int) -> optax.GradientTransformation:
  """Of a checked section `optimizer.generator` or `.discriminator`.

  `steps`: how many updates the network gets in the whole run, over which the rate decays.
  """
  rate = learning_rate(config, steps)
  if config.name == 'adadelta':  # Zeiler 2012; with eps 1e-6 inside both roots, as Torch has it
    return optax.adadelta(rate, rho=config.rho, eps=config.epsilon)
  return optax.adam(rate, b1=config.beta1, b2=config.beta2, eps=config.epsilon)


def learning_rate(config: Any, steps: int) -> optax.ScalarOrSchedule:
  """A number, or a function of the network's own updates: linear to the full rate, then as `decay`.

  The first of `warmup_steps` has its share of the rate, not 0; a cosine ends at 0 after `steps`.
  """
  full, warmup = config.learning_rate, config.warmup_steps
  if config.decay == 'constant' and not warmup:
    return full
  after = (
    optax.constant_schedule(full)
    if config.decay == 'constant'
    else optax.cosine_decay_schedule(full, max(steps - warmup, 1))
  )
  if not warmup:
    return after
  rising = optax.linear_schedule(full / warmup, full, max(warmup - 1, 1))
  return optax.join_schedules([rising, after], [warmup])
