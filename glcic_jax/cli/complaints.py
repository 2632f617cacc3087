"""What a command says, and its exit code, when something ends it: ours, or a library's complaint.

What is not known here is a bug, and keeps its traceback.
"""

import os
import sys
from typing import NamedTuple

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.cli import extras

# Of libraries that reach buckets.
_BUCKETS = ('tensorflow', 'gcsfs', 'fsspec', 'google', 'aiohttp')

# Command -> what decides how much memory it takes; where a run knows more, it says so itself.
_SMALLER = {
  'estimate': 'a smaller --config.batch_size, --config.image_size or --config.model.width',
  'evaluate': 'a smaller --size',
  'preview': 'a smaller --count or --config.image_size',
  'train': 'a smaller --config.batch_size, --config.image_size or --config.model.width',
}


class Complaint(NamedTuple):
  """How a command ends."""

  sentence: str
  exit_code: int


def of(error: Exception, command: str) -> Complaint | None:
  """What to say about an error that ended a command; None if it is a bug."""
  if isinstance(error, (errors.InputError, errors.RunError, errors.Stopped)):
    return Complaint(str(error), error.exit_code)
  if isinstance(error, ImportError):
    sentence = extras.sentence(command, error)
    return Complaint(sentence, 2) if sentence else None
  if errors.is_out_of_memory(error):
    smaller = _SMALLER.get(command, 'smaller pictures, or fewer at once')
    sentence = f'there is not enough memory here; give {smaller}.'
    return Complaint(sentence, errors.RunError.exit_code)
  if isinstance(error, OSError):
    code = errors.RunError.exit_code if error.errno in files.MACHINE_ERRORS else 2
    return Complaint(f'{error.filename or "a file"}: {error.strerror or error}.', code)
  return _no_backend() or _bucket(error)


def _no_backend() -> Complaint | None:
  """Whether the devices that the environment asks JAX for are none of this machine's."""
  wanted = os.environ.get('JAX_PLATFORMS')
  if not wanted or 'jax' not in sys.modules:
    return None
  import jax

  try:
    jax.devices()
  except Exception:  # RuntimeError, and for CUDA without its plugin AssertionError
    sentence = f'JAX_PLATFORMS is {wanted!r}, and JAX finds no such device here'
    return Complaint(f'{sentence}; unset it, or set it to cpu.', 2)
  return None


def _bucket(error: Exception) -> Complaint | None:
  """Whether a bucket is not there, closed or out of reach."""
  library = type(error).__module__.partition('.')[0]
  if library not in _BUCKETS or 'gs://' not in str(error):
    return None
  reason = str(error).strip().split('\n')[0][:200].rstrip('. ')
  sentence = f'A gs:// path cannot be used ({type(error).__name__}: {reason})'
  return Complaint(f'{sentence}; check its name, your rights and the network.', 2)
