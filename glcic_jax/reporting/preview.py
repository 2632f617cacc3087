"""What the networks will be fed, drawn before a run: samples, holes, local views, and their
statistics.
"""

import itertools
from typing import Any

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from glcic_jax import batch as batch_lib
from glcic_jax.data import pipeline
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views
from glcic_jax.pictures import image_files

_HOLES = 1_000  # drawn for the statistics
_FRAME = (255, 220, 0)
_INK, _PALE, _BAR = (40, 40, 40), (225, 225, 225), (70, 110, 180)
_PANEL = (300, 250)  # width and height of one chart in pixels
_LEFT, _TOP, _RIGHT, _BOTTOM = 48, 30, 16, 48  # margins of a chart


def preview(config: Any, count: int) -> tuple[np.ndarray, dict[str, str]]:
  """The first samples of a run, and statistics of its holes.

  Args:
    config: a checked config.
    count: how many samples to show.

  Returns:
    the sheet, `[H, W, 3]` uint8; and the statistics in words.
  """
  feed = pipeline.Pipeline(config, range(config.batch_size))
  color = tuple(config.data.mean_color) or feed.mean_color()
  samples = _samples(feed, count)
  sheet = image_files.contact_sheet(_columns(samples, config.model.local_size, color), cell=160)
  holes = _draw_holes(config)
  statistics = _statistics(holes, config.model.local_size)
  charts = np.concatenate(
    [
      _histogram(statistics['area'], 'share of holes', 'hole area, % of the picture'),
      _heat_map(holes.mean(axis=0)[..., 0], 'how often a pixel is in the hole'),
      _histogram(statistics['covered'], 'share of holes', 'inside the local view, % of the hole'),
    ],
    axis=1,
  )
  facts = {
    'pictures': f'{feed.counts[0]:,} to train on, {feed.counts[1]:,} held back',
    'mean colour (RGB, 0 to 255)': ', '.join(f'{255 * level:.0f}' for level in color),
    'hole area, % of the picture': _spread(statistics['area']),
    'hole inside the local view, %': _spread(statistics['covered']),
  }
  return _stacked(sheet, charts), facts


def _samples(feed: pipeline.Pipeline, count: int) -> list[batch_lib.Batch]:
  """The first rows of the run, one by one."""
  rows = (
    batch_lib.Batch(*leaves)
    for batch in feed.train(0)
    for leaves in zip(batch.image, batch.mask, batch.view, batch.real_view, batch.weight)
  )
  return list(itertools.islice(rows, count))


def _columns(
  samples: list[batch_lib.Batch], side: int, color: tuple[float, ...]
) -> dict[str, list[np.ndarray]]:
  fill = np.asarray([round(255 * level) for level in color], np.uint8)
  columns = {
    'input, local view framed': [],
    'mask': [],
    'local view': [],
    'local view of the real': [],
  }
  for sample in samples:
    damaged = np.where(sample.mask == 1, fill, sample.image)
    (y, x), (v, u) = sample.view, sample.real_view
    row = (
      _framed(damaged, y, x, side),
      np.repeat(255 * sample.mask, 3, axis=-1),
      damaged[y : y + side, x : x + side],
      sample.image[v : v + side, u : u + side],
    )
    for column, picture in zip(columns.values(), row):
      column.append(picture)
  return columns


def _framed(picture: np.ndarray, y: int, x: int, side: int) -> np.ndarray:
  image = Image.fromarray(picture)
  ImageDraw.Draw(image).rectangle([x, y, x + side - 1, y + side - 1], outline=_FRAME)
  return np.asarray(image)


def _draw_holes(config: Any) -> np.ndarray:
  draw = kinds.from_config(config.mask, config.image_size, config.seed)
  return np.stack([draw(draws.generator(config.seed, index)) for index in range(_HOLES)])


def _statistics(holes: np.ndarray, side: int) -> dict[str, np.ndarray]:
  """In percent, for each hole."""
  covered = []
  for hole in holes:
    y, x = views.view_corner(hole, side)
    covered.append(100 * hole[y : y + side, x : x + side].sum() / hole.sum())
  return {'area': 100 * holes.mean(axis=(1, 2, 3)), 'covered': np.asarray(covered)}


def _spread(values: np.ndarray) -> str:
  return f'{values.mean():.1f} on average, {values.min():.1f} to {values.max():.1f}'


