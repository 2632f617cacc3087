"""Names of files as they can be drawn: Pillow's own font knows English letters alone."""

import functools
import unicodedata

from PIL import ImageFont

_OTHERS = ('DejaVuSans.ttf', 'LiberationSans-Regular.ttf', 'NotoSans-Regular.ttf', 'Arial.ttf')
_NOWHERE = '\uffff'  # is no letter: no font has it
# What falls into no letter and accents.
_PLAIN = {'ß': 'ss', 'æ': 'ae', 'Æ': 'AE', 'œ': 'oe', 'Œ': 'OE', 'ø': 'o', 'Ø': 'O', 'ł': 'l'}
_PLAIN |= {'Ł': 'L', 'đ': 'd', 'Đ': 'D', 'ı': 'i', 'þ': 'th', '–': '-', '—': '-'}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def drawable(text: str, size: int) -> tuple[str, Font]:
  """A text and a font that has all its letters.

  Of the fonts, Pillow's own, or one of this machine's. Where none has them, letters lose their
  accents, and what is no Latin letter becomes a question mark.
  """
  text = unicodedata.normalize('NFC', text)  # a Mac's names hold accents beside their letters
  own = ImageFont.load_default(size)
  for font in [own, *(() if text.isascii() else _fonts(size))]:
    if all(has(font, letter) for letter in set(text)):
      return text, font
  apart = unicodedata.normalize('NFKD', ''.join(_PLAIN.get(letter, letter) for letter in text))
  bare = ''.join(letter for letter in apart if not unicodedata.combining(letter))
  return ''.join(letter if has(own, letter) else '?' for letter in bare), own


def has(font: Font, letter: str) -> bool:
  """Whether a font draws a letter, and not the box that stands for what it has not."""
  drawn, missing = font.getmask(letter), font.getmask(_NOWHERE)
  return drawn.size != missing.size or bytes(drawn) != bytes(missing)


@functools.cache
def _fonts(size: int) -> list[Font]:
  """Those of `_OTHERS` that this machine has."""
  found: list[Font] = []
  for name in _OTHERS:
    try:
      found.append(ImageFont.truetype(name, size))
    except OSError:
      continue
  return found
