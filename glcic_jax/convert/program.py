"""What the converter asks of a program whose weights it reads, and what all programs share.

A program names its arrays in one way, and prepares pictures in one way: ranges, colours, sizes. All
of that ends in a model directory's `config.json`, so that `complete` prepares a picture as the
program that trained the weights did. Widths and depths are read from the arrays' shapes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from glcic_jax import errors
from glcic_jax.convert import foreign_files
from glcic_jax.convert import names

Arrays = Mapping[str, np.ndarray]
Color = tuple[float, float, float]  # RGB in 0..1


class Wishes(NamedTuple):
  """What a file may leave open."""

  mean_color: Color | None = None  # of the training pictures
  image_size: int | None = None  # pixels: side of the training pictures
  # Pixels by which a centre Context Encoder's patch overlaps what is known; None: 4.
  overlap: int | None = None


# A discriminator, as the shapes of its arrays tell it: {'name', 'options'} as of
# `architectures.build_discriminator`, its layers, and the side in pixels of pictures that it sees.
Judge = tuple[dict[str, Any], list[names.Pair], int]


class Program(NamedTuple):
  """A program of others. What is given a file raises InputError where it fits no network."""

  title: str
  licence: str  # under which it is published: with weights, or for those who train their own
  leaves_open: tuple[str, ...]  # fields of `Wishes`
  marks: tuple[str, ...]  # names, of which its generators have one and no other program's have any
  architecture: str  # the name of the networks here that it has
  writes: Callable[[Mapping[str, Any]], bool]  # whether it has a generator of such options
  # Fields of a model's description.
  describe: Callable[[foreign_files.ForeignFile, Wishes], dict[str, Any]]
  generator: Callable[[Mapping[str, Any]], list[names.Pair]]  # of such options
  discriminator: Callable[[foreign_files.ForeignFile], Judge]
  judge_marks: tuple[str, ...] = ()  # names, of which its discriminators have one
  judge_root: str = ''  # its discriminator's arrays begin so, where one file holds both networks


def mean_color(name: str, mean: Any, wishes: Wishes) -> Color:
  """The colour wished for, else what stands beside the weights of a file.

  Raises:
    errors.InputError: if there is neither, or it is no colour.
  """
  if wishes.mean_color is not None:
    return wishes.mean_color
  if mean is None:
    raise errors.InputError(
      f'{name} does not say what the mean colour of its training pictures was; give it as '
      '--mean-color R,G,B from 0 to 1, such as 0.456,0.447,0.416.'
    )
  try:
    color = [float(value) for value in mean]
  except (TypeError, ValueError):
    color = []
  if len(color) != 3 or not all(0 <= value <= 1 for value in color):
    raise errors.InputError(
      f'The mean colour beside {name} is {mean}; it should be three numbers from 0 to 1: give '
      '--mean-color R,G,B.'
    )
  red, green, blue = color
  return red, green, blue


def length(arrays: Arrays, name: str, axis: int, missing: int) -> int:
  """The length of an array's axis; `missing`, as published, where it is not there: the lack is told
  later.
  """
  return arrays[name].shape[axis] if name in arrays and arrays[name].ndim > axis else missing


def kernels_of(arrays: Arrays, root: str = '') -> list[str]:
  """The names of all convolutions' kernels that begin so."""
  return [key for key, array in arrays.items() if array.ndim == 4 and key.startswith(root)]
