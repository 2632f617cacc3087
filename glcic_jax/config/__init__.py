"""Every key of a run, with its default and what it means; `configs/*.py` start from it.

The defaults are GLCIC as its paper has it (Iizuka et al. 2017), except for where the
data lies. A config file returns `default()` with some values changed; the command line
changes more of them by `--config.key=value`.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import math
from typing import Any

import ml_collections

from glcic_jax import errors
from glcic_jax import methods
from glcic_jax import schedule
from glcic_jax.holes import kinds

ConfigDict = ml_collections.ConfigDict

OPTIMIZERS = ('adadelta', 'adam')


def default() -> ConfigDict:
  """The config of GLCIC on 256 px pictures, locked: unknown keys are refused."""
  config = ConfigDict()
  config.method = (
    'glcic'  # or 'context_encoder_center', 'context_encoder_random', 'context_encoder_alexnet'
  )
  # Which setting of a paper the audit compares with; or 'glcic_celeba', or the name of another
  # method.
  config.paper = 'glcic_places2'
  config.init_from = ''  # a MODEL whose networks a fresh run starts from: fine-tuning
  config.init_networks = 'generator'  # or 'both', from a workdir or a checkpoint
  config.init_optimizer = (
    False  # True: the optimisers' memories too, from a workdir or a checkpoint
  )
  config.seed = 0  # sample i of step s is a function of (seed, s, i)
  config.batch_size = 96  # global: over all devices of all processes
  config.image_size = 256  # pixels; a multiple of 4; for context encoders see methods.py
  config.dtype = (
    'float32'  # of activations: float32 or bfloat16; parameters, statistics and losses stay float32
  )
  config.remat = (
    'none'  # or 'blocks': of the activations, only the convolutions' outputs are kept; same numbers
  )
  config.model = _model()
  config.loss = _loss()
  config.optimizer = ConfigDict(dict(generator=_adadelta(), discriminator=_adadelta()))
  config.schedule = _schedule()
  config.data = _data()
  config.mask = _mask()
  config.log_every = 100  # steps between rows of metrics.csv, each a mean over those steps
  config.checkpoint = ConfigDict()
  config.checkpoint.every = 1_000  # steps
  config.checkpoint.keep = 3  # newest ones; older ones are deleted
  config.validation = _validation()
  return config.lock()


def _model() -> ConfigDict:
  model = ConfigDict()
  model.width = 1.0  # multiplies the channels of the network that completes
  # GLCIC alone.
  model.dilated = True  # False: dilation 1 throughout, the paper's ablation
  # True: the mean colour goes from the whole picture and the hole is 0, as in the authors' released
  # weights.
  model.subtract_mean = False
  model.branches = 'both'  # of the discriminator; or 'local', or 'global', the paper's ablations
  model.discriminator_width = 1.0  # multiplies the discriminators' channels
  model.local_size = 128  # pixels: side of the local discriminator's view
  model.fully_connected_relu = True  # ReLU after each FC 1024; the paper does not say
  # The Context Encoder alone.
  model.bottleneck = (
    'channelwise'  # the paper's channel-wise layer; or 'convolution', the release's
  )
  model.bottleneck_features = 4_000  # channels of the release's
  model.mixing_kernel = 1  # side of the convolution that mixes channels after the paper's; or 3
  model.noise = (
    0  # numbers of noise joined to the bottleneck, drawn by (seed, step); the release: 100
  )
  model.overlap = (
    7  # pixels by which the centre variant's patch overlaps what is known; the release: 4
  )
  return model


def _loss() -> ConfigDict:
  loss = ConfigDict()
  loss.reconstruction_norm = 'l2'  # squared error; or 'l1', absolute error
  # Where it counts: in the 'hole' (GLCIC), in the 'whole' picture (the Context Encoder's random
  # region), or in the 'patch' that the Context Encoder's centre variant predicts.
  loss.reconstruction_region = 'hole'
  loss.reconstruction_mean = (
    'all'  # of that error: over 'all' elements (of the patch), or the 'hole' alone
  )
  loss.overlap_weight = 10.0  # on the error where the patch overlaps what is known
  loss.reconstruction_weight = 1.0
  loss.adversarial_weight = 4e-4  # the paper's alpha, on the completion network's adversarial loss
  loss.adversarial_form = 'non_saturating'  # or 'saturating', the paper's log(1 - D)
  loss.discriminator_weight = 1.0  # on the discriminator's own loss; some ports use alpha here too
  # The paper keeps the norm of the MSE gradient "roughly the same order of magnitude" as the
  # discriminator's at first: for so many joint steps the former is scaled until the two differ by
  # at most the factor. 0 steps: off.
  loss.balance_steps = 0
  loss.balance_factor = 10.0
  return loss


def _adadelta() -> ConfigDict:
  optimizer = ConfigDict()
  optimizer.name = 'adadelta'  # or 'adam'
  optimizer.learning_rate = 1.0  # ADADELTA as in Torch; Adam wants about 2e-4
  optimizer.rho = 0.9  # ADADELTA's decay
  optimizer.beta1 = 0.5  # Adam's
  optimizer.beta2 = 0.999  # Adam's
  optimizer.epsilon = 1e-6  # ADADELTA's; Adam wants 1e-8
  return optimizer


def _schedule() -> ConfigDict:
  steps = ConfigDict()
  steps.phases = (
    'reconstruction',
    'discriminator',
    'joint',
  )  # a phase is left out by leaving out its name
  steps.reconstruction_steps = 90_000  # T_C: completion network alone
  steps.discriminator_steps = 10_000  # T_D: discriminators alone
  steps.total_steps = 500_000  # T_train: all three phases together
  return steps


def _data() -> ConfigDict:
  data = ConfigDict()
  # 'folder'; 'sample', real photographs inside scikit-image; 'tfds:NAME', a dataset prepared by
  # TFDS; 'mixture'
  data.source = 'folder'
  # of pictures, searched in depth; or a glob; or a text file with a path on each line; may be gs://
  data.folder = ''
  data.tfds = ConfigDict(
    dict(dir='', split='train', feature='')
  )  # empty: TFDS's own folder; the only image feature
  data.mixture = ()  # sources with weights: ('folder:photos=3', 'tfds:celeb_a=1', 'sample=0.1')
  data.validation_fraction = 0.01  # of the pictures, held back by a hash of their names
  data.resize_short_edge = (256, 384)  # pixels: drawn for each sample, before the crop
  data.flip = False  # True: half of the training pictures are mirrored left to right
  data.alpha_color = (1.0, 1.0, 1.0)  # RGB in 0..1: what shows through transparent pixels
  data.mean_color = ()  # RGB in 0..1; empty: computed once and kept with the run
  data.mean_color_pictures = 2_048  # how many pictures it is computed from, at most
  data.unreadable_share = 0.01  # of the pictures; more of them unreadable stops the run
  data.allow_changed_listing = False  # True: continue although the folder's listing changed
  # 'pillow'; or 'simd', cykooz-resizer: three times as fast, levels differ by at most 1 of 255 in
  # training crops
  data.resampler = 'pillow'
  data.threads = 0  # that read pictures; 0: one for each core
  return data


def _mask() -> ConfigDict:
  mask = ConfigDict()
  # rectangle (the paper's), rectangles, center, blocks, region, strokes, folder, mixture
  mask.kind = 'rectangle'
  mask.side = (96, 128)  # pixels: height and width of the hole, drawn independently
  mask.shared = (
    False  # True: one hole for all pictures of a training batch, as the Context Encoder's release
  )
  # Of the other kinds, sides and areas are shares of the picture's.
  mask.rectangles = ConfigDict(dict(count=(2, 5), side=(0.1, 0.3)))
  mask.center = ConfigDict(dict(side=0.5))
  mask.blocks = ConfigDict(
    dict(count=(3, 6), side=(0.15, 0.25), area=0.25)
  )  # area: of all together, at most
  mask.region = ConfigDict(
    dict(area=(0.2, 0.3), resolution=0.06)
  )  # resolution: points of noise a pixel
  mask.strokes = ConfigDict(dict(brush='medium', area=(0.05, 0.25)))  # brush: thin, medium or thick
  # Your own masks, white = hole; scale: lowest and highest factor of a random rescaling.
  mask.folder = ConfigDict(dict(path='', flip=False, rotate=False, scale=(1.0, 1.0)))
  mask.mixture = ()  # kinds with weights: ('rectangle=1', 'strokes=2')
  return mask


def _validation() -> ConfigDict:
  validation = ConfigDict()
  validation.every = 5_000  # steps between scores on the held-back pictures; 0: never
  validation.count = 512  # holes scored in held-back pictures: the same ones each time
  validation.samples = 8  # pictures on samples/*.png, drawn at the same steps
  return validation


def check(config: ConfigDict) -> None:
  """Refuses a config that could not run, before anything is read or compiled.

  Raises:
    errors.InputError: naming the key and what it can be.
  """
  check_keys(config, 'the config')
  _check_elements(config)
  schedule.from_config(config.schedule)
  _require_one_of(config, 'paper', schedule.PAPER)
  _require_one_of(config, 'init_networks', ('generator', 'both'))
  _require_one_of(config, 'dtype', ('float32', 'bfloat16', 'float64'))
  _require_one_of(config, 'remat', ('none', 'blocks'))
  _require_one_of(config, 'model.branches', ('both', 'local', 'global'))
  _require_one_of(config, 'model.bottleneck', ('channelwise', 'convolution'))
  _require_one_of(config, 'model.mixing_kernel', (1, 3))
  _require_one_of(config, 'data.resampler', ('pillow', 'simd'))
  _require_one_of(config, 'loss.reconstruction_norm', ('l2', 'l1'))
  _require_one_of(config, 'loss.reconstruction_mean', ('all', 'hole'))
  _require_one_of(config, 'loss.adversarial_form', ('non_saturating', 'saturating'))
  _require_one_of(config, 'optimizer.generator.name', OPTIMIZERS)
  _require_one_of(config, 'optimizer.discriminator.name', OPTIMIZERS)
  for key, (lowest, highest) in _NUMBERS.items():
    _require_number(config, key, lowest, highest)
  for key in ('data.resize_short_edge', 'mask.side'):
    value = tuple(value_of(config, key))
    _require(
      len(value) == 2 and value[0] <= value[1],
      f'{key} is {value}; give the lowest and the highest of a range of whole numbers.',
    )
  methods.check(config)
  size = config.image_size
  _require(
    config.model.local_size <= size,
    f'model.local_size is {config.model.local_size}; give 1 to {size}, the image size.',
  )
  low, high = config.data.resize_short_edge
  _require(
    size <= low,
    f'data.resize_short_edge is {low} to {high}; give a range that starts at {size} or above, '
    'the image size.',
  )
  kinds.from_config(config.mask, size)
  _require(
    config.data.mean_color == () or _is_color(config.data.mean_color),
    f'data.mean_color is {tuple(config.data.mean_color)}; give three numbers from 0 to 1 (red, '
    'green, '
    'blue), or none to have it computed.',
  )
  _require(
    _is_color(config.data.alpha_color),
    f'data.alpha_color is {tuple(config.data.alpha_color)}; give three numbers from 0 to 1 (red, '
    'green, '
    'blue).',
  )


def check_keys(config: Any, name: str) -> None:
  """Refuses what is no config, lacks keys, or has others; `name` is its own, for the message."""
  _require(
    isinstance(config, ConfigDict),
    f'{name} gives no config; return glcic_jax.config.default() with some '
    'values changed from its get_config().',
  )
  keys, known = flatten(config).keys(), flatten(default()).keys()
  for wrong, sentence in (
    (sorted(known - keys), 'lacks the key'),
    (sorted(keys - known), 'has the unknown key'),
  ):
    _require(
      not wrong, f'{name} {sentence} {(wrong or [""])[0]}; start from glcic_jax.config.default().'
    )


def _check_elements(config: ConfigDict) -> None:
  """Several values in brackets are numbers, or texts, as those of the default are."""
  for key, example in flatten(default()).items():
    if isinstance(example, list):
      value, example = tuple(value_of(config, key)), example or _EXAMPLES[key]
      kinds = (
        str if isinstance(example[0], str) else int if isinstance(example[0], int) else (int, float)
      )
      _require(
        all(isinstance(v, kinds) and not isinstance(v, bool) for v in value),
        f'{key} is {value}; give such values as {tuple(example)}.',
      )


_EXAMPLES = {
  'data.mean_color': (0.5, 0.5, 0.5),
  'data.mixture': ('folder:photos=3', 'tfds:celeb_a=1'),
  'mask.mixture': ('rectangle=1', 'strokes=2'),
}


def _is_color(value: Sequence[float]) -> bool:
  return len(value) == 3 and all(0 <= c <= 1 for c in value)


_ANY = math.inf
_TINY = 1e-30  # of what must not be 0
_BELOW_1 = 1 - 1e-9
# The lowest and the highest value of each number that is not checked elsewhere.
_NUMBERS = {
  'seed': (0, 2**31 - 1),
  'batch_size': (1, _ANY),
  'image_size': (16, _ANY),
  'model.width': (1 / 64, _ANY),
  'model.discriminator_width': (1 / 64, _ANY),
  'model.local_size': (1, _ANY),
  'model.bottleneck_features': (1, _ANY),
  'model.noise': (0, _ANY),
  'model.overlap': (0, _ANY),
  'loss.reconstruction_weight': (0, _ANY),
  'loss.overlap_weight': (0, _ANY),
  'loss.adversarial_weight': (0, _ANY),
  'loss.discriminator_weight': (0, _ANY),
  'loss.balance_steps': (0, _ANY),
  'loss.balance_factor': (1, _ANY),
  'data.validation_fraction': (0, _BELOW_1),
  'data.mean_color_pictures': (1, _ANY),
  'data.unreadable_share': (0, 1),
  'data.threads': (0, _ANY),
  'log_every': (1, _ANY),
  'checkpoint.every': (1, _ANY),
  'checkpoint.keep': (1, _ANY),
  'validation.every': (0, _ANY),
  'validation.count': (0, _ANY),
  'validation.samples': (1, _ANY),
} | {
  f'optimizer.{network}.{key}': bounds
  for network in ('generator', 'discriminator')
  for key, bounds in {
    'learning_rate': (_TINY, _ANY),
    'rho': (0, 1 - 1e-9),
    'beta1': (0, 1 - 1e-9),
    'beta2': (0, 1 - 1e-9),
    'epsilon': (_TINY, _ANY),
  }.items()
}


def _require_number(config: ConfigDict, key: str, lowest: float, highest: float) -> None:
  value = value_of(config, key)
  _require(
    math.isfinite(value) and lowest <= value <= highest,
    f'{key} is {value}; give '
    + (
      f'{lowest:g} or more.'
      if highest == _ANY
      else f'{lowest:g} to below 1.'
      if highest == _BELOW_1
      else f'{lowest:g} to {highest:g}.'
    ),
  )


def _require_one_of(config: ConfigDict, key: str, known: Iterable[str]) -> None:
  value = value_of(config, key)
  _require(value in known, f'{key} is {value!r}; it can be {", ".join(map(repr, known))}.')


def value_of(config: Any, key: str) -> Any:
  """The value at a dotted key: `value_of(config, 'mask.side')`."""
  for part in key.split('.'):
    config = config[part]
  return config


def flatten(config: ConfigDict) -> dict[str, Any]:
  """Dotted key -> value, tuples as lists: what `config.json` holds and runs are compared by."""
  flat = {}
  for key, value in config.items():
    if isinstance(value, ConfigDict):
      flat.update({f'{key}.{inner}': v for inner, v in flatten(value).items()})
    else:
      flat[key] = list(value) if isinstance(value, tuple) else value
  return flat


def _require(condition: bool, sentence: str) -> None:
  if not condition:
    raise errors.InputError(sentence)
