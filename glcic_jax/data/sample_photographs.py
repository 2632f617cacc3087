"""Photographs that scikit-image installs with itself: a run without any pictures of one's own."""

from collections.abc import Callable
import functools
import importlib.resources
import io

from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import image_files

TRAINING = (
  'astronaut.png',
  'brick.png',
  'camera.png',
  'coins.png',
  'grass.png',
  'gravel.png',
  'hubble_deep_field.jpg',
  'motorcycle_left.png',
  'motorcycle_right.png',
  'rocket.jpg',
)
HELD_BACK = ('chelsea.png', 'coffee.png')  # never trained on
_SHORT_EDGE = 256  # pixels: they are decoded once and kept in memory at this size


def reader() -> Callable[[str], bytes]:
  """A function from a photograph's name to its file, decoded once and made smaller.

  Raises:
    errors.InputError: if scikit-image is not installed.
  """
  try:
    importlib.resources.files('skimage.data')
  except ModuleNotFoundError:
    raise errors.InputError(
      f'The sample pictures come with scikit-image; install it by {errors.install("train")}.'
    ) from None
  return _read


@functools.cache
def _read(name: str) -> bytes:
  data = importlib.resources.files('skimage.data')
  opened = image_files.open_picture((data / name).read_bytes(), name)
  image = image_files.to_rgb(image_files.load(opened))
  scale = min(1.0, _SHORT_EDGE / min(image.size))
  width, height = (round(side * scale) for side in image.size)
  image = image.resize((width, height), Image.Resampling.LANCZOS)
  buffer = io.BytesIO()
  image.save(buffer, 'BMP')  # uncompressed: every sample decodes it again
  return buffer.getvalue()
