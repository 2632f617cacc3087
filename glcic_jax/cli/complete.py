"""glcic-jax complete IMAGE... --mask MASK [--model MODEL] [--output OUT]"""

import argparse
from collections.abc import Callable, Sequence
import json
from typing import Any
import warnings

from glcic_jax import errors
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import terminal
from glcic_jax.cli import values
from glcic_jax.inference import baselines
from glcic_jax.inference import many_files
from glcic_jax.model_directory import shipped
from glcic_jax.pictures import given_holes
from glcic_jax.pictures import left_out
from glcic_jax.pictures import limits
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import pairing
from glcic_jax.pictures import sheets


def main(arguments: Sequence[str]) -> int:
  """Completes pictures; returns the exit code."""
  parser = _parser()
  options = parser.parse_args(arguments)
  if options.mask is not None and options.hole_color:
    raise errors.InputError('--mask and --hole-color both say where the hole is; give one of them.')
  for flag in ('--invert-mask', mask_meaning.FLAG):
    is_given = getattr(options, flag.strip('-').replace('-', '_'))
    errors.require(not is_given or options.mask is not None, f'{flag} needs a --mask.')
  shipped.check(options.model, tuple(baselines.FILLS))
  # With --skip-existing nothing that lies among the results is touched, so these are no inputs.
  results = options.output if options.skip_existing else None
  found, alone = pairing.jobs(options.images, options.mask, results=results)
  jobs = pairing.with_outputs(
    found, alone, options.output, options.format, keep=options.skip_existing
  )
  speaker = terminal.Terminal()
  note = (lambda text: None) if options.quiet else speaker.note
  how = _manner(parser, options)
  run = many_files.Run(
    jobs,
    _where(options),
    options.model,
    options.device,
    how,
    strip_gps=options.strip_gps,
    skip_existing=options.skip_existing,
    sheet=_sheet(options, jobs, note),
    progress=speaker.progress,
    note=note,
    part=(lambda *_: None) if options.quiet else speaker.part,
  )
  with warnings.catch_warnings(), speaker:
    warnings.showwarning = lambda message, *_, **__: note(f'glcic-jax: {message}')
    left = left_out.entries(options.images, jobs)
    for line in left_out.said(left):
      note(f'glcic-jax: {line}')
    try:
      for output in run.complete():
        if not options.json:
          speaker.result(output)
    finally:  # whatever ends the run, what failed before is said
      for failure in run.failed:
        speaker.note(f'glcic-jax: {failure["error"]}')
  if run.skipped:
    note(f'glcic-jax: {len(run.skipped)} of {len(jobs)} pictures skipped: results are there.')
  if run.failed:
    speaker.note(f'glcic-jax: {len(run.failed)} of {len(jobs)} pictures failed.')
  if options.json:
    done = {'completed': run.completed, 'skipped': run.skipped, 'failed': run.failed}
    done['left_out'] = [entry._asdict() for entry in left]
    speaker.result(json.dumps(done, indent=2))
  return 1 if run.failed else 0


def _where(options: argparse.Namespace) -> given_holes.Where:
  return given_holes.Where(
    options.mask,
    options.invert_mask,
    options.hole_color,
    options.dilate,
    options.mask_channel,
    options.max_pixels,
  )


def _sheet(
  options: argparse.Namespace, jobs: Sequence[pairing.Job], note: Callable[[str], None]
) -> sheets.Comparison | None:
  """The sheet that is to be written; with --skip-existing, none over one that is there."""
  if options.compare is None:
    return None
  sheet = sheets.Comparison(options.compare, jobs, keep=options.skip_existing)
  if not sheet.is_kept:
    return sheet
  note(f'glcic-jax: {sheet.path} is kept; for a sheet of what is new, give --compare another name.')
  return None


def _manner(parser: parser_lib.Parser, options: argparse.Namespace) -> dict[str, Any]:
  """`Completer`'s options; a baseline has none, and refuses them."""
  names = ('blend', 'feather', 'large', 'detail', 'scale')
  how = {name: getattr(options, name) for name in names}
  if options.model not in baselines.FILLS:
    return how
  for name, value in {**how, 'device': options.device}.items():
    if value != parser.get_default(name):
      raise errors.InputError(
        f'--{name} is for networks, and --model {options.model} is none; leave one of them out.'
      )
  return {}


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'complete', 'Fills the holes of pictures. Pixels outside the hole are not touched.'
  )
  add = parser.add_argument
  add('images', metavar='IMAGE', nargs='+', help='pictures, folders of pictures, or globs')
  add(
    '--mask',
    help='white is the hole; of the same size as the picture. A file for all, or a folder, where '
    'the mask of a.jpg is a.* or a_mask*. Without: the transparent part of the picture, or '
    '--hole-color',
  )
  parser.add_model(shipped.DEMO, f'; or, without a network, {", ".join(baselines.FILLS)}')
  where = (
    'of one picture, a file, which is replaced, and whose suffix decides the format; else a '
    'folder, in which pictures keep their folders below the one that holds all that is given. '
    'Without: beside each picture, as NAME_completed, where nothing has this name yet'
  )
  add('--output', help=where)
  painted = 'the hole is what has this colour: #ff00ff, or a name'
  add('--hole-color', metavar='COLOR', type=values.color, help=painted)
  add('--invert-mask', action='store_true', help='the hole is all else: what the mask has black')
  parser.add_mask_channel('of the mask')
  pixels = values.pixels(0, 10_000)
  add(
    '--dilate',
    type=pixels,
    metavar='N',
    help=f'the hole grows by N pixels on each side (0; {given_holes.FRINGE} for --hole-color in '
    'lossy files)',
  )
  faded = 'the surroundings fade out over N pixels inside the hole'
  add('--feather', type=pixels, default=0, metavar='N', help=faded)
  parser.add_manner()
  add(
    limits.FLAG,
    type=values.whole_number(1, 10**12),
    metavar='N',
    help=f'pictures may have so many pixels ({limits.MOST_PIXELS}); a file of a few bytes may '
    'claim more than there is memory for',
  )
  formats = ('keep', 'png', 'jpg', 'webp')
  add('--format', choices=formats, default='keep', help='of the results, where --output is no file')
  add('--strip-gps', action='store_true', help='leave out where the picture was taken')
  add(
    '--compare',
    metavar='SHEET',
    help='also write a sheet of inputs, masks and results, where no file has this name yet',
  )
  add(
    '--skip-existing', action='store_true', help='leave out pictures whose result is there already'
  )
  add('--quiet', action='store_true', help='no notes on stderr, only what failed')
  add('--json', action='store_true', help='print what was done as JSON')
  return parser
