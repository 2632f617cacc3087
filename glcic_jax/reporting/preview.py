"""What the networks will be fed, drawn before a run: samples, holes, views, and statistics."""

import itertools
from typing import Any

import numpy as np
from PIL import Image
from PIL import ImageDraw

from glcic_jax import batch as batch_lib
from glcic_jax.data import pipeline
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views
from glcic_jax.pages import raster
from glcic_jax.pictures import sheets

_HOLES = 1_000  # drawn for the statistics
_FRAME = (255, 220, 0)


def preview(config: Any, count: int) -> tuple[np.ndarray, dict[str, str]]:
  """The first `count` samples of a run, and statistics of its holes.

  Returns:
    the sheet, `[H, W, 3]` uint8; and the statistics in words.
  """
  feed = pipeline.Pipeline(config, range(config.batch_size))
  color = tuple(config.data.mean_color) or feed.mean_color()
  samples = _samples(feed, count)
  sheet = sheets.contact_sheet(_columns(samples, config.model.local_size, color), cell=160)
  draw = kinds.from_config(config.mask, config.image_size, config.seed)
  holes = np.stack([draw(draws.generator(config.seed, index)) for index in range(_HOLES)])
  area = 100 * holes.mean(axis=(1, 2, 3))
  covered = np.asarray([_covered(hole, config.model.local_size) for hole in holes])
  charts = [
    raster.histogram(area, 'share of holes', 'hole area, % of the picture'),
    raster.heat_map(holes.mean(axis=0)[..., 0], 'how often a pixel is in the hole'),
    raster.histogram(covered, 'share of holes', 'inside the local view, % of the hole'),
  ]
  facts = {
    'pictures': feed.counted,
    **({'masks': masks} if (masks := kinds.counted(config.mask)) else {}),
    'mean colour (RGB, 0 to 255)': ', '.join(f'{255 * level:.0f}' for level in color),
    'hole area, % of the picture': _spread(area),
    'hole inside the local view, %': _spread(covered),
  }
  return _stacked(sheet, np.concatenate(charts, axis=1)), facts


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
  rows = []
  for sample in samples:
    damaged = np.where(sample.mask == 1, fill, sample.image)
    (y, x), (v, u) = np.asarray(sample.view).tolist(), np.asarray(sample.real_view).tolist()
    framed = Image.fromarray(damaged)
    ImageDraw.Draw(framed).rectangle([x, y, x + side - 1, y + side - 1], outline=_FRAME)
    view, real = damaged[y : y + side, x : x + side], sample.image[v : v + side, u : u + side]
    mask = np.repeat(255 * sample.mask, 3, axis=-1)
    rows.append((np.asarray(framed), mask, view, np.asarray(real)))
  names = ('input, local view framed', 'mask', 'local view', 'local view of the real')
  return dict(zip(names, map(list, zip(*rows))))


def _covered(hole: np.ndarray, side: int) -> float:
  """How much of a hole its local view shows, in percent."""
  y, x = views.view_corner(hole, side)
  return 100 * hole[y : y + side, x : x + side].sum() / hole.sum()


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
