"""The manifest: which pictures are evaluated, and with which holes, so that anyone can do it again.

It is JSON: the seed, how the pictures are cut, and for each picture its name, the SHA-256 digest of
its file, its size, and its hole: kind, share of the picture, whether it touches the border, and
itself as a run-length code.
"""

from collections.abc import Callable, Mapping, Sequence
import dataclasses
import hashlib
import json
from typing import Any

import numpy as np

from glcic_jax import errors
from glcic_jax import scores
from glcic_jax.evaluation import holes
from glcic_jax.pictures import image_files

FORMAT_VERSION = 1

_LARGEST_SIDE = 65_536  # pixels: a number in a damaged manifest must not fill the memory

Read = Callable[[str], bytes]  # a picture's name -> its file


@dataclasses.dataclass(frozen=True)
class Entry:
  """One picture and its hole."""

  name: str
  sha256: str  # of the file
  height: int  # pixels, of the picture as it is evaluated
  width: int
  kind: str  # of the hole
  ratio: float  # share of the picture that the hole covers
  border: bool  # whether the hole touches the picture's border
  runs: str  # the hole

  @property
  def hole(self) -> np.ndarray:
    """`[H, W]` bool; decoded each time: thousands of them would fill the memory."""
    return decode_runs(self.runs, (self.height, self.width))


@dataclasses.dataclass(frozen=True)
class Manifest:
  """All that an evaluation depends on, besides its models."""

  seed: int  # of the holes, and of the bootstrap
  size: int | None  # pixels: the middle square, resized to this side; None: pictures as they are
  masks: str  # where the holes came from, for people
  # Of all known pixels, RGB in 0..1, each picture counting the same.
  mean_color: tuple[float, float, float]
  entries: tuple[Entry, ...]

  def to_bytes(self, models: Mapping[str, Any] | None = None) -> bytes:
    """As a JSON file with one picture on each line.

    `models`: who completed them and how, by label; for people: `from_bytes` passes it over.
    """
    names = [field.name for field in dataclasses.fields(self) if field.name != 'entries']
    head = {'format_version': FORMAT_VERSION} | {name: getattr(self, name) for name in names}
    head |= {'models': dict(models)} if models else {}
    lines = ',\n  '.join(json.dumps(dataclasses.asdict(entry)) for entry in self.entries)
    return f'{json.dumps(head, indent=1)[:-2]},\n "entries": [\n  {lines}\n ]\n}}\n'.encode()

  @classmethod
  def from_bytes(cls, data: bytes, name: str) -> 'Manifest':
    """The inverse of `to_bytes`.

    Raises:
      errors.InputError: if it is no manifest, or damaged.
    """
    try:
      values = json.loads(data)
      version = values['format_version']
      if not _is_whole(version) or version > FORMAT_VERSION:
        raise errors.InputError(
          f'{name} has format_version {version!r}, this version of glcic_jax reads up to '
          f'{FORMAT_VERSION}; upgrade glcic_jax.'
        )
      size, seed = values['size'], values['seed']
      red, green, blue = (float(level) for level in values['mean_color'])
      entries = tuple(_checked_entry(Entry(**entry), size) for entry in values['entries'])
      sound = version >= 1 and _is_whole(seed) and (size is None or _is_whole(size))
      colored = all(0 <= level <= 1 for level in (red, green, blue))
      if not (sound and colored and len({entry.name for entry in entries}) == len(entries)):
        raise ValueError
      return cls(seed, size, str(values['masks']), (red, green, blue), entries)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
      if isinstance(error, errors.InputError):
        raise
      raise errors.InputError(
        f'{name} is no manifest of glcic-jax evaluate, or it is damaged; write a new one '
        'by leaving out --manifest.'
      ) from None


def _is_whole(value: Any) -> bool:
  return type(value) is int and value >= 0


def _checked_entry(entry: Entry, size: int | None) -> Entry:
  """Hands it on; a ValueError where it contradicts itself or the manifest's size."""
  sides = entry.height, entry.width
  if not all(isinstance(text, str) for text in (entry.name, entry.sha256, entry.kind, entry.runs)):
    raise ValueError('A text is something else.')
  if not all(_is_whole(side) and scores.SMALLEST_SIDE <= side <= _LARGEST_SIDE for side in sides):
    raise ValueError(f'There is no picture of {sides}.')
  if size is not None and sides != (size, size):
    raise ValueError(f'A picture of {size} px is {sides}.')
  hole = entry.hole
  if not hole.any() or hole.all() or _measures(hole) != (entry.ratio, entry.border):
    raise ValueError('The hole is not what its line says.')
  return entry


def _measures(hole: np.ndarray) -> tuple[float, bool]:
  """Its share of the picture, and whether it touches the border."""
  border = hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()
  return round(float(hole.mean()), 6), bool(border)


def encode_runs(hole: np.ndarray) -> str:
  """`[H, W]` bool -> `12 3 ...`: 12 pixels known, then 3 of the hole, row by row."""
  flat = np.concatenate([[False], hole.ravel(), [not hole.flat[-1]]])
  edges = np.flatnonzero(flat[1:] != flat[:-1])
  return ' '.join(map(str, np.diff(edges, prepend=0).tolist()))


