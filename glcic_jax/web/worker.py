"""The server's end of `process`: it starts and ends it, and gives it one task at a time."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
import contextlib
import multiprocessing
from multiprocessing import connection as connection_lib
from multiprocessing import resource_tracker
import signal
from typing import Any, Protocol

from glcic_jax.web import limits as limits_lib
from glcic_jax.web import process as process_lib
from glcic_jax.web import refusals

_STATUS = {process_lib.REFUSED: 422, process_lib.TOO_LARGE: 413, process_lib.BROKEN: 500}
_DYING_SECONDS = 5  # in which a process that is killed has ended, and its memory is free


class Running(Protocol):
  """What `start` gives: a process that can be ended."""

  @property
  def pid(self) -> int | None:
    """Its number, if it is a process."""
    raise NotImplementedError

  def kill(self) -> None:
    """Ends it."""

  def join(self, timeout: float | None = None) -> None:
    """Waits until it has ended."""


Start = Callable[[connection_lib.Connection, Sequence[str], str | None], Running]


def spawn(
  connection: connection_lib.Connection, models: Sequence[str], device: str | None
) -> Running:
  """Starts `process.main` in a fresh process, which ends with this one."""
  context = multiprocessing.get_context('spawn')
  process = context.Process(target=process_lib.main, args=(connection, models, device), daemon=True)
  # Ctrl-C is for the server, which then ends its process; who is not yet that far would answer it
  # with a traceback. The tracker, once it runs, does not touch the signals any more.
  resource_tracker.ensure_running()
  before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
  try:
    process.start()
  finally:
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
  connection.close()  # its copy alone is open now, so that its end is heard
  return process


class Worker:
  """Completes pictures, one at a time and in the order in which they came."""

  def __init__(
    self,
    models: Sequence[str],
    limits: limits_lib.Limits,
    *,
    device: str | None = None,
    start: Start = spawn,
  ):
    """Nothing is started yet.

    Args:
      models: each a MODEL, or one of `baselines.FILLS`.
      limits: how many wait, and for how long.
      device: as of `Completer`.
      start: another way to have `process.work` done.
    """
    self.models, self.loaded = tuple(models), dict[str, process_lib.Loaded]()
    self.error: str | None = None  # why there are no models
    self.is_ready = False
    self.give_up: Callable[[], None] = lambda: None  # hears that the models cannot be loaded
    self._limits, self._device, self._start = limits, device, start
    self.free_places, self._turn = limits.waiting + 1, asyncio.Lock()
    self._lasted = 1.0  # seconds, the completion before
    self._was_ready = self._is_stopped = False
    self._process: Running | None = None
    self._connection: connection_lib.Connection | None = None
    self._loading: asyncio.Task[None] | None = None

  @property
  def process_id(self) -> int | None:
    """Of the process that completes, if there is one."""
    return self._process.pid if self._process is not None else None

  def start(self) -> asyncio.Task[None]:
    """Starts the process; the task ends when the models are there, or cannot be: see `error`."""
    self.loaded, self.error, self.is_ready = {}, None, False
    self._connection, far_end = multiprocessing.Pipe()
    self._process = self._start(far_end, self.models, self._device)
    self._loading = asyncio.create_task(self._load(self._connection))
    return self._loading

  def stop(self) -> None:
    """Ends the process, whatever it is at, for good."""
    self._is_stopped = True
    self._end()

  @contextlib.contextmanager
  def place(self) -> Iterator[None]:
    """A place in the queue, from before a request's pictures are read.

    Raises:
      refusals.Refusal: if none is left.
    """
    if not self.free_places:
      after = str(max(1, round(self._lasted * (self._limits.waiting + 1))))
      raise refusals.Refusal(
        429, 'Too many pictures wait to be completed; try again later.', {'Retry-After': after}
      )
    self.free_places -= 1
    try:
      yield
    finally:
      self.free_places += 1

  async def do(self, model: str | None, task: process_lib.Task) -> process_lib.Done:
    """Does a task when its turn comes, for who has a `place`; a model completes, None shows.

    If cancelled while the picture is worked on, it ends when that does.

    Raises:
      refusals.Refusal: if it cannot be completed, or takes too long.
    """
    async with self._turn:
      await self._until_ready()
      work = asyncio.create_task(self._ask(model, task))
      # Where nobody waits for it any more, nobody hears how it ended.
      work.add_done_callback(lambda done: done.cancelled() or done.exception())
      try:
        return await asyncio.shield(work)
      except asyncio.CancelledError:
        await asyncio.wait([work])
        raise

  async def _ask(self, model: str | None, task: process_lib.Task) -> process_lib.Done:
    assert self._connection is not None
    answer = asyncio.create_task(asyncio.to_thread(_exchange, self._connection, (model, task)))
    await asyncio.wait([answer], timeout=self._limits.seconds)
    if not answer.done():
      self._restart()
      await asyncio.wait([answer])  # its process has ended
      raise refusals.Refusal(
        504, f'The picture took longer than {self._limits.seconds:g} s; send it smaller.'
      )
    word, content = answer.result()
    if word == process_lib.FAILED:
      self._restart()
      sentence = (
        'The server is being stopped.'
        if self._is_stopped
        else 'The process that completes has ended, perhaps for want of memory, and is started '
        'anew; send the picture smaller.'
      )
      raise refusals.Refusal(503, sentence, {'Retry-After': '10'})
    if word != process_lib.DONE:
      choices = {'mask_channel': content.mask_channels} if content.mask_channels else {}
      raise refusals.Refusal(_STATUS[word], content.sentence, choices=choices)
    if model is not None:
      self._lasted = content.seconds
    return content

  def _restart(self) -> None:
    self._end()
    if not self._is_stopped:
      self.start()

  def _end(self) -> None:
    if self._process is not None:
      self._process.kill()
      self._process.join(_DYING_SECONDS)
      self._process = None
    if self._loading is not None:
      self._loading.cancel()

  async def _load(self, connection: connection_lib.Connection) -> None:
    content: Any = None
    word = ''
    while word not in (process_lib.READY, process_lib.FAILED):
      word, content = await asyncio.to_thread(_next, connection)
      if word == process_lib.LOADED:
        self.loaded[content.name] = content
    if word == process_lib.READY:
      self.is_ready = True
    else:
      self.error = content or 'The process that completes could not start.'
      if not self._was_ready:
        self.give_up()
    self._was_ready = self._was_ready or self.is_ready

  async def _until_ready(self) -> None:
    if self._loading is None or self.error is not None:
      self._restart()
    assert self._loading is not None
    await asyncio.wait([self._loading], timeout=self._limits.seconds)
    if self.error is not None:
      raise refusals.Refusal(503, self.error)
    if not self.is_ready:
      raise refusals.Refusal(503, 'The models are still being loaded.', {'Retry-After': '10'})


def _exchange(connection: connection_lib.Connection, message: Any) -> tuple[str, Any]:
  with contextlib.suppress(OSError):  # the process has ended, as is heard next
    connection.send(message)
  return _next(connection)


def _next(connection: connection_lib.Connection) -> tuple[str, Any]:
  """What the process says next; FAILED, without a word, if it has ended."""
  try:
    return connection.recv()
  except (OSError, EOFError):
    return process_lib.FAILED, None
