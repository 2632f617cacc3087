"""How a picture is completed: `Completer`'s options, checked, with the model's own defaults.

The words that they can be stand here for all that ask: commands, the page, `Completer`. No library
is started for them.
"""

import numbers
from typing import Any, Literal, NamedTuple, TYPE_CHECKING, TypeAlias

from glcic_jax import errors

if TYPE_CHECKING:
  from glcic_jax.model_directory import model_files

BLENDS = ('poisson', 'opencv', 'none')  # see `blending`
LARGE = ('crop', 'resize', 'whole')  # see `tiling`
AUTO, ONE = 'auto', '1'
SCALES = (AUTO, ONE)
Off: TypeAlias = Literal['off']  # of detail: the same as 0


class Manner(NamedTuple):
  """See `Completer.__call__`; nothing is left to the model any more."""

  blend: str
  feather: float
  large: str
  detail: float  # 0..1
  scale: str  # one of `SCALES`


def of_model(
  description: 'model_files.Description',
  *,
  any_size: bool = True,
  blend: str = 'poisson',
  feather: float = 0,
  large: str = 'crop',
  detail: float | Off | None = None,
  scale: str | int | None = None,
) -> Manner:
  """What the options mean for a model.

  Args:
    description: the model's.
    any_size: whether its network takes pictures of any size.
    blend, feather, large, detail, scale: as `Completer.__call__` takes them.

  Raises:
    errors.InputError: if one has no such value, or they contradict each other.
  """
  if blend not in BLENDS:
    raise errors.InputError(f'blend is {blend!r}; it can be {", ".join(BLENDS)}.')
  if large not in LARGE:
    raise errors.InputError(f'large is {large!r}; it can be {", ".join(LARGE)}.')
  if not isinstance(feather, numbers.Real) or not feather >= 0:
    raise errors.InputError(f'feather is {feather}; give 0 or more pixels.')
  if detail is None:
    detail = description.detail
  detail = 0.0 if detail == 'off' else detail
  if not isinstance(detail, numbers.Real) or not 0 <= detail <= 1:
    raise errors.InputError(f"detail is {detail!r}; give 0 to 1, or 'off'.")
  windows = any_size and large == 'crop'
  if scale is None:
    scale = AUTO if description.detail and windows else ONE
  _check_scale(scale, large, any_size)
  return Manner(blend, feather, large, float(detail), str(scale))


def _check_scale(scale: Any, large: str, any_size: bool) -> None:
  if scale not in SCALES and (scale != 1 or isinstance(scale, bool)):
    raise errors.InputError(f'scale is {scale!r}; it can be auto or 1.')
  if scale == AUTO and not any_size:
    raise errors.InputError(
      'scale is auto, and this model takes pictures of one size alone; leave scale out.'
    )
  if scale == AUTO and large != 'crop':
    raise errors.InputError(
      f'scale is auto, which needs windows around the holes, and large is {large}; leave one of '
      'them out.'
    )
