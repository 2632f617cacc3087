"""The configs of the package by name: `glcic_faces` is configs/glcic_faces.py.

They lie beside the package in a checkout, and inside it where it was installed.
"""

import os
import pathlib

from glcic_jax import errors
from glcic_jax import files

_PACKAGE = pathlib.Path(__file__).parent.parent


def folder() -> pathlib.Path:
  """Where they lie."""
  installed = _PACKAGE / 'configs'
  return installed if installed.is_dir() else _PACKAGE.parent / 'configs'


def names() -> list[str]:
  """All of them, in their order."""
  return sorted(path.stem for path in folder().glob('*.py'))


def find(config: str) -> str:
  """The path of a config: of the file that it names, or else of the package's config.

  Raises:
    errors.InputError: if there is neither.
  """
  if os.path.isfile(config):
    return config
  if config in names():
    return str(folder() / f'{config}.py')
  sentence = f'There is no config file {config}; give a file, or one of {", ".join(names())}.'
  near = errors.did_you_mean(pathlib.PurePath(config).stem, names())
  raise errors.InputError(errors.with_hint(sentence, files.did_you_mean(config) or near))
