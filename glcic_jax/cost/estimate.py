"""What a config will cost, before it costs anything: FLOPs, bytes, memory, hours and money.

    counted = estimate.count(config, devices=8)    # traces the steps; reads no picture
    estimate.as_json(config, devices=8, peak=..., ...)    # and what follows from that

Counted are the model FLOPs of the layers (`flops.py`) and the arrays of the traced step
(`memory.py`). Not counted: compiling, reading pictures, scoring and saving, what devices say to
each other, and the workspace of a compiler's libraries.
"""

from collections.abc import Mapping
import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp

from glcic_jax import batch as batch_lib
from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.cost import flops
from glcic_jax.cost import memory
from glcic_jax.models import convolutions
from glcic_jax.training import memory as device_memory
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib

# Neither FLOPs nor memory depend on it, and the pictures' own is not known without reading them.
_ANY_COLOR = (0.5, 0.5, 0.5)


@dataclasses.dataclass(frozen=True)
class PhaseCount:
  """One phase of a run."""

  steps: int
  flops_per_image: float  # model FLOPs
  flops_per_step: float  # of the whole batch, on all devices together
  peak_bytes: int  # on each device: state, batch, and all that the step makes, when most is alive


@dataclasses.dataclass(frozen=True)
class Count:
  """A whole run."""

  devices: int
  batch_size: int  # global
  phases: Mapping[str, PhaseCount]  # those of the schedule, by name
  parameters: Mapping[str, int]  # by network
  state_bytes: int  # parameters, statistics, optimisers; on each device, and in each checkpoint
  checkpoints_bytes: int  # on disk, as many as are kept
  batch_bytes: int  # from the host to all devices, a step


def as_json(
  config: Any,
  *,
  devices: int,
  peak: float | None,
  utilisation: float,
  price: float | None,
  compiles: bool,
) -> dict[str, Any]:
  """Counts FLOPs and memory, and what follows from them: plain JSON values.

  Args:
    config: checked.
    devices: that share the batch.
    peak: 10^12 FLOP/s of one device; None: measured on one of this process.
    utilisation: 0..1, the share of the peak that the model's FLOPs get.
    price: of one device for one hour.
    compiles: whether the steps are compiled too, which takes minutes.

  Raises:
    errors.InputError: if the devices cannot share the batch evenly.
  """
  simulate_devices(devices, host_alone=peak is not None and not compiles)
  counted = count(config, devices)
  peak_from, there = 'given', None
  if peak is None:
    first = jax.devices()[0]
    if devices == 1 or first.platform != 'cpu':  # simulated CPU devices are those of no run
      there = device_memory.of_device(first)
    peak, kind = flops.matrix_rate(config.dtype) / 1e12, jax.devices()[0].device_kind
    peak_from = f'measured now: a {config.dtype} matrix product on one {kind}'
  seconds = seconds_per_step(counted, peak=peak * 1e12, utilisation=utilisation)
  hours = sum(phase.steps * seconds[name] for name, phase in counted.phases.items()) / 3600
  return dataclasses.asdict(counted) | {
    'config': {key: config[key] for key in ('method', 'image_size', 'dtype')},
    'peak_tflops': peak,
    'peak_from': peak_from,
    'utilisation': utilisation,
    'seconds_per_step': seconds,
    'hours': hours,
    'money': None if price is None else hours * devices * price,
    'compiled': compiled(config, devices) if compiles else None,
    'device_memory_bytes': there,
  }


