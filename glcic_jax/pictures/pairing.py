"""Which pictures a command is given, which mask belongs to each, and where its result goes."""

from collections.abc import Sequence
import difflib
import os
from typing import NamedTuple

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.pictures import globs
from glcic_jax.pictures import image_files
from glcic_jax.pictures import mask_folder

_DONE = '_completed'  # a_completed.jpg beside a.jpg is what became of it


class Job(NamedTuple):
  """One picture to complete."""

  image: str
  name: str  # relative to the folder that was given: where the result lies in the output folder
  mask: str | None = None  # None: the picture itself shows its hole
  error: str = ''  # why it cannot be completed: found no mask
  output: str = ''  # where its result goes; see `with_outputs`
  others: tuple[str, ...] = ()  # further masks of it, which are not used


def jobs(
  inputs: Sequence[str], mask: str | None, *, results: str | None = None
) -> tuple[list[Job], bool]:
  """Finds the pictures and pairs them.

  Args:
    inputs: files, folders (in depth) and globs.
    mask: a file for all, a folder, or None.
    results: a folder; what lies in it, or in a folder of masks, is no picture of one above it.

  Returns:
    the jobs, at least one without an error; and whether one picture was given, by its name.

  Raises:
    errors.InputError: if there is no picture, or not one pair.
  """
  apart = [folder for folder in (results, mask) if folder is not None and os.path.isdir(folder)]
  found, alone = _pictures(inputs, apart)
  if mask is None:
    return found, alone
  if not os.path.isdir(mask):
    # A folder of pictures may hold the mask itself.
    own = mask_folder.identity(mask)
    paired = [
      job._replace(mask=mask) for job in found if alone or mask_folder.identity(job.image) != own
    ]
    if not paired:
      raise errors.InputError(f'There is no picture beside the mask {mask}; give the picture too.')
    return paired, alone
  masks = mask_folder.MaskFolder(mask, [job.image for job in found])
  paired, spare = [], set()
  for job in found:
    if of_it := masks.of(job.image):
      paired.append(job._replace(mask=of_it[0], others=tuple(of_it[1:])))
      spare |= set(map(os.path.realpath, of_it))
    else:
      paired.append(
        job._replace(error=f'there is no {masks.wanted(job.image, job.name)} in {mask}.')
      )
  if spare:
    # Pictures and masks may lie in one folder.
    return [job for job in paired if alone or os.path.realpath(job.image) not in spare], alone
  near = difflib.get_close_matches(found[0].name, masks.names, n=3, cutoff=0)
  raise errors.InputError(
    f'No mask in {mask} belongs to {found[0].name}, nor to any other picture; name it '
    f'{masks.wanted(found[0].image, found[0].name)}; '
    + (f'the nearest names there: {", ".join(near)}.' if near else 'there is no picture there.')
  )


def _pictures(inputs: Sequence[str], apart: Sequence[str]) -> tuple[list[Job], bool]:
  """Each picture once, without a mask; and whether the only input names one file.

  What lies in one of the folders `apart` is none, but for that folder itself as an input.
  """
  given: list[str] = []  # files and folders, as a shell gives them
  found: list[str] = []
  for text in inputs:
    if os.path.isdir(text):
      matched, root, refusal = [text], text, f'{text} is a folder without pictures; give one'
    elif globs.is_pattern(text):
      matched, root = globs.matches(text), globs.root(text)
      refusal = f'No picture matches {text}; give a pattern'
    else:
      given.append(text)
      found.append(text)
      continue
    paths = _not_results(_outside(apart, root, [path for one in matched for path in _in(one)]))
    if not paths:
      raise errors.InputError(f'{refusal} with some.')
    given += matched
    found += sorted(paths)
  root, once = globs.together(given), {os.path.abspath(path): path for path in reversed(found)}
  chosen = [path for path in dict.fromkeys(found) if once[os.path.abspath(path)] == path]
  jobs = [Job(path, globs.below(path, root)) for path in _not_results(chosen)]
  return jobs, len(inputs) == 1 and inputs[0] in found


def _in(path: str) -> list[str]:
  """The pictures of a folder, in depth; of a file, that itself if it is called like one."""
  if os.path.isdir(path):
    return [os.path.join(path, name) for name in files.walk(path, image_files.SUFFIXES)]
  return [path] if suffix(path) in image_files.SUFFIXES else []


def _outside(apart: Sequence[str], root: str, paths: Sequence[str]) -> list[str]:
  """Leaves out what lies in one of the folders that lie below the root."""
  below = tuple(
    _inside(folder) for folder in apart if os.path.realpath(folder).startswith(_inside(root))
  )
  return [path for path in paths if not os.path.realpath(path).startswith(below)]


def _not_results(paths: Sequence[str]) -> list[str]:
  """Leaves out what an earlier run without --output wrote beside its picture."""
  stems = {os.path.splitext(path)[0] for path in paths}
  done = {stem + _DONE for stem in stems}
  return [path for path in paths if os.path.splitext(path)[0] not in done]


