"""Photograph files: what a completed picture keeps of the file that it came from, and what it must
not.

Kept: format, colour profile, resolution, comment, EXIF with its place of exposure. Not kept: the
orientation (the picture is upright) and every smaller copy of the picture (EXIF thumbnail, maker's
note, XMP, further pictures of an MPO), since they still show what was removed.
"""

from collections.abc import Mapping
import math
from typing import Any, NamedTuple

from PIL import Image
from PIL import JpegImagePlugin
from PIL import PngImagePlugin
from PIL.ExifTags import GPSTAGS
from PIL.ExifTags import TAGS

from glcic_jax import errors
from glcic_jax.pictures import color_profiles
from glcic_jax.pictures import image_files
from glcic_jax.pictures import limits
from glcic_jax.pictures import palettes

_EXIF, _GPS = 0x8769, 0x8825  # tags that point to tables of their own
_WIDTH, _HEIGHT = 0xA002, 0xA003
# Of the first table, what describes the picture; the rest describes how its file is laid out.
_DESCRIPTIONS = (270, 271, 272, 305, 306, 315, 316, 18246, 33432, *range(0x9C9B, 0x9CA0))
_MAKER_NOTE, _INTEROPERABILITY = 0x927C, 0xA005
_EMPTY_EXIF = 20  # bytes of one that says nothing
_LARGEST_EXIF = 65_000  # bytes, in a JPEG's one segment

_IN_TIFF = ('L', 'LA', 'RGB', 'RGBA', 'I;16', 'I', 'F', 'CMYK')
# Format -> the modes that it holds, and which of a file's options it can have.
_FORMATS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
  'JPEG': (('L', 'RGB', 'CMYK'), ('icc_profile', 'dpi', 'comment', 'subsampling')),
  'PNG': (('L', 'LA', 'RGB', 'RGBA', 'I;16'), ('icc_profile', 'dpi')),
  'WEBP': (('RGB', 'RGBA'), ('icc_profile',)),
  'AVIF': (('RGB', 'RGBA'), ('icc_profile',)),
  'JPEG2000': (('L', 'LA', 'RGB', 'RGBA', 'I;16'), ()),
  'BMP': (('L', 'RGB'), ('dpi',)),
  'GIF': (('L', 'RGB'), ('comment',)),
  'TIFF': (_IN_TIFF, ('icc_profile', 'dpi', 'compression')),
}
_QUALITY: dict[str, dict[str, Any]] = {
  'JPEG': {'quality': 95},
  'PNG': {'compress_level': 4},  # in less than half the time of the usual 6, and 3 % larger
  'WEBP': {'lossless': True, 'exact': True},
  'AVIF': {'quality': 95, 'subsampling': '4:4:4'},
}
# Format -> the longest side that it holds, in pixels.
_SIDES = {'JPEG': 65_500, 'WEBP': 16_383, 'GIF': 65_535, 'AVIF': 65_536}
_LOSSLESS_TIFF = ('tiff_lzw', 'tiff_adobe_deflate', 'packbits')


class Photograph(NamedTuple):
  """A picture file, read."""

  image: Image.Image  # upright
  kind: str  # Pillow's name of the format
  options: Mapping[str, Any]  # what `save` hands on
  exif: Image.Exif
  notes: tuple[str, ...]  # what the reader should be told


def read(source: str | bytes, most_pixels: int | None = None, *, name: str = '') -> Photograph:
  """Reads a picture file, or a file's bytes, with what describes it.

  Raises:
    errors.InputError: if it cannot be read, has more than so many pixels, see `limits.check`, or,
      where no number is given, more than there is memory for; `name` is what to call the bytes.
  """
  opened = image_files.open_picture(source, name, most_pixels=most_pixels)
  if most_pixels is None:
    limits.check_memory(opened.size, name or str(source))
  image, notes = image_files.load(opened), list(image_files.notes(opened))
  frames, exif = _tables(opened)
  has_lost = not exif and len(opened.info.get('exif') or b'') > _EMPTY_EXIF
  if exif is None or has_lost:
    notes.append(image_files.DAMAGED_EXIF)
  if frames > 1:
    notes.append('it holds several pictures: the first is completed, the others are dropped.')
  options = _options_of(opened)
  profile = options.get('icc_profile')
  if profile and not color_profiles.fits(profile, opened.mode, opened.mode):
    of = color_profiles.space(profile)
    notes.append(f'its colour profile is of {of}, its pixels are {opened.mode}: it is left out.')
    del options['icc_profile']
  return Photograph(image, opened.format or '', options, exif or Image.Exif(), tuple(notes))


