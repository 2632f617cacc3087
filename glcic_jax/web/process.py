"""The process that completes: it knows JAX and decodes pictures, and the server does neither.

A picture that takes too long, or more memory than there is, ends this process, and not the server.
It is sent `in_memory.Task`s with a model's name, or tasks of `showing` without one, one after
another, and answers each with a word and what belongs to it: DONE and the result, or why not and
what `Refused` says.
"""

from collections.abc import Callable, Sequence
from multiprocessing import connection as connection_lib
import sys
import time
import traceback
from typing import Any, NamedTuple, TypeAlias
import warnings

from glcic_jax import errors
from glcic_jax.inference import baselines
from glcic_jax.inference import in_memory
from glcic_jax.inference import showing
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks
from glcic_jax.web import warming

Task: TypeAlias = in_memory.Task | showing.Mask | showing.Picture

LOADED, READY, FAILED = 'loaded', 'ready', 'failed'  # while it starts
DONE, REFUSED, TOO_LARGE, BROKEN = 'done', 'refused', 'too large', 'broken'  # of a task


class Loaded(NamedTuple):
  """A model that can be used."""

  name: str
  method: str | None = None  # None of a baseline
  image_size: int | None = None  # side of its training pictures in pixels
  detail: float | None = None  # what it does where nothing is asked for
  scale: str | None = None


class Done(NamedTuple):
  """What a task gives, and how long it was worked on."""

  result: in_memory.Result
  seconds: float


class Refused(NamedTuple):
  """Why a task gives nothing, in a sentence, and what could be asked for instead."""

  sentence: str
  mask_channels: tuple[mask_meaning.Channel, ...] = ()


def main(connection: connection_lib.Connection, models: Sequence[str], device: str | None) -> None:
  """All that a process of its own does: `work`, with its warnings as lines on stderr."""
  warnings.showwarning = lambda message, *_, **__: print(f'glcic-jax: {message}', file=sys.stderr)
  work(connection, models, device, loaded=_keep_no_more_programs)


def _keep_no_more_programs() -> None:
  """Sizes that strangers choose would fill the disk with programs."""
  if 'jax' in sys.modules:
    import jax

    jax.config.update('jax_persistent_cache_min_compile_time_secs', float('inf'))


def work(
  connection: connection_lib.Connection,
  models: Sequence[str],
  device: str | None,
  *,
  loaded: Callable[[], None] = lambda: None,
) -> None:
  """Loads the models, calls `loaded`, and answers until the other end is closed."""
  completers: dict[str | None, Callable[..., Any]] = {}
  newest = _Newest()
  try:
    for name in models:
      completers[name], description = _load(name, device)
      connection.send((LOADED, description))
    loaded()
    connection.send((READY, None))
    while True:
      name, task = connection.recv()
      connection.send(_answer(newest, completers.get(name), task))
  except errors.InputError as error:
    connection.send((FAILED, str(error)))
  except (EOFError, BrokenPipeError, ConnectionResetError):  # the server has gone
    return


def _load(name: str, device: str | None) -> tuple[Callable[..., Any], Loaded]:
  if name in baselines.FILLS:
    baseline = baselines.Baseline(name)
    warming.warm(baseline, 64)
    return baseline, Loaded(name)
  from glcic_jax import compilation
  from glcic_jax.inference import completer as completer_lib

  compilation.keep_programs()
  completer = completer_lib.Completer.from_pretrained(name, device=device)
  description = completer.description
  warming.warm(completer, description.image_size)
  usual = completer.manner()
  return completer, Loaded(
    name, description.method, description.image_size, usual.detail, usual.scale
  )


class _Newest:
  """Does what is asked; the newest picture is there for whoever asks for it in another format."""

  def __init__(self) -> None:
    self._asked: Any = None
    self._formats: set[str] = set()  # in which it was given
    self._completed: in_memory.Completed | None = None

  def done(self, completer: Callable[..., Any] | None, task: Task) -> in_memory.Result:
    """A task's result; without a completer it is one of `showing`."""
    if not isinstance(task, in_memory.Task):
      return showing.show(task)
    assert completer is not None
    asked = completer, task._replace(format='', strip_gps=False)
    if self._completed is None or self._asked != asked or task.format in self._formats:
      self._completed = None  # it makes room
      self._completed = in_memory.completed(completer, task)
      self._asked, self._formats = asked, set()
    self._formats.add(task.format)
    return in_memory.encoded(self._completed, task)


def _answer(newest: _Newest, completer: Callable[..., Any] | None, task: Task) -> tuple[str, Any]:
  start = time.perf_counter()
  try:
    result = newest.done(completer, task)
  except errors.InputError as error:
    channels = error.channels if isinstance(error, masks.Undecided) else ()
    return REFUSED, Refused(in_memory.without_dashes(str(error)), channels)
  except Exception as error:
    if errors.is_out_of_memory(error):
      return TOO_LARGE, Refused(
        'There is not enough memory for this picture here; send it smaller.'
      )
    traceback.print_exc(file=sys.stderr)
    return BROKEN, Refused('The picture could not be completed; the server knows more.')
  return DONE, Done(result, time.perf_counter() - start)
