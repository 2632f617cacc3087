"""glcic-jax convert SOURCE MODEL_DIR [--to pytorch]"""

import argparse
from collections.abc import Sequence
import json

from etils import epath

from glcic_jax import errors


def main(arguments: Sequence[str]) -> int:
  """Converts weights; returns the exit code."""
  options = _parser().parse_args(arguments)
  if options.to == 'pytorch':
    return _to_pytorch(options)
  from glcic_jax.convert import converter  # JAX starts only now
  from glcic_jax.convert import program

  wishes = program.Wishes(
    mean_color=_color(options.mean_color),
    image_size=_pixels('--image-size', options.image_size, 16),
    overlap=_pixels('--overlap', options.overlap, 0),
    settings=_settings(options.source),
  )
  description = converter.to_model_directory(
    options.source, options.model_dir, wishes, options.discriminator
  )
  fill = ', '.join(f'{value:.4f}' for value in description.mean_color)
  print(
    f'{options.model_dir}: {description.method}, from '
    f'{description.source or "a model trained by glcic_jax"}'
  )
  print(f'  the hole is filled with {fill} (RGB in 0..1); trained at {description.image_size} px')
  print(
    f'  {"with" if description.discriminator else "without"} discriminator; '
    f'licence: {description.licence or "none chosen yet"}'
  )
  return 0


def _to_pytorch(options: argparse.Namespace) -> int:
  flags = ('mean_color', 'image_size', 'overlap', 'discriminator')
  given = [flag for flag in flags if getattr(options, flag) is not None]
  if given:
    raise errors.InputError(
      f'--{given[0].replace("_", "-")} is not for --to pytorch; leave it out.'
    )
  from glcic_jax.convert import converter

  print(converter.to_pytorch(options.source, options.model_dir))
  return 0


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='glcic-jax convert',
    allow_abbrev=False,
    description='Converts weights of other programs into a model directory; what kind they are is '
    'found out. With '
    "--to pytorch, converts a model into a state dict in the order of its authors' modules.",
  )
  add = parser.add_argument
  add(
    'source',
    metavar='SOURCE',
    help='a Torch7 file (.t7), a PyTorch file (.pth, .pt) or .safetensors; with '
    '--to pytorch, a MODEL',
  )
  add(
    'model_dir',
    metavar='MODEL_DIR',
    help='the folder to write; with --to pytorch, a file: .pth or .safetensors',
  )
  add('--to', choices=('pytorch',), help='the other direction')
  add(
    '--discriminator',
    metavar='FILE',
    help="the discriminator's weights, where they are in a file of their own",
  )
  add(
    '--mean-color',
    metavar='R,G,B',
    help='mean colour of the training pictures, from 0 to 1, where neither SOURCE '
    'nor a config.json beside it says so',
  )
  add(
    '--image-size',
    metavar='N',
    help='pixels: side of the training pictures, where it is not the published one',
  )
  add(
    '--overlap',
    metavar='N',
    help="pixels by which a centre Context Encoder's patch overlaps what is known (4, as released)",
  )
  return parser


def _color(text: str | None) -> tuple[float, float, float] | None:
  if text is None:
    return None
  try:
    color = tuple(float(part) for part in text.split(','))
  except ValueError:
    color = ()
  if len(color) != 3 or not all(0 <= part <= 1 for part in color):
    raise errors.InputError(
      f'--mean-color is {text}; give three numbers from 0 to 1, such as 0.456,0.447,0.416.'
    )
  return color


def _pixels(flag: str, text: str | None, least: int) -> int | None:
  if text is None:
    return None
  if not text.isdecimal() or not least <= int(text) <= 4_096:
    raise errors.InputError(f'{flag} is {text}; give a number of pixels from {least} to 4096.')
  return int(text)


def _settings(source: str) -> dict[str, object]:
  """The settings of otenim's program, which it keeps beside its weights or a folder above; {}
  if there are none.
  """
  folder = epath.Path(source).parent
  for place in (folder, folder.parent):
    try:
      settings = json.loads((place / 'config.json').read_text())
    except (OSError, ValueError):
      continue
    if isinstance(settings, dict) and 'mpv' in settings:
      return settings
  return {}
