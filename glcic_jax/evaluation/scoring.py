"""All scores of one completed picture, with the definition of each."""

from typing import Any, NamedTuple

import numpy as np

from glcic_jax import boxes
from glcic_jax import scores
from glcic_jax.evaluation import texture


class Score(NamedTuple):
  """What a column of scores.csv is."""

  title: str
  region: str  # where it is measured
  unit: str
  better: str  # 'higher', 'lower' or 'near 1'
  definition: str
  mean: str = 'arithmetic'  # or 'geometric': how pictures are averaged


def _of_region(region: str, pixels: str, windows: str) -> dict[str, Score]:
  relative = f"sum of absolute errors over the sum of both pictures' levels, over {pixels}"
  ssim = (
    "Wang's SSIM: 11x11 window, Gaussian of 1.5 px, K1 0.01, K2 0.03, mean of the three channels; "
    f'mean of the windows {windows}'
  )
  found = (
    Score('L1', region, 'share of 255', 'lower', f'mean absolute error of {pixels}'),
    Score('L2', region, 'share of 255 squared', 'lower', f'mean squared error of {pixels}'),
    Score('PSNR', region, 'dB', 'higher', f'10 log10(255^2 / MSE), MSE over {pixels}'),
    Score('SSIM', region, '', 'higher', ssim),
    Score('relative L1', region, '', 'lower', relative),
  )
  return {f'{region}_{score.title.lower().replace(" ", "_")}': score for score in found}


_SEAM = (
  'mean, over neighbours of which one is in the hole and one is not, of | |step in the result| - '
  '|step in the truth| |'
)
_MMAGIC = "mean absolute error of the hole's pixels x100, as MMagic prints its L1"
_ENERGY = (
  "sum of the squares of a level of the picture's Laplacian pyramid over the hole's pixels, over "
  "that of the truth; level 1 is the finest; the tables have the pictures' geometric mean"
)
SCORES = {
  **_of_region('hole', "the hole's pixels", 'centred in the hole'),
  'seam': Score('seam error', 'border of the hole', 'share of 255', 'lower', _SEAM),
  **_of_region('whole', 'all pixels', 'inside the picture'),
  **{
    f'energy_{level + 1}': Score(
      f'energy of level {level + 1}', 'hole', "times the truth's", 'near 1', _ENERGY, 'geometric'
    )
    for level in range(texture.LEVELS)
  },
  'mmagic_l1': Score('L1 x100 (MMagic)', 'hole', '% of 255', 'lower', _MMAGIC),
}

_REACH = scores.SMALLEST_SIDE - 1  # pixels: windows that see a pixel see no other so far from it


def score(completed: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> dict[str, float]:
  """Scores one picture: `completed` and `truth` `[H, W, 3]` uint8, `hole` `[H, W]` bool.

  Returns:
    a number for each of `SCORES`; an infinite PSNR where nothing differs, NaN for `hole_ssim` where
    no window is centred in the hole, and for the energy of a level at which nothing is hole.
  """
  arguments = completed[None], truth[None], hole[None, ..., None]
  values: dict[str, Any] = {}
  for region in ('hole', 'whole'):
    for of in (scores.l1, scores.l2, scores.relative_l1):
      values[f'{region}_{of.__name__}'] = of(*arguments, region=region)[0]
    values[f'{region}_psnr'] = scores.to_psnr(values[f'{region}_l2'])
  values['hole_ssim'], values['whole_ssim'] = _ssim(*arguments)
  values['seam'] = scores.seam(*arguments)[0]
  for level, (energy, there) in enumerate(
    zip(texture.energy(truth, completed, hole), texture.holes(hole)), start=1
  ):
    values[f'energy_{level}'] = energy if there.any() else np.nan
  values['mmagic_l1'] = 100 * values['hole_l1']
  return {name: float(values[name]) for name in SCORES}


def _ssim(completed: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
  """In the hole and in the whole, computed where pictures may differ: other windows have 1."""
  matters = mask[0, ..., 0] | (completed[0] != truth[0]).any(axis=-1)
  box = boxes.grown(boxes.around(matters), _REACH, boxes.whole(matters))
  here = (slice(None), *boxes.slices(box))
  windows = scores.similarity(completed[here], truth[here])
  in_hole = scores.mean_similarity(windows, mask[here], region='hole')[0]
  height, width = (length - _REACH for length in mask.shape[1:3])
  computed = windows.shape[1] * windows.shape[2] / (height * width)
  around = scores.mean_similarity(windows, mask[here], region='whole')[0]
  return float(in_hole), float(1 - computed + computed * around)
