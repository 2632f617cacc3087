"""Fitting a completed region to its surroundings: by an exact Poisson solve, as OpenCV, or not.

Contract: `image` and `raw` are `[H, W, C]` numbers on one scale, `hole` and `known` are `[H, W]`
bool and disjoint; pixels in neither are not there yet. Every function returns `[H, W, C]` float64
that equals `image` wherever it is not `hole`.

The paper (section 3.5) fills the hole by fast marching (Telea 2004) and then blends by Poisson
(Perez et al. 2003), on OpenCV, which solves on the hole's bounding rectangle: that needs a filled
hole, and changes known pixels. A solve that is restricted to the hole takes its boundary values
from the known pixels themselves and has no use for the fill; `opencv` is the paper's recipe.
"""

from collections.abc import Callable

import cv2
import numpy as np
import scipy.ndimage
import scipy.sparse
import scipy.sparse.linalg

# Pixels of surroundings that a blend wants to see; Poisson needs one, the fill a few more.
MARGIN = 8

_TELEA_RADIUS = 3  # pixels
# How much of the hole's extent counts against a slope, as if known pixels lay there at one level.
_DOUBT = 0.05
# A factorisation and multigrid take the same time there (0.2 s on a 30 % hole in 512x512); below,
# the factorisation is faster, above it slows down and takes far more memory.
_DIRECT_UNKNOWNS = 60_000
_LARGE_UNKNOWNS = 1_000_000
_TOLERANCE = 1e-9  # of the residual, relative: far below 1e-6 of a level
_ITERATIONS = 200
_COARSEST = 600  # unknowns of the coarsest grid, which is solved directly

_Solve = Callable[[np.ndarray], np.ndarray]  # right sides [N, C] -> solutions


def blend(
  image: np.ndarray,
  raw: np.ndarray,
  hole: np.ndarray,
  *,
  how: str = 'poisson',
  known: np.ndarray | None = None,
  feather: float = 0,
  edge: np.ndarray | None = None,
  trust: np.ndarray | None = None,
) -> np.ndarray:
  """Puts a network's output `raw` into the hole; what `image` has there is not used.

  Args:
    how: one of `manner.BLENDS`.
    known: by default all outside the hole.
    feather: over so many pixels inside the hole, the result fades into the smooth continuation of
      the known pixels.
    edge: `[H, W]` bool, the pixels from which `feather` counts; by default `known`.
    trust: `[H, W]` within 0 and 1, how much of the result remains of its own; the smooth
      continuation takes the rest. By default all.
  """
  known = ~hole if known is None else known
  image, raw = np.asarray(image, np.float64), np.asarray(raw, np.float64)
  filled = {'poisson': poisson, 'opencv': opencv, 'none': none}[how](image, raw, hole, known)
  if feather > 0 or trust is not None:
    share = np.ones(hole.shape) if trust is None else trust
    if feather > 0:
      edge = known if edge is None else edge  # the outside of the picture is none
      depth = scipy.ndimage.distance_transform_edt(~edge) if edge.any() else np.inf
      share = share * np.clip(depth / (feather + 1), 0, 1)
    smooth = poisson(image, _plane(image, known, hole), hole, known)
    filled = share[..., None] * filled + (1 - share[..., None]) * smooth
  return np.where(hole[..., None], filled, image)


def _plane(image: np.ndarray, known: np.ndarray, hole: np.ndarray) -> np.ndarray:
  """A plane through the known pixels, `[H, W, C]`; the flatter, the further the hole reaches beyond
  them.

  A continuation by its gradient is the membrane where known pixels are all around, and goes on with
  their slope, as a sky does, where the hole reaches the picture's edge.
  """
  if not (known.any() and hole.any()):
    return np.zeros_like(image)
  place, level = np.moveaxis(np.indices(known.shape, np.float64), 0, -1), image[known].mean(0)
  place -= place[known].mean(0)
  there, beyond = place[known], place[hole]
  spread = there.T @ there / len(there) + _DOUBT * (beyond.T @ beyond) / len(beyond)
  rise = there.T @ (image[known] - level) / len(there)
  return level + place @ np.linalg.pinv(spread) @ rise


