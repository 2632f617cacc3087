"""A config as a tree of keys: made from the declarations, read and flattened by dotted keys."""

from typing import Any

from ml_collections import ConfigDict

from glcic_jax import methods
from glcic_jax.config import keys


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
  """The config of an experiment, as its paper has it, but for the deviations that `keys` names.

  Args:
    method: what `config.method` can be.

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
