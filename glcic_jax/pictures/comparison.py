"""A sheet of pictures, their holes and what became of them, side by side."""

from collections.abc import Sequence
import os

import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import image_files
from glcic_jax.pictures import pairing
from glcic_jax.pictures import sheets

_ROWS, _CELL = 64, 256  # pictures, and pixels of the longer side of each
_COLUMNS = ('input', 'mask', 'result')


class Sheet:
  """Collects small copies of the first pictures."""

  def __init__(self, path: str, jobs: Sequence[pairing.Job]):
    """A file, which may replace an old sheet, and nothing that is read or written here.

    Raises:
      errors.InputError: if it would, or cannot be written.
    """
    self.path = path
    self._rows: list[tuple[str, list[np.ndarray]]] = []
    if pairing.suffix(path) not in image_files.SUFFIXES or os.path.isdir(path):
      raise errors.InputError(f'--compare is {path}; give a picture file, such as sheet.png.')
    pairing.check_parent(path, '--compare')
    taken = (name for job in jobs for name in (job.image, job.mask, job.output) if name)
    if os.path.realpath(path) in map(os.path.realpath, taken):
      raise errors.InputError(
        f'--compare is {path}, which is an input or a result; give another name.'
      )

  def add(self, name: str, image: Image.Image, hole: np.ndarray, result: Image.Image) -> str:
    """Adds a row; where there are enough of them, adds none and returns a note."""
    if len(self._rows) == _ROWS:
      return f'it shows the first {_ROWS} pictures.'
    self._rows.append((name, [_small(cell) for cell in (image, Image.fromarray(hole), result)]))
    return ''

  def write(self) -> None:
    """Writes the sheet, if there is a row."""
    if self._rows:
      names, rows = zip(*self._rows)
      columns = dict(zip(_COLUMNS, zip(*rows)))
      image_files.write(self.path, sheets.contact_sheet(columns, cell=_CELL, captions=names))


def _small(picture: Image.Image) -> np.ndarray:
  small = image_files.to_rgb(picture)
  small.thumbnail((_CELL, _CELL))
  return np.asarray(small)
