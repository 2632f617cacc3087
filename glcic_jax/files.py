"""Whole files or none: how the project lists, reads and writes files, on disks and in buckets.

Paths are `etils.epath` paths, so `gs://` works wherever a folder is asked for.
"""

from collections.abc import Iterator, Sequence
import contextlib
import errno
import os
import re
import stat
import threading
from typing import BinaryIO
import uuid

from etils import epath

from glcic_jax import errors

# The machine's fault, not the user's: such an error ends a run with exit code 3.
MACHINE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})

_unfinished: set[str] = set()  # temporary files that are being written
_begins = threading.RLock()  # while a file gets its temporary name
_TEMPORARY = re.compile(r'\.[0-9a-f]{12}\.part')

LARGEST = 2**31  # bytes that `read` takes by default

# What is no file -> what it is called.
_NO_FILES = (
  (stat.S_ISFIFO, 'a pipe'),
  (stat.S_ISSOCK, 'a socket'),
  (stat.S_ISCHR, 'a device'),
  (stat.S_ISBLK, 'a device'),
)


def in_bucket(path: epath.PathLike) -> bool:
  """Whether a path is one of a bucket, `gs://BUCKET/NAME`, and not of this machine.

  Raises:
    errors.InputError: if it is any other address: https://, file://, s3:// ...
  """
  name = os.fspath(path)
  if '://' not in name:
    return False
  if not name.startswith('gs://'):
    raise errors.InputError(
      f'{name} is an address; give a file or a folder of this machine, or one in a bucket: '
      'gs://BUCKET/NAME.'
    )
  return True


def read(path: epath.PathLike, most: int = LARGEST) -> bytes:
  """The bytes of a file, of which there are `most` at most; nothing else is ever opened.

  Reading a pipe would wait for ever, and a device such as /dev/zero has no end.

  Raises:
    errors.InputError: if it is no regular file (through links), or larger.
    OSError: as the file system raised it, IsADirectoryError among them.
  """
  check(path, most)
  if in_bucket(path):
    return epath.Path(path).read_bytes()
  # A pipe that has taken the file's place since would wait for its other end.
  descriptor = os.open(
    path, os.O_RDONLY | getattr(os, 'O_NONBLOCK', 0) | getattr(os, 'O_BINARY', 0)
  )
  with os.fdopen(descriptor, 'rb') as file:
    _check_status(os.fstat(file.fileno()), os.fspath(path), most)
    data = file.read(most + 1)  # a file may grow, and those in /proc do not tell their size
  if len(data) > most:
    raise _too_large(os.fspath(path), most)
  return data


def check(path: epath.PathLike, most: int | None = None) -> None:
  """Refuses a path that `read` would not read, for what a library opens by itself.

  Args:
    path: as of `read`.
    most: bytes; None: any number.

  Raises:
    errors.InputError: if it is no regular file (through links), or larger.
    OSError: as the file system raised it, IsADirectoryError among them.
  """
  name = os.fspath(path)
  if not in_bucket(path):
    _check_status(os.stat(path), name, most)
  elif most is not None and epath.Path(path).stat().length > most:
    raise _too_large(name, most)


def _check_status(status: os.stat_result, name: str, most: int | None) -> None:
  if stat.S_ISDIR(status.st_mode):
    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
  if not stat.S_ISREG(status.st_mode):
    kind = next((kind for is_it, kind in _NO_FILES if is_it(status.st_mode)), 'no regular file')
    raise errors.InputError(f'{name} is {kind}; give a file.')
  if most is not None and status.st_size > most:
    raise _too_large(name, most, status.st_size)


def _too_large(name: str, most: int, size: int | None = None) -> errors.InputError:
  has = f'has {amount(size)}' if size else 'is larger'
  return errors.InputError(f'{name} {has}, and {amount(most)} are the most here; give another.')


def amount(size: int) -> str:
  """A number of bytes, for people: `1.23 MiB`."""
  for unit, name in ((2**30, 'GiB'), (2**20, 'MiB'), (2**10, 'KiB')):
    if size >= unit:
      return f'{size / unit:.3g} {name}'
  return f'{size} bytes'


@contextlib.contextmanager
def made_if_filled(folder: epath.PathLike) -> Iterator[None]:
  """While entered, a folder and those above it may be made; those that are empty then go again."""
  folder = epath.Path(folder)
  new = [place for place in (folder, *folder.parents) if not place.exists()]
  try:
    yield
  finally:
    with contextlib.suppress(OSError, ValueError):  # epath's
      for place in new:
        place.rmdir()


def write(path: epath.PathLike, data: bytes) -> None:
  """Writes a file so that no reader ever sees half of it.

  On a disk: a temporary name in the same folder, then a rename. Buckets replace
  whole objects by themselves.

  Raises:
    errors.InputError: if there is a pipe or a device of this name, such as /dev/null.
    OSError: as the file system raised it; the temporary file is removed.
  """
  if in_bucket(path):
    epath.Path(path).write_bytes(data)
    return
  if os.path.exists(path) and not os.path.isdir(path):
    _check_status(os.stat(path), os.fspath(path), None)
  temporary = os.path.join(os.path.dirname(path), f'.{uuid.uuid4().hex[:12]}.part')
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


def unfinished(folder: epath.PathLike) -> Iterator[str]:
  """The temporary files in a folder that some process's `write` has not finished: they stay where
  it was killed.
  """
  for name in sorted(os.listdir(folder)):
    if _TEMPORARY.fullmatch(name):
      yield os.path.join(folder, name)


def walk(folder: epath.PathLike, suffixes: Sequence[str] | None) -> Iterator[str]:
  """The names, relative to a folder, of all files below it that end in one of the suffixes.

  Hidden files and folders are left out; a link to a folder above is not followed round and round.
  Without suffixes, everything is named: hidden files too, and hidden folders, with a slash.
  """

  def below(directory: epath.Path, prefix: str, above: frozenset[str]) -> Iterator[str]:
    real = os.fspath(directory)
    real = real if in_bucket(real) else os.path.realpath(real)
    if real in above:
      return
    for entry in directory.iterdir():
      if entry.name.startswith('.'):
        if suffixes is None:
          yield f'{prefix}{entry.name}{"/" if entry.is_dir() else ""}'
      elif entry.is_dir():
        yield from below(entry, f'{prefix}{entry.name}/', above | {real})
      elif suffixes is None or entry.suffix.lower() in suffixes:
        yield prefix + entry.name

  return below(epath.Path(folder), '', frozenset())


def did_you_mean(path: epath.PathLike) -> str:
  """`errors.did_you_mean` about a path that is not there, by the stems of what lies beside it."""
  folder, name = os.path.split(os.path.normpath(path))
  if in_bucket(path) or not os.path.isdir(folder or '.') or os.path.lexists(path):
    return ''
  others = {other.lower(): other for other in sorted(os.listdir(folder or '.'))}
  stem = errors.nearest(os.path.splitext(name.lower())[0], {os.path.splitext(o)[0] for o in others})
  if not stem:
    return ''
  of_it = [other for other in others if os.path.splitext(other)[0] == stem]
  near = errors.nearest(name.lower(), of_it) or of_it[0]
  return f'did you mean {os.path.join(folder, others[near])}?'
