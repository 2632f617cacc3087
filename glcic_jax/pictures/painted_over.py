"""Photographs that somebody has painted the hole into: no masks, and easily given as one."""

import numpy as np

from glcic_jax import errors
from glcic_jax.pictures import mask_meaning

_SATURATED = 128  # between the lowest and the highest of RGB
_NEAR = 32  # levels by which a lossy file may change a colour
# Shares that the very same colour has at least: of the picture, and of what is near to it. And how
# often it occurs, for once that any other saturated colour does. A photograph's colours vary.
_LEAST, _FLAT, _ALONE = 0.001, 0.05, 4


class PaintedOver(errors.InputError):
  """What is given as a mask is a photograph with the hole painted into it."""

  def __init__(self, name: str, color: tuple[int, int, int]) -> None:
    """Of the mask, and what it is painted with: RGB of 0..255."""
    self.color = '#{:02x}{:02x}{:02x}'.format(*color)
    self.fault = f'{name} looks like a photograph with {self.color} painted over it, and no mask'
    super().__init__(f'{self.fault}; paint what is {self.color} there white and all else black.')


def color(picture: np.ndarray) -> tuple[int, int, int] | None:
  """The colour that is painted over a photograph, if one is.

  Args:
    picture: as of `mask_meaning.array_of`.

  Returns:
    RGB of 0..255: the one saturated colour of a flat area; None where there is none, where the rest
      is no photograph, or where anything is transparent.
  """
  if picture.ndim != 3 or picture.dtype != np.uint8 or picture.shape[2] < 3:
    return None
  if (picture[..., 3:] < 255).any():
    return None
  pixels = mask_meaning.sample(picture[..., :3].reshape(-1, 3)).astype(np.int32)
  vivid = pixels[np.ptp(pixels, axis=1) > _SATURATED]
  if not len(vivid):
    return None
  codes, counts = np.unique(vivid @ (1 << 16, 1 << 8, 1), return_counts=True)
  colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1)
  chosen, most = colors[counts.argmax()], counts.max()
  near = _near(colors, chosen)
  others = counts[~near].max(initial=0)
  if most < max(_LEAST * len(pixels), _FLAT * counts[near].sum(), _ALONE * others):
    return None
  rest = pixels[~_near(pixels, chosen)].astype(np.uint8)
  if not len(rest) or not mask_meaning.is_picture(rest):
    return None
  red, green, blue = chosen.tolist()
  return red, green, blue


def _near(colors: np.ndarray, chosen: np.ndarray) -> np.ndarray:
  """Which of `[N, 3]` are one colour, but for what a lossy file changes: `[N]` bool."""
  return np.abs(colors - chosen).max(axis=-1) <= _NEAR
