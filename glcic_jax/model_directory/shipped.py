"""The names that are no paths: the models in this package, and what else a command knows by name.

    shipped.check(name, also=('telea',))    # before any work: is it anything, and which was meant?

A shipped name always means the model in the package. A folder of the same name is given as a path,
`./demo`, and whoever has one is told so.
"""

from collections.abc import Sequence
import os
import warnings

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.model_directory import hub

DEMO = 'demo'  # the default, wherever a MODEL may be left out
NAMES = (DEMO,)


def is_name(model: epath.PathLike) -> bool:
  """Whether a MODEL is one of this package; a path object is a path."""
  return isinstance(model, str) and model in NAMES


def folder(model: epath.PathLike) -> epath.Path:
  """The model directory of a shipped name; warns of a folder that has it too."""
  name = os.fspath(model)
  if os.path.isdir(name):
    warnings.warn(
      f'{name} is the model in the package; the folder of this name is ./{name}.', stacklevel=4
    )
  return epath.Path(__file__).parent / name


def did_you_mean(model: epath.PathLike, also: Sequence[str] = ()) -> str:
  """`errors.did_you_mean` about a MODEL that is not there: a name, or a folder."""
  return errors.did_you_mean(os.fspath(model), (*NAMES, *also)) or files.did_you_mean(model)


def check(model: str, also: Sequence[str] = ()) -> None:
  """Refuses what is neither a name, nor one of the Hub's, nor there.

  Args:
    model: what a user gave.
    also: names that mean something to the command, besides the models.

  Raises:
    errors.InputError: with what was probably meant.
  """
  if model in (*NAMES, *also) or hub.means_hub(model) or epath.Path(model).exists():
    return
  sentence = (
    f'{model} is no model: give a name ({", ".join((*NAMES, *also))}), a model directory or the '
    'workdir of a training run.'
  )
  raise errors.InputError(errors.with_hint(sentence, did_you_mean(model, also)))
