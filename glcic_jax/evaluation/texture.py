"""How like the truth's the texture in holes is, whatever place it stands at.

Contract: pictures `[H, W, 3]` on the 0..255 scale, of any numeric dtype; masks `[H, W]` or
`[H, W, 1]` with 1 in the hole. No score here needs another network.

`distance` is the sliced Wasserstein distance of Karras, Aila, Laine and Lehtinen 2018 (section 5):
7x7 patches of each level of a Laplacian pyramid, here of those around pixels of the holes. It
compares two sets of patches, not pairs: it is a score of many pictures together. `energy` is a
picture's: how much there is of each level in the hole, over how much there should be. Smooth
completions have a distance of some hundreds and energies near 0; a true texture that stands
elsewhere than the truth's has a small distance and an energy of 1.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.lib import stride_tricks
import scipy.ndimage

LEVELS = 3  # of pyramids, the finest first
SIDE = 7  # pixels: of a patch, at its level
DIRECTIONS = 512
PATCHES = 128  # drawn from each picture and level, where there are so many

_BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16  # Burt and Adelson 1983, as the paper uses it
_SHARE = 0.5  # more of a coarser pixel than this must be hole for it to be hole
_SILENCE = 1e-6  # squared levels: a flat picture has no energy to divide by

Patches = list[np.ndarray]  # for each level [N, 3, 49]
Normal = list[tuple[np.ndarray, np.ndarray]]  # for each level mean and deviation, [1, 3, 1] each


def pyramid(picture: np.ndarray, levels: int = LEVELS) -> list[np.ndarray]:
  """The finest `levels` levels of a Laplacian pyramid, without what is coarser: `[h, w, C]`."""
  result: list[np.ndarray] = []
  fine: np.ndarray = np.asarray(picture, np.float32)
  for _ in range(levels):
    coarse = _smooth(fine, _BINOMIAL)[::2, ::2]
    spread = np.zeros_like(fine)
    spread[::2, ::2] = coarse
    result.append(fine - _smooth(spread, 2 * _BINOMIAL))
    fine = coarse
  return result


def _smooth(picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
  values: np.ndarray = picture
  for axis in (0, 1):
    values = scipy.ndimage.correlate1d(values, weights, axis, mode='mirror')
  return values


def holes(mask: np.ndarray, levels: int = LEVELS) -> list[np.ndarray]:
  """Which pixels of each level are hole: more than half of what they stand for. `[h, w]` bool."""
  share: np.ndarray = (np.reshape(mask, np.shape(mask)[:2]) > 0).astype(np.float32)
  result = []
  for _ in range(levels):
    result.append(share > _SHARE)
    share = np.pad(share, [(0, side % 2) for side in share.shape], mode='edge')
    share = (share[::2, ::2] + share[1::2, ::2] + share[::2, 1::2] + share[1::2, 1::2]) / 4
  return result


def patches_of(
  picture: np.ndarray,
  mask: np.ndarray,
  index: int,
  *,
  levels: int = LEVELS,
  count: int = PATCHES,
  seed: int = 0,
) -> Patches:
  """Patches around pixels of one picture's holes; at the same places for any picture with them.

  Args:
    picture: `[H, W, 3]`.
    mask: its holes.
    index: its number among those that are compared: each picture and level has its own places, so
      that leaving a picture out changes no other's.
    levels: of the pyramid.
    count: of patches from each level, at most.
    seed: of the places.

  Returns:
    for each level `[N, 3, 49]` float32; N is 0 where no patch around a hole lies in the picture.
  """
  found, border = [], SIDE // 2
  for level, (values, hole) in enumerate(zip(pyramid(picture, levels), holes(mask, levels))):
    y, x = np.nonzero(hole[border:-border, border:-border])
    rng = np.random.default_rng((seed, index, level))
    chosen = rng.choice(len(y), min(count, len(y)), replace=False)
    drawn = np.zeros((0, 3, SIDE**2), np.float32)
    if len(chosen):
      windows = stride_tricks.sliding_window_view(values, (SIDE, SIDE), axis=(0, 1))
      drawn = windows[y[chosen], x[chosen]].reshape(len(chosen), 3, SIDE**2)
    found.append(drawn)
  return found


def patches(
  pictures: Iterable[np.ndarray],
  masks: Iterable[np.ndarray],
  *,
  levels: int = LEVELS,
  count: int = PATCHES,
  seed: int = 0,
) -> Patches:
  """Those of several pictures, as `patches_of`, in order."""
  each = [
    patches_of(picture, mask, index, levels=levels, count=count, seed=seed)
    for index, (picture, mask) in enumerate(zip(pictures, masks))
  ]
  return [np.concatenate(level) for level in zip(*each)]


def distance(
  truth: Patches,
  completed: Patches,
  *,
  directions: int = DIRECTIONS,
  seed: int = 1,
  normal: Normal | None = None,
) -> np.ndarray:
  """The sliced Wasserstein distance of two equally large sets of patches, times 1000.

  Channels are normalised by the truth's mean and deviation, so that no level or channel counts for
  its loudness; a distance is the mean over random directions of the mean distance of the sorted
  projections.

  Args:
    truth: as `patches` gives them.
    completed: the same for the completed pictures.
    directions: how many.
    seed: of the directions.
    normal: by which channels are normalised instead: `scales` of more patches.

  Returns:
    `[levels]` float64; 0 for equal sets, NaN for a level without a patch.

  Raises:
    ValueError: if the sets differ in size.
  """
  result = []
  for a, b in projections(
    truth, completed, normal or scales(truth), directions=directions, seed=seed
  ):
    apart = np.abs(np.sort(a) - np.sort(b))
    result.append(1e3 * apart.mean() if apart.size else np.nan)
  return np.array(result)


def scales(truth: Patches) -> Normal:
  """The mean and the deviation of each level's channels."""
  return [
    (
      level.mean((0, 2), keepdims=True, dtype=np.float64),
      np.maximum(level.std((0, 2), keepdims=True, dtype=np.float64), _SILENCE),
    )
    if len(level)
    else (np.zeros((1, 3, 1)), np.ones((1, 3, 1)))
    for level in truth
  ]


