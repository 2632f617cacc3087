"""The bar: what fits at each width, on which terminals it is drawn, and what it leaves behind."""

import io
import os
import re
import sys
import textwrap
import time

import pytest
from rich import cells
from rich import console as console_lib

from glcic_jax import bar
from glcic_jax.cli import terminal

STATE = bar.State(
  'reconstruction',
  125_000,
  500_000,
  ['125,000/500,000', '1:23:45 left', '812.3 images/s'],
  below=[
    ('', ['compiling the joint step ... 12 s']),
    ('losses', ['reconstruction 0.0123', 'adversarial 0.693', 'discriminator 0.523']),
    ('held back', ['hole PSNR 19.83 dB', 'SSIM 0.512', 'at step 120,000']),
  ],
)


class Screen(io.StringIO):
  """A stream that says it is a terminal, and may go away."""

  encoding = 'utf-8'
  is_there = True

  def isatty(self):
    return True

  def write(self, text):
    if not self.is_there:
      raise OSError(5, 'Input/output error')
    return super().write(text)


def screen(monkeypatch):
  """Takes stderr's place, once a test runs: pytest sets stderr again after its fixtures."""
  stream = Screen()
  monkeypatch.setattr(sys, 'stderr', stream)
  monkeypatch.setenv('TERM', 'xterm-256color')
  for name in ('TTY_COMPATIBLE', 'TTY_INTERACTIVE', 'FORCE_COLOR', 'NO_COLOR', 'COLUMNS', 'LINES'):
    monkeypatch.delenv(name, raising=False)
  resize(monkeypatch, 80)
  return stream


def resize(monkeypatch, columns):
  """Makes the terminal so wide."""
  monkeypatch.setattr(os, 'get_terminal_size', lambda *_: os.terminal_size((columns, 24)))


def visible(text):
  """The lines that a terminal shows after what was written to it."""
  rows, row, column = [''], 0, 0
  for number, code, letter in re.findall(r'\x1b\[([\d;?]*)([A-Za-z])|([\s\S])', text):
    if code == 'A':
      row -= int(number or 1)
    elif code == 'K':
      rows[row] = '' if number == '2' else rows[row][:column]
    elif letter == '\r':
      column = 0
    elif letter == '\n':
      row, column = row + 1, 0
      rows += [''] * (row == len(rows))
    elif letter:
      rows[row] = rows[row][:column].ljust(column) + letter + rows[row][column + 1 :]
      column += 1
  return [line.rstrip() for line in rows]


def drawn(state, width, encoding='utf-8'):
  """The lines of a state on a terminal without colours."""
  stream = io.TextIOWrapper(io.BytesIO(), encoding, 'backslashreplace', newline='')
  console = console_lib.Console(
    file=stream, width=width, force_terminal=True, color_system=None, highlight=False
  )
  console.print(bar._Lines(state, []))
  stream.flush()
  return stream.buffer.getvalue().decode(encoding).splitlines()


def test_everything_fits_80_columns():
  first, *rest = drawn(STATE, 80)
  assert first.split() == [
    'reconstruction', '━━━━', '125,000/500,000', '1:23:45', 'left', '812.3', 'images/s'
  ]  # fmt: skip
  assert [line.rstrip() for line in rest] == [
    'compiling the joint step ... 12 s',
    'losses          reconstruction 0.0123  adversarial 0.693  discriminator 0.523',
    'held back       hole PSNR 19.83 dB  SSIM 0.512  at step 120,000',
  ]


@pytest.mark.parametrize('encoding', ['utf-8', 'latin-1'])
def test_no_line_is_wider_than_the_terminal(encoding):
  named = bar.State('', 3, 40, ['3 of 40'], name='a rather long name of a file, 名前.jpg')
  for width in range(2, 130):
    for state in (STATE, named):
      lines = drawn(state, width, encoding)
      assert len(lines) == 1 + len(state.below), width
      assert max(map(cells.cell_len, lines)) < width


def test_the_step_is_what_stays_on_a_narrow_terminal():
  assert drawn(STATE, 60)[0].split()[2:] == ['125,000/500,000', '1:23:45', 'left']
  assert drawn(STATE, 50)[0] == 'reconstruction  125,000/500,000  1:23:45 left'
  assert [line.rstrip() for line in drawn(STATE, 20)[:1]] == ['125,000/500,000']


