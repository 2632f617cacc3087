"""What a run will cost, as `glcic-jax estimate --json` prints it, and what to expect of a run
from that.
"""

from collections.abc import Mapping
import dataclasses
import json
from typing import Any

from etils import epath

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import spent

UTILISATION = 0.5  # an assumption, and said to be one


def estimated(
  config: config_lib.ConfigDict,
  *,
  devices: int,
  peak: float | None,
  utilisation: float,
  price: float | None,
  compiles: bool,
) -> dict[str, Any]:
  """Counts FLOPs and memory, and what follows from them.

  Args:
    config: a checked config.
    devices: that share the batch.
    peak: 10^12 FLOP/s of one device; None: measured on one of this process.
    utilisation: 0..1, the share of the peak that the model's FLOPs get.
    price: of one device for one hour.
    compiles: whether the steps are compiled too, which takes minutes.

  Returns:
    plain JSON values.

  Raises:
    errors.InputError: if the devices cannot share the batch evenly.
  """
  from glcic_jax.cost import estimate

  estimate.check_devices(config, devices)
  estimate.simulate_devices(devices, host_alone=peak is not None and not compiles)
  counted = estimate.count(config, devices)
  peak_from = 'given'
  if peak is None:
    peak, peak_from = _measured(config)
  seconds = estimate.seconds_per_step(counted, peak=peak * 1e12, utilisation=utilisation)
  hours = estimate.hours(counted, seconds)
  return dataclasses.asdict(counted) | {
    'config': {key: config_lib.value_of(config, key) for key in ('method', 'image_size', 'dtype')},
    'peak_tflops': peak,
    'peak_from': peak_from,
    'utilisation': utilisation,
    'seconds_per_step': seconds,
    'hours': hours,
    'money': None if price is None else hours * devices * price,
    'compiled': estimate.compiled(config, devices) if compiles else None,
  }


def _measured(config: config_lib.ConfigDict) -> tuple[float, str]:
  """10^12 FLOP/s of one device here, and what was measured."""
  import jax

  from glcic_jax.cost import flops

  rate = flops.matrix_rate(config.dtype)
  return (
    rate / 1e12,
    f'measured now: a {config.dtype} matrix product on one {jax.devices()[0].device_kind}',
  )


def of_run(
  run: run_lib.Run, *, devices: int, peak: float | None, utilisation: float
) -> spent.Prediction | None:
  """What was to be expected of a run; None where FLOPs cannot be counted.

  Args:
    run: of which the config is read.
    devices: that it is on.
    peak: 10^12 FLOP/s of one device; None: no seconds are predicted.
    utilisation: 0..1, the share of the peak that was expected.
  """
  try:
    from glcic_jax.cost import estimate
  except ModuleNotFoundError as error:
    if error.name != 'optax':  # the training extra: a page without FLOPs is still a page
      raise
    return None
  # The run may be going on here: an accelerator's memory is its own.
  estimate.simulate_devices(1, host_alone=True)
  counted = estimate.count(run.config, devices)
  seconds: Mapping[str, float] = {}
  assumed = ''
  if peak is not None:
    seconds = estimate.seconds_per_step(counted, peak=peak * 1e12, utilisation=utilisation)
    assumed = f'Predicted for {_assumption(devices, utilisation, peak)}.'
  return spent.Prediction(
    {name: phase.flops_per_step for name, phase in counted.phases.items()}, seconds, assumed
  )


def from_file(run: run_lib.Run, name: str) -> spent.Prediction:
  """What was to be expected of a run, by a file with what `estimated` returned.

  Raises:
    errors.InputError: if the file is none, or of another config.
  """
  try:
    stored: dict[str, Any] = json.loads(epath.Path(name).read_text())
    flops = {phase: float(row['flops_per_step']) for phase, row in stored['phases'].items()}
    seconds = {phase: float(value) for phase, value in stored['seconds_per_step'].items()}
    assumption = _assumption(stored['devices'], stored['utilisation'], stored['peak_tflops'])
    assumed = f'Predicted for {assumption} ({stored["peak_from"]}).'
    same = [
      (key, stored['config'][key], run.config[key]) for key in ('method', 'image_size', 'dtype')
    ]
    same.append(('batch_size', stored['batch_size'], run.config.batch_size))
  except (ValueError, KeyError, TypeError, AttributeError):
    raise errors.InputError(
      f'{name} is not what glcic-jax estimate --json prints; give that, or leave out --estimate.'
    ) from None
  for key, of_estimate, actual in same:
    if of_estimate != actual:
      raise errors.InputError(
        f"{name} is of another config: its {key} is {of_estimate}, the run's is {actual}; "
        "estimate the run's own."
      )
  return spent.Prediction(flops, seconds, assumed)


def _assumption(devices: int, utilisation: float, peak: float) -> str:
  return f'{devices} device(s) at {utilisation:.0%} of {peak:,.4g} TFLOP/s each'
