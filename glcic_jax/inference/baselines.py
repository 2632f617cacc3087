"""Completing without a network: OpenCV's inpainters, scikit-image's, a membrane, or patches.

    completed = baselines.complete('telea', image, hole)
    results = baselines.Baseline('telea')(images, holes)      # pictures of any mode, as `Completer`

What a model has to beat, and what serves where it does not. `FILLS` is the only list of their
names. No JAX starts here, and OpenCV only when a picture is filled.

Contract of a fill: `[H, W, 3]` uint8 or uint16 and a hole `[H, W]` bool -> what fills it, of the
picture's shape and type; only its pixels in the hole count, and it looks at pixels near the hole.
"""

from collections.abc import Callable, Mapping, Sequence
import importlib
from typing import Any, TYPE_CHECKING

import numpy as np

from glcic_jax import boxes
from glcic_jax import errors

if TYPE_CHECKING:
  from PIL import Image

_RADIUS = 3  # pixels, as in OpenCV's documentation
_MARGIN = 8  # pixels around the hole: more than a fill by its edge looks at
_PATCHES_MARGIN = 256  # pixels around the hole, in which patches are looked for
_PATCH = 7  # pixels

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


def telea(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """Fast marching (Telea 2004), by OpenCV."""
  import cv2

  return _opencv(image, hole, cv2.INPAINT_TELEA)


def navier_stokes(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """Navier-Stokes (Bertalmio, Bertozzi and Sapiro 2001), by OpenCV."""
  import cv2

  return _opencv(image, hole, cv2.INPAINT_NS)


def _opencv(image: np.ndarray, hole: np.ndarray, method: int) -> np.ndarray:
  import cv2

  # It takes pictures of 8 bits: of 16, the hole gets the same colours as it would in 8.
  scale = np.iinfo(image.dtype).max // 255
  small = np.round(image / scale).astype(np.uint8) if scale > 1 else np.ascontiguousarray(image)
  filled = cv2.inpaint(small, hole.astype(np.uint8), _RADIUS, method)
  return filled if scale == 1 else filled.astype(image.dtype) * scale


def biharmonic(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """The biharmonic equation (Damelin and Hoang 2018), by scikit-image; slow on large holes.

  It stays within the range of the colours that it is shown.
  """
  filled = restoration().inpaint_biharmonic(image, hole, channel_axis=-1)
  return _levels(filled * np.iinfo(image.dtype).max, image.dtype)


def harmonic(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """Laplace's equation: a membrane between the known pixels, the Poisson blend of a constant."""
  from glcic_jax.inference import blending

  floats = image.astype(np.float64)
  return _levels(blending.blend(floats, np.zeros_like(floats), hole), image.dtype)


def patchmatch(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """Patches of the known picture, by nearest-neighbour fields over a pyramid (Barnes et al. 2009;
  Wexler et al. 2007), by patchmatch-cython; always with one seed. Where no patch is known at some
  scale of the pyramid, the fill is `harmonic`'s.
  """
  import scipy.ndimage

  library = _patchmatch()
  patches = np.ones((_PATCH, _PATCH), bool)
  if not scipy.ndimage.binary_erosion(~hole, patches).any():  # no patch is known
    return harmonic(image, hole)
  scale = np.iinfo(image.dtype).max // 255  # as OpenCV's: it takes pictures of 8 bits
  small = np.round(image / scale).astype(np.uint8)
  try:
    filled = library.inpaint_pyramid(small, hole, patch_size=_PATCH, seed=0, em_loops=4)
  except ValueError:  # on a coarse level, the hole is all that is left
    return harmonic(image, hole)
  return filled.astype(image.dtype) * scale


def _levels(values: np.ndarray, dtype: Any) -> np.ndarray:
  return np.clip(np.round(values), 0, np.iinfo(dtype).max).astype(dtype)


FILLS: Mapping[str, Fill] = {
  'telea': telea,
  'navier-stokes': navier_stokes,
  'biharmonic': biharmonic,
  'harmonic': harmonic,
  'patchmatch': patchmatch,
}


def check(name: str) -> None:
  """Refuses a baseline whose library is not there, before anything is completed.

  Raises:
    errors.InputError: if it is not installed.
  """
  if name == 'biharmonic':
    restoration()
  elif name == 'patchmatch':
    _patchmatch()


def restoration() -> Any:
  """Scikit-image's module.

  Raises:
    errors.InputError: if it is not installed.
  """
  return _library('skimage.restoration', 'biharmonic', 'scikit-image')


def _patchmatch() -> Any:
  return _library('patchmatch_cython', 'patchmatch', 'patchmatch-cython')


def _library(module: str, name: str, package: str) -> Any:
  try:
    importlib.import_module(module.partition('.')[0])
    return importlib.import_module(module)
  except ImportError:
    raise errors.InputError(
      f'{name!r} needs {package}, which is not installed; install it by '
      f'{errors.install("evaluate")}, or choose another model.'
    ) from None


def complete(name: str, image: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """The picture, its hole filled by one of `FILLS`, which sees the hole's surroundings alone."""
  margin = _PATCHES_MARGIN if name == 'patchmatch' else _MARGIN
  around = boxes.slices(boxes.grown(boxes.around(hole), margin, boxes.whole(hole)))
  result = image.copy()
  result[around][hole[around]] = FILLS[name](image[around], hole[around])[hole[around]]
  return result


class Baseline:
  """One of `FILLS` in the place of a `Completer`."""

  batch_size = 1

  def __init__(self, name: str):
    """Raises `errors.InputError` if what it needs is not installed."""
    check(name)
    self._name = name

  def manner(self) -> None:
    """There is nothing to choose."""

  def __call__(
    self, images: 'Sequence[Image.Image]', holes: Sequence[np.ndarray]
  ) -> 'list[Image.Image]':
    """Completes pictures; holes are `[H, W]` bool. What comes back is as from a `Completer`."""
    from glcic_jax.inference import transparency
    from glcic_jax.pictures import modes

    results = []
    for image, hole in zip(images, holes):
      picture = modes.from_image(image)
      filled = complete(self._name, transparency.levels(picture, hole), hole)
      results.append(transparency.completed(picture, filled, hole))
    return results
