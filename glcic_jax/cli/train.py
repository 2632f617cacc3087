"""glcic-jax train --config configs/X.py --workdir DIR [--config.KEY=VALUE ...]"""

from collections.abc import Sequence
import os

from glcic_jax.cli import configured
from glcic_jax.cli import parser as parser_lib


def main(arguments: Sequence[str]) -> int:
  """Trains; returns the exit code."""
  config, options = configured.parse(_parser(), arguments)
  from glcic_jax import parallel

  parallel.initialize(options.processes)
  from glcic_jax.training import loop  # JAX starts only now that the usage is right

  state = loop.train_and_evaluate(config, options.workdir)
  if parallel.is_main_process():
    model = os.path.join(options.workdir, 'model')
    print(f'Trained {int(state.step):,} steps; the model is in {model}.')
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'train', 'Trains a model, or continues the run in DIR: the same command, given again, resumes.'
  )
  configured.add_config(parser)
  add = parser.add_argument
  add(
    '--workdir',
    metavar='DIR',
    required=True,
    help='for checkpoints/, metrics.csv, samples/ and, at the end, model/; may be gs://',
  )
  add(
    '--processes',
    metavar='WHICH',
    default='auto',
    help='auto (the default: as SLURM, Open MPI, a TPU pod or JAX_COORDINATOR_ADDRESS say), on, '
    'off, or HOST:PORT,COUNT,INDEX: this process is number INDEX of COUNT',
  )
  return parser
