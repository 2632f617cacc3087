"""Scores and sample strips during training, on the same pictures and holes each time."""

from collections.abc import Iterable
from typing import Any

from jax.sharding import Mesh
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import parallel
from glcic_jax.training import method as method_lib
from glcic_jax.training import step as step_lib


class Evaluation:
  """Completes fixed pictures by the generator's running statistics."""

  def __init__(self, method: method_lib.Method, mesh: Mesh):
    """Compiles at the first call."""
    self._complete = step_lib.compile_evaluation(method, mesh)
    self._method = method
    self._mesh = mesh

  def scores(self, variables: Any, batches: Iterable[batch_lib.Batch]) -> dict[str, float]:
    """Means over the pictures of 8-bit composites, each picture counting the same.

    Returns:
      validation_hole_psnr (dB), validation_hole_l1 (0..1), validation_count; empty if there are no
      pictures.
    """
    psnr, l1, weight = [], [], []
    for batch in batches:
      batch = parallel.to_global(batch, self._mesh)
      result = self._complete(variables, batch)
      psnr.append(np.asarray(result['hole_psnr']))
      l1.append(np.asarray(result['hole_l1']))
      weight.append(parallel.gather(batch.weight))
    counted = np.concatenate([[], *weight]) > 0
    if not counted.any():
      return {}
    return {'validation_hole_psnr': float(np.concatenate(psnr)[counted].mean()),
            'validation_hole_l1': float(np.concatenate(l1)[counted].mean()),
            'validation_count': float(counted.sum())}

  def samples(self, variables: Any, batch: batch_lib.Batch, count: int) -> dict[str, np.ndarray]:
    """What to look at: label -> `[count, H, W, 3]` uint8, of the batch's first rows."""
    everywhere = parallel.to_global(batch, self._mesh)
    result = self._complete(variables, everywhere)
    image, mask = (parallel.gather(leaf) for leaf in (everywhere.image, everywhere.mask))
    low, high = self._method.value_range
    fill = (np.asarray(self._method.hole_fill) - low) / (high - low) * 255
    columns = {
        'input': np.where(mask > 0, fill.round().astype(np.uint8), image),
        'raw output': np.asarray(result['raw']),
        'completed': np.asarray(result['completed']),
        'truth': image,
    }
    return {label: column[:count] for label, column in columns.items()}
