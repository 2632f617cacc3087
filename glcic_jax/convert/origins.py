"""What each program's pictures look like to its network: ranges, colours, sizes, and whose the
weights are.

Everything here ends in a model directory's `config.json`, so that `complete` prepares a picture as
the program that trained the weights did. Widths and depths are read from the arrays' shapes.
"""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import math
import os
from typing import Any
from typing import NamedTuple

import numpy as np

from glcic_jax import __version__
from glcic_jax import errors
from glcic_jax.convert import names
from glcic_jax.model_directory import model_card
from glcic_jax.model_directory import model_files
from glcic_jax.models import context_encoder

Color = tuple[float, float, float]  # RGB in 0..1

# Programs, and the licences under which they are published: with weights, or for those who train
# their own.
PROGRAMS = {
  names.GLCIC_OFFICIAL: (
    'GLCIC as its authors released it: Iizuka, Simo-Serra, Ishikawa 2017',
    'CC BY-NC-SA 4.0',
  ),
  names.OTENIM: ('otenim/GLCIC-PyTorch', 'MIT'),
  names.MMAGIC: ('open-mmlab/mmagic, Global&Local', 'Apache-2.0'),
  names.CONTEXT_ENCODER_OFFICIAL: (
    'the Context Encoder as its authors released it: Pathak et al. 2016',
    'UC Berkeley, for educational, research and not-for-profit purposes',
  ),
  names.BOYUAN_JIANG: ('BoyuanJiang/context_encoder_pytorch', 'MIT'),
}

# The release's hole: the mean of another framework, its channels misordered; in R, G, B as its code
# has it.
_RELEASED_HOLE = (117 / 255, 104 / 255, 123 / 255)


# Which of the wishes below a program's files leave open.
OPEN = {
  names.GLCIC_OFFICIAL: ('mean_color', 'image_size'),
  names.OTENIM: ('mean_color', 'image_size'),
  names.MMAGIC: ('image_size',),
  names.CONTEXT_ENCODER_OFFICIAL: ('mean_color', 'overlap'),
  names.BOYUAN_JIANG: ('mean_color', 'overlap'),
}


class Wishes(NamedTuple):
  """What a file may leave open."""

  mean_color: Color | None = None  # of the training pictures
  image_size: int | None = None  # pixels: side of the training pictures
  overlap: int | None = (
    None  # pixels by which a centre Context Encoder's patch overlaps what is known; None: 4
  )
  settings: Mapping[str, Any] = {}  # the config.json beside otenim's weights


def describe(
  layout: str, arrays: Mapping[str, np.ndarray], name: str, mean: Color | None, wishes: Wishes
) -> model_files.Description:
  """The description of a generator.

  Args:
    layout: whose names the arrays have.
    arrays: of the generator.
    name: of the file.
    mean: of the training pictures, where the file holds it.
    wishes: what the file leaves open.

  Raises:
    errors.InputError: if the shapes are those of no network here, or a colour is missing.
  """
  own = _DESCRIBERS[layout](layout, arrays, name, mean, wishes)
  source, licence = PROGRAMS[layout]
  return model_files.Description(
    step=0,
    versions={'glcic_jax': __version__},
    source=f'{os.path.basename(name)} ({source})',
    licence=licence,
    **own,
  )


def card(description: model_files.Description) -> model_card.Origin:
  """What the model card says of converted weights."""
  if not description.source:
    # A model of this project that has been to PyTorch and back.
    return dataclasses.replace(model_card.UNKNOWN, **model_card.inherited(description.licence))
  return model_card.Origin(
    pictures='Those of its authors: see what they published.',
    converted_from=description.source,
    license=model_card.LICENSES.get(description.licence, 'other'),
    license_note=f'{description.licence}: the terms of those who published the program. Whoever '
    'trained the weights '
    'decides about the weights.',
  )


def _glcic_official(
  layout: str, arrays: Mapping[str, np.ndarray], name: str, mean: Color | None, wishes: Wishes
) -> dict[str, Any]:
  mean = _mean_color(name, mean, wishes)
  known = os.path.basename(name)
  side = wishes.image_size or (160 if 'celeba' in known else 256)
  mask = (
    {'kind': 'rectangle', 'side': [96, 128]}
    if side > 160
    else {'kind': 'rectangle', 'side': [48, 96]}
  )
  if 'freeform' in known:
    mask = {'kind': 'region'}
  # The mean goes from the whole picture, so that the hole is zero.
  return _glcic(
    layout, arrays, {'input_mean': list(mean)}, mean_color=mean, image_size=side, mask=mask
  )


