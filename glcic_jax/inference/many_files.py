"""Completes many picture files, as many together as the model takes, and keeps account of them.

JAX starts when the first picture can be completed: wrong input is answered at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
import dataclasses
import functools
import os
import time
from typing import Any, TYPE_CHECKING

from etils import epath
from PIL import Image

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.inference import baselines
from glcic_jax.pictures import given_holes
from glcic_jax.pictures import masks
from glcic_jax.pictures import pairing
from glcic_jax.pictures import photographs
from glcic_jax.pictures import sheets

if TYPE_CHECKING:
  from glcic_jax.inference import completer as completer_lib


@dataclasses.dataclass
class Run:
  """What is to be done, and what is done, picture by picture."""

  jobs: Sequence[pairing.Job]  # with outputs
  where: given_holes.Where
  model: str  # a MODEL, or one of `baselines.FILLS`
  device: str | None
  options: Mapping[str, Any]  # of `Completer`'s call; none of a baseline
  strip_gps: bool  # results do not say where the picture was taken
  skip_existing: bool  # a picture whose result is there is left out
  sheet: sheets.Comparison | None  # for the pictures side by side
  progress: Callable[[int, int, str], None]  # hears: so many of so many are done, the next's name
  note: Callable[[str], None]  # hears what there is to know about a file

  # Hears, of a picture alone, what is done, and so many of so many parts.
  part: Callable[[str, int, int], None] = lambda doing, done, total: None
  completed: list[dict[str, Any]] = dataclasses.field(default_factory=list)  # plain JSON values
  skipped: list[str] = dataclasses.field(default_factory=list)  # results that were there
  failed: list[dict[str, str]] = dataclasses.field(default_factory=list)  # image, error
  _said: set[str] = dataclasses.field(default_factory=set)

  def complete(self) -> Iterator[str]:
    """Completes the pictures, and yields each result's name when it is written.

    Raises:
      errors.InputError: if the model, the mask for all or the only picture cannot be used.
    """
    mask, total = self.where.mask, len(self.jobs)
    if total > 1 and mask is not None and not os.path.isdir(mask):
      where = self.where
      masks.from_mask(
        mask,
        None,
        invert=where.invert,
        channel=where.channel,
        most_pixels=where.most_pixels,
        say=lambda note: None,  # as each picture's mask it says so
      )
    waiting: list[given_holes.Given] = []
    for number, job in enumerate(self.jobs):
      self.progress(number, total, job.name)
      if self.skip_existing and os.path.exists(job.output):
        self.skipped.append(job.output)
        continue
      try:
        given = given_holes.read(job, self.where)
        photographs.check_size(job.output, given.photograph.image.size)
      except (errors.InputError, MemoryError) as error:
        self._fail(job, error)
      else:
        self._say(given.notes)
        waiting.append(given)
      if waiting and len(waiting) >= self._completer.batch_size:
        yield from self._complete(waiting)
        waiting = []
    if waiting:
      yield from self._complete(waiting)
    self.progress(total, total, '')
    if self.sheet:
      self.sheet.write()

  @functools.cached_property
  def _completer(self) -> 'completer_lib.Completer | baselines.Baseline':
    if self.model in baselines.FILLS:
      return baselines.Baseline(self.model)
    from glcic_jax import compilation
    from glcic_jax.inference import completer  # JAX starts only now

    compilation.keep_programs()
    loaded = completer.Completer.from_pretrained(self.model, device=self.device)
    if len(self.jobs) == 1:
      loaded.progress = self.part
    return loaded

  @functools.cached_property
  def _manner(self) -> Mapping[str, Any]:
    """What was done about detail and scale, as plain values; wrong options are refused here."""
    manner = self._completer.manner(**self.options)
    if manner is None:
      return {'detail': None, 'scale': None}
    if manner.detail or manner.scale != '1':
      self._say([(self.model, f'detail {manner.detail:g}, scale {manner.scale}.')])
    return {'detail': manner.detail, 'scale': manner.scale}

  def _complete(self, waiting: Sequence[given_holes.Given]) -> Iterator[str]:
    _ = self._manner  # options that no picture can be completed with are nobody's failure
    start = time.perf_counter()
    images, holes = [one.photograph.image for one in waiting], [one.hole for one in waiting]
    try:
      results = self._completer(images, holes, **self.options)
    except (errors.InputError, MemoryError, RuntimeError) as error:
      if not isinstance(error, errors.InputError) and not errors.is_out_of_memory(error):
        raise
      if len(waiting) == 1:
        self._fail(waiting[0].job, error)
      else:  # one of them cannot be completed: find out which
        for one in waiting:
          yield from self._complete([one])
      return
    seconds = (time.perf_counter() - start) / len(waiting)
    for one, result in zip(waiting, results):
      try:
        self._write(one, result, seconds)
      except errors.InputError as error:
        self._fail(one.job, error)
      else:
        yield one.job.output

  def _write(self, one: given_holes.Given, result: Image.Image, seconds: float) -> None:
    job, photograph, hole, _ = one
    mode, folder = photograph.image.mode, epath.Path(job.output).parent
    if result.mode != mode:
      self._say([(job.image, f'is of mode {mode}; the result is {result.mode}.')])
    try:
      folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
      if error.errno in files.MACHINE_ERRORS:
        raise
      raise errors.InputError(
        f'The folder {folder} cannot be made ({error.strerror}); give --output another.'
      ) from None
    notes = photographs.save(job.output, result, photograph, strip_gps=self.strip_gps)
    self._say([(job.output, note) for note in notes])
    self.completed.append(
      {
        'image': job.image,
        'mask': job.mask,
        'output': job.output,
        'width': result.width,
        'height': result.height,
        'hole_pixels': int(hole.sum()),
        'seconds': round(seconds, 3),
        **self._manner,
      }
    )
    if self.sheet and (note := self.sheet.add(job.name, photograph.image, hole, result)):
      self._say([(self.sheet.path, note)])

  def _fail(self, job: pairing.Job, error: Exception) -> None:
    if len(self.jobs) == 1:
      raise error
    sentence = str(error)
    if not isinstance(error, errors.InputError):
      sentence = (
        f'{job.image} takes more memory than there is; give --large crop, or a smaller one.'
      )
    # A mask for all pictures may be wrong for one.
    sentence = sentence if job.image in sentence else f'{job.image}: {sentence}'
    self.failed.append({'image': job.image, 'error': sentence})

  def _say(self, notes: Sequence[tuple[str, str]]) -> None:
    """What holds for many pictures is said of the first one only."""
    for name, note in notes:
      if note not in self._said:
        self._said.add(note)
        self.note(f'{name}: {note}')
