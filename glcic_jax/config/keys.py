"""Every key of a config, once: default, bounds, meaning, and whether a run keeps it for life.

Where a default is PAPER, it is what GLCIC's paper states (`methods/glcic.py`, the only place where
that number stands).
"""

from collections.abc import Mapping
from typing import Any

from glcic_jax import methods
from glcic_jax.config import key as key_lib
from glcic_jax.holes import kinds
from glcic_jax.holes import shapes

Key = key_lib.Key
PAPER = key_lib.PAPER
_Lasting, _Aside = key_lib.Lasting, key_lib.Aside
_ABOVE_0, _BELOW_1 = key_lib.ABOVE_0, key_lib.BELOW_1


def _section(name: str, keys: Mapping[str, Key]) -> dict[str, Key]:
  return {f'{name}.{key}': declared for key, declared in keys.items()}


_OPTIMIZER = {
  'name': _Lasting(PAPER, 'adadelta or adam', among=('adadelta', 'adam')),
  'learning_rate': Key(PAPER, "ADADELTA's as in Torch; Adam wants about 2e-4", _ABOVE_0),
  'rho': Key(0.9, "ADADELTA's decay", 0, _BELOW_1),
  'beta1': Key(0.5, "Adam's", 0, _BELOW_1),
  'beta2': Key(0.999, "Adam's", 0, _BELOW_1),
  'epsilon': Key(1e-6, "ADADELTA's, as in Torch; Adam wants 1e-8", _ABOVE_0),
  'warmup_steps': _Lasting(0, 'own updates over which the learning rate rises to its value', 0),
  'decay': _Lasting(
    'constant',
    "what the learning rate does then: constant; or cosine, to 0 at the network's last update",
    among=('constant', 'cosine'),
  ),
}

# What is trained, and from what.
_RUN = {
  'method': _Lasting(
    methods.DEFAULT,
    'the method, and the experiment of its paper that the audit compares with',
    trains=False,  # the audit's title says it
  ),
  'init_from': Key('', 'a MODEL whose networks a fresh run starts from: fine-tuning'),
  'init_networks': Key(
    'generator', 'or both, from a workdir or a checkpoint', among=('generator', 'both')
  ),
  'init_optimizer': Key(
    False, "True: the optimisers' memories too, from a workdir or a checkpoint"
  ),
  'seed': _Lasting(0, 'sample i of step s is a function of (seed, s, i)', 0, 2**31 - 1),
  'batch_size': _Lasting(PAPER, 'global: over all devices of all processes', 1),
  'image_size': _Lasting(
    PAPER, 'pixels; a multiple of 4; Context Encoders: 32, 64, 128 or 256, with AlexNet 227', low=16
  ),
  'dtype': Key(
    'float32',
    'of activations; parameters, statistics and losses stay float32',
    among=('float32', 'bfloat16', 'float64'),
  ),
  'remat': _Aside(
    'none', "blocks: only convolutions' outputs are kept; same numbers", among=('none', 'blocks')
  ),
}

# GLCIC's networks, then the Context Encoders'.
_MODEL = {
  'width': _Lasting(PAPER, 'multiplies the channels of the network that completes', 1 / 64),
  'dilated': _Lasting(PAPER, "GLCIC: False: dilation 1 throughout, the paper's ablation"),
  'subtract_mean': _Lasting(
    False,
    'GLCIC: True: the mean colour goes from the whole picture and the hole is 0, as in the '
    "authors' released weights",
  ),
  'branches': _Lasting(
    PAPER,
    "GLCIC: of the discriminator; or local, or global, the paper's ablations",
    among=('both', 'local', 'global'),
  ),
  'discriminator_width': _Lasting(PAPER, "multiplies the discriminators' channels", 1 / 64),
  'local_size': _Lasting(PAPER, "GLCIC: pixels: side of the local discriminator's view", 1),
  'fully_connected_relu': _Lasting(True, 'GLCIC: ReLU after each FC 1024; the paper does not say'),
  'bottleneck': _Lasting(
    'channelwise',
    "Context Encoder: the paper's channel-wise layer; or convolution, the release's",
    among=('channelwise', 'convolution'),
  ),
  'bottleneck_features': _Lasting(
    4_000, "Context Encoder: channels of the release's bottleneck", 1
  ),
  'mixing_kernel': _Lasting(
    1,
    "Context Encoder: side of the convolution that mixes channels after the paper's bottleneck",
    among=(1, 3),
  ),
  'noise': _Lasting(
    0,
    'Context Encoder: numbers of noise joined to the bottleneck, drawn by (seed, step); the '
    "release's option: 100",
    low=0,
  ),
  'overlap': _Lasting(
    7,
    "Context Encoder: pixels by which the centre variant's patch overlaps what is known; the "
    'release: 4',
    low=0,
  ),
}

