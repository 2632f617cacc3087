"""How large a picture may be: our own limit in the place of Pillow's.

Pillow's is a number for the whole process, at which it warns, and raises at its double. Programs
that use this package keep theirs: it is lifted only while a file of ours is opened.
"""

from collections.abc import Iterator
import contextlib
import threading

from PIL import Image

from glcic_jax import errors

MOST_PIXELS = 2**28  # 268 megapixels: any camera's; a file of a few bytes may claim more
FLAG = '--max-pixels'

# Bytes that a pixel takes while its picture is completed, and from how many pixels on they count.
_NEEDED, _LARGE = 28, 2**26

_lock = threading.Lock()
_lifted = 0  # how many threads read now
_before: int | None = None


@contextlib.contextmanager
def lifted() -> Iterator[None]:
  """Pillow opens pictures of any size, in any number of threads; its limit comes back."""
  global _lifted, _before
  with _lock:
    if not _lifted:
      _before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    _lifted += 1
  try:
    yield
  finally:
    with _lock:
      _lifted -= 1
      if not _lifted:
        Image.MAX_IMAGE_PIXELS = _before


def check(size: tuple[int, int], name: str, most: int | None = None) -> None:
  """Refuses a picture of too many pixels (width, height), before any is decoded.

  Args:
    size: width and height.
    name: of the file.
    most: pixels; None: `MOST_PIXELS`.

  Raises:
    errors.InputError: naming the flag that allows more.
  """
  (width, height), most = size, most or MOST_PIXELS
  pixels = width * height
  if pixels > most:
    raise errors.InputError(
      f'{name} cannot be read as a picture ({width}x{height} are {pixels:,} pixels, and {most:,} '
      f'are the most; {FLAG} {pixels} reads it all the same).'
    )


def check_memory(size: tuple[int, int], name: str) -> None:
  """Refuses a picture (width, height) for whose completion there is too little memory now.

  Raises:
    errors.InputError: naming the flag that tries it.
  """
  width, height = size
  pixels = width * height
  needed, free = _NEEDED * pixels, _free_memory() if pixels > _LARGE else None
  if free is not None and needed > free:
    raise errors.InputError(
      f'{name} is too large for here: {width}x{height} px take about {needed / 2**30:.1f} GiB, and '
      f'{free / 2**30:.1f} GiB of memory are free; {FLAG} {pixels} tries it all the same.'
    )


def _free_memory() -> int | None:
  """Bytes, as Linux tells it; None elsewhere."""
  try:
    with open('/proc/meminfo', encoding='ascii') as file:
      lines = dict(line.split(':') for line in file)
    return 1_024 * sum(int(lines[name].split()[0]) for name in ('MemAvailable', 'SwapFree'))
  except (OSError, ValueError, KeyError):
    return None
