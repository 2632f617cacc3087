"""Completes a picture as `complete` does from file to file, but from bytes to bytes."""

from collections.abc import Callable, Mapping
import re
from typing import Any, NamedTuple
import warnings

import numpy as np
from PIL import features
from PIL import Image

from glcic_jax.pictures import given_holes
from glcic_jax.pictures import image_files
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks
from glcic_jax.pictures import modes
from glcic_jax.pictures import photographs

FORMATS = {'png': 'PNG', 'jpg': 'JPEG', 'webp': 'WEBP'}  # besides `keep`: a name, and Pillow's
_AVIF = ('AVIF',) if 'avif' in features.modules and features.check('avif') else ()
KEPT = ('JPEG', 'PNG', 'WEBP', *_AVIF, 'BMP', 'TIFF', 'GIF')  # of others, PNG

_MOST_NOTES = 20  # of a damaged file, a decoder may say thousands of things
PICTURE, MASK = 'The picture', 'The mask'  # as sentences call them


class Task(NamedTuple):
  """A picture and what is to be done with it; the names are those of the options of `complete`."""

  image: bytes  # a picture file
  mask: bytes | None  # another, white = hole; None: where the picture is transparent
  options: Mapping[str, Any]  # of the Completer: blend, feather, ...
  invert_mask: bool = False
  mask_channel: mask_meaning.Channel | None = None  # where either could show the hole
  opaque_mask: bool = False  # what is transparent in the mask counts by its colour
  dilate: int = 0
  format: str = 'keep'  # or one of FORMATS
  strip_gps: bool = False


class Result(NamedTuple):
  """A completed picture, as a file's bytes."""

  data: bytes
  mime: str  # image/png
  notes: tuple[str, ...]  # what `complete` would say on stderr, a sentence each


class Completed(NamedTuple):
  """A completed picture, before it is a file."""

  image: Image.Image
  source: photographs.Photograph
  notes: tuple[str, ...]


def complete(completer: Callable[..., Any], task: Task) -> Result:
  """Completes a picture by a `Completer`, or by a `baselines.Baseline`.

  Raises:
    errors.InputError: if the picture, the mask or an option cannot be used.
  """
  return encoded(completed(completer, task), task)


def completed(completer: Callable[..., Any], task: Task) -> Completed:
  """What `complete` gives to `encoded`; `task.format` and `task.strip_gps` do not matter yet."""
  notes: list[str] = []
  with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter('always')
    warnings.filterwarnings('ignore', message='Image size')  # a panorama is no attack
    photograph = photographs.read(task.image, name=PICTURE)
    where = given_holes.Where(None if task.mask is None else MASK, task.invert_mask, None, None)
    given = _hole(photograph.image, task)
    if task.mask == task.image:
      own = given_holes.of_itself(photograph.image, PICTURE, task.mask_channel)
      notes += [own and f'{PICTURE}: {own}']
    hole = given_holes.grown(given, task.dilate, 'the picture', where)
    (result,) = completer([photograph.image], [hole], **task.options)
  if suspicion := given_holes.inverted(given, where):
    notes.append(f'{MASK} {suspicion}' if task.mask is not None else suspicion)
  notes += [given_holes.tight(photograph.image, hole, task.dilate), *photograph.notes]
  notes += [str(warning.message) for warning in said]
  if result.mode != photograph.image.mode:
    notes.append(f'{PICTURE} is of mode {photograph.image.mode}; the result is {result.mode}.')
  return Completed(result, photograph, tuple(notes))


def encoded(done: Completed, task: Task) -> Result:
  """The file of a completed picture."""
  kind = kind_of(done.source.kind, task.format)
  data, more = photographs.encode(
    kind, done.image, done.source, 'The completed picture', strip_gps=task.strip_gps
  )
  told = dict.fromkeys(_sentence(note) for note in (*done.notes, *more) if note)
  return Result(data, Image.MIME[kind], tuple(told)[:_MOST_NOTES])


def kind_of(kind: str, wanted: str) -> str:
  """Pillow's name of the result's format: that of the picture's own (Pillow's name), or another."""
  if wanted != 'keep':
    return FORMATS[wanted]
  kind = {'MPO': 'JPEG', 'DIB': 'BMP'}.get(kind, kind)
  return kind if kind in KEPT else 'PNG'


def without_dashes(sentence: str) -> str:
  """A sentence that names options, for those who give them without dashes: `--invert-mask`."""
  return re.sub(r'--([a-z]+(?:-[a-z]+)*)', lambda match: match[1].replace('-', '_'), sentence)


def _hole(image: Image.Image, task: Task) -> np.ndarray:
  if task.mask is None:
    return masks.transparent(modes.from_image(image), PICTURE)
  mask = image_files.load(image_files.open_picture(task.mask, MASK))
  if task.opaque_mask:
    mask = mask.convert('L')
  return masks.of_image(mask, image.size, MASK, invert=task.invert_mask, channel=task.mask_channel)


def _sentence(note: str) -> str:
  note = without_dashes(note)
  return note[:1].upper() + note[1:]
