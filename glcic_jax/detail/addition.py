"""Adding detail to a completed picture."""

import numpy as np

from glcic_jax.detail import bands
from glcic_jax.detail import blocks
from glcic_jax.detail import laying
from glcic_jax.detail import quilting
from glcic_jax.detail import settings as settings_lib


def add(
  completed: np.ndarray,
  hole: np.ndarray,
  *,
  white: float = 255.0,
  settings: settings_lib.Settings | None = None,
) -> np.ndarray:
  """Puts detail into the hole: as `completed` outside it."""
  settings = settings or settings_lib.Settings()
  radius = bands.depth(np.pad(hole, 1)).max()
  factor = max(1, round(radius / settings.radius))
  height, width = hole.shape
  more = ((0, -height % factor), (0, -width % factor))
  whole = np.pad((completed / white).astype(np.float32), (*more, (0, 0)), mode='edge')
  holes = np.pad(hole, more)
  field = blocks.field(bands.smaller(whole, factor), bands.smaller(holes, factor) > 0, settings)
  grid = blocks.grid(field, settings)
  found = quilting.offsets(field, grid, settings)
  if found is None:
    return completed
  block = settings.block * factor
  low = bands.blur(whole, settings.sigma * factor)
  framed = np.pad(whole - low, ((block, block), (block, block), (0, 0)), mode='reflect')
  dy, dx = (offset * factor for offset in found)
  copied = laying.lay(framed, (grid.y * factor, grid.x * factor), (dy, dx), block, settings)
  copied = copied[block:-block, block:-block]
  fine = laying.join(whole - low, copied, holes, settings.fade * factor)
  result = np.clip(low + fine, 0, 1)[:height, :width] * white
  return np.where(hole[..., None], result, completed)
