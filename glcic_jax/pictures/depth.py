"""How many bits a channel a file has where fewer are read: for every format in one place."""

from typing import TypeVar

from PIL import Image

T = TypeVar('T')

_WHOLE = ('I', 'I;16', 'I;16B', 'I;16L', 'I;16N', 'F')  # modes that keep more than 8


def note(opened: Image.Image, data: bytes) -> str:
  """What is lost of an opened file whose pixels are not decoded yet; empty where nothing is."""
  bits = 8 if opened.mode in _WHOLE else _bits(opened, data)
  if bits <= 8:
    return ''
  return f'Pillow reads {bits}-bit colours with 8 bits: so has the result.'


def _bits(opened: Image.Image, data: bytes) -> int:
  kind, tiles = opened.format or '', getattr(opened, 'tile', ())
  if kind == 'TIFF':
    return int(max(getattr(opened, 'tag_v2', {}).get(258, (8,))))
  if kind == 'JPEG2000':
    # Its marker SIZ: the depth of the first channel follows 38 bytes of sizes.
    place = data.find(b'\xff\x51')
    return (data[place + 40] & 0x7F) + 1 if 0 <= place < len(data) - 40 else 8
  if kind == 'AVIF':
    place = data.find(b'av1C')
    flags = data[place + 6] if 0 <= place < len(data) - 6 else 0
    return 12 if flags & 0x20 else 10 if flags & 0x40 else 8
  if kind == 'HEIF':
    return int(opened.info.get('bit_depth', 8))
  if kind == 'PPM':  # whose decoder is told the highest level
    return (
      16 if max((n for tile in tiles for n in _of_type(int, tile[3])), default=255) > 255 else 8
    )
  # What decodes the others, and their raw modes, such as RGB;16B.
  words = [word for tile in tiles for word in (tile[0], *_of_type(str, tile[3]))]
  return 16 if any('16' in word for word in words) else 8


def _of_type(kind: type[T], arguments: object) -> list[T]:
  several = arguments if isinstance(arguments, tuple) else (arguments,)
  return [argument for argument in several if isinstance(argument, kind)]
