"""Which pictures a command is given, which mask belongs to each, and where its result goes."""

from collections.abc import Iterable, Sequence
import difflib
import glob
import os
from typing import NamedTuple

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.pictures import image_files

_MARK = '_mask'  # a_mask*.png is a mask of a.jpg


class Job(NamedTuple):
  """One picture to complete."""

  image: str
  name: str  # relative to the folder that was given: where the result lies in the output folder
  mask: str | None  # None: the picture itself shows its hole
  error: str = ''  # why it cannot be completed: found no mask


def jobs(
  inputs: Sequence[str], mask: str | None, *, results: str | None = None
) -> tuple[list[Job], bool]:
  """Finds the pictures and pairs them.

  Args:
    inputs: files, folders (in depth) and globs.
    mask: a file for all, a folder, or None.
    results: a folder; what lies in it is no picture of a folder or a glob above it. Nor is what
      lies in a folder of masks.

  Returns:
    the jobs, at least one of them without an error; and whether just one picture was given, by its
    name.

  Raises:
    errors.InputError: if there is no picture, or not one pair.
  """
  apart = [folder for folder in (results, mask) if folder is not None and os.path.isdir(folder)]
  found, alone = _pictures(inputs, apart)
  if mask is None:
    return [Job(path, name, None) for path, name in found], alone
  if not os.path.isdir(mask):
    # A folder of pictures may hold the mask itself.
    paired = [Job(path, name, mask) for path, name in found if alone or not _is_same(path, mask)]
    if not paired:
      raise errors.InputError(f'There is no picture beside the mask {mask}; give the picture too.')
    return paired, alone
  masks = _Masks(mask, (path for path, _ in found))
  paired = [_pair(path, name, masks) for path, name in found]
  if any(job.mask for job in paired):
    # Pictures and masks may lie in one folder.
    spare = {
      os.path.realpath(path) for job in paired if job.mask for path in masks.of(job.image, job.name)
    }
    return [job for job in paired if alone or os.path.realpath(job.image) not in spare], alone
  name = paired[0].name
  # Nearest by the stem, whatever the suffix.
  near = difflib.get_close_matches(name, masks.names, n=3, cutoff=0)
  raise errors.InputError(
    f'No mask in {mask} belongs to {name}, nor to any other picture; name it '
    f'{masks.wanted(paired[0].image, name)}; '
    + (f'the nearest names there: {", ".join(near)}.' if near else 'there is no picture there.')
  )


def _pictures(inputs: Sequence[str], apart: Sequence[str]) -> tuple[list[tuple[str, str]], bool]:
  """(path, name) of each picture, each path once; and whether the only input names one file.

  What lies in one of the folders `apart` is none, but for that folder itself as an input.
  """
  found: dict[str, str] = {}
  for given in inputs:
    if os.path.isdir(given):
      names = sorted(files.walk(given, image_files.SUFFIXES))
      new = _outside(apart, given, [(os.path.join(given, name), name) for name in names])
      if not new:
        raise errors.InputError(f'{given} is a folder without pictures; give one with some.')
    elif glob.has_magic(given) and not os.path.lexists(given):
      root = _root(given)
      paths = [
        path
        for path in sorted(glob.glob(given, recursive=True))
        if os.path.isfile(path) and os.path.splitext(path)[1].lower() in image_files.SUFFIXES
      ]
      new = _outside(
        apart, root, [(path, os.path.relpath(path, root) if root else path) for path in paths]
      )
      if not new:
        raise errors.InputError(f'No picture matches {given}; check the pattern.')
    else:
      new = [(given, os.path.basename(given))]
    for path, name in new:
      found.setdefault(path, name)
  alone = len(inputs) == 1 and list(found) == [inputs[0]]
  return list(found.items()), alone


def _outside(
  apart: Sequence[str], root: str, found: list[tuple[str, str]]
) -> list[tuple[str, str]]:
  """Leaves out what lies in one of the folders that lie below the root."""
  below = [
    _inside(folder) for folder in apart if os.path.realpath(folder).startswith(_inside(root))
  ]
  return [
    (path, name) for path, name in found if not os.path.realpath(path).startswith(tuple(below))
  ]


def _inside(folder: str) -> str:
  """What the path of everything in a folder starts with."""
  return os.path.join(os.path.realpath(folder), '')


def _root(pattern: str) -> str:
  """The folder of a glob before its first folder with a wildcard."""
  parts = pattern.split(os.sep)
  first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
  return os.sep.join(parts[:first]) or (os.sep if pattern.startswith(os.sep) else '')


