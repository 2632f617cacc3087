"""What detail adds to a model's completions, and what each of its terms is worth.

    python benchmarks/detail.py --pictures FOLDER --model MODEL [--count 60] [--skip 0]
        [--rows detail,telea,...] [--leads FILE.npz] [--sheet FILE.png] [--json FILE]

Pictures of 256 px from the middle of photographs, in the order of their names; holes of four kinds
(rectangles, strokes, regions, blocks), the same in every run. For each row: PSNR in the hole (the
mean over pictures), energy by level of a Laplacian pyramid over the truth's (geometric mean), the
sliced Wasserstein distance of patches by level, times 1000, and its mean, and the seconds of CPU
time that a picture takes beyond the completion. `--leads` keeps completions from run to run: most
of the time goes into them.
"""

import json
import pathlib
import time
from typing import Any, NamedTuple

from absl import app
from absl import flags
import numpy as np
from PIL import Image

from glcic_jax import config as config_lib
from glcic_jax import detail
from glcic_jax import scores
from glcic_jax.detail import settings as settings_lib
from glcic_jax.evaluation import texture
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.inference import baselines
from glcic_jax.inference import completer

_PICTURES = flags.DEFINE_string('pictures', None, 'A folder of photographs.', required=True)
_MODEL = flags.DEFINE_string('model', None, 'What leads.', required=True)
_COUNT = flags.DEFINE_integer('count', 60, 'How many pictures.', lower_bound=1)
_SKIP = flags.DEFINE_integer('skip', 0, 'How many at the beginning are left out.', lower_bound=0)
_ROWS = flags.DEFINE_list('rows', None, 'Some of the rows; all by default.')
_LEADS = flags.DEFINE_string('leads', None, 'Completions: read where it is, else written.')
_SHEET = flags.DEFINE_string(
  'sheet', None, 'A picture of holes, completions, the last row, truths.'
)
_JSON = flags.DEFINE_string('json', None, 'Also write the table here.')

_SIDE = 256  # pixels
_SEED = 77  # of the holes

_BANDS = settings_lib.Settings().bands
_FINER = settings_lib.Settings().finer_bands


def _at_once(bands: tuple[settings_lib.Band, ...]) -> tuple[settings_lib.Band, ...]:
  return tuple(band._replace(fade=0.0, rise=0.0) for band in bands)


# Rows with detail: what they change.
_CHANGES: dict[str, dict[str, Any]] = {
  'detail': {},
  'without coarse surroundings': {'context': 0.0},
  'without the known part': {'known': 0.0},
  'without quilting': {'seam': 0.0},
  'without cuts': {'feather': 0.0, 'stride': 16},
  'without energy': {'energy': 0.0, 'most': 1.0, 'least': 1.0},
  'without fading': {'bands': _at_once(_BANDS), 'finer_bands': _at_once(_FINER)},
  'without scale': {'radius': 1e6, 'thin': 0.0},
  'without finer blocks': {'thin': 0.0},
  'without nearness': {'near': 0.0},
  'without the third band': {'bands': _BANDS[:2], 'finer_bands': _FINER[:2]},
}


class Case(NamedTuple):
  """A picture, its hole, and the model's completion."""

  truth: np.ndarray  # [256, 256, 3] uint8
  mask: np.ndarray  # [256, 256, 1] uint8
  lead: np.ndarray  # [256, 256, 3] uint8


