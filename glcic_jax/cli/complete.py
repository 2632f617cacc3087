"""glcic-jax complete IMAGE --mask MASK --model MODEL --output OUT"""

import argparse
from collections.abc import Sequence
import os
import sys

import numpy as np

from glcic_jax import errors
from glcic_jax import pictures


def main(arguments: Sequence[str]) -> int:
  """Completes one picture; returns the exit code."""
  options = _parser().parse_args(arguments)
  _check_output(options)
  image = pictures.load(pictures.open_picture(options.image))
  mask = pictures.read_mask(options.mask, image.size)
  _warn_if_inverted(mask, options.mask)
  from glcic_jax.inference import completer as completer_lib  # JAX starts only now
  completer = completer_lib.Completer.from_pretrained(options.model, device=options.device)
  if image.mode not in completer_lib.KEPT_MODES:
    print(f'{options.image} is of mode {image.mode}; the result is RGB.', file=sys.stderr)
  completed = completer(image, mask[..., 0] > 0)
  kept = {'icc_profile': image.info['icc_profile']} if 'icc_profile' in image.info else {}
  if options.output.lower().endswith(('.jpg', '.jpeg')):
    print('JPEG is lossy: pixels outside the hole will differ a little; use .png to keep them.',
          file=sys.stderr)
    kept['quality'] = 95
  pictures.write(options.output, completed, **kept)
  print(options.output)
  return 0


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
      prog='glcic-jax complete', allow_abbrev=False,
      description='Fills the hole of a picture. Pixels outside the hole are not touched.')
  parser.add_argument('image', metavar='IMAGE', help='the picture')
  parser.add_argument('--mask', required=True, help='white is the hole; of the same size as the picture')
  parser.add_argument('--model', required=True,
                      help='a model directory, a training workdir, or one checkpoint in it')
  parser.add_argument('--output', required=True, help='where to; the suffix decides the format')
  parser.add_argument('--device', choices=('cpu', 'gpu', 'tpu'), help='by default the best there is')
  return parser


def _check_output(options: argparse.Namespace) -> None:
  """Refuses, before any work, an output that cannot be or must not be written."""
  if os.path.isdir(options.output):
    raise errors.InputError(f'{options.output} is a folder; give --output a file name.')
  if os.path.splitext(options.output)[1].lower() not in pictures.SUFFIXES:
    raise errors.InputError(f'{options.output} does not end in a picture format; use .png or .jpg.')
  for name in (options.image, options.mask):
    if os.path.exists(options.output) and os.path.exists(name) and os.path.samefile(options.output, name):
      raise errors.InputError(f'{options.output} is an input; give --output another name.')
  folder = os.path.dirname(options.output) or '.'
  if '://' not in folder and not os.path.isdir(folder):
    raise errors.InputError(f'There is no folder {folder}; make it, or give --output another.')


def _warn_if_inverted(mask: np.ndarray, name: str) -> None:
  height, width = mask.shape[:2]
  middle = mask[height // 4:height - height // 4, width // 4:width - width // 4]
  if mask.mean() > 0.5 and middle.mean() < 0.5:
    print(f'{name} looks inverted: white is the hole, and it surrounds the middle of the picture.',
          file=sys.stderr)
