"""The command line: `glcic-jax COMMAND`. One short file for each command, imported when it runs."""

from collections.abc import Sequence
import importlib
import sys

import glcic_jax

COMMANDS = {
  'train': 'train a model, or continue a run',
  'complete': 'fill the holes of pictures',
  'evaluate': 'score models and baselines on the same pictures and holes',
  'convert': 'weights of other programs into a model directory, and back',
  'export': 'write a model as StableHLO or ONNX, for other programs',
  'config': "print every key of a config: value, the paper's, meaning",
  'preview': 'show what a config will feed to the networks',
  'estimate': 'say what a run will cost, before it costs anything',
  'report': 'show a run as one page',
  'serve': 'the brush page and its HTTP API',
  'receptive-field': 'measure how far a pixel of the network sees',
  'doctor': 'say what is installed, and whether completing works here',
  'shell-completion': 'print a script for the TAB key of bash, zsh or fish',
}

_HELP = """usage: glcic-jax COMMAND [OPTIONS]

Image completion in JAX: the Context Encoder and GLCIC.

commands:
{commands}

glcic-jax COMMAND --help tells a command's options.
exit codes: 0 done; 1 some inputs failed; 2 wrong usage or input; 3 the run failed; 130 and 143
stopped by Ctrl-C and by SIGTERM, a run after saving."""


def main(arguments: Sequence[str] | None = None) -> int:
  """Runs one command; returns its exit code."""
  arguments = list(sys.argv[1:] if arguments is None else arguments)
  if not arguments or arguments[0] in ('-h', '--help', 'help'):
    commands = '\n'.join(f'  {name:<18}{what}' for name, what in COMMANDS.items())
    print(_HELP.format(commands=commands))
    return 0 if arguments else 2
  name, *rest = arguments
  if name == '--version':
    print(f'glcic-jax {glcic_jax.__version__}')
    return 0
  try:
    return _run(name, rest)
  except KeyboardInterrupt:  # in a program of somebody else: see `leaving`
    print('glcic-jax: Stopped by SIGINT; no file is half-written.', file=sys.stderr)
    return 130


def _run(name: str, arguments: Sequence[str]) -> int:
  from glcic_jax import errors
  from glcic_jax.cli import complaints

  _quieten_libraries()
  try:
    if name not in COMMANDS:
      known = f'the commands are {", ".join(COMMANDS)}.'
      hint = errors.did_you_mean(name, COMMANDS)
      raise errors.InputError(errors.with_hint(f'There is no command {name!r}; {known}', hint))
    return importlib.import_module(f'glcic_jax.cli.{name.replace("-", "_")}').main(arguments)
  except Exception as error:
    complaint = complaints.of(error, name)
    if complaint is None:
      raise
    print(f'glcic-jax: {errors.shown(complaint.sentence)}', file=sys.stderr)
    return complaint.exit_code


def _quieten_libraries() -> None:
  """What libraries log would bury our sentence; nothing is lost by it: see `complaints`."""
  import logging
  import os
  import warnings

  # Orbax warns of what is as it should be, and logs a traceback in each of its threads for an error
  # that it raises too.
  for name in ('absl', 'asyncio'):  # asyncio: for each array that a full disk refused
    logging.getLogger(name).setLevel(logging.CRITICAL)
  for variable, value in (('TF_CPP_MIN_LOG_LEVEL', '3'), ('TF_ENABLE_ONEDNN_OPTS', '0')):
    os.environ.setdefault(variable, value)  # TensorFlow greets on stderr otherwise
  # Of odd metadata and of large pictures; ours say what matters.
  warnings.filterwarnings('ignore', module=r'PIL\.')
