"""Things taken out of photographs by hand-made masks: what a user does, to be looked at.

    python benchmarks/removals.py --pictures FOLDER[,FOLDER] --output SHEETS [--model demo]
        [--detail 1] [--only NAME]

24 photographs that may be published: those inside scikit-image, held-back ones under open licences,
and Debian's packages plasma-workspace-wallpapers, mate-backgrounds (bookworm's) at full size. They
were the first of each source by the SHA-256 digest of their names, before anyone had looked at
them; passed over were those without any thing in them (Blinds.jpg, a dandelion that fills its
picture, asphalt without end) and what is no photograph. Each mask covers a thing that is there, as
polygons and ellipses in per cent of the picture's width and height. FOLDERs are searched in depth;
a picture that is missing is named and left out. SHEETS gets one picture for each: as it was with
the mask's edge, without detail, with it; seconds are printed.
"""

from collections.abc import Iterator, Mapping
import importlib.resources
import pathlib
import time
from typing import Any

from absl import app
from absl import flags
import numpy as np
from PIL import Image
from PIL import ImageDraw
import scipy.ndimage

from glcic_jax import boxes
from glcic_jax.inference import completer as completer_lib

_PICTURES = flags.DEFINE_list('pictures', None, 'Folders of photographs.', required=True)
_OUTPUT = flags.DEFINE_string('output', None, 'A folder for the sheets.', required=True)
_MODEL = flags.DEFINE_string('model', 'demo', 'What leads.')
_DETAIL = flags.DEFINE_float('detail', 1.0, 'Of the last picture of each sheet.')
_ONLY = flags.DEFINE_string('only', '', 'A part of the names of those that are done.')

_WIDTH = 480  # pixels: of each picture on a sheet
_MARGIN = 0.6  # of the hole's longer side: shown around it

Shape = tuple[str, tuple[float, ...]]  # 'ellipse': x, y, radii; 'polygon': x, y, x, y, ...


def _ellipse(*values: float) -> Shape:
  return 'ellipse', values


def _polygon(*values: float) -> Shape:
  return 'polygon', values


# The end of a picture's path -> (what is taken out, its shape).
REMOVALS: Mapping[str, tuple[str, Shape]] = {
  'motorcycle_left.png': ('a cardboard box', _polygon(71, 3, 82, 3, 82, 21, 71, 21)),
  'camera.png': ('a tower', _polygon(79.5, 22, 87, 22, 88, 42, 79, 42)),
  'coins.png': ('a coin', _ellipse(40.3, 41.5, 6, 8)),
  'coffee.png': ('a spoon', _ellipse(61, 69.5, 8.5, 12.5)),
  'Kite/contents/images/2560x1600.jpg': ('a kite', _ellipse(67.5, 35.5, 5.5, 7.5)),
  'summer_1am/contents/images/2560x1600.jpg': (
    'reeds',
    _polygon(50, 76, 60, 70, 100, 68, 100, 82, 60, 80),
  ),
  'FallenLeaf/contents/images/2560x1600.jpg': ('a red leaf', _ellipse(34.5, 32, 16, 19)),
  'DarkestHour/contents/images/2560x1600.jpg': ('an island', _ellipse(64.5, 65.5, 7, 7)),
  'GreenMeadow.jpg': ('a blade of grass', _ellipse(46.5, 46, 3, 18)),
  'Aqua.jpg': ('a splash', _ellipse(70, 62, 18, 24)),
  'EveningGlow/contents/images/2560x1600.jpg': (
    'a boat',
    _polygon(31, 49, 40, 49, 43, 60, 42, 76, 39, 77, 33, 66, 30, 54),
  ),
  'TwoWings.jpg': ("a flower's base", _polygon(56, 87, 77, 86, 78, 100, 57, 100)),
  'Storm.jpg': (
    'a line on a road',
    _polygon(
      0, 87, 25, 90, 50, 93.5, 75, 96.5, 100, 97.5, 100, 100, 75, 99, 50, 96.5, 25, 93, 0, 91
    ),
  ),
  'flower_roses_12202373204_34fb07205b.webp': ('a bud', _ellipse(25, 29, 13, 19)),
  'flower_tulips_11746080_963537acdc.webp': ('a tulip', _ellipse(12.5, 89, 4.5, 7)),
  'budgie_budgie-branch.webp': (
    'a bird',
    _polygon(
      *(38, 18, 44, 13, 53, 14, 58, 22, 58, 32, 55, 40, 56, 50, 55, 65, 51, 80, 51, 92, 35, 97),
      *(30, 92, 21, 100, 15, 100, 18, 82, 21, 60, 23, 48, 29, 33),
    ),
  ),
  'kodak_21.webp': (
    'a lighthouse',
    _polygon(43.5, 14, 45.5, 12, 48, 14, 49.5, 30, 50.5, 61, 40.5, 61, 42, 30),
  ),
  'flower_roses_3663244576_97f595cf4a.webp': (
    'a rose',
    _polygon(
      *(33, 50, 36, 27, 48, 23, 57, 14, 66, 25, 78, 25, 79, 42, 83, 57, 68, 72, 76, 87, 55, 87),
      *(44, 77, 35, 62),
    ),
  ),
  'ubuntu_trusty_Forever_by_Shady_S.webp': (
    'a shooting star',
    _polygon(7, 44, 9, 44, 13, 62, 11, 63),
  ),
  'kodak_08.webp': ('a skylight', _polygon(48, 20, 58, 20, 60, 37, 49, 37)),
  'sc_bridge_structure_cablestayed.webp': (
    'a pylon',
    _polygon(18.5, 10, 25, 10, 27, 60, 28.5, 82, 22, 93, 11, 93, 17, 50),
  ),
  'sc_produce_vanilla.webp': ('a blossom', _ellipse(35, 79, 9.5, 14)),
  'stun_Australia-Lady-Barron-Falls.webp': ('a log', _polygon(0, 75, 17, 62, 20, 69, 0, 89)),
  'kodak_06.webp': (
    'a boat',
    _polygon(
      *(15, 57, 24, 53, 39, 54, 41.5, 10, 44, 10, 47, 52, 65, 55, 75, 67, 60, 76, 35, 77, 22, 74)
    ),
  ),
}