def main(arguments: list[str]) -> None:
  """Prints the table."""
  del arguments
  cases = _cases()
  truth = texture.patches([case.truth for case in cases], [case.mask for case in cases])
  rows, done = {}, [case.lead for case in cases]
  print('| | PSNR in the hole | energy by level | SWD by level | mean | s a picture |')
  print('|---|---|---|---|---|---|')
  for name in _ROWS.value or ['completion', 'telea', *_CHANGES]:
    start = time.process_time()
    done = [_complete(name, case) for case in cases]
    seconds = (time.process_time() - start) / len(cases)
    rows[name] = row = {**_scores(cases, done, truth), 'seconds': seconds}
    energy, swd = (' '.join(f'{x:.{n}f}' for x in row[k]) for k, n in (('energy', 2), ('swd', 0)))
    print(
      f'| {name} | {row["psnr"]:.2f} | {energy} | {swd} | {np.mean(row["swd"]):.1f} | '
      f'{seconds:.2f} |',
      flush=True,
    )
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(json.dumps(rows, indent=2))
  if _SHEET.value:
    strips = [
      np.concatenate([np.where(case.mask > 0, 128, case.truth), case.lead, picture, case.truth], 1)
      for case, picture in list(zip(cases, done))[:: max(1, len(cases) // 20)]
    ]
    Image.fromarray(np.concatenate(strips).astype(np.uint8)).save(_SHEET.value)


def _complete(name: str, case: Case) -> np.ndarray:
  if name == 'completion':
    return case.lead
  if name == 'telea':
    return baselines.telea(case.truth, case.mask)
  settings = settings_lib.Settings()._replace(**_CHANGES[name])
  hole = case.mask[..., 0] > 0
  return np.round(detail.add(case.truth, case.lead, hole, settings=settings)).astype(np.uint8)


def _scores(
  cases: list[Case], done: list[np.ndarray], truth: texture.Patches
) -> dict[str, float | list[float]]:
  psnr = [
    scores.psnr(picture[None], case.truth[None], case.mask[None], region='hole')[0]
    for case, picture in zip(cases, done)
  ]
  energy = [texture.energy(case.truth, picture, case.mask) for case, picture in zip(cases, done)]
  swd = texture.distance(truth, texture.patches(done, [case.mask for case in cases]))
  return {
    'psnr': float(np.mean(psnr)),
    'energy': np.exp(np.mean(np.log(energy), axis=0)).tolist(),
    'swd': swd.tolist(),
  }


def _cases() -> list[Case]:
  chosen = slice(_SKIP.value, _SKIP.value + _COUNT.value)
  files = sorted(pathlib.Path(_PICTURES.value).iterdir())[chosen]
  draw = kinds.from_config(_mask_config(), _SIDE)
  pictures = [_middle(file) for file in files]
  masks = [draw(draws.generator(_SEED, _SKIP.value + index)) for index in range(len(files))]
  if _LEADS.value and pathlib.Path(_LEADS.value).exists():
    leads = np.load(_LEADS.value)['leads']
  else:
    model = completer.Completer.from_pretrained(_MODEL.value)
    leads = np.stack(
      [model(picture, mask[..., 0] * 255, detail=0.0) for picture, mask in zip(pictures, masks)]
    )
    if _LEADS.value:
      np.savez_compressed(_LEADS.value, leads=leads)
  return [Case(*case) for case in zip(pictures, masks, leads, strict=True)]


def _mask_config() -> Any:
  config = config_lib.default().mask
  config.kind = 'mixture'
  config.mixture = ('rectangle=1', 'strokes=2', 'region=1', 'blocks=1')
  config.side = (32, 128)
  config.strokes.area = (0.02, 0.3)
  config.region.area = (0.1, 0.3)
  return config


def _middle(file: pathlib.Path) -> np.ndarray:
  """The middle of a photograph whose short side is 320 px at most, and 256 px at least."""
  with Image.open(file) as opened:
    picture = opened.convert('RGB')
  short = min(picture.size)
  scale = 1.25 * _SIDE / short if short > 1.25 * _SIDE else max(1, _SIDE / short)
  size = [max(_SIDE, round(scale * side)) for side in picture.size]
  picture = picture.resize(size, Image.Resampling.LANCZOS)
  left, top = ((side - _SIDE) // 2 for side in size)
  return np.asarray(picture.crop((left, top, left + _SIDE, top + _SIDE)))


if __name__ == '__main__':
  app.run(main)
