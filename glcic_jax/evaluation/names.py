"""What can be evaluated, by name; light, so that a mistyped name is answered at once."""

from collections.abc import Sequence
import os

from glcic_jax import errors
from glcic_jax.inference import baselines
from glcic_jax.model_directory import shipped

MEAN = 'mean'  # colour of all pictures of the evaluation, so it is no MODEL elsewhere
BASELINES = (MEAN, *baselines.FILLS)


def check(names: Sequence[str]) -> None:
  """Refuses a name that is given twice, or is nothing.

  Raises:
    errors.InputError: with the name that was probably meant.
  """
  if len(set(names)) < len(names):
    raise errors.InputError('--model names one model twice; give each once.')
  for name in names:
    shipped.check(name, BASELINES)


def labels(names: Sequence[str]) -> list[str]:
  """Short names: as much of a path's end as tells it from the others, and no final `model`."""
  parts = []
  for name in names:
    path = os.path.normpath(name).split(os.sep)
    parts.append(path[:-1] if len(path) > 1 and path[-1] == 'model' else path)
  for length in range(1, max(map(len, parts)) + 1):
    short = [os.sep.join(path[-length:]) for path in parts]
    if len(set(short)) == len(short):
      return short
  return list(names)