def _otenim(
  layout: str, arrays: Mapping[str, np.ndarray], name: str, mean: Color | None, wishes: Wishes
) -> dict[str, Any]:
  settings = wishes.settings
  mean = _mean_color(name, mean if mean is not None else settings.get('mpv'), wishes)
  sides = [
    _pixels(settings, f'hole_{end}_{axis}', usual)
    for end, usual in (('min', 48), ('max', 96))
    for axis in 'hw'
  ]
  return _glcic(
    layout,
    arrays,
    {'relu_first': True},
    mean_color=mean,
    image_size=wishes.image_size or _pixels(settings, 'cn_input_size', 160),
    mask={'kind': 'rectangle', 'side': [min(sides), max(sides)]},
  )


def _pixels(settings: Mapping[str, Any], key: str, usual: int) -> int:
  """A number of pixels, as in the program's own default where it is none."""
  value = settings.get(key)
  return value if type(value) is int and 1 <= value <= 4_096 else usual


def _mmagic(
  layout: str, arrays: Mapping[str, np.ndarray], name: str, mean: Color | None, wishes: Wishes
) -> dict[str, Any]:
  del name, mean
  return _glcic(
    layout,
    arrays,
    {'hidden_biases': False, 'output': 'clamp', 'channel_order': 'bgr'},
    value_range=(-1.0, 1.0),
    mean_color=(0.5, 0.5, 0.5),  # 0 in [-1, 1]
    image_size=wishes.image_size or 256,
    mask={'kind': 'rectangle', 'side': [88, 128]},
  )


def _glcic(
  layout: str, arrays: Mapping[str, np.ndarray], options: Mapping[str, Any], **own: Any
) -> dict[str, Any]:
  architecture = {'name': 'glcic', 'options': {'width': 1.0, 'dilated': True}}
  widest = next(
    pair.theirs for pair in names.generator(layout, architecture) if pair.ours == 'conv12'
  )
  architecture['options'] = {
    'width': _size(arrays, f'{widest}.weight', 0, 256) / 256,
    'dilated': True,
    **options,
  }
  return {'method': 'glcic', 'architecture': architecture, 'value_range': (0.0, 1.0), **own}


