"""Picture files: orientation, modes, broken files, masks, crops, writing, contact sheets."""

import io

import numpy as np
from PIL import Image
import pytest

from glcic_jax import errors
from glcic_jax.pictures import image_files
from glcic_jax.pictures import masks
from glcic_jax.pictures import sheets


def _bytes(image, kind='PNG', **options):
  image = image if isinstance(image, Image.Image) else Image.fromarray(image)
  buffer = io.BytesIO()
  image.save(buffer, kind, **options)
  return buffer.getvalue()


def _refusal(function, *arguments):
  """The message of the refusal, which must be one sentence."""
  with pytest.raises(errors.InputError) as caught:
    function(*arguments)
  text = str(caught.value)
  assert text.endswith('.') and '. ' not in text and '\n' not in text
  return text


# What the first stored row and the first stored column show of the scene (EXIF 2.3, tag 0x0112).
_FIRST_ROW_AND_COLUMN = {
  1: ('top', 'left'),
  2: ('top', 'right'),
  3: ('bottom', 'right'),
  4: ('bottom', 'left'),
  5: ('left', 'top'),
  6: ('right', 'top'),
  7: ('right', 'bottom'),
  8: ('left', 'bottom'),
}


def _stored(scene, orientation):
  """How a camera held at `orientation` stores a scene."""
  row_side, column_side = _FIRST_ROW_AND_COLUMN[orientation]
  from_end = {'top': False, 'left': False, 'bottom': True, 'right': True}
  height, width = scene.shape[:2]
  if row_side in ('top', 'bottom'):
    stored = np.zeros((height, width, 3), np.uint8)
    for r, c in np.ndindex(height, width):
      stored[r, c] = scene[
        height - 1 - r if from_end[row_side] else r, width - 1 - c if from_end[column_side] else c
      ]
    return stored
  stored = np.zeros((width, height, 3), np.uint8)
  for r, c in np.ndindex(width, height):
    stored[r, c] = scene[
      height - 1 - c if from_end[column_side] else c, width - 1 - r if from_end[row_side] else r
    ]
  return stored


_RED, _GREEN, _BLUE, _GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)


def _with_orientation(array, orientation, kind, **options):
  exif = Image.Exif()
  exif[0x0112] = orientation
  return _bytes(array, kind, exif=exif, **options)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_every_orientation_is_turned_upright(orientation):
  scene = np.zeros((2, 3, 3), np.uint8)
  scene[0, 0], scene[0, 2], scene[1, 0], scene[1, 2] = _RED, _GREEN, _BLUE, _GREY
  data = _with_orientation(_stored(scene, orientation), orientation, 'PNG')
  np.testing.assert_array_equal(image_files.read_rgb(data), scene)


@pytest.mark.parametrize('orientation', [3, 6, 8])
def test_a_jpeg_is_turned_upright_before_it_is_cropped(orientation):
  scene = np.zeros((400, 600, 3), np.uint8)
  scene[:200, :300], scene[:200, 300:], scene[200:, :300], scene[200:, 300:] = (
    _RED,
    _GREEN,
    _BLUE,
    _GREY,
  )
  data = _with_orientation(_stored(scene, orientation), orientation, 'JPEG', quality=95)
  crop = image_files.read_crop(data, 20, 20, (0, 0)).astype(int)
  for (y, x), color in {(3, 3): _RED, (3, 17): _GREEN, (17, 3): _BLUE, (17, 17): _GREY}.items():
    np.testing.assert_allclose(crop[y, x], color, atol=6)


def _modes():
  palette = Image.new('P', (2, 1))
  palette.putpalette([10, 20, 30, 40, 50, 60])
  palette.putdata([0, 1])
  wide = np.array([[0x1234, 0xABCD]], np.uint16)
  half = [[[100, 128], [100, 0]]]  # alpha 128 on white: (100 * 128 + 255 * 127) / 255 = 177.2
  return {
    '1': ('PNG', Image.fromarray(np.array([[False, True]])), [[0] * 3, [255] * 3]),
    'L': ('PNG', np.array([[7, 200]], np.uint8), [[7] * 3, [200] * 3]),
    'LA': ('PNG', Image.fromarray(np.array(half, np.uint8)), [[177] * 3, [255] * 3]),
    'P': ('PNG', palette, [[10, 20, 30], [40, 50, 60]]),
    'RGB': ('PNG', np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8), [[1, 2, 3], [4, 5, 6]]),
    'RGBA': (
      'PNG',
      np.array([[[1, 2, 3, 255], [4, 5, 6, 0]]], np.uint8),
      [[1, 2, 3], [255, 255, 255]],
    ),
    'CMYK': (
      'TIFF',
      Image.frombytes('CMYK', (2, 1), bytes([255, 0, 0, 0, 0, 0, 0, 255])),
      [[0, 255, 255], [0, 0, 0]],
    ),
    'I;16': ('PNG', Image.fromarray(wide), [[0x12] * 3, [0xAB] * 3]),
  }


