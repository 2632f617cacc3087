"""Weights of other programs to model directories, and model directories to PyTorch.

    to_model_directory('completionnet_places2.t7', 'places2')     # complete ... --model places2
    to_pytorch('runs/faces/model', 'faces.pth')

Every array of a source is used exactly once and every leaf of ours is filled, or nothing is
written.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import json
import os
import re
from typing import Any
from typing import NamedTuple

from etils import epath
import numpy as np

from glcic_jax import errors
from glcic_jax.convert import names
from glcic_jax.convert import origins
from glcic_jax.convert import pytorch
from glcic_jax.convert import torch7
from glcic_jax.convert import torch7_modules
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors

_LISTED = 12  # names in a message; more are counted
_OUR_HEADER = re.compile(
  rb'.{8}\{"(?:generator|discriminator)\.(?:params|batch_stats)\.', re.DOTALL
)


class _Source(NamedTuple):
  """A file of another program."""

  name: str
  arrays: dict[str, np.ndarray]
  layers: Sequence[
    torch7_modules.Layer
  ] = ()  # of a Torch7 file, which tells more than names and arrays
  mean: Any = None  # of the training pictures
  note: str = ''  # of `to_pytorch`


def to_model_directory(
  source: epath.PathLike,
  folder: epath.PathLike,
  wishes: origins.Wishes = origins.Wishes(),
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
  found = _open(source)
  layout, description = _describe(found, wishes)
  apart = layout == names.MMAGIC  # generator and discriminator in one file
  generator = _filter(found.arrays, apart, judged=False)
  variables = _generator(found._replace(arrays=generator), layout, description)
  judge, judging = None, None
  if apart and len(generator) < len(found.arrays):
    judge = found._replace(arrays=_filter(found.arrays, apart, judged=True))
  if discriminator is not None:
    if judge is not None:
      raise errors.InputError(
        f'{found.name} holds its discriminator already; leave --discriminator out.'
      )
    judge = _open(discriminator)
  if judge is not None:
    judging, architecture = _discriminator(judge, layout)
    description = dataclasses.replace(description, discriminator=architecture)
  model_files.write(
    folder, variables, description, origins.card(description), discriminator=judging
  )
  return description


def _filter(
  arrays: Mapping[str, np.ndarray], apart: bool, *, judged: bool
) -> dict[str, np.ndarray]:
  return {
    key: array for key, array in arrays.items() if (apart and key.startswith('disc.')) == judged
  }


def _check_folder(folder: epath.Path) -> None:
  if not folder.exists():
    return
  if not folder.is_dir():
    raise errors.InputError(
      f'{folder} is a file; give a folder for the model directory, or --to pytorch to write a file.'
    )
  if any(folder.iterdir()) and not _is_ours(folder):
    raise errors.InputError(
      f'{folder} holds other files, and no model of this program; give a new folder.'
    )


def _is_ours(folder: epath.Path) -> bool:
  """Whether a folder holds a model directory that may be replaced, or the start of one: no
  other program's files.
  """
  weights = folder / model_files.WEIGHTS
  if not weights.is_file():
    return False
  with weights.open('rb') as file:
    return bool(_OUR_HEADER.match(file.read(64)))


def _open(path: epath.PathLike) -> _Source:
  path, name = epath.Path(path), os.fspath(path)
  if not path.exists():
    raise errors.InputError(f'There is no file {name}.')
  if path.is_dir():
    raise errors.InputError(
      f'{name} is a folder; give the file with the weights, or --to pytorch if it is a model.'
    )
  data = path.read_bytes()
  if torch7.is_torch7(data):
    source = _open_torch7(torch7.parse(data, name), name)
  elif pytorch.is_torch(data) or pytorch.is_safetensors(data):
    stored = pytorch.parse(data, name)
    source = _Source(name, stored.arrays, mean=stored.mean, note=stored.note)
  else:
    raise errors.InputError(
      f'{name} is none of the files that can be converted: Torch7 (.t7), PyTorch (.pth, .pt) '
      'and .safetensors.'
    )
  if sum(array.size for array in source.arrays.values()) > len(
    data
  ):  # as views of one storage might
    raise errors.InputError(
      f'{name} holds layers of more numbers than the file has room for; it is none of the files '
      'that can be converted.'
    )
  for key, array in source.arrays.items():
    if array.dtype.kind != 'f' or not array.size:
      raise errors.InputError(
        f'{name} holds {key} of type {array.dtype} and shape {array.shape}, which is no weight; '
        'save it as float32.'
      )
  return source


def _open_torch7(root: Any, name: str) -> _Source:
  mean = None
  if isinstance(root, dict):
    if 'model' not in root:
      raise errors.InputError(
        f'{name} is a Torch7 table without a model; it is none of the files that can be converted.'
      )
    root, mean = root['model'], root.get('mean')
  mean = list(mean.values()) if isinstance(mean, dict) else mean
  layers = torch7_modules.layers(root, name)
  arrays = {f'{layer.name}.{key}': array for layer in layers for key, array in layer.arrays.items()}
  return _Source(name, arrays, layers, mean)


def _describe(source: _Source, wishes: origins.Wishes) -> tuple[str, model_files.Description]:
  """The source's layout, and its description: its own, where it was written here."""
  if source.note:
    understood = _understand(source)
    _check_wishes(source.name, wishes, ())
    return understood
  layout = names.layout_of(source.arrays)
  if any(name.startswith('generator.params.') for name in source.arrays):
    raise errors.InputError(
      f'{source.name} is a part of a model directory already; its folder is a MODEL as it is.'
    )
  if layout is None:
    raise errors.InputError(
      f'{source.name} holds none of the networks that can be converted (it holds '
      f'{_some(source.arrays)}): see "Weights from elsewhere" in the README. A discriminator '
      'goes with its generator, as --discriminator.'
    )
  _check_wishes(source.name, wishes, origins.OPEN[layout])
  mean = source.mean.ravel().tolist() if isinstance(source.mean, np.ndarray) else source.mean
  return layout, origins.describe(layout, source.arrays, source.name, mean, wishes)


