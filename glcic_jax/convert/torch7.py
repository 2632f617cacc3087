"""Torch7's binary files (.t7), read into plain data: the format of the authors' weights.

A number becomes an int or a float, a string a str, a table a dict, a tensor a NumPy array on the
file's own bytes, and any other object an `Object`: its class's name and its fields. Nothing in the
file is run, and nothing is allocated because the file says so: every size is checked against what
the file still holds.
"""

import dataclasses
import math
import re
import struct
from typing import Any

import numpy as np

from glcic_jax import errors

_TYPES = {
  'Byte': np.uint8,
  'Char': np.int8,
  'Short': np.int16,
  'Int': np.int32,
  'Long': np.int64,
  'Half': np.float16,
  'Float': np.float32,
  'Double': np.float64,
}
_ARRAY = re.compile(
  r'torch\.(?:Cuda)?(Byte|Char|Short|Int|Long|Half|Float|Double|)(Tensor|Storage)'
)
_MODULE = re.compile(r'(?:nn|cudnn|fbnn)\.\w+')

_NIL, _NUMBER, _STRING, _TABLE, _OBJECT, _BOOLEAN, _FUNCTION = range(7)
_CLOSURES = (7, 8)  # functions with their upvalues

_DEPTH = 64  # of tables within tables; networks have about ten
_VALUES = 1_000_000  # in a file; networks have some thousands
_DIMENSIONS = 16
_OPEN = object()  # stands for what is still being read


@dataclasses.dataclass(frozen=True, eq=False)
class Object:
  """An instance of a Torch class."""

  kind: str  # 'nn.SpatialConvolution'
  fields: dict[Any, Any]


def is_torch7(data: bytes) -> bool:
  """Whether a file begins as a Torch7 file does, binary or text: with a table or an object."""
  return data[:4] in (b'\3\0\0\0', b'\4\0\0\0') or data[:2] in (b'3\n', b'4\n')


def parse(data: bytes, name: str) -> Any:
  """Reads the one value that a file holds; `name`: of the file, for messages.

  Raises:
    errors.InputError: if the file is cut off, damaged, or made to do harm.
  """
  if data[1:2] == b'\n':
    raise errors.InputError(
      f'{name} is a Torch7 file in text form; save it again in Torch with mode "binary".'
    )
  try:
    return _Reader(data, name, 8).value(0)
  except errors.InputError as error:
    reader = _Reader(data, name, 4)  # sizes as a machine of 32 bits writes them, or Windows
    try:
      value = reader.value(0)
    except errors.InputError:
      raise error from None
    if reader.left():
      raise error
    return value


