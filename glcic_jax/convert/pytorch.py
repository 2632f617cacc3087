"""Files of PyTorch: state dicts as .pth or .pt, and as .safetensors.

The only place that imports torch, and only where a file needs it. A file of torch is unpickled with
`weights_only=True`, which builds tensors and nothing else.
"""

from collections import OrderedDict
from collections.abc import Mapping
import io
import json
import os
import re
from typing import Any
import zipfile

from etils import epath
import numpy as np
import safetensors
import safetensors.numpy

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.convert import wrappers

SUFFIXES = ('.pth', '.pt', '.safetensors')  # of what is written

# What `write` says about the network; torch itself keeps its versions of modules in the same place.
_NOTE = 'glcic_jax'
# Where the network is in a training checkpoint, which holds other things too.
_WITHIN = ('state_dict', 'model_state_dict', 'model', 'generator', 'netG', 'net', 'params')
_SAVE = 'torch.save(network.state_dict(), FILE).'
_COUNTER = 'num_batches_tracked'


# Arrays by name; the mean colour of the training pictures, where it stands beside them; the note of
# `write`.
Stored = tuple[dict[str, np.ndarray], Any, str]


def is_torch(data: bytes) -> bool:
  """Whether a file begins as one of torch does: a zip archive, or an old pickle."""
  return data[:4] == b'PK\x03\x04' or data[:2] in (b'\x80\x02', b'\x80\x03', b'\x80\x04')


def is_safetensors(data: bytes) -> bool:
  """Whether a file begins as a .safetensors does: a JSON header's length, and the header."""
  return data[8:9] == b'{' and int.from_bytes(data[:8], 'little') <= len(data) - 8


def parse(data: bytes, name: str) -> Stored:
  """Reads a file of either kind; `name`: of the file, for messages.

  Raises:
    errors.InputError: if it is damaged, holds more than tensors, or torch is needed and missing.
  """
  return _parse_safetensors(data, name) if is_safetensors(data) else _parse_torch(data, name)


def _weights(state: Mapping[Any, Any]) -> dict[str, Any]:
  """A state dict without BatchNorm's counters of batches, on which nothing depends."""
  named = {str(key): value for key, value in state.items()}
  named = {key: value for key, value in named.items() if key.split('.')[-1] != _COUNTER}
  return wrappers.without_inserted(named)


def _parse_safetensors(data: bytes, name: str) -> Stored:
  try:
    arrays = safetensors.numpy.load(data)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], 'little')])
  except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
    raise errors.InputError(
      f'{name} cannot be read as .safetensors ({_line(str(error))}); get it again from its source.'
    ) from None
  return _weights(arrays), None, header.get('__metadata__', {}).get(_NOTE, '')


def _parse_torch(data: bytes, name: str) -> Stored:
  torch = _torch(f'{name} is a file of PyTorch')
  if _is_compressed(data):
    raise errors.InputError(
      f'{name} is a compressed archive, which PyTorch does not write; get it again from its source.'
    )
  try:
    value = torch.load(io.BytesIO(data), map_location='cpu', weights_only=True)
  except Exception as error:  # whatever a hostile file makes of it
    raise errors.InputError(f'{name} {_trouble(str(error))}') from None
  mean: Any = value.get('mean') if isinstance(value, Mapping) else None
  for key in _WITHIN:
    if isinstance(value, Mapping) and isinstance(value.get(key), Mapping):
      value = value[key]
  if not isinstance(value, Mapping) or not all(map(torch.is_tensor, value.values())):
    raise errors.InputError(
      f'{name} holds no state dict, names with tensors; in PyTorch, save it so: {_SAVE}'
    )
  note = getattr(value, '_metadata', None) or {}
  note = note.get(_NOTE, '') if isinstance(note, Mapping) else ''
  tensors = _weights(value)
  for key, tensor in tensors.items():
    if not _is_weight(torch, tensor):
      raise errors.InputError(
        f'{name} holds {key}, a {tensor.dtype} that is no weight; save it as a plain float32.'
      )
  if sum(tensor.numel() for tensor in tensors.values()) > len(data):
    raise errors.InputError(
      f'{name} holds tensors of more numbers than the file has room for; it is none of the '
      'files that can be converted.'
    )
  arrays = {}
  for key, tensor in tensors.items():
    kept = torch.float64 if tensor.dtype == torch.float64 else torch.float32
    arrays[key] = tensor.detach().to(kept).numpy()
  if torch.is_tensor(mean):
    known = _is_weight(torch, mean) and mean.numel() == 3
    mean = mean.flatten().tolist() if known else 'another tensor'
  return arrays, mean, note if isinstance(note, str) else '?'


def _is_compressed(data: bytes) -> bool:
  """Whether an archive's files would be larger than it is: a small one could fill any memory."""
  try:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
      return sum(member.file_size for member in archive.infolist()) > len(data)
  except Exception:  # no archive, or a damaged one: torch says so
    return False


def _is_weight(torch: Any, tensor: Any) -> bool:
  """Whether its numbers lie in the file as fractions: not sparse, quantised, or only a shape."""
  return (
    tensor.layout is torch.strided
    and tensor.device.type == 'cpu'
    and tensor.is_floating_point()
    and not tensor.is_nested
    and not tensor.is_quantized
  )


def _trouble(message: str) -> str:
  """What is wrong with a file that torch will not load; not its advice to load it all the same."""
  if 'weights_only' in message or 'Weights only' in message:
    held = re.search(r'(?:Unsupported (?:global: GLOBAL|class)|unsupported GLOBAL) (\S+)', message)
    what = f' ({held[1][:60]})' if held else ' (a program)' if 'TorchScript' in message else ''
    return (
      f'holds more than tensors{what}, and nothing else is read; in PyTorch, save the state '
      f'dict alone: {_SAVE}'
    )
  return f'is damaged, or no file of PyTorch ({_line(message)}); get it again from its source.'


def write(path: epath.PathLike, arrays: Mapping[str, np.ndarray], note: str) -> None:
  """Writes a state dict; `nn.Module.load_state_dict` takes it as it is.

  Args:
    path: of .safetensors, or of another name, for which torch is needed.
    arrays: by their names in PyTorch.
    note: a text kept beside them, for `parse`.

  Raises:
    errors.InputError: if torch is needed and not there.
  """
  path = os.fspath(path)
  arrays = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
  if path.lower().endswith('.safetensors'):
    files.write(path, safetensors.numpy.save(arrays, metadata={'format': 'pt', _NOTE: note}))
    return
  torch = _torch(f'{path} would be a file of PyTorch', 'give a name that ends in .safetensors')
  state: Any = OrderedDict((key, torch.from_numpy(array)) for key, array in arrays.items())
  state._metadata = OrderedDict({_NOTE: note})
  buffer = io.BytesIO()
  torch.save(state, buffer)
  files.write(path, buffer.getvalue())


def _torch(what: str, instead: str = 'save the state dict as .safetensors where it is') -> Any:
  try:
    import torch
  except ImportError:
    raise errors.InputError(
      f'{what}, and PyTorch is not installed: {errors.install("convert")}, or {instead}.'
    ) from None
  if tuple(map(int, re.findall(r'\d+', torch.__version__)[:2])) < (2, 6):
    raise errors.InputError(
      f'{what}, and PyTorch {torch.__version__} can be made to run what a file holds; '
      'install 2.6 or later.'
    )
  return torch


def _line(message: str) -> str:
  """The first sentence of a library's message, short enough for one of ours."""
  return re.split(r'\.\s|\n', message.strip())[0][:120].rstrip('. ') or 'no reason given'