@pytest.mark.parametrize('mode', ['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16'])
def test_every_mode_becomes_rgb(mode):
  kind, image, expected = _modes()[mode]
  data = _bytes(image, kind)
  assert image_files.open_picture(data).mode == mode
  found = image_files.read_rgb(data)
  assert found.dtype == np.uint8
  np.testing.assert_allclose(found.astype(int), [expected], atol=1 if mode == 'LA' else 0)


def test_a_palette_with_a_transparent_color_shows_white_there():
  _, image, _ = _modes()['P']
  data = _bytes(image, transparency=1)
  np.testing.assert_array_equal(image_files.read_rgb(data), [[[10, 20, 30], [255, 255, 255]]])


@pytest.mark.parametrize(
  'levels, expected',
  [
    ([[0, 0.5, 1]], [0, 128, 255]),
    ([[0, 100, 255]], [0, 100, 255]),
    ([[0, 256, 65535]], [0, 1, 255]),
    ([[np.nan, np.inf, 0.5]], [0, 0, 128]),
  ],
)
def test_floats_have_the_white_that_their_highest_level_says(levels, expected):
  data = _bytes(np.float32(levels), 'TIFF')
  np.testing.assert_array_equal(image_files.read_rgb(data)[0, :, 0], expected)


def test_load_keeps_the_mode():
  _, image, _ = _modes()['LA']
  assert image_files.load(image_files.open_picture(_bytes(image))).mode == 'LA'


def test_a_path_and_its_bytes_read_alike(tmp_path):
  path = tmp_path / 'a.png'
  path.write_bytes(_bytes(np.arange(60, dtype=np.uint8).reshape(4, 5, 3)))
  expected = np.arange(60).reshape(4, 5, 3)
  np.testing.assert_array_equal(image_files.read_rgb(path), expected)
  np.testing.assert_array_equal(image_files.read_rgb(str(path)), expected)
  np.testing.assert_array_equal(image_files.read_rgb(path.read_bytes()), expected)


def _noise(height, width):
  return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize('kind', ['PNG', 'JPEG', 'WEBP', 'BMP', 'TIFF', 'GIF'])
