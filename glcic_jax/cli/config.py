"""glcic-jax config configs/X.py[:form] [--config.KEY=VALUE ...]"""

from collections.abc import Sequence
import json
import shutil

from glcic_jax.cli import configured
from glcic_jax.cli import parser as parser_lib
from glcic_jax.config import audit


def main(arguments: Sequence[str]) -> int:
  """Prints every key; returns the exit code."""
  config, options = configured.parse(_parser(), arguments)
  if options.json:
    print(json.dumps(audit.as_json(config), indent=2))
  else:
    print(audit.text(config, shutil.get_terminal_size((150, 24)).columns, options.config))
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'config',
    'Prints every key of a config with its value, what its paper states, and what it means: first '
    'those that are other than in the paper, then those that are other than the default.',
  )
  parser.add_argument(
    'config',
    metavar='CONFIG',
    help='configs/X.py, or the X of the package; X:FORM applies a set of changes that it has a '
    'name for, such as glcic_faces:laptop',
  )
  configured.add_changes(parser)
  parser.add_argument('--json', action='store_true', help='print JSON')
  return parser
