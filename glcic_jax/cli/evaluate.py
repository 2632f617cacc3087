"""glcic-jax evaluate --model MODEL... --images DIR [--masks DIR|KIND] [--manifest FILE]
--output DIR
"""

import argparse
from collections.abc import Callable
from collections.abc import Sequence
import functools
import json
import os
import sys
from typing import Any
import warnings

from etils import epath

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.data import sources
from glcic_jax.pictures import pairing

_SIDES = (11, 4_096)  # pixels, of --size; SSIM's window is 11
_MANIFEST, _CSV, _JSON, _REPORT = 'manifest.json', 'scores.csv', 'scores.json', 'report.html'


def main(arguments: Sequence[str]) -> int:
  """Scores models; returns the exit code."""
  options = _parser().parse_args(arguments)
  _check(options)
  with warnings.catch_warnings():
    warnings.showwarning = _say_once()
    return _evaluate(options)


def _say_once() -> Callable[..., None]:
  """What shows warnings: of those that come from one place, thousands perhaps, the first."""
  said = set()

  def show(message: Warning, category: type, filename: str, line: int, *_: Any) -> None:
    if (filename, line) not in said:
      said.add((filename, line))
      print(f'glcic-jax: {message} (Said once; it may hold for further pictures.)', file=sys.stderr)

  return show


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='glcic-jax evaluate',
    allow_abbrev=False,
    description='Scores models and classical baselines on the same pictures and holes. Writes '
    'manifest.json, '
    'scores.csv, scores.json and report.html.',
  )
  add = parser.add_argument
  add(
    '--model',
    action='extend',
    nargs='+',
    required=True,
    dest='models',
    metavar='MODEL',
    help='a model directory, a training workdir, one checkpoint in it; or mean, telea, '
    'navier-stokes or '
    'biharmonic; several of them, or the flag again for each',
  )
  add(
    '--images',
    required=True,
    help='a folder of pictures, searched in depth; a glob; or a text file of paths',
  )
  add('--output', required=True, metavar='DIR', help='folder for the results; holds photographs')
  add(
    '--manifest',
    metavar='FILE',
    help='the manifest.json of an earlier evaluation: the same pictures and holes',
  )
  add(
    '--masks',
    metavar='DIR|KIND',
    help='a folder with a mask for each picture, white is the hole: a.* or a_mask* for a.jpg; or a '
    'kind of '
    'hole: center, rectangle, rectangles, region, blocks, strokes, thin, medium, thick, mixture, '
    'or several '
    'with commas between (mixture)',
  )
  add(
    '--draw-masks', action='store_true', help='from the folder of masks, draw any for each picture'
  )
  add(
    '--mask-side',
    type=float,
    metavar='SHARE',
    help="of the kind center: side of the hole, as a share of the picture's (0.5)",
  )
  add(
    '--size',
    type=_count,
    metavar='N',
    help='score the middle square of each picture, resized to N px; '
    'by default pictures as they are',
  )
  add(
    '--split',
    choices=('train', 'validation'),
    help='only the pictures that a training run used, or only those that it held back: give '
    '--images and '
    '--validation-fraction as data.folder and data.validation_fraction of its config.json',
  )
  add(
    '--validation-fraction',
    type=float,
    metavar='F',
    help='share of the pictures that the run held back',
  )
  add(
    '--limit', type=_count, metavar='N', help='at most N pictures, chosen by a hash of their names'
  )
  add('--seed', type=int, help='of the holes and of the intervals (0)')
  add(
    '--reference', metavar='MODEL', help='the model that the others are compared with (the first)'
  )
  add(
    '--blend',
    choices=('poisson', 'opencv', 'none'),
    default='poisson',
    help='how the hole is fitted to its surroundings (poisson); the raw output is scored too',
  )
  add(
    '--large',
    choices=('crop', 'resize', 'whole'),
    default='crop',
    help='what the network sees (crop)',
  )
  add(
    '--features',
    metavar='DIR',
    help="folder of weights for FID, KID and LPIPS, as PyTorch's hub names them: "
    'weights-inception-2015-12-05-6726825d.pth, alexnet-owt-7be5be79.pth; nothing is downloaded',
  )
  add('--device', choices=('cpu', 'gpu', 'tpu'), help='by default the best there is')
  add('--json', action='store_true', help='print scores.json instead of the table')
  return parser


def _count(text: str) -> int:
  if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
    raise argparse.ArgumentTypeError(f'{text!r} is not a number from 1 on')
  return int(text)


