"""glcic-jax complete IMAGE... --mask MASK --model MODEL --output OUT"""

import argparse
from collections.abc import Sequence
import json
import os
import time
from typing import Any
import warnings

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.cli import terminal
from glcic_jax.pictures import image_files
from glcic_jax.pictures import pairing
from glcic_jax.pictures import sheets

_FRINGE = (
  2  # pixels that a painted colour spreads by in a JPEG, which halves the resolution of colours
)
_SHEET_ROWS, _SHEET_CELL = 64, 256  # pictures, and pixels of the longer side of each


def main(arguments: Sequence[str]) -> int:
  """Completes pictures; returns the exit code."""
  options = _parser().parse_args(arguments)
  options.hole_color = _color(options.hole_color)
  _check_not_both(options)
  # With --skip-existing nothing that lies among the results is touched, so these are no inputs.
  found, alone = pairing.jobs(
    options.images, options.mask, results=options.output if options.skip_existing else None
  )
  outputs = pairing.outputs(found, alone, options.output, options.format)
  if options.compare:
    _check_sheet(options.compare, found, outputs)
  with warnings.catch_warnings(), terminal.stoppable():
    warnings.filterwarnings(
      'ignore', message='Image size'
    )  # Pillow takes a panorama for an attack, and reads it
    run = _Run(options, alone=len(found) == 1)
    warnings.showwarning = lambda message, *_, **__: run.terminal.note(f'glcic-jax: {message}')
    run.check_mask_of_all()
    run.complete_all(found, outputs)
    run.write_sheet()
  return run.report()


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='glcic-jax complete',
    allow_abbrev=False,
    description='Fills the holes of pictures. Pixels outside the hole are not touched.',
  )
  add = parser.add_argument
  add('images', metavar='IMAGE', nargs='+', help='pictures, folders of pictures, or globs')
  add(
    '--mask',
    help='white is the hole; of the same size as the picture. A file for all, or a folder, where '
    'the mask of a.jpg is a.* or a_mask*. Without: the transparent part of the picture, or '
    '--hole-color',
  )
  add(
    '--model',
    required=True,
    help='a model directory, a training workdir, one checkpoint in it, or a name on the Hugging '
    'Face Hub',
  )
  add(
    '--output',
    required=True,
    help='of one picture, a file, whose suffix decides the format; else a folder',
  )
  add('--hole-color', metavar='COLOR', help='the hole is what has this colour: #ff00ff, or a name')
  add('--invert-mask', action='store_true', help='black is the hole')
  add(
    '--dilate',
    type=_pixels,
    metavar='N',
    help=f'the hole grows by N pixels on each side (0; {_FRINGE} for --hole-color in lossy files)',
  )
  add(
    '--feather',
    type=_pixels,
    default=0,
    metavar='N',
    help='the surroundings fade out over N pixels inside the hole',
  )
  add(
    '--blend',
    choices=('poisson', 'opencv', 'none'),
    default='poisson',
    help='how the hole is fitted to its surroundings (poisson)',
  )
  add(
    '--large',
    choices=('crop', 'resize', 'whole'),
    default='crop',
    help='what the network sees: crop, the surroundings of each hole, at the scale that it was '
    'trained '
    'for; resize, the picture at that scale; whole, the picture as it is (crop)',
  )
  add(
    '--format',
    choices=('keep', 'png', 'jpg', 'webp'),
    default='keep',
    help='of the results in a folder',
  )
  add('--device', choices=('cpu', 'gpu', 'tpu'), help='by default the best there is')
  add('--strip-gps', action='store_true', help='leave out where the picture was taken')
  add('--compare', metavar='SHEET', help='also write a sheet of inputs, masks and results')
  add(
    '--skip-existing', action='store_true', help='leave out pictures whose result is there already'
  )
  add('--json', action='store_true', help='print what was done as JSON')
  return parser


def _pixels(text: str) -> int:
  if not text.isdecimal() or int(text) > 10_000:
    raise argparse.ArgumentTypeError(f'{text!r} is not a number of pixels from 0 to 10000')
  return int(text)


def _color(text: str | None) -> tuple[int, int, int] | None:
  if text is None:
    return None
  from PIL import ImageColor

  try:
    return ImageColor.getrgb(text)[:3]
  except ValueError:
    raise errors.InputError(
      f'--hole-color is {text!r}; give a colour such as #ff00ff or red.'
    ) from None


