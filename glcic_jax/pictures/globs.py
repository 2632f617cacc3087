"""Patterns such as `photos/**/*.jpg`, which a shell may have left to us; Windows' always does.

Whoever expands a pattern, the same comes of it.
"""

from collections.abc import Sequence
import glob
import os
import re
from types import ModuleType


def is_pattern(text: str) -> bool:
  """Whether it is one, and no file or folder of that very name."""
  return glob.has_magic(text) and not os.path.lexists(text)


def matches(pattern: str) -> list[str]:
  """Whatever matches, files and folders, as a shell would give them."""
  return sorted(glob.glob(pattern, recursive=True))


def root(pattern: str, system: ModuleType = os.path) -> str:
  """The folder of a pattern before its first folder with a wildcard; empty for this one.

  `system` is `os.path`, or another system's.
  """
  separators = system.sep + (system.altsep or '')
  parts = re.split(f'([{re.escape(separators)}])', pattern)  # every second one is a separator
  first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
  drive, folder = system.splitdrive(''.join(parts[:first]))
  return drive + (folder.rstrip(separators) or folder[:1])


def together(paths: Sequence[str], system: ModuleType = os.path) -> str:
  """The deepest folder that holds all of some files and folders; a folder alone is that itself.

  Of several drives, which none holds, this one.
  """
  if len(paths) == 1 and system.isdir(paths[0]):
    return paths[0]
  try:
    return str(system.commonpath([system.dirname(system.abspath(path)) for path in paths]))
  except ValueError:
    return str(system.curdir)


def below(path: str, folder: str, system: ModuleType = os.path) -> str:
  """A path's name below a folder of `together`: where its result lies in the output folder.

  One that is not below it gives its whole path, without a drive.
  """
  try:
    name = str(system.relpath(path, folder or system.curdir))
  except ValueError:  # of another drive
    name = system.pardir
  if not name.startswith(system.pardir):
    return name
  return system.splitdrive(system.abspath(path))[1].lstrip(system.sep + (system.altsep or ''))
