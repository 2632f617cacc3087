"""Datasets that TFDS has prepared on disk, by index: array_record files, and existing TFRecords.

Nothing is downloaded, no label is needed, and the code that prepared the dataset is
not. An array_record file finds a record by itself. A TFRecord file does not, so the places of its
records are noted when it is first read: one pass over the lengths that stand between the records,
about a tenth of a second for 10,000 of them on a disk. That pass is all that resuming costs.
"""

from collections.abc import Callable, Sequence
import dataclasses
import functools
import struct
import threading
from typing import Any

from etils import epath
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from glcic_jax import errors

# A TFRecord: length (8 bytes, little endian), its checksum (4), the record, its checksum (4).
_LENGTH, _CHECKSUM = 8, 4


@dataclasses.dataclass(frozen=True)
class Dataset:
  """The encoded pictures of one split."""

  name: str  # with its version, and the split
  count: int
  read: Callable[[int], bytes]  # picture i, as its file was


def open_dataset(name: str, *, split: str, directory: str, feature: str) -> Dataset:
  """A prepared dataset.

  Args:
    name: as TFDS has it, with config and version if need be: `celeb_a`, `voc/2012`.
    split: as TFDS has it, slices included: `train`, `train[:10%]`, `train+validation`.
    directory: where datasets lie; empty: TFDS's own folder.
    feature: which holds the picture; empty: the only image there is.

  Raises:
    errors.InputError: if it is not prepared, or has no such split or image.
  """
  try:
    builder = tfds.core.read_only_builder.builder_from_files(name, data_dir=directory or None)
  except tfds.core.DatasetNotFoundError:
    where = directory or tfds.core.constants.DATA_DIR
    raise errors.InputError(
      f'tfds:{name} is not prepared in {where}; prepare it by: tfds build {name} --file_format '
      f'array_record --data_dir {where}'
    ) from None
  except ValueError:
    raise errors.InputError(
      f"data.source is 'tfds:{name}', which is no name of a dataset; give one as TFDS has it, "
      "such as 'tfds:celeb_a'."
    ) from None
  feature = _image_feature(builder.info.features, feature, name)
  try:
    instructions = builder.info.splits[split].file_instructions
  except (KeyError, ValueError):
    raise errors.InputError(
      f'tfds:{name} has no split {split!r}; it has {", ".join(sorted(builder.info.splits))} '
      '(data.tfds.split).'
    ) from None
  open_file = _ArrayRecords if builder.info.file_format.value == 'array_record' else _TFRecords
  files = [(open_file(str(part.filename)), part.skip, part.take) for part in instructions]
  ends = np.cumsum([take for *_, take in files])

  def read(index: int) -> bytes:
    number = int(np.searchsorted(ends, index, side='right'))
    file, skip, take = files[number]
    try:
      return _picture(file.record(skip + index - int(ends[number] - take)), feature)
    except OSError:
      raise
    except Exception as error:  # four libraries raise it, for a file that is cut or broken
      raise errors.InputError(
        f'Record {index} of {name} cannot be read ({type(error).__name__}).'
      ) from None

  return Dataset(f'{builder.info.full_name}/{split}', int(ends[-1]) if files else 0, read)


def _image_feature(features: Any, wanted: str, name: str) -> str:
  images = [key for key, feature in features.items() if isinstance(feature, tfds.features.Image)]
  if (wanted not in images) if wanted else (len(images) != 1):
    raise errors.InputError(
      f'data.tfds.feature is {wanted!r}; tfds:{name} has {", ".join(images) or "no image"}, of its '
      f'features {", ".join(features)}.'
    )
  return wanted or images[0]


def _picture(record: bytes, feature: str) -> bytes:
  return tf.train.Example.FromString(record).features.feature[feature].bytes_list.value[0]


class _ArrayRecords:
  """Records of one array_record file."""

  def __init__(self, path: str):
    self._path = path
    self._lock = threading.Lock()

  @functools.cached_property
  def _source(self) -> Sequence[bytes]:
    from array_record.python import array_record_data_source

    return array_record_data_source.ArrayRecordDataSource([self._path])

  def record(self, index: int) -> bytes:
    with self._lock:
      source = self._source
    return source[index]


class _TFRecords:
  """Records of one TFRecord file; their places are noted at the first reading."""

  def __init__(self, path: str):
    self._path = epath.Path(path)
    self._lock = threading.Lock()

  @functools.cached_property
  def _places(self) -> np.ndarray:
    """`[N, 2]`: where each record begins, and its length, in bytes."""
    places, here = [], 0
    with self._path.open('rb') as file:
      while header := file.read(_LENGTH):
        (length,) = struct.unpack('<Q', header)
        places.append((here + _LENGTH + _CHECKSUM, length))
        here += _LENGTH + length + 2 * _CHECKSUM
        file.seek(here)
    return np.asarray(places, np.int64).reshape(-1, 2)

  def record(self, index: int) -> bytes:
    with self._lock:
      start, length = self._places[index]
    with self._path.open('rb') as file:
      file.seek(int(start))
      return file.read(int(length))
