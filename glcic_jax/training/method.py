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
from glcic_jax import schedule
from glcic_jax.holes import kinds
from glcic_jax.model_directory import model_files
from glcic_jax.models import context_encoder
from glcic_jax.models import context_encoder_alexnet
from glcic_jax.models import glcic
from glcic_jax.models import layers

# What rematerialisation keeps (`jax.ad_checkpoint.checkpoint_name`).
KEPT = layers.CONVOLUTION


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
  reconstruction: Callable[
    [jax.Array, jax.Array, jax.Array], jax.Array
  ]  # (raw, image, mask) -> [B]
  reconstruction_weight: float
  adversarial: Callable[[jax.Array], jax.Array]  # logits of completed pictures [B] -> [B]
  adversarial_weight: float
  discriminator_weight: float
  judged: Callable[
    [jax.Array, jax.Array, jax.Array], jax.Array
  ]  # (raw, image, mask) -> what D sees
  balance_until: int  # the step at which the control of the two gradients ends
  balance_factor: float
  rematerialise: bool = (
    False  # the backward pass computes BatchNorm and activations again: see config.remat
  )
  noise_seed: int | None = None  # of the generator's noise, with the step; None: it takes none


def from_config(config: Any, mean_color: tuple[float, float, float]) -> Method:
  """Builds the method that `config.method` names.

  Args:
    config: a checked config.
    mean_color: RGB in 0..1 of the training pictures.

  Raises:
    errors.InputError: if float64 is asked for and JAX does not have it.
  """
  if config.dtype == 'float64' and not jax.config.jax_enable_x64:
    raise errors.InputError(
      'dtype float64 is for tests and needs JAX_ENABLE_X64=1; use float32 or bfloat16.'
    )
  build = {
    'glcic': _glcic,
    'context_encoder_center': _context_encoder_center,
    'context_encoder_random': _context_encoder_random,
    'context_encoder_alexnet': _context_encoder_alexnet,
  }[config.method]
  return build(config, mean_color)


def _glcic(config: Any, mean_color: tuple[float, float, float]) -> Method:
  """Iizuka et al. 2017, sections 3.2 to 3.4."""
  options = {'width': config.model.width, 'dilated': config.model.dilated}
  if config.model.subtract_mean:
    options['input_mean'] = tuple(mean_color)
  dtype = jnp.dtype(config.dtype)
  return Method(
    architecture={'name': 'glcic', 'options': options},
    generator=glcic.CompletionNetwork(**options, dtype=dtype),
    discriminator=glcic.Discriminator(
      local_size=config.model.local_size,
      width=config.model.discriminator_width,
      fully_connected_relu=config.model.fully_connected_relu,
      dtype=dtype,
      branches=config.model.branches,
    ),
    value_range=(0.0, 1.0),
    hole_fill=mean_color,
    reconstruction=_reconstruction(config),
    judged=images.composite,
    **_training(config),
  )


def _context_encoder_center(config: Any, mean_color: tuple[float, float, float]) -> Method:
  """Pathak et al. 2016: the middle of the picture is predicted, a little wider than the hole."""
  patch = config.image_size // 2
  measure = _error(config)

  def reconstruction(raw, image, mask):
    del mask
    weight = losses.overlap_weight(patch, config.model.overlap, config.loss.overlap_weight)
    return measure(images.middle(raw, patch), images.middle(image, patch), weight)

  def judged(raw, image, mask):
    del image, mask
    return images.middle(raw, patch)

  return _context_encoder(config, mean_color, patch, reconstruction=reconstruction, judged=judged)


def _context_encoder_random(config: Any, mean_color: tuple[float, float, float]) -> Method:
  """Pathak et al. 2016: the whole picture is predicted, and judged as it comes out of the
  network.
  """
  return _context_encoder(
    config, mean_color, config.image_size, reconstruction=_reconstruction(config), judged=_raw
  )


