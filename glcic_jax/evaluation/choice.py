"""Which pictures are evaluated, and with which holes, as the command line says it."""

from collections.abc import Sequence
import glob
import os
from typing import NamedTuple

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.data import folders
from glcic_jax.data import sources
from glcic_jax.evaluation import holes
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.pictures import left_out
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import pairing

_SIDE = 0.5  # of the kind `center`, as a share of the picture's


class Choice(NamedTuple):
  """What the flags of the same names say; None and False: not given."""

  images: str
  manifest: str | None = None
  masks: str | None = None
  draw_masks: bool = False
  mask_channel: mask_meaning.Channel | None = None
  mask_side: float | None = None
  size: int | None = None
  split: str | None = None
  validation_fraction: float | None = None
  limit: int | None = None
  seed: int | None = None


class Chosen(NamedTuple):
  """What is evaluated, and what is not."""

  manifest: manifest_lib.Manifest
  failures: Sequence[tuple[str, str]]  # (name, sentence) of each picture that cannot be used
  left_out: Sequence[left_out.Entry]  # what is no picture, and masks that are not used


class _Holes(NamedTuple):
  """Which pictures have a hole, and where it comes from."""

  names: Sequence[str]
  hole_of: holes.HoleOf
  said: str  # for people
  jobs: Sequence[pairing.Job] = ()  # of pictures that have masks of their own


def source(choice: Choice) -> sources.Source:
  """The pictures that are there, those of a split only if it is asked for.

  Raises:
    errors.InputError: if there are none, or the flags contradict each other.
  """
  fixed = [name for name in Choice._fields[2:] if name != 'validation_fraction']
  given = [name for name in fixed if getattr(choice, name) not in (None, False)]
  if choice.manifest and given:
    raise errors.InputError(
      '--manifest says which pictures and holes are evaluated; leave out '
      f'--{given[0].replace("_", "-")}.'
    )
  if (choice.split is None) != (choice.validation_fraction is None):
    raise errors.InputError(
      '--split and --validation-fraction go together: give the fraction that the training '
      'run held back (data.validation_fraction in its config.json).'
    )
  text = choice.images
  if not files.in_bucket(text) and not os.path.exists(text) and not glob.has_magic(text):
    raise errors.InputError(
      errors.with_hint(f'There is no folder {text}; check --images.', files.did_you_mean(text))
    )
  if os.path.isfile(text) and not text.lower().endswith('.txt'):
    raise errors.InputError(f'{text} is a file; give --images a folder of pictures.')
  found = sources.folder(text)
  if choice.split is None or choice.validation_fraction is None:
    return found
  part = getattr(sources.split(found, choice.validation_fraction), choice.split)
  if not part.names:
    raise errors.InputError(
      f'No picture of {text} falls to --split {choice.split} at a fraction of '
      f'{choice.validation_fraction:g}; check --validation-fraction.'
    )
  return part


def choose(choice: Choice, pictures: sources.Source) -> Chosen:
  """The manifest that is given, or a new one of what `source` gave; and what either leaves out.

  Raises:
    errors.InputError: if the pictures are not those of the manifest, or there is no hole for them.
  """
  if choice.manifest:
    try:
      data = files.read(choice.manifest)
    except OSError as error:
      raise errors.InputError(
        f'{choice.manifest} cannot be read ({error.strerror or error}).'
      ) from None
    given = manifest_lib.Manifest.from_bytes(data, choice.manifest)
    manifest_lib.check(given, pictures.names, pictures.read, choice.images)
    return Chosen(given, (), left_out.entries([choice.images], ()))
  names, hole_of, said, jobs = _holes(choice, pictures.names)
  if choice.limit:
    kept = sources.split(sources.Source(tuple(names), pictures.read), 1.0).validation.names
    names = sorted(kept[: choice.limit])
  made, failures = manifest_lib.build(
    names, pictures.read, hole_of, seed=choice.seed or 0, size=choice.size, masks=said
  )
  return Chosen(made, failures, left_out.entries([choice.images], jobs))


def _holes(choice: Choice, names: Sequence[str]) -> _Holes:
  seed, text = choice.seed or 0, choice.masks or 'mixture'
  words, side = text.split(','), choice.mask_side or _SIDE
  is_kind = all(word in holes.KINDS for word in words)
  if choice.mask_side is not None and not (is_kind and 'center' in words):
    raise errors.InputError(
      '--mask-side is the side of --masks center; leave it out, or ask for these.'
    )
  if is_kind or not os.path.isdir(text):
    for flag, is_given in (
      ('--draw-masks', choice.draw_masks),
      (mask_meaning.FLAG, choice.mask_channel is not None),
    ):
      errors.require(not is_given, f'{flag} needs --masks FOLDER.')
    drawn = holes.drawn(holes.kinds_of(text), seed=seed, size=choice.size, center_side=side)
    return _Holes(names, drawn, f'{text}, side {side:g}' if 'center' in words else text)
  if choice.draw_masks:
    drawn = holes.drawn_from(text, seed=seed, size=choice.size, channel=choice.mask_channel)
    return _Holes(names, drawn, 'drawn from a folder')
  jobs = _paired(choice.images, text, names)

  def mask_of(name: str) -> str:
    job = jobs[name]
    if job.mask is None:
      raise errors.InputError(f'{name} has no mask: {job.error}')
    return job.mask

  paired = holes.paired(mask_of, size=choice.size, channel=choice.mask_channel)
  return _Holes(tuple(jobs), paired, 'paired', tuple(jobs.values()))


def _paired(images: str, masks: str, names: Sequence[str]) -> dict[str, pairing.Job]:
  """Each picture that is no mask itself, by its name among these, with its own mask."""
  is_folder = os.path.isdir(images)
  root = images if is_folder else os.fspath(folders.find(images).root)  # of a list or a glob
  paths = {os.path.join(root, name): name for name in names}
  inputs = [images] if is_folder else list(paths)
  try:
    found, _ = pairing.jobs(inputs, masks)
  except errors.InputError as error:
    raise errors.InputError(f'{str(error).rstrip(".")}; --draw-masks draws any of them.') from None
  jobs = {job.image: job for job in found}
  return {name: jobs[path] for path, name in paths.items() if path in jobs}
