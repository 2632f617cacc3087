"""Completed pictures in a palette of 256 colours, as GIF holds them."""

import numpy as np
from PIL import Image

_COLORS = 256


def in_256_colors(completed: Image.Image, before: Image.Image) -> Image.Image | None:
  """As a palette picture, in which pixels that are equal in both keep their colour.

  Both are RGB, or RGBA; then one number of the palette is for what is transparent, and
  `info['transparency']` says which.

  None where they have too many colours, or are transparent by halves.
  """
  pixels = np.asarray(completed)
  changed = (pixels != np.asarray(before)).any(axis=-1)
  clear = np.zeros_like(changed)
  if completed.mode == 'RGBA':
    pixels, alpha = pixels[..., :3], pixels[..., 3]
    if not np.isin(alpha[~changed], (0, 255)).all():
      return None
    clear = alpha < 128
  most = _COLORS - clear.any()
  old, new = ~changed & ~clear, changed & ~clear
  kept, numbers = np.unique(pixels[old], axis=0, return_inverse=True)
  if len(kept) > most:
    return None
  indices = np.empty(changed.shape, np.uint8)
  indices[old] = numbers.reshape(-1)
  palette, drawn = kept, pixels[new]
  if len(drawn):
    import scipy.spatial  # as in `masks.grown`

    if len(kept) < most:  # room for colours of its own
      own = Image.fromarray(drawn[None]).quantize(int(most) - len(kept), Image.Quantize.MEDIANCUT)
      palette = np.concatenate([kept, np.unique(np.asarray(own.convert('RGB'))[0], axis=0)])
    indices[new] = scipy.spatial.cKDTree(palette).query(drawn)[1]
  if clear.any():
    indices[clear] = len(palette)
    palette = np.concatenate([palette, pixels[clear & ~changed][:1], np.zeros((1, 3), np.uint8)])
  result = Image.fromarray(indices).convert('P')
  result.putpalette(palette[:_COLORS].astype(np.uint8).tobytes())
  if clear.any():
    result.info['transparency'] = int(indices[clear][0])
  return result
