"""Which picture sample n of a run shows: a function of (seed, n) alone, in constant time.

Every epoch of a source is a new permutation of its pictures. Of a mixture, samples come
in blocks: in each, every source has as many places as its weight says, in a
shuffled order, and goes on with its own epochs.
"""

from collections.abc import Sequence
import math

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

  Args:
    sample: scalar int64, the sample's number in the whole run.
    parts: of the source.
    seed: the run's.

  Returns:
    scalar int64.
  """
  shares = places([part.weight for part in parts])
  size = sum(shares)
  block = sample // size
  place = _shuffled(sample % size, size, seed, _PLACES, 0, block)
  ends = tf.cumsum(tf.constant(shares, tf.int64))
  number = tf.reduce_sum(tf.cast(place >= ends, tf.int64))

  def of(name: str) -> tf.Tensor:
    return tf.gather(tf.constant([getattr(part, name) for part in parts], tf.int64), number)

  share = tf.gather(tf.constant(shares, tf.int64), number)
  nth = block * share + place - (tf.gather(ends, number) - share)  # of its own source
  return of('start') + _shuffled(
    nth % of('count'), of('count'), seed, _PICTURES, number, nth // of('count')
  )


def _shuffled(
  position: tf.Tensor,
  count: tf.Tensor | int,
  seed: int,
  stream: int,
  number: tf.Tensor | int,
  epoch: tf.Tensor,
) -> tf.Tensor:
  key = tf.stack(
    [tf.cast(seed + (stream << 40), tf.int64) + 2**41 * tf.cast(number, tf.int64), epoch]
  )
  return tf.random.experimental.index_shuffle(
    position, seed=key, max_index=tf.cast(count, tf.int64) - 1
  )
