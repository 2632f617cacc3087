"""A config as a tree of keys: made from the declarations, changed by forms, read by dotted keys.

A form is a named set of changes that a config file's argument chooses:

    --config configs/context_encoder_random.py:laptop,l1
"""

from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from glcic_jax import errors
from glcic_jax import methods
from glcic_jax.config import keys
from glcic_jax.methods import definition

# Keys of earlier versions that are no longer, and what says the same now.
GONE = {
  'paper': 'method names the experiment too, such as glcic_celeba',
  'schedule.phases': 'a phase of 0 steps does not exist',
}


def default() -> ConfigDict:
  """The config of GLCIC on 256 px pictures, locked: unknown keys are refused."""
  config = ConfigDict()
  for name in keys.KEYS:
    *sections, leaf = name.split('.')
    place = config
    for section in sections:
      if section not in place:
        place[section] = ConfigDict()
      place = place[section]
    place[leaf] = keys.default_of(name)
  return config.lock()


def of(method: str) -> ConfigDict:
  """The config of the experiment `method`, as its paper has it, but for named deviations.

  Raises:
    errors.InputError: if there is no such method.
  """
  setting, config = methods.setting(method), default()
  values = {**setting.paper, **setting.chosen}
  config.update_from_flattened_dict(
    {key: value for key, value in values.items() if not keys.KEYS[key].deviation}
  )
  config.method = method
  return config


def choose(
  config: ConfigDict, argument: str, forms: Mapping[str, definition.Change] | None = None
) -> ConfigDict:
  """Applies the forms that an argument names, in their own order, whatever the argument's.

  Args:
    config: changed in place, and returned.
    argument: names with commas between them; empty: none.
    forms: the config file's own; the ablations of the config's method follow.

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


def laptop(config: ConfigDict) -> None:
  """The form for two CPU cores: 64 px, half as wide, batches of 16, 2,000 steps."""
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


def value_of(config: Any, key: str) -> Any:
  """The value at a dotted key: `value_of(config, 'mask.side')`."""
  for part in key.split('.'):
    config = config[part]
  return config


def flatten(config: ConfigDict) -> dict[str, Any]:
  """Dotted key -> value, tuples as lists: what `config.json` holds and runs are compared by."""
  flat = {}
  for key, value in config.items():
    if isinstance(value, ConfigDict):
      flat.update({f'{key}.{inner}': v for inner, v in flatten(value).items()})
    else:
      flat[key] = list(value) if isinstance(value, tuple) else value
  return flat


def current(flat: Mapping[str, Any]) -> dict[str, Any]:
  """A flat config that an earlier version wrote, without the keys that are `GONE`.

  The method's name took over what `paper` said; the lengths of the phases, which were checked
  against their names, say what `schedule.phases` said.
  """
  values = {key: value for key, value in flat.items() if key not in GONE}
  if flat.get('paper') in methods.names():
    values['method'] = flat['paper']
  return values
