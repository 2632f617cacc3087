"""Files whose pixels are whole although something else in them is not: mended before Pillow.

Pillow's own leniency is a switch for the whole process that lets broken pixels pass too.
"""

from collections.abc import Iterator
import io
import struct
from typing import NamedTuple
import zlib

import numpy as np
from PIL import Image
from PIL import PngImagePlugin

from glcic_jax.pictures import limits

_PNG, _JPEG = b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff'
_SCAN, _END = b'\xff\xda', b'\xff\xd9'  # of a JPEG: what begins its pixels, and what ends the file
_TEXTS = (b'tEXt', b'zTXt', b'iTXt')
_SHORTEST = {b'pHYs': 9, b'gAMA': 4, b'cHRM': 32, b'sRGB': 1, b'tIME': 7}  # bytes
_LARGEST = PngImagePlugin.MAX_TEXT_CHUNK  # bytes of a text or a profile that Pillow takes
_LARGEST_PROFILE = 2**26


class Mended(NamedTuple):
  """A file's bytes that Pillow reads, and what was done."""

  data: bytes
  notes: tuple[str, ...] = ()
  profile: bytes = b''  # a sound one that Pillow itself refuses


def mended(data: bytes) -> Mended:
  """Leaves out what of a PNG Pillow stumbles over, and ends a JPEG whose last marker is missing.

  Everything else comes back as it is, broken pixels too.
  """
  if data.startswith(_PNG):
    return _png(data)
  if data.startswith(_JPEG) and not data.endswith(_END):
    return _jpeg(data)
  return Mended(data)


def _png(data: bytes) -> Mended:
  kept, notes, profile, texts = [data[:8]], [], b'', 0
  for name, body, chunk, is_sound in _chunks(data):
    texts += _unpacked_size(name, body) if name in _TEXTS else 0
    if name == b'iCCP' and is_sound and len(found := _profile(body)) > _LARGEST and _is_one(found):
      profile = found
      notes.append(
        f'its colour profile takes {_mebibytes(len(found))}: some programs will not read it.'
      )
    elif reason := _why_left_out(name, body, is_sound, texts):
      what = 'colour profile' if name == b'iCCP' else 'text' if name in _TEXTS else 'part'
      notes.append(f'its {what} {name.decode()} {reason}: it is left out.')
    else:
      kept.append(chunk)
  if not notes:
    return Mended(data)
  return Mended(b''.join(kept), tuple(dict.fromkeys(notes)), profile)


def _why_left_out(name: bytes, body: bytes, is_sound: bool, texts: int) -> str:
  """Why Pillow would refuse the file for a part that nobody needs; empty where it would not.

  `texts`: bytes of all texts so far.
  """
  if not name[:1].islower():  # needed
    return ''
  if not is_sound:
    return 'has a wrong checksum'
  if len(body) < _SHORTEST.get(name, 0):
    return 'is too short'
  if name == b'iCCP' and not 0 < len(_profile(body)) <= _LARGEST:
    return 'is damaged'
  if name in _TEXTS and _unpacked_size(name, body) > _LARGEST:
    return f'takes more than {_mebibytes(_LARGEST)}'
  return 'takes too much' if name in _TEXTS and texts > PngImagePlugin.MAX_TEXT_MEMORY else ''


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes, bool]]:
  """Name, content, the whole, and whether the checksum is right; of pixels, that is not looked at.

  What no chunk begins is handed on as one without a name.
  """
  place = 8
  while place + 12 <= len(data):
    length, name = struct.unpack_from('>I4s', data, place)
    end = place + 12 + length
    if end > len(data) or not name.isalpha():
      break
    body = data[place + 8 : end - 4]
    is_sound = not name[:1].islower() or (
      zlib.crc32(body, zlib.crc32(name)) == struct.unpack_from('>I', data, end - 4)[0]
    )
    yield name, body, data[place:end], is_sound
    place = end
  if place < len(data):
    yield b'', b'', data[place:], True


def _unpacked_size(name: bytes, body: bytes) -> int:
  """Bytes that a text takes, up to a little more than Pillow takes."""
  if name == b'tEXt':
    return len(body)
  _, _, rest = body.partition(b'\0')
  if name == b'iTXt':
    packed, rest = rest[:1] == b'\1', rest[2:]
    rest = rest.split(b'\0', 2)[-1]
    if not packed:
      return len(rest)
  else:
    rest = rest[1:]
  return len(_unpacked(rest, _LARGEST + 1))


def _unpacked(packed: bytes, most: int) -> bytes:
  """The beginning of what it packs; empty where it is damaged."""
  try:
    return zlib.decompressobj().decompress(packed, most)
  except zlib.error:
    return b''


def _profile(body: bytes) -> bytes:
  _, _, rest = body.partition(b'\0')
  return _unpacked(rest[1:], _LARGEST_PROFILE) if rest[:1] == b'\0' else b''


def _mebibytes(size: int) -> str:
  return f'{size / 2**20:.1f} MiB'


def _is_one(found: bytes) -> bool:
  """Whether its head says that it is one, and how long."""
  return found[36:40] == b'acsp' and int.from_bytes(found[:4]) == len(found)


def _jpeg(data: bytes) -> Mended:
  scan = data.rfind(_SCAN)
  if scan < 0 or _END in data[scan:]:
    return Mended(data)  # something may lie behind its end
  # A decoder fills up missing pixels from whatever follows; where none is, nothing changes.
  begun = data.removesuffix(_END[:1])  # half of the marker
  first = _decoded(begun + _END)
  for tail in (b'\xa5\x3c', b'\x5a\xc3'):
    other = _decoded(begun + 99 * tail + _END)
    if first is None or other is None or not np.array_equal(first, other):
      return Mended(data)
  return Mended(
    begun + _END, ('the last bytes of its file are missing; its pixels are all there.',)
  )


def _decoded(data: bytes) -> np.ndarray | None:
  try:
    with Image.open(io.BytesIO(data)) as image:
      limits.check(image.size, 'it')
      return np.asarray(image)
  except Exception:  # as in `image_files.load`
    return None
