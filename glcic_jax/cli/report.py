"""glcic-jax report WORKDIR [--output PAGE.html] [--estimate FILE | --peak-tflops T ...]"""

from collections.abc import Sequence
import os

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.cli import estimate
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cost import prediction as prediction_lib
from glcic_jax.pictures import pairing
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import run_page
from glcic_jax.reporting import spent


def main(arguments: Sequence[str]) -> int:
  """Writes the page; returns the exit code."""
  options = _parser().parse_args(arguments)
  run = run_lib.read(options.workdir)
  output = options.output or os.path.join(options.workdir, 'report.html')
  if not output.lower().endswith(('.html', '.htm')):
    raise errors.InputError(f'--output is {output!r}; give a name that ends in .html.')
  if epath.Path(output).is_dir():
    raise errors.InputError(f'{output} is a folder; give the name of a page.')
  pairing.check_parent(output)
  if options.estimate:
    prediction: spent.Prediction | None = prediction_lib.from_file(run, options.estimate)
  else:
    prediction = prediction_lib.of_run(
      run, devices=options.devices, peak=options.peak_tflops, utilisation=options.utilisation
    )
  files.write(output, run_page.render(run, prediction))
  print('\n'.join(_lines(run, prediction)))
  print(output)
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'report',
    "Shows a run, finished or not, as one page: curves, the discriminator's health, samples over "
    'time, the schedule audit, the cost so far, predicted and actual. The run may go on meanwhile.',
  )
  add = parser.add_argument
  add('workdir', metavar='WORKDIR', help='the --workdir of glcic-jax train')
  add('--output', metavar='PAGE.html', help='where to write the page (WORKDIR/report.html)')
  add(
    '--estimate',
    metavar='FILE',
    help='what glcic-jax estimate --json printed for the same config, form and all, such as '
    'glcic_faces:laptop, to compare with; instead, the three options below',
  )
  estimate.add_machine(parser)
  return parser


def _lines(run: run_lib.Run, prediction: spent.Prediction | None) -> list[str]:
  """The cost, for the terminal."""
  costs = spent.by_phase(run)
  seconds = sum(cost.seconds for cost in costs.values())
  lines = [f'step {run.step:,} of {run.plan.total_steps:,}, {spent.duration(seconds)} of training']
  if prediction:
    lines.append(
      f'{"phase":<16}{"predicted s/step":>17}{"actual s/step":>15}{"TFLOP/s reached":>17}'
    )
    for name, predicted, actual, rate in spent.comparison(costs, prediction):
      shown = [f'{value:.3g}' if value else '-' for value in (predicted, actual, rate / 1e12)]
      lines.append(f'{name:<16}{shown[0]:>17}{shown[1]:>15}{shown[2]:>17}')
  return lines