def projections(
  truth: Patches, completed: Patches, normal: Normal, *, directions: int = DIRECTIONS, seed: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
  """Both sets of each level on random directions: `[directions, N]` float64 each.

  Args:
    truth: as `patches` gives them.
    completed: the same for the completed pictures.
    normal: by which channels are normalised: see `scales`.
    directions: how many.
    seed: of them.

  Raises:
    ValueError: if the sets differ in size.
  """
  rng = np.random.default_rng(seed)
  for a, b, (mean, deviation) in zip(truth, completed, normal, strict=True):
    if a.shape != b.shape:
      raise ValueError(f'There are {len(a)} patches of the truth, and {len(b)} to compare.')
    axes = rng.standard_normal((a.shape[1] * a.shape[2], directions))
    axes /= np.linalg.norm(axes, axis=0)
    first, second = (axes.T @ ((x - mean) / deviation).reshape(len(x), len(axes)).T for x in (a, b))
    yield first, second


def energy(
  truth: np.ndarray, completed: np.ndarray, mask: np.ndarray, *, levels: int = LEVELS
) -> np.ndarray:
  """The squares of each level in the hole, summed, over the truth's: `[levels]` float64.

  1 is right, 0 smooth; of many pictures take the geometric mean. A level without a pixel of the
  hole has 1.
  """
  ratio = []
  for a, b, hole in zip(pyramid(truth, levels), pyramid(completed, levels), holes(mask, levels)):
    there, wanted = (
      np.square(values[hole], dtype=np.float64).sum() + _SILENCE for values in (b, a)
    )
    ratio.append(there / wanted)
  return np.array(ratio)
