"""The options of a request: one table, which reads them and describes them in OpenAPI.

They are those of `glcic-jax complete`, by the same names (`_` for `-`) and with the same defaults.
"""

from collections.abc import Mapping, Sequence
import math
from typing import Any, NamedTuple

from glcic_jax import errors
from glcic_jax.inference import baselines
from glcic_jax.inference import in_memory
from glcic_jax.inference import manner
from glcic_jax.pictures import mask_meaning
from glcic_jax.web import limits as limits_lib


class Option(NamedTuple):
  """A field of the form."""

  schema: Mapping[str, Any]  # of JSON
  meaning: str


_PIXELS = {'minimum': 0, 'maximum': 10_000, 'default': 0}

# Of the network alone; a baseline takes none of them.
OF_NETWORKS = {
  'blend': Option(
    {'type': 'string', 'enum': [*manner.BLENDS], 'default': 'poisson'},
    'how the hole is fitted to its surroundings',
  ),
  'feather': Option(
    {'type': 'number', **_PIXELS}, 'the surroundings fade out over so many pixels inside the hole'
  ),
  'large': Option(
    {'type': 'string', 'enum': [*manner.LARGE], 'default': 'crop'},
    'what the network sees: crop, the surroundings of each hole; resize, the picture, shrunk; '
    f'whole, the picture as it is (up to {limits_lib.Limits().whole_pixels / 1e6:g} megapixels)',
  ),
  'detail': Option(
    {'anyOf': [{'type': 'number', 'minimum': 0, 'maximum': 1}, {'const': 'off'}]},
    'how much of the fine texture in the hole comes from the rest of the picture; by default as '
    'the model has it',
  ),
  'scale': Option(
    {'type': 'string', 'enum': [*manner.SCALES]},
    'auto: the network sees each hole at the scale of the holes that it was trained on; 1: at the '
    "picture's own; by default as the model has it",
  ),
}
OF_ALL = {
  'dilate': Option({'type': 'integer', **_PIXELS}, 'the hole grows by so many pixels'),
  'format': Option(
    {'type': 'string', 'enum': ['keep', *in_memory.FORMATS], 'default': 'keep'}, 'of the result'
  ),
  'invert_mask': Option({'type': 'boolean', 'default': False}, 'black is the hole'),
  'mask_channel': Option(
    {'type': 'string', 'enum': [*mask_meaning.CHANNELS]},
    'what of a mask shows the hole, where either could',
  ),
  'strip_gps': Option({'type': 'boolean', 'default': False}, 'leave out where it was taken'),
}

OF_MASKS = {name: OF_ALL[name] for name in ('invert_mask', 'mask_channel')}


def table(models: Sequence[str]) -> dict[str, Option]:
  """All options of a server with these models, the first its default."""
  model = Option({'type': 'string', 'enum': [*models], 'default': models[0]}, 'which model')
  return {'model': model, **OF_ALL, **OF_NETWORKS}


def kind(model: str) -> str:
  """Whether a model is a network or a baseline."""
  return 'baseline' if model in baselines.FILLS else 'network'


def read(fields: Mapping[str, str], models: Sequence[str]) -> tuple[str, dict[str, Any]]:
  """The model that a form names, and its options as those of `in_memory.Task`.

  Raises:
    errors.InputError: if a field is no option, or its value none of what it can be.
  """
  values = read_only(fields, table(models))
  model = values.pop('model', models[0])
  # What is not given, the Completer and the task know best.
  of_network = {name: values.pop(name) for name in OF_NETWORKS if name in values}
  if of_network.get('detail') == 'off':
    of_network['detail'] = 0.0
  if model in baselines.FILLS:
    _refuse(model, of_network)
    of_network = {}
  return model, {**values, 'options': of_network}


def read_only(fields: Mapping[str, str], known: Mapping[str, Option]) -> dict[str, Any]:
  """The values of a form's fields, which must be options of a table.

  Raises:
    errors.InputError: see `read`.
  """
  for name in fields:
    if name not in known:
      hint = errors.did_you_mean(name, ['image', 'mask', *known])
      raise errors.InputError(errors.with_hint(f'There is no option {name}.', hint))
  return {name: _value(name, fields[name], known[name].schema) for name in fields}


def _refuse(model: str, of_network: Mapping[str, Any]) -> None:
  for name, value in of_network.items():
    if value != OF_NETWORKS[name].schema.get('default', 0):
      raise errors.InputError(
        f'{name} is for networks, and the model {model} is none; leave one of them out.'
      )


def _value(name: str, text: str, schema: Mapping[str, Any]) -> Any:
  """A field's text as the value that its schema asks for."""
  for choice in schema.get('anyOf', [schema]):
    if 'const' in choice and text == choice['const']:
      return text
    if 'enum' in choice and text in choice['enum']:
      return text
    if choice.get('type') == 'boolean' and text.lower() in ('true', 'false'):
      return text.lower() == 'true'
    if choice.get('type') in ('integer', 'number'):
      number = _number(text, choice['type'])
      if choice['minimum'] <= number <= choice['maximum']:
        return number
  wanted = ', or '.join(_can_be(choice) for choice in schema.get('anyOf', [schema]))
  hint = errors.did_you_mean(text, schema.get('enum', ()))
  raise errors.InputError(errors.with_hint(f'{name} is {text[:80]!r}; it can be {wanted}.', hint))


def _number(text: str, kind: str) -> float:
  """NaN, which is within no bounds, where the text is none."""
  try:
    # Python refuses to read thousands of digits.
    return int(text) if kind == 'integer' and len(text) < 16 else float(text)
  except ValueError:
    return math.nan


def _can_be(choice: Mapping[str, Any]) -> str:
  if 'const' in choice:
    return choice['const']
  if 'enum' in choice:
    *others, last = choice['enum']
    return f'{", ".join(others)} or {last}' if others else last
  if choice['type'] == 'boolean':
    return 'true or false'
  kind = 'a whole number' if choice['type'] == 'integer' else 'a number'
  return f'{kind} from {choice["minimum"]} to {choice["maximum"]}'
