"""GLCIC on a folder of faces, at 128 px, or at 64 px for a laptop.

    glcic-jax train --config configs/glcic_faces.py --workdir runs/faces --config.data.folder=FOLDER
    glcic-jax train --config configs/glcic_faces.py:laptop --workdir runs/faces \\
        --config.data.folder=FOLDER

Pictures are best aligned and larger than the crop. The full form takes a GPU; `laptop` is half as
wide, with a batch of 16 and holes of 16 to 32 px. The ablations of configs/glcic_places2.py can be
added with a comma: `:laptop,undilated`.

Cost: `laptop` half an hour to three quarters on two CPU cores; the full form was not measured.
Expected: `laptop`, on 8,900 aligned faces, 512 held-back holes: hole PSNR 19.8 dB at the end of
phase 1, where filling with the mean colour has 14.5 and OpenCV's Telea 18.2; after the joint phase
18.8, sharper and with false colours, for so short a game does not settle. The discriminator is then
right about 75 % of the real and 74 % of the completed. With seams blended, as `complete` does:
19.54 [19.37, 19.70] on 612 rectangles, where the blend alone, without a network, has 18.55 [18.35,
18.75] (`harmonic`) and Telea 17.66.
"""

from glcic_jax import config as config_lib


def _full(config: config_lib.ConfigDict) -> None:
  config.image_size = 128
  config.data.resize_short_edge = (128, 144)
  config.mask.side = (32, 64)
  config.model.local_size = 64
  config.batch_size = 64
  config.schedule.reconstruction_steps = 20_000
  config.schedule.discriminator_steps = 2_000
  config.schedule.total_steps = 100_000


def _laptop(config: config_lib.ConfigDict) -> None:
  config_lib.laptop(config)
  config.mask.side = (16, 32)
  config.schedule.reconstruction_steps = 2_200
  config.schedule.discriminator_steps = 150
  config.schedule.total_steps = 2_750


def get_config(form: str = 'full') -> config_lib.ConfigDict:
  config = config_lib.of('glcic_celeba')
  config.data.validation_fraction = 0.06
  _full(config)
  return config_lib.choose(config, form, {'full': _full, 'laptop': _laptop})
