"""Datasets that TFDS has prepared on disk, by index: array_record files, and existing TFRecords.

Nothing is downloaded; no label is needed, nor the code that prepared the dataset, nor TensorFlow.
An array_record file finds a record by itself: TFDS has a data source for it. A TFRecord file does
not, so the places of its records are noted when it is first read: one pass over the lengths that
stand between the records, about a tenth of a second for 10,000 of them on a disk. That pass is all
that resuming costs.
"""

from collections.abc import Iterable, Sequence
import dataclasses
import functools
import struct
import threading
from typing import Any

from etils import epath
import numpy as np
import tensorflow_datasets as tfds

from glcic_jax import errors

# A TFRecord: length (8 bytes, little endian), its checksum (4), the record, its checksum (4).
_LENGTH, _CHECKSUM = 8, 4


@dataclasses.dataclass(frozen=True)
class Dataset:
  """The encoded pictures of one split."""

  title: str  # with its version, and the split
  name: str
  records: Sequence[bytes]
  parser: Any  # of the one feature that is wanted
  feature: str

  def read(self, index: int) -> bytes:
    """Picture `index`, as its file was.

    Raises:
      errors.InputError: if its record is cut or broken.
    """
    try:
      as_it_is = {self.feature: tfds.decode.SkipDecoding()}
      example = self.parser.deserialize_example_np(self.records[index], decoders=as_it_is)
      return example[self.feature]
    except OSError:
      raise
    except Exception as error:  # four libraries raise it, for a file that is cut or broken
      raise errors.InputError(
        f'Record {index} of {self.name} cannot be read ({type(error).__name__}).'
      ) from None


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
  if builder.info.file_format.value == 'array_record':
    raw = tfds.decode.DeserializeMethod.RAW_BYTES
    records = builder.as_data_source(split=split, deserialize_method=raw)
  else:
    records = _TFRecords((str(part.filename), part.skip, part.take) for part in instructions)
  parser = tfds.features.FeaturesDict({feature: builder.info.features[feature]})
  return Dataset(f'{builder.info.full_name}/{split}', name, records, parser, feature)


def _image_feature(features: Any, wanted: str, name: str) -> str:
  images = [key for key, feature in features.items() if isinstance(feature, tfds.features.Image)]
  if (wanted not in images) if wanted else (len(images) != 1):
    raise errors.InputError(
      f'data.tfds.feature is {wanted!r}; tfds:{name} has {", ".join(images) or "no image"}, of its '
      f'features {", ".join(features)}.'
    )
  return wanted or images[0]


class _TFRecords:
  """Parts of TFRecord files: path, how many records are passed over, how many are taken."""

  def __init__(self, parts: Iterable[tuple[str, int, int]]):
    self._parts = [(_TFRecordFile(path), skip, take) for path, skip, take in parts]
    self._ends = np.cumsum([take for *_, take in self._parts], dtype=np.int64)

  def __len__(self) -> int:
    return int(self._ends[-1]) if self._parts else 0

  def __getitem__(self, index: int) -> bytes:
    number = int(np.searchsorted(self._ends, index, side='right'))
    file, skip, take = self._parts[number]
    return file.record(skip + index - int(self._ends[number] - take))


class _TFRecordFile:
  """Records of one TFRecord file; their places are noted at the first reading."""

  def __init__(self, path: str):
    self._path = epath.Path(path)
    self._lock = threading.Lock()

  def __reduce__(self) -> tuple[Any, ...]:
    return _TFRecordFile, (str(self._path),)

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