def _context_encoder(
  layout: str, arrays: Mapping[str, np.ndarray], name: str, mean: Color | None, wishes: Wishes
) -> dict[str, Any]:
  del mean
  noisy = '0.0.0.weight' in arrays  # a table of two networks, for the picture and the noise
  root = 'main_encode.' if layout == names.BOYUAN_JIANG else '0.0.' if noisy else '0.'
  kernels = [key for key, array in arrays.items() if array.ndim == 4]
  encoder = [key for key in kernels if key.startswith(root)]
  decoder = [key for key in kernels if not key.startswith((root, '0.1.'))]
  side, patch = (_map_side(len(found) - 1, name) for found in (encoder, decoder))
  if patch not in (side, side // 2):
    raise errors.InputError(
      f'{name} makes {patch} px of {side} px; a Context Encoder makes the half or the whole.'
    )
  last = names.last_of(encoder)
  width = _size(arrays, last, 1, 512) / 512
  center = patch < side
  if wishes.overlap is not None and not center:
    raise errors.InputError(
      f'--overlap is for a Context Encoder of the centre variant, and {name} paints the whole '
      'picture; leave it out.'
    )
  overlap = (4 if wishes.overlap is None else wishes.overlap) if center else 0
  if center and not 0 <= 2 * overlap < patch:
    raise errors.InputError(
      f'--overlap is {overlap}; give 0 to {patch // 2 - 1}, less than half of the '
      f'{patch} px that {name} predicts.'
    )
  options = {
    'image_size': side,
    'patch_size': patch,
    'overlap': overlap,
    'bottleneck': 'convolution',
    'bottleneck_features': round(_size(arrays, last, 0, 4000) / width),
    'noise_features': _size(arrays, '0.1.0.weight', 0, 0) if noisy else 0,
    'width': width,
  }
  if layout == names.BOYUAN_JIANG:
    options['biases'] = False
  return {
    'method': 'context_encoder_center' if center else 'context_encoder_random',
    'architecture': {'name': 'context_encoder', 'options': options},
    'value_range': (-1.0, 1.0),
    'mean_color': wishes.mean_color or _RELEASED_HOLE,
    'image_size': side,
    'mask': {'kind': 'center', 'side': (patch - 2 * overlap) / side}
    if center
    else {'kind': 'region'},
  }


_DESCRIBERS: dict[str, Callable[..., dict[str, Any]]] = {
  names.GLCIC_OFFICIAL: _glcic_official,
  names.OTENIM: _otenim,
  names.MMAGIC: _mmagic,
  names.CONTEXT_ENCODER_OFFICIAL: _context_encoder,
  names.BOYUAN_JIANG: _context_encoder,
}


def _mean_color(name: str, mean: Any, wishes: Wishes) -> Color:
  """The colour given, else the file's own."""
  if wishes.mean_color is not None:
    return wishes.mean_color
  if mean is None:
    raise errors.InputError(
      f'{name} does not say what the mean colour of its training pictures was; give it as '
      '--mean-color R,G,B from 0 to 1, such as 0.456,0.447,0.416.'
    )
  try:
    color = tuple(float(value) for value in mean)
  except (TypeError, ValueError):
    color = ()
  if len(color) != 3 or not all(0 <= value <= 1 for value in color):
    raise errors.InputError(
      f'The mean colour beside {name} is {mean}; it should be three numbers from 0 to 1: give '
      '--mean-color R,G,B.'
    )
  return color


def discriminator(
  layout: str, arrays: Mapping[str, np.ndarray], name: str
) -> tuple[dict[str, Any], list[names.Pair], int]:
  """A discriminator's description, its table of names, and the side of the pictures that it sees.

  Raises:
    errors.InputError: if the shapes are those of no discriminator here.
  """
  if layout in (names.CONTEXT_ENCODER_OFFICIAL, names.BOYUAN_JIANG):
    kernels = [key for key, array in arrays.items() if array.ndim == 4]
    stages = len(kernels) - 1
    side = _map_side(stages, name)
    options = {'width': _size(arrays, names.last_of(kernels), 1, 512) / 512}
    if layout == names.BOYUAN_JIANG:
      options['biases'] = False
    pairs = names.context_encoder_discriminator(layout, stages)
    return {'name': 'context_encoder', 'options': options}, pairs, side
  depths, channels, sides, width = {}, {}, {}, 1.0
  for branch in ('local', 'global'):
    root = f'model_{branch[0]}d.' if layout == names.OTENIM else f'disc.{branch}_disc.'
    kernels = [key for key, array in arrays.items() if key.startswith(root) and array.ndim == 4]
    vector = next(
      (array for key, array in arrays.items() if key.startswith(root) and array.ndim == 2), None
    )
    if not kernels or vector is None:
      raise errors.InputError(
        f'{name} has no {branch} discriminator; it is incomplete: get it again from its source.'
      )
    depths[branch], channels[branch] = len(kernels), len(arrays[names.last_of(kernels)])
    sides[branch] = math.isqrt(vector.shape[1] // channels[branch]) * 2 ** len(kernels)
    width = len(vector) / 1_024
  if not 0 < sides['local'] <= sides['global'] <= 4_096:
    raise errors.InputError(
      f'{name} judges local views of {sides["local"]} px in pictures of {sides["global"]} px; it '
      'is another network, or a part of one.'
    )
  options = {'local_size': sides['local'], 'width': width}
  options |= (
    {'relu_first': True}
    if layout == names.OTENIM
    else {'hidden_biases': False, 'channel_order': 'bgr'}
  )
  return (
    {'name': 'glcic', 'options': options},
    names.glcic_discriminator(layout, depths, channels),
    sides['global'],
  )


def _map_side(stages: int, name: str) -> int:
  """The side in pixels that so many convolutions of stride 2 bring down to the map of the
  bottleneck.
  """
  if not 2 <= stages <= len(context_encoder.FEATURES):
    raise errors.InputError(
      f'{name} halves or doubles a picture {stages} times; a Context Encoder does it 2 to '
      f'{len(context_encoder.FEATURES)} times.'
    )
  return context_encoder.MAP * 2**stages


def _size(arrays: Mapping[str, np.ndarray], name: str, axis: int, missing: int) -> int:
  """The length of an array's axis; of arrays that are not there, as published: their lack is
  told later.
  """
  return arrays[name].shape[axis] if name in arrays and arrays[name].ndim > axis else missing
