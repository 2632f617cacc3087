"""A folder of masks: which of them belong to a picture, by their names."""

from collections.abc import Sequence
import os
import re
import unicodedata

from glcic_jax import files
from glcic_jax.pictures import image_files

_MARK = '_mask'  # a_mask*.png is a mask of a.jpg


class MaskFolder:
  """A folder of masks, by the stems that they belong to."""

  def __init__(self, folder: str, images: Sequence[str]):
    """Lists it; `images` are the pictures that are given."""
    self.folder = folder
    self.names = sorted(files.walk(folder, image_files.SUFFIXES))
    self._inputs = {os.path.realpath(image) for image in images}
    # (folder below, stem) -> names.
    self._exact: dict[tuple[str, str], list[str]] = {}
    self._marked: dict[tuple[str, str], list[str]] = {}
    for name in self.names:
      parent, stem = _key(name)
      self._exact.setdefault((parent, stem), []).append(name)
      for mark in re.finditer(_MARK, stem):  # a stem may itself hold the mark
        self._marked.setdefault((parent, stem[: mark.start()]), []).append(name)

  def of(self, image: str) -> list[str]:
    """Paths of a picture's masks, the best first.

    One has its stem, or its stem and `_mask...`, and lies in a folder below the masks' whose path
    is the end of the picture's, the longer the better, or directly there.
    """
    found = []
    parent, stem = _key(os.path.abspath(image))
    folders = parent.split('/')
    ends = ('/'.join(folders[start:]) for start in range(len(folders)))
    for key in dict.fromkeys((folder, stem) for folder in (*ends, '')):
      for own in self._exact.get(key, []):
        mask = os.path.join(self.folder, own)
        # Where a.jpg and a.png lie side by side and both are given, neither is a mask.
        if not (_is_beside(mask, image) and os.path.realpath(mask) in self._inputs):
          found.append(mask)
      found += [os.path.join(self.folder, own) for own in self._marked.get(key, [])]
    return [mask for mask in found if identity(mask) != identity(image)]

  def wanted(self, image: str, name: str) -> str:
    """How a mask of a picture may be called."""
    stem = _stem(name)
    marked = f'{stem}{_MARK}.png'
    place = os.path.join(self.folder, os.path.dirname(name), marked)
    return marked if _is_beside(place, image) else f'{stem}.png or {marked}'


def _is_beside(path: str, other: str) -> bool:
  first, second = (os.path.realpath(os.path.dirname(name)) for name in (path, other))
  return first == second


def _stem(name: str) -> str:
  return os.path.splitext(os.path.basename(name))[0]


def _key(name: str) -> tuple[str, str]:
  """Folder and stem; the same however a system writes folders, and letters with accents."""
  composed = unicodedata.normalize('NFC', name).replace(os.sep, '/')
  return os.path.dirname(composed), _stem(composed)


def identity(path: str) -> tuple[int, int] | str:
  """The same for all names of one file."""
  if not os.path.exists(path):
    return os.path.realpath(path)
  status = os.stat(path)
  return status.st_dev, status.st_ino
