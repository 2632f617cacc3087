"""What each remedy does to an adversarial game on two hundred photographs, in miniature.

    python benchmarks/game.py --pictures FOLDER --held_back FOLDER --work DIR
        [--count 250] [--first 1500] [--steps 1500] [--variants plain,average,...]

64 px, a quarter of the width, batches of 8. `--count` photographs, spread over FOLDER's listing,
of which a fifth is kept back from training; one first phase for all variants; then `--steps` steps
of the game from it, 100 of them the discriminator's own. Everything is a run in DIR: what was
stopped goes on, what is there is only scored.

For each variant, over the last fifth of the game: how often the discriminator is right on training
and on kept-back pictures, and `gradient_ratio`; then, of the model on photographs of `--held_back`,
seams blended, without detail: PSNR in the hole, energy by level of a Laplacian pyramid over the
truth's and the sliced Wasserstein distance of patches, times 1000; and pictures a second.
"""

from collections.abc import Mapping
import csv
import pathlib
from typing import Any

from absl import app
from absl import flags
import numpy as np
from PIL import Image

from glcic_jax import config as config_lib
from glcic_jax import scores
from glcic_jax.evaluation import texture
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.inference import completer
from glcic_jax.training import loop

_PICTURES = flags.DEFINE_string('pictures', None, 'Photographs to train on.', required=True)
_HELD_BACK = flags.DEFINE_string('held_back', None, 'Photographs to score.', required=True)
_WORK = flags.DEFINE_string('work', None, 'Where the runs lie.', required=True)
_COUNT = flags.DEFINE_integer('count', 250, 'How many photographs.', lower_bound=10)
_FIRST = flags.DEFINE_integer('first', 1_500, 'Steps of the first phase.', lower_bound=1)
_STEPS = flags.DEFINE_integer('steps', 1_500, 'Steps of the game.', lower_bound=200)
_VARIANTS = flags.DEFINE_list('variants', None, 'Some of the variants; all by default.')

_SIDE = 64  # pixels
_SEED = 77  # of the holes that are scored

_AVERAGE = {'average.decay': 0.998}
_BALANCE = {'loss.balance_steps': 10**6, 'loss.balance_factor': 1.0}
_AUGMENTATION = {
  'augmentation.color': 1.0,
  'augmentation.translation': 0.125,
  'augmentation.cutout': 0.25,
}
_PENALTY = {'penalty.weight': 1.0}
_CHANGES: dict[str, dict[str, Any]] = {
  'plain': {},
  'average': _AVERAGE,
  'balance': _BALANCE,
  'augmentation': _AUGMENTATION,
  'penalty': _PENALTY,
  'together': _AVERAGE | _BALANCE | _AUGMENTATION | _PENALTY,
  'all but balance': _AVERAGE | _AUGMENTATION | _PENALTY,
}


def main(arguments: list[str]) -> None:
  """Trains what is not there yet, and prints the table."""
  del arguments
  work = pathlib.Path(_WORK.value)
  work.mkdir(parents=True, exist_ok=True)
  first = work / 'first'
  _train(_config({}, _FIRST.value, 0), first)
  cases = _cases()
  print(
    '| | right on training, kept back | ratio | PSNR | energy | SWD by level | mean | images/s |'
  )
  print('|---|---|---|---|---|---|---|---|')
  _tell('first phase', first, cases)
  for name in _VARIANTS.value or _CHANGES:
    workdir = work / name.replace(' ', '_')
    config = _config(_CHANGES[name], 0, 100)
    config.init_from = str(first / 'model')
    _train(config, workdir)
    _tell(name, workdir, cases)


