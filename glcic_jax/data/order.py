"""Which picture sample n of a run shows: a function of (seed, n) alone, in constant time.

Every epoch of a source is a new permutation of its pictures. Of a mixture, samples come
in blocks: in each, every source has as many places as its weight says, in a
shuffled order, and goes on with its own epochs.
"""

from collections.abc import Sequence
import math
from typing import Any

import tensorflow as tf

from glcic_jax.data import sources

_BLOCK = 1_000  # places: weights are kept to a thousandth
_PICTURES, _PLACES = 0, 1  # streams


def places(weights: Sequence[float]) -> tuple[int, ...]:
  """How many places of a block each weight has: none where it is 0, else at least one."""
  if len(weights) == 1:
    return (1,)
  total = sum(weights)
  shares = [max(1, round(_BLOCK * weight / total)) if weight else 0 for weight in weights]
  common = math.gcd(*shares)
  return tuple(share // common for share in shares)


def picture_of(sample: tf.Tensor, parts: Sequence[sources.Part], seed: int) -> tf.Tensor:
  """The index of the picture that a sample shows.

  `sample` is its number in the whole run; it and the result are scalar int64.
  """
  shares = tf.constant(places([part.weight for part in parts]), tf.int64)
  size = tf.reduce_sum(shares)
  block = sample // size
  place = _shuffled(sample % size, size, seed, _PLACES, 0, block)
  sizes = tf.constant([part.count for part in parts], tf.int64)
  ends = tf.cumsum(shares)
  number = tf.reduce_sum(tf.cast(place >= ends, tf.int64))
  share, end, count, beyond = (
    tf.gather(values, number) for values in (shares, ends, sizes, tf.cumsum(sizes))
  )
  nth = block * share + place - (end - share)  # of its own source
  return beyond - count + _shuffled(nth % count, count, seed, _PICTURES, number, nth // count)


def _shuffled(
  position: tf.Tensor, count: Any, seed: int, stream: int, number: Any, epoch: tf.Tensor
) -> tf.Tensor:
  """`count` and `number` (of the source): scalar int64, or numbers."""
  stream_seed = tf.cast(seed + (stream << 40), tf.int64) + 2**41 * tf.cast(number, tf.int64)
  last = tf.cast(count, tf.int64) - 1
  key = tf.stack([stream_seed, epoch])
  return tf.random.experimental.index_shuffle(position, seed=key, max_index=last)
