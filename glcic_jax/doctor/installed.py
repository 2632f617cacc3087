"""What is installed of what the package asks for, by the metadata that it was installed with.

installed.missing(extra='train')     # ['grain', 'optax>=0.2.6 (0.2.5 is here)']
"""

import functools
import importlib.metadata

from packaging import requirements
from packaging import utils

PACKAGE = 'glcic_jax'
_FOR_DEVELOPERS = ('docs', 'test')  # extras that nobody needs for using the package


def version(name: str) -> str | None:
  """Of an installed package; None where it is not installed."""
  try:
    return importlib.metadata.version(name)
  except importlib.metadata.PackageNotFoundError:
    return None


def needed() -> list[str]:
  """The names of what the package always needs; none where it runs uninstalled, from its source."""
  return [requirement.name for requirement in _asked_by(PACKAGE, '')]


def extras() -> list[str]:
  """The names of the extras, in the order in which they are declared; none where uninstalled."""
  try:
    declared = importlib.metadata.metadata(PACKAGE).get_all('Provides-Extra') or []
  except importlib.metadata.PackageNotFoundError:
    return []
  return [name for name in declared if name not in _FOR_DEVELOPERS]


def missing(extra: str = '') -> list[str]:
  """What an extra asks for that is not installed, or too old; without one, what is always needed.

  Extras of other packages count too (`jax[cuda13]`), and what an extra includes (`train-tf` all
  of `train`).
  """
  return list(dict.fromkeys(_missing(PACKAGE, extra)))


def _missing(package: str, extra: str) -> list[str]:
  found = []
  for requirement in _asked_by(package, extra):
    here = version(requirement.name)
    if here is None:
      found.append(requirement.name)
    elif not requirement.specifier.contains(here, prereleases=True):
      found.append(f'{requirement.name}{requirement.specifier} ({here} is here)')
    else:
      for further in sorted(requirement.extras):
        found += _missing(requirement.name, further)
  return found


@functools.cache
def _asked_by(package: str, extra: str) -> list[requirements.Requirement]:
  """What an extra of a package adds on this machine; without one, what the package needs by
  itself.
  """
  try:
    lines = importlib.metadata.requires(package) or []
  except importlib.metadata.PackageNotFoundError:
    return []
  asked = [requirements.Requirement(line) for line in lines]
  return [one for one in asked if _is_meant(one, extra) and (not extra or not _is_meant(one, ''))]


def _is_meant(requirement: requirements.Requirement, extra: str) -> bool:
  marker = requirement.marker
  # Metadata may write an extra in another way than whoever asks for it: train_tf, train-tf.
  names = {extra, utils.canonicalize_name(extra)}
  return marker is None or any(marker.evaluate({'extra': name}) for name in names)
