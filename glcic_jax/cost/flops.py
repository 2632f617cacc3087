"""What a training step computes, by its layers, and how fast the device multiplies matrices.

A convolution or matrix product counts 2 FLOPs for each multiply and add; a gradient counts as two
forward passes; normalisation, activations and optimisers count nothing; the discriminator's weight
gradients are not taken in the generator's update. These are model FLOPs: what rematerialisation
computes a second time does not count.
"""

from collections.abc import Mapping
import time
from typing import Any

import jax
import jax.extend as jex
import jax.numpy as jnp
import numpy as np

from glcic_jax import schedule
from glcic_jax.models import convolutions
from glcic_jax.models import layers
from glcic_jax.training import method as method_lib

Phase = schedule.Phase


def per_image(method: method_lib.Method, image_size: int) -> Mapping[Phase, float]:
  """Model FLOPs of one picture's share in a step, by phase.

  The discriminators judge a real and a completed picture in their own update (both forward and
  backward), and in the generator's the completed one again, of which only the gradient of its input
  is taken: 2 x 3 and 1 + 1 forward passes. A gradient penalty is a forward pass of the real
  picture, one back to it, and two more for each of these: 6, at every k-th step.
  """
  picture, mask = (jnp.zeros((1, image_size, image_size, channels)) for channels in (3, 1))
  generator = _forward(method.generator, picture, mask)
  judged, view = method.judged(picture, picture, mask), jnp.zeros((1, 2), jnp.int32)
  discriminator = _forward(method.discriminator, judged, view)
  penalty = 6 / method.penalty_every if method.penalty_weight else 0
  return {
    Phase.RECONSTRUCTION: 3 * generator,
    Phase.DISCRIMINATOR: generator + (2 * 3 + penalty) * discriminator,
    Phase.JOINT: 3 * generator + (2 * 3 + 2 + penalty) * discriminator,
  }


def _forward(network: Any, *inputs: jax.Array) -> float:
  network = layers.compiled_for(network, convolutions.AS_DEFINED)
  variables = jax.eval_shape(lambda: network.init(jax.random.key(0), *inputs))
  traced = jax.make_jaxpr(lambda variables: network.apply(variables, *inputs))(variables)
  return of_products(traced.jaxpr)


def of_products(jaxpr: Any) -> float:
  """FLOPs of all convolutions and matrix products of a traced function."""
  total = 0.0
  for equation in jaxpr.eqns:
    out = equation.outvars[0].aval
    if equation.primitive.name == 'conv_general_dilated':
      kernel = equation.invars[1].aval.shape
      features = kernel[equation.params['dimension_numbers'].rhs_spec[0]]
      total += 2 * out.size * np.prod(kernel) / features
    elif equation.primitive.name == 'dot_general':
      (contracted, _), _ = equation.params['dimension_numbers']
      total += 2 * out.size * np.prod([equation.invars[0].aval.shape[axis] for axis in contracted])
    for inner in jex.core.jaxprs_in_params(equation.params):
      total += of_products(inner)
  return float(total)


def matrix_rate(dtype: Any = jnp.float32) -> float:
  """FLOP/s of a large matrix product on this process's first device: now, the best of five."""
  size = 2048 if jax.default_backend() == 'cpu' else 8192
  matrix = jax.random.normal(jax.random.key(0), (size, size)).astype(dtype)
  multiply = jax.jit(lambda a: a @ a)
  jax.block_until_ready(multiply(matrix))
  best = np.inf
  for _ in range(5):
    start = time.perf_counter()
    jax.block_until_ready(multiply(matrix))
    best = min(best, time.perf_counter() - start)
  return 2 * size**3 / best
