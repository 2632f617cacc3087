"""Complaints of libraries and of the machine as one sentence, with the exit code."""

import errno
import os
import subprocess
import sys

import pytest

from glcic_jax import files
from glcic_jax.cli import complaints
from tests.test_hostile import one_sentence


def test_a_device_that_is_not_here_is_named():
  done = subprocess.run(
    [sys.executable, '-m', 'glcic_jax', 'receptive-field'],
    env=os.environ | {'JAX_PLATFORMS': 'cuda'},
    capture_output=True,
    text=True,
  )
  assert done.returncode == 2 and one_sentence(done.stderr)
  assert "JAX_PLATFORMS is 'cuda'" in done.stderr


def test_a_bucket_out_of_reach_is_told_in_a_sentence():
  reached = type('NotFoundError', (Exception,), {'__module__': 'tensorflow.python.framework'})
  said = complaints.of(reached('No such object: gs://bucket/a.png\nwhen reading'), 'complete')
  assert (
    said.exit_code == 2 and one_sentence(said.sentence) and 'gs://bucket/a.png' in said.sentence
  )


@pytest.mark.parametrize('number, code', [(errno.ENOSPC, 3), (errno.EACCES, 2)])
def test_a_file_system_s_error_names_the_file(number, code):
  said = complaints.of(OSError(number, os.strerror(number), 'a.png'), 'complete')
  assert said == (f'a.png: {os.strerror(number)}.', code)


def test_what_is_not_known_is_a_bug():
  assert complaints.of(RuntimeError('INTERNAL: a bug'), 'complete') is None
  assert complaints.of(ModuleNotFoundError('No module', name='glcic_jax.none'), 'complete') is None


@pytest.mark.parametrize(
  'address', ['https://example.com/a', 'file:///a', 's3://bucket/a', 'C://a']
)
def test_only_buckets_are_addresses_that_are_taken(address):
  assert files.in_bucket('gs://bucket/a') and not files.in_bucket('photos/a:b.png')
  for use in (files.in_bucket, files.read, files.check, lambda path: files.write(path, b'')):
    with pytest.raises(ValueError, match=f'^{address} is an address; give a file'):
      use(address)