_LOSS = {
  'reconstruction_norm': Key(PAPER, 'l2, squared error; or l1, absolute error', among=('l2', 'l1')),
  'reconstruction_region': Key(
    PAPER,
    'where it counts: the hole (GLCIC), the whole picture (Context Encoder, random region), or '
    'the patch that the centre variant predicts',
    among=('hole', 'whole', 'patch'),
  ),
  'reconstruction_mean': Key(
    'all',
    'of that error: over all elements (of the patch), or over the hole alone',
    among=('all', 'hole'),
  ),
  'overlap_weight': Key(
    10.0, 'Context Encoder: on the error where the patch overlaps what is known', 0
  ),
  'reconstruction_weight': Key(PAPER, 'of the reconstruction loss', 0),
  'adversarial_weight': Key(
    PAPER, "the paper's alpha, on the completion network's adversarial loss", 0
  ),
  'adversarial_form': Key(
    'non_saturating',
    'what the completion network minimises: -log D, or saturating, log(1 - D)',
    among=('non_saturating', 'saturating'),
    deviation="the paper's log(1 - D) gives no gradient while D is sure; -log D has the same "
    'fixed point',
  ),
  'discriminator_weight': Key(
    PAPER, "on the discriminator's own loss; some ports use alpha here too", 0
  ),
  'balance_steps': Key(
    0,
    'for so many joint steps the reconstruction gradient is scaled until its norm and the '
    "adversarial one's, at the raw output, differ by at most balance_factor, as the paper does at "
    'first; 0: off; as many as total_steps: throughout',
    low=0,
  ),
  'balance_factor': Key(
    10.0, "see balance_steps; 1: both norms are the same, as with VQGAN's adaptive weight", low=1
  ),
}

# Remedies for a game on few pictures; neither paper has them.
_GAME = {
  'average.decay': _Lasting(
    0.0,
    'of an exponential moving average of the completion network, which is then what is scored, '
    'shown and written as the model; such as 0.999; 0: none is kept',
    0,
    _BELOW_1,
  ),
  'augmentation.color': Key(
    0.0,
    'what D sees, real and completed alike, gets another brightness, saturation and contrast; 1: '
    'as far as in Zhao et al. 2020',
    0,
    1,
  ),
  'augmentation.translation': Key(
    0.0, 'and is moved by up to this share of its side; such as 0.125', 0, 0.5
  ),
  'augmentation.cutout': Key(
    0.0, 'and loses a square, whose side is this share of its own; such as 0.25', 0, 1
  ),
  'penalty.weight': Key(
    0.0,
    "on half the squared norm of D's gradient at real pictures (R1, Mescheder et al. 2018); such "
    'as 1; 0: off',
    low=0,
  ),
  'penalty.every': Key(16, 'steps between penalties, each so many times as strong', 1),
}

_SCHEDULE = {
  'reconstruction_steps': Key(
    PAPER, 'T_C: the completion network alone; 0: there is no such phase', 0
  ),
  'discriminator_steps': Key(PAPER, 'T_D: the discriminators alone; 0: there is no such phase', 0),
  'total_steps': Key(PAPER, 'T_train: both these phases and the joint one, which has the rest', 1),
}

_DATA = {
  'source': _Lasting(
    'folder',
    'folder; sample, real photographs inside scikit-image; tfds:NAME, a dataset prepared by '
    'TFDS; mixture',
  ),
  'folder': _Aside(
    '',
    'of pictures, searched in depth; or a glob; or a text file with a path on each line; may be '
    'gs://',
  ),
  'tfds.dir': _Aside('', "where TFDS's datasets lie; empty: its own folder"),
  'tfds.split': _Lasting('train', 'as TFDS has it'),
  'tfds.feature': _Lasting('', 'which feature holds the picture; empty: the only image there is'),
  'mixture': _Lasting((), 'sources with weights', example=('folder:photos=3', 'tfds:celeb_a=1')),
  'validation_fraction': _Lasting(
    0.01, 'of the pictures, held back by a hash of their names', 0, _BELOW_1
  ),
  'resize_short_edge': _Lasting(PAPER, 'pixels: drawn for each sample, before the crop', 1),
  'flip': _Lasting(False, 'True: half of the training pictures are mirrored left to right'),
  'alpha_color': _Lasting((1.0, 1.0, 1.0), 'RGB: what shows through transparent pixels', 0, 1),
  'mean_color': _Lasting(
    (), 'RGB; empty: computed once and kept with the run', 0, 1, example=(0.5, 0.5, 0.5)
  ),
  'mean_color_pictures': Key(2_048, 'how many pictures it is computed from, at most', 1),
  'unreadable_share': _Aside(0.01, 'of the pictures; more unreadable, 1 apart, stop the run', 0, 1),
  'allow_changed_listing': _Aside(False, "True: continue although the folder's listing changed"),
  'resampler': _Lasting(
    'pillow',
    'or simd, cykooz-resizer: three times as fast, levels differ by at most 1 of 255 in '
    'training crops',
    among=('pillow', 'simd'),
  ),
  'loader': _Aside(
    'auto',
    'tf.data or grain, the same batches to the bit; auto: tf.data where TensorFlow is installed, '
    'else Grain',
    among=('auto', 'tf.data', 'grain'),
  ),
  'threads': _Aside(0, 'that read pictures; 0: one for each core', 0),
  'workers': _Aside(0, "Grain: processes of their own that read pictures; 0: the run's threads", 0),
}

