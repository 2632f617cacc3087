"""Which picture a sample shows: epochs, mixtures, and starting anywhere."""

import collections

import pytest

tf = pytest.importorskip('tensorflow', reason='the pipeline needs the train extra')

from glcic_jax.data import order
from glcic_jax.data import sources


def chosen(parts, samples, seed=0):
  """The pictures of some samples."""
  numbers = tf.data.Dataset.from_tensor_slices(tf.constant(list(samples), tf.int64))
  return [
    int(index)
    for index in numbers.map(lambda n: order.picture_of(n, parts, seed)).as_numpy_iterator()
  ]


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
