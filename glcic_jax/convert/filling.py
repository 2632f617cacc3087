"""The arrays of another program's file in the places of our network: one to one, or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from glcic_jax import errors
from glcic_jax.convert import foreign_files
from glcic_jax.convert import names
from glcic_jax.model_directory import tensors

_LISTED = 12  # names in a message; more are counted


def fill(
  source: foreign_files.ForeignFile,
  pairs: Sequence[names.Pair],
  wanted: Mapping[str, tuple[int, ...]],
) -> dict[str, Any]:
  """The variables of a network from the arrays of a file.

  Args:
    source: the file.
    pairs: which of its layers is which of ours.
    wanted: our leaves, and their shapes.

  Raises:
    errors.InputError: if an array is left over, a leaf is not filled, or one of them does not fit;
      or if a layer of a Torch7 file is another than ours.
  """
  if source.layers:
    _check_layers(source, pairs)
  left, filled, wrong = dict(source.arrays), {}, []
  for pair in pairs:
    for ours, (theirs, layout) in pair.arrays().items():
      if ours not in wanted or theirs not in left:
        continue
      array = left.pop(theirs)
      try:
        turned = layout.to_ours(array)
      except ValueError:  # not even as many axes
        turned = None
      if turned is None or turned.shape != wanted[ours]:
        wrong.append(f'{theirs} {array.shape} for {ours} {wanted[ours]}')
        turned = np.empty(0)
      with np.errstate(over='ignore'):  # what is too large is refused with all that is not finite
        filled[ours] = np.ascontiguousarray(turned, np.float32)
  missing = [name for name in wanted if name not in filled]
  if left or missing or wrong:
    raise errors.InputError(
      f'{source.name} does not fit the network: left over there: {some(left)}; not filled here: '
      f'{some(missing)}; of another shape: {some(wrong)}; it is another network, or a part of one.'
    )
  for name, array in filled.items():
    if not tensors.is_usable(name, array):
      raise errors.InputError(
        f'{source.name} holds numbers that no network can have (for {name}); get it again '
        'from its source.'
      )
  return tensors.unflatten(filled)


def _check_layers(source: foreign_files.ForeignFile, pairs: Sequence[names.Pair]) -> None:
  """Compares a file's layers with those of our network: arrays alone tell no stride."""
  held = [(layer.name, layer.kind) for layer in source.layers]
  expected = [(pair.theirs, pair.kind) for pair in pairs]
  for number, (theirs, ours) in enumerate(zip(held, expected)):
    if theirs != ours:
      raise errors.InputError(
        f'{source.name} has a layer {theirs[0]} of kind {theirs[1]} where the network has '
        f'{ours[0]} of kind {ours[1]} (number {number + 1}); it is another network.'
      )
  if len(held) != len(expected):
    raise errors.InputError(
      f'{source.name} has {len(held)} layers where the network has {len(expected)}; it is '
      'another network.'
    )
  for layer, pair in zip(source.layers, pairs):
    if layer.geometry and layer.geometry != pair.geometry:
      raise errors.InputError(
        f'{source.name} has a layer {layer.name} of stride, dilation and padding {layer.geometry} '
        f'where the network has {pair.geometry}; it is another network.'
      )


def some(listed: Iterable[str]) -> str:
  """Names for a message: the first of them, and how many more."""
  listed = sorted(listed)
  more = f' and {len(listed) - _LISTED} more' if len(listed) > _LISTED else ''
  return ', '.join(listed[:_LISTED]) + more or 'nothing'
