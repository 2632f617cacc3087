"""One run at a time in a workdir: two would mix their checkpoints without a word.

    with run_lock.held(workdir): ...

`run.lock` says who holds it: host, process, since when. On a disk the lock is the operating
system's, and dies with its holder. Other hosts and buckets may not see that lock: for them the
holder beats, and a record that another host left is stale once it has not beaten for a while.
"""

from collections.abc import Iterator
import contextlib
import json
import os
import socket
import threading
import time
from typing import Any
import uuid

from etils import epath
from jax.experimental import multihost_utils
import numpy as np

from glcic_jax import errors
from glcic_jax import files
from glcic_jax import parallel

try:
  import fcntl
except ImportError:  # Windows
  fcntl = None  # type: ignore[assignment]

NAME = 'run.lock'
_BEAT = 15.0  # seconds between two beats
_WATCH = 3 * _BEAT  # without a beat: the holder is gone
_OLD = 600.0  # seconds: a beat so old needs no watching, whatever the clocks


@contextlib.contextmanager
def held(workdir: epath.PathLike) -> Iterator[None]:
  """While entered, no other run can be in the workdir, which is made if needed.

  Of several processes the first holds it for all.

  Raises:
    errors.InputError: on all processes, if another run holds it; the sentence says who.
  """
  refusal: errors.InputError | None = None
  with contextlib.ExitStack() as stack:
    if parallel.is_main_process():
      try:
        stack.enter_context(_taken(epath.Path(workdir)))
      except errors.InputError as error:
        refusal = error
    if multihost_utils.broadcast_one_to_all(np.int32(refusal is not None)):
      raise refusal or errors.InputError(f'{workdir} is in use by another run.')
    yield


@contextlib.contextmanager
def _taken(folder: epath.Path) -> Iterator[None]:
  made = not folder.exists()
  folder.mkdir(parents=True, exist_ok=True)
  record = _Bucket(folder / NAME) if files.in_bucket(folder) else _Disk(os.path.join(folder, NAME))
  own: dict[str, Any] = {
    'host': socket.gethostname(),
    'process': os.getpid(),
    'since': time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime()),
    'token': uuid.uuid4().hex,
  }
  try:
    _refuse_others(record, folder, own['host'])
    ended = threading.Event()
    _beat(record, own)
    beats = threading.Thread(target=_beat_on, args=(record, own, ended), daemon=True)
    beats.start()
    try:
      yield
    finally:
      ended.set()
      beats.join()
      record.remove()
  finally:
    record.close()
    if made:
      with contextlib.suppress(OSError, ValueError):  # epath's
        folder.rmdir()  # where the run left nothing


def _refuse_others(record: '_Disk | _Bucket', folder: epath.Path, host: str) -> None:
  """Raises InputError while another process, here or on another host, holds the record."""
  is_free = record.lock()
  found = record.read()
  if not is_free:
    raise _in_use(folder, found)
  if not found or time.time() - float(found.get('beat', 0)) > _OLD:
    return
  if found.get('host') == host and (record.dies_with_holder or _is_gone(found.get('process'))):
    return
  parallel.tell(f'{folder} was in use by {_who(found)}: waiting whether that run still goes on.')
  end = time.monotonic() + _WATCH
  while time.monotonic() < end:
    time.sleep(_BEAT / 5)
    now = record.read()
    if not now:  # it ended
      return
    if now.get('beat') != found.get('beat'):
      raise _in_use(folder, now)


def _is_gone(process: Any) -> bool:
  """Whether no process of this machine has the number."""
  try:
    os.kill(int(process), 0)
  except (ProcessLookupError, ValueError, TypeError):
    return True
  except OSError:  # somebody else's
    return False
  return False


def _in_use(folder: epath.Path, found: dict[str, Any]) -> errors.InputError:
  return errors.InputError(
    f'{folder} is in use by {_who(found)}; wait for its end, stop it, or give another --workdir.'
  )


def _who(found: dict[str, Any]) -> str:
  if not found:
    return 'another run'
  host, process, since = (found.get(name, '?') for name in ('host', 'process', 'since'))
  return f'a run on {host}, process {process}, since {since}'


def _beat(record: '_Disk | _Bucket', own: dict[str, Any]) -> None:
  record.write(json.dumps(own | {'beat': time.time()}).encode())


def _beat_on(record: '_Disk | _Bucket', own: dict[str, Any], ended: threading.Event) -> None:
  while not ended.wait(_BEAT):
    with contextlib.suppress(Exception):  # a full disk, or a network that is away for a while
      _beat(record, own)


def _parse(data: bytes) -> dict[str, Any]:
  try:
    found = json.loads(data)
  except ValueError:  # nothing yet, or half a record
    return {}
  return found if isinstance(found, dict) else {}


class _Disk:
  """A record in a file that its holder has locked."""

  def __init__(self, path: str) -> None:
    self._path = path
    self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    self.dies_with_holder = fcntl is not None

  def lock(self) -> bool:
    """Whether nobody else of this machine holds it, from now on this process."""
    if fcntl is None:
      return True
    while True:
      try:
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
      except BlockingIOError:
        return False
      except OSError:  # a file system without locks
        self.dies_with_holder = False
        return True
      with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(self._file), os.stat(self._path)):
          return True
      os.close(self._file)  # its holder has removed it meanwhile
      self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)

  def read(self) -> dict[str, Any]:
    """What the holder, or the last one, wrote; {} without."""
    os.lseek(self._file, 0, os.SEEK_SET)
    return _parse(os.read(self._file, 4_096))

  def write(self, data: bytes) -> None:
    """Replaces the record; the lock stays."""
    os.lseek(self._file, 0, os.SEEK_SET)
    os.write(self._file, data)
    os.ftruncate(self._file, len(data))

  def remove(self) -> None:
    """Removes the file."""
    with contextlib.suppress(OSError):
      os.unlink(self._path)

  def close(self) -> None:
    """Lets go of the lock."""
    os.close(self._file)


class _Bucket:
  """A record in a bucket, where nothing can be locked."""

  dies_with_holder = False

  def __init__(self, path: epath.Path) -> None:
    self._path = path

  def lock(self) -> bool:
    """Only the record tells."""
    return True

  def read(self) -> dict[str, Any]:
    """As of `_Disk`."""
    return _parse(self._path.read_bytes()) if self._path.exists() else {}

  def write(self, data: bytes) -> None:
    """Replaces the record."""
    self._path.write_bytes(data)

  def remove(self) -> None:
    """Removes the record."""
    self._path.unlink(missing_ok=True)

  def close(self) -> None:
    """Nothing is open."""
