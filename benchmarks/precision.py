"""Whether bfloat16 learns as float32 does: losses of 500 small steps, beside the noise of seeds.

    python benchmarks/precision.py [--seeds 3] [--steps 300 --steps 50 --steps 150] [--json FILE]

A quarter of the channels at 32 px on the sample pictures, ADADELTA as in the paper, all three
phases. Each seed is trained in both types on the same batches from the same parameters. Of each
loss, the mean over a phase's last third is compared: the difference of the types (its mean over the
seeds) beside the spread between the seeds in float32; a row for each loss.
"""

from collections.abc import Callable, Mapping
import json
from typing import Any

from absl import app
from absl import flags
import jax
import numpy as np

from glcic_jax import config as config_lib
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.data import pipeline
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib

_SEEDS = flags.DEFINE_integer('seeds', 3, 'Runs in each type.', lower_bound=2)
_STEPS = flags.DEFINE_multi_integer('steps', None, 'Steps of each phase, given three times.')
_JSON = flags.DEFINE_string('json', None, 'Where to write the table as JSON.')

_LOSSES = {
  'reconstruction': ('reconstruction_loss',),
  'discriminator': ('discriminator_loss',),
  'joint': ('reconstruction_loss', 'discriminator_loss', 'adversarial_loss'),
}


def main(arguments: list[str]) -> None:
  """Trains, and prints the table."""
  del arguments
  steps = _STEPS.value or [300, 50, 150]
  levels = {dtype: _levels(dtype, steps) for dtype in ('float32', 'bfloat16')}
  rows = {}
  print(
    f'{jax.devices()[0].device_kind}, {sum(steps)} steps, {_SEEDS.value} seeds; means of each '
    "phase's last third"
  )
  print(f'{"":<38}{"float32":>10}{"bfloat16":>10}{"difference":>12}{"between seeds":>15}')
  for name in levels['float32'][0]:
    one, two = (np.array([run[name] for run in levels[dtype]]) for dtype in ('float32', 'bfloat16'))
    rows[name] = {
      'float32': one.mean(),
      'bfloat16': two.mean(),
      'difference': (two - one).mean(),
      'between_seeds': one.std(ddof=1),
    }
    print(
      f'{name:<38}{one.mean():>10.5f}{two.mean():>10.5f}{(two - one).mean():>+12.5f}'
      f'{one.std(ddof=1):>15.5f}'
    )
  if _JSON.value:
    with open(_JSON.value, 'w') as file:
      json.dump(rows, file, indent=2)


def _levels(dtype: str, steps: list[int]) -> list[dict[str, float]]:
  """For each seed: 'phase, loss' -> its mean over the last third of the phase."""
  method = method_lib.from_config(_config(dtype, 0), (0.45, 0.45, 0.45))
  mesh = parallel.make_mesh()
  take = step_lib.compile_steps(method, mesh)  # once for all seeds
  return [_train(_config(dtype, seed), method, take, mesh, steps) for seed in range(_SEEDS.value)]


def _train(
  config: config_lib.ConfigDict,
  method: method_lib.Method,
  take: Mapping[schedule.Phase, Callable[..., Any]],
  mesh: jax.sharding.Mesh,
  steps: list[int],
) -> dict[str, float]:
  state = state_lib.create_state(method, config.image_size, config.seed, mesh)
  batches = pipeline.Pipeline(config, range(config.batch_size)).train(0)
  levels = {}
  for phase, count in zip(schedule.Phase, steps, strict=True):
    metrics = []
    for _ in range(count):
      state, values = take[phase](state, parallel.to_global(next(batches), mesh))
      metrics.append(values)
    for name in _LOSSES[phase.value]:
      levels[f'{phase.value}, {name}'] = float(
        np.mean([float(values[name]) for values in metrics[-count // 3 :]])
      )
  return levels


def _config(dtype: str, seed: int) -> config_lib.ConfigDict:
  config = config_lib.default()
  config.update_from_flattened_dict(
    {
      'dtype': dtype,
      'seed': seed,
      'data.source': 'sample',
      'image_size': 32,
      'data.resize_short_edge': (32, 64),
      'mask.side': (8, 16),
      'model.width': 0.25,
      'model.discriminator_width': 0.25,
      'model.local_size': 16,
      'batch_size': 16,
    }
  )
  config_lib.check(config)
  return config


if __name__ == '__main__':
  app.run(main)
