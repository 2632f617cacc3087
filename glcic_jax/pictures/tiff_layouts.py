"""TIFF files that Pillow reads as something else: 16-bit colours plane by plane, signed bytes,
white as zero in 16 bits, numbers beyond 31 bits.
"""

from collections.abc import Mapping, Sequence
import io
import struct
from typing import Any

import numpy as np
from PIL import Image
from PIL import TiffImagePlugin

_BITS, _PHOTOMETRIC, _SAMPLES, _PLANAR = 258, 262, 277, 284
_OFFSETS, _COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 273, 279, 324, 325
_FORMAT, _ORIENTATION = 339, 274
# Size, packing, order of bits, orientation, rows of a strip, predictor, size of a tile.
_COPIED = (256, 257, 259, 266, 274, 278, 317, 322, 323)
_WHITE_IS_ZERO, _SIGNED = 0, 2


def corrected(opened: Image.Image, data: bytes) -> Image.Image:
  """The picture of a TIFF as its tags mean it: `opened` itself, or decoded where Pillow is wrong.

  What is lost then stands in its attribute `notes`.

  Raises:
    Exception: of any kind, as Pillow's decoders do.
  """
  if not isinstance(opened, TiffImagePlugin.TiffImageFile):
    return opened
  tags = opened.tag_v2
  bits, samples = max(tags.get(_BITS, (1,))), tags.get(_SAMPLES, 1)
  is_signed = _SIGNED in tags.get(_FORMAT, ())
  numbers: np.ndarray | None = None
  notes: tuple[str, ...] = ()
  if bits == 16 and samples > 2 and tags.get(_PLANAR, 1) == 2:
    planes = [_plane(tags, data, number) >> 8 for number in range(len(opened.getbands()))]
    numbers = np.stack(planes, axis=-1).astype(np.uint8)
  elif bits == 16 and opened.mode.startswith('I;16') and _is_inverted(tags):
    numbers = 65_535 - np.asarray(opened).astype(np.uint16)
  elif bits == 8 and opened.mode == 'L' and is_signed:
    numbers = np.asarray(opened).view(np.int8).astype(np.int32)
  elif bits == 32 and opened.mode == 'I' and not is_signed:
    numbers = np.asarray(opened).view(np.uint32)
    # Of so many levels a picture here has the upper half.
    if numbers.max() < 2**31:
      return opened
    notes = ('its 32-bit numbers go beyond 31 bits: their upper 16 are kept.',)
    numbers = (numbers >> 16).astype(np.uint16)
  return opened if numbers is None else _like(opened, numbers, notes)


def _is_inverted(tags: Any) -> bool:
  return bool(tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def _plane(tags: Any, data: bytes, number: int) -> np.ndarray:
  """One channel `[H, W]` uint16 of a file that has them one after the other.

  A file with a directory that knows the parts of this channel alone is decoded: however it is
  packed.
  """
  order = '<' if data[:2] == b'II' else '>'
  places, counts = (_TILE_OFFSETS, _TILE_COUNTS) if _TILE_OFFSETS in tags else (_OFFSETS, _COUNTS)
  each = len(tags[places]) // tags[_SAMPLES]
  chosen = slice(number * each, (number + 1) * each)
  entries = {tag: (tags[tag],) for tag in _COPIED if isinstance(tags.get(tag), int)}
  entries |= {_BITS: (16,), _PHOTOMETRIC: (1,), _SAMPLES: (1,), _PLANAR: (1,)}
  entries |= {places: tags[places][chosen], counts: tags[counts][chosen]}
  start = len(data) + len(data) % 2
  head = data[:4] + struct.pack(f'{order}I', start)
  file = head + data[8:].ljust(start - 8, b'\0') + _directory(entries, order, start)
  with Image.open(io.BytesIO(file)) as one:
    return np.asarray(one).astype(np.uint16)


def _directory(entries: Mapping[int, Sequence[int]], order: str, start: int) -> bytes:
  """The bytes of a directory of whole numbers that begins at this place in its file."""
  more, lines, behind = start + 2 + 12 * len(entries) + 4, b'', b''
  for tag, values in sorted(entries.items()):
    packed = struct.pack(f'{order}{len(values)}I', *values)
    if len(values) > 1:
      packed, behind = struct.pack(f'{order}I', more + len(behind)), behind + packed
    lines += struct.pack(f'{order}HHI', tag, 4, len(values)) + packed
  return struct.pack(f'{order}H', len(entries)) + lines + struct.pack(f'{order}I', 0) + behind


def _like(opened: Image.Image, numbers: np.ndarray, notes: tuple[str, ...]) -> Any:
  """A picture of these numbers that says of itself what the file said, with `notes` on it."""
  image: Any
  if numbers.ndim == 3:
    image = Image.frombytes(opened.mode, numbers.shape[1::-1], numbers.tobytes())
  else:
    image = Image.fromarray(numbers)
  image.format, image.info, image.notes = opened.format, dict(opened.info), notes
  exif = image.getexif()
  exif.update(opened.getexif())
  exif.pop(_ORIENTATION, None)  # Pillow has turned what it decoded
  return image
