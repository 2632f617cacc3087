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
  config_flag = config_flags.DEFINE_config_file('config', flag_values=values)
  workdir_flag = flags.DEFINE_string('workdir', None, 'Where the run is kept.', flag_values=values)
  for name in ('config', 'workdir'):
    if not any(re.match(f'--?{name}(=|$)', argument) for argument in arguments):
      raise errors.InputError(f'--{name} is missing; see glcic-jax train --help.')
  try:
    rest = values(['train', *arguments])[1:]
    config, workdir = config_flag.value, workdir_flag.value
  except (FileNotFoundError, IsADirectoryError) as error:
    raise errors.InputError(f'There is no config file {error.filename}; give one such as '
                            'configs/quickstart.py.') from None
  except (flags.Error, AttributeError, KeyError, TypeError, ValueError) as error:
    raise errors.InputError(_explain(error, arguments)) from None
  if rest:
    raise errors.InputError(f'{rest[0]!r} is not understood; options start with --, see glcic-jax train --help.')
  if not workdir:
    raise errors.InputError('--workdir is empty; give a folder.')
  return config, workdir


def _explain(error: Exception, arguments: Sequence[str]) -> str:
  """One sentence for what absl and ml_collections raise about a wrong flag."""
  known = list(config_lib.flatten(config_lib.default()))
  for argument in arguments:
    match = re.match(r'--?config\.([^=]+)', argument)
    if match and match[1] not in known:
      near = difflib.get_close_matches(match[1], known, n=1)
      hint = f'did you mean {near[0]}?' if near else 'the keys are in glcic_jax/config.py.'
      return f'There is no config key {match[1]}; {hint}'
  reason = str(error).strip().split('\n')[0].rstrip('.')
  return f'{reason}; see glcic-jax train --help.'
