"""The exported function as ONNX, by jax2onnx (`pip install 'glcic_jax[onnx]'`), and checked before
it is believed.

Inputs `image` and `mask`, output `completed`, as in `export.py`. A converter may know an operation
and do it a little differently, so each file is run by onnxruntime, on noise, beside the network
itself.
"""

from collections.abc import Callable, Mapping
import functools
import logging
from typing import Any

import jax
from jax import export as jax_export
import jax.numpy as jnp
import numpy as np

from glcic_jax import errors

TOLERANCE = 1e-4  # of the full scale, before rounding


def serialize(
  complete: Callable[..., jax.Array], weights: Mapping[str, np.ndarray], side: int | None
) -> bytes:
  """The file's bytes.

  Args:
    complete: (weights, image, mask) -> completed; see `export.py`.
    weights: {name: array}.
    side: the only side of a picture that it takes; None: any multiple of 4.

  Raises:
    errors.InputError: if the converter is not installed.
    errors.RunError: if it fails on this network, or does it otherwise than to 1e-4.
  """
  try:
    import jax2onnx
    import onnxruntime
  except ModuleNotFoundError as error:
    raise errors.InputError(
      f"ONNX needs {error.name}; install it by pip install 'glcic_jax[onnx]'."
    ) from None
  batch, height, width = jax_export.symbolic_shape('b, 4*h, 4*w')
  if side is not None:
    height = width = side
  shapes = [
    jax.ShapeDtypeStruct((batch, height, width, channels), jnp.uint8) for channels in (3, 1)
  ]
  # They warn of what they leave out of the file, and it is nothing that runs.
  for name in ('jax2onnx', 'onnx_ir'):
    logging.getLogger(name).setLevel(logging.ERROR)
  try:
    model = jax2onnx.to_onnx(
      lambda image, mask: complete(weights, image, mask),
      shapes,
      input_names=['image', 'mask'],
      output_names=['completed'],
    )
    content = model.SerializeToString()
    difference = _difference(
      functools.partial(jax.jit(complete), weights), onnxruntime.InferenceSession(content), side
    )
  except Exception as error:  # of any kind: it is a compiler
    reason = (str(error).splitlines() or [''])[0]
    raise errors.RunError(
      f'The ONNX converter cannot do this network ({type(error).__name__}: {reason}); export it as '
      'StableHLO.'
    ) from None
  if not difference <= TOLERANCE:
    raise errors.RunError(
      f'The ONNX file differs from the network by {difference:.2g} of the full scale; export it as '
      'StableHLO.'
    )
  return content


def _difference(
  complete: Callable[[jax.Array, jax.Array], jax.Array], session: Any, side: int | None
) -> float:
  """The largest, as a share of the full scale, on two pictures of noise; NaN if one is NaN
  where the other is not.
  """
  height, width = (side, side) if side else (48, 64)
  rng = np.random.default_rng(0)
  image = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
  mask = np.zeros((2, height, width, 1), np.uint8)
  mask[:, height // 3 : -(height // 3), width // 3 : -(width // 3)] = 1
  (found,) = session.run(['completed'], {'image': image, 'mask': mask})
  with jax.default_matmul_precision('highest'):  # accelerators round the factors otherwise
    wanted = np.asarray(complete(jnp.asarray(image), jnp.asarray(mask)))
  both = np.isnan(found) & np.isnan(wanted)
  return float(np.where(both, 0, np.abs(found - wanted)).max() / 255)
