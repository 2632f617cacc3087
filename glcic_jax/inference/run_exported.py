"""Completes a picture by an exported model: needs jax, flatbuffers and numpy, and Pillow to open
picture files.

python model_run.py model.stablehlo photo.png hole.png completed.png
"""

import json
import sys

import jax.export
import numpy as np


def load(path):
  """An exported file -> a function: uint8 images [B, H, W, 3], masks [B, H, W, 1] (1 = hole) ->
  completed uint8.
  """
  exported = jax.export.deserialize(bytearray(np.fromfile(path, np.uint8)))
  weights = [read_weights(path + '.safetensors')] if len(exported.in_avals) > 2 else []
  multiple = (
    1 if isinstance(exported.in_avals[-2].shape[1], int) else 4
  )  # a model of one size refuses others itself
  function = jax.jit(exported.call)

  def complete(image, mask):
    pad = ((0, 0), *((0, -length % multiple) for length in image.shape[1:3]), (0, 0))
    result = np.asarray(
      function(*weights, np.pad(image, pad, mode='reflect'), np.pad(mask, pad, mode='reflect'))
    )
    if np.isnan(result).any():
      raise ValueError(
        'this model completes only the middle of a picture, and the hole reaches beyond it'
      )
    return np.round(result[:, : image.shape[1], : image.shape[2]]).astype(np.uint8)

  return complete


def read_weights(path):
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
  pixels, levels = np.asarray(photo.convert('RGB')), np.asarray(hole.convert('L'))
  Image.fromarray(load(sys.argv[1])(pixels[None], levels[None, ..., None] // 128)[0]).save(
    sys.argv[4]
  )
