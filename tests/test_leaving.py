"""The end of the process: signals at any moment, and threads of libraries that hang."""

import subprocess
import sys

import pytest


def ended(tmp_path, *lines):
  """A program of its own that has `leaving`: its exit code, stdout, stderr."""
  program = '\n'.join(('import os, signal', 'from glcic_jax.cli import leaving', *lines))
  arguments = [sys.executable, '-c', program, str(tmp_path)]
  done = subprocess.run(arguments, capture_output=True, text=True, timeout=30)
  return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize('name, code', [('SIGINT', 130), ('SIGTERM', 143)])
def test_a_signal_ends_the_program_even_where_an_exception_is_swallowed(tmp_path, name, code):
  found = ended(
    tmp_path,
    'leaving.on_signals()',
    'class Deleted:',  # by C++, say, while a library is imported
    f'  def __del__(self): os.kill(os.getpid(), signal.{name})',
    'Deleted()',
    'print("went on")',
  )
  assert found == (code, '', f'glcic-jax: Stopped by {name}; no file is half-written.\n')


def test_a_signal_amid_a_write_leaves_no_file(tmp_path):
  found = ended(
    tmp_path,
    'import sys',
    'from glcic_jax import files',
    'leaving.on_signals()',
    'os.replace = lambda *_: os.kill(os.getpid(), signal.SIGTERM)',
    'files.write(os.path.join(sys.argv[1], "a.png"), b"pixels")',
  )
  assert found[0] == 143
  assert list(tmp_path.iterdir()) == []


def test_a_failure_does_not_wait_for_the_threads_of_libraries(tmp_path):
  found = ended(
    tmp_path,
    'import threading, time',
    'leaving._PATIENCE = 0.1',
    'threading.Thread(target=time.sleep, args=(60,)).start()',
    'print("said", end="")',
    'leaving.leave(3)',
  )
  assert found == (3, 'said', '')
