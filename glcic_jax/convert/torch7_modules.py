"""Torch7's nn modules as layers with arrays, named as PyTorch would name them in `nn.Sequential`s.

What training leaves behind in a module (gradients, buffers, last outputs) is passed over. Old files
are brought up to date: a running inverse deviation becomes a variance, a flat kernel gets its four
dimensions.
"""

from collections.abc import Iterator
import itertools
from typing import Any, NamedTuple

import numpy as np

from glcic_jax import errors
from glcic_jax.convert import torch7

_LAYERS = 1_000  # in a network; tables that share entries could stand for more than fits in memory

# Of the class's name, without its package.
_KINDS = {
  'SpatialConvolution': 'conv',
  'SpatialConvolutionMM': 'conv',
  'SpatialDilatedConvolution': 'conv',
  'SpatialFullConvolution': 'deconv',
  'SpatialBatchNormalization': 'norm',
  'ReLU': 'relu',
  'LeakyReLU': 'leaky relu',
  'Sigmoid': 'sigmoid',
  'Tanh': 'tanh',
  'JoinTable': 'join',
  'View': 'view',
}
_CONTAINERS = ('Sequential', 'ParallelTable')
# The only values with which a layer is the one that our networks have.
_FIXED: dict[str, dict[str, float]] = {
  'norm': {'eps': 1e-5},
  'leaky relu': {'negval': 0.2},
  'relu': {'threshold': 0, 'val': 0},
  'conv': {'groups': 1},
  'deconv': {'groups': 1, 'adjW': 0, 'adjH': 0},
}
_CHANNELS = 2**16  # more than any layer has


class Layer(NamedTuple):
  """A module that holds no others."""

  name: str  # its place: '0.14' is the fifteenth of the first
  kind: str  # a value of _KINDS
  arrays: dict[str, np.ndarray]  # of 'weight', 'bias', 'running_mean', 'running_var' what it has
  geometry: tuple[int, int, int] | None  # stride, dilation, padding of a convolution


def layers(root: Any, name: str) -> list[Layer]:
  """All layers of a network, as `torch7.parse` gives it, in order; `name`: of the file.

  Raises:
    errors.InputError: if it holds what no network here has.
  """
  found = list(itertools.islice(_walk(root, (), name), _LAYERS + 1))
  if len(found) > _LAYERS:
    raise errors.InputError(
      f'{name} holds more than {_LAYERS:,} layers; it is none of the networks that can be '
      'converted.'
    )
  return found


def _walk(module: Any, place: tuple[int, ...], name: str) -> Iterator[Layer]:
  if not isinstance(module, torch7.Object):
    raise errors.InputError(
      f'{name} holds no network: there is a {type(module).__name__} where an nn module should be.'
    )
  short = module.kind.split('.')[-1]
  if short in _CONTAINERS:
    inner = module.fields.get('modules')
    if not isinstance(inner, dict) or not inner or set(inner) != set(range(1, len(inner) + 1)):
      raise errors.InputError(
        f'{name} has a {module.kind} without its modules; get it again from its source.'
      )
    for number in range(1, len(inner) + 1):
      yield from _walk(inner[number], (*place, number - 1), name)
    return
  kind = _KINDS.get(short)
  if kind is None:
    raise errors.InputError(
      f'{name} has a layer {module.kind}, which none of the networks that can be converted has.'
    )
  for field, value in _FIXED.get(kind, {}).items():
    if abs(_number(module, field, value) - value) > 1e-9:
      raise errors.InputError(
        f'{name} has a {module.kind} with {field} {module.fields[field]}; it can be '
        f'converted with {value:g} only.'
      )
  yield Layer('.'.join(map(str, place)), kind, _arrays(module, kind), _geometry(module, kind, name))


def _arrays(module: torch7.Object, kind: str) -> dict[str, np.ndarray]:
  names = ('weight', 'bias') + (('running_mean', 'running_var') if kind == 'norm' else ())
  held = {key: value for key, value in module.fields.items() if isinstance(value, np.ndarray)}
  arrays = {name: held[name] for name in names if name in held and held[name].size}
  if kind == 'norm' and 'running_var' not in arrays:
    deviation = held.get('running_std')  # before version 2 of the class: 1 / sqrt(var + eps)
    if deviation is not None and deviation.size <= _CHANNELS:
      with np.errstate(all='ignore'):  # an infinite variance is refused with all not finite
        variance = 1 / np.square(deviation.astype(np.float64)) - _number(module, 'eps', 1e-5)
      arrays['running_var'] = np.maximum(variance, 0)
  if kind in ('conv', 'deconv') and 'weight' in arrays and arrays['weight'].ndim == 2:
    shape = [int(_number(module, field, 0)) for field in ('nInputPlane', 'kH', 'kW')]
    if np.prod(shape) == arrays['weight'].shape[1]:  # else its shape is refused as it is
      arrays['weight'] = arrays['weight'].reshape(-1, *shape)
  return arrays


def _geometry(module: torch7.Object, kind: str, name: str) -> tuple[int, int, int] | None:
  if kind not in ('conv', 'deconv'):
    return None
  found = []
  for field, missing in (('d', 1), ('dilation', 1), ('pad', _number(module, 'padding', 0))):
    both = {_number(module, f'{field}{axis}', missing) for axis in 'WH'}
    if len(both) > 1 or not all(number == int(number) for number in both):
      raise errors.InputError(
        f'{name} has a {module.kind} whose stride, dilation or padding differs between height '
        'and width, or is no whole number; it is none of the networks that can be converted.'
      )
    found.append(int(both.pop()))
  stride, dilation, padding = found
  return stride, dilation, padding


def _number(module: torch7.Object, field: str, missing: float) -> float:
  value = module.fields.get(field, missing)
  return value if type(value) in (int, float) and abs(value) < 2**31 else missing
