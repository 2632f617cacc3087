"""The data of a run as batches: what feeds the loop, whichever library loads them.

Nothing is stored and nothing is skipped: a run starts at any step at no cost, and a
batch does not depend on how many processes share it. What a sample is stands in `samples.py`; the
loaders, tf.data and Grain, only say when and where chunks of samples are made.
"""

import atexit
from collections.abc import Generator, Iterator
import contextlib
import itertools
from typing import Any
import weakref

import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax.data import loaders
from glcic_jax.data import samples as samples_lib
from glcic_jax.data import sources

# Rows that one call of Python makes: each call costs about as much as drawing a hole.
_MOST_IN_A_CHUNK = 8

# Loaders have threads and processes of their own: what still runs when the interpreter ends would
# hang it.
_LIVE: weakref.WeakSet = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
  for batches in list(_LIVE):
    batches.close()


class Pipeline:
  """Batches of a config's pictures, as the rows that one process reads."""

  def __init__(self, config: Any, rows: range):
    """Lists the pictures of a checked config; reads none.

    Raises:
      errors.InputError: if there are no pictures, or what `data.loader` or `data.resampler` asks
        for is not installed.
    """
    self._config = config
    self._rows = rows
    self._chunk = max(n for n in range(1, _MOST_IN_A_CHUNK + 1) if len(rows) % n == 0)
    self._splits = sources.open_splits(config.data)
    self._load = loaders.by_name(config)
    self._samples = samples_lib.Samples(config, self._splits)

  @property
  def digest(self) -> str:
    """Changes when the listing of the training pictures does."""
    return self._splits.train.digest

  @property
  def counts(self) -> tuple[int, int]:
    """How many pictures are trained on, and how many are held back."""
    return len(self._splits.train), len(self._splits.validation)

  @property
  def counted(self) -> str:
    """`counts` in words, and what lies beside the pictures."""
    return sources.counted(self._splits)

  def mean_color(self) -> tuple[float, float, float]:
    """Of the training pictures, RGB in 0..1; the same on every process."""
    return self._samples.training_reader.mean_color(self._config.data.mean_color_pictures)

  def train(self, first_step: int) -> Iterator[batch_lib.Batch]:
    """Endless training batches, from any step on.

    Raises:
      errors.RunError: when too many pictures are broken, or all masks are gone.
    """
    return self._batches(self._chunks(held_back=False), first_step, None)

  def validation(self) -> Iterator[batch_lib.Batch]:
    """`validation.count` holes in held-back pictures, always the same; the last batch is padded.

    The pictures come in turn, and again with other holes when they are fewer; each is a central
    crop with its short edge at the smallest training size. Nothing comes if no picture is held
    back.
    """
    count = self._config.validation.count
    for number, batch in enumerate(self._held_back(count)):
      index = number * self._config.batch_size + np.asarray(self._rows)
      yield batch.replace(weight=(index < count).astype(np.float32))

  def samples(self, count: int) -> Iterator[batch_lib.Batch]:
    """Batches of at least `count` pictures to look at, always the same: held-back ones, if any."""
    if self._splits.validation.names and self._config.validation.count:
      return self._held_back(count)
    return itertools.islice(self.train(0), -(-count // self._config.batch_size))

  def _held_back(self, count: int) -> Iterator[batch_lib.Batch]:
    """The first validation batches, until they hold `count` holes."""
    batches = -(-count // self._config.batch_size) if self._splits.validation.names else 0
    return self._batches(self._chunks(held_back=True), 0, batches) if batches else iter(())

  def _chunks(self, *, held_back: bool) -> samples_lib.Chunks:
    config = self._config
    return samples_lib.Chunks(self._samples, config.batch_size, self._rows, self._chunk, held_back)

  def _batches(
    self, chunks: samples_lib.Chunks, first: int, stop: int | None
  ) -> Iterator[batch_lib.Batch]:
    """Batches `first` to `stop`; None: endless."""
    whole = chunks.in_a_batch
    last = None if stop is None else stop * whole
    batches = _joined(self._load(chunks, first * whole, last, self._config), whole)
    _LIVE.add(batches)
    return batches


def _joined(loaded: Generator[samples_lib.Rows], whole: int) -> Generator[batch_lib.Batch]:
  """Batches of `whole` chunks."""
  with contextlib.closing(loaded):
    while chunks := list(itertools.islice(loaded, whole)):
      leaves: Any = (np.concatenate(leaf) for leaf in zip(*chunks))
      image, mask, view, real_view = leaves
      weight: Any = np.ones(len(image), np.float32)
      yield batch_lib.Batch(image, mask, view, real_view, weight)
