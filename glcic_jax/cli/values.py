"""What the value of an option can be: each is a `type=` of argparse that says so in a sentence."""

import argparse
from collections.abc import Callable
import math

from glcic_jax import errors
from glcic_jax import files


def whole_number(
  lowest: int = 1, highest: float = math.inf, what: str = 'a whole number'
) -> Callable[[str], int]:
  """A whole number within bounds, both included."""
  bounds = f', {lowest} or more' if highest == math.inf else f' from {lowest} to {highest}'

  def read(text: str) -> int:
    # Python refuses to read thousands of digits.
    if text.isdecimal() and len(text) < 16 and lowest <= int(text) <= highest:
      return int(text)
    raise _wrong(text, f'{what}{bounds}')

  return read


def pixels(lowest: int, highest: int) -> Callable[[str], int]:
  """A number of pixels within bounds, both included."""
  return whole_number(lowest, highest, 'a number of pixels')


def number(highest: float = math.inf) -> Callable[[str], float]:
  """A finite number above 0."""
  bound = '' if highest == math.inf else f', and at most {highest:g}'

  def read(text: str) -> float:
    value = _float(text)
    if not 0 < value <= highest or math.isinf(value):
      raise _wrong(text, f'a number above 0{bound}')
    return value

  return read


def share(text: str) -> float:
  """A number from 0 to 1."""
  value = _float(text)
  if not 0 <= value <= 1:
    raise _wrong(text, f'a share from 0 to 1{_with_point(text)}')
  return value


def strength(text: str) -> float:
  """A number from 0 to 1, or `off`, which is 0."""
  value = 0.0 if text == 'off' else _float(text)
  if not 0 <= value <= 1:
    raise _wrong(text, f'a number from 0 to 1{_with_point(text)}, or off')
  return value


def color(text: str) -> tuple[int, int, int]:
  """A colour as CSS writes it, as RGB in 0..255; what is transparent about it is left out."""
  from PIL import ImageColor

  try:
    red, green, blue, *_ = ImageColor.getrgb(text)
    if max(red, green, blue) <= 255:
      return red, green, blue
  except ValueError:
    pass
  raise _wrong(text, 'a colour such as #ff00ff or red')


def mean_color(text: str) -> tuple[float, float, float]:
  """`R,G,B`, each from 0 to 1."""
  parts = [_float(part) for part in text.split(',')]
  if len(parts) != 3 or not all(0 <= part <= 1 for part in parts):
    raise _wrong(text, 'three numbers from 0 to 1, such as 0.456,0.447,0.416')
  return (parts[0], parts[1], parts[2])


def text(given: str) -> str:
  """Any text but none, and no address but that of a bucket: the type of options without one."""
  if not given:
    raise argparse.ArgumentTypeError('is empty; give it a value.')
  try:
    files.in_bucket(given)
  except errors.InputError as error:
    raise argparse.ArgumentTypeError(f'is wrong: {error}') from None
  return given


def _float(text: str) -> float:
  """NaN, which is within no bounds, where the text is no number."""
  try:
    return float(text)
  except ValueError:
    return math.nan


def _with_point(text: str) -> str:
  """What to say to a decimal comma."""
  whole, comma, rest = text.partition(',')
  return f', with a point ({whole}.{rest})' if comma and (whole + rest).isdecimal() else ''


def _wrong(text: str, wanted: str) -> argparse.ArgumentTypeError:
  return argparse.ArgumentTypeError(f'is {text!r}; give {wanted}.')
