"""A Method: the only thing in which the papers' methods differ from each other.

The step, the loop and the checkpoints know no method by name; this is the place that
builds one from a config.
"""

from collections.abc import Callable
import dataclasses
import functools
from typing import Any

import flax
import jax
import jax.numpy as jnp
import optax

from glcic_jax import errors
from glcic_jax import images
from glcic_jax import losses
from glcic_jax import masks
from glcic_jax import model_files
from glcic_jax import schedule
from glcic_jax.models import glcic


@dataclasses.dataclass(frozen=True, eq=False)
class Method:
  """Static parts of a training step; nothing here is an array on a device.

  Pictures are floats in `value_range`; `raw` is the generator's output.
  """

  name: str
  architecture: dict[str, Any]  # describes the generator: see models.build_generator
  generator: Any  # (image, mask, train) -> raw [B, H, W, 3]
  discriminator: Any  # (image, view, train, groups) -> logits [B]
  generator_optimizer: optax.GradientTransformation
  discriminator_optimizer: optax.GradientTransformation
  value_range: images.ValueRange
  hole_fill: tuple[float, float, float]  # in value_range
  dtype: jnp.dtype  # of pictures, losses and gradients: float32 (float64 in tests)
  reconstruction: Callable[[jax.Array, jax.Array, jax.Array], jax.Array]  # (raw, image, mask) -> [B]
  reconstruction_weight: float
  adversarial: Callable[[jax.Array], jax.Array]  # logits of completed pictures [B] -> [B]
  adversarial_weight: float
  discriminator_weight: float
  judged: Callable[[jax.Array, jax.Array, jax.Array], jax.Array]  # (raw, image, mask) -> what D sees
  balance_until: int  # the step at which the control of the two gradients ends
  balance_factor: float


def from_config(config: Any, mean_color: tuple[float, float, float]) -> Method:
  """Builds the method that `config.method` names.

  Args:
    config: a checked config.
    mean_color: RGB in 0..1 of the training pictures.

  Raises:
    errors.InputError: if float64 is asked for and JAX does not have it.
  """
  if config.dtype == 'float64' and not jax.config.jax_enable_x64:
    raise errors.InputError('dtype float64 is for tests and needs JAX_ENABLE_X64=1; use float32 or bfloat16.')
  return {'glcic': _glcic}[config.method](config, mean_color)


def _glcic(config: Any, mean_color: tuple[float, float, float]) -> Method:
  """Iizuka et al. 2017, sections 3.2 to 3.4."""
  options = {'width': config.model.width, 'dilated': config.model.dilated}
  dtype = jnp.dtype(config.dtype)
  steps = schedule.from_config(config.schedule)
  first_joint_step = steps.reconstruction_steps + steps.discriminator_steps
  return Method(
      name='glcic',
      architecture={'name': 'glcic', 'options': options},
      generator=glcic.CompletionNetwork(**options, dtype=dtype),
      discriminator=glcic.Discriminator(
          local_size=config.model.local_size, width=config.model.discriminator_width,
          fully_connected_relu=config.model.fully_connected_relu, dtype=dtype),
      generator_optimizer=_optimizer(config.optimizer.generator),
      discriminator_optimizer=_optimizer(config.optimizer.discriminator),
      value_range=(0.0, 1.0),
      hole_fill=mean_color,
      dtype=jnp.promote_types(dtype, jnp.float32),
      reconstruction=functools.partial(
          losses.masked_squared_error, mean_over=config.loss.reconstruction_mean),
      reconstruction_weight=config.loss.reconstruction_weight,
      adversarial=losses.ADVERSARIAL_FORMS[config.loss.adversarial_form],
      adversarial_weight=config.loss.adversarial_weight,
      discriminator_weight=config.loss.discriminator_weight,
      judged=images.composite,
      balance_until=first_joint_step + config.loss.balance_steps if config.loss.balance_steps else 0,
      balance_factor=config.loss.balance_factor)


def _optimizer(config: Any) -> optax.GradientTransformation:
  if config.name == 'adadelta':  # Zeiler 2012; with eps 1e-6 inside both roots, as Torch has it
    return optax.adadelta(config.learning_rate, rho=config.rho, eps=config.epsilon)
  return optax.adam(config.learning_rate, b1=config.beta1, b2=config.beta2, eps=config.epsilon)


def describe(method: Method, config: Any, mean_color: tuple[float, float, float],
             step: int) -> model_files.Description:
  """What a model directory says about a generator of this run."""
  from glcic_jax import __version__
  return model_files.Description(
      method=method.name, architecture=method.architecture, value_range=method.value_range,
      mean_color=mean_color, image_size=config.image_size,
      mask=masks.describe(config.mask), step=step,
      versions={'glcic_jax': __version__, 'jax': jax.__version__, 'flax': flax.__version__})