def _stacked(above: np.ndarray, below: np.ndarray) -> np.ndarray:
  """One sheet over another, on white."""
  width = max(above.shape[1], below.shape[1])
  padded = [
    np.pad(sheet, ((0, 0), (0, width - sheet.shape[1]), (0, 0)), constant_values=255)
    for sheet in (above, below)
  ]
  return np.concatenate(padded)


def _chart(title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
  image = Image.new('RGB', _PANEL, 'white')
  draw = ImageDraw.Draw(image)
  draw.text((_LEFT, 8), title, fill=_INK, font=ImageFont.load_default(13))
  return image, draw


def _label(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, anchor: str) -> None:
  draw.text(place, text, fill=_INK, font=ImageFont.load_default(12), anchor=anchor)


def _histogram(values: np.ndarray, title: str, unit: str) -> np.ndarray:
  """Shares of the values in twenty equal bins, with both axes labelled."""
  image, draw = _chart(title)
  low, high = np.floor(values.min()), np.ceil(values.max())
  low, high = (low - 1, high + 1) if low == high else (low, high)
  counts, _ = np.histogram(values, 20, (low, high))
  share = 100 * counts / len(values)
  top = max(share) * 1.05
  width, height = _PANEL[0] - _LEFT - _RIGHT, _PANEL[1] - _TOP - _BOTTOM
  floor = _TOP + height
  for tick in _ticks(0, top):
    y = floor - height * tick / top
    draw.line([_LEFT, y, _LEFT + width, y], fill=_PALE)
    _label(draw, (_LEFT - 6, y), f'{tick:g} %', 'rm')
  for number, part in enumerate(share):
    if part:
      x = _LEFT + width * number / 20
      draw.rectangle([x, floor - height * part / top, x + width / 20 - 2, floor], fill=_BAR)
  draw.line([_LEFT, floor, _LEFT + width, floor], fill=_INK)
  for tick in _ticks(low, high):
    x = _LEFT + width * (tick - low) / (high - low)
    draw.line([x, floor, x, floor + 4], fill=_INK)
    _label(draw, (x, floor + 6), f'{tick:g}', 'mt')
  _label(draw, (_LEFT + width / 2, floor + 26), unit, 'mt')
  return np.asarray(image)


def _ticks(low: float, high: float) -> np.ndarray:
  """Round numbers between two, about five of them."""
  rough = (high - low) / 4
  power = 10.0 ** np.floor(np.log10(rough))
  step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(step - rough))
  return (
    np.round(np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step, 6)
    + 0.0
  )  # no -0


def _heat_map(often: np.ndarray, title: str) -> np.ndarray:
  """`[H, W]` shares as a map: white is never, blue the most often."""
  image, draw = _chart(title)
  side = min(_PANEL[0] - _LEFT - _RIGHT, _PANEL[1] - _TOP - _BOTTOM)
  strength = often / max(often.max(), 1e-9)
  ramp = 255 + strength[..., None] * (np.asarray(_BAR) - 255.0)
  scaled = Image.fromarray(ramp.round().astype(np.uint8)).resize(
    (side, side), Image.Resampling.BILINEAR
  )
  image.paste(scaled, (_LEFT, _TOP))
  draw.rectangle([_LEFT, _TOP, _LEFT + side, _TOP + side], outline=_INK)
  size = len(often)
  for tick in (0, size // 2, size):
    place = side * tick / size
    _label(draw, (_LEFT + place, _TOP + side + 6), f'{tick}', 'mt')
    _label(draw, (_LEFT - 6, _TOP + place), f'{tick}', 'rm')
  _label(draw, (_LEFT + side / 2, _TOP + side + 26), 'pixels', 'mt')
  return np.asarray(_with_scale(image, draw, side, 100 * often.max()))


def _with_scale(
  image: Image.Image, draw: ImageDraw.ImageDraw, side: int, most: float
) -> Image.Image:
  left = _LEFT + side + 12
  for y in range(side):
    share = 1 - y / (side - 1)
    color = tuple(round(255 + share * (bar - 255)) for bar in _BAR)
    draw.line([left, _TOP + y, left + 10, _TOP + y], fill=color)
  _label(draw, (left + 14, _TOP + 6), f'{most:.0f} %', 'lm')
  _label(draw, (left + 14, _TOP + side - 6), '0 %', 'lm')
  return image
