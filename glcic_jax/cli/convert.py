"""glcic-jax convert SOURCE MODEL_DIR [--to pytorch]"""

from collections.abc import Sequence

from glcic_jax import errors
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import values


def main(arguments: Sequence[str]) -> int:
  """Converts weights; returns the exit code."""
  options = _parser().parse_args(arguments)
  if options.to == 'pytorch':
    for flag in ('mean_color', 'image_size', 'overlap', 'discriminator'):
      if getattr(options, flag) is not None:
        flag = flag.replace('_', '-')
        raise errors.InputError(f'--{flag} is not for --to pytorch; leave it out.')
  from glcic_jax.convert import converter  # JAX starts only now
  from glcic_jax.convert import program

  if options.to == 'pytorch':
    converter.to_pytorch(options.source, options.model_dir)
    print(options.model_dir)
    return 0
  wishes = program.Wishes(options.mean_color, options.image_size, options.overlap)
  description = converter.to_model_directory(
    options.source, options.model_dir, wishes, options.discriminator
  )
  source = description.source or 'a model trained by glcic_jax'
  fill = ', '.join(f'{value:.4f}' for value in description.mean_color)
  discriminator = 'with' if description.discriminator else 'without'
  print(f'{options.model_dir}: {description.method}, from {source}')
  print(f'  the hole is filled with {fill} (RGB in 0..1); trained at {description.image_size} px')
  licence = description.licence or 'none chosen yet'
  print(f'  {discriminator} discriminator; licence: {licence}')
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'convert',
    'Converts weights of other programs into a model directory; what kind they are is found out. '
    "With --to pytorch, converts a model into a state dict in the order of its authors' modules.",
  )
  add = parser.add_argument
  add(
    'source',
    metavar='SOURCE',
    help='a Torch7 file (.t7), a PyTorch file (.pth, .pt) or .safetensors; with --to pytorch, a '
    'MODEL',
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
    type=values.mean_color,
    help='mean colour of the training pictures, from 0 to 1, where neither SOURCE nor a '
    'config.json beside it says so',
  )
  add(
    '--image-size',
    metavar='N',
    type=values.pixels(16, 4_096),
    help='pixels: side of the training pictures, where it is not the published one',
  )
  add(
    '--overlap',
    metavar='N',
    type=values.pixels(0, 4_096),
    help="pixels by which a centre Context Encoder's patch overlaps what is known (4, as released)",
  )
  return parser
