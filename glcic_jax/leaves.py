"""The arrays of a tree by name: `generator/params/conv1/kernel` and so on.

The names are the same in a train state and in what is read of it as dicts.
"""

from collections.abc import Iterator, Mapping
import hashlib
from typing import Any

import jax
import numpy as np


def name_of(path: Any) -> str:
  """The name of the array at a key path of `jax.tree_util`."""
  return jax.tree_util.keystr(path, simple=True, separator='/')


def named(tree: Any) -> Iterator[tuple[str, Any]]:
  """Each array of a tree, with its name."""
  for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
    yield name_of(path), leaf


def describe(tree: Any) -> dict[str, dict[str, Any]]:
  """Name -> shape, dtype and SHA-256 of each array of a tree; arrays on devices are replicated."""
  described = {}
  for name, leaf in named(tree):
    array = np.ascontiguousarray(leaf.addressable_data(0) if isinstance(leaf, jax.Array) else leaf)
    data: Any = array.reshape(-1).view(np.uint8)  # of types too that no buffer can have: bfloat16
    described[name] = {
      'shape': list(leaf.shape),
      'dtype': leaf.dtype.name,
      'sha256': hashlib.sha256(data).hexdigest(),
    }
  return described


def first_difference(described: Mapping[str, Any], tree: Any) -> str:
  """Where leaves that `describe` told of are named or shaped unlike a tree's; '' if nowhere."""
  wanted = {name: list(leaf.shape) for name, leaf in named(tree)}
  held = {name: leaf['shape'] for name, leaf in described.items()}
  for name in sorted(wanted.keys() | held.keys()):
    there, here = held.get(name, 'missing'), wanted.get(name, 'missing')
    if there != here:
      return f'{name} is {there} there, {here} here'
  return ''
