"""The networks, and the one place that builds a generator from its description.

A description is what a model directory's `config.json` holds: `{'name': 'glcic',
'options': {'width': 1.0, ...}}`. It names no weights and no training setting.
"""

from collections.abc import Mapping
from typing import Any

from glcic_jax import errors
from glcic_jax.models import context_encoder
from glcic_jax.models import context_encoder_alexnet
from glcic_jax.models import glcic

GENERATORS = {'glcic': glcic.CompletionNetwork, 'context_encoder': context_encoder.Generator,
              'context_encoder_alexnet': context_encoder_alexnet.Generator}
DISCRIMINATORS = {'glcic': glcic.Discriminator, 'context_encoder': context_encoder.Discriminator}
# Options of networks that come from other programs, which no config can ask for.
FOREIGN_OPTIONS = ('relu_first', 'hidden_biases', 'output', 'channel_order', 'input_mean', 'biases')
# Both sides of a picture must be multiples of these; 1 where `own_side` says more.
SIZE_MULTIPLES = {'glcic': glcic.SIZE_MULTIPLE, 'context_encoder': 1, 'context_encoder_alexnet': 1}


def build_generator(architecture: Mapping[str, Any], **overrides: Any) -> Any:
  """The Flax module of a description.

  Args:
    architecture: `name` and `options`.
    **overrides: options that the description does not hold, such as `dtype`.

  Raises:
    errors.InputError: if the name or an option is unknown.
  """
  return _build(GENERATORS, architecture, overrides)


def build_discriminator(architecture: Mapping[str, Any], **overrides: Any) -> Any:
  """The Flax module of a discriminator's description; see `build_generator`."""
  return _build(DISCRIMINATORS, architecture, overrides)


def _build(kinds: Mapping[str, Any], architecture: Mapping[str, Any], overrides: Mapping[str, Any]) -> Any:
  name = architecture['name']
  if name not in kinds:
    raise errors.InputError(
        f'The model is of the kind {name!r}; this version knows {", ".join(kinds)}.')
  try:
    return kinds[name](**architecture['options'], **overrides)
  except TypeError as error:
    raise errors.InputError(f'The model\'s architecture options do not fit ({error}).') from None


def foreign_options(architecture: Mapping[str, Any]) -> list[str]:
  """Which of `FOREIGN_OPTIONS` a generator's description changes: what makes it unlike those trained here."""
  usual, options = GENERATORS[architecture['name']], architecture['options']
  return [name for name in FOREIGN_OPTIONS if name in options and options[name] != getattr(usual, name, None)]


def own_side(generator: Any) -> int | None:
  """The only side of a picture, in pixels, that a generator takes; None if it takes any."""
  return getattr(generator, 'image_size', None)


def own_hole(generator: Any) -> tuple[int, int] | None:
  """First and last + 1 row (and column) of the only hole that a generator completes; None if it takes any."""
  return getattr(generator, 'hole', None)
