"""Where the program keeps what it can make or fetch again.

JAX and the Hub's library are not asked: their folders are known where neither is started.
"""

import os


def programs() -> str:
  """The folder of compiled programs, unless JAX is told of another."""
  return os.path.join(_user(), 'glcic_jax', 'programs')


def programs_of_jax() -> str:
  """The folder of compiled programs that the environment tells JAX of, or else `programs`."""
  return os.environ.get('JAX_COMPILATION_CACHE_DIR') or programs()


def hub() -> str:
  """The folder of models of the Hugging Face Hub, and of whatever else was fetched from it."""
  home = os.environ.get('HF_HOME') or os.path.join(_user(), 'huggingface')
  told = os.environ.get('HF_HUB_CACHE') or os.environ.get('HUGGINGFACE_HUB_CACHE')  # the older name
  told = told or os.path.join(home, 'hub')
  return os.path.expanduser(os.path.expandvars(told))


def _user() -> str:
  return os.environ.get('XDG_CACHE_HOME') or os.path.join(os.path.expanduser('~'), '.cache')
