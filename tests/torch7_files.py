"""Torch7's binary format, written: values, tensors on shared storages, and the authors'
networks as they saved them.
"""

import struct

import numpy as np

_NAMES = {'float32': 'Float', 'float64': 'Double', 'int64': 'Long', 'uint8': 'Byte'}


class Object:
  """An instance of a class, with its fields."""

  def __init__(self, kind, **fields):
    self.kind, self.fields = kind, fields


class Tensor:
  """A tensor; several may share one storage."""

  def __init__(self, storage, sizes=None, strides=None, offset=0):
    """`storage`: a flat array; by default, the tensor is the whole of it."""
    self.storage, self.offset = storage, offset
    self.sizes = [len(storage)] if sizes is None else list(sizes)
    packed = [int(np.prod(self.sizes[axis + 1 :])) for axis in range(len(self.sizes))]
    self.strides = packed if strides is None else strides


def tensor(array):
  """A tensor of its own."""
  return Tensor(np.ascontiguousarray(array).reshape(-1), np.shape(array))


def dump(value, long=8):
  """A file that holds a value; `long`: bytes of its sizes, 4 as Windows writes them."""
  return _Writer(long).value(value)


class _Writer:
  def __init__(self, long):
    self._long = 'q' if long == 8 else 'i'
    self._written = {}  # id -> (number, the object itself, so that no other gets its id)

  def value(self, value):
    if value is None:
      return _int(0)
    if isinstance(value, bool):
      return _int(5) + _int(value)
    if isinstance(value, (int, float)):
      return _int(1) + struct.pack('<d', value)
    if isinstance(value, str):
      return _int(2) + _string(value)
    if isinstance(value, bytes):  # ready-made
      return value
    kind = 3 if isinstance(value, dict) else 4
    if id(value) in self._written:
      return _int(kind) + _int(self._written[id(value)][0])
    number = len(self._written) + 1
    self._written[id(value)] = number, value
    return _int(kind) + _int(number) + self._body(value)

  def _body(self, value):
    if isinstance(value, dict):
      return _int(len(value)) + b''.join(
        self.value(key) + self.value(entry) for key, entry in value.items()
      )
    if isinstance(value, Object):
      return _string('V 1') + _string(value.kind) + self.value(value.fields)
    if isinstance(value, np.ndarray):
      name = _NAMES[value.dtype.name]
      return (
        _string('V 1') + _string(f'torch.{name}Storage') + self._longs(len(value)) + value.tobytes()
      )
    name = _NAMES[value.storage.dtype.name]
    return (
      _string('V 1')
      + _string(f'torch.{name}Tensor')
      + _int(len(value.sizes))
      + self._longs(*value.sizes, *value.strides, value.offset + 1)
      + self.value(value.storage)
    )

  def _longs(self, *numbers):
    return struct.pack(f'<{len(numbers)}{self._long}', *numbers)


def _int(number):
  return struct.pack('<i', number)


def _string(text):
  return _int(len(text)) + text.encode('latin-1')


def sequential(modules):
  """An nn.Sequential, or another container."""
  return Object(
    'nn.Sequential',
    modules=dict(enumerate(modules, start=1)),
    train=True,
    output=tensor(np.zeros((1, 2), np.float32)),
  )


def convolution(kind, weight, bias, geometry, *, flat=False, buffers=True):
  """A convolution module: `geometry` is stride, dilation, padding; `flat`: with a kernel of two
  dimensions.
  """
  stride, dilation, padding = geometry
  inputs = weight.shape[0 if kind.endswith('FullConvolution') else 1]
  outputs = weight.shape[1 if kind.endswith('FullConvolution') else 0]
  fields = {
    'nInputPlane': inputs,
    'nOutputPlane': outputs,
    'kH': weight.shape[2],
    'kW': weight.shape[3],
    'dH': stride,
    'dW': stride,
    'padH': padding,
    'padW': padding,
  }
  if dilation > 1:
    fields |= {'dilationH': dilation, 'dilationW': dilation}
  fields['weight'] = tensor(weight.reshape(outputs, -1) if flat else weight)
  fields['bias'] = None if bias is None else tensor(bias)
  if buffers:
    fields |= {
      'gradWeight': tensor(weight * 3 + 1),
      'gradBias': tensor(np.ones(outputs, np.float32)),
      'finput': tensor(np.ones((3, 5), np.float32)),
      'gradInput': Tensor(np.zeros(0, np.float32), []),
    }
  return Object(kind, **fields)


def norm(arrays, *, old=False):
  """A BatchNorm module from 'weight', 'bias', 'running_mean', 'running_var'; `old`: with the
  inverse deviation.
  """
  fields = {name: tensor(array) for name, array in arrays.items()} | {
    'eps': 1e-5,
    'momentum': 0.1,
    'affine': True,
  }
  if old:
    variance = arrays['running_var'].astype(np.float64)
    del fields['running_var']
    fields['running_std'] = tensor(1 / np.sqrt(variance + 1e-5))
  fields |= {
    'save_mean': tensor(np.ones(3, np.float32)),
    'gradWeight': tensor(arrays['weight'] + 2),
  }
  return Object('nn.SpatialBatchNormalization', **fields)


def network(pairs, arrays, *, old=False, flat=False):
  """The module tree of a table of names (`names.generator`): as its authors' program would have
  saved it.

  Args:
    pairs: our layer, their name, kind and geometry of every module.
    arrays: by their names.
    old: BatchNorm as before 2016.
    flat: kernels of two dimensions.
  """
  root = {}
  for pair in pairs:
    *parents, leaf = map(int, pair.theirs.split('.'))
    place = root
    for parent in parents:
      place = place.setdefault(parent, {})
    place[leaf] = _module(pair, arrays, old, flat)
  return _nest(root, ())


def _nest(tree, place):
  modules = [
    _nest(tree[number], (*place, number)) if isinstance(tree[number], dict) else tree[number]
    for number in range(len(tree))
  ]
  container = sequential(modules)
  if len(modules) == 2 and all(module.kind == 'nn.Sequential' for module in modules):
    container.kind = 'nn.ParallelTable'
  return container


_PLAIN = {
  'relu': 'nn.ReLU',
  'sigmoid': 'nn.Sigmoid',
  'tanh': 'nn.Tanh',
  'join': 'nn.JoinTable',
  'view': 'nn.View',
}


def _module(pair, arrays, old, flat):
  own = {
    name: arrays[f'{pair.theirs}.{name}']
    for name in ('weight', 'bias', 'running_mean', 'running_var')
    if f'{pair.theirs}.{name}' in arrays
  }
  if pair.kind == 'norm':
    return norm(own, old=old)
  if pair.kind in ('conv', 'deconv'):
    kind = 'SpatialFullConvolution' if pair.kind == 'deconv' else 'SpatialConvolution'
    if pair.geometry[1] > 1:
      kind = 'SpatialDilatedConvolution'
    flat = flat and pair.kind == 'conv'
    return convolution(f'nn.{kind}', own['weight'], own.get('bias'), pair.geometry, flat=flat)
  if pair.kind == 'leaky relu':
    return Object('nn.LeakyReLU', negval=0.2, inplace=True)
  return Object(_PLAIN[pair.kind], inplace=True)
