"""GLCIC on faces: the paper's 160 px form (Iizuka et al. 2017, section 4).

Holes of 48 to 96 px, a local view of 96 px; the global discriminator has one convolution
less. The paper does not say how the pictures are resized: here the short edge becomes 160 to 178,
the width of an aligned CelebA picture.

    glcic-jax train --config configs/glcic_celeba.py --workdir runs/celeba \\
        --config.data.folder=img_align_celeba --config.dtype=bfloat16

Cost: 0.39 of configs/glcic_places2.py.
Expected: MMagic's reimplementation on CelebA at 256 px reports 26.78 dB over the whole picture;
this project has not run it to the end.
"""

from glcic_jax import config as config_lib


def get_config(form: str = '') -> config_lib.ConfigDict:
  return config_lib.choose(config_lib.of('glcic_celeba'), form)
