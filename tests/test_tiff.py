"""TIFF layouts keep their meaning, and what is lost of depth and tone is told."""

import io

import numpy as np
from PIL import Image
from PIL import ImageCms
from PIL import PngImagePlugin
import pytest

from glcic_jax import errors
from glcic_jax.inference import baselines
from glcic_jax.pictures import color_profiles
from glcic_jax.pictures import depth
from glcic_jax.pictures import image_files
from glcic_jax.pictures import masks
from glcic_jax.pictures import modes
from glcic_jax.pictures import photographs
from tests.tiff_files import tiff

_ALPHA = 2


def _numbers(channels, dtype, seed=0):
  rng = np.random.default_rng(seed)
  if np.dtype(dtype).kind == 'f':
    numbers = rng.normal(0, 1_000, (20, 36, channels)).astype(dtype)
  else:
    kind = np.iinfo(dtype)
    numbers = rng.integers(kind.min, kind.max, (20, 36, channels), dtype, endpoint=True)
  return numbers[..., 0] if channels == 1 else numbers


def _read(data):
  opened = image_files.open_picture(data, 'a.tif')
  return image_files.load(opened), ' '.join(image_files.notes(opened))


@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize('planar', [False, True])
@pytest.mark.parametrize('tile', [0, 16])
@pytest.mark.parametrize(
  'channels, photometric, extra', [(3, 2, None), (4, 2, _ALPHA), (4, 5, None)]
)
@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_colours_are_the_same_however_they_are_laid_out(
  order, planar, tile, channels, photometric, extra, dtype
):
  numbers = _numbers(channels, dtype)
  image, said = _read(
    tiff(numbers, photometric, order=order, planar=planar, tile=tile, extra=extra)
  )
  assert image.mode == {5: 'CMYK', 2: ('RGB', 'RGBA')[channels == 4]}[photometric]
  np.testing.assert_array_equal(np.asarray(image), numbers >> (8 * (dtype == np.uint16)))
  assert ('16-bit colours with 8 bits' in said) == (dtype == np.uint16)


@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize(
  'numbers, photometric, expected',
  [
    (_numbers(1, np.uint8), 0, lambda n: 255 - n),
    (_numbers(1, np.uint16), 1, lambda n: n),
    (_numbers(1, np.int16), 1, lambda n: n),
    (_numbers(1, np.int8), 1, lambda n: n),
    (_numbers(1, np.int32), 1, lambda n: n),
    (_numbers(1, np.float32), 1, lambda n: n),
  ],
)
def test_grey_numbers_are_what_the_file_means(order, numbers, photometric, expected):
  image, _ = _read(tiff(numbers, photometric, order=order))
  np.testing.assert_array_equal(np.asarray(image), expected(numbers))


@pytest.mark.parametrize('shift, kept', [(9, 0), (0, 16)])
def test_unsigned_numbers_beyond_31_bits_keep_their_upper_16(shift, kept):
  numbers = _numbers(1, np.uint32) >> shift
  image, said = _read(tiff(numbers, 1))
  np.testing.assert_array_equal(np.asarray(image), numbers >> kept)
  assert ('upper 16 are kept' in said) == (kept == 16)


def test_white_is_zero_in_sixteen_bits_too():
  numbers = _numbers(1, np.uint16)
  image, _ = _read(tiff(numbers, 0))
  np.testing.assert_array_equal(np.asarray(image), 65_535 - numbers)


def test_a_mask_with_white_as_zero_has_its_hole_where_it_is_white(tmp_path):
  hole = np.zeros((20, 36), bool)
  hole[4:9, 5:12] = True
  for dtype in (np.uint8, np.uint16):
    (tmp_path / 'mask.tif').write_bytes(
      tiff(np.where(hole, 0, np.iinfo(dtype).max).astype(dtype), 0)
    )
    np.testing.assert_array_equal(masks.from_mask(tmp_path / 'mask.tif', (36, 20)), hole)


PLAIN = tiff(_numbers(3, np.uint8), 2)


