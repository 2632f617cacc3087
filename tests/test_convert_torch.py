"""Against torch itself, where it is installed: the same pictures, its own files, and files of
ours in its networks.
"""

import collections
import io
import pickle
import zipfile

import numpy as np
import pytest

from glcic_jax import errors
from glcic_jax.convert import converter
from glcic_jax.convert import pytorch
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors
from tests import foreign
from tests import foreign_models

torch = pytest.importorskip('torch', minversion='2.6', reason='PyTorch is not installed')
from tests import torch_networks  # noqa: E402

WIDTH = 1 / 16
SEED = 23  # not the stored one


def network_of(case):
  """A network of torch with made-up weights."""
  network = torch_networks.CASES[case][0](WIDTH)
  return torch_networks.load(network, foreign.arrays(torch_networks.shapes(network), SEED))


@pytest.mark.parametrize('case', torch_networks.CASES)
def test_a_file_of_torch_paints_what_torch_paints(tmp_path, case):
  network = network_of(case)
  torch.save(network.state_dict(), tmp_path / 'network.pth')
  converter.to_model_directory(
    tmp_path / 'network.pth', tmp_path / 'model', foreign_models.wishes(case)
  )
  pictures, mask = foreign.pictures(torch_networks.CASES[case][1], SEED)
  for train, tolerance in ((False, 1e-5), (True, 1e-4)):
    expected = torch_networks.raw(case, network, pictures, mask, train=train)
    painted, _ = foreign_models.paint(tmp_path / 'model', pictures, mask, train=train)
    assert expected.std() > 0.03
    np.testing.assert_allclose(painted, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize('case', torch_networks.CASES)
def test_a_file_of_ours_runs_in_their_network(tmp_path, case):
  folder = foreign_models.convert(tmp_path, case, SEED)
  written = tmp_path / 'again.pth'
  converter.to_pytorch(folder, written)
  state = torch.load(written, weights_only=True)
  network = torch_networks.CASES[case][0](WIDTH)
  if case == 'mmagic':  # its program loads a generator without the discriminators too
    lacking = network.load_state_dict(state, strict=False)
    assert (
      all(name.startswith('disc.') for name in lacking.missing_keys) and not lacking.unexpected_keys
    )
  else:
    network.load_state_dict(state)
  source = foreign.arrays(foreign.reference(case)['shapes'], SEED)
  assert {name for name in source if not name.startswith('disc.')} == set(state)
  for name, tensor in state.items():
    np.testing.assert_array_equal(tensor.numpy(), source[name])
  converter.to_model_directory(written, tmp_path / 'third')
  flat = [tensors.flatten(model_files.load(place)[0]) for place in (folder, tmp_path / 'third')]
  assert flat[0].keys() == flat[1].keys()
  assert all(np.array_equal(flat[0][name], flat[1][name]) for name in flat[0])


@pytest.mark.parametrize(
  'wrap',
  [
    lambda state: {f'module.{name}': tensor for name, tensor in state.items()},
    lambda state: {'state_dict': state, 'epoch': 3, 'optimizer': {'lr': 0.1}},
    lambda state: {'model': state, 'mean': torch.tensor([0.1, 0.2, 0.3])},
    lambda state: {name: tensor.double() for name, tensor in state.items()},
    lambda state: collections.OrderedDict(
      (name, torch.nn.Parameter(tensor)) if tensor.is_floating_point() else (name, tensor)
      for name, tensor in state.items()
    ),
  ],
)
@pytest.mark.parametrize('zipped', [True, False])
def test_state_dicts_are_found_however_they_were_saved(tmp_path, wrap, zipped):
  state = network_of('glcic_official').state_dict()
  torch.save(wrap(state), tmp_path / 'network', _use_new_zipfile_serialization=zipped)
  arrays, mean, _ = pytorch.parse((tmp_path / 'network').read_bytes(), 'network')
  assert set(arrays) == {name for name in state if 'num_batches' not in name}
  for name, array in arrays.items():
    np.testing.assert_array_equal(array, state[name].numpy())
  assert mean is None or np.allclose(mean, [0.1, 0.2, 0.3])


class _Harm:
  def __init__(self, path):
    self._path = path

  def __reduce__(self):
    return open, (self._path, 'w')


def test_nothing_is_unpickled_but_tensors(tmp_path):
  for value in (
    _Harm(str(tmp_path / 'harm')),
    {'weight': _Harm(str(tmp_path / 'harm'))},
    network_of('otenim'),
  ):
    torch.save(value, tmp_path / 'bad.pth')
    with pytest.raises(errors.InputError, match='holds more than tensors') as caught:
      converter.to_model_directory(tmp_path / 'bad.pth', tmp_path / 'model')
    assert '\n' not in str(caught.value)
  (tmp_path / 'plain.pth').write_bytes(pickle.dumps(_Harm(str(tmp_path / 'harm'))))
  with pytest.raises(errors.InputError, match='holds more than tensors'):
    converter.to_model_directory(tmp_path / 'plain.pth', tmp_path / 'model')
  assert not (tmp_path / 'harm').exists() and not (tmp_path / 'model').exists()


@pytest.mark.parametrize(
  'value, sentence',
  [
    ({'epoch': 3}, 'no state dict'),
    ([torch.zeros(3)], 'no state dict'),
    (torch.zeros(3), 'no state dict'),
    ({}, 'none of the networks'),
  ],
)
def test_files_without_a_state_dict_are_refused(tmp_path, value, sentence):
  torch.save(value, tmp_path / 'bad.pth')
  with pytest.raises(errors.InputError, match=sentence):
    converter.to_model_directory(tmp_path / 'bad.pth', tmp_path / 'model')


def test_a_damaged_file_is_refused(tmp_path):
  torch.save(network_of('otenim').state_dict(), tmp_path / 'whole.pth')
  data = (tmp_path / 'whole.pth').read_bytes()
  for damaged in (data[:1_000], data[:-1_000], data[:4] + b'\0' * 100, b'PK\x03\x04'):
    with pytest.raises(errors.InputError, match='is damaged, or no file of PyTorch'):
      pytorch.parse(damaged, 'damaged.pth')


@pytest.mark.parametrize(
  'make, sentence',
  [
    (
      lambda: torch.sparse_coo_tensor(
        torch.zeros((1, 1), dtype=torch.long), torch.ones(1), (2**45,)
      ),
      'no weight',
    ),
    (lambda: torch.empty(3, device='meta'), 'no weight'),
    (lambda: torch.zeros(3, dtype=torch.complex64), 'torch.complex64 that is no weight'),
    (lambda: torch.zeros(3, dtype=torch.bool), 'torch.bool that is no weight'),
    (lambda: torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8), 'no weight'),
    (lambda: torch.zeros(1).expand(10**13), 'more numbers than the file has room for'),
    (
      lambda: torch.zeros(1, dtype=torch.half).expand(10**13),
      'more numbers than the file has room for',
    ),
  ],
)
@pytest.mark.filterwarnings('ignore')  # of torch, that it will drop some of these kinds
def test_tensors_whose_numbers_are_not_in_the_file_are_refused(make, sentence):
  buffer = io.BytesIO()
  torch.save(network_of('otenim').state_dict() | {'conv3.weight': make()}, buffer)
  with pytest.raises(errors.InputError, match=sentence):
    pytorch.parse(buffer.getvalue(), 'network.pth')


