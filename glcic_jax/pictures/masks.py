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
  path: epath.PathLike, size: tuple[int, int], *, invert: bool = False, dilate: int = 0
) -> np.ndarray:
  """Reads a mask file: white is the hole, or black if it is inverted.

  Args:
    path: the mask's.
    size: (width, height) of its picture, upright.
    invert: whether black is the hole.
    dilate: by how many pixels the hole grows on each side.

  Returns:
    `[H, W]` bool.

  Raises:
    errors.InputError: if it cannot be read, has another size, or is empty or full.
  """
  mask, name = image_files.load(image_files.open_picture(path)), os.fspath(path)
  return _grown(of_image(mask, size, name, invert=invert), dilate, name)


def of_image(
  mask: Image.Image, size: tuple[int, int], name: str, *, invert: bool = False
) -> np.ndarray:
  """The hole that an upright mask picture shows: `[H, W]` bool; see `from_mask`."""
  if mask.size != size:
    raise errors.InputError(
      f'{name} is {mask.width}x{mask.height} but its picture is {size[0]}x{size[1]} (upright); '
      'give a mask of the same size.'
    )
  return _checked(mask, name, invert)


def check_mask(path: epath.PathLike, *, invert: bool = False) -> None:
  """Refuses a mask file that is none for any picture: unreadable, empty or full.

  Raises:
    errors.InputError: saying what is wrong with it.
  """
  _checked(image_files.load(image_files.open_picture(path)), os.fspath(path), invert)


def _checked(mask: Image.Image, name: str, invert: bool) -> np.ndarray:
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


def from_alpha(image: Image.Image, name: str, *, dilate: int = 0) -> np.ndarray:
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
  return _grown(hidden, dilate, name)


def from_color(
  image: Image.Image,
  color: tuple[int, int, int],
  name: str,
  *,
  lossy: bool = False,
  dilate: int = 0,
) -> np.ndarray:
  """The pixels of one colour of an upright picture: `[H, W]` bool.

  Args:
    image: the picture.
    color: RGB, 0..255.
    name: what to call the picture in a message.
    lossy: whether the file's format changes colours (JPEG): near ones count too.
    dilate: by how many pixels the hole grows on each side.

  Raises:
    errors.InputError: if there is no such pixel, or no other.
  """
  levels = np.asarray(image_files.to_rgb(image)).astype(np.int16)
  distance = np.abs(levels - np.asarray(color, np.int16)).max(axis=-1)
  painted = distance <= (_LOSSY_TOLERANCE if lossy else 0)
  check_hole(painted, name, '#{:02x}{:02x}{:02x}'.format(*color))
  return _grown(painted, dilate, name)


def looks_inverted(hole: np.ndarray) -> bool:
  """Whether there is more hole than picture, around a middle that is known."""
  height, width = hole.shape
  middle = hole[height // 4 : height - height // 4, width // 4 : width - width // 4]
  return bool(hole.mean() > 0.5 and middle.mean() < 0.5)


def _grown(hole: np.ndarray, pixels: int, name: str) -> np.ndarray:
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
