"""Writers that a caller brings: a run's numbers and pictures go to them too.

One for wandb, say:

    class Wandb:
      def write_scalars(self, step, scalars): wandb.log(scalars, step)
      def write_images(self, step, images):
        wandb.log({name: [wandb.Image(row) for row in rows] for name, rows in images.items()}, step)
      def flush(self): pass
      def close(self): wandb.finish()

    loop.train_and_evaluate(config, workdir, writers=[Wandb()])
"""

from collections.abc import Mapping, Sequence
import sys
from typing import Any, Protocol

import numpy as np

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax.config import audit

_METHODS = ('write_scalars', 'write_images', 'flush', 'close')


class MetricWriter(Protocol):
  """What a run asks of a writer: every writer of `clu.metric_writers` is one.

  Two more methods are called at the start, where there are such: `write_hparams` with the config by
  dotted key, and `write_texts` with the schedule audit.
  """

  def write_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
    """Of the state's step: what a row of metrics.csv holds, by column."""

  def write_images(self, step: int, images: Mapping[str, np.ndarray]) -> None:
    """`[N, H, W, 3]` uint8 by name: 'samples', a row of pictures side by side for each of N."""

  def flush(self) -> None:
    """Writes what is held back: after each evaluation."""

  def close(self) -> None:
    """The run ends, however it ends."""


class Writers:
  """Passes everything on to each writer; one that fails is told on stderr and gets nothing more."""

  def __init__(self, writers: Sequence[MetricWriter]):
    self._writers = dict(enumerate(writers))

  def introduce(self, step: int, config: Any) -> None:
    """The config, flat, and its schedule audit, to those that take such."""
    flat = config_lib.flatten(config).items()
    plain = {k: v if isinstance(v, (bool, int, float, str)) else repr(v) for k, v in flat}
    self._each('write_hparams', plain)
    self._each('write_texts', step, {'audit': audit.format_audit(config)})

  def write_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
    """Numbers of a step."""
    self._each('write_scalars', step, scalars)

  def write_images(self, step: int, images: Mapping[str, np.ndarray]) -> None:
    """Pictures of a step."""
    self._each('write_images', step, images)

  def flush(self) -> None:
    """What is held back."""
    self._each('flush')

  def close(self) -> None:
    """All of them, once."""
    self._each('close')
    self._writers = {}

  def _each(self, method: str, *arguments: Any) -> None:
    for number, writer in list(self._writers.items()):
      if not hasattr(writer, method):
        continue
      try:
        own = [dict(one) if isinstance(one, Mapping) else one for one in arguments]
        getattr(writer, method)(*own)
      except Exception as error:  # whatever it is: a writer is worth less than the run
        del self._writers[number]
        reason = f'{type(error).__name__}: {error}'.splitlines()[0].rstrip('.: ')
        parallel.tell(
          f'writers[{number}] ({type(writer).__name__}) is left out, for its {method} failed '
          f'({reason}); the run goes on.',
          sys.stderr,
        )


def check(writers: Sequence[MetricWriter]) -> None:
  """Refuses what is no writer, before anything is started.

  Raises:
    errors.InputError: naming the method that it lacks.
  """
  for number, writer in enumerate(writers):
    for method in _METHODS:
      errors.require(
        callable(getattr(writer, method, None)),
        f'writers[{number}] ({type(writer).__name__}) has no {method}; give objects with '
        f'{", ".join(_METHODS)}, such as those of clu.metric_writers.',
      )
