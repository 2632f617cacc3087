"""Where pictures come from: a folder, a prepared dataset, the photographs inside scikit-image, or a
mixture.

A source is a list of names and a way to read one: nothing is decoded here, no label and
no index file is needed. Which pictures are held back for validation is decided by a
hash of their names, so adding files moves none of the others.
"""

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import functools
import glob
import hashlib
import importlib.resources
import io
import itertools
import math
import os
from typing import Any

from etils import epath
from PIL import Image

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.pictures import image_files


@dataclasses.dataclass(frozen=True)
class Part:
  """One member of a mixture: pictures `start` to `start + count - 1`, drawn by its weight."""

  start: int
  count: int
  weight: float


@dataclasses.dataclass(frozen=True)
class Source:
  """Pictures by index: `read(names[i])` is the bytes of file i."""

  names: tuple[str, ...]
  read: Callable[[str], bytes]
  weights: tuple[
    tuple[int, float], ...
  ] = ()  # (how many pictures, weight) of each part; none: one part

  def __len__(self) -> int:
    return len(self.names)

  @property
  def parts(self) -> tuple[Part, ...]:
    """The members of a mixture; of any other source, the whole."""
    parts, start = [], 0
    for count, weight in self.weights or ((len(self), 1.0),):
      parts.append(Part(start, count, weight))
      start += count
    return tuple(parts)

  @functools.cached_property
  def digest(self) -> str:
    """SHA-256 of the names: tells whether the listing changed since a run began."""
    return hashlib.sha256(_bytes('\n'.join(self.names))).hexdigest()


@dataclasses.dataclass(frozen=True)
class Splits:
  """The pictures to train on, and those held back."""

  train: Source
  validation: Source


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
  """Several sources by weight, each split by itself; the held-back ones are mixed by their
  hashes.
  """
  members = []
  for member in config.mixture:
    spec, _, weight = str(member).rpartition('=')
    try:
      members.append((spec, float(weight)))
    except ValueError:
      members = []
      break
  total = sum(weight for _, weight in members)
  if any(weight < 0 for _, weight in members) or not 0 < total < math.inf:
    raise errors.InputError(
      f'data.mixture is {tuple(config.mixture)}; give sources with weights, as '
      "('folder:photos=3', 'tfds:celeb_a=1')."
    )
  opened = [_open(spec, config) for spec, _ in members]

  def joined(sides: Sequence[Source]) -> Source:
    def read(name: str) -> bytes:
      number, _, inner = name.partition('/')
      return sides[int(number)].read(inner)

    names = tuple(f'{number}/{name}' for number, side in enumerate(sides) for name in side.names)
    return Source(
      names, read, tuple((len(side), weight) for side, (_, weight) in zip(sides, members))
    )

  held_back = joined([splits.validation for splits in opened])
  in_turn = tuple(sorted(held_back.names, key=_place))
  return Splits(
    train=joined([splits.train for splits in opened]), validation=Source(in_turn, held_back.read)
  )


def folder(path: epath.PathLike) -> Source:
  """All pictures below a folder, of a glob, or of a list, in the order of their names.

  Args:
    path: a folder, searched in depth; a glob such as `photos/**/*.jpg`; or a text file with a path
      on each line, relative to itself. Names are relative to the folder, to the glob's fixed part,
      or as listed.

  Raises:
    errors.InputError: if there is no such folder or file, or no picture in it.
  """
  path = text = os.path.expanduser(path)
  if '*' in text or '?' in text:
    root, names = _glob(text)
  elif (listed := epath.Path(path)).suffix.lower() == '.txt' and listed.is_file():
    root, names = listed.parent, _listed(listed)
  else:
    root = epath.Path(path)
    if not root.is_dir():
      raise errors.InputError(
        errors.with_hint(f'There is no folder {path}; check data.folder.', files.did_you_mean(path))
      )
    names = files.walk(root, image_files.SUFFIXES)
  names = tuple(sorted(set(names)))
  if not names:
    raise errors.InputError(
      f'{path} holds no pictures ({", ".join(image_files.SUFFIXES)}), at any depth.'
    )
  if '://' in os.fspath(root):
    return Source(names, lambda name: (root / name).read_bytes())
  return Source(names, functools.partial(_read, os.fspath(root)))


