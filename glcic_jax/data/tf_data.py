"""tf.data as the loader: threads of this process make chunks of samples, in order."""

from collections.abc import Generator
import os
from typing import Any

# TensorFlow greets on stderr otherwise; its oneDNN kernels are not used here.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')

import numpy as np
import tensorflow as tf

from glcic_jax import errors
from glcic_jax.data import samples

_KINDS = [tf.uint8, tf.uint8, tf.int32, tf.int32]  # of the four leaves of `samples.Rows`


def chunks(
  of: samples.Chunks, first: int, stop: int | None, config: Any
) -> Generator[samples.Rows]:
  """Chunks `first` to `stop`; see `loaders.Loader`.

  Raises:
    errors.InputError, errors.RunError: whatever making one raises.
  """
  if tf.config.list_physical_devices('GPU'):
    tf.config.set_visible_devices([], 'GPU')  # they are JAX's
  failures: list[Exception] = []  # tf.data loses an exception's type

  def make(chunk: np.ndarray) -> samples.Rows:
    try:
      return of(int(chunk))
    except (errors.InputError, errors.RunError) as error:
      failures.append(error)
      raise

  options = tf.data.Options()
  options.deterministic = True
  options.threading.private_threadpool_size = config.data.threads or os.cpu_count()
  dataset = tf.data.Dataset.range(first, np.iinfo(np.int64).max if stop is None else stop)
  dataset = dataset.map(
    lambda chunk: tf.numpy_function(make, [chunk], _KINDS), tf.data.AUTOTUNE, deterministic=True
  )
  iterator = dataset.prefetch(2 * of.in_a_batch).with_options(options).as_numpy_iterator()
  try:
    yield from iterator
  except tf.errors.OpError as error:
    # A traceback would keep the iterator alive, and its threads would hang an ending interpreter.
    error.with_traceback(None)
    raise (failures or [error])[0] from None
  finally:
    del iterator
