"""Where a picture's hole is: its mask file, its alpha channel, or a colour painted over it.

In a mask, white is the hole; `mask_meaning` says what else may be.
"""

from collections.abc import Callable
import os
from typing import TypeAlias
import warnings

from etils import epath
import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import image_files
from glcic_jax.pictures import limits
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import modes
from glcic_jax.pictures import painted_over

Say: TypeAlias = Callable[[str], None]


class Undecided(errors.InputError):
  """A mask in which something else may show the hole, if it is told what."""

  def __init__(self, sentence: str, channels: tuple[mask_meaning.Channel, ...]) -> None:
    """`channels`: what can be asked for, so that the hole is found by it."""
    super().__init__(sentence)
    self.channels = channels


# Share of the picture above which a hole is rather what should be kept: what is taken out seldom
# covers so much, and what is left of a picture without it always does.
_NEARLY_ALL = 0.75
_LOSSY_TOLERANCE = 40  # levels that a JPEG moves a painted colour by, at most

# Of `is_tight`, in pixels from the hole: what is near and what is far, and what is compared in the
# same way further out; and by how much the first two differ: levels, as a multiple of the others,
# and share of the way around, in so many squares. `benchmarks/tight_masks.py` has the figures.
_NEAR, _FAR, _BEFORE, _BEYOND = (1, 3), (6, 12), (8, 10), (13, 19)
_TIGHT_LEVELS, _TIGHT_MULTIPLE, _TIGHT_SHARE, _TIGHT_CELLS = 20, 1.5, 0.8, 4
_CELL, _ENOUGH = 32, 20  # rings are compared square by square, where both have so many pixels
_TILE = 8 * _CELL  # pixels that are looked at together


def from_mask(
  path: epath.PathLike,
  size: tuple[int, int] | None,
  *,
  invert: bool = False,
  channel: mask_meaning.Channel | None = None,
  most_pixels: int | None = None,
  say: Say | None = None,
) -> np.ndarray:
  """Reads the mask file of an upright picture of this (width, height), or of any: `[H, W]` bool.

  The rest is of `of_image`, and `most_pixels` of `limits.check`.

  Raises:
    errors.InputError: if it cannot be read, has another size, is empty or full, or can be
      understood in two ways.
  """
  mask = image_files.load(image_files.open_picture(path, most_pixels=most_pixels))
  name = os.fspath(path)
  return of_image(mask, size or mask.size, name, invert=invert, channel=channel, say=say)


def of_image(
  mask: Image.Image | np.ndarray,
  size: tuple[int, int],
  name: str,
  *,
  invert: bool = False,
  channel: mask_meaning.Channel | None = None,
  say: Say | None = None,
) -> np.ndarray:
  """The hole that an upright mask, a picture or an array, shows: `[H, W]` bool.

  Args:
    mask: see `mask_meaning.decide`.
    size: width and height of its picture.
    name: of the mask, for messages.
    invert: the hole is what would be known.
    channel: 'alpha' or 'luminance', where both could say where the hole is.
    say: hears how the hole was found, where that is not plain; by default that is a warning.

  Raises:
    errors.InputError: see `from_mask`.
  """
  meaning = meaning_of(mask, name, invert=invert, channel=channel)
  height, width = meaning.hole.shape
  if (width, height) != size:
    raise errors.InputError(
      f'{name} is {width}x{height} but its picture is {size[0]}x{size[1]} (upright); '
      'give a mask of the same size.'
    )
  check_hole(meaning.hole, name, meaning.part, meaning.held)
  if meaning.note and say:
    say(meaning.note)
  elif meaning.note:
    warnings.warn(f'{name}: {meaning.note}', stacklevel=2)
  return meaning.hole


