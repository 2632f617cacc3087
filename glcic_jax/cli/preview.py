"""glcic-jax preview --config configs/X.py --output SHEET.png [--count N] [--config.KEY=VALUE
...]
"""

from collections.abc import Sequence
import os

from glcic_jax import errors
from glcic_jax.cli import configured
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import values
from glcic_jax.pictures import image_files


def main(arguments: Sequence[str]) -> int:
  """Writes the sheet; returns the exit code."""
  config, options = configured.parse(_parser(), arguments)
  _check_output(options.output, config.data.folder)
  from glcic_jax.reporting import preview  # TensorFlow starts only now that the usage is right

  sheet, facts = preview.preview(config, options.count)
  image_files.write(options.output, sheet)
  for name, value in facts.items():
    print(f'{name:<34}{value}')
  print(options.output)
  return 0


def _check_output(output: str, folder: str) -> None:
  """Refuses a sheet over one of the pictures, or beside them, where a run would train on it."""
  if not folder or not os.path.isdir(folder):
    return
  if os.path.realpath(output).startswith(os.path.join(os.path.realpath(folder), '')):
    raise errors.InputError(
      f'{output} is in the folder of pictures, and the run would be fed the sheet; give --output '
      'another place.'
    )


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'preview',
    'Shows what the networks will be fed, before anything is trained: the first samples of the run '
    'with their holes and local views, and how large the holes are, where they lie, and how much '
    'of them the local view shows.',
  )
  configured.add_config(parser)
  add = parser.add_argument
  sheet, count = 'where to write the sheet, over an earlier one', 'how many samples to show (8)'
  add('--output', metavar='SHEET.png', required=True, help=sheet)
  add('--count', metavar='N', type=values.whole_number(1, 64), default=8, help=count)
  return parser
