"""Compiled programs are kept in memory for so many shapes, and no more.

Each size of a picture is a program of megabytes: a folder of photographs of a thousand sizes, seen
whole, would fill the memory.
"""

from collections.abc import Callable
from typing import Any

import jax

MOST = 32


class Bounded:
  """A function under `jax.jit` that forgets its programs when there are `most`, and goes on."""

  def __init__(self, function: Callable[..., jax.Array], most: int = MOST) -> None:
    self._compiled: Any = jax.jit(function)
    self._most = most
    self._shapes: set[Any] = set()  # of which there are programs

  def __call__(self, *arguments: Any) -> jax.Array:
    """The function's value."""
    shapes = tuple((leaf.shape, str(leaf.dtype)) for leaf in jax.tree.leaves(arguments))
    if shapes not in self._shapes:
      if len(self._shapes) >= self._most:
        self._compiled.clear_cache()
        self._shapes.clear()
      self._shapes.add(shapes)
    return self._compiled(*arguments)
