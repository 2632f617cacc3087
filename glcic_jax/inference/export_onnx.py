"""The exported function as ONNX, by jax2onnx (`pip install 'glcic_jax[onnx]'`).

Inputs `image` and `mask`, output `completed`, as in `export.py`. A converter may know an operation
and do it a little differently, so each file is run, on noise, beside the network itself.
"""

from collections.abc import Callable
import logging
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from glcic_jax import errors

TOLERANCE = 1e-4  # of the full scale, before rounding


def serialize(
  complete: Callable[..., jax.Array], image: jax.ShapeDtypeStruct, mask: jax.ShapeDtypeStruct
) -> bytes:
  """The bytes of (image, mask) -> completed; sides are numbers, or any multiples of 4.

  Raises:
    errors.InputError: if the converter is not installed.
    errors.RunError: if it fails on this network, or does it otherwise than to 1e-4.
  """
  try:
    import jax2onnx
    import onnxruntime
  except ModuleNotFoundError as error:
    raise errors.InputError(
      f'ONNX needs {error.name}; install it by {errors.install("onnx")}.'
    ) from None
  # They warn of what they leave out of the file, and it is nothing that runs.
  for name in ('jax2onnx', 'onnx_ir'):
    logging.getLogger(name).setLevel(logging.ERROR)
  try:
    content = jax2onnx.to_onnx(
      complete, [image, mask], input_names=['image', 'mask'], output_names=['completed']
    ).SerializeToString()
    session = onnxruntime.InferenceSession(content)
    sides = [
      side if isinstance(side, int) else any_ for side, any_ in zip(image.shape[1:3], (48, 64))
    ]
    difference = _difference(jax.jit(complete), session, *sides)
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


def _difference(complete: Callable[..., jax.Array], session: Any, height: int, width: int) -> float:
  """The largest, as a share of the full scale, on two pictures of noise; NaN if only one is."""
  rng = np.random.default_rng(0)
  image = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
  mask = np.zeros((2, height, width, 1), np.uint8)
  mask[:, height // 3 : -(height // 3), width // 3 : -(width // 3)] = 1
  with jax.default_matmul_precision('highest'):  # accelerators round the factors otherwise
    wanted = np.asarray(complete(jnp.asarray(image), jnp.asarray(mask)))
  differences = []
  for white in (1, 255):
    (found,) = session.run(['completed'], {'image': image, 'mask': white * mask})
    both = np.isnan(found) & np.isnan(wanted)
    differences.append(np.where(both, 0, np.abs(found - wanted)).max() / 255)
  return float(np.max(differences))
