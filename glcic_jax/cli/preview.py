"""glcic-jax preview --config configs/X.py --output SHEET.png [--count N] [--config.KEY=VALUE
...]
"""

from collections.abc import Sequence

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.cli import configured
from glcic_jax.pictures import image_files

_HELP = """usage: glcic-jax preview --config FILE --output SHEET.png [--count N] [--config.KEY=VALUE ...]

Shows what the networks will be fed, before anything is trained: the first samples of the run with
their holes and local views, and how large the holes are, where they lie, and how much of them the local
view shows.

  --config FILE          a Python file with get_config(), such as configs/quickstart.py
  --output SHEET.png     where to write the sheet
  --count N              how many samples to show (8)
  --config.KEY=VALUE     changes one key, such as --config.data.folder=photos or --config.mask.kind=strokes"""


def main(arguments: Sequence[str]) -> int:
  """Writes the sheet; returns the exit code."""
  if any(argument in ('-h', '--help') for argument in arguments):
    print(_HELP)
    return 0
  config, options = configured.parse('preview', arguments, {'output': None, 'count': '8'})
  count = options['count']
  if not count.isdecimal() or not 1 <= int(count) <= 64:
    raise errors.InputError(f'--count is {count!r}; give 1 to 64.')
  config_lib.check(config)
  from glcic_jax.reporting import preview  # TensorFlow starts only now that the usage is right

  sheet, facts = preview.preview(config, int(count))
  image_files.write(options['output'], sheet)
  for name, value in facts.items():
    print(f'{name:<34}{value}')
  print(options['output'])
  return 0