def test_a_file_cut_in_half_is_refused_by_name(tmp_path, kind):
  data = _bytes(_noise(40, 40), kind)
  path = tmp_path / f'cut.{kind.lower()}'
  path.write_bytes(data[: len(data) // 2])
  assert _refusal(image_files.read_rgb, path).startswith(f'{path} cannot be read as a picture')


@pytest.mark.parametrize(
  'data',
  [b'', b'a few words', b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff'],
  ids=['empty', 'text', 'png-head', 'jpeg-head'],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path, data):
  path = tmp_path / 'broken.png'
  path.write_bytes(data)
  assert str(path) in _refusal(image_files.read_rgb, path)
  assert 'some.png' in _refusal(image_files.read_rgb, data, 'some.png')
  assert 'some.png' in _refusal(image_files.read_crop, data, 8, 8, (0, 0), 'some.png')


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path):
  assert _refusal(image_files.read_rgb, tmp_path / 'none.png') == (
    f'There is no file {tmp_path}/none.png; check the path.'
  )
  assert _refusal(image_files.read_rgb, tmp_path) == f'{tmp_path} is a folder; give a picture file.'


def test_a_path_through_a_file_is_refused(tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  assert 'file/a.png cannot be read' in _refusal(image_files.read_rgb, tmp_path / 'file' / 'a.png')


def _mask_file(tmp_path, levels):
  path = tmp_path / 'mask.png'
  path.write_bytes(_bytes(np.asarray(levels, np.uint8)))
  return path


def test_a_mask_is_the_hole_from_128_up(tmp_path):
  path = _mask_file(tmp_path, [[0, 127, 128], [129, 255, 1]])
  mask = masks.from_mask(path, (3, 2))
  assert mask.dtype == bool
  np.testing.assert_array_equal(mask, [[0, 0, 1], [1, 1, 0]])


@pytest.mark.parametrize('mode', ['1', 'L', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16', 'LA'])
def test_a_mask_may_have_any_mode(tmp_path, mode):
  levels = np.array([[0, 255, 0], [255, 255, 0]], np.uint8)
  image = Image.fromarray(levels)
  image = (
    Image.fromarray(levels.astype(np.uint16) * 257)
    if mode == 'I;16'
    else image.convert('RGB').convert(mode)
    if mode == 'CMYK'
    else image.convert(mode)
  )
  path = tmp_path / 'mask'
  path.write_bytes(_bytes(image, 'TIFF' if mode == 'CMYK' else 'PNG'))
  np.testing.assert_array_equal(masks.from_mask(path, (3, 2)), levels > 0)


def test_a_mask_is_turned_upright(tmp_path):
  path = tmp_path / 'mask.png'
  scene = np.zeros((2, 3, 3), np.uint8)
  scene[0, 2] = 255
  path.write_bytes(_with_orientation(_stored(scene, 6), 6, 'PNG'))
  np.testing.assert_array_equal(masks.from_mask(path, (3, 2)), [[0, 0, 1], [0, 0, 0]])


def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path):
  path = _mask_file(tmp_path, [[0, 255, 0], [0, 0, 0]])
  text = _refusal(masks.from_mask, path, (2, 3))
  assert f'{path} is 3x2' in text and '2x3' in text


def test_an_empty_and_a_full_mask_are_refused_with_advice(tmp_path):
  assert 'paint white' in _refusal(
    masks.from_mask, _mask_file(tmp_path, np.full((4, 4), 127)), (4, 4)
  )
  assert 'paint black' in _refusal(
    masks.from_mask, _mask_file(tmp_path, np.full((4, 4), 128)), (4, 4)
  )


def _smooth(height, width):
  """A picture of slow waves, different in each channel."""
  y, x = np.mgrid[:height, :width]
  waves = [
    np.sin(y / height * 5 + 1) + np.cos(x / width * 4),
    np.sin(x / width * 6),
    np.cos(y / height * 3 + x / width * 3),
  ]
  return np.stack([127 + 60 * wave for wave in waves], axis=-1).round().astype(np.uint8)


@pytest.mark.parametrize('height, width', [(60, 90), (90, 60), (64, 64), (20, 33), (300, 200)])
@pytest.mark.parametrize('place', [(0, 0), (0.5, 0.5), (1, 1), (0, 1), (0.75, 0.5)])
def test_a_crop_equals_resizing_the_whole_and_cropping(height, width, place):
  picture = _smooth(height, width)
  size, short_edge = 32, 40
  crop = image_files.read_crop(_bytes(picture), size, short_edge, place)
  assert crop.shape == (size, size, 3)
  assert crop.dtype == np.uint8
  scale = short_edge / min(height, width)
  resized = (round(width * scale), round(height * scale))
  whole = np.asarray(Image.fromarray(picture).resize(resized, Image.Resampling.BILINEAR), int)
  top = round(place[0] * (whole.shape[0] - size))
  left = round(place[1] * (whole.shape[1] - size))
  assert np.abs(crop - whole[top : top + size, left : left + size]).max() <= 1


def test_a_crop_at_its_own_size_is_the_slice():
  picture = _noise(40, 50)
  for place, corner in {(0, 0): (0, 0), (1, 1): (8, 18), (0.5, 0.5): (4, 9)}.items():
    y, x = corner
    np.testing.assert_array_equal(
      image_files.read_crop(_bytes(picture), 32, 40, place), picture[y : y + 32, x : x + 32]
    )


def test_places_zero_and_one_touch_the_borders():
  picture = np.zeros((64, 96, 3), np.uint8)
  picture[:4], picture[-4:] = _RED, _GREEN
  picture[4:-4, :4], picture[4:-4, -4:] = _BLUE, _GREY
  first, last = (
    image_files.read_crop(_bytes(picture), 32, 64, place) for place in [(0, 0), (1, 1)]
  )
  assert tuple(first[0, 20]) == _RED and tuple(first[20, 0]) == _BLUE
  assert tuple(last[-1, 10]) == _GREEN and tuple(last[10, -1]) == _GREY


@pytest.mark.parametrize('height, width', [(1, 1), (3, 5), (1, 200), (200, 1)])
def test_tiny_and_thin_pictures_are_enlarged(height, width):
  data = _bytes(np.full((height, width, 3), (9, 90, 200), np.uint8))
  for place in [(0, 0), (0.5, 0.5), (1, 1)]:
    crop = image_files.read_crop(data, 32, 48, place)
    np.testing.assert_array_equal(crop, np.full((32, 32, 3), (9, 90, 200)))


def test_a_large_jpeg_is_reduced_without_moving():
  picture = _smooth(640, 960)
  crop = image_files.read_crop(_bytes(picture, 'JPEG', quality=95), 32, 40, (1, 0)).astype(int)
  whole = np.asarray(Image.fromarray(picture).resize((60, 40), Image.Resampling.BILINEAR), int)
  assert np.abs(crop - whole[8:, :32]).max() <= 2


def test_a_large_jpeg_loses_no_detail_and_does_not_alias():
  blocks = _noise(20, 20).repeat(16, axis=0).repeat(16, axis=1)
  data = _bytes(blocks, 'JPEG', quality=95, subsampling=0)
  full = image_files.load(image_files.open_picture(data)).resize(
    (40, 40), Image.Resampling.BILINEAR
  )
  crop = image_files.read_crop(data, 40, 40, (0, 0)).astype(int)
  assert np.abs(crop - np.asarray(full, int)).max() <= 4
  stripes = np.zeros((640, 640, 3), np.uint8)
  stripes[:, ::2] = 255  # finer than the crop can show: an even grey, and no moire
  grey = image_files.read_crop(_bytes(stripes, 'JPEG', quality=95), 32, 40, (0, 0)).astype(int)
  assert np.abs(grey - 127).max() <= 2


@pytest.mark.parametrize('suffix', ['.png', '.bmp', '.tif', '.tiff', '.PNG'])
def test_lossless_formats_return_every_pixel(tmp_path, suffix):
  picture = _noise(7, 9)
  image_files.write(tmp_path / f'a{suffix}', picture)
  np.testing.assert_array_equal(image_files.read_rgb(tmp_path / f'a{suffix}'), picture)


@pytest.mark.parametrize(
  'suffix, kind',
  [
    ('.jpg', 'JPEG'),
    ('.jpeg', 'JPEG'),
    ('.webp', 'WEBP'),
    ('.gif', 'GIF'),
    ('.tif', 'TIFF'),
    ('.png', 'PNG'),
  ],
)
def test_the_suffix_decides_the_format(tmp_path, suffix, kind):
  image_files.write(tmp_path / f'a{suffix}', _smooth(16, 16))
  assert image_files.open_picture(tmp_path / f'a{suffix}').format == kind


def test_writing_takes_pillow_images_and_options(tmp_path):
  image = Image.fromarray(_noise(64, 64))
  image_files.write(tmp_path / 'good.jpg', image, quality=95)
  image_files.write(tmp_path / 'small.jpg', image, quality=10)
  assert (tmp_path / 'small.jpg').stat().st_size < (tmp_path / 'good.jpg').stat().st_size / 2


def test_writing_replaces_and_leaves_nothing_else(tmp_path):
  path = tmp_path / 'a.png'
  image_files.write(path, np.zeros((4, 4, 3), np.uint8))
  image_files.write(path, np.ones((4, 4, 3), np.uint8))
  np.testing.assert_array_equal(image_files.read_rgb(path), np.ones((4, 4, 3)))
  assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('name', ['a.xyz', 'a', 'a.pdf', '.png'])
def test_a_suffix_of_no_picture_format_is_refused(tmp_path, name):
  assert name in _refusal(image_files.write, tmp_path / name, np.zeros((4, 4, 3), np.uint8))
  assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_refused_by_name(tmp_path):
  (tmp_path / 'file').write_bytes(b'here')
  (tmp_path / 'taken.png').mkdir()
  for path in ('none/a.png', 'file/a.png', 'taken.png'):
    text = _refusal(image_files.write, tmp_path / path, np.zeros((4, 4, 3), np.uint8))
    assert text.startswith(f'{tmp_path / path} cannot be written')
  assert {entry.name for entry in tmp_path.iterdir()} == {'file', 'taken.png'}


def test_a_mode_that_the_format_lacks_leaves_the_old_file(tmp_path):
  path = tmp_path / 'a.jpg'
  path.write_bytes(b'old')
  assert str(path) in _refusal(image_files.write, path, Image.new('RGBA', (4, 4)))
  assert path.read_bytes() == b'old'
  assert list(tmp_path.iterdir()) == [path]


def _solid(height, width, color):
  return np.full((height, width, 3), color, np.uint8)


def test_contact_sheet_places_every_picture():
  sheet = sheets.contact_sheet(
    {
      'one': [_solid(2, 2, _RED), _solid(20, 40, _GREEN)],
      'two': [_solid(2, 2, _BLUE), _solid(20, 40, _GREY)],
    },
    cell=10,
  )
  # 8 px gaps, a 20 px line of labels; the second row's pictures are 10 wide and 5 high.
  assert sheet.shape == (20 + 8 + (10 + 8) + (5 + 8), 8 + 2 * (10 + 8), 3)
  assert sheet.dtype == np.uint8
  expected = np.full((sheet.shape[0] - 20, sheet.shape[1], 3), 255, np.uint8)
  expected[8:18, 8:18], expected[8:18, 26:36] = _RED, _BLUE
  expected[26:31, 8:18], expected[26:31, 26:36] = _GREEN, _GREY
  np.testing.assert_array_equal(sheet[20:], expected)


def test_contact_sheet_writes_labels_and_captions():
  columns = {'label': [_solid(4, 4, _RED)] * 2}
  plain = sheets.contact_sheet(columns, cell=64)
  captioned = sheets.contact_sheet(columns, cell=64, captions=('first', 'second'))
  assert (plain[:20] < 128).any()
  assert captioned.shape[0] == plain.shape[0] + 2 * 20
  for top in (20 + 8 + 64, 20 + 8 + 64 + 8 + 20 + 64):
    assert (captioned[top : top + 20] < 128).any()
  assert (sheets.contact_sheet({'': columns['label']}, cell=64)[:20] == 255).all()


def test_contact_sheet_enlarges_small_pictures_pixel_by_pixel():
  picture = _noise(2, 2)
  sheet = sheets.contact_sheet({'': [picture]}, cell=8)
  np.testing.assert_array_equal(sheet[28:36, 8:16], picture.repeat(4, axis=0).repeat(4, axis=1))


def test_contact_sheet_refuses_columns_of_different_lengths():
  with pytest.raises(ValueError):
    sheets.contact_sheet({'one': [_solid(2, 2, _RED)], 'two': []})


def test_of_an_animation_the_first_frame_is_read():
  frames = [Image.new('RGB', (6, 4), color) for color in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
  for kind in ('GIF', 'PNG', 'WEBP'):
    buffer = io.BytesIO()
    frames[0].save(
      buffer,
      kind,
      save_all=True,
      append_images=frames[1:],
      **{'lossless': True} if kind == 'WEBP' else {},
    )
    np.testing.assert_array_equal(
      image_files.read_rgb(buffer.getvalue()), np.full((4, 6, 3), (250, 0, 0))
    )


def test_what_a_format_cannot_hold_is_refused_whatever_its_encoder_raises(tmp_path):
  assert 'cannot be written' in _refusal(
    image_files.write, tmp_path / 'a.webp', np.zeros((1, 17_000, 3), np.uint8)
  )
  assert list(tmp_path.iterdir()) == []


def test_a_link_to_nothing_is_told_as_one(tmp_path):
  (tmp_path / 'link.png').symlink_to('gone.png')
  sentence = r'There is no file .*link\.png: it is a link to gone\.png, which is not there\.$'
  with pytest.raises(errors.InputError, match=sentence):
    image_files.open_picture(tmp_path / 'link.png')


def test_a_picture_whose_head_is_cut_off_is_told_what_helps():
  buffer = io.BytesIO()
  Image.new('RGB', (40, 30)).save(buffer, 'JPEG')
  with pytest.raises(errors.InputError, match=r'\(.+; copy it again, or save it as PNG\)\.$'):
    image_files.open_picture(buffer.getvalue()[:300], 'a.jpg')
