"""JAX's persistent compilation cache: the second start of a command compiles nothing."""

from collections.abc import Iterator
import contextlib
import os
import pathlib
import stat
import zlib

import jax

from glcic_jax import caches

_WORTH_KEEPING = 0.2  # seconds of compilation
_MOST = 2 * 1024**3  # bytes of programs; configs/quickstart.py keeps 2 MB
_CHECKED = '.checked'  # a file as old as the last look at what was written


def keep_programs() -> None:
  """Keeps compiled programs in the user's cache, unless JAX has been told of another place.

  A program is found again by its own text, its options, the versions of JAX and of the driver, and
  the kind of device, for a CPU with its instruction set; so many machines may share a home. Of the
  programs kept, the oldest go once they take more than 2 GiB together.

  Nothing is kept where several processes train together: only the first would write, and find
  programs of an earlier start where its neighbours compile anew; programs that were compiled apart
  may differ in the order in which they talk to each other, and wait for ever. In a place that all
  processes see, which JAX_COMPILATION_CACHE_DIR tells JAX, all find the same.
  """
  several = jax.distributed.is_initialized() and jax.process_count() > 1
  if jax.config.values['jax_compilation_cache_dir'] or several:
    return
  folder = caches.programs()
  try:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    _forget_broken(pathlib.Path(folder))
    _forget_oldest(pathlib.Path(folder), _MOST)
  except OSError:  # a home that cannot be written: compile each time
    return
  if os.access(folder, os.W_OK):
    jax.config.update('jax_compilation_cache_dir', folder)
    jax.config.update('jax_persistent_cache_min_compile_time_secs', _WORTH_KEEPING)


def _forget_broken(folder: pathlib.Path) -> None:
  """Removes what a full disk or a killed process left half-written since the last start.

  JAX would compile again and warn at every start, and never replace it. (Its files are zlib's, or
  those of zstandard where that is installed; they are left to it.)
  """
  checked = folder / _CHECKED
  last = checked.stat().st_mtime if checked.exists() else 0
  checked.touch()
  for path, status in _files(folder):
    if status.st_mtime >= last and path.name.endswith('-cache'):
      with contextlib.suppress(FileNotFoundError):
        data = path.read_bytes()
        if data[:1] in (b'', b'\x78') and not _is_whole(data):
          path.unlink()


def _is_whole(data: bytes) -> bool:
  """Whether a zlib stream comes to its end and fits its checksum."""
  stream = zlib.decompressobj()
  try:
    stream.decompress(data)
  except zlib.error:
    return False
  return stream.eof


def _forget_oldest(folder: pathlib.Path, most: int) -> None:
  """Removes what was written first until the rest takes `most` bytes at most.

  Another process may do the same, or read what goes: JAX then compiles. (JAX's own limit takes a
  lock for every program, and one missing file of its pairs ends all keeping.)
  """
  total = 0
  for path, status in sorted(_files(folder), key=lambda file: -file[1].st_mtime):
    total += status.st_size
    if total > most:
      path.unlink(missing_ok=True)


def _files(folder: pathlib.Path) -> Iterator[tuple[pathlib.Path, os.stat_result]]:
  """All files below a folder in which others may remove some."""
  for path in folder.rglob('*'):
    with contextlib.suppress(FileNotFoundError):
      status = path.stat()
      if stat.S_ISREG(status.st_mode):
        yield path, status
