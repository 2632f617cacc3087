"""The bar at the foot of a terminal: one look for every command that takes its time.

    shown = bar.show(lambda: bar.State('joint', 120, 500, ('120/500', '1:23:45 left')), above=True)
    ...
    if shown:  # None: stderr is no terminal
      shown.stop(stays=True)

Drawn by rich on stderr, in a thread of its own, so that it also moves while a program compiles. The
cursor is never hidden: whatever ends the process, the terminal is as it was.
"""

from collections.abc import Callable, Sequence
import contextlib
import sys
from typing import Any, NamedTuple, TextIO

from rich import cells
from rich import console as console_lib
from rich import control
from rich import live
from rich import progress_bar
from rich import segment
from rich import text

_GAP = '  '
_NARROWEST, _WIDEST = 10, 30  # the bar itself, in columns
_DRAWN = 4  # times a second


class State(NamedTuple):
  """What there is to see at one moment."""

  label: str  # what is going on
  done: int
  total: int
  facts: Sequence[str]  # beside the bar; the later ones go where there is no room
  name: str = ''  # after them; cut where there is no room
  below: Sequence[tuple[str, Sequence[str]]] = ()  # further lines: a label, and facts as above


class _Console(console_lib.Console):
  """rich's, but that it leaves the cursor alone."""

  def show_cursor(self, show: bool = True) -> bool:
    """Nothing."""
    return False


class _Mortal:
  """A stream whose terminal may go away: what cannot be written any more ends nothing."""

  def __init__(self, stream: TextIO) -> None:
    self._stream = stream

  def write(self, characters: str) -> int:
    """As of a stream; what nobody can read is as good as written."""
    with contextlib.suppress(OSError):
      self._stream.write(characters)
    return len(characters)

  def flush(self) -> None:
    """As of a stream."""
    with contextlib.suppress(OSError):
      self._stream.flush()

  def __getattr__(self, name: str) -> Any:
    return getattr(self._stream, name)


class _Live(live.Live):
  """rich's, but that lines which a narrower terminal has broken into several are wiped whole."""

  def __init__(self, state: Callable[[], State], **options: Any) -> None:
    self._lengths: list[int] = []  # of the lines drawn last
    super().__init__(get_renderable=lambda: _Lines(state(), self._lengths), **options)

  def process_renderables(
    self, renderables: list[console_lib.ConsoleRenderable]
  ) -> list[console_lib.ConsoleRenderable]:
    """As rich's; the rows that it does not know of go first."""
    more = sum((length - 1) // self.console.width for length in self._lengths if length)
    wipe = ((segment.ControlType.ERASE_IN_LINE, 2), (segment.ControlType.CURSOR_UP, 1)) * more
    return [control.Control(*wipe), *super().process_renderables(renderables)]


class Bar:
  """Lines that are drawn again and again below everything else that is printed."""

  def __init__(
    self, console: console_lib.Console, state: Callable[[], State], *, above: bool
  ) -> None:
    """Draws from now on; see `show`."""
    self._live = _Live(
      state,
      console=console,
      refresh_per_second=_DRAWN,
      redirect_stdout=above and sys.stdout.isatty(),
      redirect_stderr=above,
    )
    self._live.start(refresh=True)

  def stop(self, *, stays: bool) -> None:
    """Draws for the last time, or wipes the lines away."""
    self._live.transient = not stays
    self._live.stop()


def show(state: Callable[[], State], *, above: bool) -> Bar | None:
  """Begins to draw on stderr; None where that is no terminal, or one that cannot go back a line.

  Args:
    state: what to draw; asked in another thread.
    above: whether what is printed meanwhile comes above the bar; else nothing may be printed.
  """
  if not sys.stderr.isatty():
    return None
  console = _Console(file=_Mortal(sys.stderr), highlight=False)  # type: ignore[arg-type]
  return Bar(console, state, above=above) if console.is_interactive else None


class _Lines:
  """A state, in as many columns as there are when it is drawn."""

  def __init__(self, state: State, lengths: list[int]) -> None:
    """`lengths` is told those of the lines."""
    self._state = state
    self._lengths = lengths

  def __rich_console__(
    self, console: console_lib.Console, options: console_lib.ConsoleOptions
  ) -> console_lib.RenderResult:
    # In the last column some terminals go on to the next line.
    width = max(options.max_width - 1, 1)
    state, plain = self._state, options.ascii_only
    self._lengths.clear()
    for line in [self._first(console, width), *(_below(state, *row, width) for row in state.below)]:
      if plain:
        line.plain = line.plain.encode('ascii', 'replace').decode()
      line.truncate(width, overflow='crop' if plain else 'ellipsis')
      line.no_wrap = True
      self._lengths.append(line.cell_len)
      yield line

  def _first(self, console: console_lib.Console, width: int) -> text.Text:
    """Label, bar, facts, name."""
    state = self._state
    labels = [state.label] if state.label else []
    room = width - _width([*labels, '']) - _NARROWEST
    facts = _fitting(state.facts, room - len(_GAP))
    if len(facts) < min(2, len(state.facts)):  # these are worth more than a bar
      facts = _fitting(state.facts, width - _width([*labels, '']))
      alone = [*labels, *facts] if facts else _fitting(state.facts, width) or state.facts[:1]
      return text.Text(_GAP.join(alone))
    line = text.Text.assemble(*((label + _GAP, 'bold') for label in labels))
    before = line.cell_len
    side = _NARROWEST + min(room - len(_GAP) - _width(facts), width // 4 - _NARROWEST)
    side = min(max(side, _NARROWEST), _WIDEST)
    drawn = progress_bar.ProgressBar(state.total, state.done, side, complete_style='cyan')
    for piece in console.render(drawn):
      line.append(piece.text, piece.style)
    line.pad_right(before + side - line.cell_len)  # without colours the rest of it is blank
    return line.append(_GAP + _GAP.join([*facts, *([state.name] if state.name else [])]))


def _below(state: State, label: str, facts: Sequence[str], width: int) -> text.Text:
  """One of the further lines; its facts begin where the bar does, if it has a label."""
  before = f'{label:<{len(state.label)}}{_GAP}' if label else ''
  fitting = _fitting(facts, width - len(before))
  if not fitting:
    before, fitting = '', facts[:1]
  return text.Text.assemble((before, 'dim'), _GAP.join(fitting))


def _fitting(facts: Sequence[str], room: int) -> Sequence[str]:
  """As many of the first facts as there is room for, side by side."""
  count = len(facts)
  while count and _width(facts[:count]) > room:
    count -= 1
  return facts[:count]


def _width(parts: Sequence[str]) -> int:
  """Columns that they take side by side."""
  return cells.cell_len(_GAP.join(parts))