def _inside(folder: str) -> str:
  """What the path of everything in a folder starts with."""
  return os.path.join(os.path.realpath(folder), '')


def with_outputs(
  found: Sequence[Job], alone: bool, output: str | None, kind: str, *, keep: bool = False
) -> list[Job]:
  """The jobs with where each result goes, checked before any work.

  Where a picture is given alone, `output` is a file, unless it is a folder or ends in a slash.
  Without `output`, each result goes beside its picture, and replaces nothing; with `keep`, what is
  there already is no hindrance. `kind` is 'keep', or a format.

  Raises:
    errors.InputError: if a result cannot be written there, or would replace an input or another.
  """
  as_folder = output is not None and (output.endswith(('/', os.sep)) or os.path.isdir(output))
  if output is None:
    chosen = [job._replace(output=_beside(job.image, kind)) for job in found]
    for folder in {os.path.dirname(job.output) for job in chosen if os.path.exists(job.image)}:
      check_folder(folder or '.')
  elif not as_folder and alone:
    _check_file(output, kind)
    chosen = [job._replace(output=output) for job in found]
  else:
    if not as_folder and (suffix(output) in image_files.SUFFIXES or os.path.exists(output)):
      raise errors.InputError(
        f'{output} is a file name, but what is given is a folder or several pictures; '
        'give --output a folder, ending in a slash.'
      )
    check_folder(output)
    chosen = [job._replace(output=os.path.join(output, _renamed(job.name, kind))) for job in found]
  inputs = {mask_folder.identity(path) for job in found for path in (job.image, job.mask) if path}
  before: dict[tuple[int, int] | str, str] = {}
  for job in chosen:
    path, result = job.output, mask_folder.identity(job.output)
    if result in inputs:
      where = f'{output} is a folder, and {os.path.basename(path)} in it' if as_folder else path
      raise errors.InputError(f'{where} is an input; give --output another name.')
    if result in before:
      raise errors.InputError(
        f'Both {before[result]} and {job.image} would become {path}; rename one of '
        'them, or complete one after the other into two folders.'
      )
    if output is None and not keep:
      check_new(path)
    before[result] = job.image
  return chosen


def _beside(image: str, kind: str) -> str:
  """A result's place, where no other is given."""
  stem, ending = os.path.splitext(_renamed(image, kind))
  return f'{stem}{_DONE}{ending}'


def check_new(path: str, flag: str = '--output') -> None:
  """Refuses the name of something that is there.

  Raises:
    errors.InputError: naming the flag that gives another name.
  """
  if os.path.lexists(path):
    raise errors.InputError(
      f'{path} is there already; give {flag} another name, --skip-existing to keep it, or move it '
      'away.'
    )


def check_folder(output: str, flag: str = '--output') -> None:
  """Refuses a folder that cannot be written to, or cannot be made.

  Raises:
    errors.InputError: naming the flag that gave it.
  """
  folder = output.rstrip('/' + os.sep) or os.sep
  if files.in_bucket(folder):
    return
  while not os.path.lexists(folder):
    folder = os.path.dirname(folder) or '.'
  if not (os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)):
    raise errors.InputError(
      f'{output} cannot be written, because {folder} is no folder that you may write to; give '
      f'{flag} another.'
    )


def check_parent(output: str, flag: str = '--output') -> None:
  """Refuses a file whose folder is not there, or cannot be written to.

  Raises:
    errors.InputError: naming the flag that gave it.
  """
  folder = os.path.dirname(output) or '.'
  if not files.in_bucket(folder) and not os.path.isdir(folder):
    raise errors.InputError(f'There is no folder {folder}; make it, or give {flag} another.')
  check_folder(folder, flag)


def _check_file(output: str, kind: str) -> None:
  ending = suffix(output)
  if not output:
    raise errors.InputError('--output is empty; give a file name, such as completed.png.')
  if ending not in image_files.WRITTEN:
    raise errors.InputError(f'{output} does not end in a picture format; use .png or .jpg.')
  if kind != 'keep' and kind != ending.removeprefix('.').replace('jpeg', 'jpg'):
    raise errors.InputError(
      f'--format is {kind}, but {output} ends in {ending}; leave one of them out.'
    )
  check_parent(output)
  if os.path.exists(output):
    files.check(output)


def suffix(name: str) -> str:
  """Of a file's name, in small letters, with its dot."""
  return os.path.splitext(name)[1].lower()


def _renamed(name: str, kind: str) -> str:
  stem, ending = os.path.splitext(name)[0], suffix(name)
  if kind != 'keep':
    return f'{stem}.{kind}'
  if ending in image_files.WRITTEN:
    return name
  return stem + ('.jpg' if ending == '.mpo' else '.png')