def _check_not_both(options: argparse.Namespace) -> None:
  if options.mask is not None and options.hole_color:
    raise errors.InputError('--mask and --hole-color both say where the hole is; give one of them.')
  if options.invert_mask and options.mask is None:
    raise errors.InputError('--invert-mask needs a --mask.')


def _check_sheet(path: str, found: Sequence[pairing.Job], outputs: Sequence[str]) -> None:
  """The sheet may replace an old sheet, and nothing that is read or written here."""
  if os.path.splitext(path)[1].lower() not in image_files.SUFFIXES or os.path.isdir(path):
    raise errors.InputError(f'--compare is {path}; give a picture file, such as sheet.png.')
  if not os.path.isdir(os.path.dirname(path) or '.'):
    raise errors.InputError(
      f'There is no folder {os.path.dirname(path)}; make it, or give --compare another.'
    )
  pairing.check_folder(os.path.dirname(path) or '.', '--compare')
  names = {os.path.realpath(name) for job in found for name in (job.image, job.mask) if name}
  if os.path.realpath(path) in names | {os.path.realpath(name) for name in outputs}:
    raise errors.InputError(
      f'--compare is {path}, which is an input or a result; give another name.'
    )


class _Run:
  """What is done, picture by picture, and what is said about it."""

  def __init__(self, options: argparse.Namespace, *, alone: bool):
    self._options, self._alone = options, alone
    self._completer = None
    self._records: list[dict[str, Any]] = []
    self._failures: list[dict[str, str]] = []
    self._skipped: list[str] = []
    self._said: set[str] = set()
    self._sheet: list[tuple[str, Any, Any, Any]] = []
    self.terminal = terminal.Terminal()

  def check_mask_of_all(self) -> None:
    """Refuses a mask for all pictures that is none for any."""
    mask = self._options.mask
    if not self._alone and mask is not None and not os.path.isdir(mask):
      from glcic_jax.pictures import masks

      masks.check_mask(mask, invert=self._options.invert_mask)

  def complete_all(self, found: Sequence[pairing.Job], outputs: Sequence[str]) -> None:
    """Completes the jobs, as many together as the model takes."""
    waiting: list[tuple[pairing.Job, str, Any, Any]] = []
    for number, (job, output) in enumerate(zip(found, outputs)):
      self.terminal.progress(number, len(found), job.name)
      if self._options.skip_existing and os.path.exists(output):
        self._skipped.append(output)
        continue
      try:
        waiting.append((job, output, *self._read(job)))
      except errors.InputError as error:
        self._fail(job, error)
      if waiting and len(waiting) >= self._model().batch_size:
        self._complete(waiting)
        waiting = []
    if waiting:
      self._complete(waiting)
    self.terminal.progress(len(found), len(found), '')

  def _read(self, job: pairing.Job) -> tuple[Any, Any]:
    """The photograph, and its hole as `[H, W]` bool."""
    from glcic_jax.pictures import masks
    from glcic_jax.pictures import photographs

    if job.error:
      raise errors.InputError(f'{job.image} has no mask: {job.error}')
    source = photographs.read(job.image)
    dilate = self._options.dilate or 0
    if job.mask is not None:
      hole = masks.from_mask(
        job.mask, source.image.size, invert=self._options.invert_mask, dilate=dilate
      )
    elif self._options.hole_color:
      lossy = source.kind in ('JPEG', 'MPO', 'WEBP')
      if lossy and self._options.dilate is None:
        dilate = _FRINGE
        self._say(
          job.image,
          f'a lossy file blurs what is painted, so the hole is grown by {_FRINGE} px; --dilate '
          'says otherwise.',
        )
      hole = masks.from_color(
        source.image, self._options.hole_color, job.image, dilate=dilate, lossy=lossy
      )
    else:
      hole = masks.from_alpha(source.image, job.image, dilate=dilate)
    if masks.looks_inverted(hole):
      self._say(job.mask or job.image, self._suspicion())
    for note in source.notes:
      self._say(job.image, note)
    return source, hole

  def _suspicion(self) -> str:
    """What to say of a hole that surrounds the middle of its picture."""
    if self._options.mask is None:
      meant = 'painted in --hole-color' if self._options.hole_color else 'transparent'
      return f'the hole surrounds the middle of the picture: it is what is {meant}.'
    color, advice = (
      ('black', 'without --invert-mask, white is')
      if self._options.invert_mask
      else ('white', '--invert-mask takes black for')
    )
    return (
      f'looks inverted: {color} is the hole, and it surrounds the middle of the picture; '
      f'{advice} the hole.'
    )

  def _model(self) -> Any:
    if self._completer is None:
      from glcic_jax.inference import compilation
      from glcic_jax.inference import completer  # JAX starts only now

      compilation.keep_programs()
      self._completer = completer.Completer.from_pretrained(
        self._options.model, device=self._options.device
      )
    return self._completer

  def _complete(self, waiting: Sequence[tuple[pairing.Job, str, Any, Any]]) -> None:
    start = time.perf_counter()
    options = self._options
    try:
      completed = self._model()(
        [source.image for _, _, source, _ in waiting],
        [hole for *_, hole in waiting],
        blend=options.blend,
        feather=options.feather,
        large=options.large,
      )
    except errors.InputError as error:
      if len(waiting) == 1:
        self._fail(waiting[0][0], error)
      else:  # one of them cannot be completed: find out which
        for job in waiting:
          self._complete([job])
      return
    seconds = (time.perf_counter() - start) / len(waiting)
    for (job, output, source, hole), result in zip(waiting, completed):
      try:
        self._write(job, output, source, hole, result, seconds)
      except errors.InputError as error:
        self._fail(job, error)

  def _write(
    self, job: pairing.Job, output: str, source: Any, hole: Any, result: Any, seconds: float
  ) -> None:
    from glcic_jax.pictures import photographs

    if result.mode != source.image.mode:
      self._say(job.image, f'is of mode {source.image.mode}; the result is {result.mode}.')
    _make_folder_of(output)
    for note in photographs.save(output, result, source, strip_gps=self._options.strip_gps):
      self._say(output, note)
    self._records.append(
      {
        'image': job.image,
        'mask': job.mask,
        'output': output,
        'width': result.width,
        'height': result.height,
        'hole_pixels': int(hole.sum()),
        'seconds': round(seconds, 3),
      }
    )
    if not self._options.json:
      self.terminal.result(output)
    if self._options.compare:
      self._show(job, source, hole, result)

  def _show(self, job: pairing.Job, source: Any, hole: Any, result: Any) -> None:
    """A row of the sheet."""
    if len(self._sheet) < _SHEET_ROWS:
      from PIL import Image

      small = [_thumbnail(picture) for picture in (source.image, Image.fromarray(hole), result)]
      self._sheet.append((job.name, *small))
    else:
      self._say(self._options.compare, f'it shows the first {_SHEET_ROWS} pictures.')

  def write_sheet(self) -> None:
    """Inputs, masks and results side by side, where there are some and a sheet is wanted."""
    if self._sheet:
      names, *columns = zip(*self._sheet)
      labelled = dict(zip(('input', 'mask', 'result'), columns))
      image_files.write(
        self._options.compare, sheets.contact_sheet(labelled, cell=_SHEET_CELL, captions=names)
      )

  def _fail(self, job: pairing.Job, error: errors.InputError) -> None:
    if self._alone:
      raise error
    sentence = str(error)
    # A mask for all pictures may be wrong for one.
    sentence = sentence if job.image in sentence else f'{job.image}: {sentence}'
    self._failures.append({'image': job.image, 'error': sentence})

  def _say(self, name: str, note: str) -> None:
    """On stderr; what holds for many pictures is said of the first one only."""
    if note not in self._said:
      self._said.add(note)
      self.terminal.note(f'{name}: {note}')

  def report(self) -> int:
    """Names the failures, prints the JSON; returns the exit code."""
    for failure in self._failures:
      self.terminal.note(f'glcic-jax: {failure["error"]}')
    if self._failures:
      total = len(self._failures) + len(self._records) + len(self._skipped)
      self.terminal.note(f'glcic-jax: {len(self._failures)} of {total} pictures failed.')
    if self._options.json:
      done = {'completed': self._records, 'skipped': self._skipped, 'failed': self._failures}
      self.terminal.result(json.dumps(done, indent=2))
    return 1 if self._failures else 0


def _make_folder_of(output: str) -> None:
  folder = os.path.dirname(output) or '.'
  try:
    if '://' not in folder:
      os.makedirs(folder, exist_ok=True)
  except OSError as error:
    if error.errno in files.MACHINE_ERRORS:
      raise
    raise errors.InputError(
      f'The folder {folder} cannot be made ({error.strerror}); give --output another.'
    ) from None


def _thumbnail(picture: Any) -> Any:
  import numpy as np

  small = image_files.to_rgb(picture)
  small.thumbnail((_SHEET_CELL, _SHEET_CELL))
  return np.asarray(small)
