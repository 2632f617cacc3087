"""BatchNorm folded into the convolution before it: for completing, where its statistics do not
change.

A convolution k * x + b and its normalisation (y - mean) f + c, f = scale / sqrt(var + eps), are the
one convolution (f k) * x + (b - mean) f + c. It holds only where nothing stands between the two: in
a network with its ReLU before BatchNorm there is nothing to fold.
"""

from collections.abc import Mapping
import re
from typing import Any

from flax import linen as nn
import jax
import numpy as np

from glcic_jax.models import layers
from glcic_jax.models import normalisation

# Networks whose every `normN` follows the convolution `convN` or `deconvN` at once, with the
# options under which that is known to be so.
_FOLDABLE = {'glcic': {'width', 'dilated', 'dtype', 'output', 'channel_order', 'input_mean'}}


def is_foldable(architecture: Mapping[str, Any]) -> bool:
  """Whether a network of this description may be folded (`models.build_generator`)."""
  return set(architecture['options']) <= _FOLDABLE.get(architecture['name'], set()) and (
    architecture['name'] in _FOLDABLE
  )


def fold(variables: Mapping[str, Any]) -> dict[str, Any]:
  """A generator's variables -> `{'params': ...}` without normalisations; pure, computed in
  float64.
  """
  parameters, statistics = variables['params'], variables.get('batch_stats', {})
  folded = {name: dict(layer) for name, layer in parameters.items() if not name.startswith('norm')}
  for name, layer in folded.items():
    norm = 'norm' + re.sub('^(conv|deconv)', '', name)
    if norm not in parameters:
      continue
    wide = {
      key: np.asarray(value, np.float64)
      for key, value in {**parameters[norm], **statistics[norm]}.items()
    }
    factor = wide['scale'] / np.sqrt(wide['var'] + layers.BatchNorm.epsilon)
    kernel = np.asarray(layer['kernel']) * factor  # the last axis is the output's channels
    bias = (np.asarray(layer['bias']) - wide['mean']) * factor + wide['bias']
    layer['kernel'] = kernel.astype(np.asarray(layer['kernel']).dtype)
    layer['bias'] = bias.astype(np.asarray(layer['bias']).dtype)
  return {'params': folded}


def apply(
  generator: nn.Module, variables: Mapping[str, Any], image: jax.Array, mask: jax.Array
) -> jax.Array:
  """`generator.apply` on folded variables: its normalisations only activate."""

  def skip(call, arguments, options, context):
    if isinstance(context.module, layers.BatchNorm):
      return normalisation.leaky(arguments[0], context.module.leak)
    return call(*arguments, **options)

  with nn.intercept_methods(skip):
    return generator.apply(variables, image, mask, train=False)
