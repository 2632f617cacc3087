"""The Context Encoders: Pathak et al., "Context Encoders: Feature Learning by Inpainting" (2016).

Three of them: the centre variant and the random-region variant, whose networks are in
`models/context_encoder.py`, and the form for regions of any shape on AlexNet, in
`models/context_encoder_alexnet.py`. Sizes, rates and resizing are those of the authors' release.
"""

from collections.abc import Sequence
import dataclasses
import functools
from typing import Any

from glcic_jax import errors
from glcic_jax.methods import definition

CENTER = 'context_encoder_center'
RANDOM = 'context_encoder_random'
ALEXNET = 'context_encoder_alexnet'

# A picture is halved down to 4x4. The paper's sides are 128 and 64; the others are ours, with a
# convolution more or less at the fine end.
_POWERS_OF_TWO = (32, 64, 128, 256)

# The inpainting experiments.
_PAPER = {
  'schedule.reconstruction_steps': 0,
  'schedule.discriminator_steps': 0,
  'batch_size': 64,
  'image_size': 128,
  'data.resize_short_edge': (350, 350),
  'data.flip': True,
  'mask.kind': 'region',
  'model.width': 1.0,
  'model.discriminator_width': 1.0,
  'model.bottleneck': 'channelwise',
  'model.noise': 0,
  'optimizer.generator.name': 'adam',
  'optimizer.generator.learning_rate': 2e-3,
  'optimizer.generator.beta1': 0.5,
  'optimizer.discriminator.name': 'adam',
  'optimizer.discriminator.learning_rate': 2e-4,
  'optimizer.discriminator.beta1': 0.5,
  'loss.reconstruction_norm': 'l2',
  'loss.reconstruction_region': 'whole',
  'loss.reconstruction_weight': 0.999,
  'loss.discriminator_weight': 1.0,
  'loss.adversarial_weight': 0.001,
}
_CHOSEN = {
  'model.local_size': 128,  # all of the picture is judged
  'optimizer.generator.epsilon': 1e-8,
  'optimizer.discriminator.epsilon': 1e-8,
  'schedule.total_steps': 100_000,
}
_CENTER_PAPER = _PAPER | {
  'mask.kind': 'center',
  'mask.center.side': 50 / 128,
  'model.overlap': 7,
  'loss.overlap_weight': 10.0,
  'loss.reconstruction_region': 'patch',
}
_ALEXNET_SIDE = 227  # pixels
# Figure 2; the paper gives neither its batch nor its rates.
_ALEXNET_PAPER = {
  'image_size': _ALEXNET_SIDE,
  'mask.kind': 'region',
  'model.width': 1.0,
  'loss.reconstruction_norm': 'l2',
  'loss.reconstruction_region': 'whole',
}
_ALEXNET_CHOSEN = (
  {key: value for key, value in _PAPER.items() if key not in _ALEXNET_PAPER}
  | _CHOSEN
  | {'model.local_size': _ALEXNET_SIDE, 'schedule.reconstruction_steps': 100_000}
)

ARCHITECTURE = definition.Architecture(
  name='context_encoder',
  generator='context_encoder.Generator',
  discriminator='context_encoder.Discriminator',
  words={'bottleneck': ('channelwise', 'convolution')},
  foreign=('biases',),
)
ALEXNET_ARCHITECTURE = definition.Architecture(
  name=ALEXNET,
  generator='context_encoder_alexnet.Generator',
  discriminator='context_encoder_alexnet.NoDiscriminator',
)


def _require_side(size: int, sides: Sequence[int], who: str) -> None:
  errors.require(
    size in sides, f'image_size is {size}; {who} takes {" or ".join(map(str, sides))}.'
  )


def _check_center(config: Any) -> None:
  size, overlap, side = config.image_size, config.model.overlap, config.mask.center.side
  _require_side(size, _POWERS_OF_TWO, 'the centre variant of the Context Encoder')
  patch = size // 2
  errors.require(
    overlap < patch / 2,
    f'model.overlap is {overlap}; give less than {patch // 2}, half of the '
    f'{patch} px that are predicted.',
  )
  hole = patch - 2 * overlap
  errors.require(
    config.mask.kind == 'center',
    f'mask.kind is {config.mask.kind!r}; the centre variant of the Context Encoder can only learn '
    f"'center': for other holes take method {RANDOM}.",
  )
  errors.require(
    round(side * size) == hole,
    f'mask.center.side is {side:g}; the hole must be the {patch} px predicted, less '
    f'model.overlap = {overlap} px on each side: give {hole / size:g}, or change the overlap.',
  )
  definition.require_region(config, ('patch',))


def _check_random(config: Any) -> None:
  _require_side(
    config.image_size, _POWERS_OF_TWO, 'the random-region variant of the Context Encoder'
  )
  definition.require_region(config, ('whole', 'hole'))


def _check_alexnet(config: Any) -> None:
  steps = config.schedule
  _require_side(config.image_size, (_ALEXNET_SIDE,), 'the Context Encoder on AlexNet')
  definition.require_region(config, ('whole', 'hole'))
  errors.require(
    steps.reconstruction_steps == steps.total_steps,
    f'schedule.reconstruction_steps is {steps.reconstruction_steps} of schedule.total_steps = '
    f'{steps.total_steps}; the Context Encoder on AlexNet has no discriminator: give as many.',
  )


