"""Pictures that somebody sent, looked at before anything of them is decoded."""

import io

from PIL import Image

from glcic_jax.inference import in_memory
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import refusals

FORMATS = in_memory.KEPT


def check(data: bytes, name: str, limits: limits_lib.Limits) -> tuple[int, int]:
  """The (width, height) that a picture's head tells.

  Raises:
    refusals.Refusal: if it is in no format of `FORMATS`, by its content, or too large.
  """
  largest = f'{limits.pixels / 1e6:g} megapixels are the most here'
  try:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
  except (Image.DecompressionBombError, Image.DecompressionBombWarning):
    raise refusals.Refusal(413, f'{name} is too large; {largest}.') from None
  except Exception:  # as when it is decoded
    *others, last = FORMATS
    raise refusals.Refusal(
      415, f'{name} is no picture that can be read here; send {", ".join(others)} or {last}.'
    ) from None
  width, height = image.size
  if width * height > limits.pixels:
    raise refusals.Refusal(413, f'{name} is {width}x{height}; {largest}, so send it smaller.')
  return width, height