def test_the_bar_is_as_full_as_the_run():
  for done, full in ((0, 0), (25, 5), (50, 10), (100, 20)):
    line = drawn(bar.State('', done, 100, ['x', 'y']), 81)[0]
    assert line.count('━') == full and line.index('x') == 22


def test_what_others_print_comes_above_and_the_cursor_is_never_hidden(monkeypatch):
  stream = screen(monkeypatch)
  shown = bar.show(lambda: STATE, above=True)
  print('a picture is broken', file=sys.stderr)
  end = time.monotonic() + 20
  while stream.getvalue().count('812.3 images/s') < 3 and time.monotonic() < end:
    time.sleep(0.05)  # drawn again meanwhile, by a thread
  shown.stop(stays=True)
  assert sys.stderr is stream
  text = stream.getvalue()
  assert text.count('812.3 images/s') >= 3 and '\x1b[?25' not in text
  shown = visible(text)
  assert shown[0] == 'a picture is broken' and shown[1].startswith('reconstruction  ━')
  assert shown[-2].startswith('held back') and shown[-1] == '' and len(shown) == 6


def test_a_bar_that_does_not_stay_is_wiped_away(monkeypatch):
  stream = screen(monkeypatch)
  bar.show(lambda: bar.State('', 1, 2, ['1 of 2']), above=False).stop(stays=False)
  assert '1 of 2' in stream.getvalue() and not any(visible(stream.getvalue()))


def test_a_terminal_that_gets_narrower_is_wiped_whole(monkeypatch):
  stream = screen(monkeypatch)
  state = bar.State('', 1, 2, ['1 of 2'], below=[('', ['x' * 45]), ('', ['y' * 8])])
  shown = bar.show(lambda: state, above=True)
  # What a terminal makes of it at 20 columns.
  rows = [part for line in visible(stream.getvalue()) for part in textwrap.wrap(line, 20)]
  assert len(rows) == 2 + 3 + 1
  stream.seek(0)
  stream.truncate()
  stream.write('above\n' + '\n'.join(rows))
  resize(monkeypatch, 20)
  shown.stop(stays=True)
  left = [line for line in visible(stream.getvalue()) if line]
  assert left == ['above', '━━━━━╺━━━━  1 of 2', 'x' * 18 + '…', 'y' * 8]


def test_a_terminal_that_goes_away_ends_nothing(monkeypatch):
  stream = screen(monkeypatch)
  shown = bar.show(lambda: STATE, above=True)
  stream.is_there = False
  print('unheard', file=sys.stderr)
  time.sleep(0.3)
  shown.stop(stays=True)
  assert sys.stderr is stream


@pytest.mark.parametrize('terminal', ['dumb', 'unknown'])
def test_a_terminal_that_cannot_go_back_a_line_gets_no_bar(monkeypatch, terminal):
  stream = screen(monkeypatch)
  monkeypatch.setenv('TERM', terminal)
  assert bar.show(lambda: STATE, above=True) is None and stream.getvalue() == ''


def test_a_pipe_gets_no_bar_whatever_is_forced(monkeypatch):
  stream = screen(monkeypatch)
  monkeypatch.setenv('FORCE_COLOR', '1')
  monkeypatch.setattr(stream, 'isatty', lambda: False, raising=False)
  assert bar.show(lambda: STATE, above=True) is None and stream.getvalue() == ''


def test_one_picture_gets_a_bar_of_its_parts_once_it_takes_long(monkeypatch):
  stream = screen(monkeypatch)
  with terminal.Terminal() as speaker:
    speaker.part('network', 1, 9)
    assert stream.getvalue() == ''
    monkeypatch.setattr(terminal, '_PATIENCE', 0)
    speaker.part('network', 2, 9)
    assert '2 of 9 parts' in stream.getvalue()
  assert not any(visible(stream.getvalue()))
  monkeypatch.setattr(stream, 'isatty', lambda: False)
  with terminal.Terminal() as speaker:
    before = stream.getvalue()
    speaker.part('network', 2, 9)
    assert stream.getvalue() == before
