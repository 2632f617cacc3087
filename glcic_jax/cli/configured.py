"""Commands that read a config: `--config FILE --config.KEY=VALUE`.

    options = parser.Parser('train', ...)
    configured.add_config(options)
    config, given = configured.parse(options, arguments)

ml_collections is given the file and the changed keys; everything else is argparse's.
"""

import argparse
from collections.abc import Sequence
import re
import sys

from absl import flags
from ml_collections import config_flags

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.cli import parser as parser_lib
from glcic_jax.config import keys
from glcic_jax.config import shipped_configs

_CHANGE = re.compile(r'--?(no)?config\.([^=]+)(?:=(.*))?', re.DOTALL)


def add_config(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
  """Adds `--config FILE` and `--config.KEY VALUE`."""
  parser.add_argument(
    '--config',
    metavar='FILE',
    required=required,
    help='a Python file with get_config(), such as configs/quickstart.py, or the name of one in '
    'the package, such as quickstart; FILE:FORM applies a set of changes that it has a name for, '
    'such as glcic_faces:laptop, made small for two CPU cores',
  )
  add_changes(parser)


def add_changes(parser: argparse.ArgumentParser) -> None:
  """Adds `--config.KEY VALUE` for the sake of `--help`: `parse` takes them out beforehand."""
  parser.add_argument(
    '--config.KEY',
    metavar='VALUE',
    dest='_',
    help='changes one key, such as --config.batch_size=16; glcic-jax config FILE tells the keys '
    'and their meanings',
  )


def parse(
  parser: parser_lib.Parser, arguments: Sequence[str]
) -> tuple[config_lib.ConfigDict, argparse.Namespace]:
  """Reads a command's config, checked, and its other options.

  The option or positional `config` names the file; where none need be given, it is GLCIC's default.

  Raises:
    errors.InputError: in one sentence, whatever absl and ml_collections say.
  """
  _check_prefixes(arguments, parser)
  own, changes = _split(arguments)
  options = parser.parse_args(own)
  if options.config is not None:
    config = _read(options.config, changes)
  elif changes:
    raise errors.InputError(f'--config is missing; {parser.see_help}')
  else:
    config = config_lib.default()
  config_lib.check(config)
  return config, options


def _check_prefixes(arguments: Sequence[str], parser: parser_lib.Parser) -> None:
  """Refuses a key whose `--config.` is misspelt or missing, such as --configs.seed or --seed."""
  for argument in arguments:
    option = argument.partition('=')[0]
    name = option.lstrip('-')
    if name == option or name.startswith('config.') or option in parser._option_string_actions:
      continue
    key = next((key for key in (name, name.partition('.')[2]) if key in keys.KEYS), None)
    if key and not name.startswith('noconfig.'):
      raise errors.InputError(f'There is no option {option}; did you mean --config.{key}?')


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
  """The command's own arguments, and those that change keys, each with its value."""
  own: list[str] = []
  changes: dict[str, str] = {}
  rest = iter(arguments)
  for argument in rest:
    match = _CHANGE.fullmatch(argument)
    if not match:
      own.append(argument)
      continue
    negated, key, value = match.groups()
    if key not in keys.KEYS:
      instead = f'{config_lib.GONE[key]}.' if key in config_lib.GONE else ''
      hint = instead or _did_you_mean(key) or 'glcic-jax config FILE tells them.'
      raise errors.InputError(f'There is no config key {key}; {hint}')
    errors.require(key not in changes, f'--config.{key} is given twice; give it once.')
    default = keys.default_of(key)
    if value is None and not negated and not isinstance(default, bool):
      value = next(rest, None)  # the next one is its value
      errors.require(value is not None, f'--config.{key} has no value; give it one.')
      argument = f'{argument}={value}'
    if value == '' and not isinstance(default, str):
      kind = _KINDS[type(default)]
      raise errors.InputError(f'--config.{key} is empty; give {kind}, such as {_example(key)}.')
    changes[key] = argument
  return own, list(changes.values())


def _did_you_mean(key: str) -> str:
  """Also where the section was left out: `width` means model.width."""
  leaves = {known.rpartition('.')[2]: known for known in reversed(list(keys.KEYS))}
  leaf = errors.nearest(key.rpartition('.')[2], leaves)
  near = errors.did_you_mean(key, keys.KEYS)
  return near or (f'did you mean {leaves[leaf]}?' if leaf else '')


def _example(key: str) -> str:
  default = keys.default_of(key)
  return repr(keys.KEYS[key].example) if default == () else f'its default {default!r}'


def _read(name: str, changes: Sequence[str]) -> config_lib.ConfigDict:
  """The config of a file or a name, perhaps with :FORM, with some keys changed."""
  file, colon, form = name.partition(':')
  if not file:
    raise errors.InputError('--config is empty; give a config, such as quickstart, or a file.')
  file = shipped_configs.find(file)
  arguments = ['glcic-jax', f'--config={file}{colon}{form}', *changes]
  values = flags.FlagValues()
  holder = config_flags.DEFINE_config_file('config', flag_values=values, sys_argv=arguments)
  # ml_collections runs each file in this module: an earlier one would lend its names.
  sys.modules.pop('config_config', None)
  try:
    values(arguments)
    config = holder.value
  except (Exception, SystemExit) as error:  # absl's, ml_collections', and what a config file raises
    raise errors.InputError(_explain(error, file, changes)) from None
  config_lib.check_keys(config, file)
  return config


# What the values of a key look like, by the type of its default.
_KINDS = {
  bool: 'True or False',
  int: 'a whole number',
  float: 'a number',
  str: 'a name',
  tuple: 'values in brackets',
}


def _explain(error: Exception | SystemExit, file: str, changes: Sequence[str]) -> str:
  """One sentence for what absl and ml_collections raise about a wrong file or value."""
  text = str(error)
  for change in changes:
    key, _, value = change.partition('config.')[2].partition('=')
    if value and f'--config.{key}={value}:' in text:
      kind = _KINDS[type(keys.default_of(key))]
      return f'{key} is {value!r}; give {kind}, such as {_example(key)}.'
  if 'get_config() takes 0 positional arguments' in text:
    return f'{file} has no forms; leave out the colon and what follows it.'
  for key, instead in config_lib.GONE.items():
    if f'Key "{key.rpartition(".")[2]}" does not exist' in text:  # a file of an earlier version
      return f'{file} sets {key}, which is gone; {instead}.'
  if not isinstance(error, flags.Error):
    reason = (text.splitlines() or [''])[0].strip('"')
    return f'The config file {file} cannot be used ({type(error).__name__}: {reason}).'
  lines = [line.strip() for line in text.splitlines() if line.strip()]
  reason = lines[-1] if 'config file' in lines[0] else lines[0]  # a config's own error comes last
  reason = reason.removeprefix('ValueError: ')
  return reason if reason.endswith(('.', '?')) else f'{reason}.'