def _check(options: argparse.Namespace) -> None:
  """Refuses flags that contradict each other."""
  fixed = {
    '--masks': options.masks,
    '--draw-masks': options.draw_masks,
    '--mask-side': options.mask_side,
    '--size': options.size,
    '--split': options.split,
    '--limit': options.limit,
    '--seed': options.seed,
  }
  given = [flag for flag, value in fixed.items() if value not in (None, False)]
  if options.manifest and given:
    raise errors.InputError(
      f'--manifest says which pictures and holes are evaluated; leave out {given[0]}.'
    )
  if (options.split is None) != (options.validation_fraction is None):
    raise errors.InputError(
      '--split and --validation-fraction go together: give the fraction that the training '
      'run held back (data.validation_fraction in its config.json).'
    )
  if options.validation_fraction is not None and not 0 <= options.validation_fraction <= 1:
    raise errors.InputError(
      f'--validation-fraction is {options.validation_fraction:g}; give a share from 0 to 1.'
    )
  if options.reference and options.reference not in options.models:
    raise errors.InputError(
      f'--reference is {options.reference}, which is no --model; give one of them.'
    )
  if options.seed is not None and options.seed < 0:
    raise errors.InputError(f'--seed is {options.seed}; give a number from 0 on.')
  if options.size is not None and not _SIDES[0] <= options.size <= _SIDES[1]:
    raise errors.InputError(
      f'--size is {options.size}; give from {_SIDES[0]} px, which SSIM needs, to {_SIDES[1]:,}.'
    )
  if options.features is not None and not os.path.isdir(options.features):
    raise errors.InputError(f'There is no folder {options.features}; check --features.')
  if os.path.exists(options.output) and not os.path.isdir(options.output):
    raise errors.InputError(f'{options.output} is a file; give --output a folder.')


def _evaluate(options: argparse.Namespace) -> int:
  source = _source(options)
  manifest, failures = _manifest(options, source)
  from glcic_jax.evaluation import entrants as entrants_lib  # JAX and OpenCV start only now
  from glcic_jax.evaluation import evaluate
  from glcic_jax.evaluation import features
  from glcic_jax.evaluation import report
  from glcic_jax.inference import compilation

  compilation.keep_programs()
  entrants = entrants_lib.load(
    options.models, manifest, blend=options.blend, large=options.large, device=options.device
  )
  output = epath.Path(options.output)
  output.mkdir(parents=True, exist_ok=True)
  for name in (
    _CSV,
    _JSON,
    _REPORT,
  ):  # of an earlier evaluation: they would not belong to this manifest
    (output / name).unlink(missing_ok=True)
  files.write(output / _MANIFEST, manifest.to_bytes())
  collector = features.Collector(options.features)
  rows, seconds = evaluate.run(
    manifest, source.read, entrants, visit=collector.visit, progress=_progress
  )
  reference = entrants[options.models.index(options.reference) if options.reference else 0].label
  found = _scores(
    manifest, entrants, evaluate.summarise(rows, reference, manifest.seed), reference, failures
  )
  found['features'] = collector.results()
  files.write(output / _CSV, evaluate.to_csv(rows))
  text = json.dumps(found, indent=1)
  files.write(output / _JSON, f'{text}\n'.encode())
  pictures = functools.partial(
    evaluate.completed, manifest=manifest, read=source.read, entrants=entrants
  )
  files.write(output / _REPORT, report.render(found, rows, pictures))
  print(text if options.json else _table(found, seconds))
  for _, sentence in failures:
    print(f'glcic-jax: {sentence}', file=sys.stderr)
  return 1 if failures else 0


def _source(options: argparse.Namespace) -> sources.Source:
  """The pictures that are there, those of a split only if it is asked for."""
  text = options.images
  if not os.path.exists(text) and '://' not in text and not set('*?') & set(text):
    raise errors.InputError(f'There is no folder {text}; check --images.')
  if os.path.isfile(text) and not text.lower().endswith('.txt'):
    raise errors.InputError(f'{text} is a file; give --images a folder of pictures.')
  source = sources.folder(text)
  if options.split:
    source = getattr(sources.split(source, options.validation_fraction), options.split)
    if not source.names:
      raise errors.InputError(
        f'No picture of {text} falls to --split {options.split} at a fraction of '
        f'{options.validation_fraction:g}; check --validation-fraction.'
      )
  return source


def _manifest(
  options: argparse.Namespace, source: sources.Source
) -> tuple[Any, list[tuple[str, str]]]:
  """The one that is given, or a new one; and the pictures that cannot be used."""
  from glcic_jax.evaluation import holes
  from glcic_jax.evaluation import manifest as manifest_lib

  if options.manifest:
    try:
      data = epath.Path(options.manifest).read_bytes()
    except OSError as error:
      raise errors.InputError(
        f'{options.manifest} cannot be read ({error.strerror or error}).'
      ) from None
    manifest = manifest_lib.Manifest.from_bytes(data, options.manifest)
    manifest_lib.check(manifest, source.names, source.read, options.images)
    return manifest, []
  seed, names, text = options.seed or 0, source.names, options.masks or 'mixture'
  words, side = text.split(','), 0.5 if options.mask_side is None else options.mask_side
  is_kind = all(word in holes.KINDS for word in words)
  if options.mask_side is not None and not (is_kind and 'center' in words):
    raise errors.InputError(
      '--mask-side is the side of --masks center; leave it out, or ask for these.'
    )
  if is_kind or not os.path.isdir(text):
    if options.draw_masks:
      raise errors.InputError('--draw-masks needs --masks FOLDER.')
    hole_of = holes.drawn(holes.kinds_of(text), seed=seed, size=options.size, center_side=side)
    text += f', side {side:g}' if 'center' in words else ''
  elif options.draw_masks:
    hole_of = holes.drawn_from(text, seed=seed, size=options.size)
    text = 'drawn from a folder'
  else:
    names, hole_of = _paired(options, names)
    text = 'paired'
  if options.limit:
    names = sorted(
      sources.split(sources.Source(names, source.read), 1.0).validation.names[: options.limit]
    )
  return manifest_lib.build(names, source.read, hole_of, seed=seed, size=options.size, masks=text)


