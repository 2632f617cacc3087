"""What a config's `loss` asks of a completed picture, as a function of `losses.py`."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from glcic_jax import losses

# (prediction, truth, weight or mask) -> [B]
Measure = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]

NORMS = {'l2': losses.squared_error, 'l1': losses.absolute_error}
MEANS = {'all': losses.mean_over_all, 'hole': losses.mean_over_weight}
ADVERSARIAL = {'non_saturating': losses.non_saturating, 'saturating': losses.saturating}


def error(config: Any) -> Measure:
  """(prediction, truth, weight `[B or 1, H, W, 1]`) -> `[B]`: the weighted error's mean."""
  norm = NORMS[config.loss.reconstruction_norm]
  mean = MEANS[config.loss.reconstruction_mean]
  return lambda raw, image, weight: mean(norm(raw, image), weight)


def reconstruction(config: Any) -> Measure:
  """(raw, image, mask) -> `[B]`: the error of the hole, or of the whole picture."""
  measure = error(config)
  if config.loss.reconstruction_region == 'hole':
    return measure
  return lambda raw, image, mask: measure(raw, image, jnp.ones_like(mask))
