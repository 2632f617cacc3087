"""FID, KID and LPIPS: without their weights they say so, and nothing that fails in them stops
anything.
"""

import hashlib

import numpy as np
import pytest

from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import features
from glcic_jax.evaluation import manifest as manifest_lib

COUNT = 4


def _rows(labels=('a',)):
  for label in labels:
    for number in range(COUNT):
      yield evaluate.Row(
        label, 'completed', manifest_lib.Entry(f'{number}', '', 64, 64, 'own', 0.5, False, ''), {}
      )


def _picture(number):
  return np.random.default_rng(number).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize('given', [False, True])
def test_without_weights_every_distance_says_so(tmp_path, given):
  collector = features.Collector(str(tmp_path) if given else None)
  for row in _rows():
    collector.visit(row, _picture(0), _picture(0))
  results = collector.results()
  assert list(results) == ['FID', 'KID', 'LPIPS']
  for result in results.values():
    assert (result['status'], result['values']) == ('weights not given', {})


def test_weights_with_another_digest_are_not_used(tmp_path):
  (tmp_path / features.INCEPTION).write_bytes(b'other weights')
  results = features.Collector(str(tmp_path)).results()
  assert (
    'SHA-256' in results['FID']['status'] and results['KID']['status'] == results['FID']['status']
  )
  assert results['LPIPS']['status'] == 'weights not given'


def test_the_digits_in_a_name_are_those_of_the_digest(tmp_path):
  digits = hashlib.sha256(b'weights').hexdigest()[:8]
  for name, whole in ((f'some-net-{digits}.pth', True), ('some-net-00000000.pth', False)):
    (tmp_path / name).write_bytes(b'weights')
    assert features.is_whole(str(tmp_path / name)) == whole


def test_what_fails_is_noted_and_stops_nothing(tmp_path, monkeypatch):
  file = f'alexnet-{hashlib.sha256(b"no network").hexdigest()[:8]}.pth'
  (tmp_path / file).write_bytes(b'no network')
  monkeypatch.setattr(features, 'ALEXNET', file)
  collector = features.Collector(str(tmp_path))
  for row in _rows():
    collector.visit(row, _picture(0), _picture(1))
  status = collector.results()['LPIPS']['status']
  assert status.startswith('failed') or 'not installed' in status


def test_the_libraries_compute_on_weights_that_are_there(tmp_path, monkeypatch):
  pytest.importorskip('torch_fidelity', reason='the extra [metrics] is not installed')
  pytest.importorskip('lpips', reason='the extra [metrics] is not installed')
  import torch
  from torch_fidelity import feature_extractor_inceptionv3
  import torchvision

  def save(network, name):
    for weights in network.parameters():
      if weights.ndim == 4:
        torch.nn.init.kaiming_normal_(weights, nonlinearity='relu')
    torch.save(network.state_dict(), tmp_path / 'weights')
    data = (tmp_path / 'weights').read_bytes()
    file = f'{name}-{hashlib.sha256(data).hexdigest()[:8]}.pth'
    (tmp_path / file).write_bytes(data)
    return file

  # Weights at random: here it matters that they are loaded and used.
  torch.manual_seed(0)
  monkeypatch.setattr(
    feature_extractor_inceptionv3.FeatureExtractorInceptionV3, 'load_state_dict', lambda *_: None
  )
  (tmp_path / 'none').write_bytes(b'')
  monkeypatch.setattr(torch, 'load', lambda *_, **__: {})
  inception = feature_extractor_inceptionv3.FeatureExtractorInceptionV3(
    'x', ['2048'], str(tmp_path / 'none')
  )
  monkeypatch.undo()
  monkeypatch.setattr(features, 'INCEPTION', save(inception, 'inception'))
  monkeypatch.setattr(
    features, 'ALEXNET', save(torchvision.models.alexnet(weights=None), 'alexnet')
  )
  collector = features.Collector(str(tmp_path))
  for row in _rows(('same', 'other')):
    number = int(row.entry.name)
    collector.visit(row, _picture(number + 10 * (row.label == 'other')), _picture(number))
  results = collector.results()
  for name, result in results.items():
    assert result['status'] == '', name
    same, other = (result['values'][label]['completed'] for label in ('same', 'other'))
    assert other > same and (abs(same) < 1e-3 * other or name == 'KID'), (
      name
    )  # KID has no bias: it may be below 0
