"""BatchNorm folded into convolutions: the same network, and never where it would not be."""

import jax
import numpy as np
import pytest

from glcic_jax.models import folding
from glcic_jax.models import glcic
from tests.test_completer import random_variables


@pytest.mark.parametrize('dilated', [True, False])
def test_a_folded_network_says_the_same(dilated):
  network = glcic.CompletionNetwork(width=1 / 16, dilated=dilated)
  rng = np.random.default_rng(0)
  image = rng.random((2, 16, 24, 3), np.float32)
  mask = (rng.random((2, 16, 24, 1)) < 0.3).astype(np.float32)
  variables = random_variables(dilated=dilated)
  before = jax.tree.map(np.copy, variables)
  folded = folding.fold(variables)
  jax.tree.map(np.testing.assert_array_equal, variables, before)  # pure
  assert set(folded) == {'params'}
  assert not any(name.startswith('norm') for name in folded['params'])
  assert {leaf.dtype for leaf in jax.tree.leaves(folded)} == {np.dtype(np.float32)}
  expected = network.apply(variables, image, mask)
  assert np.std(expected) > 0.1
  np.testing.assert_allclose(folding.apply(network, folded, image, mask), expected, atol=1e-5)


@pytest.mark.parametrize(
  'architecture, foldable',
  [
    ({'name': 'glcic', 'options': {'width': 0.5, 'dilated': True}}, True),
    (
      {
        'name': 'glcic',
        'options': {'width': 0.5, 'input_mean': [0.4, 0.4, 0.4], 'output': 'clamp'},
      },
      True,
    ),
    ({'name': 'glcic', 'options': {'relu_first': True}}, False),  # something stands between the two
    (
      {'name': 'glcic', 'options': {'hidden_biases': False}},
      False,
    ),  # there is no bias to fold into
    (
      {'name': 'glcic', 'options': {'anything': 1}},
      False,
    ),  # whatever it is: it is not known to fold
    ({'name': 'context_encoder', 'options': {}}, False),
  ],
)
def test_only_networks_that_are_known_to_fold_are_folded(architecture, foldable):
  assert folding.is_foldable(architecture) == foldable
