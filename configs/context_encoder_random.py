"""The Context Encoder's random-region variant: a full picture in, a full picture out (Pathak et al.
2016).

Holes are crops of thresholded smooth noise that cover 20 to 30 % of the picture, one for each
picture. The squared error is of the whole picture, and the discriminator judges the raw output.
Otherwise as configs/context_encoder_center.py.

    glcic-jax train --config configs/context_encoder_random.py --workdir runs/random \\
        --config.data.folder=FOLDER
    glcic-jax train --config configs/context_encoder_random.py:laptop --workdir runs/random ...

Forms, to be combined with commas:
  laptop          64 px, half as wide, batches of 16, 2,000 steps
  alexnet         the paper's figure 2: AlexNet, 227 px, no adversary
  official        as released: a bottleneck of 4,000 channels, one hole for all pictures of a batch
  shared          one hole for all pictures of a batch, alone
  blocks          several squares in place of regions
  hole            the error of the hole alone, as a mean over it
  l1              absolute error in place of squared
  reconstruction  no adversary
  adversarial     nothing but the adversary
  noise           100 numbers of noise at the bottleneck

Cost: `laptop` 11 minutes on two shared CPU cores, compiling included; the full form was not
measured. Expected: no one has published weights of this variant. `laptop` on 8,714 scenes, 6 % of
them held back, 538 regions: 18.04 dB in the hole, where the mean colour has 12.39 (+5.65) and Telea
18.51; with its seams blended, as `complete` does, 19.06 [18.81, 19.33], 0.56 [0.43, 0.68] above
Telea. The paper's recipe needed no mending: one hole for each picture, the whole picture's squared
error, the joint objective from the first step on. The discriminator is right about 84 % of the real
and 87 % of the completed at the end, so it does not win outright. Colours and horizons continue;
textures show the grid of the up-convolutions. The full form: not measured.
"""

from glcic_jax import config as config_lib


def _laptop(config: config_lib.ConfigDict) -> None:
  config_lib.laptop(config)
  config.model.local_size = config.image_size  # all of the picture is judged


def _alexnet(config: config_lib.ConfigDict) -> None:
  alexnet = config_lib.of('context_encoder_alexnet')
  for key in ('method', 'image_size'):
    config[key] = alexnet[key]
  config.model.local_size = alexnet.image_size
  config.data.resize_short_edge = alexnet.data.resize_short_edge
  config.schedule.reconstruction_steps = config.schedule.total_steps


def get_config(form: str = '') -> config_lib.ConfigDict:
  own = {
    'laptop': _laptop,
    'alexnet': _alexnet,
    'official': config_lib.changes(model__bottleneck='convolution', mask__shared=True),
    'shared': config_lib.changes(mask__shared=True),
    'blocks': config_lib.changes(mask__kind='blocks'),
    'hole': config_lib.changes(
      loss__reconstruction_region='hole', loss__reconstruction_mean='hole'
    ),
  }
  return config_lib.choose(config_lib.of('context_encoder_random'), form, own)
