"""Before the first picture: the program that nearly every picture needs is compiled."""

import numpy as np

from glcic_jax.inference import completer as completer_lib


def warm(completer: completer_lib.Completer) -> None:
  """Completes a made-up picture as large as the model's training pictures."""
  side = completer.description.image_size
  image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
  hole = np.zeros((side, side), bool)
  hole[side * 3 // 8 : side * 5 // 8, side * 3 // 8 : side * 5 // 8] = True
  completer(image, hole)
