"""How the program leaves: at once where a signal asks for it, in seconds where a library hangs."""

import contextlib
import os
import signal
import sys
import threading
from typing import Any, NoReturn

_PATIENCE = 5.0  # seconds: for the threads of libraries, after a failure


def on_signals() -> None:
  """From now on Ctrl-C and SIGTERM end the process at once; no file is left half-written.

  No exception is raised for it: what is being imported, compiled or deleted by C++ would swallow
  it, or abort. `training` notes signals itself while a run can be saved.
  """
  for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, _stop)


def _stop(number: int, frame: Any) -> None:
  del frame
  files = sys.modules.get('glcic_jax.files')
  if discard := getattr(files, 'discard_unfinished', None):
    discard()
  below = '\n' if os.isatty(2) else ''  # of the ^C that the terminal shows, or of a bar
  said = f'{below}glcic-jax: Stopped by {signal.Signals(number).name}; no file is half-written.\n'
  with contextlib.suppress(OSError):  # nobody may listen
    os.write(2, said.encode())
  _flush()
  os._exit(128 + number)


def leave(code: int) -> NoReturn:
  """Ends the process with an exit code; after a failure, no thread of a library holds it up.

  A run that was stopped has saved, and leaves as one that is done: several processes wait for each
  other, and one that left first would take the others down.
  """
  if 0 < code < 128:
    watch = threading.Timer(_PATIENCE, _give_up, (code,))
    watch.daemon = True
    watch.start()
  sys.exit(code)


def _give_up(code: int) -> NoReturn:
  _flush()
  os._exit(code)


def _flush() -> None:
  for stream in (sys.stdout, sys.stderr):
    with contextlib.suppress(Exception):  # closed, full, or interrupted amid a write
      stream.flush()
