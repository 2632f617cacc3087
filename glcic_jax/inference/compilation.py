"""JAX's persistent compilation cache: the second run of a command compiles nothing."""

import os

import jax

_WORTH_KEEPING = 0.2  # seconds of compilation


def keep_programs() -> None:
  """Keeps compiled programs in the user's cache, unless JAX has been told of another place."""
  if jax.config.values['jax_compilation_cache_dir']:
    return
  cache = os.environ.get('XDG_CACHE_HOME') or os.path.join(os.path.expanduser('~'), '.cache')
  folder = os.path.join(cache, 'glcic_jax', 'programs')
  try:
    os.makedirs(folder, exist_ok=True)
  except OSError:  # a home that cannot be written: compile each time
    return
  if os.access(folder, os.W_OK):
    jax.config.update('jax_compilation_cache_dir', folder)
    jax.config.update('jax_persistent_cache_min_compile_time_secs', _WORTH_KEEPING)
