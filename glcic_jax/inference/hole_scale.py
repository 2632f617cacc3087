"""Each hole at the scale that the network knows: what `scale='auto'` means.

    parts = hole_scale.parts(mask, side=256, multiple=4, radii=(9.9, 41.8))    # of `tiling`

A network knows holes as thick as those of its training. So each connected hole gets a scale by its
inner radius, and near ones of one scale are completed together: a large hole is led by a network
that sees around it, for hardly more than a small one costs, and a scratch beside it keeps its own
scale. The largest scale comes first, and what it has completed is known to the finer ones.

A longer hole than half a window would be cut, and each piece be a window's work: so it is seen
coarser, as far as the network knows holes as thin as it is then. A picture that is a window's is
never cut.

A small picture, which would leave most of a window empty, is shown enlarged: a network knows the
grain of photographs, not of thumbnails.

What is thin is not led by what is far from it: it is shown with a few times its radius around it,
so that dust takes small windows, and what is cut takes few.

Masks are `[H, W]` bool, True = hole.
"""

from collections.abc import Iterator
import math

import numpy as np
import scipy.ndimage

from glcic_jax import boxes
from glcic_jax.detail import pieces
from glcic_jax.inference import tiling

# Of the side of the training pictures: what is taken for the smallest and the largest radius of the
# training holes where a model does not tell.
USUAL_RADII = 1 / 6, 1 / 6

_STEPS = 2  # scales to an octave: few enough that near holes of like size go together
_LARGER = 2  # times larger that a picture is shown which fits in a window then
_SMALLER = 2, 4  # times smaller that windows may be: few, since each size takes a program
# Inner radii that are shown on each side of a hole: with one, its PSNR is 0.1 to 0.2 dB lower than
# in a whole window, with two the same (radii of 4 to 24 px).
_SHOWN = 2


def parts(
  mask: np.ndarray, *, side: int, multiple: int, radii: tuple[float, float]
) -> Iterator[tiling.Part]:
  """Cuts a picture's hole, which is not empty, into parts; each completes its own pixels alone.

  Args:
    mask: the hole.
    side: of the model's training pictures in pixels.
    multiple: what both sides of the network's input are multiples of.
    radii: the smallest and the largest inner radius in pixels at which a hole is to be shown to the
      network; only small pictures are enlarged.
  """
  side = tiling.up(side, multiple)
  found = pieces.clusters(mask)
  longest = side // 2 if max(mask.shape) > side else side
  finest = 1 / _LARGER if _LARGER * max(mask.shape) <= side else 1.0
  steps = [_steps(cluster, radii, longest, finest) for cluster in found]
  for step in sorted({int(step) for some in steps for step in some[1:]}, reverse=True):
    scale = 2 ** (step / _STEPS)
    own, depth = np.zeros(mask.shape, bool), np.zeros(mask.shape, np.float32)
    for cluster, some in zip(found, steps):
      here = boxes.slices(cluster.box)
      own[here] |= (some == step)[cluster.labels] & (cluster.labels > 0)
      deep = np.where(some == step, cluster.radii, 0).astype(np.float32)
      depth[here] = np.maximum(depth[here], deep[cluster.labels])
    for group in tiling.groups(own, max(1, round(side * scale / tiling.CELLS))):
      radius = float(depth[boxes.slices(group)].max()) / scale
      for part in _cut(own, group, side, multiple, scale, radius):
        yield part._replace(own=own[boxes.slices(part.core)])


def _cut(
  mask: np.ndarray, group: boxes.Box, side: int, multiple: int, scale: float, radius: float
) -> list[tiling.Part]:
  """The cut of a group into few parts, unless smaller windows show the network far less.

  `radius`: the largest inner radius in it, as the network sees it.
  """
  around = 2 * math.ceil(_SHOWN * radius)
  best = list(tiling.cut(mask, group, side, scale, max(side - around, side // 2)))
  for count in _SMALLER:
    window = tiling.up(side // count, multiple)
    largest = window if window * scale >= max(mask.shape) else window - around
    if largest >= 2 * radius:  # a compact hole is not cut
      parts = list(tiling.cut(mask, group, window, scale, largest))
      best = parts if 2 * _shown(parts) < _shown(best) else best
  return best


def _shown(parts: list[tiling.Part]) -> int:
  """Pixels, which are the network's work."""
  return sum(part.size[0] * part.size[1] for part in parts)


def _steps(
  cluster: pieces.Cluster, radii: tuple[float, float], longest: int, finest: float
) -> np.ndarray:
  """Each piece's scale as the number of its steps, `[pieces + 1]` int; the first is no piece's.

  `finest`: the scale that is kept where no rule asks for a coarser one.
  """

  def octaves(scale: np.ndarray | float) -> np.ndarray:
    return _STEPS * np.log2(np.maximum(scale, finest))

  thinnest, thickest = (octaves(cluster.radii / radius) for radius in radii)
  steps, most = np.ceil(thickest), np.floor(thinnest)
  found = scipy.ndimage.find_objects(cluster.labels)
  for label in (np.flatnonzero(most[1:] > steps[1:]) + 1).tolist():
    length = max(side.stop - side.start for side in found[label - 1])
    uncut = np.ceil(octaves(length / longest))
    steps[label] = max(steps[label], min(uncut, most[label]))
  return steps.astype(int)