def _listed(path: epath.Path) -> list[str]:
  """The names on the lines of a file; if not one of the first ten is there, the list means
  something else.
  """
  lines = [
    line.strip() for line in path.read_bytes().decode('utf-8-sig', 'surrogateescape').splitlines()
  ]
  names = [
    name
    for name in lines
    if name.lower().endswith(image_files.SUFFIXES) and not name.startswith('#')
  ]
  if names and not any((path.parent / name).exists() for name in names[:10]):
    raise errors.InputError(
      f'{path} lists {names[0]}, which is not there; the paths in it are relative to {path.parent}.'
    )
  return names


def _read(root: str, name: str) -> bytes:
  with open(
    os.path.join(root, name), 'rb'
  ) as file:  # epath takes longer to open a file than to read it
    return file.read()


def _glob(pattern: str) -> tuple[epath.Path, list[str]]:
  """The fixed part of a pattern, and what it matches below that."""
  parts = epath.Path(pattern).parts
  fixed = list(itertools.takewhile(lambda part: not set('*?') & set(part), parts))
  root = epath.Path(*fixed) if fixed else epath.Path('.')
  if '://' in pattern:  # `**` would list a whole bucket, and epath refuses it
    found = [
      os.fspath(entry.relative_to(root)) for entry in root.glob('/'.join(parts[len(fixed) :]))
    ]
  else:
    found = glob.glob('/'.join(parts[len(fixed) :]), root_dir=root, recursive=True)
  return root, [name for name in found if name.lower().endswith(image_files.SUFFIXES)]


def dataset(name: str, config: Any) -> Source:
  """A dataset prepared by TFDS; its pictures are named by their numbers.

  Args:
    name: as TFDS has it.
    config: `config.data`.

  Raises:
    errors.InputError: if it is not prepared, or has no such split or image.
  """
  from glcic_jax.data import prepared  # TFDS takes seconds to import

  opened = prepared.open_dataset(
    name, split=config.tfds.split, directory=config.tfds.dir, feature=config.tfds.feature
  )
  if not opened.count:
    raise errors.InputError(f'The split {config.tfds.split} of tfds:{name} holds no pictures.')
  names = tuple(f'{opened.name}/{number}' for number in range(opened.count))
  return Source(names, lambda name: opened.read(int(name.rpartition('/')[2])))


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


def _place(name: str) -> float:
  """Where a name's hash lies between 0 and 1."""
  return int.from_bytes(hashlib.sha256(_bytes(name)).digest()[:8]) / 2**64


def _bytes(name: str) -> bytes:
  """A file's name as the disk has it, which may be no UTF-8."""
  return name.encode(errors='surrogateescape')


# Photographs that scikit-image installs with itself. The held-back ones are never trained on.
SAMPLE_TRAINING = (
  'astronaut.png',
  'brick.png',
  'camera.png',
  'coins.png',
  'grass.png',
  'gravel.png',
  'hubble_deep_field.jpg',
  'motorcycle_left.png',
  'motorcycle_right.png',
  'rocket.jpg',
)
SAMPLE_HELD_BACK = ('chelsea.png', 'coffee.png')
_SAMPLE_SHORT_EDGE = 256  # pixels: they are decoded once and kept in memory at this size


def sample_pictures() -> Splits:
  """The photographs inside scikit-image, a cat and a cup of coffee held back.

  Raises:
    errors.InputError: if scikit-image is not installed.
  """
  try:
    data = importlib.resources.files('skimage.data')
  except ModuleNotFoundError:
    raise errors.InputError(
      "The sample pictures come with scikit-image; install it by pip install 'glcic_jax[train]'."
    ) from None

  @functools.cache
  def read(name: str) -> bytes:
    image = image_files.to_rgb(
      image_files.load(image_files.open_picture((data / name).read_bytes(), name))
    )
    scale = min(1.0, _SAMPLE_SHORT_EDGE / min(image.size))
    image = image.resize(
      tuple(round(side * scale) for side in image.size), Image.Resampling.LANCZOS
    )
    buffer = io.BytesIO()
    image.save(buffer, 'BMP')  # uncompressed: every sample decodes it again
    return buffer.getvalue()

  return Splits(Source(SAMPLE_TRAINING, read), Source(SAMPLE_HELD_BACK, read))
