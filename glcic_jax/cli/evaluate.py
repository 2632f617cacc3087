"""glcic-jax evaluate [--model MODEL...] --images DIR [--masks DIR|KIND] [--manifest FILE]
--output DIR
"""

import argparse
from collections.abc import Sequence
import os
import warnings

from glcic_jax import errors
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import terminal
from glcic_jax.cli import values
from glcic_jax.evaluation import names
from glcic_jax.model_directory import shipped


def main(arguments: Sequence[str]) -> int:
  """Scores models; returns the exit code."""
  options = _parser().parse_args(arguments)
  options.models = options.models or [shipped.DEMO]
  names.check(options.models)
  if options.reference and options.reference not in options.models:
    hint = errors.did_you_mean(options.reference, options.models) or 'give one of them.'
    raise errors.InputError(f'--reference is {options.reference}, which is no --model; {hint}')
  if options.features is not None and not os.path.isdir(options.features):
    raise errors.InputError(f'There is no folder {options.features}; check --features.')
  if os.path.exists(options.output) and not os.path.isdir(options.output):
    raise errors.InputError(f'{options.output} is a file; give --output a folder.')
  speaker = terminal.Terminal()
  with warnings.catch_warnings(), speaker:
    warnings.filterwarnings('always', category=UserWarning)  # they are counted
    warnings.showwarning = speaker.warn_once()
    return _evaluate(options, speaker)


def _evaluate(options: argparse.Namespace, speaker: terminal.Terminal) -> int:
  from glcic_jax import compilation
  from glcic_jax.evaluation import choice as choice_lib  # JAX and OpenCV start only now
  from glcic_jax.evaluation import entrants as entrants_lib
  from glcic_jax.evaluation import results
  from glcic_jax.evaluation import score_table
  from glcic_jax.holes import own_masks
  from glcic_jax.pictures import left_out

  choice = choice_lib.Choice(*(getattr(options, name) for name in choice_lib.Choice._fields))
  source = choice_lib.source(choice)
  chosen = choice_lib.choose(choice, source)
  manifest, failures = chosen.manifest, chosen.failures
  compilation.keep_programs()
  entrants = entrants_lib.load(
    options.models,
    manifest,
    **{name: getattr(options, name) for name in ('blend', 'large', 'device', 'detail', 'scale')},
  )
  reference = options.models.index(options.reference) if options.reference else 0
  found, seconds = results.write(
    options.output,
    manifest,
    failures,
    source.read,
    entrants,
    reference=entrants[reference].label,
    left_out=chosen.left_out,
    weights=options.features,
    progress=speaker.progress,
  )
  print(results.to_json(found) if options.json else score_table.plain(found, seconds))
  if choice.draw_masks and choice.masks:
    masks = own_masks.survey(choice.masks, choice.mask_channel)
    if not masks.is_plain:
      speaker.note(f'glcic-jax: {choice.masks}: {masks}.')
  for line in [*left_out.said(chosen.left_out), *(sentence for _, sentence in failures)]:
    speaker.note(f'glcic-jax: {line}')
  if len(failures) > 1:
    total = len(failures) + len(manifest.entries)
    speaker.note(f'glcic-jax: {len(failures)} of {total} pictures could not be used.')
  return 1 if failures else 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'evaluate',
    'Scores models and classical baselines on the same pictures and holes. Writes manifest.json, '
    'scores.csv, scores.json and report.html.',
  )
  *others, last = names.BASELINES
  baselines = ', '.join(others)
  parser.add_argument(
    '--model',
    action='extend',
    nargs='+',
    dest='models',
    metavar='MODEL',
    help=f'{shipped.DEMO}, the model in the package; a model directory, a training workdir, one '
    f'checkpoint in it; or {baselines} or {last}; several of them, or the flag again for each; '
    f'with options of its own after a colon, {shipped.DEMO}:detail=off,scale=1 ({shipped.DEMO})',
  )
  _add_pictures(parser)
  add = parser.add_argument
  add('--output', required=True, metavar='DIR', help='folder for the results; holds photographs')
  add(
    '--reference', metavar='MODEL', help='the model that the others are compared with (the first)'
  )
  parser.add_manner()
  add(
    '--features',
    metavar='DIR',
    help="folder of weights for FID, KID and LPIPS, as PyTorch's hub names them: "
    'weights-inception-2015-12-05-6726825d.pth, alexnet-owt-7be5be79.pth; nothing is downloaded',
  )
  add('--json', action='store_true', help='print scores.json instead of the table')
  return parser


def _add_pictures(parser: parser_lib.Parser) -> None:
  """The options that `choice.Choice` holds."""
  add = parser.add_argument
  add(
    '--images',
    required=True,
    help='a folder of pictures, searched in depth; a glob; or a text file of paths',
  )
  add(
    '--manifest',
    metavar='FILE',
    help='the manifest.json of an earlier evaluation: the same pictures and holes',
  )
  add(
    '--masks',
    metavar='DIR|KIND',
    help='a folder with a mask for each picture, white is the hole: a.* or a_mask* for a.jpg; or a '
    'kind of hole: center, rectangle, rectangles, region, blocks, strokes, thin, medium, thick, '
    'mixture, or several with commas between (mixture)',
  )
  add(
    '--draw-masks', action='store_true', help='from the folder of masks, draw any for each picture'
  )
  parser.add_mask_channel('of masks in a folder')
  add(
    '--mask-side',
    type=values.number(),
    metavar='SHARE',
    help="of the kind center: side of the hole, as a share of the picture's (0.5)",
  )
  add(
    '--size',
    type=values.pixels(11, 4_096),
    metavar='N',
    help='score the middle square of each picture, resized to N px, 11 or more: the window of '
    'SSIM; by default pictures as they are',
  )
  add(
    '--split',
    choices=('train', 'validation'),
    help='only the pictures that a training run used, or only those that it held back: give '
    '--images and --validation-fraction as data.folder and data.validation_fraction of its '
    'config.json',
  )
  add(
    '--validation-fraction',
    type=values.share,
    metavar='F',
    help='share of the pictures that the run held back',
  )
  add(
    '--limit',
    type=values.whole_number(highest=1_000_000),
    metavar='N',
    help='at most N pictures, chosen by a hash of their names',
  )
  add('--seed', type=values.whole_number(0), help='of the holes and of the intervals (0)')
