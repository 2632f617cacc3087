"""Networks from their descriptions: what a model directory's `config.json` holds of them.

A description is `{'name': 'glcic', 'options': {'width': 1.0, ...}}`. It names no weights and no
training setting.
"""

from collections.abc import Mapping
import dataclasses
import functools
import importlib
from typing import Any

import jax
import jax.numpy as jnp

from glcic_jax import errors
from glcic_jax import leaves
from glcic_jax import methods
from glcic_jax.methods import definition

Shapes = dict[str, tuple[int, ...]]


def kind_of(description: Mapping[str, Any]) -> definition.Architecture:
  """The kind of a description.

  Raises:
    errors.InputError: if there is no such kind.
  """
  known = methods.known_architectures()
  if description['name'] not in known:
    raise errors.InputError(
      f'The model is of the kind {description["name"]!r}; this version knows {", ".join(known)}.'
    )
  return known[description['name']]


def build_generator(description: Mapping[str, Any], **overrides: Any) -> Any:
  """The Flax module of a description; `overrides` are options that it does not hold: `dtype`.

  Raises:
    errors.InputError: if the name or an option is unknown, or an option is none of its values.
  """
  return _build(kind_of(description).generator, description, overrides)


def build_discriminator(description: Mapping[str, Any], **overrides: Any) -> Any:
  """The Flax module of a discriminator's description; see `build_generator`."""
  return _build(kind_of(description).discriminator, description, overrides)


def _build(place: str, description: Mapping[str, Any], overrides: Mapping[str, Any]) -> Any:
  module, _, name = place.rpartition('.')
  network = getattr(importlib.import_module(f'glcic_jax.models.{module}'), name)
  words = kind_of(description).words
  usual = {
    field.name: field.default
    for field in dataclasses.fields(network)
    if field.name not in ('parent', 'name', 'dtype', 'platform')
  }
  for option, value in description['options'].items():
    if option not in usual or not _is_value(value, usual[option], words.get(option)):
      raise errors.InputError(
        f"The model's architecture has the option {option} {value!r}, which this version does "
        'not know; upgrade glcic_jax, or copy the model again.'
      )
  return network(**description['options'], **overrides)


def _is_value(value: Any, usual: Any, words: Any) -> bool:
  """Whether an option that somebody wrote into a file is of the kind of its usual value."""

  def is_number(number: Any, low: float, high: float) -> bool:
    return type(number) in (int, float) and low <= number <= high  # NaN is in no range

  if isinstance(usual, bool):
    return isinstance(value, bool)
  if isinstance(usual, int):
    return type(value) is int and 0 <= value <= 2**20
  if isinstance(usual, float):
    return is_number(value, 2**-20, 2**10)
  if isinstance(usual, str):
    return value in words
  is_color = isinstance(value, (list, tuple)) and len(value) in (0, 3)
  return is_color and all(is_number(part, 0, 1) for part in value)


def generator_shapes(description: Mapping[str, Any]) -> Shapes:
  """The arrays of a generator: 'params.conv1.kernel' -> shape. Nothing is allocated.

  Raises:
    errors.InputError: if there is no such network.
  """
  network = build_generator(description)
  side = getattr(network, 'image_size', None) or 4 * kind_of(description).size_multiple
  try:
    return _shapes(network, ((1, side, side, 3), jnp.float32), ((1, side, side, 1), jnp.float32))
  except Exception:  # Flax and JAX have an error of their own for each way in which layers misfit
    raise errors.InputError(
      "The model's architecture options do not fit each other; copy the model again, or "
      'convert it anew.'
    ) from None


def discriminator_shapes(description: Mapping[str, Any], side: int) -> Shapes:
  """The same of a discriminator of pictures of this side, in pixels."""
  network = build_discriminator(description)
  return _shapes(network, ((1, side, side, 3), jnp.float32), ((1, 2), jnp.int32))


def _shapes(network: Any, *inputs: tuple[tuple[int, ...], Any]) -> Shapes:
  structures = [jax.ShapeDtypeStruct(*given) for given in inputs]
  initial = functools.partial(network.init, train=False)
  variables = jax.eval_shape(initial, jax.random.key(0), *structures)
  return {name.replace('/', '.'): leaf.shape for name, leaf in leaves.named(variables)}


def foreign_options(description: Mapping[str, Any]) -> list[str]:
  """The options that make a generator unlike those trained here: another program's."""
  usual, options = build_generator({**description, 'options': {}}), description['options']
  return [
    name
    for name in kind_of(description).foreign
    if name in options and options[name] != getattr(usual, name)
  ]


def centred_field(description: Mapping[str, Any]) -> int | None:
  """How far a pixel sees, as `Architecture.field`; None: over the whole picture."""
  field = kind_of(description).field
  return None if field is None else field(description['options'])
