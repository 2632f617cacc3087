"""Grain as the loader: threads of this process, or processes of its own, make chunks in order.

A process of its own ends with the run, whatever ends that. What it has to say, of a broken picture
or mask, travels with its chunks, and is said once by the run.
"""

import collections
from collections.abc import Generator, Iterator
import contextlib
import io
import multiprocessing
import os
import signal
import sys
import threading
from typing import Any, NamedTuple

from absl import flags
import grain

from glcic_jax import errors
from glcic_jax.data import samples


def chunks(
  of: samples.Chunks, first: int, stop: int | None, config: Any
) -> Generator[samples.Rows]:
  """Chunks `first` to `stop`; see `loaders.Loader`.

  Raises:
    errors.InputError, errors.RunError: whatever making one raises; also if a process is killed.
  """
  workers = 0 if of.held_back else config.data.workers  # few samples are no work for processes
  threads = max(1, (config.data.threads or os.cpu_count() or 1) // max(1, workers))
  ahead = max(threads, 2 * of.in_a_batch // max(1, workers))
  numbers = grain.MapDataset.range(first, sys.maxsize if stop is None else stop)
  reading = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=ahead)
  if not workers:
    with contextlib.closing(iter(numbers.map(of).to_iter_dataset(reading))) as iterator:
      yield from iterator
    return
  if not flags.FLAGS.is_parsed():
    flags.FLAGS.mark_as_parsed()  # Grain reads some of its own
  processes = grain.MultiprocessingOptions(num_workers=workers, per_worker_buffer_size=1)
  dataset = numbers.map(_Remote(of)).to_iter_dataset(reading)
  dataset = dataset.mp_prefetch(processes, worker_init_fn=_begin)
  with contextlib.closing(iter(dataset)) as iterator:
    yield from _heard(of, iterator)


class _Said(NamedTuple):
  """What a process of its own has to say since its last chunk."""

  broken: tuple[tuple[int, str], ...]  # pictures, as `reading.Reader` tells them
  printed: str  # to its stderr
  failure: Exception | None  # of ours; there is no chunk then


class _Remote:
  """Chunks, to be made in a process of its own."""

  def __init__(self, of: samples.Chunks):
    self._of = of

  def __getstate__(self) -> samples.Chunks:
    return self._of

  def __setstate__(self, of: samples.Chunks) -> None:  # in that process
    self._of = of
    self._broken: collections.deque[tuple[int, str]] = collections.deque()
    of.reader.tell = lambda *picture: self._broken.append(picture)

  def __call__(self, chunk: int) -> tuple[samples.Rows | None, _Said]:
    rows, failure = None, None
    try:
      rows = self._of(chunk)
    except (errors.InputError, errors.RunError) as error:
      failure = error
    return rows, _Said(_taken(self._broken), ''.join(_taken(_printed)), failure)


_printed: collections.deque[str] = collections.deque()


class _Stderr(io.TextIOBase):
  """Keeps what is printed."""

  def write(self, text: str) -> int:
    _printed.append(text)
    return len(text)


def _taken(waiting: collections.deque[Any]) -> tuple[Any, ...]:
  """All that waits; any thread may ask."""
  taken = []
  with contextlib.suppress(IndexError):
    while True:
      taken.append(waiting.popleft())
  return tuple(taken)


def _begin(index: int, count: int) -> None:
  """Begins a process of its own: it ends with the run alone, and with it in any case."""
  del index, count
  for number in (signal.SIGINT, signal.SIGTERM):  # which are sent to every process of a command
    signal.signal(number, signal.SIG_IGN)
  threading.Thread(target=_end_with_the_run, daemon=True).start()
  sys.stderr = _Stderr()


def _end_with_the_run() -> None:
  run = multiprocessing.parent_process()
  if run is not None:
    run.join()
    os._exit(1)


def _heard(
  of: samples.Chunks, remote: Iterator[tuple[samples.Rows, _Said]]
) -> Generator[samples.Rows]:
  """The chunks; what their processes had to say is said here, once."""
  lines = set()
  try:
    for rows, said in remote:
      new = [line for line in said.printed.splitlines() if line not in lines]
      lines.update(new)
      for line in new:
        print(line, file=sys.stderr)
      for picture, sentence in said.broken:
        of.reader.note(picture, sentence)
      if said.failure is not None:
        raise said.failure
      yield rows
  except RuntimeError as error:
    if isinstance(error, errors.RunError) or 'terminated unexpectedly' not in str(error):
      raise
    raise errors.RunError(
      'A process that loads pictures was killed, for want of memory perhaps (its own, or shared '
      'memory in /dev/shm); give fewer data.workers: the same command continues from the last '
      'checkpoint.'
    ) from None
