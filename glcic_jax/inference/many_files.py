"""Completes many picture files, as many together as the model takes, and keeps account of them.

JAX starts when the first picture can be completed: wrong input is answered at once.
"""

from collections.abc import Iterator, Sequence
import os
import time
from typing import Any, NamedTuple, Protocol, TYPE_CHECKING

from PIL import Image

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.pictures import comparison
from glcic_jax.pictures import given_holes
from glcic_jax.pictures import pairing

if TYPE_CHECKING:
  from glcic_jax.inference import completer as completer_lib


class Manner(NamedTuple):
  """How pictures are completed and saved; see `Completer` for the first five."""

  model: str
  device: str | None = None
  blend: str = 'poisson'
  feather: int = 0
  large: str = 'crop'
  strip_gps: bool = False  # results do not say where the picture was taken
  skip_existing: bool = False  # a picture whose result is there is left out


class Listener(Protocol):
  """Who is told how it goes."""

  def progress(self, done: int, total: int, name: str) -> None:
    """So many pictures of all are done; the next is `name`."""

  def note(self, text: str) -> None:
    """Something to know about a file."""


class _Waiting(NamedTuple):
  """A picture that can be completed."""

  job: pairing.Job
  output: str
  given: given_holes.Given


class Run:
  """What is done, picture by picture."""

  def __init__(
    self,
    manner: Manner,
    where: given_holes.Where,
    listener: Listener,
    *,
    alone: bool,
    sheet: comparison.Sheet | None = None,
  ):
    """Args:
    manner: how.
    where: the holes.
    listener: is told how it goes.
    alone: whether there is one picture: then what is wrong with it ends the run.
    sheet: for the pictures side by side, if one is wanted.
    """
    self.completed: list[dict[str, Any]] = []  # plain JSON values
    self.skipped: list[str] = []  # results that were there
    self.failed: list[dict[str, str]] = []  # image, error
    self._manner, self._where, self._listener = manner, where, listener
    self._alone, self._sheet = alone, sheet
    self._completer: completer_lib.Completer | None = None
    self._said: set[str] = set()

  def complete(self, found: Sequence[pairing.Job], outputs: Sequence[str]) -> Iterator[str]:
    """Completes the pictures, and yields each result's name when it is written.

    Raises:
      errors.InputError: if the model cannot be used, or the only picture cannot.
    """
    waiting: list[_Waiting] = []
    for number, (job, output) in enumerate(zip(found, outputs)):
      self._listener.progress(number, len(found), job.name)
      if self._manner.skip_existing and os.path.exists(output):
        self.skipped.append(output)
        continue
      try:
        given = given_holes.read(job, self._where)
      except errors.InputError as error:
        self._fail(job, error)
      else:
        self._say(given.notes)
        waiting.append(_Waiting(job, output, given))
      if waiting and len(waiting) >= self._model().batch_size:
        yield from self._complete(waiting)
        waiting = []
    if waiting:
      yield from self._complete(waiting)
    self._listener.progress(len(found), len(found), '')
    if self._sheet:
      self._sheet.write()

  def _model(self) -> 'completer_lib.Completer':
    if self._completer is None:
      from glcic_jax.inference import compilation
      from glcic_jax.inference import completer  # JAX starts only now

      compilation.keep_programs()
      self._completer = completer.Completer.from_pretrained(
        self._manner.model, device=self._manner.device
      )
    return self._completer

  def _complete(self, waiting: Sequence[_Waiting]) -> Iterator[str]:
    start = time.perf_counter()
    try:
      results = self._model()(
        [one.given.photograph.image for one in waiting],
        [one.given.hole for one in waiting],
        blend=self._manner.blend,
        feather=self._manner.feather,
        large=self._manner.large,
      )
    except errors.InputError as error:
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
        yield one.output

  def _write(self, one: _Waiting, result: Image.Image, seconds: float) -> None:
    from glcic_jax.pictures import photographs

    job, output, (photograph, hole, _) = one
    mode = photograph.image.mode
    if result.mode != mode:
      self._say([(job.image, f'is of mode {mode}; the result is {result.mode}.')])
    _make_folder_of(output)
    notes = photographs.save(output, result, photograph, strip_gps=self._manner.strip_gps)
    self._say([(output, note) for note in notes])
    self.completed.append(
      {
        'image': job.image,
        'mask': job.mask,
        'output': output,
        'width': result.width,
        'height': result.height,
        'hole_pixels': int(hole.sum()),
        'seconds': round(seconds, 3),
      }
    )
    if self._sheet and (note := self._sheet.add(job.name, photograph.image, hole, result)):
      self._say([(self._sheet.path, note)])

  def _fail(self, job: pairing.Job, error: errors.InputError) -> None:
    if self._alone:
      raise error
    sentence = str(error)
    # A mask for all pictures may be wrong for one.
    sentence = sentence if job.image in sentence else f'{job.image}: {sentence}'
    self.failed.append({'image': job.image, 'error': sentence})

  def _say(self, notes: Sequence[tuple[str, str]]) -> None:
    """What holds for many pictures is said of the first one only."""
    for name, note in notes:
      if note not in self._said:
        self._said.add(note)
        self._listener.note(f'{name}: {note}')


def _make_folder_of(output: str) -> None:
  folder = os.path.dirname(output) or '.'
  try:
    if '://' not in folder:
      os.makedirs(folder, exist_ok=True)
  except OSError as error:
    if error.errno in files.MACHINE_ERRORS:
      raise
    raise errors.InputError(
      f'The folder {folder} cannot be made ({error.strerror}); give --output another.'
    ) from None
