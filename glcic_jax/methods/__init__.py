"""What a method is, one page each: the paper's settings, checks, ablations, words, networks.

The rest of the program asks here and never compares a method's name. Each page is a module with a
tuple `METHODS`; a new one is found by itself (`docs/adding_a_method.md`).
"""

from collections.abc import Iterator
import importlib
import pkgutil

from glcic_jax import errors
from glcic_jax.methods import definition
from glcic_jax.methods import glcic

DEFAULT = glcic.NAME  # the setting that a config has unless it names another

_SHARED = ('definition', 'objectives', 'architectures')


def _found() -> Iterator[definition.Method]:
  """Those of all pages, the default's first."""
  pages = [page.name for page in pkgutil.iter_modules(__path__) if page.name not in _SHARED]
  for page in sorted(pages, key=lambda page: (page != DEFAULT, page)):
    yield from importlib.import_module(f'{__name__}.{page}').METHODS


_REGISTERED = list(_found())


def names() -> list[str]:
  """What a config's `method` can be."""
  return [name for method in _REGISTERED for name in method.settings]


def of(name: str) -> definition.Method:
  """The method that a config or a model names.

  Raises:
    errors.InputError: if there is none.
  """
  for method in _REGISTERED:
    if name in method.settings:
      return method
  sentence = f'method is {name!r}; it can be {", ".join(map(repr, names()))}.'
  raise errors.InputError(errors.with_hint(sentence, errors.did_you_mean(name, names())))


def setting(name: str) -> definition.Setting:
  """The paper's experiment that a config names; see `of`."""
  return of(name).settings[name]


def known_architectures() -> dict[str, definition.Architecture]:
  """The kinds of network, by the name that a model directory has for them."""
  return {method.architecture.name: method.architecture for method in _REGISTERED}
