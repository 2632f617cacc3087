"""Windows: every hole pixel is in one, holes fit the training scale, few sizes, nothing of the
hole leaks.
"""

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import numpy as np
import pytest

from glcic_jax.inference import manner
from glcic_jax.inference import tiling


def hole(height, width, *boxes):
  mask = np.zeros((height, width), bool)
  for top, left, bottom, right in boxes:
    mask[top:bottom, left:right] = True
  return mask


def cut(mask, large='crop', side=32):
  return list(tiling.parts(mask, large=large, side=side, multiple=4))


def test_whole_pads_to_the_next_multiples_and_no_more():
  (part,) = cut(hole(33, 50, (4, 5, 20, 30)), 'whole')
  assert part[:4] == ((4, 5, 20, 30), (0, 0, 33, 50), (33, 50), (36, 52))
  (part,) = cut(hole(36, 52, (4, 5, 20, 30)), 'whole')
  assert part.size == (36, 52)


@pytest.mark.parametrize(
  'shape, inner, size',
  [
    ((20, 20), (20, 20), (32, 32)),  # never enlarged
    ((64, 64), (32, 32), (32, 32)),
    ((64, 96), (32, 48), (32, 48)),
    ((96, 64), (48, 32), (48, 32)),
    ((60, 600), (5, 48), (32, 48)),
    ((3000, 4000), (32, 43), (32, 48)),
  ],
)
def test_resize_brings_the_short_edge_to_the_training_scale(shape, inner, size):
  (part,) = cut(hole(*shape, (0, 0, 1, 1)), 'resize')
  assert (part.inner, part.size) == (inner, size)


def test_a_small_hole_is_seen_at_its_own_scale_in_the_middle_of_its_window():
  (part,) = cut(hole(200, 300, (100, 150, 110, 156)))
  assert part[:4] == ((100, 150, 110, 156), (89, 137, 121, 169), (32, 32), (32, 32))


def test_a_window_stays_inside_the_picture():
  (part,) = cut(hole(200, 300, (0, 294, 10, 300)))
  assert part.window == (0, 268, 32, 300)
  (part,) = cut(hole(10, 300, (0, 294, 10, 299)))
  assert part.window == (0, 268, 10, 300)
  assert (part.inner, part.size) == ((10, 32), (32, 32))


def test_a_thick_hole_is_shrunk_and_a_scratch_is_not():
  (part,) = cut(hole(400, 400, (100, 100, 200, 200)))
  assert part.core == (100, 100, 200, 200)
  assert part.window == (50, 50, 250, 250)  # 100 px become 16, half of the network's side
  assert part.inner == (32, 32)
  scratch = cut(hole(400, 400, (200, 10, 202, 390)))
  assert all(part.window[2] - part.window[0] == 32 for part in scratch)
  assert len(scratch) == 24  # of 16 px at most


def test_neighbouring_holes_share_a_window_and_distant_ones_do_not():
  assert len(cut(hole(200, 200, (50, 50, 54, 54), (56, 58, 60, 62)))) == 1
  assert len(cut(hole(200, 200, (50, 50, 54, 54), (100, 100, 104, 104)))) == 2


def test_scattered_pixels_need_no_more_windows_than_cells():
  mask = np.zeros((512, 512), bool)
  mask[::2, ::2] = True
  assert len(cut(mask)) <= (512 // 16) ** 2


@pytest.mark.parametrize(
  'box, expected',
  [
    ((10, 10, 11, 40), 1),
    ((10, 10, 13, 40), 3),
    ((10, 10, 20, 30), 9),
    ((0, 10, 3, 40), 5),
    ((0, 0, 60, 20), 39),
  ],
)
def test_thickness(box, expected):
  assert tiling.thickness(hole(60, 60, box), box) == expected


masks = st.builds(
  lambda height, width, boxes: hole(
    height,
    width,
    *(
      (int(t * height), int(x * width), int(t * height) + 1 + h, int(x * width) + 1 + w)
      for t, x, h, w in boxes
    ),
  ),
  st.integers(1, 150),
  st.integers(1, 150),
  st.lists(
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), st.integers(0, 90), st.integers(0, 90)),
    min_size=1,
    max_size=4,
  ),
)


@settings(max_examples=60, deadline=None)
@given(masks, st.sampled_from(manner.LARGE))
def test_every_hole_pixel_is_in_a_core_and_every_core_in_its_window(mask, large):
  covered = np.zeros_like(mask)
  for part in cut(mask, large):
    top, left, bottom, right = part.core
    assert mask[top:bottom, left:right].any()
    covered[top:bottom, left:right] = True
    window = part.window
    assert 0 <= window[0] <= top < bottom <= window[2] <= mask.shape[0]
    assert 0 <= window[1] <= left < right <= window[3] <= mask.shape[1]
    assert all(1 <= inner <= size for inner, size in zip(part.inner, part.size))
    assert large == 'whole' or part.size in {(32, 32), (32, 48), (48, 32)}
  assert covered[mask].all()


@settings(max_examples=30, deadline=None)
@given(masks, st.sampled_from(manner.LARGE), st.sampled_from([np.uint8, np.uint16]))
def test_nothing_of_the_hole_reaches_the_network(mask, large, dtype):
  rng = np.random.default_rng(0)
  picture = rng.integers(0, np.iinfo(dtype).max, (*mask.shape, 3), dtype, endpoint=True)
  other = np.where(mask[..., None], rng.integers(0, 200, picture.shape, dtype), picture)
  for part in cut(mask, large):
    window, unknown = tiling.network_input(picture, mask, part)
    assert window.shape == (*part.size, 3) and unknown.shape == (*part.size, 1)
    assert window.dtype == np.float32 and window.max() <= 255
    known = unknown[..., 0] == 0
    np.testing.assert_array_equal(window[known], tiling.network_input(other, mask, part)[0][known])
    if part.inner == part.size == mask.shape:
      np.testing.assert_array_equal(unknown[..., 0], mask)


def test_what_goes_in_comes_back_from_where_it_was():
  y, x = np.mgrid[:300, :400]
  picture = (
    np.stack([60 + x / 3, 200 - y / 2, 128 + 50 * np.sin(x / 60 + y / 90)], axis=-1)
    .round()
    .astype(np.uint8)
  )
  mask = hole(300, 400, (90, 80, 200, 190))
  for large in manner.LARGE:
    (part,) = cut(mask, large, side=128)
    window, _ = tiling.network_input(picture, mask, part)
    box = (100, 95, 180, 170)
    found = tiling.from_network(window, part, box)
    assert found.shape == (80, 75, 3)
    assert np.abs(found - picture[100:180, 95:170]).max() < (0.01 if large == 'whole' else 2)
