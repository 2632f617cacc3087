"""The networks, and the one place that builds a generator from its description.

A description is what a model directory's `config.json` holds: `{'name': 'glcic',
'options': {'width': 1.0, ...}}`. It names no weights and no training setting.
"""

from collections.abc import Mapping
import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp

from glcic_jax import errors
from glcic_jax.models import context_encoder
from glcic_jax.models import context_encoder_alexnet
from glcic_jax.models import glcic

GENERATORS = {
  'glcic': glcic.CompletionNetwork,
  'context_encoder': context_encoder.Generator,
  'context_encoder_alexnet': context_encoder_alexnet.Generator,
}
DISCRIMINATORS = {'glcic': glcic.Discriminator, 'context_encoder': context_encoder.Discriminator}
# Options of networks that come from other programs, which no config can ask for.
FOREIGN_OPTIONS = ('relu_first', 'hidden_biases', 'output', 'channel_order', 'input_mean', 'biases')
# Options that are words, and the words.
_WORDS = {
  'bottleneck': ('channelwise', 'convolution'),
  'output': tuple(glcic.OUTPUTS),
  'channel_order': ('rgb', 'bgr'),
  'branches': ('both', 'local', 'global'),
}
# Both sides of a picture must be multiples of these; 1 where `own_side` says more.
SIZE_MULTIPLES = {'glcic': glcic.SIZE_MULTIPLE, 'context_encoder': 1, 'context_encoder_alexnet': 1}


def build_generator(architecture: Mapping[str, Any], **overrides: Any) -> Any:
  """The Flax module of a description.

  Args:
    architecture: `name` and `options`.
    **overrides: options that the description does not hold, such as `dtype`.

  Raises:
    errors.InputError: if the name or an option is unknown, or an option is none of its values.
  """
  return _build(GENERATORS, architecture, overrides)


def build_discriminator(architecture: Mapping[str, Any], **overrides: Any) -> Any:
  """The Flax module of a discriminator's description; see `build_generator`."""
  return _build(DISCRIMINATORS, architecture, overrides)


def _build(
  kinds: Mapping[str, Any], architecture: Mapping[str, Any], overrides: Mapping[str, Any]
) -> Any:
  name = architecture['name']
  if name not in kinds:
    raise errors.InputError(
      f'The model is of the kind {name!r}; this version knows {", ".join(kinds)}.'
    )
  usual = {
    field.name: field.default
    for field in dataclasses.fields(kinds[name])
    if field.name not in ('parent', 'name', 'dtype')
  }
  for option, value in architecture['options'].items():
    if option not in usual or not _is_value(option, value, usual[option]):
      raise errors.InputError(
        f"The model's architecture has the option {option} {value!r}, which this version does "
        'not know; upgrade glcic_jax, or copy the model again.'
      )
  return kinds[name](**architecture['options'], **overrides)


def _is_value(option: str, value: Any, usual: Any) -> bool:
  """Whether an option that somebody wrote into a file is of the kind of its usual value."""

  def is_number(number: Any, low: float, high: float) -> bool:
    return type(number) in (int, float) and math.isfinite(number) and low <= number <= high

  if isinstance(usual, bool):
    return isinstance(value, bool)
  if isinstance(usual, int):
    return type(value) is int and 0 <= value <= 2**20
  if isinstance(usual, float):
    return is_number(value, 2**-20, 2**10)
  if isinstance(usual, str):
    return value in _WORDS[option]
  return (
    isinstance(value, (list, tuple))
    and len(value) in (0, 3)
    and all(is_number(part, 0, 1) for part in value)
  )


def generator_shapes(architecture: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
  """The arrays that a generator of a description has: 'params.conv1.kernel' -> shape. Nothing is
  allocated.

  Raises:
    errors.InputError: if there is no such network.
  """
  network = build_generator(architecture)
  side = own_side(network) or 4 * SIZE_MULTIPLES[architecture['name']]
  try:
    return _shapes(network, ((1, side, side, 3), jnp.float32), ((1, side, side, 1), jnp.float32))
  except (
    Exception
  ):  # Flax and JAX have an error of their own for each way in which layers do not fit
    raise errors.InputError(
      "The model's architecture options do not fit each other; copy the model again, or "
      'convert it anew.'
    ) from None


def discriminator_shapes(architecture: Mapping[str, Any], side: int) -> dict[str, tuple[int, ...]]:
  """The same of a discriminator of pictures of this side, in pixels."""
  return _shapes(
    build_discriminator(architecture), ((1, side, side, 3), jnp.float32), ((1, 2), jnp.int32)
  )


def _shapes(network: Any, *inputs: tuple[tuple[int, ...], Any]) -> dict[str, tuple[int, ...]]:
  structures = [jax.ShapeDtypeStruct(*given) for given in inputs]
  variables = jax.eval_shape(
    lambda *arrays: network.init(jax.random.key(0), *arrays, train=False), *structures
  )
  return {
    '.'.join(key.key for key in path): leaf.shape
    for path, leaf in jax.tree_util.tree_leaves_with_path(variables)
  }


def foreign_options(architecture: Mapping[str, Any]) -> list[str]:
  """Which of `FOREIGN_OPTIONS` a generator's description changes: what makes it unlike those
  trained here.
  """
  usual, options = GENERATORS[architecture['name']], architecture['options']
  return [
    name
    for name in FOREIGN_OPTIONS
    if name in options and options[name] != getattr(usual, name, None)
  ]


def own_side(generator: Any) -> int | None:
  """The only side of a picture, in pixels, that a generator takes; None if it takes any."""
  return getattr(generator, 'image_size', None)


def own_hole(generator: Any) -> tuple[int, int] | None:
  """First and last + 1 row (and column) of the only hole that a generator completes; None if it
  takes any.
  """
  return getattr(generator, 'hole', None)
