"""glcic-jax train --config configs/X.py --workdir DIR [--config.KEY=VALUE ...]"""

from collections.abc import Sequence
import os

from glcic_jax import config as config_lib
from glcic_jax.cli import configured

_HELP = """usage: glcic-jax train --config FILE --workdir DIR [--config.KEY=VALUE ...]

Trains a model, or continues the run in DIR: the same command, given again, resumes.

  --config FILE          a Python file with get_config(), such as configs/quickstart.py
  --workdir DIR          for checkpoints/, metrics.csv, samples/ and, at the end, model/; may be gs://
  --processes WHICH      auto (the default: as SLURM, Open MPI, a TPU pod or JAX_COORDINATOR_ADDRESS say), on, off, or
                         HOST:PORT,COUNT,INDEX: this process is number INDEX of COUNT
  --config.KEY=VALUE     changes one key, such as --config.data.folder=photos or --config.batch_size=16

The keys, with their defaults and meanings, are in glcic_jax/config.py."""


def main(arguments: Sequence[str]) -> int:
  """Trains; returns the exit code."""
  if any(argument in ('-h', '--help') for argument in arguments):
    print(_HELP)
    return 0
  config, options = configured.parse('train', arguments, {'workdir': None, 'processes': 'auto'})
  workdir = options['workdir']
  config_lib.check(config)
  from glcic_jax import parallel

  parallel.initialize(options['processes'])
  from glcic_jax.training import loop  # JAX starts only now that the usage is right

  state = loop.train_and_evaluate(config, workdir)
  if parallel.is_main_process():
    print(f'Trained {int(state.step):,} steps; the model is in {os.path.join(workdir, "model")}.')
  return 0
