"""Permutations that are computed place by place: nothing is stored, and any place costs the same.

A block cipher is a permutation of all numbers of so many bits; whatever it makes larger than wanted
is enciphered again until it fits. The cipher is Simon (Beaulieu et al. 2013) in four rounds: the
numbers are those of `tf.random.experimental.index_shuffle`, so that runs of earlier versions go on.
"""

import functools
from typing import TypeVar

import numpy as np

Number = TypeVar('Number', int, np.ndarray)

_WORD = 0xFFFFFFFF
_ROUNDS = 4
_FIRST_KEY = 498_247_692  # by which TensorFlow makes three words of a seed's two
_CONSTANT, _SEQUENCE = _WORD - 3, 0x7369F885192C0EF5  # Simon's c and z
_LEAST_BITS = 16


def place_of(index: int, count: int, seed: int, epoch: int) -> int:
  """Where a permutation of `count` places, one for each (seed, epoch), puts a place.

  The permutations of fewer than 2^16 places come again after 256 epochs, as TensorFlow's do.
  """
  bits = max(_LEAST_BITS, (count - 2).bit_length() if count > 1 else 0)
  half = (bits + 1) // 2
  keys = _keys(half, seed & _WORD, epoch & _WORD)
  if 4 * count < 1 << 2 * half:  # few of the cipher's numbers fit: many tries, so once for all
    return int(_whole(count, half, keys)[index])
  index = _encipher(index, half, keys)
  while index >= count:
    index = _encipher(index, half, keys)
  return index


@functools.lru_cache(1_024)
def _whole(count: int, half: int, keys: tuple[int, ...]) -> np.ndarray:
  """The places of all, `[count]`."""
  numbers = np.arange(1 << 2 * half, dtype=np.uint16)
  made = _encipher(numbers, half, keys)
  # Where a number leads to in one step, then two, four, eight; one that fits leads to itself.
  onward, places = np.where(numbers < count, numbers, made), made[:count]
  while places.max() >= count:
    places, onward = onward[places], onward[onward]
  return places


@functools.lru_cache(64)
def _keys(half: int, seed: int, epoch: int) -> tuple[int, ...]:
  """Of the rounds, `half` bits each."""
  mask = (1 << half) - 1
  keys = [key & mask for key in (_FIRST_KEY, seed, epoch)]
  sequence = _SEQUENCE
  while len(keys) < _ROUNDS:
    turned = _turned(keys[-1], half - 3, half) ^ _turned(keys[-1], half - 4, half)
    keys.append((_CONSTANT & mask) ^ (sequence & 1) ^ keys[-3] ^ turned)
    sequence >>= 1
  return tuple(keys)


def _encipher(number: Number, half: int, keys: tuple[int, ...]) -> Number:
  """A number of 2 * `half` bits, or an array of them."""
  left, right = number >> half, number & ((1 << half) - 1)
  for first, second in zip(keys[::2], keys[1::2]):
    left = left ^ _mixed(right, half) ^ first
    right = right ^ _mixed(left, half) ^ second
  return (left << half) | right


def _mixed(word: Number, half: int) -> Number:
  return (_turned(word, 1, half) & _turned(word, 8, half)) ^ _turned(word, 2, half)


def _turned(word: Number, left: int, half: int) -> Number:
  """The bits of a word, turned to the left."""
  left %= half
  return ((word << left) | (word >> (half - left))) & ((1 << half) - 1)