def _context_encoder(
  config: Any, mean_color: tuple[float, float, float], patch: int, **parts: Any
) -> Method:
  """What both variants share."""
  dtype = jnp.dtype(config.dtype)
  options = {
    'image_size': config.image_size,
    'patch_size': patch,
    'overlap': config.model.overlap,
    'bottleneck': config.model.bottleneck,
    'bottleneck_features': config.model.bottleneck_features,
    'mixing_kernel': config.model.mixing_kernel,
    'noise_features': config.model.noise,
    'width': config.model.width,
  }
  return Method(
    architecture={'name': 'context_encoder', 'options': options},
    generator=context_encoder.Generator(**options, dtype=dtype),
    discriminator=context_encoder.Discriminator(
      width=config.model.discriminator_width, dtype=dtype
    ),
    value_range=_SIGNED,
    hole_fill=_signed(mean_color),
    noise_seed=config.seed if config.model.noise else None,
    **parts,
    **_training(config),
  )


def _context_encoder_alexnet(config: Any, mean_color: tuple[float, float, float]) -> Method:
  """Pathak et al. 2016, figure 2: reconstruction alone."""
  options, dtype = {'width': config.model.width}, jnp.dtype(config.dtype)
  return Method(
    architecture={'name': 'context_encoder_alexnet', 'options': options},
    generator=context_encoder_alexnet.Generator(**options, dtype=dtype),
    discriminator=context_encoder_alexnet.NoDiscriminator(),
    value_range=_SIGNED,
    hole_fill=_signed(mean_color),
    reconstruction=_reconstruction(config),
    judged=_raw,
    **_training(config),
  )


_SIGNED = (-1.0, 1.0)  # tanh's


def _signed(color: tuple[float, float, float]) -> tuple[float, float, float]:
  red, green, blue = (2 * level - 1 for level in color)
  return red, green, blue


def _raw(raw: jax.Array, image: jax.Array, mask: jax.Array) -> jax.Array:
  del image, mask
  return raw


def _error(config: Any) -> Callable[[jax.Array, jax.Array, jax.Array], jax.Array]:
  """(raw, image, weight) -> [B]."""
  return functools.partial(
    losses.weighted_error,
    norm=config.loss.reconstruction_norm,
    mean_over=config.loss.reconstruction_mean,
  )


def _reconstruction(config: Any) -> Callable[[jax.Array, jax.Array, jax.Array], jax.Array]:
  """(raw, image, mask) -> [B], of the hole or of the whole picture."""
  measure = _error(config)
  if config.loss.reconstruction_region == 'hole':
    return measure
  return lambda raw, image, mask: measure(raw, image, jnp.ones_like(mask))


def _training(config: Any) -> dict[str, Any]:
  """The parts of a Method that every method takes from the same keys."""
  steps = schedule.from_config(config.schedule)
  first_joint_step = steps.reconstruction_steps + steps.discriminator_steps
  return dict(
    name=config.method,
    generator_optimizer=_optimizer(config.optimizer.generator),
    discriminator_optimizer=_optimizer(config.optimizer.discriminator),
    dtype=jnp.promote_types(jnp.dtype(config.dtype), jnp.float32),
    rematerialise=config.remat == 'blocks',
    reconstruction_weight=config.loss.reconstruction_weight,
    adversarial=losses.ADVERSARIAL_FORMS[config.loss.adversarial_form],
    adversarial_weight=config.loss.adversarial_weight,
    discriminator_weight=config.loss.discriminator_weight,
    balance_until=first_joint_step + config.loss.balance_steps if config.loss.balance_steps else 0,
    balance_factor=config.loss.balance_factor,
  )


def _optimizer(config: Any) -> optax.GradientTransformation:
  if config.name == 'adadelta':  # Zeiler 2012; with eps 1e-6 inside both roots, as Torch has it
    return optax.adadelta(config.learning_rate, rho=config.rho, eps=config.epsilon)
  return optax.adam(config.learning_rate, b1=config.beta1, b2=config.beta2, eps=config.epsilon)


def describe(
  method: Method, config: Any, mean_color: tuple[float, float, float], step: int, licence: str = ''
) -> model_files.Description:
  """What a model directory says about a generator of this run; `licence`: of the weights that
  it started from.
  """
  from glcic_jax import __version__

  return model_files.Description(
    method=method.name,
    architecture=method.architecture,
    value_range=method.value_range,
    mean_color=mean_color,
    image_size=config.image_size,
    mask=kinds.describe(config.mask),
    step=step,
    licence=licence,
    versions={'glcic_jax': __version__, 'jax': jax.__version__, 'flax': flax.__version__},
  )
