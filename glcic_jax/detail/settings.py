"""What can be turned; the defaults are what measured best (`benchmarks/detail.py`)."""

from typing import NamedTuple


class Settings(NamedTuple):
  """Lengths are pixels at the scale at which offsets are found, where a hole's inner radius is
  `radius`.
  """

  radius: float = 36.0
  together: int = 64  # holes at most so far from each other choose their blocks together
  margin: int = 128  # so far around holes are blocks looked for
  block: int = 16  # side of a block; a multiple of 4
  stride: int = 4  # from one block of the hole to the next; divides half a block
  step: int = 2  # from one block that may be copied to the next
  most_sources: int = 16_384
  candidates: int = 16  # the best matches of each block, among which neighbours agree

  # Cut-offs, as Gaussians: what is finer than the first is copied; between both, the copied mingles
  # with the completion's own, more so the farther from known pixels. 0 for the second: no such.
  sigma: float = 4.0
  middle: float = 12.0
  # Blocks are compared by what is finer than this, at every so manieth pixel.
  compare: float = 8.0
  sample: int = 2

  # Weights of a match: like coarse surroundings, like detail where a block is known, nearness.
  context: float = 10.0
  known: float = 10.0
  near: float = 0.2
  # Agreement with neighbours, in medians of the best match's cost, 0: each block for itself; what
  # any two blocks cost that are not one piece of the picture; how often all are gone through.
  seam: float = 10.0
  join: float = 0.2
  sweeps: int = 2

  power: float = 4.0  # of the windows that blocks are laid with: the higher, the less they mingle
  # At most so much louder, where overlapping blocks cancel each other; 1: off. That brings their
  # energy back; where they are unlike they are made louder by so much more, which makes up for what
  # fading takes, and for blocks that a smooth completion chose. Blocks that are one piece stay.
  gain: float = 3.0
  louder: float = 1.18
  middle_louder: float = 1.55
  fade: float = 6.5  # over so many pixels from the hole's border comes the fine; 0: at once
  middle_fade: float = 24.0  # the same for the middle
