"""Which library loads a run's samples: tf.data or Grain, the same batches to the bit.

A run may change its loader at any step.
"""

from collections.abc import Callable, Generator
import sys
from typing import Any

from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax.data import samples

# (chunks, first, stop, config) -> chunks `first` to `stop` in order; stop None: endless.
Loader = Callable[[samples.Chunks, int, int | None, Any], Generator[samples.Rows]]


def by_name(config: Any) -> Loader:
  """The loader of a config; `auto` says so where it is Grain for want of TensorFlow.

  Raises:
    errors.InputError: if it is not installed, or cannot do what is asked for.
  """
  if config.data.loader == 'tf.data' and config.data.workers:
    raise errors.InputError(
      f'data.workers is {config.data.workers}, and tf.data has threads alone; give '
      '--config.data.loader=grain, or leave data.workers at 0.'
    )
  if config.data.loader == 'grain' or config.data.workers:
    return _grain('data.loader is grain')
  try:
    from glcic_jax.data import tf_data
  except ImportError as error:
    if config.data.loader == 'tf.data':
      raise errors.InputError(
        f'data.loader is tf.data, which needs TensorFlow ({error}); install it by '
        f'{errors.install("train-tf")}, or give --config.data.loader=grain.'
      ) from None
    loader = _grain('Reading pictures for training')
    parallel.tell('TensorFlow is not installed here: Grain loads the pictures.', sys.stderr)
    return loader
  return tf_data.chunks


def _grain(what: str) -> Loader:
  try:
    from glcic_jax.data import grain_loader
  except ImportError as error:
    raise errors.InputError(
      f'{what} needs Grain ({error}); install it by {errors.install("train")}.'
    ) from None
  return grain_loader.chunks