def _paired(options: argparse.Namespace, names: Sequence[str]) -> tuple[tuple[str, ...], Any]:
  """The pictures that are no masks themselves, and each one's own mask."""
  from glcic_jax.evaluation import holes

  inputs, listed = [options.images], os.path.isfile(options.images)
  if listed:  # its paths are relative to itself
    inputs = [os.path.join(os.path.dirname(options.images), name) for name in names]
  try:
    found, _ = pairing.jobs(inputs, options.masks)
  except errors.InputError as error:
    raise errors.InputError(f'{str(error).rstrip(".")}; --draw-masks draws any of them.') from None
  jobs = {job.name: job for job in found}
  if listed:
    by_path = {job.image: job for job in found}
    jobs = {name: by_path[path] for name, path in zip(names, inputs) if path in by_path}

  def mask_of(name: str) -> str:
    if jobs[name].error:
      raise errors.InputError(f'{name} has no mask: {jobs[name].error}')
    return jobs[name].mask

  return (tuple(name for name in names if name in jobs), holes.paired(mask_of, size=options.size))


def _scores(
  manifest: Any,
  entrants: Sequence[Any],
  summary: dict[str, Any],
  reference: str,
  failures: Sequence[tuple[str, str]],
) -> dict[str, Any]:
  """scores.json."""
  from glcic_jax.evaluation import bootstrap
  from glcic_jax.evaluation import manifest as manifest_lib
  from glcic_jax.evaluation import scoring

  return {
    'manifest': manifest_lib.summary(manifest),
    'models': {entrant.label: entrant.about for entrant in entrants},
    'reference': reference,
    'intervals': f'bootstrap over pictures, {bootstrap.RESAMPLES} resamples, {bootstrap.LEVEL:.0%}',
    'definitions': {name: score._asdict() for name, score in scoring.SCORES.items()},
    'failed': [{'picture': name, 'error': sentence} for name, sentence in failures],
    **summary,
  }


def _table(found: dict[str, Any], seconds: dict[str, float]) -> str:
  """The main scores over all pictures, for a terminal; the others are in the files."""
  columns = {
    'hole_l1': 'L1 hole',
    'hole_psnr': 'PSNR hole, dB',
    'hole_ssim': 'SSIM hole',
    'seam': 'seam',
    'whole_psnr': 'PSNR whole',
    'whole_ssim': 'SSIM whole',
  }
  lines = [['model', 'output', *columns.values(), f'hole PSNR - {found["reference"]}', 's/picture']]
  means = {(r['model'], r['output'], r['score']): r for r in found['means'] if r['group'] == 'all'}
  differences = {
    (r['model'], r['output']): r
    for r in found['differences']
    if r['group'] == 'all' and r['score'] == 'hole_psnr'
  }
  for model, output in dict.fromkeys((r['model'], r['output']) for r in found['means']):
    cells = [
      _number(row, interval=name == 'hole_psnr') + _fewer(found, row)
      for name in columns
      for row in [means[model, output, name]]
    ]
    difference = differences.get((model, output))
    lines.append(
      [
        model,
        output,
        *cells,
        _number(difference, interval=True, sign='+') if difference else '',
        f'{seconds[model]:.2f}' if output == 'completed' else '',
      ]
    )
  widths = [max(map(len, column)) for column in zip(*lines)]
  table = '\n'.join(
    '  '.join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
  )
  return f'Means over {found["manifest"]["pictures"]} pictures, [95 % intervals]\n{table}'


def _fewer(found: dict[str, Any], record: dict[str, Any]) -> str:
  """Over how many pictures a mean is, where not over all."""
  return f' (n={record["n"]})' if record['n'] < found['manifest']['pictures'] else ''


def _number(record: dict[str, Any], *, interval: bool, sign: str = '') -> str:
  if record['mean'] is None:
    return '-'
  form = f'{sign}.{2 if "psnr" in record["score"] else 4}f'
  text = f'{record["mean"]:{form}}'
  if not interval or record['low'] is None:
    return text
  return f'{text} [{record["low"]:{form}}, {record["high"]:{form}}]'


def _progress(done: int, total: int, label: str) -> None:
  """A line that replaces itself; on a terminal only."""
  if sys.stderr.isatty():
    print(
      f'\r\x1b[K{done} of {total}  {label}',
      end='' if done < total else '\n',
      file=sys.stderr,
      flush=True,
    )