@pytest.mark.parametrize(
  'data, sentence',
  [
    (tiff(_numbers(1, np.float64), 1), 'one channel of 64-bit fractions, .*; save it with 16 bits'),
    (tiff(_numbers(3, np.float32), 2), '3 channels of 32-bit fractions, .* with 8 bits a channel'),
    (tiff(_numbers(3, np.float32), 2, order='>'), '3 channels of 32-bit fractions'),
    (tiff(_numbers(2, np.uint16), 1, extra=_ALPHA), '2 channels of 16-bit numbers'),
    (tiff(_numbers(3, np.int16), 2), '3 channels of 16-bit signed numbers'),
    (tiff(_numbers(5, np.uint8), 2), '5 channels of 8-bit numbers, .*; save it as RGB'),
    (tiff(_numbers(3, np.uint8), 2, t259=34_712), 'packed by method 34712, .*; save it unpacked'),
    (tiff(_numbers(2, np.uint8), 1, planar=True, extra=_ALPHA), 'save it as a plain TIFF or PNG'),
    (tiff(_numbers(3, np.uint8), 2, t259=8), 'ZIPDecode: .*; copy it again'),
    (PLAIN[:200], 'directory is damaged or missing; copy it again'),
    (PLAIN[:4] + b'\xff\xff\xff\x7f' + PLAIN[8:], 'directory is damaged'),
    (b'II+\0\x08\0\0\0' + PLAIN[8:], 'directory is damaged'),
  ],
)
def test_a_tiff_that_pillow_does_not_read_says_what_it_is_and_what_to_do(capfd, data, sentence):
  with pytest.raises(errors.InputError, match=f'^a.tif cannot be read as a picture.*{sentence}'):
    image_files.load(image_files.open_picture(data, 'a.tif'))
  assert not capfd.readouterr().err  # a library in C would talk before our sentence


def test_a_turned_planar_file_is_turned_upright():
  numbers = _numbers(3, np.uint16)
  image, _ = _read(tiff(numbers, 2, planar=True, t274=6))
  np.testing.assert_array_equal(np.asarray(image), np.rot90(numbers >> 8, -1))


@pytest.mark.parametrize(
  'numbers', [_numbers(1, np.int16), _numbers(1, np.int32), _numbers(1, np.float32)]
)
def test_signed_and_large_numbers_and_fractions_are_kept(tmp_path, numbers):
  (tmp_path / 'a.tif').write_bytes(tiff(numbers, 1))
  found = photographs.read(str(tmp_path / 'a.tif'))
  mask = np.zeros(numbers.shape, bool)
  mask[6:12, 8:20] = True
  (completed,) = baselines.Baseline('harmonic')([found.image], [mask])
  assert photographs.save(str(tmp_path / 'out.tif'), completed, found) == []
  with Image.open(tmp_path / 'out.tif') as written:
    result = np.asarray(written)
  np.testing.assert_array_equal(result[~mask], numbers[~mask])
  assert (result[mask] != numbers[mask]).mean() > 0.9
  assert numbers.min() <= result.min() and result.max() <= numbers.max()
  said = photographs.save(str(tmp_path / 'out.png'), completed, found)
  assert len(said) == 1 and 'does not hold' in said[0] and '8' in said[0]


def test_lab_becomes_rgb_of_the_same_colour():
  colors = np.full((4, 4, 3), (200, 60, 40), np.uint8)
  rgb, lab = ImageCms.createProfile('sRGB'), ImageCms.createProfile('LAB')
  image = ImageCms.profileToProfile(Image.fromarray(colors), rgb, lab, outputMode='LAB')
  found = modes.from_image(image)
  assert found.kind == 'rgb' and np.abs(found.pixels.astype(int) - colors).max() <= 3


def _profile(space):
  data = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
  return data[:16] + space + data[20:]


@pytest.mark.parametrize(
  'mode, space, result, kept',
  [
    ('RGB', b'RGB ', '.png', True),
    ('RGB', b'CMYK', '.png', False),
    ('RGB', b'GRAY', '.tif', False),
    ('CMYK', b'CMYK', '.tif', True),
    ('CMYK', b'CMYK', '.png', False),
    ('CMYK', b'RGB ', '.tif', False),
    ('L', b'GRAY', '.png', True),
    ('L', b'GRAY', '.webp', False),
    ('L', b'RGB ', '.tif', False),
    ('RGB', b'RGB ', '.bmp', False),
    ('RGB', b'RGB ', '.jp2', False),
    ('RGB', b'RGB ', '.avif', True),
  ],
)
def test_a_profile_stands_only_beside_pixels_of_its_space(tmp_path, mode, space, result, kept):
  Image.new(mode, (9, 7)).save(tmp_path / 'a.tif', icc_profile=_profile(space))
  found = photographs.read(str(tmp_path / 'a.tif'))
  said = [*found.notes, *photographs.save(str(tmp_path / f'out{result}'), found.image, found)]
  with Image.open(tmp_path / f'out{result}') as written:
    profile = written.info.get('icc_profile', b'')
  assert color_profiles.space(profile) == (space.decode().strip() if kept else '')
  assert any('profile' in note for note in said) != kept


