"""Contact sheets: pictures in labelled columns, and the same pictures read off a sheet again."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

_GAP, _LINE, _CELL = 8, 20, 128  # of a contact sheet, in pixels


def contact_sheet(
  columns: Mapping[str, Sequence[np.ndarray] | np.ndarray],
  *,
  cell: int = _CELL,
  captions: Sequence[str] = (),
) -> np.ndarray:
  """Lays pictures out in labelled columns, one row for each picture.

  Args:
    columns: label -> pictures `[H, W, 3]` uint8, as many in each column.
    cell: the longer side of a picture on the sheet in pixels; small ones are enlarged without
      smoothing.
    captions: a line below each row.

  Returns:
    the sheet, `[H, W, 3]` uint8, on white.
  """
  font = ImageFont.load_default(13)
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
      draw.text((_GAP, top + height + 2), captions[row], fill=(90, 90, 90), font=font)
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
