"""glcic-jax estimate --config configs/X.py [--devices N] [--peak-tflops T] [--price P]
[--config.KEY=VALUE ...]
"""

import argparse
from collections.abc import Sequence
import json

from glcic_jax.cli import configured
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import values


def main(arguments: Sequence[str]) -> int:
  """Prints the estimate; returns the exit code."""
  config, options = configured.parse(_parser(), arguments)
  from glcic_jax.cost import estimate  # JAX starts only now that the usage is right
  from glcic_jax.cost import table

  result = estimate.as_json(
    config,
    devices=options.devices,
    peak=options.peak_tflops,
    utilisation=options.utilisation,
    price=options.price,
    compiles=options.compile,
  )
  if options.json:
    print(json.dumps(result, indent=2))
  else:
    print('\n'.join(table.lines(result, options.config)))
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'estimate',
    'What a run will cost, before it costs anything: FLOPs counted from the layers, memory from '
    'the traced steps, hours and money for the whole schedule. It trains no step and needs no '
    'pictures.',
    "Counted: the model's convolutions and matrix products, 2 FLOPs for each multiply and add; the "
    'arrays of one step. Not counted: compiling, reading pictures, validation, checkpoints, talk '
    "between devices, and the workspace of a compiler's libraries.",
  )
  configured.add_config(parser)
  add_machine(parser)
  add = parser.add_argument
  add(
    '--price', metavar='P', type=values.number(), help='of one device for one hour, in any currency'
  )
  add(
    '--compile',
    action='store_true',
    help='also compile each step ahead of time, and print what the compiler says of its memory and '
    'traffic; takes minutes; for the accelerators here, or else for simulated CPU devices',
  )
  add(
    '--json',
    action='store_true',
    help='print JSON; glcic-jax report --estimate FILE compares it with the run',
  )
  return parser


def add_machine(parser: argparse.ArgumentParser) -> None:
  """Adds what a run's devices can do: `--devices`, `--peak-tflops`, `--utilisation`."""
  add = parser.add_argument
  devices = values.whole_number(highest=100_000)
  add('--devices', metavar='N', type=devices, default=1, help='that share the batch (1)')
  add(
    '--peak-tflops',
    metavar='T',
    type=values.number(),
    help='what one device can do at best, in TFLOP/s (10^12 floating-point operations a second) '
    "in the config's dtype, as its maker says: 989 for an NVIDIA H100 SXM in bfloat16; without it, "
    'estimate measures a large matrix product on this machine, now, and report predicts no time',
  )
  add(
    '--utilisation',
    metavar='U',
    type=values.number(highest=1),
    default=0.5,
    help="the share of that peak which the model's FLOPs will get, 0 to 1 (0.5, an assumption: "
    'benchmarks/train_step.py measures it)',
  )
