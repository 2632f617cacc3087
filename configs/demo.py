"""The model in the package, `demo`: GLCIC on photographs under open licences, 256 px.

    glcic-jax train --config configs/demo.py --workdir runs/demo_mse --config.data.folder=FOLDER

That is the first phase, and what is shipped: full width, squared error alone, Adam, batches of 32
in bfloat16, holes of four kinds. The shipped weights are those of step 14,000, rounded to float16.
FOLDER held 2,277 photographs; glcic_jax/model_directory/demo/trained_on.csv names each with its
source. Large ones were drawn up to four times as often as small ones, its 1,422 flowers 0.3 times
as often as others of their size; two folders come near to that:

    --config.data.source=mixture --config.data.mixture="('folder:others=3', 'folder:flowers=1')"

The other two phases start from these weights, at the learning rates of the game:

    glcic-jax train --config configs/demo.py:game --workdir runs/demo_game \\
        --config.data.folder=FOLDER --config.init_from=runs/demo_mse/model

Cost: the first phase 302 seconds on one H200 (1,756 pictures a second); the game 40 minutes there
at the measured 1,180 pictures a second of its joint phase. On CPU cores neither is reasonable.

Expected of the first phase, on 79 held-back photographs (the middle square at 256 px, `evaluate`'s
mixture of holes, seed 0, blended): 21.01 dB in the hole [20.17, 21.78], SSIM 0.589; a harmonic
membrane 20.18 and 0.558, Telea 19.18 and 0.538: 0.83 dB [0.60, 1.11] and 1.83 [1.56, 2.14] less. Of
the game: textures appear and colours drift, until they are blended; from step 13,500 the
discriminators get sharp (`gradient_ratio` in metrics.csv: 40 to 70). No score of it was taken.
Since then the model is a moving average, 0.2 to 0.4 dB better in miniature, and a few pictures are
held back, so that the discriminators' accuracy on pictures they have not seen warns in time.
"""

from typing import Any

from glcic_jax import config as config_lib


def _adam(optimizer: Any, learning_rate: float, beta1: float) -> None:
  optimizer.name = 'adam'
  optimizer.learning_rate = learning_rate
  optimizer.beta1 = beta1
  optimizer.epsilon = 1e-8


def _game(config: config_lib.ConfigDict) -> None:
  config.schedule.reconstruction_steps = 0
  config.schedule.discriminator_steps = 1_000
  config.schedule.total_steps = 90_000
  _adam(config.optimizer.generator, 2e-4, 0.5)
  config.average.decay = 0.999
  config.data.validation_fraction = 0.03


def get_config(form: str = '') -> config_lib.ConfigDict:
  config = config_lib.default()
  config.dtype = 'bfloat16'
  config.batch_size = 32
  config.data.validation_fraction = 0.0
  config.mask.kind = 'mixture'
  config.mask.mixture = ('rectangle=1', 'strokes=2', 'region=1', 'blocks=1')
  config.mask.side = (32, 128)
  config.mask.strokes.area = (0.02, 0.3)
  config.mask.region.area = (0.1, 0.3)
  _adam(config.optimizer.generator, 5e-4, 0.9)
  _adam(config.optimizer.discriminator, 5e-5, 0.5)
  config.schedule.reconstruction_steps = config.schedule.total_steps = 14_000
  config.schedule.discriminator_steps = 0
  config.log_every = 200
  config.checkpoint.every = 4_000
  config.validation.every = 4_000
  return config_lib.choose(config, form, {'game': _game})
