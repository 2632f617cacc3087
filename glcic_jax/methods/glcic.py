"""GLCIC: Iizuka, Simo-Serra, Ishikawa, "Globally and Locally Consistent Image Completion" (2017).

Three phases: the completion network alone by its squared error, the discriminators alone, then
both. The networks are in `models/glcic.py`.
"""

from collections.abc import Mapping
from typing import Any

from glcic_jax import errors
from glcic_jax.methods import definition

NAME = 'glcic'

# What the article states: sections 3.2 to 3.5 and 4.
_PAPER = {
  'schedule.reconstruction_steps': 90_000,  # T_C
  'schedule.discriminator_steps': 10_000,  # T_D
  'schedule.total_steps': 500_000,  # T_train
  'batch_size': 96,
  'image_size': 256,
  'data.resize_short_edge': (256, 384),
  'mask.kind': 'rectangle',
  'mask.side': (96, 128),
  'mask.shared': False,
  'model.width': 1.0,
  'model.discriminator_width': 1.0,
  'model.local_size': 128,
  'model.dilated': True,
  'model.branches': 'both',
  'optimizer.generator.name': 'adadelta',
  'optimizer.generator.learning_rate': 1.0,  # ADADELTA has none of its own
  'optimizer.discriminator.name': 'adadelta',
  'optimizer.discriminator.learning_rate': 1.0,
  'loss.reconstruction_norm': 'l2',
  'loss.reconstruction_region': 'hole',
  'loss.reconstruction_weight': 1.0,
  'loss.discriminator_weight': 1.0,
  'loss.adversarial_weight': 4e-4,
  'loss.adversarial_form': 'saturating',
}
_CELEBA = {'image_size': 160, 'mask.side': (48, 96), 'model.local_size': 96}
# How the article resized its faces is not known: the width of an aligned CelebA picture is 178.
_RESIZED_FACES = {'data.resize_short_edge': (160, 178)}

SETTINGS = {
  NAME: definition.Setting('GLCIC on Places2', _PAPER, {}),
  'glcic_celeba': definition.Setting(
    'GLCIC on CelebA',
    {key: value for key, value in _PAPER.items() if key not in _RESIZED_FACES} | _CELEBA,
    _RESIZED_FACES,
  ),
}


def _centred_field(options: Mapping[str, Any]) -> int:
  from glcic_jax.models import receptive_field

  return receptive_field.by_arithmetic(dilated=options.get('dilated', True)).centred


ARCHITECTURE = definition.Architecture(
  name=NAME,
  generator='glcic.CompletionNetwork',
  discriminator='glcic.Discriminator',
  words={
    'output': ('sigmoid', 'clamp'),
    'channel_order': ('rgb', 'bgr'),
    'branches': ('both', 'local', 'global'),
  },
  foreign=('relu_first', 'hidden_biases', 'output', 'channel_order', 'input_mean'),
  size_multiple=4,
  field=_centred_field,
)


def _check(config: Any) -> None:
  size = config.image_size
  errors.require(
    size % ARCHITECTURE.size_multiple == 0,
    f'image_size is {size}; give a multiple of {ARCHITECTURE.size_multiple}, at least 16.',
  )
  definition.require_region(config, ('hole', 'whole'))


def _build(config: Any, mean_color: definition.Color) -> definition.Networks:
  """Sections 3.2 to 3.4. D judges the completed picture: known pixels are restored."""
  from jax import numpy as jnp

  from glcic_jax import images
  from glcic_jax.methods import objectives
  from glcic_jax.models import glcic

  options: dict[str, Any] = {'width': config.model.width, 'dilated': config.model.dilated}
  if config.model.subtract_mean:
    options['input_mean'] = tuple(mean_color)
  dtype = jnp.dtype(config.dtype)
  return definition.Networks(
    architecture={'name': NAME, 'options': options},
    generator=glcic.CompletionNetwork(**options, dtype=dtype),
    discriminator=glcic.Discriminator(
      local_size=config.model.local_size,
      width=config.model.discriminator_width,
      fully_connected_relu=config.model.fully_connected_relu,
      branches=config.model.branches,
      dtype=dtype,
    ),
    value_range=(0.0, 1.0),
    hole_fill=mean_color,
    reconstruction=objectives.reconstruction(config),
    judged=images.composite,
  )


def _limits(description: Any) -> list[str]:
  side, field = description.image_size, _centred_field(description.architecture['options'])
  shrunk = 'the hole is thicker than half of that'
  if description.detail and description.hole_radius:
    known = round(side * description.hole_radius[1])
    shrunk = f'the inner radius of the hole is over {known} px, as in its training'
  return [
    f'It was trained at {side} px. In a larger picture it is shown a window around each hole, '
    f'shrunk where {shrunk}.',
    f'It sees {field} px around a pixel: what is in the middle of a wider hole is not guided by '
    'any known pixel.',
  ]


METHODS = (
  definition.Method(
    title='GLCIC',
    citation='Iizuka, Simo-Serra, Ishikawa: Globally and Locally Consistent Image Completion, '
    'SIGGRAPH 2017',
    tag='glcic',
    settings=SETTINGS,
    architecture=ARCHITECTURE,
    check=_check,
    build=_build,
    # Section 4: what each part is good for.
    ablations={
      'both': definition.changes(model__branches='both'),
      'local': definition.changes(model__branches='local'),
      'global': definition.changes(model__branches='global'),
      'mse': definition.reconstruction_only,
      'undilated': definition.changes(model__dilated=False),
    },
    limits=_limits,
  ),
)
