"""The receptive field: the two papers' numbers, by arithmetic and by gradient."""

import pytest

from glcic_jax import cli
from glcic_jax.methods import architectures
from glcic_jax.models import receptive_field


@pytest.mark.parametrize(
  'dilated, quarter, lengths, reach, centred',
  [(True, 287, {299, 303}, 153, 307), (False, 79, {91, 95}, 49, 99)],
)
def test_the_gradient_sees_what_the_layers_say(dilated, quarter, lengths, reach, centred):
  found = receptive_field.by_arithmetic(dilated=dilated)
  assert found == receptive_field.by_gradient(dilated=dilated)
  assert found.quarter == quarter
  assert set(found.lengths) == lengths
  assert found.reach == reach
  assert found.centred == centred


def test_a_description_tells_its_field():
  assert architectures.centred_field({'name': 'glcic', 'options': {'width': 0.5}}) == 307
  assert architectures.centred_field({'name': 'glcic', 'options': {'dilated': False}}) == 99
  assert architectures.centred_field({'name': 'context_encoder', 'options': {}}) is None


def test_the_command_prints_the_table_twice_measured(capsys):
  assert cli.main(['receptive-field']) == 0
  out = capsys.readouterr().out
  rows = [line.split() for line in out.splitlines()]
  assert [row[-2:] for row in rows if 'centred' in row] == [['307', '307'], ['99', '99']]
  assert [row[-2:] for row in rows if 'quarter-resolution' in row] == [['287', '287'], ['79', '79']]
  assert out.count('299, 303, 303, 299') == out.count('91, 95, 95, 91') == 2
  assert 'dilated (this config)' in out


def test_the_command_reads_a_config(capsys):
  assert (
    cli.main(
      ['receptive-field', '--config', 'configs/quickstart.py', '--config.model.dilated=False']
    )
    == 0
  )
  assert 'without dilation (this config)' in capsys.readouterr().out
  assert cli.main(['receptive-field', '--config', 'configs/none.py']) == 2
