"""Charts as pixels, for sheets that are pictures themselves: a histogram and a map.

Contract: every chart is `[HEIGHT, WIDTH, 3]` uint8, its title above it.
"""

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from glcic_jax.pages import ticks

WIDTH, HEIGHT = 300, 250  # of one chart in pixels
_LEFT, _TOP, _RIGHT, _BOTTOM = 48, 30, 16, 48  # its margins
_INK, _PALE = (40, 40, 40), (225, 225, 225)
BLUE = (70, 110, 180)
_BINS = 20


def histogram(values: np.ndarray, title: str, unit: str) -> np.ndarray:
  """Shares of percentages, at least one, in twenty equal bins; `unit`: below their axis."""
  image, draw = _blank(title)
  low, high = float(np.floor(values.min())), float(np.ceil(values.max()))
  low, high = (max(low - 5, 0.0), min(high + 5, 100.0)) if low == high else (low, high)
  counts, _ = np.histogram(values, _BINS, (low, high))
  shares = 100 * counts / len(values)
  top = shares.max() * 1.05
  width, height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
  floor = _TOP + height
  for tick in ticks.linear(0, top):
    y = floor - height * tick / top
    draw.line([_LEFT, y, _LEFT + width, y], fill=_PALE)
    _write(draw, (_LEFT - 6, y), f'{ticks.label(tick)} %', 'rm')
  for number, share in enumerate(shares):
    if share:
      x = _LEFT + width * number / _BINS
      draw.rectangle([x, floor - height * share / top, x + width / _BINS - 2, floor], fill=BLUE)
  draw.line([_LEFT, floor, _LEFT + width, floor], fill=_INK)
  for tick in ticks.linear(low, high):
    x = _LEFT + width * (tick - low) / (high - low)
    draw.line([x, floor, x, floor + 4], fill=_INK)
    _write(draw, (x, floor + 6), ticks.label(tick), 'mt')
  _write(draw, (_LEFT + width / 2, floor + 26), unit, 'mt')
  return np.asarray(image)


def heat_map(often: np.ndarray, title: str) -> np.ndarray:
  """A square `[S, S]` of shares in [0, 1] as a map: white is never, blue the most often."""
  image, draw = _blank(title)
  side = min(WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM)
  strength = often / max(often.max(), 1e-9)
  square = Image.fromarray(_ramp(strength)).resize((side, side), Image.Resampling.BILINEAR)
  image.paste(square, (_LEFT, _TOP))
  draw.rectangle([_LEFT, _TOP, _LEFT + side, _TOP + side], outline=_INK)
  size = len(often)
  for tick in (0, size // 2, size):
    place = side * tick / size
    _write(draw, (_LEFT + place, _TOP + side + 6), f'{tick}', 'mt')
    _write(draw, (_LEFT - 6, _TOP + place), f'{tick}', 'rm')
  _write(draw, (_LEFT + side / 2, _TOP + side + 26), 'pixels', 'mt')
  scale = np.repeat(np.linspace(1, 0, side)[:, None], 11, axis=1)
  left = _LEFT + side + 12
  image.paste(Image.fromarray(_ramp(scale)), (left, _TOP))
  _write(draw, (left + 14, _TOP + 6), f'{100 * often.max():.0f} %', 'lm')
  _write(draw, (left + 14, _TOP + side - 6), '0 %', 'lm')
  return np.asarray(image)


def _ramp(strength: np.ndarray) -> np.ndarray:
  """`[H, W]` in [0, 1] as colours `[H, W, 3]` uint8, from white to blue."""
  return (255 + strength[..., None] * (np.asarray(BLUE) - 255.0)).round().astype(np.uint8)


def _blank(title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
  image = Image.new('RGB', (WIDTH, HEIGHT), 'white')
  draw = ImageDraw.Draw(image)
  draw.text((_LEFT, 8), title, fill=_INK, font=ImageFont.load_default(13))
  return image, draw


def _write(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, anchor: str) -> None:
  draw.text(place, text, fill=_INK, font=ImageFont.load_default(12), anchor=anchor)
