"""Forms of a config: named sets of changes that a config file's argument chooses.

    --config configs/context_encoder_random.py:laptop,l1

A config file says which forms it has, and in which order they are applied, whatever the order in
the argument; ablations are forms, so that no config file is copied.
"""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from glcic_jax import config as config_lib

Forms = Mapping[str, Callable[[Any], None]]


def choose(config: Any, argument: str, forms: Forms) -> Any:
  """Applies the forms that an argument names.

  Args:
    config: changed in place.
    argument: names with commas between them; empty: none.
    forms: name -> what it does to the config, in the order of application.

  Returns:
    the config.

  Raises:
    ValueError: if a name is unknown.
  """
  names = [name for name in argument.split(',') if name]
  for name in names:
    if name not in forms:
      raise ValueError(f'the form of this config is {" or ".join(forms)}, not {name!r}')
  for name, change in forms.items():
    if name in names:
      change(config)
  return config


def changes(**values: Any) -> Callable[[Any], None]:
  """The form that sets keys; in a name, `__` stands for a dot."""
  flat = {key.replace('__', '.'): value for key, value in values.items()}
  return lambda config: config.update_from_flattened_dict(flat)


def reconstruction_only(config: Any) -> None:
  """As many steps, but all without an adversary."""
  config.schedule.phases = ('reconstruction',)
  config.schedule.reconstruction_steps = config.schedule.total_steps
  config.schedule.discriminator_steps = 0


# GLCIC section 4's: what each part is good for.
GLCIC_ABLATIONS: Forms = {
  'both': changes(model__branches='both'),
  'local': changes(model__branches='local'),
  'global': changes(model__branches='global'),
  'mse': reconstruction_only,
  'undilated': changes(model__dilated=False),
}


def context_encoder(method: str) -> Any:
  """The Context Encoder as paper and release have it, but for its holes: 128 px, joint from the
  first step.
  """
  config = config_lib.default()
  config.method = config.paper = method
  config.batch_size = 64
  config.image_size = 128
  config.model.local_size = 64
  config.data.resize_short_edge = (350, 350)
  config.data.flip = True
  for optimizer, rate in (
    (config.optimizer.generator, 2e-3),
    (config.optimizer.discriminator, 2e-4),
  ):
    optimizer.name = 'adam'
    optimizer.learning_rate = rate
    optimizer.beta1 = 0.5
    optimizer.epsilon = 1e-8
  config.loss.reconstruction_weight = 0.999
  config.loss.adversarial_weight = 0.001
  config.schedule.phases = ('joint',)
  config.schedule.reconstruction_steps = 0
  config.schedule.discriminator_steps = 0
  config.schedule.total_steps = 100_000
  return config


def overlap(pixels: int) -> Callable[[Any], None]:
  """The form in which the centre variant's patch overlaps what is known by so many pixels."""

  def change(config: Any) -> None:
    config.model.overlap = pixels
    config.mask.center.side = 0.5 - 2 * pixels / config.image_size

  return change


def laptop(config: Any) -> None:
  """64 px, half as wide, batches of 16, 2,000 steps: for two CPU cores."""
  config.image_size = 64
  config.model.local_size = 32
  config.data.resize_short_edge = (64, 72)
  config.data.validation_fraction = 0.06
  config.model.width = 0.5
  config.model.discriminator_width = 0.5
  config.batch_size = 16
  config.schedule.total_steps = 2_000
  config.log_every = 25
  config.checkpoint.every = 200
  config.validation.every = 500


# The ablations that both variants of the Context Encoder have.
CONTEXT_ENCODER_ABLATIONS: Forms = {
  'l1': changes(loss__reconstruction_norm='l1'),
  'reconstruction': reconstruction_only,
  'adversarial': changes(loss__reconstruction_weight=0.0, loss__adversarial_weight=1.0),
  'noise': changes(model__noise=100),
}
