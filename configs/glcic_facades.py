"""GLCIC on facades, fine-tuned from a model of scenes, as the paper does for a special kind of
picture.

    glcic-jax train --config configs/glcic_facades.py --workdir runs/facades \\
        --config.data.folder=FOLDER --config.init_from=MODEL

MODEL is a Places2 model: a model directory, or the workdir of configs/glcic_places2.py, of which
`--config.init_networks=both` takes the discriminators too. How long the paper fine-tuned is not
known to us: the lengths of the phases are ours, a tenth of the paper's, for a few hundred pictures.

Cost: a tenth of configs/glcic_places2.py. Expected: not measured.
"""

from glcic_jax import config as config_lib


def get_config() -> config_lib.ConfigDict:
  config = config_lib.default()
  config.data.validation_fraction = 0.06
  config.schedule.reconstruction_steps = 9_000
  config.schedule.discriminator_steps = 1_000
  config.schedule.total_steps = 50_000
  config.validation.every = 1_000
  return config
