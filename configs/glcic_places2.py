"""GLCIC on Places2, the paper's values to the letter but for one (Iizuka et al. 2017, section 4).

256 px crops of pictures resized to a short edge of 256 to 384, holes of 96 to 128 px,
batch 96, ADADELTA, 90,000 + 10,000 + 400,000 steps on 8,097,967 pictures. The one deviation
is the adversarial form; `--config.loss.adversarial_form=saturating` is the paper's.

    glcic-jax train --config configs/glcic_places2.py --workdir runs/places2 \\
        --config.data.folder=places2/data_256_standard --config.dtype=bfloat16

The paper's ablations are forms, to be combined with commas: `configs/glcic_places2.py:local`,
`global`, `both` (discriminators), `mse` (no adversary, as many steps), `undilated` (same
parameters).

Cost: 11.7 exaFLOP (195.3, 111.8 and 257.6 GFLOP for each picture in the three phases); the
authors took about two months on four K80 GPUs.
Expected: the paper prints no PSNR. MMagic's reimplementation on Places365-val reports 23.15 dB
over the whole picture for holes of 108 to 128 px; this project has not run it to the end.
"""

from glcic_jax import config as config_lib


def get_config(form: str = '') -> config_lib.ConfigDict:
  return config_lib.choose(config_lib.default(), form)
