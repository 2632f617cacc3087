"""The tf.data pipeline: sample i of step s is a function of (seed, s, i) alone.

Nothing is stored and nothing is skipped: a run starts at any step at no cost, and a
batch does not depend on how many processes share it. Each epoch is a permutation of the
pictures (`order.py`); places, scales and holes come from the generators of `draws.py`.
"""

import atexit
from collections.abc import Callable, Iterator
import functools
import itertools
import os
from typing import Any
import weakref

# TensorFlow greets on stderr otherwise; its oneDNN kernels are not used here.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')

import numpy as np
import tensorflow as tf

from glcic_jax import batch as batch_lib
from glcic_jax import errors
from glcic_jax.data import order
from glcic_jax.data import reading
from glcic_jax.data import resampling
from glcic_jax.data import sources
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views

# Some rows: pictures, masks, views and real views. `_RowsOf` makes them of numbers of samples.
_Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
_RowsOf = Callable[..., _Rows]

# Rows that one call of Python makes: each call costs about as much as drawing a hole.
_MOST_IN_A_CHUNK = 8
# Validation holes are the same in every run, whatever its seed.
_VALIDATION_SEED = 0


# tf.data's threads call Python: one that still waits when the interpreter ends would hang it.
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
      errors.InputError: if there are no pictures, or what `data.resampler` asks for is not
        installed.
    """
    if tf.config.list_physical_devices('GPU'):
      tf.config.set_visible_devices([], 'GPU')  # they are JAX's
    self._config = config
    self._rows = rows
    self._chunk = max(n for n in range(1, _MOST_IN_A_CHUNK + 1) if len(rows) % n == 0)
    self._splits = sources.open_splits(config.data)
    red, green, blue = (round(255 * level) for level in config.data.alpha_color)
    reader = functools.partial(
      reading.Reader, unreadable_share=config.data.unreadable_share, ground=(red, green, blue)
    )
    resample = resampling.by_name(config.data.resampler)
    self._train_reader = reader(self._splits.train, resample=resample)
    self._validation_reader = reader(self._splits.validation)  # as evaluation does: by Pillow
    self._failure: Exception | None = None  # tf.data loses an exception's type
    self._draw_mask = {
      seed: kinds.from_config(config.mask, config.image_size, seed)
      for seed in {config.seed, _VALIDATION_SEED}
    }

  @property
  def digest(self) -> str:
    """Changes when the listing of the training pictures does."""
    return self._splits.train.digest

  @property
  def counts(self) -> tuple[int, int]:
    """How many pictures are trained on, and how many are held back."""
    return len(self._splits.train), len(self._splits.validation)

  def mean_color(self) -> tuple[float, float, float]:
    """Of the training pictures, RGB in 0..1; the same on every process."""
    return self._train_reader.mean_color(self._config.data.mean_color_pictures)

  def train(self, first_step: int) -> Iterator[batch_lib.Batch]:
    """Endless training batches, from any step on.

    Raises:
      errors.RunError: when too many pictures are broken, or all masks are gone.
    """

    train = self._splits.train
    parts = train.parts or (sources.Part(len(train), 1.0),)

    def samples(k: tf.Tensor) -> tuple[tf.Tensor, ...]:
      index = self._indices(k)
      picture = tf.map_fn(lambda n: order.picture_of(n, parts, self._config.seed), index)
      return self._in_python(self._train_rows, index, picture)

    first = first_step * len(self._rows) // self._chunk
    return self._batches(tf.data.Dataset.range(first, np.iinfo(np.int64).max), samples)

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
    pictures = len(self._splits.validation)
    batches = -(-count // self._config.batch_size) if pictures else 0

    def samples(k: tf.Tensor) -> tuple[tf.Tensor, ...]:
      index = self._indices(k)
      return self._in_python(self._validation_rows, index, index % pictures)

    if batches:
      chunks = tf.data.Dataset.range(batches * len(self._rows) // self._chunk)
      yield from self._batches(chunks, samples)

  def _indices(self, chunk: tf.Tensor) -> tf.Tensor:
    """The numbers, in the whole run, of the samples in one chunk of this process's rows."""
    own = chunk * self._chunk + tf.range(self._chunk, dtype=tf.int64)
    return (
      own // len(self._rows) * self._config.batch_size + self._rows.start + own % len(self._rows)
    )

  def _in_python(self, rows_of: _RowsOf, *arguments: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """`rows_of` the arguments of one chunk, in one call of Python."""
    size, rows = self._config.image_size, self._chunk
    tensors = tf.numpy_function(
      functools.partial(self._noted, rows_of), arguments, [tf.uint8, tf.uint8, tf.int32, tf.int32]
    )
    shapes = ([rows, size, size, 3], [rows, size, size, 1], [rows, 2], [rows, 2])
    return tuple(tf.ensure_shape(tensor, shape) for tensor, shape in zip(tensors, shapes))

  def _noted(self, rows_of: _RowsOf, *arguments: np.ndarray) -> _Rows:
    """The same, but the first error of ours is kept, to be raised where batches are asked for."""
    try:
      return rows_of(*arguments)
    except (errors.InputError, errors.RunError) as error:
      self._failure = self._failure or error
      raise

  def _train_rows(self, index: np.ndarray, picture: np.ndarray) -> _Rows:
    config = self._config
    low, high = config.data.resize_short_edge
    image = np.empty((len(index), config.image_size, config.image_size, 3), np.uint8)
    for row, (number, name) in enumerate(zip(index.tolist(), picture.tolist())):
      rng = draws.generator(config.seed, number, draws.PICTURE)
      short_edge = int(rng.integers(low, high, endpoint=True))
      place = rng.random(2).tolist()
      crop = self._train_reader.crop(name, config.image_size, short_edge, place)
      image[row] = crop[:, ::-1] if config.data.flip and rng.integers(2) else crop
    holes = index - index % config.batch_size if config.mask.shared else index
    return image, *self._holes(config.seed, draws.COMPLETION, holes.tolist())

  def _validation_rows(self, index: np.ndarray, picture: np.ndarray) -> _Rows:
    low, _ = self._config.data.resize_short_edge
    crop = self._validation_reader.crop
    image = np.stack(
      [crop(name, self._config.image_size, low, (0.5, 0.5)) for name in picture.tolist()]
    )
    return image, *self._holes(_VALIDATION_SEED, draws.VALIDATION, index.tolist())

  def _holes(
    self, seed: int, stream: int, index: list[int]
  ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The holes M_c of some samples, the views around them, and the views of the real pictures.

    The hole M_d that places a real view (Algorithm 1) is that of the sample's neighbour:
    independent of the sample's own, and no hole is drawn for its place alone.
    """
    neighbours = [draws.neighbour(number) for number in index]
    hole = {
      number: self._draw_mask[seed](draws.generator(seed, number, stream))
      for number in {*index, *neighbours}
    }
    view = {
      number: views.view_corner(mask, self._config.model.local_size)
      for number, mask in hole.items()
    }
    return (
      np.stack([hole[number] for number in index]),
      np.stack([view[number] for number in index]),
      np.stack([view[number] for number in neighbours]),
    )

  def _batches(self, dataset: tf.data.Dataset, samples: Any) -> Iterator[batch_lib.Batch]:
    options = tf.data.Options()
    options.deterministic = True
    options.threading.private_threadpool_size = self._config.data.threads or os.cpu_count()
    dataset = dataset.map(samples, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(len(self._rows) // self._chunk, drop_remainder=True)
    batches = self._batches_of(dataset.prefetch(2).with_options(options))
    _LIVE.add(batches)
    return batches

  def _batches_of(self, dataset: tf.data.Dataset) -> Iterator[batch_lib.Batch]:
    iterator = dataset.as_numpy_iterator()
    try:
      while True:
        leaves = (leaf.reshape(-1, *leaf.shape[2:]) for leaf in next(iterator))
        image, mask, view, real_view = leaves
        weight: Any = np.ones(len(image), np.float32)
        yield batch_lib.Batch(image, mask, view, real_view, weight)
    except StopIteration:
      return
    except tf.errors.OpError as error:
      # A traceback would keep the iterator alive, and its threads would hang an ending interpreter.
      error.with_traceback(None)
      raise self._failure or error from None
    finally:
      del iterator
