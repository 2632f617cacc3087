"""Whole files or none."""

import contextlib
import errno
import resource

from etils import epath
import pytest

from glcic_jax import files


@contextlib.contextmanager
def _no_file_larger_than(size):
  """As on a full disk: writing beyond `size` bytes fails, after the bytes before it."""
  soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
  try:
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize('kind', [str, epath.Path])
def test_writing_makes_and_replaces_a_file(tmp_path, kind):
  path = tmp_path / 'a.bin'
  files.write(kind(path), b'first, and longer')
  assert path.read_bytes() == b'first, and longer'
  files.write(kind(path), b'second')
  assert path.read_bytes() == b'second'
  assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_half_way_leaves_the_old_file_and_no_other(tmp_path):
  path = tmp_path / 'a.bin'
  path.write_bytes(b'old')
  with _no_file_larger_than(1_000), pytest.raises(OSError) as caught:
    files.write(path, bytes(100_000))
  assert (caught.value.errno, caught.value.filename) == (
    errno.EFBIG,
    str(path),
  )  # not the temporary's name
  assert path.read_bytes() == b'old'
  assert list(tmp_path.iterdir()) == [path]


def test_a_rename_that_fails_leaves_no_temporary(tmp_path):
  (tmp_path / 'taken' / 'inside').mkdir(parents=True)
  with pytest.raises(OSError):
    files.write(tmp_path / 'taken', b'new')
  assert [entry.name for entry in tmp_path.rglob('*')] == ['taken', 'inside']


def test_a_missing_folder_is_the_file_systems_own_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    files.write(tmp_path / 'none' / 'a.bin', b'new')
  assert list(tmp_path.iterdir()) == []


def test_a_reader_with_the_old_file_open_keeps_reading_it(tmp_path):
  path = tmp_path / 'a.bin'
  path.write_bytes(b'old')
  with path.open('rb') as old:
    files.write(path, b'new')
    assert old.read() == b'old'
  assert path.read_bytes() == b'new'


def test_a_full_disk_is_the_machines_fault_and_a_wrong_path_is_not():
  assert {errno.ENOSPC, errno.EDQUOT, errno.EIO} <= files.MACHINE_ERRORS
  assert not {errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.EISDIR} & files.MACHINE_ERRORS


def test_a_mistyped_path_is_known_by_what_lies_beside_it(tmp_path, monkeypatch):
  (tmp_path / 'runs').mkdir()
  (tmp_path / 'photo.jpg').touch()
  monkeypatch.chdir(tmp_path)
  assert files.did_you_mean(tmp_path / 'phoot.png') == f'did you mean {tmp_path}/photo.jpg?'
  assert files.did_you_mean('rnus/') == 'did you mean runs?'
  for path in ('none.jpg', 'nowhere/photo.jpg', 'gs://bucket/photo.jpg'):  # a suffix is no likeness
    assert files.did_you_mean(path) == ''
