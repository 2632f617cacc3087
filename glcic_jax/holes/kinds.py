"""Holes of every kind, drawn in NumPy from a config's `mask` by (seed, index).

The same functions serve training, the evaluation and the preview, so that all of them
draw the same holes. A mask is `[H, W, 1]` uint8, 1 = to be completed. Nothing here keeps state:
hole `index` of `seed` is always the same.
"""

from collections.abc import Callable
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
    config: each key by itself within the bounds that `config/keys.py` declares.
    size: side of the square picture in pixels.
    seed: of what is made once for all holes: the noise of `region`.

  Raises:
    errors.InputError: on values that do not fit the size or each other.
  """
  return _BUILDERS[config.kind](config, size, seed)


def _rectangle(config: Any, size: int, seed: int) -> Draw:
  del seed
  low, high = config.side
  errors.require(
    high <= size, f'mask.side is {low} to {high}; give a range within 1 to {size}, the image size.'
  )
  return lambda rng: shapes.rectangle(rng, size, (low, high))


def _rectangles(config: Any, size: int, seed: int) -> Draw:
  del seed
  count, side = config.rectangles.count, config.rectangles.side
  return lambda rng: shapes.rectangles(rng, size, count, side)


def _center(config: Any, size: int, seed: int) -> Draw:
  del seed
  side = config.center.side
  return lambda rng: shapes.center(size, side)


def _blocks(config: Any, size: int, seed: int) -> Draw:
  del seed
  count, side, most = config.blocks.count, config.blocks.side, config.blocks.area
  errors.require(
    (shapes.to_pixels(side, size)[1] / size) ** 2 <= most,
    f'mask.blocks.area is {most}; give a share, at most 1, in which one block of mask.blocks.side '
    f'({side[1]:g} of the side) fits.',
  )
  return lambda rng: shapes.blocks(rng, size, count, side, most)


def _region(config: Any, size: int, seed: int) -> Draw:
  area = config.region.area
  errors.require(area[0] < area[1], f'mask.region.area is {area}; give a range, as (0.2, 0.3).')
  noise = shapes.smooth_noise(seed, size, config.region.resolution)
  return lambda rng: shapes.region(rng, size, noise, area)


def _strokes(config: Any, size: int, seed: int) -> Draw:
  del seed
  area, brush = config.strokes.area, shapes.STROKES[config.strokes.brush]
  errors.require(
    0 < math.ceil(area[0] * size**2) <= math.floor(area[1] * size**2) < size**2,
    f'mask.strokes.area is {area}; give a range between 0 and 1.',
  )
  return lambda rng: shapes.strokes(rng, size, brush, area)


def _folder(config: Any, size: int, seed: int) -> Draw:
  del seed
  flip, rotate, scale = config.folder.flip, config.folder.rotate, config.folder.scale
  channel = None if config.folder.channel == 'auto' else config.folder.channel
  return own_masks.Folder(
    config.folder.path, size, flip=flip, rotate=rotate, scale=scale, channel=channel
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
  errors.require(
    0 < total < math.inf
    and min(weights.values()) >= 0
    and weights.keys() <= set(KINDS) - {'mixture'},
    f"mask.mixture is {tuple(config.mixture)}; give kinds with weights, as ('rectangle=1', "
    "'strokes=2').",
  )
  draws = [_BUILDERS[kind](config, size, seed) for kind in weights]
  shares = [weight / total for weight in weights.values()]
  return lambda rng: draws[rng.choice(len(draws), p=shares)](rng)


def counted(config: Any) -> str:
  """What there is in the folder of masks of a `config.mask`, in words; empty without one."""
  chosen = [config.kind] if config.kind != 'mixture' else config.mixture
  if not any(str(part).partition('=')[0] == 'folder' for part in chosen):
    return ''
  channel = None if config.folder.channel == 'auto' else config.folder.channel
  return str(own_masks.survey(config.folder.path, channel))


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
