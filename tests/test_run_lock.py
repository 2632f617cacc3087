"""One run at a time in a workdir."""

import json
import os
import subprocess
import sys
import time

import pytest

from glcic_jax import errors
from glcic_jax.training import run_lock


def record(folder, **changes):
  """Leaves the record of a run that may be somewhere."""
  found = {'host': 'elsewhere', 'process': 7, 'since': '2026-01-02', 'beat': time.time()}
  (folder / run_lock.NAME).write_text(json.dumps(found | changes))


def test_a_second_run_is_told_who_holds_the_workdir_and_later_ones_are_not(tmp_path):
  workdir = tmp_path / 'run'
  with run_lock.held(workdir):
    with (
      pytest.raises(errors.InputError, match=f'process {os.getpid()}, since 20.* --workdir'),
      run_lock.held(workdir),
    ):
      pass
    assert json.loads((workdir / run_lock.NAME).read_text())['process'] == os.getpid()
    (workdir / 'config.json').write_text('{}')
  with run_lock.held(workdir):
    pass
  assert os.listdir(workdir) == ['config.json']


def test_a_run_that_wrote_nothing_leaves_no_folder(tmp_path):
  with pytest.raises(errors.RunError), run_lock.held(tmp_path / 'run'):
    raise errors.RunError('before anything')
  assert not (tmp_path / 'run').exists()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
  program = (
    'import fcntl, json, os, sys\n'
    'file = open(sys.argv[1], "w")\n'
    'fcntl.flock(file, fcntl.LOCK_EX)\n'
    'json.dump({"host": os.uname().nodename, "process": 1, "beat": 9e9}, file)\n'
    'print("held", file=file, flush=True)\n'
    'print("held", flush=True)\n'
    'input()'
  )
  arguments = [sys.executable, '-c', program, str(tmp_path / run_lock.NAME)]
  pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE}
  with subprocess.Popen(arguments, **pipes) as holder:
    assert holder.stdout.readline() == b'held\n'
    with pytest.raises(errors.InputError, match='is in use'), run_lock.held(tmp_path):
      pass
    holder.kill()
  with run_lock.held(tmp_path):
    pass


def test_a_record_of_another_host_is_watched_and_free_once_it_stands_still(
  tmp_path, monkeypatch, capsys
):
  monkeypatch.setattr(run_lock, '_WATCH', 0.2)
  monkeypatch.setattr(run_lock, '_BEAT', 0.2)
  record(tmp_path)
  with run_lock.held(tmp_path):
    assert json.loads((tmp_path / run_lock.NAME).read_text())['process'] == os.getpid()
  assert 'a run on elsewhere, process 7' in capsys.readouterr().out


def test_a_record_of_another_host_that_beats_is_in_use(tmp_path, monkeypatch):
  monkeypatch.setattr(run_lock, '_BEAT', 0.2)
  monkeypatch.setattr(time, 'sleep', lambda _: record(tmp_path))  # meanwhile it beats
  record(tmp_path)
  with pytest.raises(errors.InputError, match='a run on elsewhere'), run_lock.held(tmp_path):
    pass
  assert json.loads((tmp_path / run_lock.NAME).read_text())['host'] == 'elsewhere'


def test_an_old_record_and_a_broken_one_are_free_at_once(tmp_path):
  record(tmp_path, beat=time.time() - 3_600)
  with run_lock.held(tmp_path):
    pass
  (tmp_path / run_lock.NAME).write_text('{"host": ')
  with run_lock.held(tmp_path):
    pass


def test_where_nothing_can_be_locked_a_dead_process_holds_nothing(tmp_path, monkeypatch):
  monkeypatch.setattr(run_lock, 'fcntl', None)
  with subprocess.Popen([sys.executable, '-c', '']) as ended:
    pass
  record(tmp_path, host=os.uname().nodename, process=ended.pid)
  with run_lock.held(tmp_path):
    pass
  assert os.listdir(tmp_path) == []
