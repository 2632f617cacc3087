"""Pictures of every mode and type as arrays, and completed pixels back into them.

Known pixels are never converted there and back: a completed pixel is converted to the picture's own
mode and set into a copy of the picture.
"""

from typing import Any, NamedTuple, TYPE_CHECKING

import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import image_files

if TYPE_CHECKING:
  import jax

_CHANNELS = {1: 'grey', 2: 'grey alpha', 3: 'rgb', 4: 'rgb alpha'}
_KINDS = {
  'L': 'grey',
  'I;16': 'grey',
  'LA': 'grey alpha',
  'RGB': 'rgb',
  'RGBA': 'rgb alpha',
  'CMYK': 'cmyk',
}
# Modes that the result cannot have, and the nearest that it can; of all others, RGB.
_NEAREST = {'1': 'L', 'PA': 'RGBA', 'La': 'LA', 'RGBa': 'RGBA'}
_GREY = np.array([0.299, 0.587, 0.114])  # ITU-R 601, as Pillow has it


class Picture(NamedTuple):
  """A picture as it came in."""

  pixels: np.ndarray  # [H, W, C] uint8 or uint16
  kind: str  # what the channels are: a value of _KINDS
  origin: Any  # what to make the result like: a PIL image, or an array
  scale: tuple[float, float] | None = None  # of wide numbers: what 0 and 65535 stand for

  @property
  def alpha(self) -> np.ndarray | None:
    """`[H, W]` of the pixels' type; None where it has no alpha channel."""
    return self.pixels[..., -1] if 'alpha' in self.kind else None

  @property
  def hidden(self) -> np.ndarray | None:
    """`[H, W]` bool, where it is more than half transparent; None where it has no alpha channel."""
    alpha = self.alpha
    return None if alpha is None else alpha <= np.iinfo(alpha.dtype).max // 2

  def levels(self) -> np.ndarray:
    """`[H, W, 3]` RGB of the pixels' own type: what the network is to see; a copy."""
    if self.kind == 'cmyk':
      return np.array(_image(self.pixels, 'CMYK').convert('RGB'))
    if self.kind.startswith('grey'):
      return np.repeat(self.pixels[..., :1], 3, axis=-1)
    return self.pixels[..., :3].copy()

  def completed(self, levels: np.ndarray, mask: np.ndarray, alpha: np.ndarray | None = None) -> Any:
    """The picture with the pixels of `levels` where `mask` (`[H, W]` bool) is; like `origin`.

    `alpha` is theirs, `[N]`, in a picture that has such a channel; None: opaque.
    """
    if self.scale is not None:
      return self._completed_wide(levels[mask], mask)
    result, values = self.pixels.copy(), levels[mask]
    if self.kind == 'cmyk':
      black = np.zeros_like(values[:, :1])  # none, as Pillow converts
      values = np.append(255 - values, black, axis=1)
    elif self.kind.startswith('grey'):
      values = np.round(values @ _GREY).astype(result.dtype)[:, None]
    if 'alpha' in self.kind:
      opaque = np.full(len(values), np.iinfo(result.dtype).max, result.dtype)
      values = np.column_stack([values, opaque if alpha is None else alpha])
    result[mask] = values
    return self._like_origin(result)

  def _completed_wide(self, values: np.ndarray, mask: np.ndarray) -> Image.Image:
    low, high = self.scale or (0, 0)
    result = np.array(self.origin)
    result[mask] = (low + values @ _GREY * ((high - low) / 65_535)).astype(result.dtype)
    image = Image.fromarray(result)
    image.info = dict(self.origin.info)
    return image

  def _like_origin(self, result: np.ndarray) -> Any:
    if isinstance(self.origin, Image.Image):
      image = _image(result, self.origin.mode)
      image.info = dict(self.origin.info)
      return image
    result = result.reshape(self.origin.shape).astype(self.origin.dtype, copy=False)
    if isinstance(self.origin, np.ndarray):
      return result
    import jax.numpy as jnp  # only where a JAX array was given: masks do without JAX

    return jnp.asarray(result)


