"""Seconds for each phase's training step, on whatever device is there, beside PyTorch's.

    python benchmarks/train_step.py [--config configs/glcic_places2.py] [--steps 10] [--json FILE]
        [--profile FOLDER] [--config.image_size=128 --config.batch_size=4 ...]

It prints a row for each phase and contestant: random pictures, fresh for each step; the median of
several steps after the first, which compiles. Beside it the rate of a matrix product in the same
type on the same device in the same run, since machines differ and drift: FLOPs are counted from the
layers, see `glcic_jax/cost/flops.py`. Where torch is installed, `torch_twin.py` takes the same
steps, plain (float32, NCHW) and tuned (channels_last; on a GPU also bfloat16 and torch.compile).

`--profile` writes a trace of two steps of each phase for TensorBoard, and prints the ten costliest
operations: their names in the compiled program, the kernels that ran, and where in the networks
they come from.
"""

from collections.abc import Callable
import importlib.util
import json
import pathlib
import re
import time
from typing import Any

from absl import app
from absl import flags
import contestants
from ml_collections import config_flags
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import config as config_lib
from glcic_jax import methods
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views

_CONFIG = config_flags.DEFINE_config_file('config', 'configs/glcic_places2.py')
_STEPS = flags.DEFINE_integer('steps', 10, 'Steps timed in each phase.', lower_bound=1)
_JSON = flags.DEFINE_string('json', None, 'Where to write the table as JSON.')
_PROFILE = flags.DEFINE_string(
  'profile', None, 'Folder for a trace of each phase; nothing is timed then.'
)

_OURS, _PLAIN, _TUNED = 'glcic_jax', 'torch, plain', 'torch, tuned'
_COLOR = (0.456, 0.447, 0.416)
_TRACED = 2  # steps

Step = Any  # a compiled function: (state, batch) -> (state, metrics)


def main(arguments: list[str]) -> None:
  """Times the three phases and prints the table."""
  config = _CONFIG.value
  config_lib.check(config)
  case = contestants.case()
  if case:
    ours = case == _OURS
    print(json.dumps(_ours(config) if ours else _torch(config, tuned=case == _TUNED)))
    return
  if _PROFILE.value:
    _profile(config, pathlib.Path(_PROFILE.value))
    return
  results = contestants.results([_OURS, *([_PLAIN, _TUNED] if _has_twin(config) else [])])
  _print(config, results)
  if _JSON.value:
    pathlib.Path(_JSON.value).write_text(json.dumps(results, indent=2))


def _print(config: config_lib.ConfigDict, results: dict[str, Any]) -> None:
  ours = results[_OURS]
  print(
    f'{ours["device"]}, {config.image_size} px, batch {config.batch_size}, {config.dtype}; '
    f'matrix product {ours["ceiling"] / 1e9:,.0f} GFLOP/s'
  )
  print(
    f'{"phase":<16}{"":<14}{"first s":>9}{"step s":>9}{"images/s":>10}{"of the product":>16}'
    f'{"peak GiB":>10}{"torch / ours":>14}'
  )
  for phase, flops in ours['flops'].items():
    for name, result in results.items():
      row = result['phases'][phase]
      seconds, peak = row['seconds'], f'{row["peak"] / 2**30:.1f}' if row['peak'] else '-'
      ratio = '' if result is ours else f'{seconds / ours["phases"][phase]["seconds"]:.2f}'
      print(
        f'{phase if result is ours else "":<16}{name:<14}{row["first"]:>9.1f}{seconds:>9.3f}'
        f'{config.batch_size / seconds:>10.1f}{flops / seconds / ours["ceiling"]:>16.0%}'
        f'{peak:>10}{ratio:>14}'
      )


def _has_twin(config: config_lib.ConfigDict) -> bool:
  return (
    importlib.util.find_spec('torch') is not None
    and methods.of(config.method) is methods.of('glcic')
    and config.model.branches == 'both'
    and config.model.dilated
  )


def _ours(config: config_lib.ConfigDict) -> dict[str, Any]:
  import jax

  from glcic_jax.cost import flops

  method, mesh, state, steps = _compiled(config)
  per_image = flops.per_image(method, config.image_size)
  phases = {}
  for phase, step in steps.items():

    def take(batch: batch_lib.Batch, step: Step = step) -> None:
      nonlocal state
      state, metrics = step(state, batch)
      jax.block_until_ready((state, metrics))

    phases[phase.value] = _time(
      take, config, lambda batch: _on_device(batch, mesh), lambda: _peak(jax.devices()[0])
    )
  return {
    'device': f'{jax.devices()[0].device_kind} x {mesh.size}',
    'ceiling': flops.matrix_rate(config.dtype),
    'flops': {phase.value: count * config.batch_size for phase, count in per_image.items()},
    'phases': phases,
  }