def none(image: np.ndarray, raw: np.ndarray, hole: np.ndarray, known: np.ndarray) -> np.ndarray:
  """The network's output as it is."""
  del known
  return np.where(hole[..., None], raw, image)


def poisson(image: np.ndarray, raw: np.ndarray, hole: np.ndarray, known: np.ndarray) -> np.ndarray:
  """The picture that joins the known pixels, its gradient in the hole nearest to the output's.

  With f = raw + u, the discrete Poisson equation of f for the gradient of `raw` is Laplace's
  equation of u, whose values on the known pixels beside the hole are image - raw: the network's
  error there, continued smoothly into the hole. Neighbours that are not there (outside the picture,
  or not known yet) are left out, which is Neumann's condition. A region without a known neighbour
  keeps `raw`.
  """
  result = none(image, raw, hole, known)
  hole = hole & _reached(hole, known)
  if not hole.any():
    return result
  matrix, right = _equations(image - raw, hole, known)
  result[hole] += _solve(matrix, right, np.argwhere(hole).astype(np.int32))
  return result


def _reached(hole: np.ndarray, known: np.ndarray) -> np.ndarray:
  """Where the regions of the hole (4-connected) lie that touch a known pixel."""
  labels, _ = scipy.ndimage.label(hole)
  beside = labels[scipy.ndimage.binary_dilation(known)]
  return np.isin(labels, np.unique(beside[beside > 0]))


def _equations(
  error: np.ndarray, hole: np.ndarray, known: np.ndarray
) -> tuple[scipy.sparse.csr_array, np.ndarray]:
  """The hole's five-point Laplacian `[N, N]`, and what the known neighbours add, `[N, C]`."""
  count, width = np.count_nonzero(hole), hole.shape[1] + 2
  # A frame of pixels that are neither: none lacks a neighbour. N may be millions, so: 32 bits.
  here = np.flatnonzero(np.pad(hole, 1)).astype(np.int32)
  number = np.full((hole.shape[0] + 2) * width, -1, np.int32)
  number[here] = np.arange(count)
  known = np.pad(known, 1).ravel()
  error = np.pad(error, ((1, 1), (1, 1), (0, 0))).reshape(len(number), -1)
  columns, values = np.empty((count, 5), np.int32), np.full((count, 5), -1.0)
  right, neighbours = np.zeros((count, error.shape[-1])), np.zeros(count)
  for place, step in enumerate((-width, -1, 0, 1, width)):  # in the order of the unknowns
    columns[:, place] = number[here + step]
    if step:
      edge = known[here + step]
      right[edge] += error[here[edge] + step]
      neighbours += edge | (columns[:, place] >= 0)
  values[:, 2] = neighbours
  inside = columns >= 0
  ends = np.concatenate([[0], np.cumsum(inside.sum(axis=1))]).astype(np.int32)
  return scipy.sparse.csr_array(
    (values[inside], columns[inside], ends), shape=(count, count)
  ), right


def _solve(matrix: scipy.sparse.csr_array, right: np.ndarray, places: np.ndarray) -> np.ndarray:
  """Solves for each channel: by factorisation where that is faster, else by multigrid."""
  if len(right) <= _DIRECT_UNKNOWNS:
    return _direct(matrix)(right)
  precondition = _multigrid(matrix, places)
  # All channels together are faster; one by one, a hole of seven million pixels takes 4 GB.
  together = right.shape[1] if len(right) <= _LARGE_UNKNOWNS else 1
  for first in range(0, right.shape[1], together):
    chosen = slice(first, first + together)
    right[:, chosen] = _conjugate_gradients(matrix, precondition, right[:, chosen])
  return right


def _direct(matrix: scipy.sparse.csr_array) -> _Solve:
  """By factorisation."""
  symmetric = {'diag_pivot_thresh': 0.0, 'options': {'SymmetricMode': True}}
  return scipy.sparse.linalg.splu(matrix.tocsc(), 'MMD_AT_PLUS_A', **symmetric).solve


