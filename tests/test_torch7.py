"""Torch7's files: read exactly, old and new, and refused with a sentence when they are damaged
or hostile.
"""

import random
import struct

import numpy as np
import pytest

from glcic_jax import errors
from glcic_jax.convert import torch7
from glcic_jax.convert import torch7_modules
from tests import torch7_files
from tests.torch7_files import Object
from tests.torch7_files import Tensor

KERNEL = np.arange(2 * 3 * 2 * 5, dtype=np.float32).reshape(2, 3, 2, 5)
NORM = {
  'weight': np.float32([1, 2]),
  'bias': np.float32([3, 4]),
  'running_mean': np.float32([5, 6]),
  'running_var': np.float32([0.5, 8]),
}


def read(value):
  return torch7.parse(torch7_files.dump(value), 'some.t7')


def layers(*modules):
  return torch7_modules.layers(read(torch7_files.sequential(modules)), 'some.t7')


def test_plain_values_come_back():
  value = {
    'text': 'a\x00b\xe9',
    1: 2.5,
    2: 3,
    'yes': True,
    'no': False,
    'inner': {'deep': -1},
    0.5: 'half',
  }
  assert read(value) == value
  assert type(read(3)) is int and type(read(3.5)) is float
  assert read({'nothing': None}) == {'nothing': None}


@pytest.mark.parametrize('dtype', ['float32', 'float64', 'int64', 'uint8'])
def test_tensors_come_back(dtype):
  array = np.arange(24).reshape(2, 3, 4).astype(dtype)
  result = read(torch7_files.tensor(array))
  assert result.dtype == np.dtype(dtype)
  np.testing.assert_array_equal(result, array)


def test_tensors_are_views_of_a_shared_storage():
  """As after `getParameters`: weights and gradients lie in one storage each."""
  storage = np.arange(100, dtype=np.float32)
  result = read(
    {
      'whole': Tensor(storage),
      'part': Tensor(storage, (2, 3), offset=10),
      'turned': Tensor(storage, (3, 2), (1, 3), offset=10),
    }
  )
  np.testing.assert_array_equal(result['whole'], storage)
  np.testing.assert_array_equal(result['part'], storage[10:16].reshape(2, 3))
  np.testing.assert_array_equal(result['turned'], result['part'].T)
  assert np.shares_memory(result['whole'], result['part'])
  assert not result['part'].flags.writeable


def test_what_is_referred_to_twice_is_the_same():
  shared = torch7_files.tensor(np.float32([1, 2]))
  module = Object('nn.ReLU', own=shared)
  result = read({'first': module, 'second': module, 'own': shared})
  assert result['first'] is result['second']
  assert result['own'] is result['first'].fields['own']


def test_classes_before_versions_and_on_gpus_are_read():
  data = torch7_files.dump(torch7_files.tensor(np.float32([1, 2])))
  version = struct.pack('<i', 3) + b'V 1'
  np.testing.assert_array_equal(torch7.parse(data.replace(version, b''), 'old.t7'), [1, 2])
  for name in (b'Tensor', b'Storage'):
    data = data.replace(
      struct.pack('<i', len(name) + 11) + b'torch.Float' + name,
      struct.pack('<i', len(name) + 10) + b'torch.Cuda' + name,
    )
  np.testing.assert_array_equal(torch7.parse(data, 'gpu.t7'), [1, 2])


def test_sizes_of_four_bytes_are_read():
  value = {
    'kernel': torch7_files.tensor(KERNEL),
    'name': 'it',
    'double': torch7_files.tensor(np.float64([1, 2, 3])),
  }
  data = torch7_files.dump(value, long=4)
  found = torch7.parse(data, 'windows.t7')
  np.testing.assert_array_equal(found['kernel'], KERNEL)
  np.testing.assert_array_equal(found['double'], [1, 2, 3])
  assert found['name'] == 'it'
  for damaged in (data + b'more', data[:-1]):
    with pytest.raises(errors.InputError, match='damaged'):
      torch7.parse(damaged, 'windows.t7')


def test_functions_are_passed_over():
  upvalues = struct.pack('<iii', 3, 98, 0)
  code = struct.pack('<iii', 8, 99, 4) + b'\x1bLua' + upvalues
  assert read({'before': 1, 'code': code, 'after': 2}) == {'before': 1, 'code': None, 'after': 2}


