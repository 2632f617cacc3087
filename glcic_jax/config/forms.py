"""Forms of a config: named sets of changes that a config file's argument chooses.

    --config configs/context_encoder_random.py:laptop,l1

A config file says which forms it has; the ablations of its method are forms too. They are applied
in a fixed order, whatever the order in the argument.
"""

from collections.abc import Mapping
from typing import Any

from glcic_jax import errors
from glcic_jax import methods
from glcic_jax.methods import definition

changes = definition.changes


def choose(config: Any, argument: str, forms: Mapping[str, definition.Change] | None = None) -> Any:
  """Applies the forms that an argument names.

  Args:
    config: changed in place.
    argument: names with commas between them; empty: none.
    forms: the config file's own: name -> what it does to the config, in the order of application.
      The ablations of the config's method follow.

  Returns:
    the config.

  Raises:
    ValueError: if a name is unknown.
  """
  known = {**(forms or {}), **methods.of(config.method).ablations}
  chosen = [name for name in argument.split(',') if name]
  for name in chosen:
    if name not in known:
      sentence = f'the form of this config is {" or ".join(known)}, not {name!r}'
      raise ValueError(errors.with_hint(sentence, errors.did_you_mean(name, known)))
  for name, change in known.items():
    if name in chosen:
      change(config)
  return config


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
