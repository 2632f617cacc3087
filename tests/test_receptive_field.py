"""The receptive field: the two papers' numbers, by arithmetic and by gradient."""

import pytest

from glcic_jax import cli
from glcic_jax.models import receptive_field


@pytest.mark.parametrize('dilated, quarter, lengths, reach, centred', [
    (True, 287, {299, 303}, 153, 307), (False, 79, {91, 95}, 49, 99)])
def test_the_gradient_sees_what_the_layers_say(dilated, quarter, lengths, reach, centred):
  found = receptive_field.by_arithmetic(dilated=dilated)
  assert found == receptive_field.by_gradient(dilated=dilated)
  assert found.quarter == quarter
  assert set(found.lengths) == lengths
  assert found.reach == reach
  assert found.centred == centred


def test_a_description_tells_its_field():
  assert receptive_field.centred({'name': 'glcic', 'options': {'width': 0.5}}) == 307
  assert receptive_field.centred({'name': 'glcic', 'options': {'dilated': False}}) == 99
  assert receptive_field.centred({'name': 'other', 'options': {}}) is None