def _config(changes: Mapping[str, Any], reconstruction: int, alone: int) -> config_lib.ConfigDict:
  config = config_lib.default()
  config_lib.laptop(config)
  config.model.width = config.model.discriminator_width = 0.25
  config.data.folder = str(_listing())
  config.data.validation_fraction = 0.2
  config.batch_size = 8
  config.mask.side = (16, 32)
  for optimizer, rate, beta in (
    (config.optimizer.generator, 2e-4 if alone else 5e-4, 0.5 if alone else 0.9),
    (config.optimizer.discriminator, 2e-4, 0.5),
  ):
    optimizer.update(name='adam', learning_rate=rate, beta1=beta, epsilon=1e-8)
  config.schedule.reconstruction_steps = reconstruction
  config.schedule.discriminator_steps = alone
  config.schedule.total_steps = _STEPS.value if alone else reconstruction
  config.checkpoint.every = config.validation.every = 250
  config.validation.count = 256
  config.update_from_flattened_dict(dict(changes))
  return config


def _listing() -> pathlib.Path:
  """The photographs' names in a file: as many as wanted, spread over the folder."""
  files = sorted(pathlib.Path(_PICTURES.value).resolve().iterdir())
  chosen = [files[i] for i in np.linspace(0, len(files) - 1, _COUNT.value).round().astype(int)]
  listing = pathlib.Path(_WORK.value) / 'photographs.txt'
  listing.write_text(''.join(f'{file}\n' for file in chosen))
  return listing


def _train(config: config_lib.ConfigDict, workdir: pathlib.Path) -> None:
  if not (workdir / 'model' / 'config.json').exists():
    loop.train_and_evaluate(config, workdir)


def _tell(name: str, workdir: pathlib.Path, cases: tuple[np.ndarray, np.ndarray]) -> None:
  """One row of the table."""
  run = _means(workdir)
  truths, masks = cases
  model = completer.Completer.from_pretrained(workdir / 'model')
  done = [model(truth, mask[..., 0] * 255, detail=0.0) for truth, mask in zip(truths, masks)]
  psnr = np.mean(scores.psnr(np.stack(done), truths, masks, region='hole'))
  energy = [texture.energy(*case) for case in zip(truths, done, masks)]
  swd = texture.distance(texture.patches(truths, masks), texture.patches(done, masks))
  accuracy = ' '.join(
    f'{(run[f"{where}real_accuracy"] + run[f"{where}completed_accuracy"]) / 2:.0%}'
    if f'{where}real_accuracy' in run
    else '-'
    for where in ('', 'validation_')
  )
  ratio = f'{run["gradient_ratio"]:.2g}' if 'gradient_ratio' in run else '-'
  energies = ' '.join(f'{x:.2f}' for x in np.exp(np.mean(np.log(energy), axis=0)))
  print(
    f'| {name} | {accuracy} | {ratio} | {psnr:.2f} | {energies} | '
    f'{" ".join(f"{x:.0f}" for x in swd)} | {np.mean(swd):.0f} | {run["images_per_second"]:.0f} |',
    flush=True,
  )


def _means(workdir: pathlib.Path) -> dict[str, float]:
  """Of each column of metrics.csv, over the rows of the last fifth of the steps."""
  with open(workdir / 'metrics.csv') as file:
    rows = list(csv.DictReader(file))
  last = int(rows[-1]['step'])
  columns: dict[str, list[float]] = {}
  for row in rows:
    if int(row['step']) > 0.8 * last:
      for column, value in row.items():
        if value and column != 'phase':
          columns.setdefault(column, []).append(float(value))
  return {column: float(np.mean(values)) for column, values in columns.items()}


def _cases() -> tuple[np.ndarray, np.ndarray]:
  """The middle squares of the photographs to score, twice, `[N, 64, 64, 3]`, and their holes."""
  files = sorted(pathlib.Path(_HELD_BACK.value).iterdir())
  truths = np.stack([_middle(file) for file in files] * 2)
  config = config_lib.default().mask
  config.side = (16, 32)
  draw = kinds.from_config(config, _SIDE)
  return truths, np.stack([draw(draws.generator(_SEED, index)) for index in range(len(truths))])


def _middle(file: pathlib.Path) -> np.ndarray:
  """A photograph's middle square, 64 px."""
  with Image.open(file) as opened:
    picture = opened.convert('RGB')
  side = min(picture.size)
  left, top = ((length - side) // 2 for length in picture.size)
  square = picture.crop((left, top, left + side, top + side))
  return np.asarray(square.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS))


if __name__ == '__main__':
  app.run(main)
