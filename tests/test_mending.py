"""Good pixels in files that Pillow refuses; limits of size, and Pillow's own, which come back."""

import io
import struct
import threading
import zlib

import numpy as np
from PIL import Image
from PIL import ImageCms
import pytest

from glcic_jax import errors
from glcic_jax.pictures import image_files
from glcic_jax.pictures import limits
from glcic_jax.pictures import mending
from glcic_jax.pictures import photographs
from tests import hostile

PIXELS = hostile.picture()


def _chunk(name, body, wrong=0):
  checksum = zlib.crc32(name + body) ^ wrong
  return struct.pack('>I', len(body)) + name + body + struct.pack('>I', checksum)


def _png(*chunks, behind=b''):
  """A good PNG with more chunks before its pixels, and behind them."""
  data = hostile.encoded(PIXELS, 'png')
  return data[:33] + b''.join(chunks) + data[33:-12] + behind + data[-12:]


def _profile(size):
  """A sound colour profile of so many bytes."""
  data = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
  return size.to_bytes(4) + data[4:] + bytes(size - len(data))


def _packed(name, body):
  return _chunk(name, b'what\0\0' + zlib.compress(body))


MENDED = {
  'a large text': (_png(_packed(b'zTXt', b'x' * 2_000_000)), 'text zTXt takes more than 1.0 MiB'),
  'a large text behind': (_png(behind=_packed(b'zTXt', b'x' * 2_000_000)), 'text zTXt takes more'),
  'a large text of Unicode': (
    _png(_chunk(b'iTXt', b'k\0\1\0\0\0' + zlib.compress(b'y' * 2_000_000))),
    'text iTXt takes more',
  ),
  'many texts': (_png(*[_packed(b'zTXt', b'z' * 1_000_000)] * 70), 'text zTXt takes too much'),
  'no profile': (_png(_packed(b'iCCP', bytes(2_000_000))), 'profile iCCP is damaged'),
  'a packed profile that is not': (_png(_chunk(b'iCCP', b'p\0\0abc')), 'profile iCCP is damaged'),
  'a checksum of a text': (_png(_chunk(b'tEXt', b'a\0b', wrong=1)), 'tEXt has a wrong checksum'),
  'a checksum behind': (_png(behind=_chunk(b'tIME', bytes(7), wrong=1)), 'tIME has a wrong'),
  'a checksum of a private part': (_png(_chunk(b'prVt', b'1', wrong=9)), 'prVt has a wrong'),
  'a short resolution': (_png(_chunk(b'pHYs', b'12')), 'pHYs is too short'),
}


@pytest.mark.parametrize('data, note', MENDED.values(), ids=list(MENDED))
def test_good_pixels_are_read_and_what_is_left_out_is_told(tmp_path, data, note):
  (tmp_path / 'a.png').write_bytes(data)
  found = photographs.read(str(tmp_path / 'a.png'))
  np.testing.assert_array_equal(np.asarray(found.image), PIXELS)
  assert note in found.notes[0] and found.notes[0].endswith('left out.')
  assert photographs.save(str(tmp_path / 'out.png'), found.image, found) == []
  with Image.open(tmp_path / 'out.png') as written:
    np.testing.assert_array_equal(np.asarray(written), PIXELS)


def test_a_large_profile_that_is_one_is_kept(tmp_path):
  profile = _profile(1_500_000)
  (tmp_path / 'a.png').write_bytes(_png(_packed(b'iCCP', profile)))
  found = photographs.read(str(tmp_path / 'a.png'))
  assert found.options['icc_profile'] == profile
  assert found.notes == ('its colour profile takes 1.4 MiB: some programs will not read it.',)
  assert photographs.save(str(tmp_path / 'out.jpg'), found.image, found)  # lossy
  with Image.open(tmp_path / 'out.jpg') as written:
    assert written.info['icc_profile'] == profile


@pytest.mark.parametrize('kind', ['png', 'jpeg', 'webp', 'tiff', 'gif', 'bmp'])
def test_what_is_whole_is_not_touched(kind):
  data = hostile.encoded(PIXELS, kind) + b'\0something behind'
  assert mending.mended(data) == mending.Mended(data)


