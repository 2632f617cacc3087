"""Where pictures come from: a folder, or the photographs inside scikit-image.

A source is a list of names and a way to read one: nothing is decoded here, no label and
no index file is needed. Which pictures are held back for validation is decided by a
hash of their names, so adding files moves none of the others.
"""

from collections.abc import Callable, Iterator
import dataclasses
import functools
import hashlib
import importlib.resources
import io
import os
from typing import Any

from etils import epath
from PIL import Image

from glcic_jax import errors
from glcic_jax import pictures


@dataclasses.dataclass(frozen=True)
class Source:
  """Pictures by index: `read(names[i])` is the bytes of file i."""

  names: tuple[str, ...]
  read: Callable[[str], bytes]

  def __len__(self) -> int:
    return len(self.names)

  @functools.cached_property
  def digest(self) -> str:
    """SHA-256 of the names: tells whether the listing changed since a run began."""
    return hashlib.sha256('\n'.join(self.names).encode()).hexdigest()


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
  if config.source == 'sample':
    return sample_pictures()
  if config.source != 'folder':
    raise errors.InputError(f"data.source is {config.source!r}; it is 'folder' or 'sample'.")
  if not config.folder:
    raise errors.InputError('data.folder is empty; give a folder of pictures by --config.data.folder=FOLDER.')
  splits = split(folder(config.folder), config.validation_fraction)
  if not splits.train.names:
    raise errors.InputError(
        f'All {len(splits.validation)} pictures of {config.folder} fall to validation; lower '
        'data.validation_fraction.')
  return splits


def folder(path: epath.PathLike) -> Source:
  """All pictures below a folder, by their relative paths, in the order of their names.

  Raises:
    errors.InputError: if there is no such folder, or no picture in it.
  """
  root = epath.Path(path)
  if not root.is_dir():
    raise errors.InputError(f'There is no folder {path}; check data.folder.')
  names = tuple(sorted(_walk(root, '', frozenset())))
  if not names:
    raise errors.InputError(f'{path} holds no pictures ({", ".join(pictures.SUFFIXES)}), at any depth.')
  return Source(names, lambda name: (root / name).read_bytes())


def _walk(directory: epath.Path, prefix: str, above: frozenset[str]) -> Iterator[str]:
  """Relative names below a folder; a link to a folder above is not followed round and round."""
  real = os.path.realpath(directory) if '://' not in os.fspath(directory) else os.fspath(directory)
  if real in above:
    return
  for entry in directory.iterdir():
    if entry.name.startswith('.'):
      continue
    if entry.is_dir():
      yield from _walk(entry, f'{prefix}{entry.name}/', above | {real})
    elif entry.suffix.lower() in pictures.SUFFIXES:
      yield prefix + entry.name


def split(source: Source, validation_fraction: float) -> Splits:
  """Holds back about a fraction of the pictures, chosen by a hash of their names.

  The held-back ones are listed by their hash, so that the first n are a fair choice.
  """
  def place(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64
  held_back = sorted((name for name in source.names if place(name) < validation_fraction), key=place)
  chosen = set(held_back)
  return Splits(
      train=dataclasses.replace(source, names=tuple(n for n in source.names if n not in chosen)),
      validation=dataclasses.replace(source, names=tuple(held_back)))


# Photographs that scikit-image installs with itself. The held-back ones are never trained on.
SAMPLE_TRAINING = ('astronaut.png', 'brick.png', 'camera.png', 'coins.png', 'grass.png', 'gravel.png',
                   'hubble_deep_field.jpg', 'motorcycle_left.png', 'motorcycle_right.png', 'rocket.jpg')
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
        "The sample pictures come with scikit-image; install it by pip install 'glcic_jax[train]'.") from None

  @functools.cache
  def read(name: str) -> bytes:
    image = pictures.to_rgb(pictures.load(pictures.open_picture((data / name).read_bytes(), name)))
    scale = min(1.0, _SAMPLE_SHORT_EDGE / min(image.size))
    image = image.resize(tuple(round(side * scale) for side in image.size), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, 'BMP')  # uncompressed: every sample decodes it again
    return buffer.getvalue()

  return Splits(Source(SAMPLE_TRAINING, read), Source(SAMPLE_HELD_BACK, read))