def meaning_of(
  mask: Image.Image | np.ndarray,
  name: str,
  *,
  invert: bool = False,
  channel: mask_meaning.Channel | None = None,
) -> mask_meaning.Meaning:
  """`mask_meaning.decide` of a picture or an array; empty and full holes too.

  Raises:
    painted_over.PaintedOver: if it is a photograph with one colour over it.
    Undecided: if it can be understood in two ways.
    errors.InputError: if it is no mask.
  """
  try:
    array = mask_meaning.array_of(mask) if isinstance(mask, Image.Image) else mask
    if channel is None and (color := painted_over.color(array)):
      raise painted_over.PaintedOver(name, color)
    return mask_meaning.decide(array, channel=channel, invert=invert)
  except errors.InputError:
    raise
  except mask_meaning.Unclear as error:
    sentence = f'{name} {error}'
    if error.channels:
      raise Undecided(sentence, error.channels) from None
    raise errors.InputError(sentence) from None
  except ValueError as error:
    raise errors.InputError(
      f'{name} cannot be used as a mask ({error}); save it in grey, white for the hole.'
    ) from None


def check_hole(white: np.ndarray, name: str, color: str = 'white', held: str = '') -> None:
  """Refuses a hole `[H, W]` bool that is empty, or all there is.

  Raises:
    errors.InputError: naming the mask, the colour that means the hole, and what it holds instead.
  """
  held = f' ({held})' if held else ''
  if not white.any():
    held = '' if color == 'black' and 'highest level' in held else held  # which is white
    raise errors.InputError(
      f'{name} has no {color} pixel{held}, so there is no hole; paint {color} what is to be '
      'completed.'
    )
  if white.all():
    others = {'white': 'black', 'black': 'white', 'transparent': 'opaque', 'opaque': 'transparent'}
    other = others.get(color, 'otherwise')
    held = '' if 'highest level' in held else held  # which is white itself
    raise errors.InputError(
      f'{name} is {color} everywhere{held}, so nothing is known; paint {other} what is to be kept.'
    )


def from_alpha(image: Image.Image, name: str) -> np.ndarray:
  """The more than half transparent pixels of an upright picture: `[H, W]` bool.

  Raises:
    errors.InputError: if it has no alpha channel, or it shows no hole.
  """
  missing = f'{name} has no alpha channel that could show the hole; give --mask or --hole-color.'
  return transparent(modes.from_image(image), name, missing)


def transparent(
  picture: modes.Picture,
  name: str,
  missing: str = 'There is no mask, and the picture has no alpha channel; give one of them.',
) -> np.ndarray:
  """As `from_alpha`, of a picture of any kind; `missing`: what to say where it has no alpha."""
  hidden = picture.hidden
  if hidden is None:
    raise errors.InputError(missing)
  check_hole(hidden, name, 'transparent')
  return hidden


def from_color(
  image: Image.Image, color: tuple[int, int, int], name: str, *, lossy: bool
) -> np.ndarray:
  """The pixels of one colour (RGB, 0..255) of an upright picture: `[H, W]` bool.

  Near ones count too where the file is lossy: its format changes colours.

  Raises:
    errors.InputError: if there is no such pixel, or no other.
  """
  levels = np.asarray(image_files.to_rgb(image)).astype(np.int16)
  distance = np.abs(levels - np.asarray(color, np.int16)).max(axis=-1)
  painted = distance <= (_LOSSY_TOLERANCE if lossy else 0)
  check_hole(painted, name, '#{:02x}{:02x}{:02x}'.format(*color))
  return painted