def main(arguments: list[str]) -> None:
  """Completes each, writes its sheet, and prints a row."""
  del arguments
  output = pathlib.Path(_OUTPUT.value)
  output.mkdir(parents=True, exist_ok=True)
  completer = completer_lib.Completer.from_pretrained(_MODEL.value)
  files = list(_files())
  print('| picture | what | hole, px | s without detail | s with |')
  print('|---|---|---|---|---|')
  for number, (end, (what, shape)) in enumerate(REMOVALS.items(), start=1):
    if _ONLY.value not in end:
      continue
    found = [file for file in files if str(file).endswith(f'/{end}')]
    if not found:
      print(f'| {end} | {what} | not found | | |', flush=True)
      continue
    with Image.open(found[0]) as opened:
      picture = np.asarray(opened.convert('RGB'))
    hole = _mask(shape, picture.shape[:2])
    done, seconds = [], []
    for detail in (0.0, _DETAIL.value):
      start = time.perf_counter()
      done.append(completer(picture, hole, detail=detail))
      seconds.append(time.perf_counter() - start)
    _sheet([_marked(picture, hole), *done], hole).save(output / f'{number:02}.jpg', quality=92)
    print(f'| {end} | {what} | {hole.sum():,} | {seconds[0]:.1f} | {seconds[1]:.1f} |', flush=True)


def _files() -> Iterator[pathlib.Path]:
  inside: Any = importlib.resources.files('skimage.data')
  for folder in [*_PICTURES.value, str(inside)]:
    yield from (path for path in pathlib.Path(folder).rglob('*.*') if not path.is_symlink())


def _mask(shape: Shape, size: tuple[int, int]) -> np.ndarray:
  kind, values = shape
  height, width = size
  across = [value * (height if place % 2 else width) / 100 for place, value in enumerate(values)]
  image = Image.new('L', (width, height))
  draw = ImageDraw.Draw(image)
  if kind == 'ellipse':
    x, y, rx, ry = across
    draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=255)
  else:
    draw.polygon(across, fill=255)
  return np.asarray(image) > 0


def _marked(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """With the mask's edge in magenta, thick enough to be seen on a sheet."""
  thick = max(1, round(max(picture.shape) / 400))
  edge = hole & ~scipy.ndimage.binary_erosion(hole, iterations=thick)
  return np.where(edge[..., None], np.uint8([255, 0, 255]), picture)


def _sheet(pictures: list[np.ndarray], hole: np.ndarray) -> Image.Image:
  """Side by side, the hole and what is around it."""
  box = boxes.around(hole)
  margin = round(_MARGIN * max(boxes.shape(box)))
  place = boxes.slices(boxes.grown(box, margin, boxes.whole(hole)))
  tiles = []
  for picture in pictures:
    image = Image.fromarray(np.ascontiguousarray(picture[place]))
    size = _WIDTH, max(1, round(image.height * _WIDTH / image.width))
    tiles.append(np.asarray(image.resize(size, Image.Resampling.LANCZOS)))
  return Image.fromarray(np.concatenate(tiles, axis=1))


if __name__ == '__main__':
  app.run(main)
