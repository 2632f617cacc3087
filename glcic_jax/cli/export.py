"""glcic-jax export --model MODEL --output FILE"""

from collections.abc import Sequence
import sys

from glcic_jax.cli import parser as parser_lib

_PLATFORMS = 'cpu,cuda,tpu'


def main(arguments: Sequence[str]) -> int:
  """Writes the exported function; returns the exit code."""
  options = _parser().parse_args(arguments)
  from glcic_jax.inference import completer
  from glcic_jax.inference import export  # JAX starts only now that the usage is right

  is_onnx = options.output.lower().endswith('.onnx')
  opened = completer.Completer.from_pretrained(options.model)
  platforms = [name.strip() for name in options.platforms.split(',') if name.strip()]
  written = export.write(
    opened,
    options.output,
    file_format=options.format or ('onnx' if is_onnx else 'stablehlo'),
    weights=options.weights,
    platforms=platforms,
  )
  print('\n'.join(written))
  print(f'glcic-jax: {export.NETWORK_ALONE}', file=sys.stderr)
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'export',
    'Writes a model as one function of image and mask, for programs without this package: as '
    'StableHLO, with a short program beside it that runs it by JAX alone, or as ONNX. It holds the '
    'network alone: no blending, no detail, no windows.',
  )
  parser.add_model()
  add = parser.add_argument
  add('--output', required=True, metavar='FILE', help='such as model.stablehlo or model.onnx')
  add('--format', choices=('stablehlo', 'onnx'), help='onnx if FILE ends in .onnx, else stablehlo')
  add(
    '--weights',
    choices=('baked', 'separate'),
    default='baked',
    help='baked: in FILE; separate: beside it, in FILE.safetensors (baked)',
  )
  add(
    '--platforms',
    default=_PLATFORMS,
    metavar='LIST',
    help=f'what the StableHLO is for, whatever this machine is ({_PLATFORMS})',
  )
  return parser
