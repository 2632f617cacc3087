"""The fast way to resample against Pillow's, and that it is asked for, or refused, by name."""

import importlib.util
import io
import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax import errors
from glcic_jax.data import resampling
from glcic_jax.pictures import image_files

needs_simd = pytest.mark.skipif(
  importlib.util.find_spec('cykooz_resizer') is None,
  reason='there is no wheel of cykooz-resizer for this machine',
)


def noise(height, width):
  return Image.fromarray(
    np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
  )


@needs_simd
@pytest.mark.parametrize('height, width', [(400, 500), (90, 33), (1, 1), (3, 200), (2_500, 3_000)])
@pytest.mark.parametrize('place', [(0, 0), (1, 1), (0.3, 0.7)])
def test_both_ways_agree_to_one_level(height, width, place):
  buffer = io.BytesIO()
  noise(height, width).save(buffer, 'PNG', compress_level=0)
  one, two = (
    image_files.read_crop(
      buffer.getvalue(), 64, 80, place, resample=resampling.by_name(name)
    ).astype(int)
    for name in ('pillow', 'simd')
  )
  assert one.shape == two.shape == (64, 64, 3)
  assert np.abs(one - two).max() <= 1


@needs_simd
def test_the_fast_way_is_the_same_on_every_processor():
  import cykooz_resizer

  image, box = noise(400, 500), (31.25, 7.5, 331.25, 307.5)
  expected = resampling.by_name('simd')(image, 256, box)
  options = cykooz_resizer.ResizeOptions(
    resize_alg=cykooz_resizer.ResizeAlg.convolution(cykooz_resizer.FilterType.bilinear),
    crop_box=cykooz_resizer.CropBox(31.25, 7.5, 300, 300),
  )
  resizer = cykooz_resizer.Resizer()
  resizer.cpu_extensions = cykooz_resizer.CpuExtensions.none
  plain = Image.new('RGB', (256, 256))
  resizer.resize_pil(image, plain, options)
  np.testing.assert_array_equal(expected, plain)


@needs_simd
def test_a_pillow_that_it_cannot_read_is_found_at_once(monkeypatch):
  monkeypatch.setattr(
    image_files, 'resample', lambda image, size, box: Image.new('RGB', (size, size))
  )
  with pytest.raises(errors.InputError, match='does not agree with the installed Pillow'):
    resampling.by_name('simd')


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
  monkeypatch.setitem(sys.modules, 'cykooz_resizer', None)
  assert resampling.by_name('pillow') is image_files.resample
  with pytest.raises(errors.InputError, match=r"pip install 'glcic_jax\[simd\]'"):
    resampling.by_name('simd')
