"""Completes a picture by an exported model: needs NumPy; jax and flatbuffers, or onnxruntime for a
file in ONNX; and Pillow for picture files.

    python model_run.py model.stablehlo photo.png hole.png completed.png

Written beside the model; what runs it knows nothing of the package that made it.
"""

import argparse
from collections.abc import Callable
import json
import sys
from typing import Any

import numpy as np

from glcic_jax.pictures import mask_meaning  # beside an export, its code is here


def load(path: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
  """An exported file -> a function: images [B, H, W, 3], masks [B, H, W, 1], over 0 = hole ->
  completed images, all uint8. It raises ValueError where it cannot complete them.
  """
  head = np.fromfile(path, np.uint8, 2)  # ONNX: field 1, the version
  run, side = (_onnx if list(head[:1]) == [8] and head[1] else _stablehlo)(path)
  multiple = 1 if side else 4

  def complete(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    height, width = image.shape[1:3]
    if side and (height, width) != (side, side):
      raise ValueError(f'this model takes {side}x{side} px, and the picture has {width}x{height}')
    if image.shape[1:3] != mask.shape[1:3]:
      raise ValueError(f'the mask is {mask.shape[2]}x{mask.shape[1]}, the picture {width}x{height}')
    pad = ((0, 0), (0, -height % multiple), (0, -width % multiple), (0, 0))
    hole = (mask > 0).astype(np.uint8)
    result = np.asarray(run(*(np.pad(array, pad, mode='reflect') for array in (image, hole))))
    if not np.isfinite(result).all():
      raise ValueError(
        'this model completes only the middle of a picture, and the hole reaches beyond it; or its '
        'weights are damaged'
      )
    return np.round(result[:, :height, :width]).astype(np.uint8)

  return complete


def _onnx(path: str) -> tuple[Callable[..., Any], int | None]:
  import onnxruntime

  session = onnxruntime.InferenceSession(path)
  side = session.get_inputs()[0].shape[1]

  def run(image: np.ndarray, mask: np.ndarray) -> Any:
    return session.run(['completed'], {'image': image, 'mask': mask})[0]

  return run, side if isinstance(side, int) else None


def _stablehlo(path: str) -> tuple[Callable[..., Any], int | None]:
  import jax
  import jax.export

  try:
    exported = jax.export.deserialize(bytearray(np.fromfile(path, np.uint8)))
    exported.mlir_module()
  except Exception as error:  # of a library that reads for it
    raise ValueError(f'{path} is damaged, or of a later jax than {jax.__version__}') from error
  weights = [read_weights(path + '.safetensors')] if len(exported.in_avals) > 2 else []
  function, side = jax.jit(exported.call), exported.in_avals[-2].shape[1]
  return lambda *arrays: function(*weights, *arrays), side if isinstance(side, int) else None


def read_weights(path: str) -> dict[str, Any]:
  """A safetensors file of float32 arrays, by their names, on the device."""
  import jax

  length = int(np.fromfile(path, '<u8', 1)[0])
  header = json.loads(bytes(np.fromfile(path, np.uint8, length, offset=8)))
  return {
    name: jax.device_put(
      np.memmap(path, '<f4', 'r', 8 + length + at['data_offsets'][0], tuple(at['shape']))
    )
    for name, at in header.items()
    if name != '__metadata__'
  }


def main() -> None:
  """Completes a picture file, as the arguments say."""
  from PIL import Image
  from PIL import ImageOps

  parser = argparse.ArgumentParser(description='Completes a picture by an exported model.')
  for name in ('model', 'picture', 'mask', 'output'):
    parser.add_argument(name)
  parser.add_argument(mask_meaning.FLAG, choices=mask_meaning.CHANNELS)
  given = parser.parse_args()
  image, mask = (ImageOps.exif_transpose(Image.open(name)) for name in (given.picture, given.mask))
  try:
    meaning = mask_meaning.decide(mask_meaning.array_of(mask), channel=given.mask_channel)
  except mask_meaning.Unclear as error:
    raise ValueError(f'{given.mask} {error}') from None
  if meaning.note:
    print(f'{given.mask}: {meaning.note}', file=sys.stderr)
  pixels, hole = np.asarray(image.convert('RGB')), meaning.hole[..., None]
  Image.fromarray(load(given.model)(pixels[None], hole[None])[0]).save(given.output)


if __name__ == '__main__':
  try:
    main()
  except (OSError, ValueError) as error:
    sys.exit(f'{sys.argv[0]}: {error}')
