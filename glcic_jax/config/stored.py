"""Configs that earlier versions wrote, as this version has them."""

from collections.abc import Mapping
from typing import Any

from glcic_jax import methods

# Keys that are no longer, and what says the same now.
GONE = {
  'paper': 'method names the experiment too, such as glcic_celeba',
  'schedule.phases': 'a phase of 0 steps does not exist',
}


def current(flat: Mapping[str, Any]) -> dict[str, Any]:
  """A flat config (`tree.flatten`) without the keys that are gone; others stay as they are.

  The method's name took over what `paper` said; the lengths of the phases, which were checked
  against their names, say what `schedule.phases` said.
  """
  values = {key: value for key, value in flat.items() if key not in GONE}
  if flat.get('paper') in methods.names():
    values['method'] = flat['paper']
  return values
