"""Makes this process one in which TensorFlow is not installed."""

from importlib import machinery
import sys


def hide(*more: str) -> None:
  """Hides TensorFlow, and more libraries, from every import to come."""
  gone = ('tensorflow', *more)

  class Without(machinery.PathFinder):
    """Finds what is installed, but for these."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
      """As Python calls it."""
      return None if name.partition('.')[0] in gone else super().find_spec(name, path, target)

  assert not any(name.partition('.')[0] in gone for name in sys.modules)
  sys.meta_path[sys.meta_path.index(machinery.PathFinder)] = Without
