"""GLCIC in miniature: all three phases on ten photographs, in three minutes on two CPU cores.

For seeing that everything works, not for its pictures: 64 px, a quarter of the channels,
the photographs inside scikit-image, a cat and a cup of coffee held back.

    glcic-jax train --config configs/quickstart.py --workdir runs/quickstart

Cost: about 2.5 minutes on two CPU cores, a minute of it compiling.
Expected from launch/quickstart.sh (64 rectangles in held-back pictures, seams blended): 16.2 dB
of hole PSNR, 1.4 [1.1, 1.8] above the mean colour; Telea, which needs no training, reaches 15.8.
The network's raw output has 14.5.
"""

from glcic_jax import config as config_lib


def get_config() -> config_lib.ConfigDict:
  config = config_lib.default()
  config.data.source = 'sample'
  config.image_size = 64
  config.data.resize_short_edge = (64, 128)
  config.mask.side = (16, 32)
  config.model.width = 0.25
  config.model.discriminator_width = 0.25
  config.model.local_size = 32
  config.batch_size = 8
  # So few steps are not enough for ADADELTA to gather speed.
  for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
    optimizer.name = 'adam'
    optimizer.learning_rate = 4e-4
    optimizer.epsilon = 1e-8
  # Nor is the joint phase long enough for the two losses to settle: the adversary only shows
  # itself.
  config.loss.adversarial_weight = 1e-4
  config.schedule.reconstruction_steps = 480
  config.schedule.discriminator_steps = 15
  config.schedule.total_steps = 520
  config.log_every = 40
  config.checkpoint.every = 100
  config.validation.every = 100
  config.validation.count = 64
  return config
