"""Before the first picture: what nearly every picture needs is imported and compiled."""

from collections.abc import Callable
import contextlib
from typing import Any

import numpy as np

from glcic_jax import errors
from glcic_jax.inference import in_memory
from glcic_jax.pictures import image_files


def warm(completer: Callable[..., Any], side: int) -> None:
  """Completes a made-up picture of `side` pixels: that of the model's training pictures."""
  image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
  mask = np.zeros((side, side), np.uint8)
  mask[side * 3 // 8 : side * 5 // 8, side * 3 // 8 : side * 5 // 8] = 255
  encoded = [image_files.encode(picture, 'PNG', 'a picture') for picture in (image, mask)]
  with contextlib.suppress(errors.InputError):  # a model may take no such hole
    in_memory.complete(completer, in_memory.Task(encoded[0], encoded[1], options={}))
