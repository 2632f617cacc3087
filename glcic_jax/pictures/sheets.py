"""Contact sheets: pictures in labelled columns, and the same pictures read off a sheet again."""

from collections.abc import Mapping, Sequence
import os

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from glcic_jax import errors
from glcic_jax.pictures import captions as texts
from glcic_jax.pictures import image_files
from glcic_jax.pictures import pairing

_LETTERS = 13  # pixels
_GAP, _LINE, _CELL = 8, 20, 128  # of a contact sheet, in pixels
_ROWS, _COMPARED = 64, 256  # of a comparison: pictures, and pixels of the longer side of each
_ALONE = 1024  # pixels of the longer side of the only picture, at most


def contact_sheet(
  columns: Mapping[str, Sequence[np.ndarray] | np.ndarray],
  *,
  cell: int = _CELL,
  captions: Sequence[str] = (),
) -> np.ndarray:
  """Lays pictures out in labelled columns of equal length, on white: `[H, W, 3]` uint8.

  Args:
    columns: label -> pictures `[H, W, 3]` uint8.
    cell: the longer side of a picture on the sheet in pixels; small ones become blocks.
    captions: a line below each row.
  """
  font = ImageFont.load_default(_LETTERS)
  rows = [[_fit(picture, cell) for picture in row] for row in zip(*columns.values(), strict=True)]
  heights = [max(image.height for image in row) for row in rows]
  below = _LINE if captions else 0
  width = _GAP + len(columns) * (cell + _GAP)
  sheet = Image.new('RGB', (width, _LINE + _GAP + sum(h + _GAP + below for h in heights)), 'white')
  draw = ImageDraw.Draw(sheet)
  for column, label in enumerate(columns):
    draw.text((_GAP + column * (cell + _GAP), 5), label, fill='black', font=font)
  top = _LINE + _GAP
  for row, (images, height) in enumerate(zip(rows, heights)):
    for column, image in enumerate(images):
      sheet.paste(image, (_GAP + column * (cell + _GAP), top))
    if captions:
      caption, known = texts.drawable(captions[row], _LETTERS)
      draw.text((_GAP, top + height + 2), caption, fill=(90, 90, 90), font=known)
    top += height + _GAP + below
  return np.asarray(sheet)


def sheet_cells(sheet: np.ndarray, columns: int) -> list[list[np.ndarray]]:
  """The pictures of a `contact_sheet` of square ones without captions: rows of `[128, 128, 3]`.

  Raises:
    ValueError: if it is not such a sheet.
  """
  step, top = _CELL + _GAP, _LINE + _GAP
  height, width, _ = sheet.shape
  if width != _GAP + columns * step or height <= top or (height - top) % step:
    raise ValueError(
      f'A sheet of {width}x{height} px does not hold {columns} columns of square pictures.'
    )
  return [
    [sheet[y : y + _CELL, x : x + _CELL] for x in range(_GAP, width, step)]
    for y in range(top, height, step)
  ]


def _fit(picture: np.ndarray, cell: int) -> Image.Image:
  image = Image.fromarray(np.asarray(picture))
  scale = cell / max(image.size)
  width, height = (max(1, round(side * scale)) for side in image.size)
  way = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS
  return image.resize((width, height), way)


class Comparison:
  """A sheet of the first pictures, small, or of the only one: its hole and what became of it."""

  def __init__(self, path: str, jobs: Sequence[pairing.Job], *, keep: bool = False):
    """A new file, unless what is there is to be kept: then see `is_kept`.

    Raises:
      errors.InputError: if it would replace anything, or cannot be written.
    """
    self.path = path
    self._rows: list[tuple[str, list[np.ndarray]]] = []
    self._cell = _ALONE if len(jobs) == 1 else _COMPARED
    if pairing.suffix(path) not in image_files.WRITTEN or os.path.isdir(path):
      raise errors.InputError(f'--compare is {path}; give a picture file, such as sheet.png.')
    pairing.check_parent(path, '--compare')
    taken = (name for job in jobs for name in (job.image, job.mask, job.output) if name)
    if os.path.realpath(path) in map(os.path.realpath, taken):
      raise errors.InputError(
        f'--compare is {path}, which is an input or a result; give another name.'
      )
    if not keep:
      pairing.check_new(path, '--compare')
    self.is_kept = os.path.lexists(path)

  def add(self, name: str, image: Image.Image, hole: np.ndarray, result: Image.Image) -> str:
    """Adds a row; where there are enough of them, adds none and returns a note."""
    if len(self._rows) == _ROWS:
      return f'it shows the first {_ROWS} pictures.'
    if self._cell == _ALONE:  # as it is, where it is no larger
      self._cell = min(_ALONE, max(_COMPARED, *image.size))
    cells = (image, Image.fromarray(hole), result)
    self._rows.append((name, [_small(cell, self._cell) for cell in cells]))
    return ''

  def write(self) -> None:
    """Writes the sheet, if there is a row, and no sheet that is kept."""
    if self._rows and not self.is_kept:
      names, rows = zip(*self._rows)
      columns = dict(zip(('input', 'mask', 'result'), zip(*rows)))
      image_files.write(self.path, contact_sheet(columns, cell=self._cell, captions=names))


def _small(picture: Image.Image, side: int) -> np.ndarray:
  small = image_files.to_rgb(picture)
  small.thumbnail((side, side))
  return np.asarray(small)
