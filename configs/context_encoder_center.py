"""The Context Encoder's centre variant: 128 px in, the 64 px in the middle out (Pathak et al.
2016).

The paper's channel-wise bottleneck, patches that overlap what is known by 7 px with ten times the
weight, 0.999 L2 + 0.001 adversarial from the first step on, Adam with beta1 0.5 at 2e-3 and 2e-4,
batches of 64, mirrored 128 px crops of pictures resized to 350 px.

    glcic-jax train --config configs/context_encoder_center.py --workdir runs/center \\
        --config.data.folder=FOLDER
    glcic-jax train --config configs/context_encoder_center.py:laptop,l1 --workdir runs/l1 ...

Forms, to be combined with commas:
  laptop          64 px in, 32 px out, overlap 4 px, half as wide, batches of 16, 2,000 steps
  l1              absolute error in place of squared
  reconstruction  no adversary
  adversarial     nothing but the adversary
  official        as released: a bottleneck of 4,000 channels, overlap 4 px
  overlap4, overlap0   the overlap alone
  noise           100 numbers of noise at the bottleneck

The hole is filled with the mean colour of the training pictures; the released weights want
--config.data.mean_color="(0.45882,0.40784,0.48627)". A trained model completes only the hole in the
middle.

Cost: `laptop` 8 minutes on two shared CPU cores, without the adversary 4; the full form was not
measured. Expected: on Paris StreetView the paper reports 18.58 dB, L1 9.37 %; this project has not
run it to the end. `laptop` on 8,714 scenes, 6 % of them held back, 538 pictures, seams blended:
19.43 dB in the hole for L2 alone, 19.38 for L1 alone, 18.49 jointly, where the mean colour has
13.43 and Telea 17.97. L2 and L1 are alike, as the paper says, and blurred; the adversary costs 0.94
dB [0.87, 1.01] and gives texture with a grid in it and false colours, not objects: at this size and
after so few steps nobody would prefer it. On 9,500 faces, 612 of them held back, jointly: 22.20 dB
[22.02, 22.37], where GLCIC (configs/glcic_faces.py:laptop) has 19.29 and Telea 18.80.
"""

from glcic_jax import config as config_lib


def _overlap(config: config_lib.ConfigDict, pixels: int) -> None:
  """The patch overlaps what is known by so many pixels: the hole is the rest of it."""
  config.model.overlap = pixels
  config.mask.center.side = 0.5 - 2 * pixels / config.image_size


def _laptop(config: config_lib.ConfigDict) -> None:
  config_lib.laptop(config)
  _overlap(config, 4)


def _official(config: config_lib.ConfigDict) -> None:
  config.model.bottleneck = 'convolution'
  _overlap(config, 4)


def get_config(form: str = '') -> config_lib.ConfigDict:
  own = {
    'laptop': _laptop,
    'official': _official,
    'overlap4': lambda config: _overlap(config, 4),
    'overlap0': lambda config: _overlap(config, 0),
  }
  return config_lib.choose(config_lib.of('context_encoder_center'), form, own)
