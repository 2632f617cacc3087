"""glcic-jax receptive-field [--config configs/X.py] [--config.KEY=VALUE ...]"""

from collections.abc import Sequence

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.cli import configured

_HELP = """usage: glcic-jax receptive-field [--config FILE] [--config.KEY=VALUE ...]

Measures how far a pixel of the completion network sees, by the gradient of one output pixel and by the
arithmetic of its layers, with dilated convolutions and without.

  --config FILE          a Python file with get_config(); its network is marked (GLCIC's by default)
  --config.KEY=VALUE     changes one key, such as --config.model.dilated=False"""


def main(arguments: Sequence[str]) -> int:
  """Prints the table; returns the exit code."""
  if any(argument in ('-h', '--help') for argument in arguments):
    print(_HELP)
    return 0
  config = config_lib.default()
  if arguments:
    config, _ = configured.parse('receptive-field', arguments, {})
  config_lib.check(config)
  if config.method != 'glcic':
    raise errors.InputError(
      f'A {config.method} sees the whole picture through its fully-connected layer; '
      'give a config of glcic.'
    )
  from glcic_jax.models import receptive_field  # JAX starts only now that the usage is right

  print(f'{"pixels seen by":<46}{"gradient":>24}{"arithmetic":>24}')
  agree = True
  for dilated in (True, False):
    marked = ' (this config)' if dilated == config.model.dilated else ''
    print(f'{"dilated" if dilated else "without dilation"}{marked}')
    both = [
      receptive_field.by_gradient(dilated=dilated),
      receptive_field.by_arithmetic(dilated=dilated),
    ]
    agree &= both[0] == both[1]
    for name, value in _ROWS.items():
      gradient, arithmetic = (value(field) for field in both)
      print(f'  {name:<44}{gradient:>24}{arithmetic:>24}')
  if not agree:
    raise errors.RunError(
      'The gradient and the arithmetic differ: the network is not what its table says.'
    )
  return 0


_ROWS = {
  'the last quarter-resolution convolution': lambda field: str(field.quarter),
  'an output pixel, by position modulo 4': lambda field: ', '.join(map(str, field.lengths)),
  'an output pixel on one side, at most': lambda field: str(field.reach),
  'the smallest centred window for every pixel': lambda field: str(field.centred),
}
