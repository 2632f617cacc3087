"""Boxes of pixels, against answers by hand."""

import numpy as np

from glcic_jax import boxes

MASK = np.zeros((8, 10), bool)
MASK[2, 7] = MASK[5, 3] = True


def test_a_box_lies_tight_around_a_mask():
  box = boxes.around(MASK)
  assert box == (2, 3, 6, 8)
  assert boxes.shape(box) == (4, 5)
  inside = np.zeros_like(MASK)
  inside[boxes.slices(box)] = True
  assert inside.sum() == 20 and not (MASK & ~inside).any()


def test_a_box_lies_tight_around_what_is_within_another():
  assert boxes.around(MASK, (1, 5, 4, 10)) == (2, 7, 3, 8)


def test_a_margin_ends_at_the_window():
  assert boxes.grown((2, 3, 6, 8), 2, boxes.whole(MASK)) == (0, 1, 8, 10)
  assert boxes.grown((2, 3, 6, 8), 1, (2, 3, 6, 8)) == (2, 3, 6, 8)


def test_a_box_is_found_again_from_the_corner_of_its_window():
  numbers, window, box = np.arange(80).reshape(8, 10), (1, 2, 7, 9), (2, 3, 6, 8)
  seen = numbers[boxes.slices(window)][boxes.slices(boxes.relative(box, window))]
  assert (seen == numbers[boxes.slices(box)]).all()


def test_two_boxes_share_what_lies_in_both():
  assert boxes.shared((0, 2, 5, 9), (3, 0, 8, 6)) == (3, 2, 5, 6)
