"""Whether devices compute and the model completes: tried in a process of its own.

Drivers and compilers that do not fit the machine crash or hang; it is that process, and not the
doctor, which then ends. It sends each finding as soon as it is made, so what came before is known.
Libraries are imported where they are tried: one that is broken is a finding, too.
"""

from collections.abc import Callable
import multiprocessing
from multiprocessing import connection as connection_lib
import os
import signal
import time
from typing import Any

from glcic_jax import errors

Findings = dict[str, Any]  # plain values, as JSON has them

PATIENCE = 180.0  # seconds for each finding: a GPU's first program may take one minute
SIDE, _HOLE = 64, slice(28, 36)  # pixels
_COLOR = (90, 140, 200)
_AS_FLAT = 16  # levels: what the model may stray from the one colour that a whole picture has


def run(
  patience: float = PATIENCE, work: Callable[[connection_lib.Connection], None] | None = None
) -> Findings:
  """Does `work` (that of this page) in a fresh process.

  Returns:
    `model`, `devices` and `completing`, each with an `error`, None where it works.
  """
  receiver, sender = multiprocessing.Pipe(duplex=False)
  context = multiprocessing.get_context('spawn')
  process = context.Process(target=work or _work, args=(sender,), daemon=True)
  findings = {name: {'error': 'not tried'} for name in _FINDERS}
  trying = next(iter(_FINDERS))
  try:
    process.start()
  except OSError as error:  # no place for one, or no folder to start it in
    return findings | {trying: {'error': f'no process can be started here: {error.strerror}'}}
  sender.close()  # its copy alone is open now, so that its end is heard
  try:
    while receiver.poll(patience):
      trying, finding = receiver.recv()
      findings[trying] = finding or findings[trying]
    process.kill()
    findings[trying] = {'error': f'it did not end within {patience:g} seconds'}
  except EOFError:
    process.join()
    if process.exitcode:
      findings[trying] = {'error': _cause(process.exitcode)}
  return findings


def _cause(code: int) -> str:
  if code > 0:
    return f'its process ended with exit code {code}'
  try:
    return f'its process was ended by {signal.Signals(-code).name}'
  except ValueError:
    return f'its process was ended by signal {-code}'


def _work(connection: connection_lib.Connection) -> None:
  for stream in (1, 2):  # what libraries say would stand between the lines of the doctor
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
  # A training run may hold most of the memory of the device.
  os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')
  for name, find in _FINDERS.items():
    connection.send((name, None))  # being tried
    start = time.perf_counter()
    try:
      finding = {'error': None} | find()
    except Exception as error:  # whatever is broken on the machine
      finding = {'error': _said(error)}
    connection.send((name, finding | {'seconds': round(time.perf_counter() - start, 2)}))
    if finding['error']:  # what comes after builds on it
      return


def _said(error: Exception) -> str:
  first = (str(error).strip().splitlines() or [''])[0].rstrip('.')
  return first if isinstance(error, errors.InputError) else f'{type(error).__name__}: {first}'


def devices() -> Findings:
  """The devices of this process, `found`, each with what became of a product on it."""
  import jax

  wanted = os.environ.get('JAX_PLATFORMS')
  try:
    here = jax.local_devices()
  except Exception as error:  # RuntimeError, and for CUDA without its plugin AssertionError
    if not wanted:
      raise
    raise errors.InputError(
      f'JAX_PLATFORMS is {wanted!r}, and JAX finds no such device here; unset it, or set it to cpu'
    ) from error
  return {
    'found': [
      {
        'platform': device.platform,
        'id': device.id,
        'kind': device.device_kind,
        'memory': (device.memory_stats() or {}).get('bytes_limit'),
        'error': _wrong_about(device),
      }
      for device in here
    ]
  }


def _wrong_about(device: Any) -> str | None:
  """What is wrong with a product of whole numbers; they are exact in every format that a device may
  compute in.
  """
  import jax
  import numpy as np

  left = np.add.outer(np.arange(256) * 3, np.arange(128) * 5) % 11 - 5
  right = np.add.outer(np.arange(128) * 7, np.arange(256)) % 13 - 6
  try:
    on_device = [jax.device_put(matrix.astype(np.float32), device) for matrix in (left, right)]
    product = np.asarray(jax.jit(lambda left, right: left @ right)(*on_device))
  except Exception as error:  # what a driver raises has no common name
    return _said(error)
  wrong = int((product != left @ right).sum())
  return f'{wrong:,} of {product.size:,} numbers of a product are wrong' if wrong else None


def model() -> Findings:
  """Whether the default model is there, and its bytes are those that it was written with."""
  from glcic_jax.model_directory import model_files
  from glcic_jax.model_directory import shipped
  from glcic_jax.model_directory import tensors

  variables, description = model_files.load(shipped.DEMO)  # compares the digests
  numbers = sum(array.size for array in tensors.flatten(variables).values())
  return {'name': shipped.DEMO, 'method': description.method, 'numbers': numbers}


def completing() -> Findings:
  """Whether the default model fills a hole in a picture of one colour with about that colour, and
  leaves all else as it was.
  """
  import numpy as np

  from glcic_jax import compilation
  from glcic_jax.inference import completer as completer_lib

  compilation.keep_programs()
  completer = completer_lib.Completer.from_pretrained()
  image = np.full((SIDE, SIDE, 3), _COLOR, np.uint8)
  hole = np.zeros((SIDE, SIDE), bool)
  hole[_HOLE, _HOLE] = True
  completed = completer(image, hole, large='whole', detail=0)
  away = np.abs(completed.astype(int) - image)
  error = None
  if away[~hole].any():
    error = 'pixels outside the hole have changed'
  elif away.max() > _AS_FLAT:
    error = f'a picture of one colour was completed with others, {away.max()} levels away'
  return {'levels_away': int(away.max()), 'error': error}


_FINDERS = {'model': model, 'devices': devices, 'completing': completing}