def decode_runs(runs: str, shape: tuple[int, int]) -> np.ndarray:
  """The inverse of `encode_runs`.

  Raises:
    ValueError: if the runs do not fill the shape.
  """
  lengths = [int(length) for length in runs.split()]
  if sum(lengths) != shape[0] * shape[1] or min(lengths) < 0:
    raise ValueError(f'The runs cover {sum(lengths)} pixels of {shape}.')
  return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(shape)


def build(
  names: Sequence[str],
  read: Read,
  hole_of: holes.HoleOf,
  *,
  seed: int,
  size: int | None,
  masks: str,
) -> tuple[Manifest, list[tuple[str, str]]]:
  """Reads every picture once and gives it a hole, of `holes`, that was made with the same seed.

  Returns:
    the manifest; and (name, sentence) of each picture that cannot be used, which is left out.

  Raises:
    errors.InputError: if fewer than two can be used.
  """
  entries, colors, failures = [], [], []
  for index, name in enumerate(names):
    try:
      entry, color = _entry(index, name, read, hole_of, size)
      entries.append(entry)
      colors.append(color)
    except errors.InputError as error:
      failures.append((name, str(error)))
    except OSError as error:
      failures.append((name, f'{name} cannot be read ({error.strerror or error}).'))
  if len(entries) < 2:
    why = f' ({failures[0][1].rstrip(".")})' if failures else ''
    raise errors.InputError(
      f'There {"is 1 picture" if entries else "are 0 pictures"} to evaluate on{why}; '
      'give two or more.'
    )
  red, green, blue = np.mean(colors, axis=0).round(6).tolist()
  return Manifest(seed, size, masks, (red, green, blue), tuple(entries)), failures


def _entry(
  index: int, name: str, read: Read, hole_of: holes.HoleOf, size: int | None
) -> tuple[Entry, np.ndarray]:
  data = read(name)
  image = decode(data, name, size)
  height, width = upright = image.shape[:2]
  if size is not None:
    upright = image_files.load(image_files.open_picture(data, name)).size[::-1]
  if min(height, width) < scores.SMALLEST_SIDE:
    raise errors.InputError(
      f'{name} is {width}x{height}; SSIM needs sides of {scores.SMALLEST_SIDE} px: leave it out, '
      'or give --size.'
    )
  hole, kind = hole_of(index, name, upright)
  digest = hashlib.sha256(data).hexdigest()
  entry = Entry(name, digest, height, width, kind, *_measures(hole), encode_runs(hole))
  return entry, image[~hole].mean(axis=0) / 255


def decode(data: bytes, name: str, size: int | None) -> np.ndarray:
  """A picture as it is evaluated: `[H, W, 3]` uint8.

  Raises:
    errors.InputError: if it cannot be read.
  """
  if size is None:
    return image_files.read_rgb(data, name)
  # As training's validation cuts it.
  return image_files.read_crop(data, size, size, (0.5, 0.5), name)


def check(manifest: Manifest, names: Sequence[str], read: Read, folder: str) -> None:
  """Refuses pictures that are not those of a manifest; `folder`: what a message calls their place.

  Raises:
    errors.InputError: if some are missing, or have changed.
  """
  if len(manifest.entries) < 2:
    raise errors.InputError(
      'The manifest names fewer than two pictures; write a new one from more of them.'
    )
  there, count = set(names), len(manifest.entries)
  missing = [entry.name for entry in manifest.entries if entry.name not in there]
  if missing:
    raise errors.InputError(
      f"{len(missing)} of the manifest's {count} pictures, {missing[0]} the first, are not in "
      f'{folder}; give --images the folder that it was written for.'
    )
  digests = {entry.name: hashlib.sha256(read(entry.name)).hexdigest() for entry in manifest.entries}
  changed = [entry.name for entry in manifest.entries if digests[entry.name] != entry.sha256]
  if changed:
    raise errors.InputError(
      f"{len(changed)} of the manifest's {count} pictures, {changed[0]} the first, have changed "
      'since it was written (SHA-256); give the old ones, or write a new manifest by leaving out '
      '--manifest.'
    )
  for entry in manifest.entries if manifest.size is None else ():
    height, width = decode(read(entry.name), entry.name, None).shape[:2]
    if (entry.height, entry.width) != (height, width):
      raise errors.InputError(
        f'The manifest says that {entry.name} is {entry.width}x{entry.height}, and it is '
        f'{width}x{height}; write a new manifest by leaving out --manifest.'
      )


def summary(manifest: Manifest) -> Mapping[str, Any]:
  """What scores.json says of the manifest it belongs to; its digest leaves the models out."""
  digest = hashlib.sha256(manifest.to_bytes()).hexdigest()
  facts = {name: getattr(manifest, name) for name in ('seed', 'size', 'masks')}
  return {'sha256': digest, 'pictures': len(manifest.entries), **facts}
