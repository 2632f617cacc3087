"""What people give to be completed: pictures of any kind and their masks, as pairs.

given = pairs.split(image, mask)       # one or many: a list of (picture, mask), nothing opened
picture, hole = pairs.read(*given[0])
result = pairs.join(results, image)    # as many as came in
"""

from collections.abc import Sequence
import os
from typing import Any, TypeAlias, TypeGuard
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import given_holes
from glcic_jax.pictures import image_files
from glcic_jax.pictures import mask_folder
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks
from glcic_jax.pictures import modes

Picture: TypeAlias = str | os.PathLike[str] | Image.Image | np.ndarray | jax.Array


def split(
  image: Picture | Sequence[Picture], mask: Picture | Sequence[Picture] | None
) -> list[tuple[Picture, Picture | None]]:
  """Each picture with its mask; arguments as of `Completer`.

  Raises:
    errors.InputError: if there are not as many masks as pictures.
  """
  pictures: Any = [image]
  given: Any = [mask]
  if isinstance(image, (list, tuple)):
    pictures, given = image, mask
  elif _is_stack(image):
    pictures, given = list(image), mask
    alone = image.shape[1:3], (*image.shape[1:3], 1)  # of a mask for all
    if isinstance(mask, (np.ndarray, jax.Array)) and mask.shape not in alone and mask.ndim > 2:
      given = list(mask)
  if not isinstance(given, (list, tuple)):
    given = [given] * len(pictures)
  if len(given) != len(pictures):
    raise errors.InputError(
      f'{len(pictures)} pictures came with {len(given)} masks; give one each, or one for all.'
    )
  return list(zip(pictures, given))


def join(results: list[Any], image: Picture | Sequence[Picture]) -> Any:
  """What `split` made of the pictures, undone: one result for one, an array for an array."""
  if _is_stack(image):
    return jnp.stack(results) if isinstance(image, jax.Array) else np.stack(results)
  return results if isinstance(image, (list, tuple)) else results[0]


def _is_stack(image: Any) -> TypeGuard[np.ndarray | jax.Array]:
  """Whether it is one array of several pictures."""
  return isinstance(image, (np.ndarray, jax.Array)) and image.ndim == 4 and len(image) > 0


def read(
  image: Picture, mask: Picture | None, channel: mask_meaning.Channel | None = None
) -> tuple[modes.Picture, np.ndarray]:
  """A picture, and its hole as `[H, W]` bool: where the picture is transparent without a mask.

  `channel`: of a mask that could be understood in two ways; see `masks.of_image`.

  Raises:
    errors.InputError: if one of them cannot be used, or they do not fit each other.
  """
  given = image
  if isinstance(image, (np.ndarray, jax.Array)):
    picture = modes.from_array(image)
  elif isinstance(image, (str, os.PathLike, Image.Image)):
    image = image if isinstance(image, Image.Image) else image_files.open_picture(image)
    picture = modes.from_image(image_files.load(image))
  else:
    raise errors.InputError(
      f'The picture is a {type(image).__name__}; give a path, a PIL image or an array.'
    )
  height, width = picture.pixels.shape[:2]
  if mask is not None:
    hole = _hole(mask, (width, height), channel)
    if isinstance(image, Image.Image) and _is_same(given, mask):
      name = 'The picture'
      if note := given_holes.of_itself(image, name, channel):
        warnings.warn(f'{name}: {note}', stacklevel=2)
    return picture, hole
  return picture, masks.transparent(picture, 'The picture')


def _is_same(image: Any, mask: Any) -> bool:
  """Whether a picture is given as its own mask."""
  if image is mask:
    return True
  paths = (str, os.PathLike)
  if not isinstance(image, paths) or not isinstance(mask, paths):
    return False
  return mask_folder.identity(os.fspath(image)) == mask_folder.identity(os.fspath(mask))


def _hole(mask: Any, size: tuple[int, int], channel: mask_meaning.Channel | None) -> np.ndarray:
  """Any kind of mask -> `[H, W]` bool, checked against the picture's (width, height)."""
  if isinstance(mask, (str, os.PathLike)):
    return masks.from_mask(mask, size, channel=channel)
  if isinstance(mask, (np.ndarray, jax.Array)):
    array = np.asarray(mask)
    if array.ndim == 3 and array.shape[2] == 2:  # of grey and alpha, or of two masks
      raise errors.InputError(
        f'The mask is an array of shape {array.shape}; give [H, W], [H, W, 1], or RGB or RGBA.'
      )
    if array.dtype.kind in 'iu' and array.size and 0 <= array.min() <= array.max() <= 1:
      array = array.astype(bool)  # as documented, and nothing to be told
    return masks.of_image(array, size, 'The mask', channel=channel)
  if not isinstance(mask, Image.Image):
    raise errors.InputError(
      f'The mask is a {type(mask).__name__}; give a path, a PIL image or an array.'
    )
  return masks.of_image(image_files.load(mask), size, 'The mask', channel=channel)