def _options_of(opened: Image.Image) -> dict[str, Any]:
  """What a file says beside pixels and EXIF, by Pillow's options; `text`, `tones` of PNG."""
  info = opened.info
  options = {name: info[name] for name in ('icc_profile', 'comment') if info.get(name)}
  dots = info.get('dpi', ())
  if all(isinstance(value, (int, float)) or hasattr(value, 'numerator') for value in dots):
    dpi = tuple(float(value) for value in dots)
    if len(dpi) == 2 and all(math.isfinite(value) and value > 0 for value in dpi):
      options['dpi'] = dpi
  if opened.format in ('JPEG', 'MPO') and JpegImagePlugin.get_sampling(opened) != -1:
    options['subsampling'] = JpegImagePlugin.get_sampling(opened)
  if opened.format == 'TIFF' and info.get('compression') in _LOSSLESS_TIFF:
    options['compression'] = info['compression']
  options['tones'] = _tones(opened)
  options['text'] = {
    key: text
    for key, text in getattr(opened, 'text', {}).items()
    if not key.lower().startswith(('xml:', 'raw profile'))
  }
  return options


def _tones(opened: Image.Image) -> dict[bytes, bytes]:
  """What a PNG says of its tones without a profile, by the names of its parts."""
  info = opened.info
  if opened.format != 'PNG' or info.get('icc_profile'):
    return {}
  gamma, primaries = info.get('gamma'), info.get('chromaticity', ())
  numbers = {b'gAMA': [gamma] if gamma else [], b'cHRM': primaries if len(primaries) == 8 else []}
  tones = {
    name: b''.join(round(100_000 * value).to_bytes(4) for value in values)
    for name, values in numbers.items()
    if values and all(0 < value < 40_000 for value in values)
  }
  return tones | ({b'sRGB': bytes([info['srgb']])} if info.get('srgb') in range(4) else {})


def _tables(opened: Image.Image) -> tuple[int, Image.Exif | None]:
  """How many pictures the file holds, and its EXIF, None if damaged."""
  try:
    frames = int(getattr(opened, 'n_frames', 1))
  except Exception:  # Pillow's parsers raise anything from struct.error to TypeError
    frames = 1
  try:
    exif = opened.getexif()
    _described(exif, opened.size, False).tobytes()
  except Exception:  # as above
    return frames, None
  return frames, exif


def check_size(path: str, size: tuple[int, int]) -> None:
  """Refuses a result (width, height) that its format, by the suffix, cannot hold; before any work.

  Raises:
    errors.InputError: naming a format that can.
  """
  kind = _kind(path)
  if kind not in _FORMATS:
    raise errors.InputError(
      f'{path} cannot be written, because this Pillow does not know its format; use .png.'
    )
  most = _SIDES.get(kind)
  if most and max(size) > most:
    raise errors.InputError(
      f'{path} cannot be written, because {kind} holds sides of {most} px and the picture is '
      f'{size[0]}x{size[1]}; use .png.'
    )


def _kind(path: str) -> str:
  return Image.registered_extensions().get('.' + path.rsplit('.', 1)[-1].lower(), '')


def save(
  path: str, completed: Image.Image, source: Photograph, *, strip_gps: bool = False
) -> list[str]:
  """Writes a completed picture with what its file said; the suffix decides the format.

  Returns:
    what the reader should be told about the file.

  Raises:
    errors.InputError: if it cannot be written.
  """
  image, options, notes = _prepared(_kind(path), completed, source, strip_gps)
  image_files.write(path, image, **options)
  return notes


def encode(
  kind: str, completed: Image.Image, source: Photograph, name: str, *, strip_gps: bool = False
) -> tuple[bytes, list[str]]:
  """The bytes that `save` would write, in a format by Pillow's name, and what it would return.

  Raises:
    errors.InputError: if the format cannot hold the picture; `name` is what to call it.
  """
  image, options, notes = _prepared(kind, completed, source, strip_gps)
  return image_files.encode(image, kind, name, **options), notes


