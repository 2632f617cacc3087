"""How a command that works through many pictures speaks.

Results go to stdout, notes to stderr, a bar to a terminal.
"""

from collections.abc import Callable
import os
import re
import sys
import time
from typing import Any, TYPE_CHECKING

from glcic_jax import errors

if TYPE_CHECKING:
  from glcic_jax import bar


_PATIENCE = 5.0  # seconds after which one picture gets a bar
_NUMBER = re.compile(r'[0-9][0-9.,]*')


class Terminal:
  """Keeps the bar and the lines apart; a context manager that leaves no bar behind."""

  def __init__(self) -> None:
    self._bar: bar.Bar | None = None
    self._state: bar.State  # of the bar, if there is one
    self._is_read = True  # stdout
    self._begun = time.monotonic()
    self._said: dict[str, tuple[str, int]] = {}  # kind of warning -> the first, and how many

  def __enter__(self) -> 'Terminal':
    return self

  def __exit__(self, *_: object) -> None:
    self._clear()
    for first, count in self._said.values():
      if count > 1:
        self.note(f'glcic-jax: {count} in all: {first}')

  def progress(self, done: int, total: int, name: str) -> None:
    """Shows a bar that replaces the one before; on a terminal only, and where there are several."""
    if total < 2 or not sys.stderr.isatty():
      return
    from glcic_jax import bar  # rich takes a tenth of a second

    self._state = bar.State('', done, total, [f'{done} of {total}'], errors.shown(name))
    self._bar = self._bar or bar.show(lambda: self._state, above=False)
    if done == total:
      self._clear(stays=True)

  def part(self, doing: str, done: int, total: int) -> None:
    """Shows a bar of the parts of one picture, once it has taken some seconds; as `progress`."""
    if time.monotonic() - self._begun < _PATIENCE or not sys.stderr.isatty():
      return
    from glcic_jax import bar

    def timed() -> bar.State:  # the last part, texture, may be the longest
      seconds = f'{time.monotonic() - self._begun:.0f} s'
      return self._state._replace(facts=[*self._state.facts, seconds])

    self._state = bar.State(doing, done, total, [f'{done} of {total} parts'])
    self._bar = self._bar or bar.show(timed, above=False)

  def note(self, text: str) -> None:
    """A line on stderr."""
    self._clear()
    print(errors.shown(text), file=sys.stderr)

  def warn_once(self) -> Callable[..., None]:
    """What shows warnings: of those that differ in a name or in numbers alone, thousands perhaps,
    the first, and at the end how many they were.
    """

    def show(message: Warning, *_: Any, **__: Any) -> None:
      text = str(message)
      kind = _NUMBER.sub('', text.rpartition(': ')[2])
      first, count = self._said.get(kind, (text, 0))
      self._said[kind] = first, count + 1
      if not count:
        self.note(f'glcic-jax: {text} (Said once.)')

    return show

  def result(self, text: str) -> None:
    """A line on stdout. Where nobody reads on (`| head`), the work goes on without.

    A terminal gets names with escapes; a program gets them, or JSON, as they are.
    """
    self._clear()
    if sys.stdout is None:  # closed before the start
      return
    if sys.stdout.isatty():
      text = '\n'.join(map(errors.shown, text.split('\n')))
    if not self._is_read:
      return
    try:
      try:
        print(text, flush=True)
      except UnicodeEncodeError:  # a file name that is no text here: its bytes
        sys.stdout.buffer.write(os.fsencode(text) + b'\n')
        sys.stdout.flush()
    except BrokenPipeError:
      self._is_read = False
      # Or Python would complain when it flushes stdout at its end.
      os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

  def _clear(self, *, stays: bool = False) -> None:
    if self._bar:
      self._bar.stop(stays=stays)
      self._bar = None
