"""Which pictures a command is given, which mask belongs to each, and where its result goes."""

from collections.abc import Sequence
import difflib
import glob
import os
from typing import NamedTuple

from glcic_jax import errors
from glcic_jax import files
from glcic_jax import pictures


class Job(NamedTuple):
  """One picture to complete."""

  image: str
  name: str  # relative to the folder that was given: where the result lies in the output folder
  mask: str | None  # None: the picture itself shows its hole
  error: str = ''  # why it cannot be completed: found no mask


def jobs(inputs: Sequence[str], mask: str | None) -> tuple[list[Job], bool]:
  """Finds the pictures and pairs them.

  Args:
    inputs: files, folders (in depth) and globs.
    mask: a file for all, a folder, or None.

  Returns:
    the jobs, at least one of them without an error; and whether just one picture was given, by its name.

  Raises:
    errors.InputError: if there is no picture, or not one pair.
  """
  found, alone = _pictures(inputs)
  if mask is None:
    return [Job(path, name, None) for path, name in found], alone
  if not os.path.isdir(mask):
    # A folder of pictures may hold the mask itself.
    paired = [Job(path, name, mask) for path, name in found if alone or not _is_same(path, mask)]
    if not paired:
      raise errors.InputError(f'There is no picture beside the mask {mask}; give the picture too.')
    return paired, alone
  available = sorted(files.walk(mask, pictures.SUFFIXES))
  paired = [_pair(path, name, mask, available) for path, name in found]
  used = {os.path.realpath(job.mask) for job in paired if job.mask}
  paired = [job for job in paired if alone or os.path.realpath(job.image) not in used]
  if not any(job.mask for job in paired):
    name = paired[0].name
    # Nearest by the stem, whatever the suffix.
    near = difflib.get_close_matches(name, available, n=3, cutoff=0)
    raise errors.InputError(f'No mask in {mask} belongs to {name}, nor to any other picture; name it '
                            f'{_stem(name)}.png or {_stem(name)}_mask.png; '
                            + (f'the nearest names there: {", ".join(near)}.' if near
                               else 'there is no picture there.'))
  return paired, alone


def _pictures(inputs: Sequence[str]) -> tuple[list[tuple[str, str]], bool]:
  """(path, name) of each picture, each path once; and whether the only input names one file."""
  found: dict[str, str] = {}
  for given in inputs:
    if os.path.isdir(given):
      names = sorted(files.walk(given, pictures.SUFFIXES))
      new = [(os.path.join(given, name), name) for name in names]
      if not new:
        raise errors.InputError(f'{given} is a folder without pictures; give one with some.')
    elif glob.has_magic(given) and not os.path.lexists(given):
      root = _root(given)
      paths = [path for path in sorted(glob.glob(given, recursive=True))
               if os.path.isfile(path) and os.path.splitext(path)[1].lower() in pictures.SUFFIXES]
      new = [(path, os.path.relpath(path, root) if root else path) for path in paths]
      if not new:
        raise errors.InputError(f'No picture matches {given}; check the pattern.')
    else:
      new = [(given, os.path.basename(given))]
    for path, name in new:
      found.setdefault(path, name)
  alone = len(inputs) == 1 and list(found) == [inputs[0]]
  return list(found.items()), alone


def _root(pattern: str) -> str:
  """The folder of a glob before its first folder with a wildcard."""
  parts = pattern.split(os.sep)
  first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
  return os.sep.join(parts[:first]) or (os.sep if pattern.startswith(os.sep) else '')


def _pair(path: str, name: str, folder: str, available: Sequence[str]) -> Job:
  """Its mask has its stem, or its stem and `_mask...`; in its folder below the masks', or directly there."""
  for parent in dict.fromkeys((os.path.dirname(name), '')):
    here = [mask for mask in available if os.path.dirname(mask) == parent]
    exact = [mask for mask in here if _stem(mask) == _stem(name)]
    marked = [mask for mask in here if _stem(mask).startswith(f'{_stem(name)}_mask')]
    for mask in (os.path.join(folder, mask) for mask in (*exact, *marked)):
      if not _is_same(mask, path):
        return Job(path, name, mask)
  return Job(path, name, None, f'there is no {_stem(name)}.png and no {_stem(name)}_mask.png in {folder}.')


def _stem(name: str) -> str:
  return os.path.splitext(os.path.basename(name))[0]


def outputs(found: Sequence[Job], alone: bool, output: str, kind: str) -> list[str]:
  """Where each result goes, checked before any work.

  Args:
    found: the jobs.
    alone: whether one picture was given: then `output` is a file, unless it is a folder or ends in a slash.
    output: a file or a folder.
    kind: 'keep', or a format.

  Raises:
    errors.InputError: if a result cannot be written there, or would replace an input or another result.
  """
  as_folder = output.endswith(('/', os.sep)) or os.path.isdir(output)
  suffix = os.path.splitext(output)[1].lower()
  if not as_folder and alone:
    _check_file(output, suffix, kind)
    chosen = [output]
  else:
    if not as_folder and (suffix in pictures.SUFFIXES or os.path.exists(output)):
      raise errors.InputError(f'{output} is a file name, but what is given is a folder or several pictures; '
                              'give --output a folder, ending in a slash.')
    chosen = [os.path.join(output, _renamed(job.name, kind)) for job in found]
  taken = {_identity(path) for job in found for path in (job.image, job.mask) if path}
  before = set()
  for path in chosen:
    if _identity(path) in taken:
      where = f'{output} is a folder, and {os.path.basename(path)} in it' if as_folder else output
      raise errors.InputError(f'{where} is an input; give --output another name.')
    if _identity(path) in before:
      raise errors.InputError(f'Two results would both be {path}; complete their folders one by one.')
    before.add(_identity(path))
  return chosen


def _check_file(output: str, suffix: str, kind: str) -> None:
  if suffix not in pictures.SUFFIXES:
    raise errors.InputError(f'{output} does not end in a picture format; use .png or .jpg.')
  if kind != 'keep' and kind != suffix.removeprefix('.').replace('jpeg', 'jpg'):
    raise errors.InputError(f'--format is {kind}, but {output} ends in {suffix}; leave one of them out.')
  folder = os.path.dirname(output) or '.'
  if '://' not in folder and not os.path.isdir(folder):
    raise errors.InputError(f'There is no folder {folder}; make it, or give --output another.')


def _renamed(name: str, kind: str) -> str:
  stem, suffix = os.path.splitext(name)
  if kind != 'keep':
    return f'{stem}.{kind}'
  if suffix.lower() in pictures.SUFFIXES:
    return name
  return stem + ('.jpg' if suffix.lower() in ('.mpo', '.jfif', '.jpe') else '.png')


def _identity(path: str) -> tuple[int, int] | str:
  """The same for all names of one file."""
  if not os.path.exists(path):
    return os.path.realpath(path)
  status = os.stat(path)
  return status.st_dev, status.st_ino


def _is_same(path: str, other: str) -> bool:
  return _identity(path) == _identity(other)