def looks_inverted(hole: np.ndarray) -> bool:
  """Whether nearly all of the picture is hole, or more than half around a middle that is known."""
  height, width = hole.shape
  middle = hole[height // 4 : height - height // 4, width // 4 : width - width // 4]
  share = hole.mean()
  return bool(share > _NEARLY_ALL or share > 0.5 and middle.mean() < 0.5)


def is_tight(image: Image.Image, hole: np.ndarray) -> bool:
  """Whether the mask of an object cuts into it: the object's edge colours what is just outside.

  Then nearly all around the hole, what is 1 to 3 px outside it differs from what is 6 to 12 px
  outside, and more so than what is a little further out; a texture, or an edge that crosses the
  hole, differs as much there.
  """
  rows, columns = (np.flatnonzero(hole.any(axis=axis)) for axis in (1, 0))
  margin = _BEYOND[1] + 1
  top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
  hole = hole[top : int(rows[-1]) + margin + 1, left : int(columns[-1]) + margin + 1]
  box = (left, top, left + hole.shape[1], top + hole.shape[0])
  with limits.lifted():
    around = image.crop(box)
  near, far, before, beyond = _rings(np.asarray(image_files.to_rgb(around)), hole)
  change, usual = _change(near, far), _change(before, beyond)
  compared, known = np.isfinite(change), np.isfinite(usual)
  if np.count_nonzero(compared) < _TIGHT_CELLS:
    return False
  known &= compared
  mean = usual[known].mean() if known.any() else 0.0
  # One square alone may be calm by chance, in a restless texture.
  usual = (np.where(known, usual, mean) + mean) / 2
  is_edge = change > np.maximum(_TIGHT_LEVELS, _TIGHT_MULTIPLE * usual)  # not where it is NaN
  weight = near[..., 3] * compared
  return bool((weight * is_edge).sum() >= _TIGHT_SHARE * weight.sum())


def _change(one: np.ndarray, other: np.ndarray) -> np.ndarray:
  """By how much two rings differ in the colour that differs most, in each square; NaN where one of
  them has too few pixels.
  """
  counts = one[..., 3:], other[..., 3:]
  means = (ring[..., :3] / np.maximum(1, count) for ring, count in zip((one, other), counts))
  change = np.abs(np.subtract(*means)).max(axis=-1)
  return np.where(np.minimum(*counts)[..., 0] >= _ENOUGH, change, np.nan)


def _rings(levels: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """Four rings around a hole, near it alone: of a large picture most is far from any.

  Returns:
    of each, the sums of the colours in each square of `_CELL` pixels and how many they are,
    `[4, rows, columns, 4]`.
  """
  import scipy.ndimage  # only where it is needed: a wrong option is answered at once

  bounds = (_NEAR, _FAR, _BEFORE, _BEYOND)
  sums = np.zeros((len(bounds), *(-(-length // _CELL) for length in hole.shape), 4))
  margin = _BEYOND[1] + 1
  for row, column in np.ndindex(*(-(-length // _TILE) for length in hole.shape)):
    top, left = row * _TILE, column * _TILE
    above, before = min(margin, top), min(margin, left)
    around = hole[top - above : top + _TILE + margin, left - before : left + _TILE + margin]
    if not around.any():
      continue
    distance = scipy.ndimage.distance_transform_edt(~around)
    distance = distance[above : above + _TILE, before : before + _TILE]
    here = levels[top : top + _TILE, left : left + _TILE]
    cells = (slice(start // _CELL, (start + _TILE) // _CELL) for start in (top, left))
    rings = [(first <= distance) & (distance <= last) for first, last in bounds]
    for part, ring in zip(sums[(slice(None), *cells)], rings):
      part[:] = _sums(here, ring, part.shape[:2])
  return sums


def _sums(levels: np.ndarray, ring: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
  """Of a ring's pixels in each square: the sums of their colours, and how many: `[*shape, 4]`."""
  down, across = np.nonzero(ring)
  where, size = down // _CELL * shape[1] + across // _CELL, shape[0] * shape[1]
  found = [np.bincount(where, values, size) for values in levels[ring].T]
  return np.stack([*found, np.bincount(where, minlength=size)], axis=-1).reshape(*shape, 4)


def grown(hole: np.ndarray, pixels: int, name: str, hint: str = '') -> np.ndarray:
  """A hole `[H, W]` bool, larger by so many pixels on each side.

  Raises:
    errors.InputError: if nothing is known then; the sentence ends in the hint.
  """
  if not pixels:
    return hole
  import scipy.ndimage  # only where it is needed: a wrong option is answered at once

  grown = scipy.ndimage.maximum_filter(hole, 2 * pixels + 1, mode='constant', cval=False)
  if grown.all():
    sentence = f'The hole of {name}, grown by {pixels} pixels, is the whole picture; give a '
    raise errors.InputError(errors.with_hint(f'{sentence}smaller --dilate.', hint))
  return grown