def _build_center(config: Any, mean_color: definition.Color) -> definition.Networks:
  """The middle of the picture is predicted, a little wider than the hole (section 3.2)."""
  from glcic_jax import images
  from glcic_jax import losses
  from glcic_jax.methods import objectives

  patch = config.image_size // 2
  measure = objectives.error(config)

  def reconstruction(raw: Any, image: Any, mask: Any) -> Any:
    del mask
    weight = losses.overlap_weight(patch, config.model.overlap, config.loss.overlap_weight)
    return measure(images.middle(raw, patch), images.middle(image, patch), weight)

  def judged(raw: Any, image: Any, mask: Any) -> Any:
    del image, mask
    return images.middle(raw, patch)

  networks = _build(config, mean_color, patch)
  return dataclasses.replace(networks, reconstruction=reconstruction, judged=judged)


def _build_random(config: Any, mean_color: definition.Color) -> definition.Networks:
  """The whole picture is predicted, and judged as it comes out of the network."""
  return _build(config, mean_color, config.image_size)


def _build(config: Any, mean_color: definition.Color, patch: int) -> definition.Networks:
  """Of both variants; `patch`: side in pixels of what is predicted."""
  from jax import numpy as jnp

  from glcic_jax.models import context_encoder

  options = {
    'image_size': config.image_size,
    'patch_size': patch,
    'overlap': config.model.overlap,
    'bottleneck': config.model.bottleneck,
    'bottleneck_features': config.model.bottleneck_features,
    'mixing_kernel': config.model.mixing_kernel,
    'noise_features': config.model.noise,
    'width': config.model.width,
  }
  dtype, width = jnp.dtype(config.dtype), config.model.discriminator_width
  discriminator = context_encoder.Discriminator(width=width, dtype=dtype)
  networks = _networks(config, mean_color, ARCHITECTURE, options, discriminator)
  noise_seed = config.seed if config.model.noise else None
  return dataclasses.replace(networks, noise_seed=noise_seed)


def _build_alexnet(config: Any, mean_color: definition.Color) -> definition.Networks:
  """Figure 2: reconstruction alone."""
  from glcic_jax.models import context_encoder_alexnet

  discriminator = context_encoder_alexnet.NoDiscriminator()
  options = {'width': config.model.width}
  return _networks(config, mean_color, ALEXNET_ARCHITECTURE, options, discriminator)


def _networks(
  config: Any,
  mean_color: definition.Color,
  architecture: definition.Architecture,
  options: dict[str, Any],
  discriminator: Any,
) -> definition.Networks:
  """What all three have: floats in tanh's range, and a discriminator that sees the raw output."""
  from jax import numpy as jnp

  from glcic_jax.methods import architectures
  from glcic_jax.methods import objectives

  described = {'name': architecture.name, 'options': options}
  red, green, blue = (2 * level - 1 for level in mean_color)
  return definition.Networks(
    architecture=described,
    generator=architectures.build_generator(described, dtype=jnp.dtype(config.dtype)),
    discriminator=discriminator,
    value_range=(-1.0, 1.0),
    hole_fill=(red, green, blue),
    reconstruction=objectives.reconstruction(config),
    judged=lambda raw, image, mask: raw,
  )


def _limits(description: Any) -> list[str]:
  side = description.image_size
  return [
    f'It takes {side}x{side} px alone: other pictures are brought to that size, and what it '
    'paints is brought back.'
  ]


def _limits_of_center(description: Any) -> list[str]:
  side, options = description.image_size, description.architecture['options']
  hole = options.get('patch_size', side) - 2 * options.get('overlap', 0)
  return _limits(description) + [
    f'It completes only the middle, {hole} of its {side} px in height and in width.'
  ]


_ABLATIONS = {
  'l1': definition.changes(loss__reconstruction_norm='l1'),
  'reconstruction': definition.reconstruction_only,
  'adversarial': definition.changes(loss__reconstruction_weight=0.0, loss__adversarial_weight=1.0),
  'noise': definition.changes(model__noise=100),
}


_method = functools.partial(
  definition.Method,
  citation='Pathak et al.: Context Encoders: Feature Learning by Inpainting, CVPR 2016',
  tag='context-encoder',
  ablations=_ABLATIONS,
)
_center = definition.Setting(
  'the Context Encoder, centre', _CENTER_PAPER, _CHOSEN | {'model.local_size': 64}
)
_random = definition.Setting('the Context Encoder, random region', _PAPER, _CHOSEN)
_alexnet = definition.Setting('the Context Encoder on AlexNet', _ALEXNET_PAPER, _ALEXNET_CHOSEN)

METHODS = (
  _method(
    title='Context Encoder (the middle of the picture)',
    settings={CENTER: _center},
    architecture=ARCHITECTURE,
    check=_check_center,
    build=_build_center,
    limits=_limits_of_center,
  ),
  _method(
    title='Context Encoder (regions of any shape)',
    settings={RANDOM: _random},
    architecture=ARCHITECTURE,
    check=_check_random,
    build=_build_random,
    limits=_limits,
  ),
  _method(
    title='Context Encoder (regions of any shape, AlexNet)',
    settings={ALEXNET: _alexnet},
    architecture=ALEXNET_ARCHITECTURE,
    check=_check_alexnet,
    build=_build_alexnet,
    limits=_limits,
  ),
)
