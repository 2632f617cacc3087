"""What can be turned; the defaults are what measured best (`benchmarks/detail.py`)."""

from typing import NamedTuple


class Settings(NamedTuple):
  """Lengths are pixels of the picture at the scale at which offsets are found."""

  radius: float = 36.0  # of the hole, at that scale
  block: int = 16  # side of a block; a multiple of 4
  stride: int = 4  # from one block of the hole to the next; divides half a block
  sigma: float = 4.0  # the cut-off: coarser than this Gaussian is the completion's
  step: int = 2  # from one block that may be copied to the next
  sample: int = 2  # fine detail is compared at every so manieth pixel
  most_sources: int = 16_384
  candidates: int = 16  # the best matches of each block, among which neighbours agree
  # Weights of a match: like coarse surroundings, like detail where a block is known, nearness.
  context: float = 10.0
  known: float = 10.0
  near: float = 0.5
  # Agreement with neighbours, in medians of the best match's cost, 0: each block for itself; what
  # any two blocks cost that are not one piece of the picture; how often all are gone through.
  seam: float = 10.0
  join: float = 0.2
  sweeps: int = 2
  power: float = 2.0  # windows: so steep
  gain: float = 3.0  # at most so much louder, where overlapping blocks cancel each other; 1: off
  fade: float = 2.0  # over so many pixels from the hole's border; 0: at once
