"""What the model card says of where the weights of a run come from.

No path of the machine on which the model was trained, no name of a picture.
"""

from collections.abc import Mapping
from typing import Any

from glcic_jax import schedule
from glcic_jax.config import audit
from glcic_jax.data import sources
from glcic_jax.methods import definition
from glcic_jax.model_directory import hub
from glcic_jax.model_directory import model_card
from glcic_jax.model_directory import shipped


def of_run(
  config: Any, *, counts: tuple[int, int], step: int, scores: Mapping[str, float], licence: str = ''
) -> model_card.Origin:
  """What the card says of a run that took `step` steps.

  Args:
    config: the run's.
    counts: training and held-back pictures; zeros where nobody knows.
    step: how many were taken.
    scores: the newest validation scores and their step (`metrics.Table.last_scores`).
    licence: of the weights that it started from; empty if there were none, or they have none.
  """
  train, held_back = counts
  if train:
    pictures = f'{_source(config.data)}, {train:,} to train on and {held_back:,} held back.'
  else:
    pictures = 'Batches from a program; which pictures they held is not recorded.'
  if config.init_from:
    pictures += f' Fine-tuned from {_public_name(config.init_from) or "another model"}.'
  phases = ', '.join(
    f'{min(span.stop, step) - span.start:,} {phase.value}'
    for phase, span in schedule.from_config(config.schedule).spans().items()
    if span.start < step
  )
  return model_card.Origin(
    pictures=pictures,
    duration=f'{step:,} steps of {config.batch_size} pictures: {phases}.',
    scores=scores,
    deviations=tuple(
      f'`{row.key}`: {definition.show(row.value)} (the paper: {definition.show(row.paper)})'
      for row in audit.audit(config)
    ),
    base_model=_hub_name(config.init_from).partition('@')[0],
    **model_card.inherited(licence),
  )


def _source(data: Any) -> str:
  """A `config.data` in words: a public name where there is one, and never a path."""
  members = [(_kind(spec), weight) for spec, weight in sources.members(data)]
  if data.source == 'mixture':
    return 'A mixture of ' + ' and '.join(f'{kind} (weight {weight})' for kind, weight in members)
  ((kind, _),) = members
  return kind[0].upper() + kind[1:]


def _kind(spec: str) -> str:
  kind, _, name = spec.partition(':')
  if kind == 'tfds':
    return f'the TFDS dataset {name}'
  return 'the photographs inside scikit-image' if kind == 'sample' else 'a folder of pictures'


def _hub_name(model: str) -> str:
  """`model`, where it is a name on the Hub; else nothing: a path is nobody's business."""
  return model if hub.means_hub(model) else ''


def _public_name(model: str) -> str:
  """What everybody knows a model by: a name on the Hub, or one in this package; else nothing."""
  if shipped.is_name(model):
    return f'`{model}`, the model in the package glcic_jax'
  return _hub_name(model)
