"""How a command that works through many pictures speaks.

Results go to stdout, notes to stderr, a bar to a terminal.
"""

from collections.abc import Callable
import os
import shutil
import sys
from typing import Any

_BAR = 24  # characters


class Terminal:
  """Keeps the bar and the lines apart."""

  def __init__(self) -> None:
    self._shows_bar = False
    self._is_read = True  # stdout

  def progress(self, done: int, total: int, name: str) -> None:
    """Shows a bar that replaces the one before; on a terminal only, and where there are several."""
    if total < 2 or not sys.stderr.isatty():
      return
    full = _BAR * done // total
    name = ''.join(letter if letter.isprintable() else '?' for letter in name)
    line = f'[{"#" * full}{"." * (_BAR - full)}] {done} of {total}  {name}'
    line = line[: shutil.get_terminal_size().columns - 1] + ('\n' if done == total else '')
    self._clear()
    print(line, end='', file=sys.stderr, flush=True)
    self._shows_bar = done < total

  def note(self, text: str) -> None:
    """A line on stderr."""
    self._clear()
    print(text, file=sys.stderr)

  def warn_once(self) -> Callable[..., None]:
    """What shows warnings: of those that come from one place, thousands perhaps, the first."""
    said = set()

    def show(message: Warning, _: type, filename: str, line: int, *__: Any) -> None:
      if (filename, line) not in said:
        said.add((filename, line))
        self.note(f'glcic-jax: {message} (Said once; it may hold for further pictures.)')

    return show

  def result(self, text: str) -> None:
    """A line on stdout. Where nobody reads on (`| head`), the work goes on without."""
    self._clear()
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

  def _clear(self) -> None:
    if self._shows_bar:
      self._shows_bar = False
      print('\r\x1b[K', end='', file=sys.stderr, flush=True)
