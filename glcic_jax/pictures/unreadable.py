"""Why a picture file cannot be read, and what to do: Pillow's complaint in a sentence."""

from collections.abc import Iterator, Sequence
import contextlib
import os
import struct
import sys
import threading

from PIL import Image
from PIL import TiffImagePlugin

_BITS, _COMPRESSION, _SAMPLES, _FORMAT = 258, 259, 277, 339  # tags of a TIFF
_NUMBERS = {1: 'numbers', 2: 'signed numbers', 3: 'fractions'}  # what _FORMAT says
_PACKED = {1: 'B', 3: 'H', 4: 'I', 16: 'Q'}  # types of whole numbers
_MOST = 64  # channels
_AVIF = (b'ftypavif', b'ftypavis')


def of_pixels(name: str, error: Exception, kind: str | None, said: Sequence[str]) -> str:
  """What to say of a file that was opened and cannot be decoded.

  Args:
    name: of the file.
    error: Pillow's.
    kind: of the file, Pillow's name.
    said: lines of `said_below`.
  """
  reason, remedy = _reason(error), 'PNG'
  if kind == 'TIFF':
    reason = said[-1].removeprefix('tempfile.tif: ').rstrip('.') if said else reason
    remedy = 'a plain TIFF or PNG'
  reason += f'; copy it again, or save it as {remedy}'
  return f'{name} cannot be read as a picture ({reason}).'


def of_file(name: str, error: Exception, data: bytes) -> str:
  """What to say of a file that cannot be opened, for all its bytes."""
  reason = _reason(error)
  if data[:4] in (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+'):
    reason = _tiff(data)
  elif data[4:12] in _AVIF and '.avif' not in Image.registered_extensions():
    reason = 'AVIF, which this Pillow does not know; upgrade it to 11.3 or later'
  elif 'cannot identify image file' in reason:
    reason = 'not a picture format that is known here; save it as PNG or JPEG'
  elif 'could not create decoder' in reason:  # WebP's
    reason += '; the file is damaged: copy it again'
  else:
    reason += '; copy it again, or save it as PNG'
  return f'{name} cannot be read as a picture ({reason}).'


def _reason(error: Exception) -> str:
  return str(error).split('\n')[0] or type(error).__name__


def _tiff(data: bytes) -> str:
  """What a TIFF is that Pillow does not open."""
  tags = _tags(data)
  bits, samples = max(tags.get(_BITS, (1,))), tags.get(_SAMPLES, (1,))[0]
  if not tags:
    return 'a TIFF whose directory is damaged or missing; copy it again'
  packing = tags.get(_COMPRESSION, (1,))[0]
  if packing not in TiffImagePlugin.COMPRESSION_INFO:
    return f'a TIFF packed by method {packing}, which Pillow does not know; save it unpacked'
  numbers = _NUMBERS.get(tags.get(_FORMAT, (1,))[0], 'values')
  remedy = 'with 16 bits, or as 32-bit fractions' if samples == 1 else 'with 8 bits a channel'
  if samples > 4:
    remedy = 'as RGB, its colours alone'
  channels = 'one channel' if samples == 1 else f'{samples} channels'
  what = f'a TIFF of {channels} of {bits}-bit {numbers}'
  return f'{what}, which Pillow does not read; save it {remedy}'


def _tags(data: bytes) -> dict[int, tuple[int, ...]]:
  """Those of the first directory of a TIFF that are few whole numbers; none if it is damaged."""
  order, is_big = ('<', '>')[data[:1] == b'M'], 43 in data[2:4]
  # How the place of a directory, the number of its entries and an entry are packed; from where on.
  word, many, line, first = ('Q', 'Q', 'HHQ8s', 8) if is_big else ('I', 'H', 'HHI4s', 4)
  found: dict[int, tuple[int, ...]] = {}
  try:
    (place,) = struct.unpack_from(order + word, data, first)
    (count,) = struct.unpack_from(order + many, data, place)
    start = place + struct.calcsize(order + many)
    for number in range(min(count, 1_000)):
      tag, kind, length, value = struct.unpack_from(
        order + line, data, start + number * struct.calcsize(order + line)
      )
      if kind in _PACKED and 0 < length <= _MOST:
        values = f'{order}{length}{_PACKED[kind]}'
        if struct.calcsize(values) > len(value):
          value = data[struct.unpack(order + word, value)[0] :]
        found[tag] = struct.unpack_from(values, value)
  except (struct.error, OverflowError):
    return {}
  return found


@contextlib.contextmanager
def said_below() -> Iterator[list[str]]:
  """The lines that libraries in C print on stderr meanwhile, which nobody is shown.

  Of the process, so only in the main thread; in another, nothing is kept back.
  """
  lines: list[str] = []
  if threading.current_thread() is not threading.main_thread() or os.name != 'posix':
    yield lines
    return
  with contextlib.suppress(Exception):  # there may be none
    sys.stderr.flush()
  try:
    stderr, (end, start) = os.dup(2), os.pipe()
  except OSError:  # it is closed, or too many files are open
    yield lines
    return
  os.set_blocking(start, False)  # what is too much is lost
  os.dup2(start, 2)
  os.close(start)
  try:
    yield lines
  finally:
    os.dup2(stderr, 2)
    os.close(stderr)
    with os.fdopen(end, 'rb') as pipe:
      lines += pipe.read().decode(errors='replace').splitlines()
