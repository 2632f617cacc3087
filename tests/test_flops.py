"""FLOPs, against the layers' table by hand."""

import jax
import jax.numpy as jnp
import pytest

from glcic_jax import config as config_lib
from glcic_jax.cost import flops
from glcic_jax.schedule import Phase
from glcic_jax.training import method as method_lib
from tests import fakes


def counted(function, *shapes):
  """FLOPs of a function of arrays of these shapes."""
  return flops.of_products(jax.make_jaxpr(function)(*(jnp.zeros(shape) for shape in shapes)).jaxpr)


def convolve(x, kernel, stride=1, groups=1):
  """'SAME'."""
  return jax.lax.conv_general_dilated(
    x,
    kernel,
    (stride, stride),
    'SAME',
    feature_group_count=groups,
    dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
  )


@pytest.mark.parametrize(
  'stride, groups, kernel', [(1, 1, (3, 3, 4, 6)), (2, 1, (5, 5, 4, 6)), (1, 2, (3, 3, 2, 6))]
)
def test_a_convolution(stride, groups, kernel):
  side = 8 // stride
  by_hand = 2 * 7 * side * side * 6 * kernel[0] ** 2 * kernel[2]
  assert counted(lambda x, k: convolve(x, k, stride, groups), (7, 8, 8, 4), kernel) == by_hand


def test_matrix_products_also_within_other_functions_and_nothing_else():
  inner = jax.jit(lambda a, b: jnp.tanh(a @ b) + 1)
  assert counted(lambda a, b: inner(a, b).sum() * 3, (4, 5), (5, 6)) == 2 * 4 * 5 * 6
  assert (
    counted(lambda a, b: jnp.einsum('nij,njk->nik', a, b), (3, 4, 5), (3, 5, 6))
    == 3 * 2 * 4 * 5 * 6
  )


# Kernel, channels in, channels out, side of the output at 256 px (Iizuka et al. 2017, table 1).
# Each output of a 4x4 transposed convolution of stride 2 has 2x2 taps.
COMPLETION = [
  (5, 4, 64, 256),
  (3, 64, 128, 128),
  (3, 128, 128, 128),
  (3, 128, 256, 64),
  *[(3, 256, 256, 64)] * 8,
  (2, 256, 128, 128),
  (3, 128, 128, 128),
  (2, 128, 64, 256),
  (3, 64, 32, 256),
  (3, 32, 3, 256),
]
LOCAL = [
  (5, 3, 64, 64),
  (5, 64, 128, 32),
  (5, 128, 256, 16),
  (5, 256, 512, 8),
  (5, 512, 512, 4),
  (4, 512, 1024, 1),
]
GLOBAL = [
  (5, 3, 64, 128),
  (5, 64, 128, 64),
  (5, 128, 256, 32),
  (5, 256, 512, 16),
  (5, 512, 512, 8),
  (5, 512, 512, 4),
  (4, 512, 1024, 1),
  (1, 2048, 1, 1),
]


def by_hand(layers):
  """FLOPs of one forward pass."""
  return sum(2 * kernel**2 * before * after * side**2 for kernel, before, after, side in layers)


def test_the_papers_networks_at_256_pixels():
  method = method_lib.from_config(config_lib.default(), fakes.MEAN_COLOR)
  completion, judge = by_hand(COMPLETION), by_hand(LOCAL) + by_hand(GLOBAL)
  counted_ = flops.per_image(method, 256)
  assert counted_[Phase.RECONSTRUCTION] == 3 * completion
  # The discriminators' smallest layer gathers its windows by products with ones and zeros.
  assert counted_[Phase.DISCRIMINATOR] == pytest.approx(completion + 6 * judge, rel=1e-3)
  assert counted_[Phase.JOINT] == pytest.approx(3 * completion + 8 * judge, rel=1e-3)
