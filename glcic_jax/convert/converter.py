"""Weights of other programs to model directories, and model directories to PyTorch.

    to_model_directory('completionnet_places2.t7', 'places2')     # complete ... --model places2
    to_pytorch('runs/faces/model', 'faces.pth')

Every array of a source is used exactly once and every leaf of ours is filled, or nothing is
written.
"""

from collections.abc import Iterable
import dataclasses
import json
import os
import re
from typing import Any

from etils import epath

from glcic_jax import __version__
from glcic_jax import errors
from glcic_jax.convert import context_encoder_programs
from glcic_jax.convert import filling
from glcic_jax.convert import foreign_files
from glcic_jax.convert import glcic_programs
from glcic_jax.convert import program
from glcic_jax.convert import pytorch
from glcic_jax.convert import wrappers
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_card
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors

# The keys are noted in the files that `to_pytorch` writes: they stay.
PROGRAMS = glcic_programs.PROGRAMS | context_encoder_programs.PROGRAMS

_OUR_HEADER = re.compile(
  rb'.{8}\{"(?:generator|discriminator)\.(?:params|batch_stats)\.', re.DOTALL
)


def to_model_directory(
  source: epath.PathLike,
  folder: epath.PathLike,
  wishes: program.Wishes | None = None,
  discriminator: epath.PathLike | None = None,
) -> model_files.Description:
  """Converts a file.

  Args:
    source: a Torch7 or PyTorch file; its kind is found out from what it holds.
    folder: the model directory; an earlier model in it is replaced.
    wishes: what the file may leave open.
    discriminator: another file, where the source's program keeps its discriminator in one.

  Returns:
    what `config.json` says.

  Raises:
    errors.InputError: if the source is not one that can be converted; nothing is written then.
  """
  _check_folder(epath.Path(folder))
  found = _unwrapped(foreign_files.read(source))
  origin, description = _describe(found, wishes or program.Wishes())
  generator, judge = _apart(found, origin)
  pairs = origin.generator(description.architecture['options'])
  wanted = architectures.generator_shapes(description.architecture)
  variables, judging = filling.fill(generator, pairs, wanted), None
  if discriminator is not None:
    if judge is not None:
      raise errors.InputError(
        f'{found.name} holds its discriminator already; leave --discriminator out.'
      )
    judge = foreign_files.read(discriminator)
    arrays = wrappers.without_prefix(judge.arrays, origin.judge_marks)
    judge = judge._replace(arrays=arrays)
  if judge is not None:
    architecture, pairs, side = origin.discriminator(judge)
    judging = filling.fill(judge, pairs, architectures.discriminator_shapes(architecture, side))
    description = dataclasses.replace(description, discriminator=architecture)
  model_files.write(folder, variables, description, _card(description), discriminator=judging)
  return description


def _unwrapped(found: foreign_files.ForeignFile) -> foreign_files.ForeignFile:
  """The file with names as its program has them."""
  marks = [mark for program_ in PROGRAMS.values() for mark in program_.marks]
  first = context_encoder_programs.FIRST_MARK
  arrays = wrappers.divided(wrappers.without_prefix(found.arrays, [*marks, first]))
  return found if found.layers else found._replace(arrays=arrays)


def _apart(
  source: foreign_files.ForeignFile, origin: program.Program
) -> tuple[foreign_files.ForeignFile, foreign_files.ForeignFile | None]:
  """Generator and discriminator of a file, where its program keeps both in one."""
  root = origin.judge_root
  judge = {key: array for key, array in source.arrays.items() if root and key.startswith(root)}
  generator = {key: array for key, array in source.arrays.items() if key not in judge}
  return source._replace(arrays=generator), source._replace(arrays=judge) if judge else None


def _check_folder(folder: epath.Path) -> None:
  if not folder.exists():
    return
  if not folder.is_dir():
    raise errors.InputError(
      f'{folder} is a file; give a folder for the model directory, or --to pytorch to write a file.'
    )
  weights, ours = folder / model_files.WEIGHTS, False  # or the start of a model directory
  if weights.is_file():
    with weights.open('rb') as file:
      ours = bool(_OUR_HEADER.match(file.read(64)))
  if any(folder.iterdir()) and not ours:
    raise errors.InputError(
      f'{folder} holds other files, and no model of this program; give a new folder.'
    )


