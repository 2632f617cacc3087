"""Seconds for each phase's training step, on whatever device is there.

    python benchmarks/train_step.py [--config configs/glcic_places2.py] [--steps 10] [--json FILE]
        [--config.image_size=128 --config.batch_size=4 ...]

Random pictures, fresh for each step; the median of several steps after the first, which compiles. Beside
it the rate of a float32 matrix product on the same device in the same run, since machines differ and
drift: FLOPs are counted from the layers, see `glcic_jax/training/flops.py`.
"""

import json
import time

from absl import app
from absl import flags
import jax
from ml_collections import config_flags
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import config as config_lib
from glcic_jax import masks
from glcic_jax import parallel
from glcic_jax.training import flops as flops_lib
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib

_CONFIG = config_flags.DEFINE_config_file('config', 'configs/glcic_places2.py')
_STEPS = flags.DEFINE_integer('steps', 10, 'Steps timed in each phase.', lower_bound=1)
_JSON = flags.DEFINE_string('json', None, 'Where to write the table as JSON.')


def main(arguments: list[str]) -> None:
  """Times the three phases and prints the table."""
  del arguments
  config = _CONFIG.value
  config_lib.check(config)
  method = method_lib.from_config(config, (0.456, 0.447, 0.416))
  mesh = parallel.make_mesh()
  state = state_lib.create_state(method, config.image_size, config.seed, mesh)
  flops = flops_lib.per_image(method, config.image_size)
  rows = {}
  for phase, step in step_lib.compile_steps(method, mesh).items():
    rows[phase.value], state = _time(step, state, config, mesh)
    rows[phase.value]['gflop'] = flops[phase] * config.batch_size / 1e9
  ceiling = flops_lib.matrix_rate()
  print(f'{jax.devices()[0].device_kind} x {mesh.size}, {config.image_size} px, batch {config.batch_size}, '
        f'{config.dtype}; matrix product {ceiling / 1e9:,.0f} GFLOP/s')
  print('phase             first s   step s  images/s  GFLOP/step  of the matrix product')
  for name, row in rows.items():
    rate = row['gflop'] * 1e9 / row['seconds']
    print(f'{name:<15}{row["first_seconds"]:>9.1f}{row["seconds"]:>9.3f}{config.batch_size / row["seconds"]:>10.1f}'
          f'{row["gflop"]:>12.1f}{rate / ceiling:>12.0%}')
  if _JSON.value:
    with open(_JSON.value, 'w') as file:
      json.dump({'matrix_flops': ceiling, 'phases': rows}, file, indent=2)


def _time(step, state, config, mesh):
  seconds = []
  for number in range(_STEPS.value + 1):
    batch = parallel.to_global(_random_batch(config, number), mesh)
    jax.block_until_ready(batch)
    start = time.perf_counter()
    state, metrics = step(state, batch)
    jax.block_until_ready((state, metrics))
    seconds.append(time.perf_counter() - start)
  return {'first_seconds': seconds[0], 'seconds': float(np.median(seconds[1:]))}, state


def _random_batch(config, number: int) -> batch_lib.Batch:
  rng = np.random.default_rng(number)
  size, count = config.image_size, config.batch_size
  draw = masks.from_config(config.mask, size)
  holes = [draw(masks.generator(number, row)) for row in range(count)]
  views = [masks.view_corner(hole, config.model.local_size) for hole in holes]
  return batch_lib.Batch(
      image=rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8), mask=np.stack(holes),
      view=np.stack(views), real_view=np.stack(views[::-1]), weight=np.ones(count, np.float32))


if __name__ == '__main__':
  app.run(main)
