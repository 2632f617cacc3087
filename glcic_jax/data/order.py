"""Which picture sample n of a run shows: a function of (seed, n) alone, in constant time.

Every epoch of a source is a new permutation of its pictures. Of a mixture, samples come
in blocks: in each, every source has as many places as its weight says, in a
shuffled order, and goes on with its own epochs.
"""

import bisect
from collections.abc import Sequence
import itertools
import math

from glcic_jax.data import permutation
from glcic_jax.data import sources

_BLOCK = 1_000  # places: weights are kept to a thousandth


def places(weights: Sequence[float]) -> tuple[int, ...]:
  """How many places of a block each weight has: none where it is 0, else at least one."""
  if len(weights) == 1:
    return (1,)
  total = sum(weights)
  shares = [max(1, round(_BLOCK * weight / total)) if weight else 0 for weight in weights]
  common = math.gcd(*shares)
  return tuple(share // common for share in shares)


class Order:
  """The order in which a run shows the pictures of a source."""

  def __init__(self, source: sources.Source, seed: int):
    """`seed`: of the run; it counts modulo 2^32."""
    parts = source.parts or (sources.Part(len(source), 1.0),)
    self._seed = seed
    self._counts = [part.count for part in parts]
    self._shares = places([part.weight for part in parts])
    self._ends = list(itertools.accumulate(self._shares))

  def picture(self, sample: int) -> int:
    """The index of the picture that a sample shows; `sample` is its number in the whole run."""
    block, place = divmod(sample, self._ends[-1])
    place = permutation.place_of(place, self._ends[-1], self._seed, block)
    number = bisect.bisect_right(self._ends, place)  # of the source
    share, count = self._shares[number], self._counts[number]
    nth = block * share + place - (self._ends[number] - share)  # of that source's own samples
    epoch, index = divmod(nth, count)
    first = sum(self._counts[:number])
    return first + permutation.place_of(index, count, self._seed, epoch)
