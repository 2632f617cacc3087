"""What can be evaluated, by name; light, so that a mistyped name is answered at once.

A name is a MODEL or one of `BASELINES`; of a MODEL with options of its own, which come before those
of the command: `demo:detail=off`, `runs/faces:detail=0.5,scale=1`.
"""

from collections.abc import Mapping, Sequence
import os
import re
from typing import Any, NamedTuple

from glcic_jax import errors
from glcic_jax.inference import baselines
from glcic_jax.inference import manner
from glcic_jax.model_directory import shipped

MEAN = 'mean'  # colour of all pictures of the evaluation, so it is no MODEL elsewhere
BASELINES = (MEAN, *baselines.FILLS)

_OPTIONS = re.compile(r'(?P<model>.+):(?P<options>[^:/\\]*=[^:/\\]*)')


class Named(NamedTuple):
  """A name, taken apart."""

  model: str
  options: Mapping[str, Any]  # of `Completer`'s: detail, scale
  suffix: str  # the options as they are written, with the colon; '' without


def parse(name: str) -> Named:
  """Takes a name apart.

  Raises:
    errors.InputError: if an option is unknown, or has no such value.
  """
  match = _OPTIONS.fullmatch(name)
  if not match or os.path.exists(name):
    return Named(name, {}, '')
  options: dict[str, Any] = {}
  for option in match['options'].split(','):
    key, _, value = option.partition('=')
    if key not in _READ:
      raise errors.InputError(
        errors.with_hint(
          f'{name} has the option {key!r}; it can be detail or scale, as in demo:detail=off.',
          errors.did_you_mean(key, list(_READ)),
        )
      )
    errors.require(key not in options, f'{name} has the option {key} twice; give it once.')
    options[key] = _READ[key](name, value)
  return Named(match['model'], options, f':{match["options"]}')


def _detail(name: str, text: str) -> float:
  try:
    value = 0.0 if text == 'off' else float(text)
  except ValueError:
    value = -1.0
  if not 0 <= value <= 1:
    raise errors.InputError(f'The detail of {name} is {text!r}; give 0 to 1, or off.')
  return value


def _scale(name: str, text: str) -> str:
  if text not in manner.SCALES:
    raise errors.InputError(f'The scale of {name} is {text!r}; it can be auto or 1.')
  return text


_READ = {'detail': _detail, 'scale': _scale}


def check(names: Sequence[str]) -> None:
  """Refuses a name that is given twice, or is nothing.

  Raises:
    errors.InputError: with the name that was probably meant.
  """
  if len(set(names)) < len(names):
    raise errors.InputError('--model names one model twice; give each once.')
  for name in names:
    named = parse(name)
    shipped.check(named.model, BASELINES)
    if named.options and named.model in BASELINES:
      raise errors.InputError(
        f'{name}: detail and scale are for networks, and {named.model} is none; leave them out.'
      )


def labels(names: Sequence[str]) -> list[str]:
  """Short names: as much of a path's end as tells it from the others, and no final `model`.

  Options stay as they are written.
  """
  given = [parse(name) for name in names]
  models = list(dict.fromkeys(named.model for named in given))
  short = dict(zip(models, _short(models)))
  return [short[named.model] + named.suffix for named in given]


def _short(models: Sequence[str]) -> list[str]:
  parts = []
  for name in models:
    path = os.path.normpath(name).split(os.sep)
    parts.append(path[:-1] if len(path) > 1 and path[-1] == 'model' else path)
  for length in range(1, max(map(len, parts)) + 1):
    short = [os.sep.join(path[-length:]) for path in parts]
    if len(set(short)) == len(short):
      return short
  return list(models)
