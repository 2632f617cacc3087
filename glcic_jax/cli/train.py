"""glcic-jax train --config configs/X.py --workdir DIR [--config.KEY=VALUE ...]"""

from collections.abc import Sequence
import difflib
import os
import re
from typing import Any

from absl import flags
from ml_collections import config_flags

from glcic_jax import config as config_lib
from glcic_jax import errors

_HELP = """usage: glcic-jax train --config FILE --workdir DIR [--config.KEY=VALUE ...]

Trains a model, or continues the run in DIR: the same command, given again, resumes.

  --config FILE          a Python file with get_config(), such as configs/quickstart.py
  --workdir DIR          for checkpoints/, metrics.csv, samples/ and, at the end, model/; may be gs://
  --config.KEY=VALUE     changes one key, such as --config.data.folder=photos or --config.batch_size=16

The keys, with their defaults and meanings, are in glcic_jax/config.py."""


def main(arguments: Sequence[str]) -> int:
  """Trains; returns the exit code."""
  if any(argument in ('-h', '--help') for argument in arguments):
    print(_HELP)
    return 0
  config, workdir = _parse(arguments)
  config_lib.check(config)
  from glcic_jax.training import loop  # JAX starts only now that the usage is right
  state = loop.train_and_evaluate(config, workdir)
  print(f'Trained {int(state.step):,} steps; the model is in {os.path.join(workdir, "model")}.')
  return 0


def _parse(arguments: Sequence[str]) -> tuple[Any, str]:
  values = flags.FlagValues()
  config_flag = config_flags.DEFINE_config_file('config', flag_values=values, sys_argv=['train', *arguments])
  workdir_flag = flags.DEFINE_string('workdir', None, 'Where the run is kept.', flag_values=values)
  for name in ('config', 'workdir'):
    if not any(re.match(f'--?{name}(=|$)', argument) for argument in arguments):
      raise errors.InputError(f'--{name} is missing; see glcic-jax train --help.')
  _check_config_file(arguments)
  try:
    rest = values(['train', *arguments])[1:]
    config, workdir = config_flag.value, workdir_flag.value
  except (flags.Error, AttributeError, KeyError, TypeError, ValueError) as error:
    raise errors.InputError(_explain(error, arguments)) from None
  if rest:
    raise errors.InputError(f'{rest[0]!r} is not understood; options start with --, see glcic-jax train --help.')
  if not workdir:
    raise errors.InputError('--workdir is empty; give a folder.')
  return config, workdir


def _check_config_file(arguments: Sequence[str]) -> None:
  """ml_collections says 'no such file' in four lines."""
  for argument, following in zip(arguments, [*arguments[1:], '']):
    match = re.fullmatch(r'--?config(?:=(.*))?', argument)
    if match:
      name = (following if match[1] is None else match[1]).split(':')[0]
      if not os.path.isfile(name):
        raise errors.InputError(f'There is no config file {name}; give one such as configs/quickstart.py.')


def _explain(error: Exception, arguments: Sequence[str]) -> str:
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
  return f'{reason.removeprefix("ValueError: ").rstrip(".")}; see glcic-jax train --help.'
