"""What can be evaluated, by name; light, so that a mistyped name is answered at once."""

from collections.abc import Sequence
import os

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.model_directory import hub

BASELINES = ('mean', 'telea', 'navier-stokes', 'biharmonic')


def check(names: Sequence[str]) -> None:
  """Refuses a name that is given twice, or is nothing.

  Raises:
    errors.InputError: with the baseline that was probably meant.
  """
  if len(set(names)) < len(names):
    raise errors.InputError('--model names one model twice; give each once.')
  for name in names:
    if name not in BASELINES and not hub.means_hub(name) and not epath.Path(name).exists():
      hint = errors.did_you_mean(name, BASELINES) or files.did_you_mean(name)
      sentence = (
        f'{name} is no model: give a model directory, the workdir of a training run, or a baseline '
        f'({", ".join(BASELINES)}).'
      )
      raise errors.InputError(errors.with_hint(sentence, hint))


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