# Sides and areas of holes are shares of the picture's, but for `side`.
_MASK = {
  'kind': _Lasting(
    PAPER,
    'rectangle, rectangles, center, blocks, region, strokes, folder, mixture',
    among=kinds.KINDS,
  ),
  'side': _Lasting(PAPER, 'rectangle: pixels: height and width, drawn independently', 1),
  'shared': _Lasting(
    PAPER, "True: one hole for all pictures of a training batch, as the Context Encoder's release"
  ),
  'rectangles.count': _Lasting((2, 5), 'how many', 1),
  'rectangles.side': _Lasting((0.1, 0.3), 'of each', 0, 1),
  'center.side': _Lasting(0.5, 'of the square in the middle', _ABOVE_0, _BELOW_1),
  'blocks.count': _Lasting((3, 6), 'how many squares', 1),
  'blocks.side': _Lasting((0.15, 0.25), 'of each', 0, 1),
  'blocks.area': _Lasting(0.25, 'of all together, at most', 0, 1),
  'region.area': _Lasting((0.2, 0.3), 'of the hole', 0, 1),
  'region.resolution': _Lasting(0.06, 'points of noise for each pixel', _ABOVE_0, 1),
  'strokes.brush': _Lasting('medium', 'thin, medium or thick', among=tuple(shapes.STROKES)),
  'strokes.area': _Lasting((0.05, 0.25), 'of the hole', 0, 1),
  'folder.path': _Lasting('', 'masks of your own, white is the hole; may be gs://'),
  'folder.channel': _Lasting(
    'auto',
    'what of a mask says where the hole is, where both could: its alpha or its luminance; auto: '
    'what it holds decides',
    among=('auto', 'alpha', 'luminance'),
  ),
  'folder.flip': _Lasting(False, 'mirror them at random'),
  'folder.rotate': _Lasting(False, 'turn them by quarters at random'),
  'folder.scale': _Lasting((1.0, 1.0), 'lowest and highest factor of a random rescaling', 0.1, 10),
  'mixture': _Lasting((), 'kinds with weights', example=('rectangle=1', 'strokes=2')),
}

# What is kept and shown.
_KEPT = {
  'log_every': _Aside(100, 'steps between rows of metrics.csv', 1),
  'keep_programs': _Aside(True, 'compiled programs stay in ~/.cache/glcic_jax for the next start'),
  'checkpoint.every': _Aside(1_000, 'steps', 1),
  'checkpoint.keep': _Aside(3, 'newest ones; older ones are deleted', 1),
  'validation.every': _Aside(5_000, 'steps between scores on the held-back pictures; 0: never', 0),
  'validation.count': _Aside(512, 'holes scored in held-back pictures: the same ones each time', 0),
  'validation.samples': _Aside(8, 'pictures on samples/*.png, drawn at the same steps', 1),
}

KEYS: Mapping[str, Key] = {
  **_RUN,
  **_section('model', _MODEL),
  **_section('loss', _LOSS),
  **_GAME,
  **_section('optimizer.generator', _OPTIMIZER),
  **_section('optimizer.discriminator', _OPTIMIZER),
  **_section('schedule', _SCHEDULE),
  **_section('data', _DATA),
  **_section('mask', _MASK),
  **_KEPT,
}


def default_of(name: str) -> Any:
  """A key's default: its own, or the paper's."""
  default = KEYS[name].default
  return methods.setting(methods.DEFAULT).paper[name] if default is PAPER else default
