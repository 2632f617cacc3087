"""How often `complete` notices a mask that cuts into its thing, and how often it is wrong.

    python benchmarks/tight_masks.py --pictures FOLDER --output SHEET.png [--seed 0]

The things are those of removals.py that lie in FOLDER or in scikit-image, each outlined by OpenCV's
GrabCut within its hand-made mask, and pasted into every picture of FOLDER twice, at chance places.
Printed is in how many cases the note comes: where the outline is too small by 2 and 3 px; where it
is too large by 8; for the hand-made masks; for holes of the same shapes that hide nothing. SHEET
shows the outlines.
"""

import collections
from collections.abc import Iterator
import pathlib

from absl import app
from absl import flags
import cv2
import numpy as np
from PIL import Image
import removals
import scipy.ndimage

from glcic_jax.pictures import image_files
from glcic_jax.pictures import masks
from glcic_jax.pictures import sheets

_SEED = flags.DEFINE_integer('seed', 0, 'Of the places.')

# Of removals.py's, those that GrabCut outlines as one would by hand.
_WHOLE = ('motorcycle_left', 'coins', 'coffee', 'tulips', 'budgie-branch', 'kodak_21', '3663244576')
_WHOLE += ('vanilla', 'Lady-Barron')


def main(arguments: list[str]) -> None:
  """Prints a line for each kind of mask."""
  del arguments
  found: dict[str, list[bool]] = collections.defaultdict(list)
  things = []
  for name, picture, hole in _removals():
    found['hand-made masks'].append(_is_tight(picture, hole))
    found['hand-made masks, 8 px larger'].append(_is_tight(picture, _grown(hole, 8)))
    if any(part in name for part in _WHOLE):
      things.append((picture, _outline(picture, hole)))
  for picture, outline in things:
    for pixels in (-2, -3, 8):
      found[f'things where they are, {pixels:+} px'].append(
        _is_tight(picture, _grown(outline, pixels))
      )
  outlined = {'outlined': [removals._marked(*thing) for thing in things]}
  image_files.write(removals._OUTPUT.value, sheets.contact_sheet(outlined, cell=512))
  rng = np.random.default_rng(_SEED.value)
  folder = pathlib.Path(removals._PICTURES.value[0])
  for file in sorted(folder.glob('*.*')):
    with Image.open(file) as opened:
      background = np.asarray(opened.convert('RGB'))
    for index in rng.choice(len(things), 2, replace=False):
      if pasted := _pasted(background, *things[index], rng):
        picture, outline = pasted
        found['shapes that hide nothing'].append(_is_tight(background, outline))
        for pixels in (-2, -3, 8):
          name = f'things pasted, {pixels:+} px'
          found[name].append(_is_tight(picture, _grown(outline, pixels)))
  for name, are_tight in found.items():
    print(f'{name:<34}{sum(are_tight):>5} of {len(are_tight)}')


def _removals() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
  files = list(removals._files())
  for end, (_, shape) in removals.REMOVALS.items():
    for file in [file for file in files if str(file).endswith(f'/{end}')][:1]:
      with Image.open(file) as opened:
        picture = np.asarray(opened.convert('RGB'))
      yield end, picture, removals._mask(shape, picture.shape[:2])


def _is_tight(picture: np.ndarray, hole: np.ndarray) -> bool:
  return masks.is_tight(Image.fromarray(picture), hole)


def _grown(hole: np.ndarray, pixels: int) -> np.ndarray:
  if pixels < 0:
    return scipy.ndimage.binary_erosion(hole, iterations=-pixels)
  return scipy.ndimage.binary_dilation(hole, iterations=pixels)


def _outline(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
  depth = scipy.ndimage.distance_transform_edt(hole)
  known = np.full(hole.shape, cv2.GC_BGD, np.uint8)
  known[_grown(hole, 6)] = cv2.GC_PR_BGD
  known[hole] = cv2.GC_PR_FGD
  known[depth > 0.6 * depth.max()] = cv2.GC_FGD
  cv2.setRNGSeed(0)
  models = np.zeros((1, 65)), np.zeros((1, 65))
  bgr = np.ascontiguousarray(picture[..., ::-1])
  cv2.grabCut(bgr, known, None, *models, 4, cv2.GC_INIT_WITH_MASK)
  parts, count = scipy.ndimage.label(np.isin(known, (cv2.GC_FGD, cv2.GC_PR_FGD)))
  sizes = scipy.ndimage.sum_labels(parts > 0, parts, range(1, count + 1))
  whole = scipy.ndimage.binary_opening(parts == 1 + np.argmax(sizes), iterations=2)
  return scipy.ndimage.binary_fill_holes(whole)


def _pasted(
  background: np.ndarray, picture: np.ndarray, outline: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
  """The thing at a chance place, with an edge as soft as in a photograph; None: it is too large."""
  rows, columns = (np.flatnonzero(outline.any(axis=axis)) for axis in (1, 0))
  box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
  thing, shape = picture[box].astype(float), np.pad(outline[box], 3)
  room = [side - length for side, length in zip(background.shape, shape.shape)]
  if min(room) <= 0.2 * min(background.shape[:2]):
    return None
  # Its own colours go on beyond its edge, so that none of its old surroundings comes along.
  inner = scipy.ndimage.binary_erosion(outline[box])
  nearest = scipy.ndimage.distance_transform_edt(
    ~inner, return_distances=False, return_indices=True
  )
  colors = np.pad(thing[tuple(nearest)], ((3, 3), (3, 3), (0, 0)), mode='edge')
  share = scipy.ndimage.gaussian_filter(shape.astype(float), 0.8)[..., None]
  top, left = (int(rng.integers(side)) for side in room)
  place = slice(top, top + shape.shape[0]), slice(left, left + shape.shape[1])
  result, hole = background.astype(float), np.zeros(background.shape[:2], bool)
  result[place] = share * colors + (1 - share) * result[place]
  hole[place] = shape
  return result.round().astype(np.uint8), hole


if __name__ == '__main__':
  app.run(main)
