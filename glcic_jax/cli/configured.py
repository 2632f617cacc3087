"""`--config FILE --config.KEY=VALUE`, and the sentences for what is wrong with them."""

from collections.abc import Mapping
from collections.abc import Sequence
import difflib
import os
import re
import sys
from typing import Any

from absl import flags
from ml_collections import config_flags

from glcic_jax import config as config_lib
from glcic_jax import errors


def parse(
  command: str, arguments: Sequence[str], options: Mapping[str, str | None]
) -> tuple[Any, dict[str, str]]:
  """Reads a command's config, and its other options.

  Args:
    command: its name, for messages.
    arguments: what follows it.
    options: the command's own options, each with its default; None: it must be given.

  Returns:
    the config, and the options' values.

  Raises:
    errors.InputError: in one sentence, whatever absl and ml_collections say.
  """
  values = flags.FlagValues()
  config = config_flags.DEFINE_config_file(
    'config', flag_values=values, sys_argv=[command, *arguments]
  )
  for name, default in options.items():
    flags.DEFINE_string(name, default, '', flag_values=values)
  required = [name for name, default in options.items() if default is None]
  for name in ('config', *required):
    if not any(re.match(f'--?{name}(=|$)', argument) for argument in arguments):
      raise errors.InputError(f'--{name} is missing; see glcic-jax {command} --help.')
  _check_config_file(arguments)
  sys.modules.pop(
    'config_config', None
  )  # ml_collections runs each file in it: an earlier one would lend its names
  try:
    rest = values([command, *arguments])[1:]
    read, own = config.value, {name: values[name].value for name in options}
  except Exception as error:  # absl's, ml_collections', and whatever a config file raises
    raise errors.InputError(_explain(error, command, arguments)) from None
  config_lib.check_keys(read, _file(arguments))
  if rest:
    raise errors.InputError(
      f'{rest[0]!r} is not understood; options start with --, see glcic-jax {command} --help.'
    )
  for name in required:
    if not own[name]:
      raise errors.InputError(f'--{name} is empty; see glcic-jax {command} --help.')
  return read, own


def _file(arguments: Sequence[str]) -> str:
  """The config file that the arguments name last, without its form."""
  named = ''
  for argument, following in zip(arguments, [*arguments[1:], '']):
    if match := re.fullmatch(r'--?config(?:=(.*))?', argument):
      named = following if match[1] is None else match[1]
  return named.split(':')[0]


def _check_config_file(arguments: Sequence[str]) -> None:
  """ml_collections says 'no such file' in four lines."""
  name = _file(arguments)
  if not name:
    raise errors.InputError('--config is empty; give a config file, such as configs/quickstart.py.')
  if not os.path.isfile(name):
    raise errors.InputError(
      f'There is no config file {name}; give one such as configs/quickstart.py.'
    )


# What the values of a key look like, by the type of its default.
_KINDS = {
  bool: 'True or False',
  int: 'a whole number',
  float: 'a number',
  str: 'a name',
  tuple: 'values in brackets',
}


def _explain(error: Exception, command: str, arguments: Sequence[str]) -> str:
  """One sentence for what absl and ml_collections raise about a wrong flag."""
  defaults = config_lib.default()
  known, text = list(config_lib.flatten(defaults)), str(error)
  for argument in arguments:
    match = re.match(r'--?config\.([^=]+)(?:=(.*))?', argument, re.DOTALL)
    if match and match[1] not in known:
      near = difflib.get_close_matches(match[1], known, n=1)
      hint = f'did you mean {near[0]}?' if near else 'the keys are in glcic_jax/config.py.'
      return f'There is no config key {match[1]}; {hint}'
    if match and match[2] and f'--config.{match[1]}={match[2]}:' in text:
      default = config_lib.value_of(defaults, match[1])
      return (
        f'{match[1]} is {match[2]!r}; give {_KINDS[type(default)]}, such as its default '
        f'{default!r}.'
      )
  if 'get_config() takes 0 positional arguments' in text:
    return f'{_file(arguments)} has no forms; leave out the colon and what follows it.'
  if not isinstance(error, flags.Error):
    reason = (text.splitlines() or [''])[0].strip('"')
    return f'The config file {_file(arguments)} cannot be used ({type(error).__name__}: {reason}).'
  lines = [line.strip() for line in text.splitlines() if line.strip()]
  reason = lines[-1] if 'config file' in lines[0] else lines[0]  # a config's own error comes last
  return f'{reason.removeprefix("ValueError: ").rstrip(".")}; see glcic-jax {command} --help.'
