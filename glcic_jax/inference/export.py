"""A model as one function in a file, for programs that know nothing of this package.

    (image `[b, H, W, 3]` uint8, mask `[b, H, W, 1]` uint8) -> completed `[b, H, W, 3]` float32

It is what `complete --large whole --blend none --detail off` computes: the network alone, on the
picture as it is. It is on the scale 0..255 and not rounded; NaN where a model that completes only
the middle is asked for more. `mask` is over 0 in the hole: 1 or 255. b is any number; H and W are
any multiples of 4, or the one side that a Context Encoder takes. With the weights apart, they come
first: {name: array}. `run_exported.py` is the program that runs it.

To what it says, `glcic_jax.detail.add(image, completed, hole)` adds detail, by NumPy and SciPy; the
program does not: it would need a room of code beside it, and SciPy.
"""

from collections.abc import Mapping, Sequence
import inspect
import os
import pathlib
import types
from typing import Any, Literal

from etils import epath
import jax
from jax import export as jax_export
import jax.numpy as jnp
import numpy as np
import safetensors.numpy

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.inference import completer as completer_lib
from glcic_jax.inference import network as network_lib
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors
from glcic_jax.models import convolutions
from glcic_jax.models import layers
from glcic_jax.pictures import grey_photographs
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import pairing

PLATFORMS = ('cpu', 'cuda', 'tpu')
NETWORK_ALONE = (
  'It is the network alone, as complete --large whole --blend none --detail off runs it: holes are '
  'not blended, get no detail, and are not shown at a scale of their own.'
)
Weights = Literal['baked', 'separate']
_MOST = 2**31 - 2**24  # bytes of weights that fit into one file: its format counts with 31 bits
_RUNNER = pathlib.Path(__file__).with_name('run_exported.py')
_MASKS = 'from glcic_jax.pictures import mask_meaning'  # the only line of it that needs the package
_COPIED = grey_photographs, mask_meaning  # in its place, the one that others need first
_RUNNER_START = b'"""Completes a picture by an exported model: needs '  # of any version's


def write(
  completer: completer_lib.Completer,
  output: epath.PathLike,
  *,
  file_format: Literal['stablehlo', 'onnx'] = 'stablehlo',
  weights: Weights = 'baked',
  platforms: Sequence[str] = PLATFORMS,
) -> list[str]:
  """Writes the function, and what belongs to it.

  Args:
    completer: of the model.
    output: the file; the others take its name, and something after it.
    file_format: both come with a program that runs the file.
    weights: in the file, or in OUTPUT.safetensors; ONNX has them baked.
    platforms: which of `PLATFORMS` the StableHLO is lowered for; ONNX knows none.

  Returns:
    the files written.

  Raises:
    errors.InputError: if a name, an option or the model does not fit; nothing is written then.
  """
  output = epath.Path(output)
  variables = {
    name: np.asarray(value) for name, value in tensors.flatten(completer.variables).items()
  }
  _check(output, file_format, weights, platforms, sum(value.nbytes for value in variables.values()))
  batch, height, width = jax_export.symbolic_shape('b, 4*h, 4*w')
  side = network_lib.side(completer.generator)
  if side is not None:
    height = width = side
  image, mask = (
    jax.ShapeDtypeStruct((batch, height, width, channels), jnp.uint8) for channels in (3, 1)
  )
  complete, contents = function(completer), {}

  def baked(image: jax.Array, mask: jax.Array) -> jax.Array:
    return complete(variables, image, mask)

  if file_format == 'onnx':
    from glcic_jax.inference import export_onnx

    exported = export_onnx.serialize(baked, image, mask)
  else:
    if weights == 'separate':
      arrays = jax.eval_shape(lambda: variables)
      lowered = jax_export.export(jax.jit(complete), platforms=platforms)(arrays, image, mask)
      contents[output.with_name(f'{output.name}.safetensors')] = safetensors.numpy.save(variables)
    else:
      lowered = jax_export.export(jax.jit(baked), platforms=platforms)(image, mask)
    exported = bytes(lowered.serialize())
  contents |= {_runner(output): program(), output: exported}
  for path, content in contents.items():  # the function last: what it needs is there before it
    files.write(path, content)
  return [os.fspath(path) for path in contents]


def function(completer: completer_lib.Completer) -> network_lib.Paint:
  """(flat weights, image, mask) -> completed: see the top of this file."""
  generator = layers.compiled_for(completer.generator, convolutions.AS_DEFINED)
  paint, hole = network_lib.function(generator, completer.description), network_lib.hole(generator)

  def complete(weights: Mapping[str, Any], image: jax.Array, mask: jax.Array) -> jax.Array:
    floats, mask = image.astype(jnp.float32), (mask > 0).astype(mask.dtype)
    completed = jnp.where(mask > 0, paint(tensors.unflatten(weights), floats, mask), floats)
    if hole is None:
      return completed
    beyond = mask.at[:, slice(*hole), slice(*hole)].set(0) > 0
    return jnp.where(beyond, jnp.nan, completed)

  return complete


def program() -> bytes:
  """The program beside an exported file: `run_exported.py`, which holds what decides on masks."""
  lines = _RUNNER.read_text().splitlines()
  place = next(i for i, line in enumerate(lines) if line.startswith(_MASKS))
  lines[place] = '\n\n\n'.join(['import types', *map(_copy, _COPIED)])
  return '\n'.join([*lines, '']).encode()


def _copy(module: types.ModuleType) -> str:
  """A module's code, and its name: all of it is in one program, whose names differ."""
  code = inspect.getsource(module).splitlines()
  lines = [line for line in code if not line.startswith('from glcic_jax.')]
  name = module.__name__.rpartition('.')[2]
  return '\n'.join([*lines, '', '', f'{name} = types.SimpleNamespace(**globals())'])


def _runner(output: epath.Path) -> epath.Path:
  return output.with_name(f'{output.stem}_run.py')


def _check(
  output: epath.Path, file_format: str, weights: str, platforms: Sequence[str], size: int
) -> None:
  name = os.fspath(output)
  if file_format == 'onnx' and (weights != 'baked' or tuple(platforms) != PLATFORMS):
    raise errors.InputError(
      'An ONNX file holds its weights and knows no platforms; leave --weights and --platforms out.'
    )
  for platform in platforms or ['']:
    if platform not in PLATFORMS:
      known = f'give some of {", ".join(PLATFORMS)}, with commas between.'
      hint = errors.did_you_mean(platform, PLATFORMS)
      raise errors.InputError(
        errors.with_hint(f'The platform {platform!r} is unknown; {known}', hint)
      )
  if output.suffix in ('.py', '.safetensors', '.json', '.md'):
    raise errors.InputError(
      f'{name} would be an exported function by the name of something else; give a name such as '
      f'{output.stem}.stablehlo.'
    )
  if output.is_dir():
    raise errors.InputError(
      f'{name} is a folder; give the name of a file, such as {output / "model.stablehlo"}.'
    )
  pairing.check_parent(name)
  if weights == 'separate' and model_files.is_weights(f'{name}.safetensors'):
    raise errors.InputError(
      f'The weights of {name} would be written over those of the model beside it; give another '
      '--output.'
    )
  if weights == 'baked' and size > _MOST:
    raise errors.InputError(
      f'The weights take {size / 2**30:.1f} GiB, and a file holds 2 GiB; give --weights separate.'
    )
  runner = _runner(output)
  # That of an earlier export is replaced, and nobody else's program.
  if runner.exists() and not files.read(runner).startswith(_RUNNER_START):
    raise errors.InputError(
      f'{runner} is there already, and the program that runs the export would replace it; give '
      '--output another name.'
    )
