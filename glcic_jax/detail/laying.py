"""Copying what was chosen, and joining it to the completion's own."""

import numpy as np
import scipy.ndimage

from glcic_jax.detail import bands
from glcic_jax.detail import quilting

# Of three rows and three columns around a pixel: itself, and all.
_ONE = ((1, 1),)
_NINE = tuple((down, right) for down in range(3) for right in range(3))


def copied(
  values: np.ndarray,
  quilt: quilting.Quilt,
  box: tuple[slice, slice],
  *,
  factor: int,
  feather: float,
) -> np.ndarray:
  """Every pixel of the hole from where its block is copied; those beside a cut are mixed.

  Args:
    values: `[factor H, factor W, C]`.
    quilt: of `[H, W]` pixels.
    box: which of them are wanted, h rows and w columns.
    factor: of the values' size to the quilt's.
    feather: how much beside a cut is mixed: 0, nothing, to 1, as by a quadratic B-spline.

  Returns:
    `[factor h, factor w, C]`; 0 outside the hole.
  """
  shape = [factor * (side.stop - side.start) for side in box]
  result = np.zeros((*shape, values.shape[2]), np.float32)
  label, shares = np.pad(quilt.label, 1, constant_values=-1), _shares(factor, feather)
  beside_a_cut = scipy.ndimage.maximum_filter(quilt.label, 3) != quilt.label
  beside_a_cut |= scipy.ndimage.minimum_filter(quilt.label, 3) != quilt.label
  for where, taps in ((~beside_a_cut, _ONE), (beside_a_cut, _NINE)):
    where = (where & (quilt.label >= 0))[box]
    inner_y, inner_x = np.nonzero(np.repeat(np.repeat(where, factor, 0), factor, 1))
    y, x = inner_y + factor * box[0].start, inner_x + factor * box[1].start
    total, weight = np.zeros((len(y), values.shape[2]), np.float32), np.zeros(len(y), np.float32)
    for down, right in taps:
      number = label[y // factor + down, x // factor + right]
      share = shares[down][y % factor] * shares[right][x % factor] * (number >= 0)
      source_y = np.clip(y + factor * quilt.dy[number], 0, len(values) - 1)
      source_x = np.clip(x + factor * quilt.dx[number], 0, values.shape[1] - 1)
      total += share[:, None] * values[source_y, source_x]
      weight += share
    result[inner_y, inner_x] = total / weight[:, None]
  return result


def gains(quilt: quilting.Quilt, band: int, sigma: float) -> np.ndarray:
  """How much louder each pixel of the hole is to be than it is where it is copied from: `[H, W]`.

  From block to block it changes smoothly, over `sigma` pixels.
  """
  hole = (quilt.label >= 0).astype(np.float32)
  logarithm = hole * np.log(quilt.louder[quilt.label, band])
  near = bands.blur(np.stack([logarithm, hole], axis=-1), sigma)
  return np.exp(near[..., 0] / np.maximum(near[..., 1], 1e-6))


def _shares(factor: int, feather: float) -> np.ndarray:
  """For each of `factor` pixels to a pixel of the quilt, the shares of the pixel before, its own,
  and the one behind: `[3, factor]`.
  """
  place = (np.arange(factor) + 0.5) / factor - 0.5
  before, behind = (feather * (0.5 + sign * place) ** 2 / 2 for sign in (-1, 1))
  return np.stack([before, 1 - before - behind, behind]).astype(np.float32)


def join(
  own: np.ndarray,
  copied: np.ndarray,
  depth: np.ndarray,
  *,
  fade: float,
  rise: float,
  louder: float,
  side: int,
) -> np.ndarray:
  """The completion's own at the hole's border, where it is right and continuous with what is
  known, and the copied `fade` pixels deep in it.

  The mixture is given the energy that is wanted, whether its parts are alike or not: the
  completion's at the border, and `rise` pixels deep that of the copied.

  Args:
    own: `[H, W, C]`, the completion's.
    copied: `[H, W, C]`.
    depth: `[H, W]`, distance to the hole's border.
    fade: in pixels; 0: at once.
    rise: in pixels.
    louder: times the copied's loudness is wanted.
    side: of blocks, in pixels: energies are those around a pixel.
  """
  angle = np.clip(depth / (fade + 1), 0, 1).astype(np.float32) * np.float32(np.pi / 2)
  both = np.sin(angle)[..., None] * copied + np.cos(angle)[..., None] * own
  share = np.clip(depth / (rise + 1), 0, 1).astype(np.float32)
  wanted = share * np.float32(louder**2) * _square(copied) + (1 - share) * _square(own)
  return both * np.clip(_ratio(wanted, _square(both), side), 0.5, 2)[..., None]


def _square(values: np.ndarray) -> np.ndarray:
  """The mean of the channels' squares: `[H, W]`."""
  return np.einsum('hwc,hwc->hw', values, values) / np.float32(values.shape[2])


def _ratio(wanted: np.ndarray, there: np.ndarray, side: int) -> np.ndarray:
  """By what values are to be multiplied for their energy, around each pixel, to be as wanted."""
  around = side // 2 + 1 - side // 2 % 2
  energies = bands.box(wanted, around), bands.box(there, around)
  return np.sqrt(np.maximum(energies[0], 0) / np.maximum(energies[1], 1e-9))