def test_a_compressed_archive_is_refused():
  """Before torch would unpack it."""
  whole, small = io.BytesIO(), io.BytesIO()
  torch.save({'weight': torch.zeros(10_000)}, whole)
  with (
    zipfile.ZipFile(whole) as source,
    zipfile.ZipFile(small, 'w', zipfile.ZIP_DEFLATED) as target,
  ):
    for member in source.infolist():
      target.writestr(member.filename, source.read(member))
  with pytest.raises(errors.InputError, match='compressed archive'):
    pytorch.parse(small.getvalue(), 'small.pth')


def test_a_mean_or_a_note_may_be_anything():
  state = network_of('otenim').state_dict()
  for mean, kept in (
    (torch.tensor([[0.5, 0.25, 1]]), [0.5, 0.25, 1]),
    (torch.zeros(1).expand(10**13), 'another tensor'),
  ):
    buffer = io.BytesIO()
    torch.save({'state_dict': state, 'mean': mean}, buffer)
    assert pytorch.parse(buffer.getvalue(), 'network.pth')[1] == kept
  state._metadata['glcic_jax'] = torch.zeros(3)
  buffer = io.BytesIO()
  torch.save(state, buffer)
  assert pytorch.parse(buffer.getvalue(), 'network.pth')[2] == '?'  # of no model


def test_the_sentence_has_none_of_torchs_advice(tmp_path):
  torch.save({'weight': _Harm(str(tmp_path / 'harm'))}, tmp_path / 'bad.pth')
  with pytest.raises(errors.InputError) as caught:
    pytorch.parse((tmp_path / 'bad.pth').read_bytes(), 'bad.pth')
  assert str(caught.value) == (
    'bad.pth holds more than tensors (io.open), and nothing else is read; in PyTorch, save '
    'the state dict alone: torch.save(network.state_dict(), FILE).'
  )


def test_a_torch_that_can_be_made_to_run_code_is_not_used(tmp_path, monkeypatch):
  monkeypatch.setattr(torch, '__version__', '2.5.1+cpu')
  with pytest.raises(errors.InputError, match='install 2.6 or later'):
    pytorch.parse(b'PK\x03\x04', 'network.pth')
