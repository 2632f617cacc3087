"""What to expect of a run, by its config or by what `glcic-jax estimate --json` printed."""

import json
from typing import Any

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import spent


def of_run(
  run: run_lib.Run, *, devices: int, peak: float | None, utilisation: float
) -> spent.Prediction | None:
  """What was to be expected of a run on so many devices; None where FLOPs cannot be counted.

  Args:
    run: of which the config is read.
    devices: that share its batch.
    peak: 10^12 FLOP/s of one of them; None: no seconds are predicted.
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
  flops = {name: phase.flops_per_step for name, phase in counted.phases.items()}
  if peak is None:
    return spent.Prediction(flops, {}, '')
  seconds = estimate.seconds_per_step(counted, peak=peak * 1e12, utilisation=utilisation)
  return spent.Prediction(
    flops, seconds, f'Predicted for {_assumption(devices, utilisation, peak)}.'
  )


def from_file(run: run_lib.Run, name: str) -> spent.Prediction:
  """What was to be expected of a run, by a file with what `estimate.as_json` returned.

  Raises:
    errors.InputError: if the file is none, or of another config.
  """
  read = files.read(name)
  try:
    stored: dict[str, Any] = json.loads(read)
    flops = {phase: float(row['flops_per_step']) for phase, row in stored['phases'].items()}
    seconds = {phase: float(value) for phase, value in stored['seconds_per_step'].items()}
    assumption = _assumption(stored['devices'], stored['utilisation'], stored['peak_tflops'])
    assumed = f'Predicted for {assumption} ({stored["peak_from"]}).'
    of_config = {**stored['config'], 'batch_size': stored['batch_size']}
    same = [(key, of_config[key]) for key in ('method', 'image_size', 'dtype', 'batch_size')]
  except (ValueError, KeyError, TypeError, AttributeError):
    raise errors.InputError(
      f'{name} is not what glcic-jax estimate --json prints; give that, or leave out --estimate.'
    ) from None
  for key, value in same:
    if value != run.config[key]:
      raise errors.InputError(
        f"{name} is of another config: its {key} is {value}, the run's is {run.config[key]}; "
        "estimate the run's own."
      )
  return spent.Prediction(flops, seconds, assumed)


def _assumption(devices: int, utilisation: float, peak: float) -> str:
  return f'{devices} device(s) at {utilisation:.0%} of {peak:,.4g} TFLOP/s each'
