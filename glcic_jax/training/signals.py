"""Stopping when asked: SIGTERM and Ctrl-C let the step end, and the run saves."""

import signal
import threading
from typing import Any


class StopSignal:
  """While entered, SIGTERM and SIGINT are noted instead of killing; a second SIGINT kills.

  Inactive where several processes train together: one that stopped alone would leave the
  others waiting. There JAX's own service notes SIGTERM, for all of them.
  """

  def __init__(self, *, active: bool = True) -> None:
    self._active = active
    self.received: int | None = None
    self._previous: dict[int, Any] = {}

  def __enter__(self) -> 'StopSignal':
    if (
      self._active and threading.current_thread() is threading.main_thread()
    ):  # elsewhere Python forbids handlers
      for number in (signal.SIGTERM, signal.SIGINT):
        self._previous[number] = signal.signal(number, self._note)
    return self

  def __exit__(self, *_: object) -> None:
    for number, handler in self._previous.items():
      signal.signal(number, handler)

  def _note(self, number: int, frame: object) -> None:
    del frame
    self.received = number
    signal.signal(signal.SIGINT, signal.default_int_handler)
