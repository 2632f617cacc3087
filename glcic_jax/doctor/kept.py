"""What lies in the caches, and what commands that were killed have left."""

from collections.abc import Iterable, Iterator
import contextlib
import json
import os
import pathlib
import stat
from typing import NamedTuple

from glcic_jax import caches
from glcic_jax import files


class Kept(NamedTuple):
  """Files that can be deleted at any time: they are made or fetched again where they are needed."""

  what: str
  folder: str
  files: int
  bytes: int


def everything() -> list[Kept]:
  """The caches, empty ones too; and here what was being written when a command was killed."""
  programs, hub = caches.programs_of_jax(), caches.hub()
  return [
    _kept('compiled programs', programs, pathlib.Path(programs).rglob('*')),
    _kept('models of the Hub', hub, _of_models(pathlib.Path(hub))),
    _kept('unfinished files', os.curdir, map(pathlib.Path, files.unfinished(os.curdir))),
  ]


def _kept(what: str, folder: str, paths: Iterable[pathlib.Path]) -> Kept:
  count = total = 0
  with contextlib.suppress(OSError):  # a folder that is not ours to read
    for path in paths:
      with contextlib.suppress(OSError):  # another process removes what it does not need
        status = path.lstat()  # links of the Hub's cache lead to files that are counted
        if stat.S_ISREG(status.st_mode):
          count, total = count + 1, total + status.st_size
  return Kept(what, folder, count, total)


def _of_models(hub: pathlib.Path) -> Iterator[pathlib.Path]:
  """All files of those repositories in the Hub's cache that are models of this program."""
  for repository in hub.glob('models--*'):
    if any(map(_is_ours, repository.glob('snapshots/*/config.json'))):
      yield from repository.rglob('*')


def _is_ours(config: pathlib.Path) -> bool:
  try:
    values = json.loads(files.read(config, 2**24))
  except (OSError, ValueError, RecursionError):  # also errors.InputError
    return False
  return isinstance(values, dict) and 'format_version' in values and 'mean_color' in values
