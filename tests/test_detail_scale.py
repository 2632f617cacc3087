"""At what scale a hole is treated."""

import numpy as np
import pytest
import scipy.ndimage

from glcic_jax.detail import bands
from glcic_jax.detail import pieces
from glcic_jax.detail import scale


def canvas(*boxes, size=600):
  hole = np.zeros((size, size), bool)
  for top, left, height, width in boxes:
    hole[top : top + height, left : left + width] = True
  return hole


def covered(hole, parts):
  count = np.zeros(hole.shape, int)
  for part in parts:
    top, left, bottom, right = part.box
    count[top:bottom, left:right] += part.hole
  return count


def test_parts_cover_the_hole_once():
  rng = np.random.default_rng(0)
  hole = rng.random((200, 300)) < 0.02
  hole[20:160, 30:170] = True
  assert (covered(hole, scale.of_hole(hole)) == hole).all()


def test_no_hole_has_no_parts():
  assert scale.of_hole(canvas()) == []


def test_the_inner_radius_counts_and_not_the_length():
  line, square = canvas((10, 10, 8, 500)), canvas((10, 10, 288, 288))
  assert [part.factor for part in scale.of_hole(line)] == [1]
  assert [(part.radius, part.factor) for part in scale.of_hole(square)] == [(144, 4)]


def test_the_pictures_edge_is_the_holes():
  assert scale.of_hole(canvas((0, 0, 144, 600)))[0].radius == 72


def test_nothing_is_enlarged():
  assert scale.of_hole(canvas((50, 50, 3, 3)))[0].factor == 1


def test_a_scratch_beside_a_large_hole_is_not_treated_like_it():
  parts = scale.of_hole(canvas((10, 10, 288, 288), (10, 310, 288, 4)))
  assert [part.factor for part in parts] == [4, 1]


def test_what_is_near_is_so_at_the_scale_of_the_holes():
  (part,) = scale.of_hole(canvas((10, 10, 288, 288), (10, 498, 288, 288), size=800))
  assert part.factor == 4 and part.box == (10, 10, 298, 786)


def test_holes_that_are_joined_may_reach_a_third():
  hole = canvas((0, 0, 20, 20), (0, 150, 10, 20), (80, 80, 20, 20))  # the second is near neither
  assert [part.box for part in scale.of_hole(hole)] == [(0, 0, 100, 170)]


def test_a_piece_that_another_reaches_around_is_found_once():
  hole = canvas((0, 0, 500, 8), (492, 0, 8, 500), (100, 300, 20, 20))
  clusters = pieces.clusters(hole)
  assert len(clusters) == 2
  assert sum(np.count_nonzero(cluster.labels) for cluster in clusters) == hole.sum()


def test_near_holes_are_together_and_far_ones_are_not():
  hole = canvas((10, 10, 20, 20), (10, 60, 20, 20), (500, 500, 20, 20))
  assert [part.box for part in scale.of_hole(hole)] == [(10, 10, 30, 80), (500, 500, 520, 520)]


def test_a_chain_of_near_holes_is_together_in_any_order():
  hole = canvas((10, 10, 5, 5), (10, 130, 5, 5), (12, 70, 5, 5))
  assert len(scale.of_hole(hole)) == 1


def test_a_larger_picture_of_the_same_has_a_larger_factor():
  hole = canvas((40, 40, 72, 72), size=150)
  large = np.repeat(np.repeat(hole, 5, 0), 5, 1)
  assert [scale.of_hole(mask)[0].factor for mask in (hole, large)] == [1, 5]


def test_smaller_and_larger_pictures():
  rng = np.random.default_rng(0)
  picture = rng.random((6, 9, 2), np.float32)
  assert (bands.smaller(picture, 1) == picture).all()
  assert np.allclose(bands.smaller(picture, 3)[1, 2], picture[3:6, 6:9].mean((0, 1)))
  y, x = np.mgrid[-1:5, -1:7].astype(np.float32)
  plane = np.stack([2 * y + 3 * x, -y], axis=-1)
  y, x = (np.mgrid[0:12, 0:18] + 0.5) / 3 - 0.5
  assert np.allclose(bands.larger(plane, 3), np.stack([2 * y + 3 * x, -y], -1), atol=1e-5)
  assert (bands.larger(plane, 1) == plane[1:-1, 1:-1]).all()


def test_thick_holes_are_told_from_dust_and_scratches():
  hole = canvas((10, 10, 5, 30), (50, 10, 4, 130), (70, 70, 1, 1))
  (part,) = scale.of_hole(hole, thinnest=3)
  assert part.box == (10, 10, 15, 40) and part.hole.all()
  assert scale.of_hole(canvas((10, 10, 4, 4)), thinnest=3) == []


def alone(hole):
  """Inner radii of the connected pieces of a hole, each measured in the whole picture."""
  labels, count = scipy.ndimage.label(hole, np.ones((3, 3)))
  depths = (
    scipy.ndimage.distance_transform_edt(np.pad(labels == number, 1))
    for number in range(1, count + 1)
  )
  return sorted(float(depth.max()) for depth in depths)


@pytest.mark.parametrize('kind', ['dust', 'around each other', 'far apart', 'edges', 'none'])
def test_pieces_are_found_near_them_as_in_the_whole_picture(kind):
  hole = canvas(size=400)
  if kind == 'dust':
    hole = np.random.default_rng(0).random((70, 95)) < 0.02
  elif kind == 'around each other':
    for first in range(0, 180, 80):
      hole[first : 400 - first, first] = hole[first, first : 400 - first] = True
  elif kind == 'far apart':
    hole = canvas((0, 300, 9, 20), (130, 5, 40, 30), (127, 190, 3, 3), (329, 329, 70, 71))
  elif kind == 'edges':
    hole[:, :3] = hole[-70:, 100:] = True
  clusters = pieces.clusters(hole)
  found = np.zeros(hole.shape, int)
  for box, labels, radii in clusters:
    found[box[0] : box[2], box[1] : box[3]] += labels > 0
    assert labels.max() == len(radii) - 1 and radii[0] == 0
  assert (found == hole).all()
  radii = sorted(float(radius) for cluster in clusters for radius in cluster.radii[1:])
  assert radii == alone(hole)
