"""Scores and sample strips during training, on the same pictures and holes each time."""

from collections.abc import Iterable, Mapping
import math
import sys
from typing import Any

import jax
from jax.sharding import Mesh
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import parallel
from glcic_jax.training import method as method_lib
from glcic_jax.training import metrics as metrics_lib
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib


class Evaluation:
  """Completes fixed pictures by the generator's running statistics."""

  def __init__(
    self,
    method: method_lib.Method,
    mesh: Mesh,
    wanted: Mapping[str, metrics_lib.Score] = metrics_lib.SCORES,
  ):
    """Compiles at the first call; `wanted`: what to score the pictures by."""
    self._complete = step_lib.compile_evaluation(method, mesh)
    self._judge = step_lib.compile_judgements(method, mesh)
    self._scores = {
      name: jax.jit(score, out_shardings=parallel.replicated(mesh))
      for name, score in wanted.items()
    }
    self._method = method
    self._mesh = mesh

  def scores(self, variables: Any, batches: Iterable[batch_lib.Batch]) -> dict[str, float]:
    """Means over the pictures of 8-bit composites, each picture counting the same.

    A score that fails, or is not finite, is told on stderr and left out: no run ends for it.

    Returns:
      the scores by name, and validation_count; empty if there are no pictures.
    """
    values: dict[str, list[np.ndarray]] = {name: [] for name in self._scores}
    weight = []
    for batch in batches:
      batch = parallel.to_global(batch, self._mesh)
      completed = self._complete(variables, batch)['completed']
      weight.append(parallel.gather(batch.weight))
      for name in list(values):
        try:
          values[name].append(np.asarray(self._scores[name](completed, batch.image, batch.mask)))
        except Exception as error:  # whatever it is: a score is worth less than the run
          del values[name]
          _leave_out(name, f'{type(error).__name__}: {error}'.splitlines()[0])
    counted = np.concatenate([[], *weight]) > 0
    if not counted.any():
      return {}
    means = {name: float(np.concatenate(parts)[counted].mean()) for name, parts in values.items()}
    for name in [name for name, mean in means.items() if not math.isfinite(mean)]:
      _leave_out(name, f'it is {means.pop(name)}')
    return means | {'validation_count': float(counted.sum())}

  def judgements(
    self, state: state_lib.TrainState, batches: Iterable[batch_lib.Batch]
  ) -> dict[str, float]:
    """On what share of the pictures the discriminator is right: `metrics.JUDGEMENTS`.

    Far below its accuracy on the training pictures, it has learnt those by heart. Empty if there
    are no pictures.
    """
    right: dict[str, list[np.ndarray]] = {'real': [], 'completed': []}
    for batch in batches:
      batch = parallel.to_global(batch, self._mesh)
      counted = parallel.gather(batch.weight) > 0
      for kind, judged in self._judge(state, batch).items():
        right[kind].append(np.asarray(judged)[counted])
    return {
      name: float(np.concatenate(parts).mean())
      for name, parts in zip(metrics_lib.JUDGEMENTS, right.values())
      if parts
    }

  def samples(
    self, variables: Any, batches: Iterable[batch_lib.Batch], count: int
  ) -> dict[str, np.ndarray]:
    """What to look at: label -> `[count, H, W, 3]` uint8, of the batches' first rows; fewer if
    they hold fewer.
    """
    parts = [self._columns(variables, batch) for batch in batches]
    return {label: np.concatenate([part[label] for part in parts])[:count] for label in parts[0]}

  def _columns(self, variables: Any, batch: batch_lib.Batch) -> dict[str, np.ndarray]:
    """All rows of one batch."""
    everywhere = parallel.to_global(batch, self._mesh)
    result = self._complete(variables, everywhere)
    image, mask = (parallel.gather(leaf) for leaf in (everywhere.image, everywhere.mask))
    low, high = self._method.value_range
    fill = (np.asarray(self._method.hole_fill) - low) / (high - low) * 255
    return {
      'input': np.where(mask > 0, fill.round().astype(np.uint8), image),
      'raw output': np.asarray(result['raw']),
      'completed': np.asarray(result['completed']),
      'truth': image,
    }


def _leave_out(name: str, reason: str) -> None:
  parallel.tell(f'{name} is left out ({reason}); the run goes on.', sys.stderr)