def from_image(image: Image.Image) -> Picture:
  """An upright Pillow image of any mode.

  Raises:
    errors.InputError: if it has no colours that could be completed.
  """
  image = kept(image)
  if image.mode in ('I', 'F'):
    return _of_wide(image)
  pixels = np.asarray(image)
  return Picture(pixels.reshape(*pixels.shape[:2], -1), _KINDS[image.mode], image)


def kept(image: Image.Image) -> Image.Image:
  """The image in the mode that its result will have: its own wherever colours would be lost
  otherwise.

  Bilevel becomes grey, a palette RGB, a transparent colour an alpha channel; 32-bit integers that
  fit become 16 bits, others and fractions stay as they are. Everything else becomes RGB.
  """
  mode = image.mode
  if mode in _KINDS and 'transparency' not in image.info:
    return image
  try:
    if mode in ('I', 'F'):
      return _from_wide(image)
    if 'transparency' in image.info and mode != 'I;16':
      converted = image.convert('LA' if mode in ('1', 'L') else 'RGBA')
      converted.info = {key: value for key, value in image.info.items() if key != 'transparency'}
      return converted
    if mode.startswith('I;16'):
      return Image.fromarray(np.asarray(image).astype(np.uint16))
    return image_files.to_rgb(image) if mode == 'LAB' else image.convert(_NEAREST.get(mode, 'RGB'))
  except errors.InputError:
    raise
  except (OSError, ValueError) as error:
    raise errors.InputError(
      f'A picture of mode {mode} cannot be completed ({error}); save it as RGB.'
    ) from None


def _from_wide(image: Image.Image) -> Image.Image:
  numbers = np.asarray(image)
  if not np.isfinite(numbers).all():
    raise errors.InputError(
      'The picture has pixels that are not finite; save it with 8 or 16 bits.'
    )
  if image.mode == 'I' and numbers.min() >= 0 and numbers.max() <= 65_535:
    return Image.fromarray(numbers.astype(np.uint16))
  return image


def _of_wide(image: Image.Image) -> Picture:
  """Of 32-bit numbers, the network sees where they lie between the lowest and the highest."""
  numbers = np.asarray(image).astype(np.float64)
  low, high = float(numbers.min()), float(numbers.max())
  levels = (numbers - low) * (65_535 / (high - low or 1))
  pixels = np.round(levels).astype(np.uint16)[..., None]
  return Picture(pixels, 'grey', image, (low, high))


def _image(pixels: np.ndarray, mode: str) -> Image.Image:
  data = np.ascontiguousarray(pixels)
  return Image.frombytes(mode, data.shape[1::-1], data.tobytes())


def from_array(array: 'np.ndarray | jax.Array') -> Picture:
  """An array `[H, W]` or `[H, W, C]` of uint8 or uint16, grey or RGB, with alpha or without.

  Raises:
    errors.InputError: if it is none.
  """
  pixels = np.asarray(array)
  pixels = pixels.astype(pixels.dtype.newbyteorder('='), copy=False)  # of files of other machines
  has_shape = pixels.ndim == 2 or pixels.ndim == 3 and pixels.shape[2] in _CHANNELS
  if has_shape and pixels.dtype.kind == 'f' and pixels.size and np.isfinite(pixels).all():
    scaled = '255 * image' if pixels.max() <= 1 else 'image'
    raise errors.InputError(
      f'The picture is an array of {pixels.dtype} from {pixels.min():g} to {pixels.max():g}; give '
      f'uint8: np.clip({scaled}, 0, 255).round().astype(np.uint8).'
    )
  if pixels.dtype not in (np.uint8, np.uint16) or not has_shape:
    raise errors.InputError(
      f'The picture is an array of shape {pixels.shape} and type {pixels.dtype}; give [H, W] or '
      '[H, W, 1 to 4] of uint8 or uint16.'
    )
  if not pixels.size:
    raise errors.InputError(
      f'The picture has no pixels (shape {pixels.shape}); give one with some.'
    )
  pixels = pixels.reshape(*pixels.shape[:2], -1)
  return Picture(pixels, _CHANNELS[pixels.shape[2]], array)
