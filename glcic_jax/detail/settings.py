"""What can be turned; the defaults are what measured best (`benchmarks/detail.py`)."""

from typing import NamedTuple


class Band(NamedTuple):
  """What is finer than a cut-off, as far as the next finer band has not taken it."""

  sigma: float  # the cut-off, a Gaussian's
  # Over so many pixels from the hole's border the copied takes the place of the completion's own,
  # which is right there and goes on from what is known; the coarser, the farther. 0: at once.
  fade: float
  # Over so many pixels the energy becomes the copied's: a completion keeps its shape for longer
  # than it keeps its loudness.
  rise: float
  louder: float  # times the copied's; makes up for what fading takes


class Settings(NamedTuple):
  """Lengths are pixels at the scale at which offsets are found, where a hole's inner radius is
  `radius`.
  """

  radius: float = 36.0
  # A hole of a smaller inner radius gets blocks of half the side, see `finer`; 0: none does.
  thin: float = 24.0
  together: int = 64  # holes at most so far from each other choose their blocks together
  margin: int = 128  # so far around holes are blocks looked for
  block: int = 16  # side of a block; a multiple of 8
  stride: int = 8  # from one block of the hole to the next; the rest of a block overlaps
  step: int = 2  # from one block that may be copied to the next; the chosen are shifted by pixels
  most_sources: int = 16_384
  candidates: int = 6  # the best matches of each block, which are looked at pixel by pixel

  # The first is copied at full size, and decides what is beside what is not known.
  bands: tuple[Band, ...] = (
    Band(1.5, 3.0, 1.5, 0.95),
    Band(4.0, 12.0, 3.0, 1.15),
    Band(12.0, 36.0, 9.0, 1.35),
  )
  finer_bands: tuple[Band, ...] = (
    Band(0.75, 1.5, 0.75, 0.95),
    Band(2.0, 6.0, 1.5, 1.2),
    Band(6.0, 18.0, 4.5, 1.5),
  )
  feather: float = 1.0  # how much pixels beside a cut mingle, 0 to 1
  compare: float = 8.0  # blocks are compared by what is finer than this, at every so manieth pixel
  sample: int = 2
  apart: int = 4  # pixels that a block that is copied keeps from what is not known

  # Weights of a match: like surroundings, coarser than a Gaussian of so many pixels; as loud, and
  # as coloured, as is usual; nearness; like detail where a block is known.
  context: float = 20.0
  surroundings: float = 3.0
  energy: float = 0.2
  near: float = 0.5
  known: float = 10.0

  # What is usual: the median loudness of so many blocks, near and alike in colours coarser than a
  # Gaussian of so many pixels. Copied blocks are made as loud, times so much at most, or by so much
  # less; 1: not at all.
  usual: int = 64
  colours: float = 6.0
  usual_near: float = 2.0
  most: float = 2.0
  least: float = 0.25

  # Agreement with what is laid, in medians of the best match's cost and the least that they are
  # taken for, 0: each block for itself; what a block costs that continues no other's piece.
  seam: float = 15.0
  floor: float = 1e-3
  join: float = 0.02

  def finer(self) -> 'Settings':
    """With blocks of half the side, and what is looked at with them."""
    return self._replace(
      margin=self.margin // 2,
      block=self.block // 2,
      stride=self.stride // 2,
      step=max(self.step // 2, 1),
      most_sources=self.most_sources // 2,
      apart=self.apart // 2,
      compare=self.compare / 2,
      sample=max(self.sample // 2, 1),
      surroundings=self.surroundings / 2,
      bands=self.finer_bands,
    )
