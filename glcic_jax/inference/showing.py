"""What a file shows, without completing anything: a mask's hole, and a picture as browsers can."""

from typing import NamedTuple

from PIL import Image

from glcic_jax.inference import in_memory
from glcic_jax.pictures import given_holes
from glcic_jax.pictures import image_files
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks
from glcic_jax.pictures import modes
from glcic_jax.pictures import photographs


class Mask(NamedTuple):
  """A mask file, and how it is to be understood; as of `in_memory.Task`."""

  data: bytes
  invert_mask: bool = False
  mask_channel: mask_meaning.Channel | None = None


class Picture(NamedTuple):
  """A picture file."""

  data: bytes


def show(task: Mask | Picture) -> in_memory.Result:
  """The hole of a mask as a PNG of one bit, white = hole; a picture, upright, as a JPEG or a PNG.

  Raises:
    errors.InputError: if the file cannot be read, or the mask be understood.
  """
  return _hole(task) if isinstance(task, Mask) else _preview(task)


def _hole(task: Mask) -> in_memory.Result:
  notes: list[str] = []
  mask = image_files.load(image_files.open_picture(task.data, in_memory.MASK))
  hole = masks.of_image(
    mask,
    mask.size,
    in_memory.MASK,
    invert=task.invert_mask,
    channel=task.mask_channel,
    say=lambda note: notes.append(f'{in_memory.MASK}: {note}'),
  )
  where = given_holes.Where(in_memory.MASK, task.invert_mask, None, None)
  if suspicion := given_holes.inverted(hole, where):
    notes.append(in_memory.without_dashes(f'{in_memory.MASK} {suspicion}'))
  data = image_files.encode(Image.fromarray(hole), 'PNG', in_memory.MASK)
  return in_memory.Result(data, Image.MIME['PNG'], tuple(notes))


def _preview(task: Picture) -> in_memory.Result:
  """With its colour profile, so that it looks as the result will."""
  photograph = photographs.read(task.data, name=in_memory.PICTURE)
  image = modes.kept(photograph.image)
  kind = 'PNG' if image.mode in ('LA', 'RGBA') else 'JPEG'
  data, _ = photographs.encode(kind, image, photograph, in_memory.PICTURE, strip_gps=True)
  return in_memory.Result(data, Image.MIME[kind], ())
