"""The format lasts: model directories written by version 0.1 load, and complete as they did."""

import json
import pathlib

import numpy as np
import pytest

from glcic_jax.model_directory import model_files
from tests.references import make_models

STORED = pathlib.Path(__file__).parent / 'references'


@pytest.mark.parametrize('name', make_models.ARCHITECTURES)
def test_a_model_of_format_1_completes_as_it_did(name):
  expected = np.load(STORED / name / 'completed.npy')
  assert expected.std(axis=(0, 1)).min() > 10
  assert np.abs(make_models.completed(STORED / name) - expected).max() / 255 < 1e-5


@pytest.mark.parametrize('name', make_models.ARCHITECTURES)
def test_a_description_of_format_1_says_what_it_said(name):
  stored = json.loads((STORED / name / 'config.json').read_text())
  _, description = model_files.load(STORED / name)
  now = description.to_json()
  assert stored['format_version'] == 1
  assert {key: now[key] for key in stored if key not in ('format_version', 'sha256')} == {
    key: value for key, value in stored.items() if key not in ('format_version', 'sha256')
  }


def test_what_is_written_now_keeps_every_name(tmp_path):
  for name in make_models.ARCHITECTURES:
    model_files.write(tmp_path / name, *model_files.load(STORED / name))
    for part in ('config.json', 'model.safetensors'):
      kept, now = ((folder / name / part).read_bytes() for folder in (STORED, tmp_path))
      if part == 'config.json':
        assert json.loads(now).items() >= json.loads(kept).items()
      else:
        assert now == kept
