"""Commands as tests run them: in this process, or as the arguments of another."""

import os
import pathlib
import subprocess
import sys

from glcic_jax import cli
from tests import made_up

_ROOT = pathlib.Path(__file__).parent.parent


def run(capsys, *arguments):
  """Exit code, stdout and stderr of a command, in this process."""
  try:
    code = cli.main([str(argument) for argument in arguments])
  except SystemExit as exit_:  # argparse leaves by itself
    code = exit_.code
  return code, *capsys.readouterr()


def refused(capsys, *arguments):
  """The one sentence of a command that must end with exit code 2 before it does anything."""
  code, out, err = run(capsys, *arguments)
  assert code == 2
  assert out == ''
  assert len(err.strip().splitlines()) == 1 and 'Traceback' not in err
  return err


def start(arguments, **environment):
  """Starts Python in a process of its own, on simulated devices; with what it prints."""
  return subprocess.Popen(
    [sys.executable, *arguments],
    cwd=_ROOT,
    env=os.environ | {'PYTHONPATH': str(_ROOT), 'JAX_PLATFORMS': 'cpu'} | environment,
    text=True,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
  )


def train(workdir, folder, *more, **overrides):
  """The arguments of Python for a small run on a folder of pictures."""
  keys = made_up.TINY | {'data.folder': folder, 'data.validation_fraction': 0.2} | overrides
  return [
    '-m',
    'glcic_jax',
    'train',
    '--config',
    'configs/glcic_places2.py',
    '--workdir',
    str(workdir),
    *more,
    *(f'--config.{key}={value}' for key, value in keys.items()),
  ]
