"""A folder of the user's own masks as a kind of hole."""

import collections
import functools
import re
import sys
from typing import NamedTuple

from etils import epath
import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.pictures import image_files
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks

_LOOKED_AT = 100  # masks: a second or two
_PLAIN = 'white on black'
_LEVEL = re.compile(r'^[0-9][0-9.]*')


class Folder:
  """The user's own masks: any size, any depth of folders; `mask_meaning` says what is the hole.

  Each is resized until its short edge fits, and cropped in the middle. If asked for, it is
  flipped, turned by quarters and rescaled at random. A mask that is empty or full, as it
  is or after that, gives its place to the next one; so does one that cannot be read, which is
  named.
  """

  def __init__(
    self,
    path: str,
    size: int,
    *,
    flip: bool,
    rotate: bool,
    scale: tuple[float, float],
    channel: mask_meaning.Channel | None = None,
    flag: str = '--config.mask.folder.channel=',
  ):
    """Lists the masks, and reads them until one can be used.

    Args:
      path: of the folder; may be `gs://`.
      size: side of the square pictures in pixels.
      flip: mirror half of them left to right, half top to bottom.
      rotate: turn by 0, 90, 180 or 270 degrees, each as likely.
      scale: lowest and highest factor; a mask that becomes larger is cropped at a random place, one
        that becomes smaller is put at one.
      channel: as `masks.of_image` takes it.
      flag: what gives `channel`, for messages.

    Raises:
      errors.InputError: if there is no such folder, no picture in it, or no mask that has both hole
        and known pixels.
    """
    self._root = epath.Path(path).expanduser()
    if not path or not self._root.is_dir():
      raise errors.InputError(f'There is no folder of masks {str(path)!r}; check mask.folder.path.')
    self._names = sorted(files.walk(self._root, image_files.SUFFIXES))
    if not self._names:
      raise errors.InputError(
        f'{path} holds no masks ({", ".join(image_files.SUFFIXES)}), at any depth.'
      )
    self._size, self._flip, self._rotate, self._scale = size, flip, rotate, scale
    self._channel, self._flag, self._has_said = channel, flag, False
    self._read = functools.lru_cache(4_096)(self._read_packed)
    for number in range(len(self._names)):
      if _is_usable(self._mask(number)):
        return
    raise errors.InputError(self._useless())

  def _useless(self) -> str:
    return (
      f'All {len(self._names)} masks of {self._root} are empty, full or unreadable; paint the '
      'holes white and what is known black.'
    )

  def __call__(self, rng: np.random.Generator) -> np.ndarray:
    """Draws one.

    Raises:
      errors.RunError: if none is left: the folder has changed.
    """
    first = int(rng.integers(len(self._names)))
    for offset in range(len(self._names)):
      plain = self._mask((first + offset) % len(self._names))
      if _is_usable(plain):
        changed = self._changed(rng, plain)
        return (changed if _is_usable(changed) else plain)[..., None].copy()
    raise errors.RunError(self._useless())

  def _mask(self, number: int) -> np.ndarray:
    packed = self._read(number)
    return np.unpackbits(packed, count=self._size**2).reshape(self._size, self._size)

  def _read_packed(self, number: int) -> np.ndarray:
    """One bit a pixel: thousands of masks stay in memory."""
    path = self._root / self._names[number]
    try:
      image = image_files.load(image_files.open_picture(path))
      meaning = masks.meaning_of(image, str(path), channel=self._channel)
    except errors.InputError as error:
      sentence = str(error).replace(f'{mask_meaning.FLAG} ', self._flag)
      _say(f'{sentence} The next mask takes its place.')
      return np.zeros(-(-(self._size**2) // 8), np.uint8)
    if meaning.note and not self._has_said:  # what holds for one mask of a folder holds for many
      self._has_said = True
      _say(f'{path}: {meaning.note} (Said of the first one only.)')
    white = Image.fromarray(meaning.hole.astype(np.uint8))
    scale = self._size / min(white.size)
    width, height = (max(self._size, round(side * scale)) for side in white.size)
    fitted = white.resize((width, height), Image.Resampling.NEAREST)
    left, top = ((side - self._size) // 2 for side in fitted.size)
    return np.packbits(np.asarray(fitted)[top : top + self._size, left : left + self._size])

  def _changed(self, rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    if self._flip:
      for axis in (0, 1):
        if rng.integers(2):
          mask = np.flip(mask, axis)
    if self._rotate:
      mask = np.rot90(mask, int(rng.integers(4)))
    side = max(1, round(self._size * rng.uniform(*self._scale)))
    if side == self._size:
      return mask
    scaled = np.asarray(
      Image.fromarray(np.ascontiguousarray(mask)).resize((side, side), Image.Resampling.NEAREST)
    )
    top, left = rng.integers(0, abs(side - self._size), endpoint=True, size=2)
    if side > self._size:
      return scaled[top : top + self._size, left : left + self._size]
    placed = np.zeros((self._size, self._size), np.uint8)
    placed[top : top + side, left : left + side] = scaled
    return placed


class Survey(NamedTuple):
  """How many masks there are, and what those are that were looked at."""

  total: int
  kinds: collections.Counter[str]  # in words

  def __str__(self) -> str:
    """In words."""
    many = self.kinds.total()
    parts = [f'{count:,} {what}' for what, count in self.kinds.most_common()]
    of_them = f', of {many:,} looked at' if many < self.total else ''
    return f'{self.total:,} {"mask" if self.total == 1 else "masks"}{of_them}: {"; ".join(parts)}'

  @property
  def is_plain(self) -> bool:
    """Whether all are white on black."""
    return set(self.kinds) == {_PLAIN}


def survey(path: str, channel: mask_meaning.Channel | None = None) -> Survey:
  """Looks at up to `_LOOKED_AT` masks of a folder, spread evenly; the rest is of `Folder`."""
  root = epath.Path(path).expanduser()
  names = sorted(files.walk(root, image_files.SUFFIXES))
  many = min(len(names), _LOOKED_AT)
  looked_at = [names[i * len(names) // many] for i in range(many)]
  return Survey(
    len(names), collections.Counter(_understood(root / name, channel) for name in looked_at)
  )


def _understood(path: epath.Path, channel: mask_meaning.Channel | None) -> str:
  """What a mask is, in words that go on where a number ends."""
  try:
    image = image_files.load(image_files.open_picture(path))
    meaning = masks.meaning_of(image, str(path), channel=channel)
  except (errors.InputError, OSError):
    return 'not used, unreadable or unclear'
  if not _is_usable(meaning.hole):
    return 'not used, empty or full'
  note = _LEVEL.sub('a level', meaning.note.rstrip('.'))
  return f'where {note}' if note else _PLAIN


@functools.cache
def _say(sentence: str) -> None:
  """On stderr, once."""
  print(errors.shown(sentence), file=sys.stderr)


def _is_usable(mask: np.ndarray) -> bool:
  return bool(mask.any()) and not mask.all()
