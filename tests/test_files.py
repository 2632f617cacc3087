"""Whole files or none."""

import contextlib
import errno
import os
import resource
import socket

from etils import epath
import pytest

from glcic_jax import errors
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
  (tmp_path / 'gone.png').symlink_to('nowhere')
  for path in ('photo.jpg', 'gone.png'):  # of another kind than was asked for
    assert files.did_you_mean(path) == ''


@pytest.mark.parametrize('given', ['photo.JPG', 'Photo.jpg', 'phot.jpg', 'photo.jpeg'])
def test_of_files_of_one_stem_the_one_with_the_nearest_ending_was_meant(tmp_path, given):
  for name in ('photo.jpg', 'photo.png', 'photo.txt'):
    (tmp_path / name).touch()
  assert files.did_you_mean(tmp_path / given) == f'did you mean {tmp_path}/photo.jpg?'


def _no_file(folder, kind):
  path = folder / kind
  if kind == 'pipe':
    os.mkfifo(path)
  elif kind == 'socket':
    with socket.socket(socket.AF_UNIX) as opened:
      opened.bind(os.path.relpath(path))  # its name may have 108 bytes
  else:
    path.symlink_to('/dev/zero')
  return path


@pytest.mark.parametrize('kind', ['pipe', 'socket', 'device'])
def test_what_is_no_file_is_not_opened(tmp_path, kind):
  path = _no_file(tmp_path, kind)
  (tmp_path / 'link').symlink_to(path)
  for name in (path, str(tmp_path / 'link')):
    for read in (files.read, files.check):
      with pytest.raises(errors.InputError, match=f'{name} is a {kind}; give a file.'):
        read(name)


def test_a_folder_or_nothing_is_the_file_systems_own_error(tmp_path):
  for read in (files.read, files.check):
    with pytest.raises(IsADirectoryError):
      read(tmp_path)
    with pytest.raises(FileNotFoundError):
      read(tmp_path / 'none')


def test_a_file_is_read_up_to_a_size_that_is_looked_at_first(tmp_path):
  path = tmp_path / 'a.bin'
  path.write_bytes(b'12345')
  assert files.read(path, most=5) == files.read(epath.Path(path)) == b'12345'
  with pytest.raises(errors.InputError, match='a.bin has 5 bytes, and 4 bytes are the most here'):
    files.read(path, most=4)
  with path.open('wb') as file:
    file.truncate(40 * 2**30)  # of no blocks
  for read in (files.read, lambda path: files.check(path, files.LARGEST)):
    with pytest.raises(errors.InputError, match='has 40 GiB, and 2 GiB are the most here'):
      read(path)
  files.check(path)  # of any size


def test_a_file_that_does_not_tell_its_size_is_read_up_to_it_too():
  with pytest.raises(errors.InputError, match='/proc/self/status is larger, and 9 bytes'):
    files.read('/proc/self/status', most=9)
