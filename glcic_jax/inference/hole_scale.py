"""Each hole at the scale that the network knows: what `scale='auto'` means.

    parts = hole_scale.parts(mask, side=256, multiple=4, radius=41.8)    # of `tiling`

A network knows holes as thick as those of its training. So each connected hole gets a scale by its
inner radius, and near ones of one scale are completed together: a large hole is led by a network
that sees around it, for hardly more than a small one costs, and a scratch beside it keeps its own
scale. The largest scale comes first, and what it has completed is known to the finer ones.

A longer hole than half a window would be cut, and each piece be a window's work: so it is seen
coarser, as far as the network knows holes as thin as it is then. A picture that is a window's is
never cut.

Masks are `[H, W]` bool, True = hole.
"""

from collections.abc import Iterator
import math

import numpy as np
import scipy.ndimage

from glcic_jax.inference import tiling

# Of the side of the training pictures: what is taken for the smallest and the largest radius of the
# training holes where a model does not tell.
USUAL_RADII = 1 / 6, 1 / 6

_STEPS = 2  # scales to an octave: few enough that near holes of like size go together
_CELL = 64  # pixels: holes in neighbouring squares are measured together
_EIGHT = np.ones((3, 3), bool)  # corners connect


def parts(
  mask: np.ndarray, *, side: int, multiple: int, radii: tuple[float, float]
) -> Iterator[tiling.Part]:
  """Cuts a picture's hole, which is not empty, into parts; each completes its own pixels alone.

  Args:
    mask: the hole.
    side: of the model's training pictures in pixels.
    multiple: what both sides of the network's input are multiples of.
    radii: the smallest and the largest inner radius in pixels at which a hole is to be shown to the
      network; nothing is enlarged to them.
  """
  side = tiling.up(side, multiple)
  steps = _steps(mask, radii, side // 2 if max(mask.shape) > side else side)
  for step in np.unique(steps[mask])[::-1].tolist():
    own, scale = steps == step, 2 ** (step / _STEPS)
    for group in tiling.groups(own, max(1, round(side * scale / tiling.CELLS))):
      for part in tiling.cut(own, group, side, scale):
        yield part._replace(own=own[tiling.slices(part.core)])


def thick(mask: np.ndarray, radius: float) -> np.ndarray:
  """Those holes whose inner radius is at least so many pixels: `[H, W]` bool."""
  labels, count = scipy.ndimage.label(mask, _EIGHT)
  return (_radii(mask, labels, count) >= radius)[labels] & mask


def _steps(mask: np.ndarray, radii: tuple[float, float], longest: int) -> np.ndarray:
  """Each hole's scale as the number of its steps, `[H, W]` int8; -1 outside the hole."""
  labels, count = scipy.ndimage.label(mask, _EIGHT)
  thinnest, thickest = (
    _STEPS * np.log2(np.maximum(_radii(mask, labels, count) / radius, 1)) for radius in radii
  )
  steps = np.ceil(thickest)
  most = np.floor(thinnest)
  boxes = scipy.ndimage.find_objects(labels)
  for label in np.flatnonzero(most > steps).tolist():
    length = max(side.stop - side.start for side in boxes[label - 1])
    uncut = math.ceil(_STEPS * math.log2(max(length / longest, 1)))
    steps[label] = max(steps[label], min(uncut, most[label]))
  steps[0] = -1
  return steps.astype(np.int8)[labels]


def _radii(mask: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
  """The inner radius in pixels of each label, `[count + 1]`; 0 for 0.

  The outside of the picture is outside the hole. A distance transform of the whole of a large
  picture would take longer than all the rest.
  """
  radii = np.zeros(count + 1)
  for box in tiling.groups(mask, _CELL):
    here = tiling.slices(box)
    depth = scipy.ndimage.distance_transform_edt(np.pad(mask[here], 1))[1:-1, 1:-1]
    # A hole of another group may be cut by the box: it is deeper in its own.
    np.maximum.at(radii, labels[here].ravel(), depth.ravel())
  return radii
