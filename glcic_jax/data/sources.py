"""Where pictures come from: a folder, a prepared dataset, the samples, or a mixture.

A source is a list of names and a way to read one: nothing is decoded here, no label and
no index file is needed. Which pictures are held back for validation is decided by a
hash of their names, so adding files moves none of the others.
"""

from collections.abc import Callable, Sequence
import dataclasses
import functools
import hashlib
import math
import os
from typing import Any

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.data import folders
from glcic_jax.data import sample_photographs


@dataclasses.dataclass(frozen=True)
class Part:
  """One member of a mixture: so many pictures, drawn by its weight."""

  count: int
  weight: float


@dataclasses.dataclass(frozen=True)
class Source:
  """Pictures by index: `read(names[i])` is the bytes of file i; it can be sent to a process."""

  names: tuple[str, ...]
  read: Callable[[str], bytes]
  parts: tuple[Part, ...] = ()  # of a mixture, in the order of the names
  others: int = 0  # files that lie beside them and are no pictures

  def __len__(self) -> int:
    return len(self.names)

  @functools.cached_property
  def digest(self) -> str:
    """SHA-256 of the names: tells whether the listing changed since a run began."""
    return hashlib.sha256(_bytes('\n'.join(self.names))).hexdigest()


@dataclasses.dataclass(frozen=True)
class Splits:
  """The pictures to train on, and those held back."""

  train: Source
  validation: Source


def members(config: Any) -> list[tuple[str, str]]:
  """The sources of a `config.data`, one or a mixture's, each with its weight as it is written."""
  if config.source != 'mixture':
    return [(config.source, '1')]
  pairs = (str(member).rpartition('=') for member in config.mixture)
  return [(spec, weight) for spec, _, weight in pairs]


def open_splits(config: Any) -> Splits:
  """The pictures of a `config.data`.

  Raises:
    errors.InputError: if the source is unknown, or has no pictures to train on.
  """
  if config.source == 'mixture':
    return _mixture(config)
  return _open(config.source, config)


def _open(spec: str, config: Any) -> Splits:
  """One source: `sample`, `folder`, `folder:PATH` or `tfds:NAME`."""
  kind, _, name = spec.partition(':')
  if spec == 'sample':
    return sample_pictures()
  if kind == 'folder':
    path = name or config.folder
    if not path:
      raise errors.InputError(
        'data.folder is empty; give a folder of pictures by --config.data.folder=FOLDER.'
      )
    source = folder(path)
  elif kind == 'tfds' and name:
    path, source = spec, dataset(name, config)
  else:
    raise errors.InputError(
      f"data.source is {spec!r}; it is 'folder', 'sample', 'tfds:NAME' or 'mixture'."
    )
  splits = split(source, config.validation_fraction)
  if not splits.train.names:
    raise errors.InputError(
      f'All {len(splits.validation)} pictures of {path} fall to validation; lower '
      'data.validation_fraction.'
    )
  return splits


def _mixture(config: Any) -> Splits:
  """Several sources by weight, each split by itself; the held-back ones in order of hashes."""
  try:
    weights = [float(weight) for _, weight in members(config)]
  except ValueError:
    weights = []
  if any(weight < 0 for weight in weights) or not 0 < sum(weights) < math.inf:
    raise errors.InputError(
      f'data.mixture is {tuple(config.mixture)}; give sources with weights, as '
      "('folder:photos=3', 'tfds:celeb_a=1')."
    )
  opened = [_open(spec, config) for spec, _ in members(config)]

  def joined(sides: Sequence[Source]) -> Source:
    names = tuple(f'{number}/{name}' for number, side in enumerate(sides) for name in side.names)
    read = functools.partial(_read_member, [side.read for side in sides])
    others = sum(side.others for side in sides)
    return Source(names, read, tuple(map(Part, map(len, sides), weights)), others)

  held_back = joined([splits.validation for splits in opened])
  in_turn = tuple(sorted(held_back.names, key=_place))
  return Splits(
    train=joined([splits.train for splits in opened]), validation=Source(in_turn, held_back.read)
  )


def _read_member(reads: Sequence[Callable[[str], bytes]], name: str) -> bytes:
  number, _, inner = name.partition('/')
  return reads[int(number)](inner)


def sample_pictures() -> Splits:
  """The photographs inside scikit-image, a cat and a cup of coffee held back.

  Raises:
    errors.InputError: if scikit-image is not installed.
  """
  read = sample_photographs.reader()
  return Splits(
    Source(sample_photographs.TRAINING, read), Source(sample_photographs.HELD_BACK, read)
  )


def folder(path: epath.PathLike) -> Source:
  """All pictures below a folder, of a glob, or of a list; see `folders.find`."""
  root, names, others = folders.find(path)
  if files.in_bucket(root):
    return Source(names, functools.partial(_read_remote, root), others=others)
  return Source(names, functools.partial(_read, os.fspath(root)), others=others)


def _read(root: str, name: str) -> bytes:
  return files.read(os.path.join(root, name))


def _read_remote(root: epath.Path, name: str) -> bytes:
  return (root / name).read_bytes()


def dataset(name: str, config: Any) -> Source:
  """A dataset as TFDS names it, by a `config.data`; its pictures are named by their numbers.

  Raises:
    errors.InputError: if TFDS is not installed, or the dataset not prepared, or without such a
      split or image.
  """
  try:
    from glcic_jax.data import prepared  # TFDS takes seconds to import
  except ModuleNotFoundError as error:
    raise errors.InputError(
      f'tfds:{name} needs TFDS ({error}); install it by {errors.install("tfds")}.'
    ) from None
  opened = prepared.open_dataset(
    name, split=config.tfds.split, directory=config.tfds.dir, feature=config.tfds.feature
  )
  count = len(opened.records)
  if not count:
    raise errors.InputError(f'The split {config.tfds.split} of tfds:{name} holds no pictures.')
  names = tuple(f'{opened.title}/{number}' for number in range(count))
  return Source(names, functools.partial(_read_numbered, opened))


def _read_numbered(opened: Any, name: str) -> bytes:
  return opened.read(int(name.rpartition('/')[2]))


def split(source: Source, validation_fraction: float) -> Splits:
  """Holds back about a fraction of the pictures, chosen by a hash of their names.

  The held-back ones are listed by their hash, so that the first n are a fair choice.
  """
  held_back = sorted(
    (name for name in source.names if _place(name) < validation_fraction), key=_place
  )
  chosen = set(held_back)
  return Splits(
    train=dataclasses.replace(source, names=tuple(n for n in source.names if n not in chosen)),
    validation=dataclasses.replace(source, names=tuple(held_back)),
  )


def counted(splits: Splits) -> str:
  """How many pictures there are, in words; where none is held back, that no scores will come."""
  train, held_back, others = len(splits.train), len(splits.validation), splits.train.others
  pictures = 'picture' if train == 1 else 'pictures'
  said = f'{train:,} {pictures} to train on, {held_back:,} held back'
  if others:
    said += f', {others:,} other {"file" if others == 1 else "files"} there'
  if held_back:
    return said
  return (
    f'{said}: there will be no validation scores; a higher data.validation_fraction, or more '
    'pictures, gives some'
  )


def _place(name: str) -> float:
  """Where a name's hash lies between 0 and 1."""
  return int.from_bytes(hashlib.sha256(_bytes(name)).digest()[:8]) / 2**64


def _bytes(name: str) -> bytes:
  """A file's name as the disk has it, which may be no UTF-8."""
  return name.encode(errors='surrogateescape')
