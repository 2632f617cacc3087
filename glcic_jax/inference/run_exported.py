"""Completes a picture by an exported model: needs jax, flatbuffers, numpy, and Pillow for files.

    python model_run.py model.stablehlo photo.png hole.png completed.png

Written beside the model; what runs it knows nothing of the package that made it.
"""

from collections.abc import Callable
import json
import sys

import jax
import jax.export
import numpy as np


def load(path: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
  """An exported file -> a function: images [B, H, W, 3], masks [B, H, W, 1], 1 = hole -> completed
  images, all uint8.
  """
  exported = jax.export.deserialize(bytearray(np.fromfile(path, np.uint8)))
  weights = [read_weights(path + '.safetensors')] if len(exported.in_avals) > 2 else []
  # A model of one size refuses others itself.
  multiple = 1 if isinstance(exported.in_avals[-2].shape[1], int) else 4
  function = jax.jit(exported.call)

  def complete(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    height, width = image.shape[1:3]
    pad = ((0, 0), (0, -height % multiple), (0, -width % multiple), (0, 0))
    padded = (np.pad(array, pad, mode='reflect') for array in (image, mask))
    result = np.asarray(function(*weights, *padded))
    if np.isnan(result).any():
      raise ValueError(
        'this model completes only the middle of a picture, and the hole reaches beyond it'
      )
    return np.round(result[:, :height, :width]).astype(np.uint8)

  return complete


def read_weights(path: str) -> dict[str, jax.Array]:
  """A safetensors file of float32 arrays, by their names, on the device."""
  length = int(np.fromfile(path, '<u8', 1)[0])
  header = json.loads(bytes(np.fromfile(path, np.uint8, length, offset=8)))
  return {
    name: jax.device_put(
      np.memmap(path, '<f4', 'r', 8 + length + at['data_offsets'][0], tuple(at['shape']))
    )
    for name, at in header.items()
    if name != '__metadata__'
  }


if __name__ == '__main__':
  from PIL import Image
  from PIL import ImageOps

  photo, hole = (ImageOps.exif_transpose(Image.open(name)) for name in sys.argv[2:4])
  image, mask = np.asarray(photo.convert('RGB')), np.asarray(hole.convert('L')) // 128
  completed = load(sys.argv[1])(image[None], mask[None, ..., None])
  Image.fromarray(completed[0]).save(sys.argv[4])
