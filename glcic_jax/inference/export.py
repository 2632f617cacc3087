"""A model as one function in a file, for programs that know nothing of this package.

    (image `[b, H, W, 3]` uint8, mask `[b, H, W, 1]` uint8) -> completed `[b, H, W, 3]` float32

`mask` is over 0 in the hole. `completed` is on the scale 0..255 and not rounded; outside the hole
it is `image`, exactly. b is any number. H and W are any multiples of 4, or the one side that a
Context Encoder takes. It is NaN where a model that completes only the middle is asked for more.
With the weights apart, they come first: {name: array}.

It is what `complete --large whole --blend none` computes. `run_exported.py` is the program that
runs it.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
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
from glcic_jax import models
from glcic_jax.inference import completer as completer_lib
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors

PLATFORMS = ('cpu', 'cuda', 'tpu')
_MOST = 2**31 - 2**24  # bytes of weights that fit into one file: its format counts with 31 bits
_RUNNER = pathlib.Path(__file__).with_name('run_exported.py')


def write(
  completer: completer_lib.Completer,
  output: epath.PathLike,
  *,
  form: str = 'stablehlo',
  weights: str = 'baked',
  platforms: Sequence[str] = PLATFORMS,
) -> list[str]:
  """Writes the function, and what belongs to it.

  Args:
    completer: of the model.
    output: the file; the others take its name, and something after it.
    form: 'stablehlo', by `jax.export`, with a program that runs it; or 'onnx'.
    weights: 'baked' into the file, or 'separate', in OUTPUT.safetensors; ONNX has them baked.
    platforms: which of `PLATFORMS` the StableHLO is lowered for; ONNX knows none.

  Returns:
    the files written.

  Raises:
    errors.InputError: if a name, an option or the model does not fit; nothing is written then.
  """
  output = epath.Path(output)
  variables = {
    name: np.asarray(value) for name, value in tensors.flatten(completer.network[1]).items()
  }
  _check(output, form, weights, platforms, sum(value.nbytes for value in variables.values()))
  if form == 'onnx':
    from glcic_jax.inference import export_onnx

    contents = {output: export_onnx.serialize(function(completer), variables, side(completer))}
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
  run, _ = completer.network
  generator = architectures.build_generator(completer.description.architecture)
  outside = _outside(models.own_hole(generator), models.own_side(generator))

  def complete(weights, image, mask):
    raw = run(tensors.unflatten(weights), image.astype(jnp.float32), mask)
    completed = jnp.where(mask > 0, raw, image.astype(jnp.float32))
    return completed if outside is None else jnp.where((mask > 0) & outside, jnp.nan, completed)

  return complete


def side(completer: completer_lib.Completer) -> int | None:
  """The only side of a picture that the function takes; None: any multiple of 4."""
  return models.own_side(architectures.build_generator(completer.description.architecture))


def _outside(hole: tuple[int, int] | None, length: int | None) -> np.ndarray | None:
  """`[1, S, S, 1]`: where the model completes nothing; None: it completes everything."""
  if hole is None:
    return None
  outside = np.ones((1, length, length, 1), bool)
  outside[:, hole[0] : hole[1], hole[0] : hole[1]] = False
  return outside


def _stablehlo(
  completer: completer_lib.Completer,
  variables: Mapping[str, np.ndarray],
  weights: str,
  platforms: Sequence[str],
) -> bytes:
  batch, height, width = jax_export.symbolic_shape('b, 4*h, 4*w')
  own = side(completer)
  if own is not None:
    height = width = own
  shapes = [
    jax.ShapeDtypeStruct((batch, height, width, channels), jnp.uint8) for channels in (3, 1)
  ]
  complete = function(completer)
  if weights == 'separate':
    shapes.insert(
      0, {name: jax.ShapeDtypeStruct(value.shape, value.dtype) for name, value in variables.items()}
    )
    exported = jax_export.export(jax.jit(complete), platforms=platforms)(*shapes)
  else:
    baked = jax.jit(lambda image, mask: complete(variables, image, mask))
    exported = jax_export.export(baked, platforms=platforms)(*shapes)
  return bytes(exported.serialize())


def _check(
  output: epath.Path, form: str, weights: str, platforms: Sequence[str], size: int
) -> None:
  name = os.fspath(output)
  if form not in ('stablehlo', 'onnx'):
    raise errors.InputError(f'The format is {form!r}; it can be stablehlo or onnx.')
  if weights not in ('baked', 'separate'):
    raise errors.InputError(f'The weights are {weights!r}; they can be baked or separate.')
  if form == 'onnx' and (weights != 'baked' or tuple(platforms) != PLATFORMS):
    raise errors.InputError(
      'An ONNX file holds its weights and knows no platforms; leave --weights and --platforms out.'
    )
  unknown = [platform for platform in platforms if platform not in PLATFORMS]
  if unknown or not platforms:
    raise errors.InputError(
      f'The platform {unknown[0] if unknown else ""!r} is unknown; give some of '
      f'{", ".join(PLATFORMS)}, with commas between.'
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
  start = _RUNNER.read_bytes().partition(b'\n')[0]
  if runner.exists() and not runner.read_bytes().startswith(start):
    raise errors.InputError(
      f'{runner} is there already, and the program that runs the export would replace it; give '
      '--output another name.'
    )
