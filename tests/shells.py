"""Shells as somebody at a keyboard uses them: keys go to a terminal, the screen is read."""

import contextlib
import os
import pty
import select
import shutil
import subprocess
import time

_PATIENCE = 20.0  # seconds
_START, _END = '\x01', '\r'  # keys: to the start of the line, and return


@contextlib.contextmanager
def started(command, setup, home):
  """A shell in the folder `home`, which it takes for its user's, after a line `setup`.

  Yields a function: what stands on the line after some keys and TAB were pressed.
  """
  environment = {'HOME': str(home), 'TERM': 'xterm', 'PATH': os.environ['PATH'], 'LC_ALL': 'C'}
  terminal, end = pty.openpty()
  # fish wants a terminal of its own.
  command = ['setsid', '--ctty', *command] if shutil.which('setsid') else command
  process = subprocess.Popen(command, cwd=home, env=environment, stdin=end, stdout=end, stderr=end)
  os.close(end)
  try:
    os.write(terminal, f'{setup}\r'.encode())
    yield lambda keys: _after_tab(terminal, keys)
  finally:
    process.kill()
    process.wait()
    os.close(terminal)


def _after_tab(terminal, keys):
  number = time.monotonic_ns()
  # The shell is asked to show the line, not to run it; the mark is not what was typed.
  os.write(terminal, f'{keys}\t{_START}echo "<"{number}: {_END}'.encode())
  screen, until = b'', time.monotonic() + _PATIENCE
  while time.monotonic() < until:
    if select.select([terminal], [], [], 0.1)[0]:
      screen += os.read(terminal, 65536)
    shown = screen.decode(errors='replace')
    mark = f'<{number}: '
    if mark in shown and '\n' in shown.split(mark)[1]:
      return shown.split(mark)[1].split('\r')[0].split('\n')[0].strip()
  raise AssertionError(f'no line after {keys!r}: {screen!r}')