def _compiled(config: config_lib.ConfigDict) -> tuple[Any, Any, Any, dict[Any, Step]]:
  """The method, the mesh, a fresh state, and the step of each phase."""
  from glcic_jax import parallel
  from glcic_jax.training import method as method_lib
  from glcic_jax.training import state as state_lib
  from glcic_jax.training import step as step_lib

  method, mesh = method_lib.from_config(config, _COLOR), parallel.make_mesh()
  state = state_lib.create_state(method, config.image_size, config.seed, mesh)
  return method, mesh, state, step_lib.compile_steps(method, mesh)


def _on_device(batch: batch_lib.Batch, mesh: Any) -> batch_lib.Batch:
  import jax

  from glcic_jax import parallel

  return jax.block_until_ready(parallel.to_global(batch, mesh))


def _peak(device: Any) -> int:
  """Bytes, since the process began; 0 where the device does not count them."""
  return (device.memory_stats() or {}).get('peak_bytes_in_use', 0)


def _torch(config: config_lib.ConfigDict, tuned: bool) -> dict[str, Any]:
  import torch
  import torch_twin

  gpu = torch.cuda.is_available()
  steps = torch_twin.steps(
    config.image_size,
    config.model.local_size,
    config.model.width,
    _COLOR,
    config.loss.adversarial_weight,
    channels_last=tuned,
    bfloat16=tuned and gpu,
    compiled=tuned and gpu,
  )
  phases = {}
  for phase, step in steps.items():

    def take(batch: batch_lib.Batch, step: Step = step) -> None:
      step(batch)
      torch_twin.synchronize()

    phases[phase] = _time(
      take, config, lambda batch: batch, lambda: torch.cuda.max_memory_allocated() if gpu else 0
    )
  return {'phases': phases}


def _time(
  take: Callable[[batch_lib.Batch], None],
  config: config_lib.ConfigDict,
  prepare: Callable[[batch_lib.Batch], batch_lib.Batch],
  peak: Callable[[], int],
) -> dict[str, float]:
  seconds = []
  for number in range(_STEPS.value + 1):
    batch = prepare(_random_batch(config, number))
    start = time.perf_counter()
    take(batch)
    seconds.append(time.perf_counter() - start)
  return {'first': seconds[0], 'seconds': float(np.median(seconds[1:])), 'peak': peak()}


def _random_batch(config: config_lib.ConfigDict, number: int) -> batch_lib.Batch:
  rng = np.random.default_rng(number)
  size, count = config.image_size, config.batch_size
  draw = kinds.from_config(config.mask, size)
  holes = [draw(draws.generator(number, row)) for row in range(count)]
  corners = [views.view_corner(hole, config.model.local_size) for hole in holes]
  return batch_lib.Batch(
    image=rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8),
    mask=np.stack(holes),
    view=np.stack(corners),
    real_view=np.stack(corners[::-1]),
    weight=np.ones(count, np.float32),
  )


def _profile(config: config_lib.ConfigDict, folder: pathlib.Path) -> None:
  import jax

  _, mesh, state, steps = _compiled(config)
  for phase, step in steps.items():
    batch = _on_device(_random_batch(config, 0), mesh)
    program = step.lower(state, batch).compile()
    state, _ = jax.block_until_ready(program(state, batch))
    with jax.profiler.trace(folder / phase.value):
      for _ in range(_TRACED):
        state, _ = jax.block_until_ready(program(state, batch))
    newest = max((folder / phase.value).rglob('*.xplane.pb'), key=lambda path: path.stat().st_mtime)
    print(f'{phase.value}: the ten costliest operations, milliseconds a step')
    origins = dict(re.findall(r'%(\S+) = .*op_name="([^"]+)"', program.as_text()))
    for (operation, kernel), nanoseconds in _costliest(
      jax.profiler.ProfileData.from_file(str(newest)), 10
    ):
      name = operation if kernel == operation else f'{operation} ({kernel})'
      print(f'{nanoseconds / _TRACED / 1e6:>10.2f}  {name:<32}  {origins.get(operation, "")}')


def _costliest(trace: Any, count: int) -> list[tuple[tuple[str, str], float]]:
  """Operations of the compiled program with the kernels that ran for them, and their
  nanoseconds in all.
  """
  total: dict[tuple[str, str], float] = {}
  for plane in trace.planes:
    for line in plane.lines:
      for event in line.events:
        operation = dict(event.stats).get('hlo_op')
        if operation:
          key = str(operation), event.name
          total[key] = total.get(key, 0) + event.duration_ns
  return sorted(total.items(), key=lambda item: -item[1])[:count]


if __name__ == '__main__':
  app.run(main)
