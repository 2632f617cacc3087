"""What is said of a model whose arrays do not fit a run that is to start from it: which keys do it.

Widths above all: the `laptop` forms are half as wide as the papers' networks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from glcic_jax import config as config_lib
from glcic_jax import methods

# Option of a generator's description -> the key that sets it. Those left out change no shape.
_OF_GENERATOR = {
  'width': 'model.width',
  'image_size': 'image_size',
  'bottleneck': 'model.bottleneck',
  'bottleneck_features': 'model.bottleneck_features',
  'mixing_kernel': 'model.mixing_kernel',
  'noise_features': 'model.noise',
}
_OF_DISCRIMINATOR = [
  'model.discriminator_width',
  'model.local_size',
  'model.branches',
  'image_size',
]
_OF_OPTIMIZER = ['name', 'warmup_steps', 'decay']


class Facts(NamedTuple):
  """What is known of a model beside its arrays."""

  method: str
  architecture: Mapping[str, Any]  # of its generator: {'name', 'options'}
  config: Mapping[str, Any]  # of the run that trains it, dotted keys; empty: of a model directory


def sentence(config: Any, facts: Facts, parts: Sequence[str], misfit: str) -> str:
  """What differs, and what to give.

  Args:
    config: of the run that is to start from `config.init_from`.
    facts: about that model.
    parts: what was asked of it, such as `generator/params`.
    misfit: the array that does not fit, in words; told where no key is known.
  """
  model, ours = config.init_from, methods.of(config.method).name
  if facts.method != ours:
    return (
      f'{model} is a model of {facts.method}, and this run trains {ours}; give a config of '
      f'{facts.method}, or a model of {ours}.'
    )
  differing = {
    key: value for key, value in _values(facts, parts) if value != config_lib.value_of(config, key)
  }
  if not differing:
    return f'{model} is of another architecture: {misfit}; check model.* and the optimizers.'
  told = ', '.join(
    f'its {key} is {value}, here {config_lib.value_of(config, key)}'
    for key, value in differing.items()
  )
  changes = ' '.join(f'--config.{key}={value}' for key, value in differing.items())
  return f'{model} does not fit this run: {told}; give {changes} to start from it.'


def _values(facts: Facts, parts: Sequence[str]) -> Iterator[tuple[str, Any]]:
  """Each key on which the shapes of these parts depend, and the model's value, where known."""
  options = facts.architecture['options']
  yield from ((key, options[name]) for name, key in _OF_GENERATOR.items() if name in options)
  wanted = [*_OF_DISCRIMINATOR] if 'discriminator/params' in parts else []
  for network in ('generator', 'discriminator'):
    if f'{network}/opt_state' in parts:
      wanted += [f'optimizer.{network}.{name}' for name in _OF_OPTIMIZER]
  yield from ((key, facts.config[key]) for key in wanted if key in facts.config)
