"""GLCIC on a folder of scenes at 128 px, for one GPU, or at 64 px for a laptop.

    glcic-jax train --config configs/glcic_scenes.py --workdir runs/scenes \\
        --config.data.folder=FOLDER

The paper's recipe at half the side: holes of 48 to 64 px in crops of pictures whose short edge
becomes 128 to 192 px. Smaller pictures are enlarged. `laptop` is half as wide, with a batch of 16,
holes of 16 to 32 px and 2,000 steps, as many as the Context Encoders' `laptop` has. The ablations
of configs/glcic_places2.py can be added with a comma: `:laptop,undilated`.

Cost: a quarter of configs/glcic_places2.py for each step at the same batch, a fifth of its steps;
`laptop` half an hour on two CPU cores. Expected: `laptop` on 8,714 scenes, 512 held-back
rectangles: 17.3 dB in the hole after phase 1, 17.0 at the end. The full form: not run to the end
yet.
"""

from glcic_jax import config as config_lib


def _laptop(config: config_lib.ConfigDict) -> None:
  config_lib.laptop(config)
  config.mask.side = (16, 32)
  config.schedule.reconstruction_steps = 1_000
  config.schedule.discriminator_steps = 100


def get_config(form: str = '') -> config_lib.ConfigDict:
  config = config_lib.default()
  config.image_size = 128
  config.data.resize_short_edge = (128, 192)
  config.data.validation_fraction = 0.06
  config.mask.side = (48, 64)
  config.model.local_size = 64
  config.schedule.reconstruction_steps = 20_000
  config.schedule.discriminator_steps = 2_000
  config.schedule.total_steps = 100_000
  return config_lib.choose(config, form, {'laptop': _laptop})