def _check_wishes(name: str, wishes: origins.Wishes, open_: Iterable[str]) -> None:
  """Refuses a wish that nothing would come of."""
  for wish in ('mean_color', 'image_size', 'overlap'):
    if getattr(wishes, wish) is not None and wish not in open_:
      raise errors.InputError(
        f'--{wish.replace("_", "-")} says what {name} says already, or does not have; leave it out.'
      )


def _understand(source: _Source) -> tuple[str, model_files.Description]:
  """What `to_pytorch` noted; a file may say anything of itself."""
  try:
    note = json.loads(source.note)
    layout, description = note['layout'], model_files.Description.from_json(note)
    names.generator(layout, description.architecture)
    architectures.generator_shapes(description.architecture)
  except Exception:
    raise errors.InputError(
      f'{source.name} says of itself what this version does not understand; upgrade '
      'glcic_jax, or get it again from its source.'
    ) from None
  return layout, dataclasses.replace(description, discriminator=None)


def _generator(
  source: _Source, layout: str, description: model_files.Description
) -> dict[str, Any]:
  pairs = names.generator(layout, description.architecture)
  if source.layers:
    _check_layers(source, pairs, description.architecture)
  return _fill(source, pairs, architectures.generator_shapes(description.architecture))


def _discriminator(source: _Source, layout: str) -> tuple[dict[str, Any], dict[str, Any]]:
  if layout == names.GLCIC_OFFICIAL:
    raise errors.InputError(
      "GLCIC's authors published no discriminator, so there is none that belongs to their "
      'completion network; leave --discriminator out.'
    )
  architecture, pairs, side = origins.discriminator(layout, source.arrays, source.name)
  if source.layers:
    _check_layers(source, pairs, architecture)
  return _fill(source, pairs, architectures.discriminator_shapes(architecture, side)), architecture


