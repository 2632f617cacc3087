"""Copying what was chosen, and joining it to the completion's own."""

import numpy as np

from glcic_jax.detail import bands
from glcic_jax.detail import quilting


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
  hole = np.repeat(np.repeat(quilt.label[box] >= 0, factor, 0), factor, 1)
  result = np.zeros((*hole.shape, values.shape[2]), np.float32)
  y, x = np.nonzero(hole)
  y, x = y + box[0].start * factor, x + box[1].start * factor
  label = np.pad(quilt.label, 1, constant_values=-1)
  shares = _shares(factor, feather)
  total, weight = np.zeros((len(y), values.shape[2]), np.float32), np.zeros(len(y), np.float32)
  for down in range(3):
    for right in range(3):
      number = label[y // factor + down, x // factor + right]
      share = shares[down][y % factor] * shares[right][x % factor]
      some = np.flatnonzero((number >= 0) & (share > 0))
      number, share = number[some], share[some]
      source_y = np.clip(y[some] + factor * quilt.dy[number], 0, len(values) - 1)
      source_x = np.clip(x[some] + factor * quilt.dx[number], 0, values.shape[1] - 1)
      total[some] += share[:, None] * values[source_y, source_x]
      weight[some] += share
  result[hole] = total / weight[:, None]
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
