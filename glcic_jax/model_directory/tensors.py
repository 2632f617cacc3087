"""The arrays of a network as a tree, and by the dotted names that `model.safetensors` has."""

from collections.abc import Mapping
from typing import Any

from flax import traverse_util
import numpy as np

_LARGEST = 1e18  # of a weight: products with more leave float32


def is_usable(name: str, array: np.ndarray) -> bool:
  """Whether an array can be a network's: fractions with finite squares, no variance below zero."""
  return (
    array.dtype.kind == 'f'
    and bool((np.abs(array) < _LARGEST).all())
    and not (name.endswith('.var') and bool((array < 0).any()))
  )


def widened(array: np.ndarray) -> np.ndarray:
  """Half precision is for keeping weights, not for computing with them: float32 of float16."""
  return array.astype(np.float32) if array.dtype == np.float16 else array


def flatten(tree: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """Nested arrays -> dotted names: the names of `model.safetensors`."""
  flat = traverse_util.flatten_dict(dict(tree), sep='.')
  return {name: np.ascontiguousarray(array) for name, array in flat.items()}


def unflatten(flat: Mapping[str, np.ndarray]) -> dict[str, Any]:
  """The inverse of `flatten`.

  Raises:
    KeyError: if a name stands for an array and for a branch.
  """
  tree: dict[str, Any] = {}
  for name, value in flat.items():
    *parents, leaf = name.split('.')
    place = tree
    for parent in parents:
      place = place.setdefault(parent, {})
      if not isinstance(place, dict):
        raise KeyError(name)
    if leaf in place:
      raise KeyError(name)
    place[leaf] = value
  return tree
