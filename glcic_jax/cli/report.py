"""glcic-jax report WORKDIR [--output PAGE.html] [--estimate FILE | --peak-tflops T ...]"""

import argparse
from collections.abc import Mapping
from collections.abc import Sequence
import json
import os
from typing import Any

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.cli import estimate as estimate_command
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import run_page
from glcic_jax.reporting import spent as cost_lib


def main(arguments: Sequence[str]) -> int:
  """Writes the page; returns the exit code."""
  options = _parser().parse_args(arguments)
  run = run_lib.read(options.workdir)
  output = options.output or os.path.join(options.workdir, 'report.html')
  if not output.lower().endswith(('.html', '.htm')):
    raise errors.InputError(f'--output is {output!r}; give a name that ends in .html.')
  if epath.Path(output).is_dir():
    raise errors.InputError(f'{output} is a folder; give the name of a page.')
  if not epath.Path(output).parent.is_dir():
    raise errors.InputError(
      f'There is no folder {epath.Path(output).parent} for the page; make it first.'
    )
  prediction = _prediction(run, options)
  files.write(output, run_page.render(run, prediction))
  print('\n'.join(_lines(run, prediction)))
  print(output)
  return 0


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='glcic-jax report',
    allow_abbrev=False,
    description="Shows a run, finished or not, as one page: curves, the discriminator's health, "
    'samples over time, '
    'the schedule audit, the cost so far, predicted and actual. The run may go on meanwhile.',
  )
  add = parser.add_argument
  add('workdir', metavar='WORKDIR', help='the --workdir of glcic-jax train')
  add('--output', metavar='PAGE.html', help='where to write the page (WORKDIR/report.html)')
  add(
    '--estimate',
    metavar='FILE',
    help='what glcic-jax estimate --json printed for the same config, to compare with',
  )
  add(
    '--peak-tflops',
    metavar='T',
    default='',
    help='instead: 10^12 FLOP/s of one device, as its maker says',
  )
  add(
    '--devices', metavar='N', default='1', help='with --peak-tflops: devices that the run is on (1)'
  )
  add(
    '--utilisation',
    metavar='U',
    default=str(estimate_command.UTILISATION),
    help='with --peak-tflops: the share of the peak that was expected '
    f'({estimate_command.UTILISATION:g})',
  )
  return parser


def _prediction(run: run_lib.Run, options: argparse.Namespace) -> cost_lib.Prediction | None:
  """What was to be expected of this run; None where FLOPs cannot be counted."""
  if options.estimate:
    return _from_file(run, options.estimate)
  devices = estimate_command.whole_number('devices', options.devices)
  peak = estimate_command.number('peak-tflops', options.peak_tflops)
  utilisation = estimate_command.number('utilisation', options.utilisation, highest=1)
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
    assumed = f'Predicted for {devices} device(s) at {utilisation:.0%} of {peak:,.4g} TFLOP/s each.'
  return cost_lib.Prediction(
    {name: phase.flops_per_step for name, phase in counted.phases.items()}, seconds, assumed
  )


def _from_file(run: run_lib.Run, name: str) -> cost_lib.Prediction:
  """Of `glcic-jax estimate --json`."""
  try:
    stored: dict[str, Any] = json.loads(epath.Path(name).read_text())
    flops = {phase: float(row['flops_per_step']) for phase, row in stored['phases'].items()}
    seconds = {phase: float(value) for phase, value in stored['seconds_per_step'].items()}
    assumed = (
      f'Predicted for {stored["devices"]} device(s) at {stored["utilisation"]:.0%} of '
      f'{stored["peak_tflops"]:,.4g} TFLOP/s each ({stored["peak_from"]}).'
    )
    same = [
      (key, stored['config'][key], run.config[key]) for key in ('method', 'image_size', 'dtype')
    ]
    same.append(('batch_size', stored['batch_size'], run.config.batch_size))
  except (ValueError, KeyError, TypeError, AttributeError):
    raise errors.InputError(
      f'{name} is not what glcic-jax estimate --json prints; give that, or leave out --estimate.'
    ) from None
  for key, estimated, actual in same:
    if estimated != actual:
      raise errors.InputError(
        f"{name} is of another config: its {key} is {estimated}, the run's is {actual}; "
        "estimate the run's own."
      )
  return cost_lib.Prediction(flops, seconds, assumed)


def _lines(run: run_lib.Run, prediction: cost_lib.Prediction | None) -> list[str]:
  """The cost, for the terminal."""
  costs = cost_lib.by_phase(run)
  spent = sum(cost.seconds for cost in costs.values())
  lines = [f'step {run.step:,} of {run.plan.total_steps:,}, {cost_lib.duration(spent)} of training']
  if prediction:
    lines.append(
      f'{"phase":<16}{"predicted s/step":>17}{"actual s/step":>15}{"TFLOP/s reached":>17}'
    )
    for name, predicted, actual, rate in cost_lib.comparison(costs, prediction):
      shown = [f'{value:.3g}' if value else '-' for value in (predicted, actual, rate / 1e12)]
      lines.append(f'{name:<16}{shown[0]:>17}{shown[1]:>15}{shown[2]:>17}')
  return lines