class _Reader:
  """Reads values one after another."""

  def __init__(self, data: bytes, name: str, size: int):
    """`size`: bytes of a long number, 8 or 4."""
    self._data, self._name, self._size = data, name, size
    self._place = 0  # bytes read so far
    self._read: dict[int, Any] = {}  # objects that later ones may refer to
    self._values = 0

  def left(self) -> int:
    """How many bytes follow."""
    return len(self._data) - self._place

  def value(self, depth: int) -> Any:
    """The next value of any type."""
    self._values += 1
    if depth > _DEPTH:
      raise self._error(f'is nested deeper than {_DEPTH} levels')
    if self._values > _VALUES:
      raise self._error(f'holds more than {_VALUES:,} values')
    kind = self._int()
    if kind == _NIL:
      return None
    if kind == _NUMBER:
      number = struct.unpack('<d', self._take(8))[0]
      return int(number) if number.is_integer() else number
    if kind == _STRING:
      return self._string()
    if kind == _BOOLEAN:
      return self._int() != 0
    if kind == _FUNCTION:
      return self._function(depth)
    if kind in (_TABLE, _OBJECT, *_CLOSURES):
      return self._shared(kind, depth)
    raise self._error(f'has a value of type {kind}, which Torch7 does not write')

  def _shared(self, kind: int, depth: int) -> Any:
    """What may be referred to again by its number."""
    number = self._int()
    if number in self._read:
      if self._read[number] is _OPEN:
        raise self._error('has a table that holds itself')
      return self._read[number]
    self._read[number] = _OPEN
    read = {_TABLE: self._table, _OBJECT: self._object}.get(kind, self._function)
    self._read[number] = read(depth)
    return self._read[number]

  def _table(self, depth: int) -> dict[Any, Any]:
    count = self._count(8)  # bytes of the smallest entry: true -> nil would take 12
    table = {}
    for _ in range(count):
      key = self.value(depth + 1)
      if not isinstance(key, (str, int, float, bool)):
        raise self._error(f'has a table with a key that is a {type(key).__name__}')
      table[key] = self.value(depth + 1)
    return table

  def _function(self, depth: int) -> None:
    """Passed over, with what it refers to: compiled Lua is not for this program."""
    self._string()
    self.value(depth + 1)

  def _object(self, depth: int) -> Any:
    kind = self._string()
    if kind.startswith('V '):  # the version of the class, and then its name
      kind = self._string()
    match = _ARRAY.fullmatch(kind)
    if match:
      element = np.int32 if match[1] == 'Long' and self._size == 4 else _TYPES[match[1] or 'Float']
      dtype = np.dtype(element).newbyteorder('<')
      return self._storage(dtype) if match[2] == 'Storage' else self._tensor(dtype, depth)
    if not _MODULE.fullmatch(kind):
      raise self._error(f'holds an object of class {kind[:60]!r}, which no network needs')
    fields = self.value(depth + 1)
    if not isinstance(fields, dict):
      raise self._error(f'holds a {kind} without fields')
    return Object(kind, fields)

  def _storage(self, dtype: np.dtype) -> np.ndarray:
    count = self._long()
    if not 0 <= count <= self.left() // dtype.itemsize:
      raise self._error(f'has a storage of {count:,} numbers, more than the file holds')
    array = np.frombuffer(self._data, dtype, count, self._place)
    self._place += count * dtype.itemsize
    return array

  def _tensor(self, dtype: np.dtype, depth: int) -> np.ndarray:
    count = self._int()
    if not 0 <= count <= _DIMENSIONS:
      raise self._error(f'has a tensor of {count} dimensions')
    sizes, strides = ([self._long() for _ in range(count)] for _ in range(2))
    offset = self._long() - 1  # Lua counts from one
    storage = self.value(depth + 1)
    if storage is None or not sizes or 0 in sizes:
      return np.zeros(0, dtype)
    if not isinstance(storage, np.ndarray) or storage.dtype != dtype or storage.ndim != 1:
      raise self._error('has a tensor whose storage is none of its type')
    # Python's whole numbers: no product of sizes can overflow.
    last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides))
    if min(offset, *sizes, *strides) < 0 or max(last + 1, math.prod(sizes)) > len(storage):
      raise self._error(
        f'has a tensor of sizes {sizes} and strides {strides} that leaves its storage'
      )
    return np.lib.stride_tricks.as_strided(
      storage[offset:], sizes, [stride * dtype.itemsize for stride in strides], writeable=False
    )

  def _string(self) -> str:
    return self._take(self._count(1)).decode('latin-1')

  def _count(self, least: int) -> int:
    """How many entries follow, each of so many bytes at least."""
    count = self._int()
    if not 0 <= count <= self.left() // least:
      raise self._error(f'announces {count:,} entries, more than the file holds')
    return count

  def _int(self) -> int:
    return struct.unpack('<i', self._take(4))[0]

  def _long(self) -> int:
    return struct.unpack('<q' if self._size == 8 else '<i', self._take(self._size))[0]

  def _take(self, count: int) -> bytes:
    if count > self.left():
      raise self._error('ends in the middle of a value')
    self._place += count
    return self._data[self._place - count : self._place]

  def _error(self, what: str) -> errors.InputError:
    return errors.InputError(
      f'{self._name} is damaged, or no Torch7 file: it {what} (byte {self._place:,}); '
      'get it again from its source.'
    )
