"""The names of the pictures in a folder, that a glob matches, or that a list names."""

import glob
import itertools
import os
from typing import NamedTuple

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.pictures import image_files


class Found(NamedTuple):
  """What is there."""

  root: epath.Path  # the folder, the glob's fixed part, or where the list lies
  names: tuple[str, ...]  # of the pictures, below the root, in their order
  others: int  # files that are no pictures


def find(path: epath.PathLike) -> Found:
  """All pictures below a folder, of a glob, or of a list.

  A folder is searched in depth; a glob is such as `photos/**/*.jpg`; a list is a text file with a
  path on each line, relative to itself. All may be `gs://`.

  Raises:
    errors.InputError: if there is no such folder or file, or no picture in it.
  """
  path = os.path.expanduser(path)
  root, is_one = epath.Path(path), _is_picture
  if _is_pattern(path):
    root, found = _matching(path)
  elif root.suffix.lower() == '.txt' and root.is_file():
    root, found = root.parent, _listed(root)
  elif root.is_dir():
    found, is_one = list(files.walk(root, None)), _is_shown_picture
  elif root.exists():
    raise errors.InputError(
      f'{path} is a file; give a folder of pictures, or a list of them that ends in .txt.'
    )
  else:
    raise errors.InputError(
      errors.with_hint(f'There is no folder {path}; check data.folder.', files.did_you_mean(path))
    )
  pictures = sorted({name for name in found if is_one(name)})
  if not pictures:
    raise errors.InputError(
      f'{path} holds no pictures ({", ".join(image_files.SUFFIXES)}), at any depth.'
    )
  return Found(root, tuple(pictures), len(set(found)) - len(pictures))


def _is_pattern(path: str) -> bool:
  """Whether it is a glob, and no folder of that very name."""
  return glob.has_magic(path) and not epath.Path(path).exists()


def _matching(pattern: str) -> tuple[epath.Path, list[str]]:
  """The fixed part of a pattern, and what it matches below that."""
  parts = epath.Path(pattern).parts
  fixed = list(itertools.takewhile(lambda part: not glob.has_magic(part), parts))
  root = epath.Path(*fixed) if fixed else epath.Path('.')
  below = '/'.join(parts[len(fixed) :])
  if files.in_bucket(pattern):  # `**` would list a whole bucket, and epath refuses it
    found = [os.fspath(entry.relative_to(root)) for entry in root.glob(below)]
  else:
    found = glob.glob(below, root_dir=root, recursive=True)
  return root, [name for name in found if _is_picture(name) or not (root / name).is_dir()]


def _listed(path: epath.Path) -> list[str]:
  """The names on a file's lines; a list of which none of the first ten is there is refused."""
  text = files.read(path).decode('utf-8-sig', 'surrogateescape')
  lines = [line.strip() for line in text.splitlines()]
  found = [name for name in lines if name and not name.startswith('#')]
  pictures = [name for name in found if _is_picture(name)]
  if pictures and not any((path.parent / name).exists() for name in pictures[:10]):
    raise errors.InputError(
      f'{path} lists {pictures[0]}, which is not there; the paths in it are relative to '
      f'{path.parent}.'
    )
  return found


def _is_picture(name: str) -> bool:
  return name.lower().endswith(image_files.SUFFIXES)


def _is_shown_picture(name: str) -> bool:
  return _is_picture(name) and not name.rpartition('/')[2].startswith('.')