def test_the_gamma_and_the_primaries_of_a_png_are_kept_or_told(tmp_path):
  primaries = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
  said = PngImagePlugin.PngInfo()
  said.add(b'gAMA', (55_556).to_bytes(4))
  said.add(b'cHRM', b''.join(round(value * 100_000).to_bytes(4) for value in primaries))
  Image.new('RGB', (9, 7)).save(tmp_path / 'a.png', pnginfo=said)
  found = photographs.read(str(tmp_path / 'a.png'))
  assert photographs.save(str(tmp_path / 'out.png'), found.image, found) == []
  with Image.open(tmp_path / 'out.png') as written:
    assert written.info['gamma'] == 0.55556 and written.info['chromaticity'] == primaries
  (note,) = photographs.save(str(tmp_path / 'out.webp'), found.image, found)
  assert note.startswith('WEBP does not hold the gamma')


@pytest.mark.parametrize('kind, bits', [('PPM', 16), ('PNG', 16), ('AVIF', 10), ('JPEG2000', 12)])
def test_depth_that_is_not_read_is_told_whatever_the_format(kind, bits):
  image = Image.new('RGB', (8, 8), (10, 20, 30))
  buffer = io.BytesIO()
  if kind == 'PPM':
    data = b'P6 2 2 65535\n' + bytes(24)
  else:
    image.save(buffer, kind)
    data = bytearray(buffer.getvalue())
  if kind == 'PNG':
    import struct
    import zlib

    head = struct.pack('>4sIIBBBBB', b'IHDR', 1, 1, 16, 2, 0, 0, 0)
    pixels = b'IDAT' + zlib.compress(bytes(7))
    chunks = (head, pixels, b'IEND')
    data = b'\x89PNG\r\n\x1a\n' + b''.join(
      struct.pack('>I', len(chunk) - 4) + chunk + struct.pack('>I', zlib.crc32(chunk))
      for chunk in chunks
    )
  elif kind == 'AVIF':
    data[data.index(b'av1C') + 6] |= 0x40
  elif kind == 'JPEG2000':
    data[data.index(b'\xff\x51') + 40] = 11
  opened = image_files.open_picture(bytes(data) if kind != 'AVIF' else _encoded(image, kind))
  assert f'{bits}-bit colours with 8 bits' in depth.note(opened, bytes(data))
  assert not image_files.notes(image_files.open_picture(_encoded(image, kind)))


@pytest.mark.parametrize('kind', ['DDS', 'SGI', 'TGA', 'PCX', 'BMP', 'ICNS'])
def test_eight_bits_are_not_taken_for_more(kind):
  opened = image_files.open_picture(_encoded(Image.new('RGBA', (16, 16)).convert('RGB'), kind))
  assert not image_files.notes(opened)


def _encoded(image, kind):
  buffer = io.BytesIO()
  image.save(buffer, kind)
  return buffer.getvalue()


@pytest.mark.parametrize('mode', ['L', 'LA', 'RGB', 'RGBA', 'I;16'])
def test_jpeg_2000_is_written_without_a_loss(tmp_path, mode):
  pixels = np.random.default_rng(0).integers(0, 65_536, (30, 40), dtype=np.uint16)
  image = Image.fromarray(pixels)
  if mode != 'I;16':
    image = Image.fromarray((pixels[..., None] >> np.arange(0, 8, 2)).astype(np.uint8)).convert(
      mode
    )
  image.save(tmp_path / 'a.tif')
  found = photographs.read(str(tmp_path / 'a.tif'))
  assert photographs.save(str(tmp_path / 'a.jp2'), found.image, found) == []
  with Image.open(tmp_path / 'a.jp2') as written:
    np.testing.assert_array_equal(np.asarray(written), np.asarray(image))


@pytest.mark.parametrize(
  'name, most', [('a.jpg', 65_500), ('a.webp', 16_383), ('a.gif', 65_535), ('a.avif', 65_536)]
)
def test_a_side_that_a_format_cannot_hold_is_told_before_the_work(name, most):
  photographs.check_size(name, (most, 3))
  with pytest.raises(
    errors.InputError, match=rf'{most} px and the picture is 3x{most + 1}; use .png'
  ):
    photographs.check_size(name, (3, most + 1))
  photographs.check_size('a.png', (10**6, 3))
