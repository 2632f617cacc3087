"""What lies in the given folders and is not completed: each entry with the reason."""

from collections.abc import Sequence
import os
from typing import NamedTuple

from glcic_jax import files
from glcic_jax.pictures import globs
from glcic_jax.pictures import image_files
from glcic_jax.pictures import pairing

NOT_A_PICTURE = 'not a picture'
_FURTHER = 'a further mask of {}, for which {} is taken'
_SHOWN = 50  # names in a note


class Entry(NamedTuple):
  """One of them."""

  path: str
  reason: str


def entries(inputs: Sequence[str], jobs: Sequence[pairing.Job]) -> list[Entry]:
  """What of the folders and patterns no job completes, and which masks of its jobs none uses."""
  found = {path: NOT_A_PICTURE for given in inputs for path in not_pictures(given)}
  used = {job.mask for job in jobs}
  for job in jobs:
    for path in set(job.others) - used:
      found[path] = _FURTHER.format(os.path.basename(job.image), os.path.basename(job.mask or ''))
  return [Entry(path, found[path]) for path in sorted(found)]


def not_pictures(given: str) -> list[str]:
  """The paths below a folder, or that a pattern matches, whose names are no pictures'."""
  matched = globs.matches(given) if globs.is_pattern(given) else [given]
  paths: list[str] = []
  for path in matched:
    if os.path.isdir(path):
      paths += (os.path.join(path, name) for name in files.walk(path, None))
    elif path != given:  # which is done, or fails
      paths.append(path)
  return [
    path
    for path in dict.fromkeys(paths)
    if pairing.suffix(path) not in image_files.SUFFIXES or os.path.basename(path).startswith('.')
  ]


def said(left: Sequence[Entry]) -> list[str]:
  """One line for each reason, which names all entries, or the first of very many."""
  lines = []
  for reason in dict.fromkeys(entry.reason for entry in left):
    paths = [entry.path for entry in left if entry.reason == reason]
    more = f' and {len(paths) - _SHOWN} more' if len(paths) > _SHOWN else ''
    lines.append(f'{", ".join(paths[:_SHOWN])}{more}: {reason}.')
  return lines
