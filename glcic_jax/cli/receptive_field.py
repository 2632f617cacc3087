"""glcic-jax receptive-field [--config configs/X.py] [--config.KEY=VALUE ...]"""

from collections.abc import Sequence

from glcic_jax import errors
from glcic_jax import methods
from glcic_jax.cli import configured
from glcic_jax.cli import parser as parser_lib


def main(arguments: Sequence[str]) -> int:
  """Prints the table; returns the exit code."""
  config, _ = configured.parse(_parser(), arguments)
  if methods.of(config.method).architecture.field is None:
    raise errors.InputError(
      f'A {config.method} sees the whole picture through its fully-connected layer; give a config '
      'of GLCIC.'
    )
  from glcic_jax.models import receptive_field  # JAX starts only now that the usage is right

  measured = receptive_field.measure()
  print('\n'.join(receptive_field.table(measured, config.model.dilated)))
  if any(gradient != arithmetic for gradient, arithmetic in measured.values()):
    sentence = 'The gradient and the arithmetic differ: the network is not what its table says.'
    raise errors.RunError(sentence)
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'receptive-field',
    'Measures how far a pixel of the completion network sees, by the gradient of one output pixel '
    "and by the arithmetic of its layers, with dilated convolutions and without. The config's own "
    "is marked (GLCIC's by default).",
  )
  configured.add_config(parser, required=False)
  return parser
