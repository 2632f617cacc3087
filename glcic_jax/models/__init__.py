"""The networks: Flax modules, their layers, and how far they see. `methods/` says which is whose."""

from typing import Any


def own_side(generator: Any) -> int | None:
  """The only side of a picture, in pixels, that a generator takes; None if it takes any."""
  return getattr(generator, 'image_size', None)


def own_hole(generator: Any) -> tuple[int, int] | None:
  """First and last + 1 row (and column) of the only hole that a generator completes; None if it
  takes any.
  """
  return getattr(generator, 'hole', None)
