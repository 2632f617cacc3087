"""Names without what a program was wrapped in when its weights were saved.

`nn.DataParallel` and `torch.compile` put `module` and `_orig_mod` into every name; a class around
the network puts its attribute before all names; the first commit of BoyuanJiang's port had encoder
and decoder in one `nn.Sequential`, which `main_encode` and `main_decode` divide later.
"""

from collections.abc import Iterable, Mapping
import re
from typing import Any

from glcic_jax.convert import names

_INSERTED = frozenset({'module', '_orig_mod'})
_MAIN = re.compile(r'main\.(\d+)\.(.+)')


def without_inserted(arrays: Mapping[str, Any]) -> dict[str, Any]:
  """Without the parts of names that PyTorch's own wrappers insert, at whatever depth."""
  named = {
    '.'.join(part for part in key.split('.') if part not in _INSERTED): array
    for key, array in arrays.items()
  }
  return named if len(named) == len(arrays) and '' not in named else dict(arrays)


def without_prefix(arrays: Mapping[str, Any], marks: Iterable[str]) -> dict[str, Any]:
  """Without the prefix that all names share, if one of the marks stands after it."""
  marks = tuple(marks)
  if arrays.keys() & set(marks):
    return dict(arrays)
  prefixes = {key[: -len(mark)] for key in arrays for mark in marks if key.endswith(f'.{mark}')}
  for prefix in sorted(prefixes, key=len):
    if all(key.startswith(prefix) for key in arrays):
      return {key.removeprefix(prefix): array for key, array in arrays.items()}
  return dict(arrays)


def divided(arrays: Mapping[str, Any]) -> dict[str, Any]:
  """`main.N` of a Context Encoder as `main_encode.N` and `main_decode.N`; other names as they are.

  Of 2n + 1 or 2n + 2 kernels the first n + 1 are the encoder's, with the bottleneck; its norm and
  its activation follow.
  """
  kernels = [key for key, array in arrays.items() if _MAIN.fullmatch(key) and array.ndim == 4]
  kernels.sort(key=lambda key: int(key.split('.')[1]))
  paints = bool(kernels) and arrays[kernels[-1]].shape[1] == 3 and len(kernels) > 4
  if not paints or not all(map(_MAIN.fullmatch, arrays)):
    return dict(arrays)
  first = int(names.last_of(kernels[: (len(kernels) + 1) // 2]).split('.')[1]) + 3
  found = {}
  for key, array in arrays.items():
    number, rest = key.split('.', 2)[1:]
    part = 'encode' if int(number) < first else 'decode'
    found[f'main_{part}.{int(number) - (first if part == "decode" else 0)}.{rest}'] = array
  return found
