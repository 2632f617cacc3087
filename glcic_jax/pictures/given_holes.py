"""The hole of each picture that somebody gives: by a mask, by a colour, or by its transparency."""

import shlex
from typing import NamedTuple

import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import image_files
from glcic_jax.pictures import mask_folder
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks
from glcic_jax.pictures import painted_over
from glcic_jax.pictures import pairing
from glcic_jax.pictures import photographs

# Pixels that a painted colour spreads by in a JPEG, which halves the resolution of colours.
FRINGE = 2

_INVERT = '--invert-mask'
_MORE = 5  # pixels by which a tight mask should grow
_OWN = 'it is given as its own mask: what is light in it is the hole.'
_TIGHT = (
  'just outside the hole the colours are others than a little further out, as where a mask cuts '
  'into an object: they would go on into the hole as a halo; try --dilate {}.'
)


class Where(NamedTuple):
  """What shows the holes."""

  mask: str | None  # a file for all pictures, or a folder
  invert: bool  # black in the mask is the hole
  color: tuple[int, int, int] | None  # RGB in 0..255; None and no mask: transparency
  dilate: int | None  # pixels by which it grows; None: as many as a colour in its file needs
  channel: mask_meaning.Channel | None = None  # of a mask; None: what it holds decides
  most_pixels: int | None = None  # of a picture or a mask; None: `limits.MOST_PIXELS`


class Given(NamedTuple):
  """A picture, its hole, and what is to be said about them."""

  job: pairing.Job
  photograph: photographs.Photograph
  hole: np.ndarray  # [H, W] bool
  notes: list[tuple[str, str]]  # name of a file, and a note on it


def read(job: pairing.Job, where: Where) -> Given:
  """Reads a picture and its hole.

  Raises:
    errors.InputError: if one of them cannot be used.
  """
  if job.error:
    raise errors.InputError(f'{job.image} has no mask: {job.error}')
  photograph = photographs.read(job.image, where.most_pixels)
  image, dilate = photograph.image, where.dilate or 0
  notes: list[tuple[str, str]] = []
  if job.mask is not None:
    name = job.mask
    hole = _of_mask(name, image.size, where, lambda note: notes.append((name, note)))
    files = {mask_folder.identity(path) for path in (name, job.image)}
    if len(files) == 1 and (note := of_itself(image, name, where.channel)):
      notes.append((name, note))
  elif where.color:
    lossy = photograph.kind in ('JPEG', 'MPO', 'WEBP')
    hole = masks.from_color(image, where.color, job.image, lossy=lossy)
    if lossy and where.dilate is None:
      dilate = FRINGE
      note = f'a lossy file blurs what is painted, so the hole is grown by {FRINGE} px'
      notes.append((job.image, f'{note}; --dilate says otherwise.'))
  else:
    hole = masks.from_alpha(image, job.image)
  if suspicion := inverted(hole, where):
    notes.append((job.mask or job.image, suspicion))
  hole = grown(hole, dilate, job.mask or job.image, where)
  if suspicion := tight(image, hole, dilate):
    notes.append((job.image, suspicion))
  notes += [(job.image, note) for note in photograph.notes]
  return Given(job, photograph, hole, notes)


def _of_mask(name: str, size: tuple[int, int], where: Where, say: masks.Say) -> np.ndarray:
  """`masks.from_mask`, which names what helps where the hole is painted into the picture."""
  try:
    return masks.from_mask(
      name, size, invert=where.invert, channel=where.channel, most_pixels=where.most_pixels, say=say
    )
  except painted_over.PaintedOver as error:
    raise errors.InputError(
      f'{error.fault}; complete it by itself, without --mask: '
      f"glcic-jax complete {shlex.quote(name)} --hole-color '{error.color}'."
    ) from None


def of_itself(image: Image.Image, name: str, channel: mask_meaning.Channel | None) -> str:
  """What to say of an upright picture that is given as its own mask; nothing where it is
  transparent in part, which shows the hole.

  Raises:
    masks.Undecided: if it is a photograph, and nobody has said that what is light is the hole.
  """
  if image.has_transparency_data and np.asarray(image.convert('RGBA'))[..., 3].min() < 255:
    return ''
  colors = np.asarray(image_files.to_rgb(image)).reshape(-1, 3)
  if channel is None and mask_meaning.is_picture(mask_meaning.sample(colors)):
    raise masks.Undecided(
      f'{name} is a photograph, and is given as its own mask; give a mask, or '
      f'{mask_meaning.FLAG} luminance, by which what is light is the hole.',
      ('luminance',),
    )
  return _OWN


def inverted(hole: np.ndarray, where: Where) -> str:
  """What to say of a hole `[H, W]` bool, not grown yet, that may be what should be kept; or
  nothing.
  """
  if not masks.looks_inverted(hole):
    return ''
  if where.mask is None:
    meant = 'painted in --hole-color' if where.color else 'transparent'
    return f'most of the picture is the hole: it is what is {meant}.'
  return f'looks inverted: most of the picture is the hole; {_meant(where)}'


def _meant(where: Where) -> str:
  return f'did you mean it without {_INVERT}?' if where.invert else f'did you mean {_INVERT}?'


def grown(hole: np.ndarray, dilate: int, name: str, where: Where) -> np.ndarray:
  """`masks.grown`, whose refusal asks whether the hole should be what is known."""
  doubtful = where.mask is not None and masks.looks_inverted(hole)
  return masks.grown(hole, dilate, name, _meant(where) if doubtful else '')


def tight(image: Image.Image, hole: np.ndarray, dilate: int) -> str:
  """What to say of a hole, grown by so many pixels, that cuts into its object; else nothing."""
  return _TIGHT.format(dilate + _MORE) if masks.is_tight(image, hole) else ''
