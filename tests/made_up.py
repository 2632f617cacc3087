"""Made-up batches, and the overrides of a run that takes seconds: no file, no TensorFlow."""

import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views

# GLCIC at 32 px and a sixteenth of its channels: 6 steps through all three phases.
TINY = {
  'image_size': 32,
  'data.resize_short_edge': (32, 48),
  'mask.side': (8, 16),
  'model.width': 1 / 16,
  'model.discriminator_width': 1 / 16,
  'model.local_size': 16,
  'batch_size': 8,
  'schedule.reconstruction_steps': 2,
  'schedule.discriminator_steps': 2,
  'schedule.total_steps': 6,
  'log_every': 1,
  'checkpoint.every': 2,
  'validation.every': 3,
  'validation.count': 12,
  'validation.samples': 2,
}


def batch(config, step):
  """Batch `step`: random pictures, real holes and views; a function of the step alone."""
  rng = np.random.default_rng(step)
  count, size = config.batch_size, config.image_size
  draw = kinds.from_config(config.mask, size)

  def corners(drawn):
    return np.stack([views.view_corner(hole, config.model.local_size) for hole in drawn])

  numbers = range(step * count, (step + 1) * count)
  holes = [draw(draws.generator(0, number)) for number in numbers]
  others = [draw(draws.generator(0, draws.neighbour(number))) for number in numbers]
  return batch_lib.Batch(
    image=rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8),
    mask=np.stack(holes),
    view=corners(holes),
    real_view=corners(others),
    weight=np.ones(count, np.float32),
  )


def batches(config):
  """What `train_and_evaluate` takes as `batches`: the first step -> endless batches."""

  def from_step(step):
    while True:
      yield batch(config, step)
      step += 1

  return from_step
