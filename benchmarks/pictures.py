"""The pictures of the README and of docs/, made by the model `demo` as `complete` makes them.

    python benchmarks/pictures.py [--pictures FOLDER] [--output docs/pictures] [--model demo]

    before_after  Chelsea, a cat (scikit-image; by Stéfan van der Walt, CC0), with scratches and a
                  date painted over her: thin damage, which comes out well
    removal       a lighthouse taken out (Kodak's picture 21, Eastman Kodak Company, released for
                  unrestricted use): a thing before sky, which comes out well
    failure       a spoon taken off its saucer (scikit-image's coffee; Rachel Michetti, CC0): what
                  has to be known is not there

The last two are among the 24 of `removals.py`, chosen before anyone had looked at them.

FOLDER holds Kodak's picture as kodak_21.webp or .png; without it, the second is left out and named.
Look at them before they are committed: a picture here claims that this is what one gets.
"""

from collections.abc import Callable, Mapping
import importlib.resources
import pathlib
from typing import Any, NamedTuple

from absl import app
from absl import flags
import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from glcic_jax.inference import completer as completer_lib
from glcic_jax.pictures import sheets

_PICTURES = flags.DEFINE_string('pictures', None, "A folder that holds Kodak's picture.")
_OUTPUT = flags.DEFINE_string('output', 'docs/pictures', 'A folder for the sheets.')
_MODEL = flags.DEFINE_string('model', 'demo', 'What completes.')

_WHITE, _ORANGE, _MAGENTA = (255, 255, 255), (255, 150, 40), (255, 0, 255)


def _damage(draw: ImageDraw.ImageDraw) -> None:
  scratches = (
    ((0, 60), (120, 95), (250, 70), (451, 130)),
    ((60, 300), (110, 180), (95, 0)),
    ((330, 0), (300, 120), (345, 300)),
    ((0, 220), (170, 245), (451, 205)),
  )
  for scratch in scratches:
    draw.line(scratch, fill=_WHITE, width=4, joint='curve')
  font = ImageFont.load_default(30)
  draw.text((318, 258), "12 8 '09", fill=_ORANGE, font=font, stroke_width=1, stroke_fill=_ORANGE)


def _lighthouse(draw: ImageDraw.ImageDraw) -> None:
  outline = ((250, 53), (262, 45), (277, 53), (286, 115), (292, 234), (233, 234), (241, 115))
  draw.polygon(outline, fill=_MAGENTA)


def _spoon(draw: ImageDraw.ImageDraw) -> None:
  draw.ellipse((315, 228, 417, 328), fill=_MAGENTA)


class _Case(NamedTuple):
  photograph: str
  paint: Callable[[ImageDraw.ImageDraw], None]  # of the hole, in pixels of the photograph


CASES: Mapping[str, _Case] = {
  'before_after': _Case('chelsea', _damage),
  'removal': _Case('kodak_21', _lighthouse),
  'failure': _Case('coffee', _spoon),
}


def main(arguments: list[str]) -> None:
  """Writes a sheet for each, before and after, and prints its size."""
  del arguments
  output = pathlib.Path(_OUTPUT.value)
  output.mkdir(parents=True, exist_ok=True)
  completer = completer_lib.Completer.from_pretrained(_MODEL.value)
  for name, case in CASES.items():
    found = _find(case.photograph)
    if found is None:
      print(f'{name}: {case.photograph} is not in --pictures, left out')
      continue
    with Image.open(found) as opened:
      photograph = np.asarray(opened.convert('RGB'))
    before, hole = _painted(photograph, case.paint)
    columns = {'before': [before], 'after': [completer(photograph, hole)]}
    sheet = sheets.contact_sheet(columns, cell=max(hole.shape))
    path = output / f'{name}.webp'
    Image.fromarray(sheet).save(path, quality=90, method=6)
    print(f'{path}: {path.stat().st_size:,} bytes; {100 * hole.mean():.1f} % of it is hole')


def _find(photograph: str) -> pathlib.Path | None:
  inside: Any = importlib.resources.files('skimage.data')
  folders = [str(inside), *([_PICTURES.value] if _PICTURES.value else [])]
  names = [f'{photograph}{suffix}' for suffix in ('.png', '.webp')]
  paths = (pathlib.Path(folder) / name for folder in folders for name in names)
  return next((path for path in paths if path.exists()), None)


def _painted(
  photograph: np.ndarray, paint: Callable[[ImageDraw.ImageDraw], None]
) -> tuple[np.ndarray, np.ndarray]:
  """The photograph with its hole painted over, `[H, W, 3]`, and the hole, `[H, W]` bool."""
  image = Image.fromarray(np.array(photograph))
  hole = Image.new('RGB', image.size)  # no paint is black
  for layer in (image, hole):
    draw = ImageDraw.Draw(layer)
    draw.fontmode = '1'  # no soft edge, which would be neither paint nor photograph
    paint(draw)
  return np.asarray(image), np.any(np.asarray(hole), axis=-1)


if __name__ == '__main__':
  app.run(main)
