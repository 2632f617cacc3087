"""How training crops are resampled: by Pillow, or three times as fast by cykooz-resizer.

Both are bilinear and antialiased over the same box. cykooz-resizer computes with fewer bits, the
same on every processor, and differs from Pillow by at most one level of 255 in about one value of
seven.
"""

import threading

from PIL import Image

from glcic_jax import errors
from glcic_jax.pictures import image_files


def by_name(name: str) -> image_files.Resample:
  """What `data.resampler` asks for.

  Raises:
    errors.InputError: if it is not installed, or does not agree with the installed Pillow.
  """
  return image_files.resample if name == 'pillow' else _simd()


def _simd() -> image_files.Resample:
  try:
    import cykooz_resizer
  except ModuleNotFoundError:
    raise errors.InputError(
      "data.resampler is 'simd', which needs cykooz-resizer; install it by "
      f"{errors.install('simd')}, or leave that key at 'pillow'."
    ) from None
  bilinear = cykooz_resizer.ResizeAlg.convolution(cykooz_resizer.FilterType.bilinear)
  own = threading.local()  # a resizer's buffers are not to be shared

  def resample(
    image: Image.Image, size: int, box: tuple[float, float, float, float]
  ) -> Image.Image:
    if not hasattr(own, 'resizer'):
      own.resizer = cykooz_resizer.Resizer()
    left, top, right, bottom = box
    options = cykooz_resizer.ResizeOptions(
      resize_alg=bilinear, crop_box=cykooz_resizer.CropBox(left, top, right - left, bottom - top)
    )
    made = Image.new('RGB', (size, size))
    own.resizer.resize_pil(image, made, options)
    return made

  _check(resample)
  return resample


def _check(resample: image_files.Resample) -> None:
  """It reads Pillow's pictures in memory, which another version of Pillow may lay out otherwise."""
  down, out = Image.linear_gradient('L'), Image.radial_gradient('L')
  ramp = Image.merge('RGB', [down, out, down.rotate(90)])
  box = (10.25, 20.5, 200.25, 210.5)
  expected, found = (way(ramp, 100, box).tobytes() for way in (image_files.resample, resample))
  if max(abs(one - two) for one, two in zip(expected, found)) > 1:
    raise errors.InputError(
      "data.resampler is 'simd', but the installed cykooz-resizer does not agree with the "
      "installed Pillow; update both, or leave that key at 'pillow'."
    )