def _check_layers(
  source: _Source, pairs: Sequence[names.Pair], architecture: Mapping[str, Any]
) -> None:
  """Compares the layers of a Torch7 file with those of our network: arrays alone do not tell a
  stride.
  """
  expected = [(pair.theirs, pair.kind) for pair in pairs]
  held = [(layer.name, layer.kind) for layer in source.layers]
  for number, (theirs, ours) in enumerate(zip(held, expected)):
    if theirs != ours:
      raise errors.InputError(
        f'{source.name} has a layer {theirs[0]} of kind {theirs[1]} where the network has '
        f'{ours[0]} of kind {ours[1]} (number {number + 1}); it is another network.'
      )
  if len(held) != len(expected):
    raise errors.InputError(
      f'{source.name} has {len(held)} layers where the network has {len(expected)}; it is '
      'another network.'
    )
  for layer, pair in zip(source.layers, pairs):
    if layer.geometry and layer.geometry != names.geometry(architecture, pair.ours):
      raise errors.InputError(
        f'{source.name} has a layer {layer.name} of stride, dilation and padding {layer.geometry} '
        'where the network '
        f'has {names.geometry(architecture, pair.ours)}; it is another network.'
      )


def _fill(
  source: _Source, pairs: Iterable[names.Pair], wanted: Mapping[str, tuple[int, ...]]
) -> dict[str, Any]:
  """The variables of a network from the arrays of a source, one to one."""
  left, filled, wrong = dict(source.arrays), {}, []
  for pair in pairs:
    for ours, (theirs, layout) in pair.arrays().items():
      if ours not in wanted or theirs not in left:
        continue
      array = left.pop(theirs)
      try:
        turned = layout.to_ours(array)
      except ValueError:  # not even as many axes
        turned = None
      if turned is None or turned.shape != wanted[ours]:
        wrong.append(f'{theirs} {array.shape} for {ours} {wanted[ours]}')
        turned = np.empty(0)
      with np.errstate(over='ignore'):  # what is too large is refused with all that is not finite
        filled[ours] = np.ascontiguousarray(turned, np.float32)
  missing = [name for name in wanted if name not in filled]
  if left or missing or wrong:
    raise errors.InputError(
      f'{source.name} does not fit the network: left over there: {_some(left)}; not filled here: '
      f'{_some(missing)}; '
      f'of another shape: {_some(wrong)}; it is another network, or a part of one.'
    )
  for name, array in filled.items():
    if not tensors.is_usable(name, array):
      raise errors.InputError(
        f'{source.name} holds numbers that no network can have (for {name}); get it again '
        'from its source.'
      )
  return tensors.unflatten(filled)


def _some(listed: Iterable[str]) -> str:
  listed = sorted(listed)
  more = f' and {len(listed) - _LISTED} more' if len(listed) > _LISTED else ''
  return ', '.join(listed[:_LISTED]) + more or 'nothing'


def to_pytorch(model: epath.PathLike, path: epath.PathLike) -> str:
  """Writes a model's generator as a state dict, in the order of its authors' modules.

  Args:
    model: a MODEL.
    path: a file whose suffix is one of `pytorch.SUFFIXES`.

  Returns:
    the name of the file written: a .safetensors where torch is not installed.

  Raises:
    errors.InputError: if it is no model, or its network is in no released code.
  """
  if not epath.Path(path).parent.is_dir():
    raise errors.InputError(
      f'There is no folder {epath.Path(path).parent}; make it, or give another file.'
    )
  if epath.Path(path).is_dir() or epath.Path(path).suffix.lower() not in pytorch.SUFFIXES:
    raise errors.InputError(
      f'{os.fspath(path)} is no name for a file of PyTorch; give one that ends in '
      f'{", ".join(pytorch.SUFFIXES)}.'
    )
  if model_files.is_weights(path):
    raise errors.InputError(
      f'{os.fspath(path)} is the weights of a model directory, which would be one no longer; '
      'give another file.'
    )
  variables, description = model_files.load(model)
  layout = names.layout_for(description.architecture)
  if layout is None:
    raise errors.InputError(
      f'{os.fspath(model)} is a network of kind {description.architecture["name"]} that no '
      'released code has, so there is no order of modules to write it in; convert a GLCIC, or a '
      'Context Encoder with bottleneck convolution.'
    )
  ours, arrays = tensors.flatten(variables), {}
  for pair in names.generator(layout, description.architecture):
    for name, (theirs, array_layout) in pair.arrays().items():
      if name in ours:
        arrays[theirs] = array_layout.to_theirs(ours.pop(name))
  if ours:
    raise errors.InputError(
      f'{os.fspath(model)} does not fit its own config.json: it also holds {_some(ours)}; copy '
      'the model again.'
    )
  return pytorch.write(path, arrays, json.dumps({'layout': layout, **description.to_json()}))