class _Masks:
  """A folder of masks, by the stems that they belong to."""

  def __init__(self, folder: str, inputs: Iterable[str]):
    self.folder = folder
    self.names = sorted(files.walk(folder, image_files.SUFFIXES))
    self._inputs = {os.path.realpath(path) for path in inputs}
    # (folder below, stem) -> names.
    self._exact: dict[tuple[str, str], list[str]] = {}
    self._marked: dict[tuple[str, str], list[str]] = {}
    for name in self.names:
      parent, stem = os.path.dirname(name), _stem(name)
      self._exact.setdefault((parent, stem), []).append(name)
      place = stem.find(_MARK)
      while place >= 0:  # a stem may itself hold the mark
        self._marked.setdefault((parent, stem[:place]), []).append(name)
        place = stem.find(_MARK, place + 1)

  def of(self, path: str, name: str) -> list[str]:
    """Paths of the masks of a picture, the best first.

    One has its stem, or its stem and `_mask...`, and lies in its folder below the masks', or
    directly there.
    """
    found = []
    for parent in dict.fromkeys((os.path.dirname(name), '')):
      key = parent, _stem(name)
      exact = [os.path.join(self.folder, mask) for mask in self._exact.get(key, [])]
      # Where a.jpg and a.png lie side by side and both are given, neither is a mask.
      found += [
        mask
        for mask in exact
        if not (_is_beside(mask, path) and os.path.realpath(mask) in self._inputs)
      ]
      found += [os.path.join(self.folder, mask) for mask in self._marked.get(key, [])]
    return [mask for mask in found if not _is_same(mask, path)]

  def wanted(self, path: str, name: str) -> str:
    """How a mask of a picture may be called."""
    marked = f'{_stem(name)}{_MARK}.png'
    place = os.path.join(self.folder, os.path.dirname(name), marked)
    return marked if _is_beside(place, path) else f'{_stem(name)}.png or {marked}'


def _is_beside(path: str, other: str) -> bool:
  return os.path.realpath(os.path.dirname(path) or '.') == os.path.realpath(
    os.path.dirname(other) or '.'
  )


def _pair(path: str, name: str, masks: _Masks) -> Job:
  found = masks.of(path, name)
  if found:
    return Job(path, name, found[0])
  return Job(path, name, None, f'there is no {masks.wanted(path, name)} in {masks.folder}.')


def _stem(name: str) -> str:
  return os.path.splitext(os.path.basename(name))[0]


def outputs(found: Sequence[Job], alone: bool, output: str, kind: str) -> list[str]:
  """Where each result goes, checked before any work.

  Args:
    found: the jobs.
    alone: whether one picture was given: then `output` is a file, unless it is a folder or ends in
      a slash.
    output: a file or a folder.
    kind: 'keep', or a format.

  Raises:
    errors.InputError: if a result cannot be written there, or would replace an input or another
      result.
  """
  as_folder = output.endswith(('/', os.sep)) or os.path.isdir(output)
  suffix = os.path.splitext(output)[1].lower()
  if not as_folder and alone:
    _check_file(output, suffix, kind)
    chosen = [output]
  else:
    if not as_folder and (suffix in image_files.SUFFIXES or os.path.exists(output)):
      raise errors.InputError(
        f'{output} is a file name, but what is given is a folder or several pictures; '
        'give --output a folder, ending in a slash.'
      )
    check_folder(output)
    chosen = [os.path.join(output, _renamed(job.name, kind)) for job in found]
  taken = {_identity(path) for job in found for path in (job.image, job.mask) if path}
  before: dict[tuple[int, int] | str, str] = {}
  for job, path in zip(found, chosen):
    if _identity(path) in taken:
      where = f'{output} is a folder, and {os.path.basename(path)} in it' if as_folder else output
      raise errors.InputError(f'{where} is an input; give --output another name.')
    if _identity(path) in before:
      raise errors.InputError(
        f'Both {before[_identity(path)]} and {job.image} would become {path}; rename one of '
        'them, or complete one after the other into two folders.'
      )
    before[_identity(path)] = job.image
  return chosen


def check_folder(output: str, flag: str = '--output') -> None:
  """Refuses a folder that cannot be written to, or cannot be made, before any work is done.

  Raises:
    errors.InputError: naming the flag that gave it.
  """
  folder = output.rstrip('/' + os.sep) or os.sep
  while '://' not in folder and not os.path.lexists(folder):
    folder = os.path.dirname(folder) or '.'
  if '://' not in folder and not (os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)):
    raise errors.InputError(
      f'{output} cannot be written, because {folder} is no folder that you may write to; give '
      f'{flag} another.'
    )


def _check_file(output: str, suffix: str, kind: str) -> None:
  if not output:
    raise errors.InputError('--output is empty; give a file name, such as completed.png.')
  if suffix not in image_files.SUFFIXES:
    raise errors.InputError(f'{output} does not end in a picture format; use .png or .jpg.')
  if kind != 'keep' and kind != suffix.removeprefix('.').replace('jpeg', 'jpg'):
    raise errors.InputError(
      f'--format is {kind}, but {output} ends in {suffix}; leave one of them out.'
    )
  folder = os.path.dirname(output) or '.'
  if '://' not in folder and not os.path.isdir(folder):
    raise errors.InputError(f'There is no folder {folder}; make it, or give --output another.')
  check_folder(folder)


def _renamed(name: str, kind: str) -> str:
  stem, suffix = os.path.splitext(name)
  if kind != 'keep':
    return f'{stem}.{kind}'
  if suffix.lower() in image_files.SUFFIXES:
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
