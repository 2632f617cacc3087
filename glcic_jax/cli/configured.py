"""`--config FILE --config.KEY=VALUE`, and the sentences for what is wrong with them."""

from collections.abc import Mapping, Sequence
import difflib
import os
import re
from typing import Any

from absl import flags
from ml_collections import config_flags

from glcic_jax import config as config_lib
from glcic_jax import errors


def parse(command: str, arguments: Sequence[str], options: Mapping[str, str | None]) -> tuple[Any, dict[str, str]]:
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
  config = config_flags.DEFINE_config_file('config', flag_values=values, sys_argv=[command, *arguments])
  for name, default in options.items():
    flags.DEFINE_string(name, default, '', flag_values=values)
  required = [name for name, default in options.items() if default is None]
  for name in ('config', *required):
    if not any(re.match(f'--?{name}(=|$)', argument) for argument in arguments):
      raise errors.InputError(f'--{name} is missing; see glcic-jax {command} --help.')
  _check_config_file(arguments)
  try:
    rest = values([command, *arguments])[1:]
    read, own = config.value, {name: values[name].value for name in options}
  except (flags.Error, AttributeError, KeyError, TypeError, ValueError) as error:
    raise errors.InputError(_explain(error, command, arguments)) from None
  if rest:
    raise errors.InputError(
        f'{rest[0]!r} is not understood; options start with --, see glcic-jax {command} --help.')
  for name in required:
    if not own[name]:
      raise errors.InputError(f'--{name} is empty; see glcic-jax {command} --help.')
  return read, own


def _check_config_file(arguments: Sequence[str]) -> None:
  """ml_collections says 'no such file' in four lines."""
  for argument, following in zip(arguments, [*arguments[1:], '']):
    match = re.fullmatch(r'--?config(?:=(.*))?', argument)
    if match:
      name = (following if match[1] is None else match[1]).split(':')[0]
      if not os.path.isfile(name):
        raise errors.InputError(f'There is no config file {name}; give one such as configs/quickstart.py.')


def _explain(error: Exception, command: str, arguments: Sequence[str]) -> str:
  """One sentence for what absl and ml_collections raise about a wrong flag."""
  known = list(config_lib.flatten(config_lib.default()))
  for argument in arguments:
    match = re.match(r'--?config\.([^=]+)', argument)
    if match and match[1] not in known:
      near = difflib.get_close_matches(match[1], known, n=1)
      hint = f'did you mean {near[0]}?' if near else 'the keys are in glcic_jax/config.py.'
      return f'There is no config key {match[1]}; {hint}'
  lines = [line.strip() for line in str(error).splitlines() if line.strip()]
  reason = lines[-1] if 'config file' in lines[0] else lines[0]  # a config's own error comes last
  return f'{reason.removeprefix("ValueError: ").rstrip(".")}; see glcic-jax {command} --help.'
