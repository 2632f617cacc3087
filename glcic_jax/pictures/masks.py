"""Where a picture's hole is: its mask file, its alpha channel, or a colour painted over it.

In a mask picture of any mode, white (128 and above) is the hole.
"""

import os

from etils import epath
import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import image_files
from glcic_jax.pictures import modes

_LOSSY_TOLERANCE = 40  # levels that a JPEG moves a painted colour by, at most


def from_mask(
  path: epath.PathLike, size: tuple[int, int] | None, *, invert: bool = False
) -> np.ndarray:
  """Reads the mask file of an upright picture of this (width, height), or of any: `[H, W]` bool.

  With `invert`, black is the hole.

  Raises:
    errors.InputError: if it cannot be read, has another size, or is empty or full.
  """
  mask = image_files.load(image_files.open_picture(path))
  return of_image(mask, size or mask.size, os.fspath(path), invert=invert)


def of_image(
  mask: Image.Image, size: tuple[int, int], name: str, *, invert: bool = False
) -> np.ndarray:
  """The hole that an upright mask picture shows: `[H, W]` bool; see `from_mask`."""
  if mask.size != size:
    raise errors.InputError(
      f'{name} is {mask.width}x{mask.height} but its picture is {size[0]}x{size[1]} (upright); '
      'give a mask of the same size.'
    )
  hole = is_hole(mask) ^ invert
  check_hole(hole, name, 'black' if invert else 'white')
  return hole


def is_hole(mask: Image.Image) -> np.ndarray:
  """Where a mask picture of any mode is white, 128 and above: `[H, W]` bool."""
  return np.asarray(image_files.to_rgb(mask).convert('L')) >= 128


def check_hole(white: np.ndarray, name: str, color: str = 'white') -> None:
  """Refuses a hole `[H, W]` bool that is empty, or all there is.

  Raises:
    errors.InputError: naming the mask and the colour that means the hole.
  """
  if not white.any():
    raise errors.InputError(
      f'{name} has no {color} pixel, so there is no hole; paint {color} what is to be completed.'
    )
  if white.all():
    other = {'white': 'black'}.get(color, 'otherwise')
    raise errors.InputError(
      f'{name} is {color} everywhere, so nothing is known; paint {other} what is to be kept.'
    )


def from_alpha(image: Image.Image, name: str) -> np.ndarray:
  """The more than half transparent pixels of an upright picture: `[H, W]` bool.

  Raises:
    errors.InputError: if it has no alpha channel, or it shows no hole.
  """
  hidden = modes.from_image(image).hidden
  if hidden is None:
    raise errors.InputError(
      f'{name} has no alpha channel that could show the hole; give --mask or --hole-color.'
    )
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
  """Whether there is more hole than picture, around a middle that is known."""
  height, width = hole.shape
  middle = hole[height // 4 : height - height // 4, width // 4 : width - width // 4]
  return bool(hole.mean() > 0.5 and middle.mean() < 0.5)


def grown(hole: np.ndarray, pixels: int, name: str) -> np.ndarray:
  """A hole `[H, W]` bool, larger by so many pixels on each side.

  Raises:
    errors.InputError: if nothing is known then.
  """
  if not pixels:
    return hole
  import scipy.ndimage  # only where it is needed: a wrong option is answered at once

  grown = scipy.ndimage.maximum_filter(hole, 2 * pixels + 1, mode='constant', cval=False)
  if grown.all():
    raise errors.InputError(
      f'The hole of {name}, grown by {pixels} pixels, is the whole picture; give a '
      'smaller --dilate.'
    )
  return grown