def _conjugate_gradients(
  matrix: scipy.sparse.csr_array, precondition: _Solve, right: np.ndarray
) -> np.ndarray:
  """Solves for all channels at once, which is three times as fast as SciPy's one by one."""
  solution, residual = np.zeros_like(right), right.copy()
  goal = _TOLERANCE * np.linalg.norm(right, axis=0)
  direction, before = np.zeros_like(right), np.zeros(right.shape[1])
  for _ in range(_ITERATIONS):
    if (np.linalg.norm(residual, axis=0) <= goal).all():
      break
    better = precondition(residual)
    product = np.einsum('nc,nc->c', residual, better)
    direction = better + _share(product, before) * direction
    image = matrix @ direction
    step = _share(product, np.einsum('nc,nc->c', direction, image))
    solution += step * direction
    residual -= step * image
    before = product
  return solution


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
  """0 for a channel that is solved already."""
  return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _multigrid(matrix: scipy.sparse.csr_array, places: np.ndarray) -> _Solve:
  """Nearly the inverse: one symmetric V-cycle, down to a system that is solved directly.

  Blocks of 3x3 pixels become one unknown (Vanek, Mandel, Brezina 1996), their indicator functions
  smoothed by one Jacobi step.
  """
  count = matrix.shape[0]
  if count <= _COARSEST:
    return _direct(matrix)
  places = places // 3
  width = int(places[:, 1].max()) + 1
  blocks, members = np.unique(places[:, 0] * width + places[:, 1], return_inverse=True)
  damped = (2 / 3) / matrix.diagonal()
  indicator = scipy.sparse.csr_array(
    (np.ones(count), members.astype(np.int32), np.arange(count + 1)), shape=(count, len(blocks))
  )
  prolong = (indicator - scipy.sparse.diags_array(damped) @ (matrix @ indicator)).tocsr()
  restrict = prolong.T.tocsr()
  coarser = _multigrid(
    (restrict @ (matrix @ prolong)).tocsr(), np.stack([blocks // width, blocks % width], axis=1)
  )

  def cycle(right: np.ndarray) -> np.ndarray:
    # From zero: a damped Jacobi step before and after the coarser grid.
    solution = damped[:, None] * right
    solution += prolong @ coarser(restrict @ (right - matrix @ solution))
    solution += damped[:, None] * (right - matrix @ solution)
    return solution

  return cycle


def opencv(image: np.ndarray, raw: np.ndarray, hole: np.ndarray, known: np.ndarray) -> np.ndarray:
  """The paper's recipe: Telea's fill, then `seamlessClone` on it, in 8 bits.

  OpenCV's function throws where the hole is at the border or one pixel wide: the picture gets a
  frame, and where it throws all the same, the exact solve takes over.
  """

  def levels(picture: np.ndarray) -> np.ndarray:
    picture = np.broadcast_to(picture, (*hole.shape, 3))
    return np.ascontiguousarray(np.clip(np.round(picture), 0, 255).astype(np.uint8))

  mask = hole.astype(np.uint8) * 255
  # Not known yet: the output, so that the fill looks at nothing that is to be replaced.
  target = levels(np.where(known[..., None], image, raw))
  target = cv2.inpaint(target, mask, _TELEA_RADIUS, cv2.INPAINT_TELEA)
  frame = ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))
  source, target = np.pad(levels(raw), frame, mode='edge'), np.pad(target, frame, mode='edge')
  mask = np.pad(mask, MARGIN)
  left, top, width, height = cv2.boundingRect(mask)
  middle = left + width // 2, top + height // 2
  try:
    cloned = cv2.seamlessClone(source, target, mask, middle, cv2.NORMAL_CLONE)
  except cv2.error:
    return poisson(image, raw, hole, known)
  inner = cloned[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float64)[..., : image.shape[-1]]
  return none(image, inner, hole, known)
