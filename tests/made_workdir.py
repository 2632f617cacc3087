"""A workdir as training leaves it, made by the writers that training uses, in milliseconds."""

import json

import numpy as np

from glcic_jax import config as config_lib
from glcic_jax.pictures import image_files
from glcic_jax.pictures import sheets
from glcic_jax.training import metrics
from tests import made_up

TRAINING = {
  'reconstruction': ('reconstruction_loss', 'generator_gradient_norm'),
  'discriminator': (
    'discriminator_loss',
    'real_accuracy',
    'completed_accuracy',
    'real_probability',
    'completed_probability',
    'discriminator_gradient_norm',
  ),
  'joint': metrics.STEP_NAMES,
}
LEVELS = {
  'input': 40,
  'raw output': 90,
  'completed': 140,
  'truth': 220,
}  # grey, of the first picture


def config(**changes):
  """`made_up.TINY` with two rows in each phase; in a change, `__` stands for a dot."""
  result = config_lib.default()
  result.update_from_flattened_dict(
    made_up.TINY
    | {
      'schedule.reconstruction_steps': 20,
      'schedule.discriminator_steps': 20,
      'schedule.total_steps': 60,
      'log_every': 10,
    }
  )
  result.update_from_flattened_dict(
    {key.replace('__', '.'): value for key, value in changes.items()}
  )
  return result


def make(folder, *, until=60, rate=80.0, scored=(20, 40, 60), **changes):
  """Writes a run that got to step `until` at `rate` images a second; returns its folder."""
  made = config(**changes)
  folder.mkdir()
  (folder / 'config.json').write_text(json.dumps({'config': config_lib.flatten(made)}))
  table = metrics.Table(folder / 'metrics.csv', until=0)
  for step in range(10, until + 1, 10):
    phase = phase_of(made, step)
    values = {name: 0.5 + index / 10 for index, name in enumerate(TRAINING[phase])}
    table.add(step, phase, values | {'images_per_second': rate})
    if step in scored:
      scores = {
        'validation_hole_psnr': 15 + step / 10,
        'validation_ssim': step / 100,
        'validation_count': 12.0,
      }
      table.add(step, phase, scores)
      write_samples(folder, step)
  for step in range(20, until + 1, 20):
    (folder / 'checkpoints' / str(step) / 'state').mkdir(parents=True)
    (folder / 'checkpoints' / str(step) / 'state' / 'arrays').write_bytes(bytes(1000 * step))
  return folder


def phase_of(made, step):
  """Of the step before a state's."""
  first = made.schedule.reconstruction_steps
  return (
    'reconstruction'
    if step <= first
    else ('discriminator' if step <= first + made.schedule.discriminator_steps else 'joint')
  )


def write_samples(folder, step):
  """Two grey pictures; the completed ones grow lighter by the step."""
  (folder / 'samples').mkdir(exist_ok=True)
  columns = {
    label: [
      np.full((32, 32, 3), level + row + (step if label == 'completed' else 0), np.uint8)
      for row in (0, 10)
    ]
    for label, level in LEVELS.items()
  }
  image_files.write(folder / 'samples' / f'{step:08d}.png', sheets.contact_sheet(columns))
