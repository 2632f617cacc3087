"""What a config must be, before anything is read or compiled."""

import math
from typing import Any

from glcic_jax import errors
from glcic_jax import files
from glcic_jax import methods
from glcic_jax import schedule
from glcic_jax.config import keys
from glcic_jax.config import tree
from glcic_jax.holes import kinds


def check(config: tree.ConfigDict) -> None:
  """Refuses a config that could not run.

  Raises:
    errors.InputError: naming the key and what it can be.
  """
  check_keys(config, 'the config')
  method = methods.of(config.method)
  plan = schedule.from_config(config.schedule)
  for name, key in keys.KEYS.items():
    _check_value(name, key, tree.value_of(config, name))
  _check_weights(config.loss, plan)
  method.check(config)
  size, (low, high) = config.image_size, config.data.resize_short_edge
  errors.require(
    config.model.local_size <= size,
    f'model.local_size is {config.model.local_size}; give 1 to {size}, the image size.',
  )
  errors.require(
    size <= low,
    f'data.resize_short_edge is {low} to {high}; give a range that starts at {size} or above, '
    'the image size.',
  )
  kinds.from_config(config.mask, size)


def check_keys(config: Any, name: str) -> None:
  """Refuses what is no config, lacks keys, or has others; `name` is its own, for the message."""
  errors.require(
    isinstance(config, tree.ConfigDict),
    f'{name} gives no config; return glcic_jax.config.default() with some '
    'values changed from its get_config().',
  )
  held = tree.flatten(config).keys()
  for wrong, sentence in (
    (sorted(keys.KEYS.keys() - held), 'lacks the key'),
    (sorted(held - keys.KEYS.keys()), 'has the unknown key'),
  ):
    errors.require(
      not wrong, f'{name} {sentence} {(wrong or [""])[0]}; start from glcic_jax.config.default().'
    )


def _check_value(name: str, key: keys.Key, value: Any) -> None:
  """One value by its own declaration."""
  default = keys.default_of(name)
  if isinstance(default, tuple):
    _check_tuple(name, key, tuple(value), default)
  elif key.among:
    sentence = f'{name} is {value!r}; it can be {", ".join(map(repr, key.among))}.'
    hint = errors.did_you_mean(str(value), map(str, key.among))
    errors.require(value in key.among, errors.with_hint(sentence, hint))
  elif isinstance(default, str):
    _check_text(value)
  elif isinstance(default, (int, float)) and not isinstance(default, bool):
    inside = math.isfinite(value) and key.low <= value <= key.high
    errors.require(inside, f'{name} is {value}; give {key.bounds()}.')


def _check_text(value: str) -> None:
  """Refuses an address of no bucket, in a source such as `folder:gs://BUCKET/photos` too."""
  files.in_bucket(value.removeprefix('folder:'))


def _check_tuple(
  name: str, key: keys.Key, value: tuple[Any, ...], default: tuple[Any, ...]
) -> None:
  """Several values in brackets are numbers, or texts, as those of the default are."""
  example = default or key.example
  kind = type(example[0])
  errors.require(
    all(isinstance(v, (int, float) if kind is float else kind) for v in value)
    and not any(isinstance(v, bool) for v in value),
    f'{name} is {value}; give such values as {example}.',
  )
  if kind is str:
    for text in value:
      _check_text(text)
    return
  inside = all(key.low <= v <= key.high for v in value)
  if len(example) == 3:
    none = ', or none to have it computed' if not default else ''
    errors.require(
      inside and len(value) == 3 or not value and not default,
      f'{name} is {value}; give three numbers from 0 to 1 (red, green, blue){none}.',
    )
  else:
    numbers = 'whole numbers' if kind is int else 'numbers'
    errors.require(
      inside and len(value) == 2 and value[0] <= value[1],
      f'{name} is {value}; give the lowest and the highest of a range of {numbers}, '
      f'{key.bounds()}.',
    )


def _check_weights(loss: Any, plan: schedule.Schedule) -> None:
  """A weight of 0 would skip a phase as surely as no steps."""
  phases = set(plan.spans())
  errors.require(
    schedule.Phase.RECONSTRUCTION not in phases or loss.reconstruction_weight > 0,
    'loss.reconstruction_weight is 0, and the reconstruction phase has nothing else to learn '
    'from; give a weight, or set schedule.reconstruction_steps to 0.',
  )
  errors.require(
    schedule.Phase.JOINT not in phases or loss.reconstruction_weight + loss.adversarial_weight > 0,
    'loss.reconstruction_weight and loss.adversarial_weight are both 0; give one of them, or the '
    'completion network learns nothing.',
  )
  errors.require(
    phases == {schedule.Phase.RECONSTRUCTION} or loss.discriminator_weight > 0,
    'loss.discriminator_weight is 0, and the discriminator would learn nothing; give a weight, '
    'such as 1.0.',
  )
