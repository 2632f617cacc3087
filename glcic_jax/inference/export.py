"""A model as one function in a file, for programs that know nothing of this package.

    (image `[b, H, W, 3]` uint8, mask `[b, H, W, 1]` uint8) -> completed `[b, H, W, 3]` float32

`mask` is over 0 in the hole. `completed` is on the scale 0..255 and not rounded; outside the hole
it is `image`, exactly. b is any number. H and W are any multiples of 4, or the one side that a
Context Encoder takes. It is NaN where a model that completes only the middle is asked for more.
With the weights apart, they come first: {name: array}.

It is what `complete --large whole --blend none` computes. `run_exported.py` is the program that
runs it.
"""

from collections.abc import Callable, Mapping, Sequence
import functools
import os
import pathlib
from typing import Any

from etils import epath
import jax
from jax import export as jax_export
import jax.numpy as jnp
import numpy as np
import safetensors.numpy

from glcic_jax import errors
from glcic_jax import files
from glcic_jax.inference import completer as completer_lib
from glcic_jax.inference import fixed_size
from glcic_jax.inference import network
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors
from glcic_jax.models import convolutions
from glcic_jax.models import layers

PLATFORMS = ('cpu', 'cuda', 'tpu')
_MOST = 2**31 - 2**24  # bytes of weights that fit into one file: its format counts with 31 bits
_RUNNER = pathlib.Path(__file__).with_name('run_exported.py')
_RUNNER_START = b'"""Completes a picture by an exported model: needs jax'  # of any version's


def write(
  completer: completer_lib.Completer,
  output: epath.PathLike,
  *,
  file_format: str = 'stablehlo',
  weights: str = 'baked',
  platforms: Sequence[str] = PLATFORMS,
) -> list[str]:
  """Writes the function, and what belongs to it.

  Args:
    completer: of the model.
    output: the file; the others take its name, and something after it.
    file_format: 'stablehlo', by `jax.export`, with a program that runs it; or 'onnx'.
    weights: 'baked' into the file, or 'separate', in OUTPUT.safetensors; ONNX has them baked.
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
  if file_format == 'onnx':
    from glcic_jax.inference import export_onnx

    side = fixed_size.side(completer.generator)
    contents = {output: export_onnx.serialize(function(completer), variables, side)}
  else:
    runner = output.with_name(f'{output.stem}_run.py')
    _check_runner(runner)
    contents = {
      runner: _RUNNER.read_bytes(),
      output: _stablehlo(completer, variables, weights, platforms),
    }
    if weights == 'separate':
      contents = {
        output.with_name(f'{output.name}.safetensors'): safetensors.numpy.save(variables),
        **contents,
      }
  for path, content in contents.items():  # the function last: what it needs is there before it
    files.write(path, content)
  return [os.fspath(path) for path in contents]


def function(
  completer: completer_lib.Completer,
) -> Callable[[Mapping[str, Any], jax.Array, jax.Array], jax.Array]:
  """(flat weights, image, mask) -> completed: see the top of this file."""
  generator = layers.compiled_for(completer.generator, convolutions.AS_DEFINED)
  paint = network.function(generator, completer.description)
  outside = _outside(fixed_size.hole(generator), fixed_size.side(generator))

  def complete(weights: Mapping[str, Any], image: jax.Array, mask: jax.Array) -> jax.Array:
    raw = paint(tensors.unflatten(weights), image.astype(jnp.float32), mask)
    completed = jnp.where(mask > 0, raw, image.astype(jnp.float32))
    return completed if outside is None else jnp.where((mask > 0) & outside, jnp.nan, completed)

  return complete


def _outside(hole: tuple[int, int] | None, length: int | None) -> np.ndarray | None:
  """`[1, S, S, 1]`: where the model completes nothing; None: it completes everything."""
  if hole is None or length is None:
    return None
  outside = np.ones((1, length, length, 1), np.bool_)
  outside[:, hole[0] : hole[1], hole[0] : hole[1]] = False
  return outside


def _stablehlo(
  completer: completer_lib.Completer,
  variables: Mapping[str, np.ndarray],
  weights: str,
  platforms: Sequence[str],
) -> bytes:
  batch, height, width = jax_export.symbolic_shape('b, 4*h, 4*w')
  side = fixed_size.side(completer.generator)
  if side is not None:
    height = width = side
  image, mask = (
    jax.ShapeDtypeStruct((batch, height, width, channels), jnp.uint8) for channels in (3, 1)
  )
  complete = function(completer)
  if weights == 'separate':
    arrays = jax.eval_shape(lambda: variables)
    exported = jax_export.export(jax.jit(complete), platforms=platforms)(arrays, image, mask)
  else:
    baked = jax.jit(functools.partial(complete, variables))
    exported = jax_export.export(baked, platforms=platforms)(image, mask)
  return bytes(exported.serialize())


def _check(
  output: epath.Path, file_format: str, weights: str, platforms: Sequence[str], size: int
) -> None:
  name = os.fspath(output)
  if file_format not in ('stablehlo', 'onnx'):
    raise errors.InputError(f'The format is {file_format!r}; it can be stablehlo or onnx.')
  if weights not in ('baked', 'separate'):
    raise errors.InputError(f'The weights are {weights!r}; they can be baked or separate.')
  if file_format == 'onnx' and (weights != 'baked' or tuple(platforms) != PLATFORMS):
    raise errors.InputError(
      'An ONNX file holds its weights and knows no platforms; leave --weights and --platforms out.'
    )
  unknown = [platform for platform in platforms if platform not in PLATFORMS]
  if unknown or not platforms:
    wrong = unknown[0] if unknown else ''
    known = f'give some of {", ".join(PLATFORMS)}, with commas between.'
    raise errors.InputError(
      errors.with_hint(
        f'The platform {wrong!r} is unknown; {known}', errors.did_you_mean(wrong, PLATFORMS)
      )
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
  if not output.parent.is_dir():
    raise errors.InputError(
      f'There is no folder {output.parent}; make it, or give another --output.'
    )
  if weights == 'separate' and model_files.is_weights(f'{name}.safetensors'):
    raise errors.InputError(
      f'The weights of {name} would be written over those of the model beside it; give another '
      '--output.'
    )
  if weights == 'baked' and size > _MOST:
    raise errors.InputError(
      f'The weights take {size / 2**30:.1f} GiB, and a file holds 2 GiB; give --weights separate.'
    )


def _check_runner(runner: epath.Path) -> None:
  """Replaces a runner of an earlier export, and nobody else's program."""
  if runner.exists() and not runner.read_bytes().startswith(_RUNNER_START):
    raise errors.InputError(
      f'{runner} is there already, and the program that runs the export would replace it; give '
      '--output another name.'
    )