def test_layers_are_named_as_in_pytorch_and_buffers_are_left_out():
  inner = torch7_files.sequential(
    [
      torch7_files.convolution('nn.SpatialConvolution', KERNEL, np.float32([1, 2]), (2, 1, 1)),
      Object('nn.ReLU'),
    ]
  )
  found = layers(
    inner,
    torch7_files.norm(NORM),
    torch7_files.convolution('nn.SpatialFullConvolution', KERNEL, None, (2, 1, 1), buffers=False),
  )
  assert [(layer.name, layer.kind) for layer in found] == [
    ('0.0', 'conv'),
    ('0.1', 'relu'),
    ('1', 'norm'),
    ('2', 'deconv'),
  ]
  assert set(found[0].arrays) == {'weight', 'bias'}
  np.testing.assert_array_equal(found[0].arrays['weight'], KERNEL)
  assert set(found[2].arrays) == set(NORM)
  for name, array in NORM.items():
    np.testing.assert_array_equal(found[2].arrays[name], array)
  assert set(found[3].arrays) == {'weight'}
  assert [layer.geometry for layer in found] == [(2, 1, 1), None, None, (2, 1, 1)]


def test_an_old_batch_norm_has_its_variance():
  [layer] = layers(torch7_files.norm(NORM, old=True))
  assert set(layer.arrays) == set(NORM)
  np.testing.assert_allclose(layer.arrays['running_var'], NORM['running_var'], rtol=1e-12)


def test_an_old_kernel_gets_its_four_dimensions():
  module = torch7_files.convolution(
    'nn.SpatialConvolutionMM', KERNEL, np.float32([1, 2]), (1, 1, 2), flat=True
  )
  padding = module.fields.pop('padH'), module.fields.pop('padW')
  module.fields['padding'] = padding[0]  # its older name
  [layer] = layers(module)
  np.testing.assert_array_equal(layer.arrays['weight'], KERNEL)
  assert layer.geometry == (1, 1, 2)


def test_dilation_is_read():
  [layer] = layers(
    torch7_files.convolution('cudnn.SpatialDilatedConvolution', KERNEL, None, (1, 4, 4))
  )
  assert layer.geometry == (1, 4, 4)


LARGE = 2**40
STORAGE = np.zeros(6, np.float32)


def nested(depth):
  """Tables in tables: {1: {1: ...}}."""
  return b''.join(
    struct.pack('<iiiid', 3, number, 1, 1, 1) for number in range(depth)
  ) + struct.pack('<i', 0)


def cyclic():
  value = {'name': 'it'}
  value['self'] = value
  return value


def itself():
  module = Object('nn.Sequential')
  module.fields['modules'] = {1: module}
  return module


@pytest.mark.parametrize(
  'value, sentence',
  [
    (Object('os.remove', path='x'), "class 'os.remove'"),
    (Object('torch.Generator'), 'class'),
    (b'\x03\0\0\0\x01\0\0\0\xff\xff\xff\x7f', 'announces 2,147,483,647 entries'),
    (b'\x03\0\0\0\x01\0\0\0\xff\xff\xff\xff', 'announces -1 entries'),
    (b'\x02\0\0\0\xff\xff\xff\x7fabc', 'more than the file holds'),
    (b'\x02\0\0\0\xf0\xff\xff\xffabc', 'more than the file holds'),
    (b'\x09\0\0\0', 'type 9'),
    (b'\xff\xff\xff\xff', 'type -1'),
    (nested(70), 'nested deeper'),
    (nested(5_000), 'nested deeper'),
    (cyclic(), 'holds itself'),
    (itself(), 'holds itself'),
    ({1: {2: 3}, 4: {}}, None),
    (Tensor(STORAGE, (2, 4)), 'leaves its storage'),
    (Tensor(STORAGE, (6,), offset=1), 'leaves its storage'),
    (Tensor(STORAGE, (2,), offset=-3), 'leaves its storage'),
    (Tensor(STORAGE, (2, 3), (-3, 1), 3), 'leaves its storage'),
    (Tensor(STORAGE, (-2, 3), (3, 1)), 'leaves its storage'),
    (Tensor(STORAGE, (LARGE, LARGE), (0, 0)), 'leaves its storage'),
    (Tensor(STORAGE, (LARGE, LARGE, LARGE), (1, 1, 1)), 'leaves its storage'),
    (Tensor(STORAGE, (2**62, 2), (4, 1)), 'leaves its storage'),
    (Tensor(STORAGE, (1,) * 40), '40 dimensions'),
  ],
)
def test_hostile_files_are_refused(value, sentence):
  data = value if isinstance(value, bytes) else torch7_files.dump(value)
  if sentence is None:
    assert torch7.parse(data, 'fine.t7') == value
    return
  with pytest.raises(errors.InputError, match=sentence) as caught:
    torch7.parse(data, 'some.t7')
  assert '\n' not in str(caught.value) and str(caught.value).startswith('some.t7 is damaged')