def count(config: Any, devices: int = 1) -> Count:
  """Traces each phase's step of a checked config.

  Raises:
    errors.InputError: if the devices cannot share the batch evenly.
  """
  check_devices(config, devices)
  # What rematerialisation saves, the trace would not show: see memory.peak.
  method = dataclasses.replace(method_lib.from_config(config, _ANY_COLOR), rematerialise=False)
  method = method.compiled_for(convolutions.AS_DEFINED)  # wherever it is counted
  state = state_lib.abstract_state(method, config.image_size, parallel.make_mesh(jax.devices()[:1]))
  own = abstract_batch(config, config.batch_size // devices)
  by_phase = flops.per_image(method, config.image_size)
  phases = {}
  for phase, span in schedule.from_config(config.schedule).spans().items():
    step = functools.partial(step_lib.train_step, method=method, phase=phase)
    traced = jax.make_jaxpr(step)(state, own)
    phases[phase.value] = PhaseCount(
      steps=len(span),
      flops_per_image=by_phase[phase],
      flops_per_step=by_phase[phase] * config.batch_size,
      peak_bytes=memory.of_tree((state, own)) + memory.peak(traced.jaxpr),
    )
  networks = {'generator': state.generator, 'discriminator': state.discriminator}
  return Count(
    devices=devices,
    batch_size=config.batch_size,
    phases=phases,
    parameters={
      name: sum(leaf.size for leaf in jax.tree.leaves(network.params))
      for name, network in networks.items()
    },
    state_bytes=memory.of_tree(state),
    checkpoints_bytes=config.checkpoint.keep * memory.of_tree(state),
    batch_bytes=memory.of_tree(own) * devices,
  )


def seconds_per_step(counted: Count, *, peak: float, utilisation: float) -> dict[str, float]:
  """By phase, if the model's FLOPs get this share (0..1) of a device's peak, in FLOP/s."""
  return {
    name: phase.flops_per_step / (counted.devices * peak * utilisation)
    for name, phase in counted.phases.items()
  }


def compiled(config: Any, devices: int) -> dict[str, dict[str, Any]]:
  """What the compiler says of each phase's step, for one device: nothing runs. Takes minutes.

  It compiles for this process's accelerators where there are enough, else for simulated CPU devices
  (`simulate_devices`). What it does not say is None.
  """
  found = jax.devices() if len(jax.devices()) >= devices else jax.devices('cpu')
  if len(found) < devices:
    raise errors.InputError(
      f'There are {len(found)} devices here and --devices is {devices}; give '
      f'--devices={len(found)}, or leave out --compile.'
    )
  mesh = parallel.make_mesh(found[:devices])
  # CPU devices stand for any others: then nothing is as only a CPU wants it.
  platform = convolutions.AS_DEFINED if found[0].platform == 'cpu' else found[0].platform
  method = method_lib.from_config(config, _ANY_COLOR).compiled_for(platform)
  state = state_lib.abstract_state(method, config.image_size, mesh)
  steps, result = step_lib.compile_steps(method, mesh), {}
  for phase in schedule.from_config(config.schedule).spans():
    program = steps[phase].lower(state, abstract_batch(config, config.batch_size)).compile()
    bytes_of, costs = program.memory_analysis(), program.cost_analysis() or {}
    result[phase.value] = {
      'device': found[0].device_kind,
      'argument_bytes': getattr(bytes_of, 'argument_size_in_bytes', None),
      'temporary_bytes': getattr(bytes_of, 'temp_size_in_bytes', None),
      'flops': costs.get('flops'),
      'accessed_bytes': costs.get('bytes accessed'),
    }
  return result


def simulate_devices(devices: int, *, host_alone: bool) -> None:
  """Before JAX starts: so many CPU devices, or more where more were asked for already.

  With `host_alone` JAX sees nothing but these: an accelerator's memory stays with whoever trains.
  """
  try:
    if host_alone:
      jax.config.update('jax_platforms', 'cpu')
    jax.config.update('jax_num_cpu_devices', max(devices, jax.config.values['jax_num_cpu_devices']))
  except RuntimeError:  # it has started: with whatever there is
    pass


def abstract_batch(config: Any, rows: int) -> batch_lib.Batch:
  """The shapes of a batch of so many rows."""
  side = config.image_size
  return jax.eval_shape(
    lambda: batch_lib.Batch(
      image=jnp.zeros((rows, side, side, 3), jnp.uint8),
      mask=jnp.zeros((rows, side, side, 1), jnp.uint8),
      view=jnp.zeros((rows, 2), jnp.int32),
      real_view=jnp.zeros((rows, 2), jnp.int32),
      weight=jnp.zeros(rows, jnp.float32),
    )
  )


def check_devices(config: Any, devices: int) -> None:
  """Refuses a number of devices that cannot share the batch evenly.

  Raises:
    errors.InputError: naming the nearest that can.
  """
  if config.batch_size % devices:
    fitting = [n for n in range(1, config.batch_size + 1) if config.batch_size % n == 0]
    nearest = min(fitting, key=lambda n: abs(n - devices))
    raise errors.InputError(
      f'batch_size is {config.batch_size}, which {devices} devices cannot share evenly; give '
      f'--devices={nearest}, or another batch_size.'
    )