def _describe(
  source: foreign_files.ForeignFile, wishes: program.Wishes
) -> tuple[program.Program, model_files.Description]:
  """The source's program, and its description: its own, where it was written here."""
  if source.note:
    understood = _understand(source)
    _check_wishes(source.name, wishes, ())
    return understood
  if any(name.startswith('generator.params.') for name in source.arrays):
    raise errors.InputError(
      f'{source.name} is a part of a model directory already; its folder is a MODEL as it is.'
    )
  origin = program_of(source.arrays)
  if origin is None:
    raise errors.InputError(
      f'{source.name} holds none of the networks that can be converted (it holds '
      f'{filling.some(source.arrays)}): see "Weights from elsewhere" in docs/weights.md. A '
      'discriminator goes with its generator, as --discriminator.'
    )
  _check_wishes(source.name, wishes, origin.leaves_open)
  description = model_files.Description(
    step=0,
    versions={'glcic_jax': __version__},
    source=f'{os.path.basename(source.name)} ({origin.title})',
    licence=origin.licence,
    **origin.describe(source, wishes),
  )
  return origin, description


def program_of(names: Iterable[str]) -> program.Program | None:
  """The program whose generator's names these are; None if nobody's."""
  names = set(names)
  return next((found for found in PROGRAMS.values() if names.intersection(found.marks)), None)


def _check_wishes(name: str, wishes: program.Wishes, leaves_open: Iterable[str]) -> None:
  """Refuses a wish that nothing would come of."""
  for wish in ('mean_color', 'image_size', 'overlap'):
    if getattr(wishes, wish) is not None and wish not in leaves_open:
      raise errors.InputError(
        f'--{wish.replace("_", "-")} says what {name} says already, or does not have; leave it out.'
      )


def _understand(
  source: foreign_files.ForeignFile,
) -> tuple[program.Program, model_files.Description]:
  """What `to_pytorch` noted; a file may say anything of itself."""
  try:
    note = json.loads(source.note)
    origin, description = PROGRAMS[note['layout']], model_files.Description.from_json(note)
    origin.generator(description.architecture['options'])
    architectures.generator_shapes(description.architecture)
  except Exception:
    raise errors.InputError(
      f'{source.name} says of itself what this version does not understand; upgrade '
      'glcic_jax, or get it again from its source.'
    ) from None
  return origin, dataclasses.replace(description, discriminator=None)


def _card(description: model_files.Description) -> model_card.Origin:
  """What the model card says of converted weights."""
  if not description.source:  # a model of this project that has been to PyTorch and back
    terms: dict[str, Any] = model_card.inherited(description.licence)
    return dataclasses.replace(model_card.UNKNOWN, **terms)
  return model_card.Origin(
    pictures='Those of its authors: see what they published.',
    converted_from=description.source,
    license=model_card.LICENSES.get(description.licence, 'other'),
    license_note=f'{description.licence}: the terms of those who published the program. Whoever '
    'trained the weights decides about the weights.',
  )


def to_pytorch(model: epath.PathLike, path: epath.PathLike) -> None:
  """Writes a MODEL's generator as a state dict, in the order of its authors' modules.

  Raises:
    errors.InputError: if it is no model, its network is in no released code, or the file is not
      .safetensors and torch is not installed.
  """
  _check_file(epath.Path(path))
  variables, description = model_files.load(model)
  name, options = (description.architecture[part] for part in ('name', 'options'))
  theirs = ((key, other) for key, other in PROGRAMS.items() if other.architecture == name)
  key = next((key for key, other in theirs if other.writes(options)), None)
  if key is None:
    raise errors.InputError(
      f'{os.fspath(model)} is a network of kind {name} that no released code has, so there is '
      'no order of modules to write it in; convert a GLCIC, or a Context Encoder with bottleneck '
      'convolution.'
    )
  ours, arrays = tensors.flatten(variables), {}
  for pair in PROGRAMS[key].generator(options):
    for leaf, (array_name, layout) in pair.arrays().items():
      if leaf in ours:
        arrays[array_name] = layout.to_theirs(ours.pop(leaf))
  if ours:
    raise errors.InputError(
      f'{os.fspath(model)} does not fit its own config.json: it also holds {filling.some(ours)}; '
      'copy the model again.'
    )
  pytorch.write(path, arrays, json.dumps({'layout': key, **description.to_json()}))


def _check_file(path: epath.Path) -> None:
  if not path.parent.is_dir():
    raise errors.InputError(f'There is no folder {path.parent}; make it, or give another file.')
  if path.is_dir() or path.suffix.lower() not in pytorch.SUFFIXES:
    raise errors.InputError(
      f'{os.fspath(path)} is no name for a file of PyTorch; give one that ends in '
      f'{", ".join(pytorch.SUFFIXES)}.'
    )
  if model_files.is_weights(path):
    raise errors.InputError(
      f'{os.fspath(path)} is the weights of a model directory, which would be one no longer; '
      'give another file.'
    )