def patched(value, at, number, size='<q'):
  """A file with one number changed, `at` bytes from its end."""
  data = bytearray(torch7_files.dump(value))
  place = len(data) - at
  data[place : place + struct.calcsize(size)] = struct.pack(size, number)
  return bytes(data)


@pytest.mark.parametrize('count', [LARGE, 2**62, -1, 9])
def test_a_storage_larger_than_the_file_is_refused(count):
  data = patched(STORAGE, STORAGE.nbytes + 8, count)
  with pytest.raises(errors.InputError, match='storage of'):
    torch7.parse(data, 'some.t7')


def test_a_tensor_on_something_else_is_refused():
  for storage in ({'a': 1}, Object('nn.ReLU'), np.zeros(6, np.float64)):
    data = torch7_files.dump(Tensor(STORAGE, (2, 3)))
    storage = torch7_files.dump(storage).replace(
      b'\x01\0\0\0', b'\x63\0\0\0', 1
    )  # another number than the tensor's
    head = data[: len(data) - len(torch7_files.dump(STORAGE))]
    with pytest.raises(errors.InputError, match='storage is none of its type'):
      torch7.parse(head + storage, 'some.t7')


def test_keys_that_are_tables_are_refused():
  data = torch7_files.dump({1: 2})
  key = torch7_files.dump(1)
  table = torch7_files.dump({}).replace(b'\x01\0\0\0', b'\x63\0\0\0', 1)
  with pytest.raises(errors.InputError, match='key that is a dict'):
    torch7.parse(data.replace(key, table + key, 1), 'some.t7')


def some_network():
  kernel = torch7_files.convolution('nn.SpatialConvolution', KERNEL, np.float32([1, 2]), (2, 1, 1))
  return {
    'model': torch7_files.sequential([kernel, torch7_files.norm(NORM), Object('nn.ReLU')]),
    'mean': torch7_files.tensor(np.float64([0.1, 0.2, 0.3])),
  }


def test_a_file_cut_off_anywhere_is_refused():
  data = torch7_files.dump(some_network())
  for length in range(4, len(data), 7):
    with pytest.raises(errors.InputError, match='damaged'):
      torch7.parse(data[:length], 'some.t7')


def test_any_damage_gets_a_sentence_or_is_read_as_plain_data():
  data = torch7_files.dump(some_network())
  rng = random.Random(0)
  for _ in range(2_000):
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 4)):
      damaged[rng.randrange(len(data))] = rng.choice((0, 1, 4, 127, 128, 255, rng.randrange(256)))
    try:
      root = torch7.parse(bytes(damaged), 'some.t7')
      torch7_modules.layers(
        root['model'] if isinstance(root, dict) and 'model' in root else root, 'some.t7'
      )
    except errors.InputError:
      pass


def test_a_text_file_is_told_apart():
  assert torch7.is_torch7(b'4\n1\n3\nV 1\n')
  with pytest.raises(errors.InputError, match='text form'):
    torch7.parse(b'4\n1\n3\nV 1\n', 'some.t7')


@pytest.mark.parametrize(
  'module, sentence',
  [
    (Object('nn.SpatialMaxPooling'), 'nn.SpatialMaxPooling, which none'),
    (Object('nn.Sequential'), 'without its modules'),
    (
      Object('nn.Sequential', modules={1: Object('nn.ReLU'), 3: Object('nn.ReLU')}),
      'without its modules',
    ),
    (Object('nn.Sequential', modules={1: {'a': 1}}), 'holds no network'),
    (Object('nn.LeakyReLU', negval=0.1), 'with 0.2 only'),
    (Object('nn.SpatialBatchNormalization', eps=1e-3), 'with eps 0.001'),
    (Object('nn.ReLU', threshold=0.5), 'with threshold 0.5'),
    (Object('cudnn.SpatialConvolution', groups=2), 'with groups 2'),
    (Object('nn.SpatialFullConvolution', adjW=1, adjH=1), 'with adjW 1'),
    (Object('nn.SpatialConvolution', dW=2.5, dH=2.5), 'is no whole number'),
    (torch7_files.convolution('nn.SpatialConvolution', KERNEL, None, (1, 1, 1)), None),
  ],
)
def test_layers_that_no_network_here_has_are_refused(module, sentence):
  if sentence is None:
    module.fields['dW'] = 2
    sentence = 'differs between height and width'
  with pytest.raises(errors.InputError, match=sentence):
    layers(module)


def test_tables_that_share_their_entries_are_not_followed_for_ever():
  module = Object('nn.ReLU')
  for _ in range(20):  # a million layers in a small file
    module = torch7_files.sequential([module, module])
  with pytest.raises(errors.InputError, match='more than 1,000 layers'):
    layers(module)
