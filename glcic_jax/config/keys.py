"""Every key of a config, once: default, bounds, meaning, and whether a run keeps it for life.

Where a default is PAPER, it is what GLCIC's paper states (`methods/glcic.py`, the only place where
that number stands).
"""

from collections.abc import Mapping
import dataclasses
import math
from typing import Any

from glcic_jax import methods

PAPER = object()  # a default that is the paper's

_ANY = math.inf
_ABOVE_0 = 1e-30
_BELOW_1 = 1 - 1e-9


@dataclasses.dataclass(frozen=True)
class Key:
  """One key of a config. A range has two values, a colour three; both keep within the bounds."""

  default: Any
  meaning: str
  among: tuple[Any, ...] = ()  # the only values; empty: see the bounds
  low: float = -_ANY
  high: float = _ANY
  lasting: bool = False  # a run keeps it for life: a resumed run must have it too
  deviation: str = ''  # why the default is not the paper's
  example: tuple[Any, ...] = ()  # of values in brackets, where the default is empty

  def bounds(self) -> str:
    """In words, after 'give'."""
    if self.high == _ANY:
      return f'{self.low:g} or more'
    return f'{self.low:g} to ' + ('below 1' if self.high == _BELOW_1 else f'{self.high:g}')


def _optimizer(network: str) -> dict[str, Key]:
  return {
    f'optimizer.{network}.name': Key(
      PAPER, 'adadelta or adam', among=('adadelta', 'adam'), lasting=True
    ),
    f'optimizer.{network}.learning_rate': Key(
      PAPER, "ADADELTA's as in Torch; Adam wants about 2e-4", low=_ABOVE_0
    ),
    f'optimizer.{network}.rho': Key(0.9, "ADADELTA's decay", low=0, high=_BELOW_1),
    f'optimizer.{network}.beta1': Key(0.5, "Adam's", low=0, high=_BELOW_1),
    f'optimizer.{network}.beta2': Key(0.999, "Adam's", low=0, high=_BELOW_1),
    f'optimizer.{network}.epsilon': Key(
      1e-6, "ADADELTA's, as in Torch; Adam wants 1e-8", low=_ABOVE_0
    ),
  }


