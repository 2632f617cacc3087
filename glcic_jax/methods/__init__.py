"""What each method asks of a config: sizes, holes, losses and phases, before anything is built.

The networks themselves are built in `training/method.py`, the only other place that knows methods
by name.
"""

from collections.abc import Sequence
from typing import Any

from glcic_jax import errors

# The Context Encoder halves a picture down to 4x4. The papers' are 128 and 64; the others are ours,
# with a convolution more or less at the fine end.
POWERS_OF_TWO = (32, 64, 128, 256)
ALEXNET_SIDE = 227


def check(config: Any) -> None:
  """Refuses a config that its method cannot run.

  Raises:
    errors.InputError: naming the key and what it can be.
  """
  _require(
    config.method in METHODS,
    f'method is {config.method!r}; it can be {", ".join(map(repr, METHODS))}.',
  )
  _require(
    config.paper == config.method or config.method == 'glcic' and config.paper.startswith('glcic'),
    f'paper is {config.paper!r}, with which the audit cannot compare method {config.method}; give '
    f'--config.paper={"glcic_places2" if config.method == "glcic" else config.method}.',
  )
  _check_weights(config)
  METHODS[config.method](config)


def _check_weights(config: Any) -> None:
  """A weight of 0 would skip a phase as surely as no steps."""
  phases, loss = set(config.schedule.phases), config.loss
  _require(
    'reconstruction' not in phases or loss.reconstruction_weight > 0,
    'loss.reconstruction_weight is 0, and the reconstruction phase has nothing else to learn from; '
    'give a '
    'weight, or leave the phase out of schedule.phases.',
  )
  _require(
    'joint' not in phases or loss.reconstruction_weight + loss.adversarial_weight > 0,
    'loss.reconstruction_weight and loss.adversarial_weight are both 0; give one of them, or the '
    'completion '
    'network learns nothing.',
  )
  _require(
    phases == {'reconstruction'} or loss.discriminator_weight > 0,
    'loss.discriminator_weight is 0, and the discriminator would learn nothing; give a weight, '
    'such as 1.0.',
  )


def _glcic(config: Any) -> None:
  _require(
    config.image_size % 4 == 0,
    f'image_size is {config.image_size}; give a multiple of 4, at least 16.',
  )
  _require_region(config, ('hole', 'whole'))


def _context_encoder_center(config: Any) -> None:
  size, overlap, side = config.image_size, config.model.overlap, config.mask.center.side
  _require_side(size, POWERS_OF_TWO, 'the centre variant of the Context Encoder')
  patch = size // 2
  _require(
    overlap < patch / 2,
    f'model.overlap is {overlap}; give less than {patch // 2}, half of the '
    f'{patch} px that are predicted.',
  )
  hole = patch - 2 * overlap
  _require(
    config.mask.kind == 'center',
    f'mask.kind is {config.mask.kind!r}; the centre variant of the Context Encoder can only learn '
    "'center': for other holes take method context_encoder_random.",
  )
  _require(
    round(side * size) == hole,
    f'mask.center.side is {side:g}; the hole must be the {patch} px predicted, less model.overlap '
    '= '
    f'{overlap} px on each side: give {hole / size:g}, or change the overlap.',
  )
  _require_region(config, ('patch',))


def _context_encoder_random(config: Any) -> None:
  _require_side(
    config.image_size, POWERS_OF_TWO, 'the random-region variant of the Context Encoder'
  )
  _require_region(config, ('whole', 'hole'))


def _context_encoder_alexnet(config: Any) -> None:
  _require_side(config.image_size, (ALEXNET_SIDE,), 'the AlexNet form of the Context Encoder')
  _require_region(config, ('whole', 'hole'))
  _require(
    tuple(config.schedule.phases) == ('reconstruction',),
    f'schedule.phases is {tuple(config.schedule.phases)}; the AlexNet form of the Context Encoder '
    'has '
    "no discriminator: give ('reconstruction',).",
  )


METHODS = {
  'glcic': _glcic,
  'context_encoder_center': _context_encoder_center,
  'context_encoder_random': _context_encoder_random,
  'context_encoder_alexnet': _context_encoder_alexnet,
}


def _require_side(size: int, sides: Sequence[int], who: str) -> None:
  _require(size in sides, f'image_size is {size}; {who} takes {" or ".join(map(str, sides))}.')


def _require_region(config: Any, regions: Sequence[str]) -> None:
  region = config.loss.reconstruction_region
  _require(
    region in regions,
    f'loss.reconstruction_region is {region!r}; with method {config.method} it can '
    f'be {" or ".join(map(repr, regions))}.',
  )


def _require(condition: bool, sentence: str) -> None:
  if not condition:
    raise errors.InputError(sentence)
