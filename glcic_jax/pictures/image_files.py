"""Picture files in and out: orientation, modes, crops (Pillow). Paths may be `gs://`.

A picture in memory is `[H, W, 3]` uint8 RGB, upright: its EXIF orientation has been applied.
"""

from collections.abc import Callable, Sequence
import contextlib
import io
import os
from typing import Any

from etils import epath
import numpy as np
from PIL import Image
from PIL import ImageCms
from PIL import ImageOps

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.pictures import depth
from glcic_jax.pictures import limits
from glcic_jax.pictures import mending
from glcic_jax.pictures import tiff_layouts
from glcic_jax.pictures import unreadable

# Of files that are written, and of files that are looked for in a folder.
WRITTEN = (
  *('.jpg', '.jpeg', '.png', '.webp', '.bmp', '.tif', '.tiff', '.gif'),
  *('.jfif', '.jpe', '.avif', '.jp2'),
)
SUFFIXES = (
  *WRITTEN,
  *('.heic', '.heif', '.hif', '.mpo', '.j2k', '.jpx', '.ppm', '.pgm', '.pbm', '.pnm', '.tga'),
)

DAMAGED_EXIF = 'its EXIF is damaged and is left out.'

_WHITE = (255, 255, 255)
_ORIENTATION = 0x0112  # the EXIF tag
_HEIF_BRANDS = (b'heic', b'heix', b'heim', b'heis', b'hevc', b'hevx', b'mif1', b'msf1')

Resample = Callable[[Image.Image, int, tuple[float, float, float, float]], Image.Image]


def open_picture(
  source: epath.PathLike | bytes, name: str = '', most_pixels: int | None = None
) -> Image.Image:
  """Opens a picture file and checks that it is one; pixels are decoded later, by `load`.

  Args:
    source: a path, or a file's bytes.
    name: what to call the bytes in a message.
    most_pixels: as `limits.check` takes it.

  Raises:
    errors.InputError: if there is no such file, or it is not a picture, or too large.
  """
  name = name or ('the picture' if isinstance(source, bytes) else os.fspath(source))
  data = source if isinstance(source, bytes) else _read(source, name)
  try:
    with limits.lifted():
      mended = mending.mended(data)
      image = _opened(mended.data, name, most_pixels)
      limits.check(image.size, name, most_pixels)
      lost = depth.note(image, mended.data)
      opened: Any = tiff_layouts.corrected(image, mended.data)
  except errors.InputError:
    raise
  except Exception as error:  # as in `load`
    raise errors.InputError(unreadable.of_file(name, error, data)) from None
  if mended.profile:
    opened.info['icc_profile'] = mended.profile
  opened.filename = name
  opened.notes = tuple(filter(None, (*mended.notes, lost, *notes(opened))))
  return opened


def notes(opened: Image.Image) -> tuple[str, ...]:
  """What there is to say of a file that `open_picture` opened."""
  return getattr(opened, 'notes', ())


def _read(path: epath.PathLike, name: str) -> bytes:
  if not name or '\0' in name:
    raise errors.InputError(f'{name!r} is no file name; give the path of a picture.')
  try:
    return files.read(path)
  except IsADirectoryError:
    raise errors.InputError(f'{name} is a folder; give a picture file.') from None
  except FileNotFoundError:
    if os.path.islink(path):
      raise errors.InputError(
        f'There is no file {name}: it is a link to {os.readlink(path)}, which is not there.'
      ) from None
    sentence = f'There is no file {name}; check the path.'
    raise errors.InputError(errors.with_hint(sentence, files.did_you_mean(name))) from None
  except OSError as error:
    raise errors.InputError(f'{name} cannot be read ({error.strerror or error}).') from None


def _opened(data: bytes, name: str, most_pixels: int | None) -> Image.Image:
  if not is_heif(data):
    return Image.open(io.BytesIO(data))
  try:
    import pillow_heif
  except ImportError:
    raise errors.InputError(
      f'{name} is HEIC, which needs pillow-heif; install it by {errors.install("heif")}.'
    ) from None
  held = pillow_heif.open_heif(data)
  limits.check(held.size, name, most_pixels)  # before any pixel is decoded
  image: Image.Image = held.to_pillow()  # upright
  image.format = 'HEIF'
  return image


def is_heif(data: bytes) -> bool:
  """Whether a file's bytes begin as those of HEIC, which Pillow does not know by itself."""
  return data[4:8] == b'ftyp' and data[8:12] in _HEIF_BRANDS


def heif_size(data: bytes) -> tuple[int, int]:
  """The (width, height) of a HEIC file's bytes, of which no pixel is decoded; needs pillow-heif."""
  import pillow_heif

  return pillow_heif.open_heif(data).size


def load(image: Image.Image, *, copy: bool = True) -> Image.Image:
  """Decodes an opened picture and turns it upright; the mode is kept.

  Without `copy`, one that is upright is returned as it is, a file with its tags: copying takes a
  tenth of decoding.

  Raises:
    errors.InputError: if the file is truncated or broken.
  """
  name, below = getattr(image, 'filename', '') or 'the picture', list[str]()
  try:
    # Only where Pillow would refuse it: other threads' pictures keep their limit.
    large = image.width * image.height > (Image.MAX_IMAGE_PIXELS or 0)
    with contextlib.ExitStack() as stack:
      if large:
        stack.enter_context(limits.lifted())
      if image.format == 'TIFF':  # whose library in C talks
        below = stack.enter_context(unreadable.said_below())
      image.load()
  except Exception as error:  # Pillow's decoders raise anything from EOFError to struct.error
    raise errors.InputError(unreadable.of_pixels(name, error, image.format, below)) from None
  try:
    if not copy and image.getexif().get(_ORIENTATION, 1) == 1:
      return image
    return ImageOps.exif_transpose(image)
  except Exception:  # damaged EXIF in a good picture says nothing of how that lies
    image.info.pop('exif', None)
    setattr(image, 'notes', (*notes(image), DAMAGED_EXIF))  # noqa: B010 (it may have none yet)
    return image if not copy else image.copy()


