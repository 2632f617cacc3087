"""256 colours for a completed picture, of which the known pixels keep theirs."""

import numpy as np
from PIL import Image

_MOST = 256


def keeping(completed: Image.Image, before: Image.Image) -> Image.Image | None:
  """Draws what has changed with few colours, and nothing else.

  Args:
    completed: RGB.
    before: RGB, of the same size; pixels that are equal in both keep their colour.

  Returns:
    a palette picture; None where the pixels to keep have too many colours.
  """
  pixels = np.asarray(completed)
  changed = (pixels != np.asarray(before)).any(axis=-1)
  kept, numbers = np.unique(pixels[~changed], axis=0, return_inverse=True)
  if len(kept) > _MOST:
    return None
  indices = np.empty(changed.shape, np.uint8)
  indices[~changed] = numbers.reshape(-1)
  palette, new = kept, pixels[changed]
  if len(new):
    import scipy.spatial  # as in `masks.grown`

    if len(kept) < _MOST:  # room for colours of its own
      drawn = Image.fromarray(new[None]).quantize(_MOST - len(kept), Image.Quantize.MEDIANCUT)
      palette = np.concatenate([kept, np.unique(np.asarray(drawn.convert('RGB'))[0], axis=0)])
    indices[changed] = scipy.spatial.cKDTree(palette).query(new)[1]
  result = Image.fromarray(indices).convert('P')
  result.putpalette(palette.astype(np.uint8).tobytes())
  return result
