"""Hole PSNR of models on held-back pictures, beside the mean colour and Telea.

    python benchmarks/held_out.py --config configs/quickstart.py --model runs/quickstart \\
        [--model runs/quickstart/checkpoints/240] [--sheet before_after.png] [--pictures FOLDER] \\
        [--config.KEY=VALUE ...]

The pictures and holes are those of the config's validation: held back by a hash of their names
(the sample source names them), central crops, a fixed mask seed. PSNR is over the hole alone, of
the 8-bit picture that a user gets, averaged over pictures. `--pictures` writes the first picture,
its mask and its damaged form as files, to try `glcic-jax complete` on.
"""

import json
import os

from absl import app
from absl import flags
from absl import logging
import jax
from ml_collections import config_flags
import numpy as np

from glcic_jax import config as config_lib
from glcic_jax import scores
from glcic_jax.data import pipeline
from glcic_jax.evaluation import baselines
from glcic_jax.inference import completer as completer_lib
from glcic_jax.pictures import image_files
from glcic_jax.pictures import sheets

_CONFIG = config_flags.DEFINE_config_file('config')
_MODELS = flags.DEFINE_multi_string('model', [], 'Model directories, workdirs or checkpoints.')
_SHEET = flags.DEFINE_string(
  'sheet', None, 'Where to write a before/after sheet of the first pictures.'
)
_PICTURES = flags.DEFINE_string('pictures', None, 'Folder for the first picture and its mask.')
_JSON = flags.DEFINE_string('json', None, 'Where to write the table as JSON.')


def main(arguments: list[str]) -> None:
  """Scores everything and prints the table."""
  del arguments
  logging.set_verbosity(logging.ERROR)
  config = _CONFIG.value
  config_lib.check(config)
  batches = list(pipeline.Pipeline(config, range(config.batch_size)).validation())
  batch = jax.tree.map(lambda *leaves: np.concatenate(leaves), *batches)
  counted = batch.weight > 0
  image, mask = batch.image[counted], batch.mask[counted]

  completers = {name: completer_lib.Completer.from_pretrained(name) for name in _MODELS.value}
  color = next(iter(completers.values())).description.mean_color
  completed = {
    'mean colour': np.stack([baselines.mean_color(*pair, color) for pair in zip(image, mask)]),
    'Telea': np.stack([baselines.telea(*pair) for pair in zip(image, mask)]),
  }
  for name, completer in completers.items():
    parts = [completer.complete_batch(part.image, part.mask) for part in batches]
    completed[f'{name} (step {completer.description.step:,})'] = np.concatenate(parts)[counted]

  psnr = {
    name: np.asarray(scores.psnr(result, image, mask, region='hole'))
    for name, result in completed.items()
  }
  _print_table(psnr)
  if _JSON.value:
    with open(_JSON.value, 'w') as file:
      json.dump({name: float(values.mean()) for name, values in psnr.items()}, file, indent=2)
  if _SHEET.value:
    _write_sheet(_SHEET.value, image, mask, completed)
  if _PICTURES.value:
    _write_pictures(_PICTURES.value, image[0], mask[0])


def _print_table(psnr: dict[str, np.ndarray]) -> None:
  first = next(iter(psnr.values()))
  width = max(map(len, psnr))
  print(f'Hole PSNR on held-back pictures, {len(first)} holes')
  print(f'{"":<{width}}    dB   above the mean colour')
  for name, values in psnr.items():
    difference = values - first
    error = difference.std() / np.sqrt(len(values))
    print(f'{name:<{width}}  {values.mean():5.2f}   {difference.mean():+.2f} +- {error:.2f}')


def _write_sheet(
  path: str, image: np.ndarray, mask: np.ndarray, completed: dict[str, np.ndarray]
) -> None:
  columns = {'with hole': completed['mean colour'], 'Telea': completed['Telea']}
  columns |= {name.split('/')[-1]: result for name, result in list(completed.items())[2:]}
  columns['truth'] = image
  sheet = sheets.contact_sheet({name: column[:8] for name, column in columns.items()}, cell=192)
  image_files.write(path, sheet)
  print(f'Before and after: {path}')


def _write_pictures(folder: str, image: np.ndarray, mask: np.ndarray) -> None:
  os.makedirs(folder, exist_ok=True)
  image_files.write(os.path.join(folder, 'picture.png'), np.where(mask > 0, np.uint8(255), image))
  image_files.write(os.path.join(folder, 'picture_mask.png'), (mask * np.uint8(255))[..., 0])


if __name__ == '__main__':
  app.run(main)
