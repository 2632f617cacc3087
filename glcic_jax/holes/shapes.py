"""The shapes of holes: pure functions of a random generator (NumPy; Pillow draws the strokes).

They are GLCIC's rectangle (section 3.4), the three of the Context Encoder (centre, random block,
random region), and free-form strokes. `rng` is that of one sample (`draws.generator`), `size` the
side in pixels of a square picture; a range has its lowest and its highest value, both included. A
hole is `[size, size, 1]` uint8, 1 = to be completed, and lies inside the picture. Sides and areas
are shares of the picture's, but for GLCIC's rectangle, which is in pixels.
"""

from collections.abc import Iterator, Sequence
import functools
import math

import numpy as np
from PIL import Image
from PIL import ImageDraw


def rectangle(rng: np.random.Generator, size: int, side: tuple[int, int]) -> np.ndarray:
  """One rectangle, height and width drawn independently, in pixels (GLCIC section 3.4).

  Every place inside the picture is equally likely.
  """
  height, width = rng.integers(side[0], side[1], endpoint=True, size=2).tolist()
  top = rng.integers(0, size - height, endpoint=True)
  left = rng.integers(0, size - width, endpoint=True)
  mask = np.zeros((size, size, 1), np.uint8)
  mask[top : top + height, left : left + width] = 1
  return mask


def rectangles(
  rng: np.random.Generator, size: int, count: tuple[int, int], side: tuple[float, float]
) -> np.ndarray:
  """Several rectangles, which may overlap."""
  pixels = to_pixels(side, size)
  drawn = [rectangle(rng, size, pixels) for _ in range(rng.integers(*count, endpoint=True))]
  return functools.reduce(np.maximum, drawn)


def center(size: int, side: float) -> np.ndarray:
  """The square in the middle, its side a share of the picture's (centre variant)."""
  length = max(1, round(side * size))
  corner = (size - length) // 2
  mask = np.zeros((size, size, 1), np.uint8)
  mask[corner : corner + length, corner : corner + length] = 1
  return mask


def blocks(
  rng: np.random.Generator,
  size: int,
  count: tuple[int, int],
  side: tuple[float, float],
  most: float,
) -> np.ndarray:
  """Several squares, which may overlap (random block).

  Together they cover the share `most` of the picture; a square beyond it is left out.
  """
  low, high = to_pixels(side, size)
  mask = np.zeros((size, size, 1), np.uint8)
  for _ in range(rng.integers(*count, endpoint=True)):
    length = int(rng.integers(low, high, endpoint=True))
    grown = np.maximum(mask, rectangle(rng, size, (length, length)))
    if grown.mean() <= most:
      mask = grown
  return mask


def region(
  rng: np.random.Generator, size: int, noise: np.ndarray, area: tuple[float, float]
) -> np.ndarray:
  """A crop of thresholded smooth noise (random region).

  The threshold lets the whole pattern, `smooth_noise`, cover the middle of the range of areas;
  crops are drawn until one lies within it, neither end reached.
  """
  threshold = (area[0] + area[1]) / 2
  for _ in range(_ATTEMPTS):
    top, left = rng.integers(0, len(noise) - size, endpoint=True, size=2)
    crop = noise[top : top + size, left : left + size]
    mask = crop < threshold
    if area[0] < mask.mean() < area[1]:
      break
  else:  # a range so narrow that no crop meets it: the crop's own quantile does
    mask = crop <= np.quantile(crop, threshold)
  return mask[..., None].astype(np.uint8)


_ATTEMPTS = 200


@functools.lru_cache(4)
def smooth_noise(seed: int, size: int, resolution: float) -> np.ndarray:
  """Uniform noise at a low resolution, enlarged bicubically; made once and kept.

  `resolution`: points of noise for each pixel; the authors' code has 0.06.

  Returns:
    `[8 size, 8 size]` float32: each value is the share of the noise that lies below it.
  """
  side = 8 * size
  points = max(4, math.ceil(side * resolution))
  coarse = Image.fromarray(np.random.default_rng((seed, size)).random((points, points), np.float32))
  fine = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))
  grid = np.linspace(0, 1, 4_097)
  return np.interp(fine, np.quantile(fine, grid), grid).astype(np.float32)


# How broad the brush is, as shares of the picture's side.
STROKES = {'thin': (0.01, 0.03), 'medium': (0.03, 0.08), 'thick': (0.08, 0.2)}


def strokes(
  rng: np.random.Generator, size: int, brush: tuple[float, float], area: tuple[float, float]
) -> np.ndarray:
  """Free-form strokes: brushes that wander, also across the border, until enough is covered.

  `brush` is the range of a stroke's width. The least to cover is drawn uniformly from `area`.
  """
  least, most = math.ceil(area[0] * size**2), math.floor(area[1] * size**2)
  wanted = rng.integers(least, most, endpoint=True)
  canvas, covered, shrink = Image.new('L', (size, size)), 0, 1.0
  while covered < wanted:
    for broad, lengths, points in _walks(rng, size, shrink):
      width = max(1, round((brush[0] + broad * (brush[1] - brush[0])) * size * shrink))
      # No more points than are needed to cover what is wanted.
      enough = np.searchsorted(lengths, (wanted - covered) / width) + 2
      before = canvas.copy()
      _stroke(canvas, points[:enough], width)
      now = int(np.count_nonzero(np.asarray(canvas)))
      if now > most:  # too much: try again elsewhere with less
        canvas, shrink = before, shrink / 2
        break
      covered = now
      if covered >= wanted:
        break
  return np.array(canvas)[..., None]


_AT_ONCE = 8  # walks: NumPy takes about as long for one


def _walks(
  rng: np.random.Generator, size: int, shrink: float
) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
  """Some strokes: how broad (0..1), how long up to each turn (pixels), the turns `[N, 2]`."""
  turns = rng.integers(4, 12, _AT_ONCE)
  broad = rng.random(_AT_ONCE)
  lengths = rng.uniform(0.05, 0.25, (_AT_ONCE, 11)) * size * shrink
  angles = rng.uniform(0, 2 * math.pi, (_AT_ONCE, 1)) + np.cumsum(
    rng.normal(0, 0.7, (_AT_ONCE, 11)), axis=1
  )
  fence = size / 8  # brushes go so far beyond the border; else it would be drawn on less often
  places = np.empty((_AT_ONCE, 12, 2))
  places[:, 0] = rng.uniform(-fence, size + fence, (_AT_ONCE, 2))
  places[:, 1:, 0], places[:, 1:, 1] = lengths * np.cos(angles), lengths * np.sin(angles)
  period = 2 * (size + 2 * fence)  # they bounce off the fence
  places = period / 2 - np.abs((np.cumsum(places, axis=1) + fence) % period - period / 2) - fence
  for row, last in enumerate(turns):
    yield broad[row], np.cumsum(lengths[row, :last]), places[row, : last + 1]


def _stroke(canvas: Image.Image, points: np.ndarray, width: int) -> None:
  """A line with round joints and ends."""
  draw = ImageDraw.Draw(canvas)
  points = points.tolist()
  draw.line([coordinate for point in points for coordinate in point], fill=1, width=width)
  if width > 2:
    reach = width / 2
    for x, y in points:
      draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=1)


def to_pixels(side: Sequence[float], size: int) -> tuple[int, int]:
  """A range of shares of a picture's side, in pixels."""
  low, high = (min(size, max(1, round(share * size))) for share in side)
  return low, high
