"""GLCIC in miniature: all three phases on ten photographs, in three minutes on two CPU cores.

For seeing that everything works, not for its pictures: 64 px, a quarter of the channels,
the photographs inside scikit-image, a cat and a cup of coffee held back.

    glcic-jax train --config configs/quickstart.py --workdir runs/quickstart

Cost: 2 to 3 minutes on two CPU cores, most of it phase 1.
Expected: a hole PSNR on the held-back pictures above that of the mean colour.
"""

from glcic_jax import config as config_lib


def get_config():
  config = config_lib.default()
  config.data.source = 'sample'
  config.image_size = 64
  config.data.resize_short_edge = (64, 128)
  config.mask.side = (16, 32)
  config.model.width = 0.25
  config.model.discriminator_width = 0.25
  config.model.local_size = 32
  config.batch_size = 16
  config.schedule.reconstruction_steps = 240
  config.schedule.discriminator_steps = 20
  config.schedule.total_steps = 300
  config.log_every = 20
  config.checkpoint.every = 100
  config.validation.every = 100
  return config
