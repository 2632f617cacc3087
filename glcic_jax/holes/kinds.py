"""Holes of every kind, drawn in NumPy from a config's `mask` by (seed, index).

The same functions serve the tf.data pipeline, the evaluation and the preview, so
that all of them draw the same holes. A mask is `[H, W, 1]` uint8, 1 = to be
completed. Nothing here keeps state: hole `index` of `seed` is always the same.
"""

from collections.abc import Callable, Sequence
import math
from typing import Any

import numpy as np

from glcic_jax import errors
from glcic_jax.holes import own_masks
from glcic_jax.holes import shapes

Draw = Callable[[np.random.Generator], np.ndarray]


def from_config(config: Any, size: int, seed: int = 0) -> Draw:
  """The function that draws one hole of `config.mask` on a picture of side `size`.

  Args:
    config: see `glcic_jax.config`.
    size: side of the square picture in pixels.
    seed: of what is made once for all holes: the noise of `region`.

  Raises:
    errors.InputError: on an unknown kind, or values that do not fit it.
  """
  _require(config.kind in KINDS, f'mask.kind is {config.kind!r}; the kinds are {", ".join(KINDS)}.')
  return _BUILDERS[config.kind](config, size, seed)


def _rectangle(config: Any, size: int, seed: int) -> Draw:
  del seed
  low, high = config.side
  _require(
    1 <= low <= high <= size,
    f'mask.side is {low} to {high}; give a range within 1 to {size}, the image size.',
  )
  return lambda rng: shapes.rectangle(rng, size, (low, high))


def _rectangles(config: Any, size: int, seed: int) -> Draw:
  del seed
  count = _count('mask.rectangles.count', config.rectangles.count)
  side = _range('mask.rectangles.side', config.rectangles.side, 0, 1)
  return lambda rng: shapes.rectangles(rng, size, count, side)


def _center(config: Any, size: int, seed: int) -> Draw:
  del seed
  side = config.center.side
  _require(
    0 < side < 1, f'mask.center.side is {side}; give a share of the picture between 0 and 1.'
  )
  return lambda rng: shapes.center(size, side)


def _blocks(config: Any, size: int, seed: int) -> Draw:
  del seed
  count = _count('mask.blocks.count', config.blocks.count)
  side = _range('mask.blocks.side', config.blocks.side, 0, 1)
  most = config.blocks.area
  _require(
    (shapes.to_pixels(side, size)[1] / size) ** 2 <= most <= 1,
    f'mask.blocks.area is {most}; give a share, at most 1, in which one block of mask.blocks.side '
    f'({side[1]:g} of the side) fits.',
  )
  return lambda rng: shapes.blocks(rng, size, count, side, most)


def _region(config: Any, size: int, seed: int) -> Draw:
  area = _range('mask.region.area', config.region.area, 0, 1)
  _require(area[0] < area[1], f'mask.region.area is {area}; give a range, as (0.2, 0.3).')
  resolution = config.region.resolution
  _require(
    0 < resolution <= 1,
    f'mask.region.resolution is {resolution}; give points of noise for each '
    'pixel, above 0 and at most 1.',
  )
  noise = shapes.smooth_noise(seed, size, resolution)
  return lambda rng: shapes.region(rng, size, noise, area)


def _strokes(config: Any, size: int, seed: int) -> Draw:
  del seed
  area = _range('mask.strokes.area', config.strokes.area, 0, 1)
  brush = config.strokes.brush
  _require(
    brush in shapes.STROKES,
    f'mask.strokes.brush is {brush!r}; it can be {", ".join(shapes.STROKES)}.',
  )
  _require(
    0 < math.ceil(area[0] * size**2) <= math.floor(area[1] * size**2) < size**2,
    f'mask.strokes.area is {area}; give a range between 0 and 1.',
  )
  return lambda rng: shapes.strokes(rng, size, shapes.STROKES[brush], area)


def _folder(config: Any, size: int, seed: int) -> Draw:
  del seed
  scale = _range('mask.folder.scale', config.folder.scale, 0.1, 10)
  return own_masks.Folder(
    config.folder.path, size, flip=config.folder.flip, rotate=config.folder.rotate, scale=scale
  )


def _mixture(config: Any, size: int, seed: int) -> Draw:
  try:
    weights = {
      kind: float(weight)
      for kind, _, weight in (str(part).partition('=') for part in config.mixture)
    }
  except ValueError:
    weights = {}
  total = sum(weights.values())
  _require(
    0 < total < math.inf
    and min(weights.values()) >= 0
    and weights.keys() <= set(KINDS) - {'mixture'},
    f"mask.mixture is {tuple(config.mixture)}; give kinds with weights, as ('rectangle=1', "
    "'strokes=2').",
  )
  draws = [_BUILDERS[kind](config, size, seed) for kind in weights]
  shares = [weight / total for weight in weights.values()]
  return lambda rng: draws[rng.choice(len(draws), p=shares)](rng)


_BUILDERS = {
  'rectangle': _rectangle,
  'rectangles': _rectangles,
  'center': _center,
  'blocks': _blocks,
  'region': _region,
  'strokes': _strokes,
  'folder': _folder,
  'mixture': _mixture,
}
KINDS = tuple(_BUILDERS)


def describe(config: Any) -> dict[str, Any]:
  """The kind of hole and its own keys, as a model card tells them; no folder's path."""
  if config.kind == 'mixture':
    return {'kind': 'mixture', 'mixture': list(config.mixture)}
  own = {'side': config.side} if config.kind == 'rectangle' else config[config.kind].to_dict()
  return {'kind': config.kind} | {
    key: list(value) if isinstance(value, tuple) else value
    for key, value in own.items()
    if key != 'path'
  }


def _count(key: str, value: Sequence[int]) -> tuple[int, int]:
  value = tuple(value)
  _require(
    len(value) == 2 and all(isinstance(v, int) for v in value) and 1 <= value[0] <= value[1],
    f'{key} is {value}; give the lowest and the highest number, from 1 on.',
  )
  low, high = value
  return low, high


def _range(key: str, value: Sequence[float], lowest: float, highest: float) -> tuple[float, float]:
  value = tuple(value)
  _require(
    len(value) == 2
    and all(isinstance(v, (int, float)) for v in value)
    and lowest <= value[0] <= value[1] <= highest,
    f'{key} is {value}; give a range within {lowest:g} to {highest:g}.',
  )
  low, high = value
  return low, high


def _require(condition: bool, sentence: str) -> None:
  if not condition:
    raise errors.InputError(sentence)
