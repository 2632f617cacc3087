"""The contract of completing, by property: any size, mode, hole and option; known pixels to the
bit.
"""

import functools

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import numpy as np
from PIL import Image
import pytest

from glcic_jax import Completer
from glcic_jax.inference import manner
from tests.test_completer import DESCRIPTION
from tests.test_completer import random_variables

MODES = ('1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16')
# What the result's mode is, where it cannot be the same.
CHANGED = {'1': 'L', 'P': 'RGB'}
HOLES = ('pixel', 'top', 'bottom', 'left', 'right', 'corner', 'L', 'many', 'all but one')


@functools.cache
def completer():
  return Completer(random_variables(), DESCRIPTION)


def picture(height, width, mode, seed=0):
  rng = np.random.default_rng(seed)
  if mode == 'I;16':
    return Image.fromarray(rng.integers(0, 65_536, (height, width), dtype=np.uint16))
  if mode == '1':
    return Image.fromarray(rng.random((height, width)) < 0.5)
  if mode == 'P':
    image = Image.fromarray(rng.integers(0, 8, (height, width), dtype=np.uint8)).convert('P')
    image.putpalette(rng.integers(0, 256, 24, dtype=np.uint8).tobytes())
    return image
  bands = len(Image.new(mode, (1, 1)).getbands())
  return Image.frombytes(
    mode, (width, height), rng.integers(0, 256, height * width * bands, dtype=np.uint8).tobytes()
  )


def hole(height, width, kind):
  """A hole of a kind, with at least one known pixel; None where the picture is too small for
  both.
  """
  mask = np.zeros((height, width), bool)
  middle = height // 2, width // 2
  if kind == 'pixel':
    mask[middle] = True
  elif kind in ('top', 'bottom'):
    mask[: max(1, height // 3)] = True
    mask = mask if kind == 'top' else mask[::-1]
  elif kind in ('left', 'right'):
    mask[:, : max(1, width // 3)] = True
    mask = mask if kind == 'left' else mask[:, ::-1]
  elif kind == 'corner':
    mask[middle[0] :, middle[1] :] = True
  elif kind == 'L':
    mask[height // 4 :, width // 4 : width // 3 + 1] = mask[
      height * 2 // 3 : height * 2 // 3 + 1, width // 4 :
    ] = True
  elif kind == 'many':
    mask = np.random.default_rng(0).random((height, width)) < 0.1
  else:
    mask[:] = True
    mask[middle] = False
  return mask.copy() if mask.any() and not mask.all() else None


def seen(image):
  """What the pixels are, whatever the mode says them in."""
  return np.asarray(image.convert(CHANGED.get(image.mode, image.mode)))


sizes = st.integers(1, 70)


@settings(max_examples=120, deadline=None)
@given(
  sizes,
  sizes,
  st.sampled_from(MODES),
  st.sampled_from(HOLES),
  st.sampled_from(manner.LARGE),
  st.sampled_from(manner.BLENDS),
  st.sampled_from([0, 0, 3]),
)
def test_size_mode_and_known_pixels_are_kept(height, width, mode, kind, large, blend, feather):
  mask = hole(height, width, kind)
  if mask is None:
    return
  if large == 'whole':  # each size is a program of its own: a few will do
    height, width = -(-height // 24) * 24, -(-width // 24) * 24
    mask = hole(height, width, kind)
  image = picture(height, width, mode)
  before = image.tobytes()
  result = completer()(image, mask, large=large, blend=blend, feather=feather)
  assert image.tobytes() == before
  assert result.size == image.size
  assert result.mode == CHANGED.get(mode, mode)
  np.testing.assert_array_equal(np.asarray(result)[~mask], seen(image)[~mask])
  assert (
    result.tobytes()
    == completer()(image, mask, large=large, blend=blend, feather=feather).tobytes()
  )


@pytest.mark.parametrize('side', range(1, 71))
def test_every_side_from_1_to_70(side):
  for height, width in ((side, 3), (3, side), (side, side)):
    image, mask = picture(height, width, 'RGB'), hole(height, width, 'corner')
    if mask is not None:
      result = completer()(image, mask)
      assert result.size == (width, height)
      np.testing.assert_array_equal(np.asarray(result)[~mask], np.asarray(image)[~mask])


@settings(max_examples=15, deadline=None)
@given(
  st.lists(
    st.tuples(sizes, sizes, st.sampled_from(MODES), st.sampled_from(HOLES)), min_size=1, max_size=5
  )
)
def test_a_list_equals_a_loop(cases):
  pairs = [
    (picture(height, width, mode), hole(height, width, kind)) for height, width, mode, kind in cases
  ]
  pairs = [pair for pair in pairs if pair[1] is not None]
  results = completer()([image for image, _ in pairs], [mask for _, mask in pairs])
  assert [result.tobytes() for result in results] == [
    completer()(*pair).tobytes() for pair in pairs
  ]


@settings(max_examples=25, deadline=None)
@given(
  sizes,
  sizes,
  st.sampled_from([(), (1,), (2,), (3,), (4,)]),
  st.sampled_from([np.uint8, np.uint16]),
  st.sampled_from(HOLES),
)
def test_arrays_keep_shape_type_and_known_values(height, width, channels, dtype, kind):
  mask = hole(height, width, kind)
  if mask is None:
    return
  array = np.random.default_rng(1).integers(
    0, np.iinfo(dtype).max, (height, width, *channels), dtype, endpoint=True
  )
  result = completer()(array, mask)
  assert result.shape == array.shape and result.dtype == array.dtype
  np.testing.assert_array_equal(result[~mask], array[~mask])
  other = np.where(mask.reshape(height, width, *(1 for _ in channels)), 7, array).astype(dtype)
  if channels not in ((2,), (4,)):  # the alpha channel may change what colours mean
    np.testing.assert_array_equal(completer()(other, mask), result)


def test_sixteen_bits_are_used_in_the_hole_too():
  y, x = np.mgrid[:32, :32]
  array = (30_000 + 37 * x + 11 * y).astype(np.uint16)
  mask = hole(32, 32, 'L')
  result = completer()(array, mask)
  assert (result[mask] % 257 != 0).any()
  assert np.abs(result[mask].astype(int) // 257 - array[mask] // 257).mean() < 60


@pytest.mark.parametrize('mode', ['P', 'L', '1', 'RGB'])
def test_a_transparent_colour_becomes_an_alpha_channel(mode):
  image = picture(20, 20, mode)
  image.info['transparency'] = {'P': 3, 'L': 3, '1': 0, 'RGB': (1, 2, 3)}[mode]
  mask = hole(20, 20, 'corner')
  result = completer()(image, mask)
  assert result.mode == ('LA' if mode in ('L', '1') else 'RGBA')
  assert 'transparency' not in result.info
  np.testing.assert_array_equal(
    np.asarray(result)[~mask], np.asarray(image.convert(result.mode))[~mask]
  )
