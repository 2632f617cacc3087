"""A Method: the only thing in which the papers' methods differ from each other, ready to train.

The step, the loop and the checkpoints know no method by name. What is a method's own comes from its
page (`glcic_jax/methods/`); optimisers and weights every method takes from the same keys, here.
"""

from collections.abc import Callable
import dataclasses
from typing import Any

import flax
import jax
import jax.numpy as jnp
import optax

from glcic_jax import __version__
from glcic_jax import errors
from glcic_jax import methods
from glcic_jax import schedule
from glcic_jax.holes import kinds
from glcic_jax.holes import measures
from glcic_jax.methods import definition
from glcic_jax.methods import objectives
from glcic_jax.model_directory import model_files
from glcic_jax.models import layers
from glcic_jax.training import augmentation as augmentation_lib
from glcic_jax.training import optimizers


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Method(definition.Networks):
  """Static parts of a training step; nothing here is an array on a device."""

  name: str
  generator_optimizer: optax.GradientTransformation
  discriminator_optimizer: optax.GradientTransformation
  dtype: jnp.dtype  # of pictures, losses and gradients: float32 (float64 in tests)
  reconstruction_weight: float
  adversarial: Callable[[jax.Array], jax.Array]  # logits of completed pictures [B] -> [B]
  adversarial_weight: float
  discriminator_weight: float
  balance_until: int  # the step at which the control of the two gradients ends
  balance_factor: float
  average_decay: float = 0.0  # of the generator's moving average; 0: there is none
  augmentation: augmentation_lib.Augmentation = augmentation_lib.Augmentation()
  penalty_weight: float = 0.0  # of the gradient penalty; 0: there is none
  penalty_every: int = 16  # steps
  rematerialise: bool = False  # the backward pass computes BatchNorm and activations again

  def compiled_for(self, platform: str) -> 'Method':
    """The same, its networks' convolutions as they are on a platform: see `models.convolutions`."""
    generator, discriminator = (
      layers.compiled_for(network, platform) for network in (self.generator, self.discriminator)
    )
    return dataclasses.replace(self, generator=generator, discriminator=discriminator)


def from_config(config: Any, mean_color: definition.Color) -> Method:
  """Builds the method that a checked config names; `mean_color`: RGB in 0..1.

  Raises:
    errors.InputError: if float64 is asked for and JAX does not have it.
  """
  if config.dtype == 'float64' and jnp.result_type(float) != jnp.float64:
    raise errors.InputError(
      'dtype float64 is for tests and needs JAX_ENABLE_X64=1; use float32 or bfloat16.'
    )
  method = methods.of(config.method)
  plan = schedule.from_config(config.schedule)
  first_joint_step = plan.reconstruction_steps + plan.discriminator_steps
  networks = method.build(config, mean_color)
  return Method(
    name=method.name,
    generator_optimizer=optimizers.optimizer(
      config.optimizer.generator, plan.total_steps - plan.discriminator_steps
    ),
    discriminator_optimizer=optimizers.optimizer(
      config.optimizer.discriminator, plan.total_steps - plan.reconstruction_steps
    ),
    dtype=jnp.promote_types(jnp.dtype(config.dtype), jnp.float32),
    rematerialise=config.remat == 'blocks',
    reconstruction_weight=config.loss.reconstruction_weight,
    adversarial=objectives.ADVERSARIAL[config.loss.adversarial_form],
    adversarial_weight=config.loss.adversarial_weight,
    discriminator_weight=config.loss.discriminator_weight,
    balance_until=first_joint_step + config.loss.balance_steps if config.loss.balance_steps else 0,
    balance_factor=config.loss.balance_factor,
    average_decay=config.average.decay,
    augmentation=augmentation_lib.from_config(config, networks.value_range),
    penalty_weight=config.penalty.weight,
    penalty_every=config.penalty.every,
    **vars(networks),
  )


def describe(
  method: Method, config: Any, mean_color: definition.Color, step: int, licence: str = ''
) -> model_files.Description:
  """What a model directory says about a generator of a run after `step` steps.

  `licence`: of the weights that the run started from.
  """
  return model_files.Description(
    method=method.name,
    architecture=method.architecture,
    value_range=method.value_range,
    mean_color=mean_color,
    image_size=config.image_size,
    mask=kinds.describe(config.mask),
    step=step,
    licence=licence,
    detail=1.0 if _is_smooth(method, config, step) else 0.0,
    hole_radius=measures.radii(config.mask, config.image_size),
    versions={'glcic_jax': __version__, 'jax': jax.__version__, 'flax': flax.__version__},
  )


def _is_smooth(method: Method, config: Any, step: int) -> bool:
  """Whether the generator has learnt by its reconstruction error alone, until a step."""
  plan = schedule.from_config(config.schedule)
  alone = plan.reconstruction_steps and step <= plan.reconstruction_steps + plan.discriminator_steps
  return step > 0 and (method.adversarial_weight == 0 or bool(alone))