def test_a_wrong_checksum_of_a_part_that_is_needed_is_refused():
  data = bytearray(hostile.encoded(PIXELS, 'png'))
  data[30] ^= 1
  with pytest.raises(errors.InputError, match='cannot be read as a picture'):
    image_files.read_rgb(bytes(data))


@pytest.mark.parametrize('options', [{}, {'progressive': True}, {'subsampling': 0, 'quality': 30}])
def test_a_jpeg_without_its_last_marker_is_whole_and_one_cut_off_is_not(options):
  buffer = io.BytesIO()
  y, x = np.mgrid[:64, :80]
  smooth = np.stack([3 * x, 4 * y, 255 - x - y], axis=-1) + PIXELS[:1, :1]
  Image.fromarray(smooth.astype(np.uint8)).save(buffer, 'JPEG', **options)
  data = buffer.getvalue()
  for missing in (1, 2):
    opened = image_files.open_picture(data[:-missing])
    assert image_files.notes(opened)[0].startswith('the last bytes of its file are missing')
    np.testing.assert_array_equal(
      np.asarray(image_files.load(opened)), np.asarray(Image.open(io.BytesIO(data)))
    )
  if not options:
    for missing in (8, 40, len(data) // 2):
      with pytest.raises(errors.InputError, match='cannot be read as a picture'):
        image_files.read_rgb(data[:-missing])


@pytest.mark.parametrize('kind', ['jpeg', 'png', 'webp'])
def test_damaged_exif_in_a_good_picture_is_left_out_and_told(tmp_path, kind):
  path = tmp_path / f'a.{kind}'
  options = {'lossless': True} if kind == 'webp' else {}
  Image.fromarray(PIXELS).save(path, exif=b'Exif\0\0no exif at all, but text', **options)
  found = photographs.read(str(path))
  assert found.notes == (image_files.DAMAGED_EXIF,)
  assert found.image.size == (hostile.WIDTH, hostile.HEIGHT)
  assert photographs.save(str(tmp_path / 'out.png'), found.image, found) == []
  with Image.open(tmp_path / 'out.png') as written:
    assert 'exif' not in written.info


def test_more_pixels_than_pillow_takes_are_read_up_to_a_limit_of_ours(tmp_path, monkeypatch):
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 200)
  data = hostile.encoded(PIXELS, 'png')
  np.testing.assert_array_equal(image_files.read_rgb(data), PIXELS)
  assert Image.MAX_IMAGE_PIXELS == 200
  with pytest.raises(
    errors.InputError, match='30x20 are 600 pixels, and 599 are the most; --max-pixels 600'
  ):
    image_files.open_picture(data, most_pixels=599)
  assert image_files.open_picture(data, most_pixels=600).size == (30, 20)
  with pytest.raises(
    errors.InputError, match='are 3,600,000,000 pixels, and 268,435,456 are the most'
  ):
    image_files.open_picture(hostile.bomb())
  monkeypatch.setattr(limits, '_LARGE', 500)
  monkeypatch.setattr(limits, '_free_memory', lambda: 16_000)
  (tmp_path / 'a.png').write_bytes(data)
  with pytest.raises(errors.InputError, match='memory are free; --max-pixels 600 tries it'):
    photographs.read(str(tmp_path / 'a.png'))
  assert photographs.read(str(tmp_path / 'a.png'), 600).image.size == (30, 20)


def test_pillows_limit_comes_back_whatever_the_order_of_threads(monkeypatch):
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 7)
  inside, out = threading.Event(), threading.Event()

  def other():
    with limits.lifted():
      inside.set()
      out.wait()

  thread = threading.Thread(target=other)
  with limits.lifted():
    thread.start()
    inside.wait()
  assert Image.MAX_IMAGE_PIXELS is None  # the other still reads
  out.set()
  thread.join()
  assert Image.MAX_IMAGE_PIXELS == 7
