"""How long a start of `glcic-jax train` takes, with kept programs and without.

    python benchmarks/restart.py [--config configs/quickstart.py] [--rounds 3]

Trains two steps of each phase with everything that a run does besides: without keeping programs,
keeping them in an empty place, and finding them there. Prints the seconds of each whole command in
each round, the bytes kept, and whether all models are the same to the bit.
"""

import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from absl import app
from absl import flags

_CONFIG = flags.DEFINE_string('config', 'configs/quickstart.py', 'FILE or FILE:FORM.')
_ROUNDS = flags.DEFINE_integer('rounds', 3, 'How often.', lower_bound=1)
_CHANGES = {
  'schedule.reconstruction_steps': 2,
  'schedule.discriminator_steps': 2,
  'schedule.total_steps': 6,
  'validation.every': 6,
  'log_every': 2,
}


def main(arguments: list[str]) -> None:
  """One line for each manner, in each round."""
  del arguments
  digests = set()
  for number in range(_ROUNDS.value):
    with tempfile.TemporaryDirectory() as temporary:
      here = pathlib.Path(temporary)
      for name, keep in (('compiled anew', False), ('compiled and kept', True), ('found', True)):
        seconds, digest = _train(here, keep)
        digests.add(digest)
        print(f'round {number + 1}: {seconds:6.1f} s  {name}', flush=True)
      kept = sum(path.stat().st_size for path in here.glob('cache/**/*') if path.is_file())
      print(f'round {number + 1}: {kept / 1e6:6.1f} MB kept', flush=True)
  print('The models are the same to the bit.' if len(digests) == 1 else f'{len(digests)} models!')


def _train(here: pathlib.Path, keep: bool) -> tuple[float, str]:
  """Seconds, and the digest of the weights."""
  with tempfile.TemporaryDirectory(dir=here) as workdir:
    changes = [f'--config.{k}={v}' for k, v in {**_CHANGES, 'keep_programs': keep}.items()]
    command = [sys.executable, '-m', 'glcic_jax', 'train', '--config', _CONFIG.value]
    environment = os.environ | {'XDG_CACHE_HOME': str(here / 'cache')}
    environment.pop('JAX_COMPILATION_CACHE_DIR', None)
    start = time.perf_counter()
    subprocess.run(
      [*command, '--workdir', workdir, *changes], env=environment, check=True, capture_output=True
    )
    seconds = time.perf_counter() - start
    weights = (pathlib.Path(workdir) / 'model' / 'model.safetensors').read_bytes()
    return seconds, hashlib.sha256(weights).hexdigest()


if __name__ == '__main__':
  signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders are removed
  app.run(main)
