"""Where the local view around a hole lies (GLCIC section 3.3)."""

import numpy as np

from glcic_jax import boxes


def view_corner(mask: np.ndarray, view_size: int) -> np.ndarray:
  """The top-left corner of the view: centred on the hole, kept inside the picture.

  The hole's centre is that of its bounding box. Where the box is larger than the view, that
  place may be far from any hole pixel (a ring, two blocks in two corners): the centre is
  then the hole pixel that is nearest to it, so that every view shows some of the hole. The mask,
  `[H, W, 1]`, has at least one hole pixel; the view is at most as large.

  Returns:
    `[2]` int32 (y, x).
  """
  hole = mask[..., 0] > 0  # NumPy searches bools several times as fast as bytes
  box = boxes.around(hole)
  centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
  if max(boxes.shape(box)) > view_size and not hole[int(centre[0]), int(centre[1])]:
    rows, columns = np.divmod(np.flatnonzero(hole), hole.shape[1])
    nearest = np.argmin((rows + 0.5 - centre[0]) ** 2 + (columns + 0.5 - centre[1]) ** 2)
    centre = rows[nearest] + 0.5, columns[nearest] + 0.5
  corner = [
    int(np.clip(round(middle - view_size / 2), 0, length - view_size))
    for middle, length in zip(centre, mask.shape)
  ]
  return np.asarray(corner, np.int32)
