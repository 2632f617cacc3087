"""Whole files or none: how the project lists and writes files, on disks and in buckets.

Paths are `etils.epath` paths, so `gs://` works wherever a folder is asked for.
"""

from collections.abc import Iterator, Sequence
import contextlib
import errno
import os
import threading
from typing import BinaryIO
import uuid

from etils import epath

from glcic_jax import errors

# The machine's fault, not the user's: such an error ends a run with exit code 3.
MACHINE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})

_unfinished: set[str] = set()  # temporary files that are being written
_begins = threading.RLock()  # while a file gets its temporary name


def write(path: epath.PathLike, data: bytes) -> None:
  """Writes a file so that no reader ever sees half of it.

  On a disk: a temporary name in the same folder, then a rename. Buckets replace
  whole objects by themselves.

  Raises:
    OSError: as the file system raised it; the temporary file is removed.
  """
  path = epath.Path(path)
  if '://' in os.fspath(path):
    path.write_bytes(data)
    return
  temporary = os.path.join(path.parent, f'.{uuid.uuid4().hex[:12]}.part')
  try:
    with _begin(temporary) as file:
      file.write(data)
    os.replace(temporary, path)
  except BaseException as error:  # Ctrl-C too
    if isinstance(error, OSError):
      error.filename = os.fspath(path)  # the name that a user knows
    with contextlib.suppress(OSError):
      os.unlink(temporary)
    raise
  finally:
    _unfinished.discard(temporary)


def _begin(temporary: str) -> BinaryIO:
  with _begins:
    _unfinished.add(temporary)
    return open(temporary, 'wb')


def discard_unfinished() -> None:
  """Removes what `write` has not finished; the process is to end now: no file is begun any more."""
  _begins.acquire(timeout=1)  # never given back
  for temporary in list(_unfinished):
    with contextlib.suppress(OSError):
      os.unlink(temporary)


def walk(folder: epath.PathLike, suffixes: Sequence[str]) -> Iterator[str]:
  """The names, relative to a folder, of all files below it that end in one of the suffixes.

  Hidden files and folders are left out; a link to a folder above is not followed round and round.
  """

  def below(directory: epath.Path, prefix: str, above: frozenset[str]) -> Iterator[str]:
    real = os.fspath(directory)
    real = real if '://' in real else os.path.realpath(real)
    if real in above:
      return
    for entry in directory.iterdir():
      if entry.name.startswith('.'):
        continue
      if entry.is_dir():
        yield from below(entry, f'{prefix}{entry.name}/', above | {real})
      elif entry.suffix.lower() in suffixes:
        yield prefix + entry.name

  return below(epath.Path(folder), '', frozenset())


def did_you_mean(path: epath.PathLike) -> str:
  """`errors.did_you_mean` about a path that is not there, by the stems of what lies beside it."""
  folder, name = os.path.split(os.path.normpath(path))
  if '://' in os.fspath(path) or not os.path.isdir(folder or '.'):
    return ''
  beside = {os.path.splitext(other)[0]: other for other in sorted(os.listdir(folder or '.'))}
  near = errors.nearest(os.path.splitext(name)[0], beside)
  return f'did you mean {os.path.join(folder, beside[near])}?' if near else ''
