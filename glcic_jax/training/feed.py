"""What feeds the loop: the pipeline of a config's pictures, or batches that the caller brings.

Both answer the same questions, so the loop knows no difference. TensorFlow or Grain is imported
only when a pipeline is opened.
"""

from collections.abc import Callable, Iterable, Iterator
import itertools
from typing import Any, Protocol

import jax
from jax.sharding import Mesh
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import errors
from glcic_jax import parallel

Batches = Iterable[batch_lib.Batch] | Callable[[int], Iterable[batch_lib.Batch]]


class Feed(Protocol):
  """Batches as the rows that this process reads (NumPy)."""

  @property
  def digest(self) -> str:
    """Of the listing of training pictures; empty where there is none."""

  @property
  def counts(self) -> tuple[int, int]:
    """Training and held-back pictures; zeros where nobody knows."""

  @property
  def counted(self) -> str:
    """`counts` in words."""

  def mean_color(self) -> tuple[float, float, float]:
    """RGB in 0..1."""

  def train(self, first_step: int) -> Iterator[batch_lib.Batch]:
    """Batches from `first_step` on."""

  def validation(self) -> Iterator[batch_lib.Batch]:
    """The fixed pictures to score; none if there are none."""

  def samples(self, count: int) -> Iterator[batch_lib.Batch]:
    """The fixed pictures to look at: batches that hold `count` of them, or as many as there are."""


class Given:
  """Batches that the caller brings: of another loader, or made up.

  A function from the first step to batches resumes exactly, and always shows the same samples; an
  iterable starts where its caller makes it start, and shows its first batch alone.
  """

  digest = ''
  counts = (0, 0)
  counted = ''

  def __init__(self, batches: Batches) -> None:
    """Takes the first batch.

    Raises:
      errors.InputError: if there is none.
    """
    iterator = iter(batches(0) if callable(batches) else batches)
    first = next(iterator, None)
    if first is None:
      raise errors.InputError(
        'The batches given are empty; give an iterator with one for each step.'
      )
    self._first = first
    if callable(batches):
      self._from, self._shown = batches, batches
    else:
      self._from = lambda step: itertools.chain([first], iterator)
      self._shown = lambda step: [first]

  def mean_color(self) -> tuple[float, float, float]:
    """Of the first batch."""
    levels = np.asarray(self._first.image, np.float64).mean(axis=(0, 1, 2)) / 255
    red, green, blue = levels.round(6)
    return float(red), float(green), float(blue)

  def train(self, first_step: int) -> Iterator[batch_lib.Batch]:
    """From `first_step` on if the caller brought a function, else from the iterable's start."""
    return iter(self._from(first_step))

  def validation(self) -> Iterator[batch_lib.Batch]:
    """None: nobody said which pictures are held back."""
    return iter(())

  def samples(self, count: int) -> Iterator[batch_lib.Batch]:
    """The first batches."""
    rows = len(self._first.image) * jax.process_count()
    return itertools.islice(self._shown(0), -(-count // rows))


def open_feed(config: Any, mesh: Mesh, batches: Batches | None) -> Feed:
  """The feed of a run.

  Raises:
    errors.InputError: if the batch does not divide over the devices, if there are no pictures, or
      if what is to load them is not installed.
  """
  rows = parallel.process_rows(config.batch_size, mesh)
  if batches is not None:
    return Given(batches)
  from glcic_jax.data import pipeline

  return pipeline.Pipeline(config, rows)
