"""Compiled programs on disk: found again, never half, never too many, not where it would hang."""

import os

import jax
from jax.experimental.compilation_cache import compilation_cache
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import compilation

NAMES = ('jax_compilation_cache_dir', 'jax_persistent_cache_min_compile_time_secs')


@pytest.fixture
def folder(tmp_path, monkeypatch):
  """Where programs are kept while the test runs; JAX has been told of no other place."""
  before = {name: getattr(jax.config, name) for name in NAMES}
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  jax.config.update(NAMES[0], None)
  compilation_cache.reset_cache()
  yield tmp_path / 'glcic_jax' / 'programs'
  for name, value in before.items():
    jax.config.update(name, value)
  compilation_cache.reset_cache()


def start():
  """What a new process does with a program: the same text, compiled or found."""
  jax.config.update(NAMES[0], None)
  compilation.keep_programs()
  jax.config.update(NAMES[1], 0)
  compilation_cache.reset_cache()

  def cubes_and_waves(x):
    return jnp.sin(x) * x**3

  return np.asarray(jax.jit(cubes_and_waves)(jnp.arange(7.0)))


def kept(folder):
  """The file of the one program."""
  (path,) = folder.glob('jit_cubes_and_waves*-cache')
  if path.read_bytes()[:1] == b'\x28':
    pytest.skip('JAX found zstandard, which looks after its own files')
  return path


def test_a_program_is_kept_and_gives_the_same_bits(folder):
  hits = []

  def listen(event, **_):
    hits.append(event)

  first = start()
  path = kept(folder)
  written = path.read_bytes()
  jax.monitoring.register_event_listener(listen)
  try:
    np.testing.assert_array_equal(start(), first)
  finally:
    jax.monitoring.unregister_event_listener(listen)
  assert '/jax/compilation_cache/cache_hits' in hits
  assert kept(folder) == path and path.read_bytes() == written


@pytest.mark.parametrize('left', [0, 0.5, -1])
def test_a_program_half_written_is_replaced_without_a_word(folder, left):
  first = start()
  path = kept(folder)
  whole = path.read_bytes()
  path.write_bytes(whole[: int(len(whole) * left) if left == 0.5 else left])
  np.testing.assert_array_equal(start(), first)  # a warning is an error here
  assert kept(folder) == path and len(path.read_bytes()) > 0.9 * len(whole)


def test_a_flipped_bit_in_a_program_just_written_is_found(folder):
  first = start()
  path = kept(folder)
  data = bytearray(path.read_bytes())
  data[len(data) // 2] ^= 1
  path.write_bytes(data)
  np.testing.assert_array_equal(start(), first)


def test_the_oldest_programs_go_first(tmp_path):
  for age, name in enumerate(('new', 'deep/middle', 'old')):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(100))
    os.utime(path, (1_000 - age, 1_000 - age))
  compilation._forget_oldest(tmp_path, 300)
  assert len([p for p in tmp_path.rglob('*') if p.is_file()]) == 3
  compilation._forget_oldest(tmp_path, 250)
  assert {p.name for p in tmp_path.rglob('*') if p.is_file()} == {'new', 'middle'}
  compilation._forget_oldest(tmp_path, 99)
  assert not [p for p in tmp_path.rglob('*') if p.is_file()]


def test_several_processes_keep_none(folder, monkeypatch):
  monkeypatch.setattr(jax.distributed, 'is_initialized', lambda: True)
  monkeypatch.setattr(jax, 'process_count', lambda: 2)
  compilation.keep_programs()
  assert jax.config.jax_compilation_cache_dir is None and not folder.exists()


def test_a_home_that_cannot_be_written_keeps_none(folder, tmp_path, monkeypatch):
  (tmp_path / 'file').write_text('')
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
  compilation.keep_programs()
  assert jax.config.jax_compilation_cache_dir is None
