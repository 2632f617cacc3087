"""Stopping when asked: SIGTERM and Ctrl-C let the step end, and the run saves."""

from collections.abc import Iterator
import contextlib
import dataclasses
import signal
import threading


@dataclasses.dataclass
class Stop:
  """Whether the run was asked to stop."""

  received: int | None = None  # the number of the signal


@contextlib.contextmanager
def noted(*, active: bool) -> Iterator[Stop]:
  """While entered, SIGTERM and SIGINT are noted instead of killing; a second SIGINT kills.

  Inactive where several processes train together: one that stopped alone would leave the others
  waiting. There JAX's own service notes SIGTERM, for all of them.
  """
  stop = Stop()
  previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

  def note(number: int, frame: object) -> None:
    del frame
    stop.received = number
    signal.signal(signal.SIGINT, previous[signal.SIGINT])

  if not active or threading.current_thread() is not threading.main_thread():
    yield stop  # elsewhere than there Python forbids handlers
    return
  for each in previous:
    signal.signal(each, note)
  try:
    yield stop
  finally:
    for each, handler in previous.items():
      signal.signal(each, handler)