KEYS: Mapping[str, Key] = {
  # What is trained, and from what.
  'method': Key(
    methods.DEFAULT,
    'the method, and the experiment of its paper that the audit compares with',
    lasting=True,
  ),
  'init_from': Key('', 'a MODEL whose networks a fresh run starts from: fine-tuning'),
  'init_networks': Key(
    'generator', 'or both, from a workdir or a checkpoint', among=('generator', 'both')
  ),
  'init_optimizer': Key(
    False, "True: the optimisers' memories too, from a workdir or a checkpoint"
  ),
  'seed': Key(
    0, 'sample i of step s is a function of (seed, s, i)', low=0, high=2**31 - 1, lasting=True
  ),
  'batch_size': Key(PAPER, 'global: over all devices of all processes', low=1, lasting=True),
  'image_size': Key(
    PAPER,
    'pixels; a multiple of 4; Context Encoders: 32, 64, 128 or 256, with AlexNet 227',
    low=16,
    lasting=True,
  ),
  'dtype': Key(
    'float32',
    'of activations; parameters, statistics and losses stay float32',
    among=('float32', 'bfloat16', 'float64'),
  ),
  'remat': Key(
    'none',
    "blocks: of the activations, only the convolutions' outputs are kept; same numbers",
    among=('none', 'blocks'),
  ),
  # The networks. GLCIC's:
  'model.width': Key(
    PAPER, 'multiplies the channels of the network that completes', low=1 / 64, lasting=True
  ),
  'model.dilated': Key(
    PAPER, "GLCIC: False: dilation 1 throughout, the paper's ablation", lasting=True
  ),
  'model.subtract_mean': Key(
    False,
    'GLCIC: True: the mean colour goes from the whole picture and the hole is 0, as in the '
    "authors' released weights",
    lasting=True,
  ),
  'model.branches': Key(
    PAPER,
    "GLCIC: of the discriminator; or local, or global, the paper's ablations",
    among=('both', 'local', 'global'),
    lasting=True,
  ),
  'model.discriminator_width': Key(
    PAPER, "multiplies the discriminators' channels", low=1 / 64, lasting=True
  ),
  'model.local_size': Key(
    PAPER, "GLCIC: pixels: side of the local discriminator's view", low=1, lasting=True
  ),
  'model.fully_connected_relu': Key(
    True, 'GLCIC: ReLU after each FC 1024; the paper does not say', lasting=True
  ),
  # The Context Encoders':
  'model.bottleneck': Key(
    'channelwise',
    "Context Encoder: the paper's channel-wise layer; or convolution, the release's",
    among=('channelwise', 'convolution'),
    lasting=True,
  ),
  'model.bottleneck_features': Key(
    4_000, "Context Encoder: channels of the release's bottleneck", low=1, lasting=True
  ),
  'model.mixing_kernel': Key(
    1,
    "Context Encoder: side of the convolution that mixes channels after the paper's bottleneck",
    among=(1, 3),
    lasting=True,
  ),
  'model.noise': Key(
    0,
    'Context Encoder: numbers of noise joined to the bottleneck, drawn by (seed, step); the '
    "release's option: 100",
    low=0,
    lasting=True,
  ),
  'model.overlap': Key(
    7,
    "Context Encoder: pixels by which the centre variant's patch overlaps what is known; the "
    'release: 4',
    low=0,
    lasting=True,
  ),
  # The objective.
  'loss.reconstruction_norm': Key(
    PAPER, 'l2, squared error; or l1, absolute error', among=('l2', 'l1')
  ),
  'loss.reconstruction_region': Key(
    PAPER,
    'where it counts: the hole (GLCIC), the whole picture (Context Encoder, random region), or '
    'the patch that the centre variant predicts',
    among=('hole', 'whole', 'patch'),
  ),
  'loss.reconstruction_mean': Key(
    'all',
    'of that error: over all elements (of the patch), or over the hole alone',
    among=('all', 'hole'),
  ),
  'loss.overlap_weight': Key(
    10.0, 'Context Encoder: on the error where the patch overlaps what is known', low=0
  ),
  'loss.reconstruction_weight': Key(PAPER, 'of the reconstruction loss', low=0),
  'loss.adversarial_weight': Key(
    PAPER, "the paper's alpha, on the completion network's adversarial loss", low=0
  ),
  'loss.adversarial_form': Key(
    'non_saturating',
    'what the completion network minimises: -log D, or saturating, log(1 - D)',
    among=('non_saturating', 'saturating'),
    deviation="the paper's log(1 - D) gives no gradient while D is sure; -log D has the same "
    'fixed point',
  ),
  'loss.discriminator_weight': Key(
    PAPER, "on the discriminator's own loss; some ports use alpha here too", low=0
  ),
  'loss.balance_steps': Key(
    0,
    'for so many joint steps the reconstruction gradient is scaled until its norm and the '
    "adversarial one's differ by at most balance_factor, as the paper does at first; 0: off",
    low=0,
  ),
  'loss.balance_factor': Key(10.0, 'see balance_steps', low=1),
  **_optimizer('generator'),
  **_optimizer('discriminator'),
  # How long.
  'schedule.reconstruction_steps': Key(
    PAPER, 'T_C: the completion network alone; 0: there is no such phase', low=0
  ),
  'schedule.discriminator_steps': Key(
    PAPER, 'T_D: the discriminators alone; 0: there is no such phase', low=0
  ),
  'schedule.total_steps': Key(
    PAPER, 'T_train: both these phases and the joint one, which has the rest', low=1
  ),
  # Pictures.
  'data.source': Key(
    'folder',
    'folder; sample, real photographs inside scikit-image; tfds:NAME, a dataset prepared by '
    'TFDS; mixture',
    lasting=True,
  ),
  'data.folder': Key(
    '',
    'of pictures, searched in depth; or a glob; or a text file with a path on each line; may be '
    'gs://',
  ),
  'data.tfds.dir': Key('', "where TFDS's datasets lie; empty: its own folder"),
  'data.tfds.split': Key('train', 'as TFDS has it', lasting=True),
  'data.tfds.feature': Key(
    '', 'which feature holds the picture; empty: the only image there is', lasting=True
  ),
  'data.mixture': Key(
    (), 'sources with weights', lasting=True, example=('folder:photos=3', 'tfds:celeb_a=1')
  ),
  'data.validation_fraction': Key(
    0.01, 'of the pictures, held back by a hash of their names', low=0, high=_BELOW_1, lasting=True
  ),
  'data.resize_short_edge': Key(
    PAPER, 'pixels: drawn for each sample, before the crop', low=1, lasting=True
  ),
  'data.flip': Key(
    False, 'True: half of the training pictures are mirrored left to right', lasting=True
  ),
  'data.alpha_color': Key(
    (1.0, 1.0, 1.0), 'RGB: what shows through transparent pixels', low=0, high=1, lasting=True
  ),
  'data.mean_color': Key(
    (),
    'RGB; empty: computed once and kept with the run',
    low=0,
    high=1,
    lasting=True,
    example=(0.5, 0.5, 0.5),
  ),
  'data.mean_color_pictures': Key(2_048, 'how many pictures it is computed from, at most', low=1),
  'data.unreadable_share': Key(
    0.01, 'of the pictures; more of them unreadable stops the run', low=0, high=1
  ),
  'data.allow_changed_listing': Key(False, "True: continue although the folder's listing changed"),
  'data.resampler': Key(
    'pillow',
    'or simd, cykooz-resizer: three times as fast, levels differ by at most 1 of 255 in '
    'training crops',
    among=('pillow', 'simd'),
    lasting=True,
  ),
  'data.threads': Key(0, 'that read pictures; 0: one for each core', low=0),
  # Holes. Sides and areas are shares of the picture's, but for mask.side.
  'mask.kind': Key(
    PAPER, 'rectangle, rectangles, center, blocks, region, strokes, folder, mixture', lasting=True
  ),
  'mask.side': Key(
    PAPER, 'rectangle: pixels: height and width, drawn independently', low=1, lasting=True
  ),
  'mask.shared': Key(
    PAPER,
    "True: one hole for all pictures of a training batch, as the Context Encoder's release",
    lasting=True,
  ),
  'mask.rectangles.count': Key((2, 5), 'how many', low=1, lasting=True),
  'mask.rectangles.side': Key((0.1, 0.3), 'of each', low=0, high=1, lasting=True),
  'mask.center.side': Key(
    0.5, 'of the square in the middle', low=_ABOVE_0, high=_BELOW_1, lasting=True
  ),
  'mask.blocks.count': Key((3, 6), 'how many squares', low=1, lasting=True),
  'mask.blocks.side': Key((0.15, 0.25), 'of each', low=0, high=1, lasting=True),
  'mask.blocks.area': Key(0.25, 'of all together, at most', low=0, high=1, lasting=True),
  'mask.region.area': Key((0.2, 0.3), 'of the hole', low=0, high=1, lasting=True),
  'mask.region.resolution': Key(
    0.06, 'points of noise for each pixel', low=_ABOVE_0, high=1, lasting=True
  ),
  'mask.strokes.brush': Key('medium', 'thin, medium or thick', lasting=True),
  'mask.strokes.area': Key((0.05, 0.25), 'of the hole', low=0, high=1, lasting=True),
  'mask.folder.path': Key('', 'masks of your own, white is the hole; may be gs://', lasting=True),
  'mask.folder.flip': Key(False, 'mirror them at random', lasting=True),
  'mask.folder.rotate': Key(False, 'turn them by quarters at random', lasting=True),
  'mask.folder.scale': Key(
    (1.0, 1.0), 'lowest and highest factor of a random rescaling', low=0.1, high=10, lasting=True
  ),
  'mask.mixture': Key((), 'kinds with weights', lasting=True, example=('rectangle=1', 'strokes=2')),
  # What is kept and shown.
  'log_every': Key(100, 'steps between rows of metrics.csv', low=1),
  'checkpoint.every': Key(1_000, 'steps', low=1),
  'checkpoint.keep': Key(3, 'newest ones; older ones are deleted', low=1),
  'validation.every': Key(5_000, 'steps between scores on the held-back pictures; 0: never', low=0),
  'validation.count': Key(
    512, 'holes scored in held-back pictures: the same ones each time', low=0
  ),
  'validation.samples': Key(8, 'pictures on samples/*.png, drawn at the same steps', low=1),
}


def default_of(name: str) -> Any:
  """A key's default: its own, or the paper's."""
  default = KEYS[name].default
  return methods.setting(methods.DEFAULT).paper[name] if default is PAPER else default