def read_rgb(source: epath.PathLike | bytes, name: str = '') -> np.ndarray:
  """Reads any picture file as upright RGB: `[H, W, 3]` uint8.

  Raises:
    errors.InputError: if it cannot be read.
  """
  return np.asarray(to_rgb(load(open_picture(source, name))))


def to_rgb(image: Image.Image, ground: tuple[int, int, int] = _WHITE) -> Image.Image:
  """Converts any mode to RGB; transparent pixels show the ground, 16 bits keep their upper 8.

  Floats up to 1 have 1 for white; what is no number is black.
  """
  if image.mode == 'RGB':
    return image
  if image.mode.startswith('I') or image.mode == 'F':
    wide = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=0, neginf=0)
    highest = float(wide.max())
    if image.mode == 'F' and highest <= 1:  # what writes floats has 1 for white
      return Image.fromarray((255 * np.clip(wide, 0, 1)).round().astype(np.uint8)).convert('RGB')
    # A mode that may have 8 bits or 16 has 8, unless a pixel is brighter.
    white = 65_535 if image.mode.startswith('I;16') or highest > 255 else 255
    levels = np.clip(wide * (256 / (white + 1)), 0, 255).astype(np.uint8)
    return Image.fromarray(levels).convert('RGB')
  if image.mode in ('RGBA', 'LA', 'PA') or 'transparency' in image.info:
    image = image.convert('RGBA')
    behind = Image.new('RGBA', image.size, (*ground, 255))
    return Image.alpha_composite(behind, image).convert('RGB')
  if image.mode == 'LAB':
    lab, rgb = (ImageCms.createProfile(space) for space in ('LAB', 'sRGB'))
    return ImageCms.profileToProfile(image, lab, rgb, outputMode='RGB') or image
  return image.convert('RGB')


def resample(image: Image.Image, size: int, box: tuple[float, float, float, float]) -> Image.Image:
  """A box (left, top, right, bottom) of a picture as a square: bilinear, antialiased."""
  return image.resize((size, size), Image.Resampling.BILINEAR, box=box)


def read_crop(
  data: bytes,
  size: int,
  short_edge: int,
  place: Sequence[float],
  name: str = '',
  ground: tuple[int, int, int] = _WHITE,
  resample: Resample = resample,
) -> np.ndarray:
  """Resizes a picture's short edge, then crops a square, decoding no more than it needs.

  The crop is resampled straight from the source (bilinear, antialiased), which equals resizing the
  whole and cropping, up to its sub-pixel place. A JPEG much larger than asked for is decoded at a
  half, quarter or eighth of its size.

  Args:
    data: the file's bytes.
    size: side of the crop in pixels.
    short_edge: what the picture's short edge becomes, at least `size`; small pictures are enlarged.
    place: (y, x) of the crop, each in [0, 1]: 0 is the top or left edge, 1 the other.
    name: what to call the file in a message.
    ground: what shows through transparent pixels, RGB.
    resample: another way to do what `resample` does.

  Returns:
    `[size, size, 3]` uint8.

  Raises:
    errors.InputError: if the file cannot be read.
  """
  image = open_picture(data, name)
  enough = 2 * short_edge / min(image.size)  # twice as fine as needed: no aliasing from the DCT
  if enough < 1:
    width, height = (int(np.ceil(side * enough)) for side in image.size)
    image.draft('RGB', (width, height))
  image = to_rgb(load(image, copy=False), ground)
  window = size * min(image.size) / short_edge
  top, left = place[0] * (image.height - window), place[1] * (image.width - window)
  box = (left, top, min(left + window, image.width), min(top + window, image.height))
  return np.asarray(resample(image, size, box))


def write(path: epath.PathLike, picture: np.ndarray | Image.Image, **options: Any) -> None:
  """Writes a PIL image, or `[H, W, 3]` uint8, whole or not at all; the suffix decides the format.

  Options are Pillow's for the format: quality, exif, icc_profile.

  Raises:
    errors.InputError: if the suffix is no picture format, or the folder cannot be written.
  """
  suffix = epath.Path(path).suffix.lower()
  kind = Image.registered_extensions().get(suffix)
  if suffix not in WRITTEN or kind is None:
    raise errors.InputError(
      f'{path} does not end in a picture format; use {", ".join(WRITTEN[:4])} or another.'
    )
  data = encode(picture, kind, os.fspath(path), **options)
  try:
    files.write(path, data)
  except OSError as error:
    if error.errno in files.MACHINE_ERRORS:
      raise
    raise errors.InputError(f'{path} cannot be written ({error.strerror or error}).') from None


def encode(picture: np.ndarray | Image.Image, kind: str, name: str, **options: Any) -> bytes:
  """A picture file's bytes, as `write` writes them; `kind` is Pillow's name of the format.

  Raises:
    errors.InputError: if the format cannot hold the picture; `name` is what to call it.
  """
  image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
  buffer = io.BytesIO()
  try:
    image.save(buffer, format=kind, **options)
  except Exception as error:  # Pillow's encoders too raise anything: sizes, modes, odd metadata
    raise errors.InputError(f'{name} cannot be written ({error}).') from None
  return buffer.getvalue()
