"""Patterns such as `photos/**/*.jpg`, which a shell may have left to us; Windows' always does."""

import glob
import os
import re
from types import ModuleType


def is_pattern(text: str) -> bool:
  """Whether it is one, and no file or folder of that very name."""
  return glob.has_magic(text) and not os.path.lexists(text)


def matches(pattern: str) -> list[str]:
  """Whatever matches, but folders."""
  return [path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path)]


def root(pattern: str, system: ModuleType = os.path) -> str:
  """The folder of a pattern before its first folder with a wildcard; empty for this one.

  `system` is `os.path`, or another system's.
  """
  separators = system.sep + (system.altsep or '')
  parts = re.split(f'([{re.escape(separators)}])', pattern)  # every second one is a separator
  first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
  drive, folder = system.splitdrive(''.join(parts[:first]))
  return drive + (folder.rstrip(separators) or folder[:1])


def below(path: str, folder: str, system: ModuleType = os.path) -> str:
  """A path's name below a folder of `root`: where its result lies in the output folder."""
  return str(system.relpath(path, folder or system.curdir))