def _prepared(
  kind: str, completed: Image.Image, source: Photograph, strip_gps: bool
) -> tuple[Image.Image, dict[str, Any], list[str]]:
  """A picture as its format can hold it, Pillow's options for its file, and what to be told."""
  image, notes = _fit(completed, kind, source.image)
  transparent = image.info.get('transparency')  # of a palette, which of its numbers
  image.info = {}  # else Pillow writes some of it by itself
  options = {key: source.options[key] for key in _FORMATS[kind][1] if key in source.options}
  profile = source.options.get('icc_profile')
  if profile and 'icc_profile' not in options:
    notes.append(f'{kind} does not hold a colour profile: it is left out.')
  elif profile and not color_profiles.fits(profile, image.mode, source.image.mode):
    del options['icc_profile']
    notes.append(f'the colour profile is not of {image.mode}, as the result is: it is left out.')
  exif = _described(source.exif, image.size, strip_gps).tobytes()
  if kind in ('JPEG', 'PNG', 'WEBP', 'TIFF', 'AVIF') and len(exif) > len(Image.Exif().tobytes()):
    if len(exif) < _LARGEST_EXIF:
      options['exif'] = exif
    else:
      notes.append('its EXIF is too long for a file and is left out.')
  tones = source.options['tones']
  if tones.keys() & {b'gAMA', b'cHRM'} and b'sRGB' not in tones and kind != 'PNG':
    notes.append(f'{kind} does not hold the gamma and the primaries of a PNG: tones may differ.')
  if kind == 'PNG':
    options['pnginfo'] = PngImagePlugin.PngInfo()
    for name, data in tones.items():
      options['pnginfo'].add(name, data)
    for key, text in source.options['text'].items():
      options['pnginfo'].add_text(key, text)
  if completed.mode == 'I;16':  # no mode holds 16 bits of grey and alpha: one level is transparent
    transparent = source.image.info.get('transparency')
    if transparent is not None and kind != 'PNG':
      notes.append(f'{kind} does not hold a transparent level of 16 bits: it is opaque.')
      transparent = None
  if transparent is not None and kind in ('GIF', 'PNG'):
    options['transparency'] = transparent
  return image, options | _QUALITY.get(kind, {}), notes


def _fit(image: Image.Image, kind: str, source: Image.Image) -> tuple[Image.Image, list[str]]:
  """The picture in a mode that the format holds, and what that costs."""
  mode, modes, notes = image.mode, _FORMATS[kind][0], []
  if kind in ('JPEG', 'AVIF'):
    notes = [
      f'{kind} is lossy: pixels outside the hole will differ a little; use .png to keep them.'
    ]
  elif kind == 'GIF' and mode != 'L':
    notes = ['GIF holds 256 colours: pixels outside the hole may differ; use .png to keep them.']
    if drawn := _in_256_colors(image, source):
      return drawn, ['GIF holds 256 colours: the hole is drawn with those that are left.']
  if mode in modes:
    return image.copy(), notes
  if mode == 'L':
    return image.convert('RGB'), notes
  if mode == 'LA' and 'RGBA' in modes:
    return image.convert('RGBA'), notes
  if mode not in ('LA', 'RGBA'):
    wide = {'I;16': '16 bits: it has 8', 'I': '32 bits: it has 8', 'F': 'fractions: it has 8 bits'}
    lost = {**wide, 'CMYK': 'CMYK: it is RGB'}[mode]
  elif image.getchannel('A').getextrema() == (255, 255):  # nothing is transparent any more
    return image_files.to_rgb(image), notes
  else:
    lost = 'transparency: it shows white'
  does_not_hold = 'is written without' if kind == 'GIF' else 'does not hold'
  return image_files.to_rgb(image), [*notes, f'{kind} {does_not_hold} {lost}.']


def _in_256_colors(completed: Image.Image, source: Image.Image) -> Image.Image | None:
  """See `palettes`; None of pictures of other kinds, too."""
  if completed.mode == 'RGB':
    return palettes.in_256_colors(completed, image_files.to_rgb(source))
  if completed.mode in ('LA', 'RGBA'):
    return palettes.in_256_colors(completed.convert('RGBA'), source.convert('RGBA'))
  return None


def _described(exif: Image.Exif, size: tuple[int, int], strip_gps: bool) -> Image.Exif:
  """What a camera said of the picture, without its orientation and whatever else shows it."""
  kept = Image.Exif()
  for tag in _DESCRIPTIONS:
    if tag in exif:
      kept[tag] = exif[tag]
  # A private tag may show anything, so it is left out.
  for pointer, public in ((_EXIF, TAGS.keys() - {_MAKER_NOTE, _INTEROPERABILITY}), (_GPS, GPSTAGS)):
    table = {tag: value for tag, value in exif.get_ifd(pointer).items() if tag in public}
    if pointer == _EXIF:
      table |= {tag: length for tag, length in zip((_WIDTH, _HEIGHT), size) if tag in table}
    if table and not (pointer == _GPS and strip_gps):
      kept.get_ifd(pointer).update(table)
  return kept
