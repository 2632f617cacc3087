"""Files of other programs as plain arrays, whatever their format."""

from collections.abc import Sequence
import os
from typing import Any, NamedTuple

from etils import epath
import numpy as np

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.convert import pytorch
from glcic_jax.convert import torch7
from glcic_jax.convert import torch7_modules


class ForeignFile(NamedTuple):
  """A file of another program."""

  name: str
  arrays: dict[str, np.ndarray]
  # Of a Torch7 file, which tells more than names and arrays.
  layers: Sequence[torch7_modules.Layer] = ()
  mean: Any = None  # colour of the training pictures, as it stands in the file
  note: str = ''  # of `to_pytorch`


_LARGEST = 2**34  # bytes


def read(path: epath.PathLike) -> ForeignFile:
  """Reads a Torch7 file, a PyTorch file or a .safetensors; what it is is found out from its bytes.

  Raises:
    errors.InputError: if it is none of these, is damaged, or holds what is no weight.
  """
  path, name = epath.Path(path), os.fspath(path)
  if not path.exists():
    raise errors.InputError(errors.with_hint(f'There is no file {name}.', files.did_you_mean(path)))
  if path.is_dir():
    raise errors.InputError(
      f'{name} is a folder; give the file with the weights, or --to pytorch if it is a model.'
    )
  data = files.read(path, _LARGEST)
  if torch7.is_torch7(data):
    found = _from_torch7(torch7.parse(data, name), name)
  elif pytorch.is_torch(data) or pytorch.is_safetensors(data):
    arrays, mean, note = pytorch.parse(data, name)
    found = ForeignFile(name, arrays, (), mean, note)
  else:
    raise errors.InputError(
      f'{name} is none of the files that can be converted: Torch7 (.t7), PyTorch (.pth, .pt) '
      'and .safetensors.'
    )
  _check(found, len(data))
  return found


def _check(found: ForeignFile, size: int) -> None:
  """Refuses arrays that are no weights, or more than a file of so many bytes can hold."""
  # Several views of one storage can claim more numbers than there are.
  if sum(array.size for array in found.arrays.values()) > size:
    raise errors.InputError(
      f'{found.name} holds layers of more numbers than the file has room for; it is none of the '
      'files that can be converted.'
    )
  for key, array in found.arrays.items():
    if array.dtype.kind != 'f' or not array.size:
      raise errors.InputError(
        f'{found.name} holds {key} of type {array.dtype} and shape {array.shape}, which is no '
        'weight; save it as float32.'
      )


def _from_torch7(root: Any, name: str) -> ForeignFile:
  mean = None
  if isinstance(root, dict):
    if 'model' not in root:
      raise errors.InputError(
        f'{name} is a Torch7 table without a model; it is none of the files that can be converted.'
      )
    root, mean = root['model'], root.get('mean')
  if isinstance(mean, dict):
    mean = list(mean.values())
  elif isinstance(mean, np.ndarray):
    mean = mean.ravel().tolist()
  layers = torch7_modules.layers(root, name)
  arrays = {f'{layer.name}.{key}': array for layer in layers for key, array in layer.arrays.items()}
  return ForeignFile(name, arrays, layers, mean)
