"""Pictures that somebody sent, looked at before anything of them is decoded."""

import importlib.util
import io

from PIL import Image

from glcic_jax import errors
from glcic_jax.inference import in_memory
from glcic_jax.pictures import image_files
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import refusals

# By Pillow's names; HEIC is read where its library is.
_HEIF = ('HEIF',) if importlib.util.find_spec('pillow_heif') else ()
FORMATS = (*in_memory.KEPT, *_HEIF)


def check(data: bytes, name: str, limits: limits_lib.Limits) -> tuple[int, int]:
  """The (width, height) that a picture's head tells.

  Raises:
    refusals.Refusal: if it is in no format of `FORMATS`, by its content, or too large.
  """
  largest = f'{limits.pixels / 1e6:g} megapixels are the most here'
  if not _HEIF and image_files.is_heif(data):
    raise refusals.Refusal(
      415,
      f'{name} is HEIC, which needs pillow-heif here; install it by {errors.install("heif")}, or '
      'send a JPEG.',
    )
  try:
    width, height = _size(data)
  except (Image.DecompressionBombError, Image.DecompressionBombWarning):
    raise refusals.Refusal(413, f'{name} is too large; {largest}.') from None
  except Exception:  # as when it is decoded
    *others, last = FORMATS
    raise refusals.Refusal(
      415, f'{name} is no picture that can be read here; send {", ".join(others)} or {last}.'
    ) from None
  if width * height > limits.pixels:
    raise refusals.Refusal(413, f'{name} is {width}x{height}; {largest}, so send it smaller.')
  return width, height


def _size(data: bytes) -> tuple[int, int]:
  if _HEIF and image_files.is_heif(data):
    return image_files.heif_size(data)
  return Image.open(io.BytesIO(data), formats=in_memory.KEPT).size
