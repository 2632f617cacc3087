"""Which picture a sample shows: epochs, mixtures, and starting anywhere."""

import collections
import random

import pytest

from glcic_jax.data import order
from glcic_jax.data import permutation
from glcic_jax.data import sources


def chosen(parts, samples, seed=0):
  """The pictures of some samples."""
  names = tuple(str(number) for number in range(sum(part.count for part in parts)))
  of_run = order.Order(sources.Source(names, str.encode, tuple(parts)), seed)
  return [of_run.picture(number) for number in samples]


def test_each_epoch_is_another_permutation():
  seen = chosen([sources.Part(11, 1.0)], range(44))
  epochs = [tuple(seen[start : start + 11]) for start in range(0, 44, 11)]
  assert all(sorted(epoch) == list(range(11)) for epoch in epochs)
  assert len(set(epochs)) == 4


def test_any_sample_alone_is_what_it_is_in_the_run():
  parts = [sources.Part(7, 1.0), sources.Part(5, 2.0)]
  run = chosen(parts, range(200))
  assert chosen(parts, range(150, 200)) == run[150:]
  assert chosen(parts, [199, 3]) == [run[199], run[3]]
  assert chosen(parts, range(200), seed=1) != run


def test_a_mixture_keeps_its_weights_and_the_epochs_of_each_member():
  parts = [sources.Part(6, 3.0), sources.Part(4, 1.0), sources.Part(5, 0.0)]
  seen = chosen(parts, range(96))
  assert sum(index < 6 for index in seen) == 72 and max(seen) < 10
  first = [index for index in seen if index < 6]
  second = [index for index in seen if index >= 6]
  for member, count in ((first, 6), (second, 4)):
    epochs = [member[start : start + count] for start in range(0, len(member), count)]
    assert all(len(set(epoch)) == count for epoch in epochs)
  assert set(collections.Counter(second).values()) == {6}


@pytest.mark.parametrize(
  'weights, expected',
  [
    ([1.0], (1,)),
    ([0.5, 0.5], (1, 1)),
    ([3, 1], (3, 1)),
    ([1, 0], (1, 0)),
    ([1, 1e-9], (1000, 1)),
    ([0.2, 0.3, 0.5], (2, 3, 5)),
  ],
)
def test_places_are_the_weights_to_a_thousandth(weights, expected):
  assert order.places(weights) == expected


@pytest.mark.parametrize('count', [1, 2, 3, 10, 16_383, 16_384])
def test_a_permutation_takes_every_place_once(count):
  for epoch in (0, 7):
    assert len({permutation.place_of(index, count, 3, epoch) for index in range(count)}) == count


# What TensorFlow 2.21 gave runs of earlier versions: (index, count, seed, epoch) -> place.
KNOWN = {
  (0, 10, 0, 0): 0,
  (9, 10, 5, 300): 1,
  (123, 2_277, 0, 3): 1_287,
  (16_384, 20_000, 1, 2): 15_643,
  (999_999, 1_803_460, 0, 17): 232_030,
  (4, 5_000_000_000, 2**31 - 1, 1): 4_045_776,
}


def test_places_are_those_of_earlier_versions():
  assert {given: permutation.place_of(*given) for given in KNOWN} == KNOWN


def test_places_are_those_of_tensorflow_at_any_size():
  tf = pytest.importorskip('tensorflow', reason='its shuffle is the reference')
  rng = random.Random(0)
  counts = [2, 3, 10, 16_383, 16_385, 65_536, 65_537, 2**17, 2**17 + 1, 2**17 + 2, 2**33, 2**34 + 1]
  cases = [(rng.randrange(n), n, rng.randrange(2**31), rng.randrange(2**40)) for n in counts * 2]
  expected = [
    int(tf.random.experimental.index_shuffle(tf.constant(index, tf.int64), key, count - 1))
    for index, count, *key in cases
  ]
  assert [permutation.place_of(*case) for case in cases] == expected
