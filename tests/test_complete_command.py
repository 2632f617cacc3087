"""The command `complete`: pairing, formats, metadata, folders, exit codes, and what it must not
write.
"""

import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
from PIL import Image
from PIL import PngImagePlugin
import pytest

from glcic_jax.model_directory import model_files
from glcic_jax.pictures import image_files
from glcic_jax.pictures import limits
from glcic_jax.pictures import pairing
from tests import commands
from tests import test_bar
from tests.test_completer import DESCRIPTION
from tests.test_completer import random_variables


@pytest.fixture(scope='module')
def model(tmp_path_factory):
  folder = tmp_path_factory.mktemp('models') / 'model'
  model_files.write(folder, random_variables(), DESCRIPTION)
  return folder


@pytest.fixture
def complete(capsys, model):
  """Runs the command on the model: exit code, stdout, stderr."""

  def run(*arguments):
    return commands.run(capsys, 'complete', *arguments, '--model', model)

  return run


MASK = np.zeros((20, 30), np.uint8)
MASK[6:12, 8:15] = 255


def photo(seed=0, mode='RGB'):
  pixels = np.random.default_rng(seed).integers(0, 256, (20, 30, 3), dtype=np.uint8)
  return Image.fromarray(pixels).convert(mode)


def save(path, image, **options):
  path.parent.mkdir(parents=True, exist_ok=True)
  (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
  return path


def same_outside(result, image, mask=MASK):
  with Image.open(result) as found:
    found = np.asarray(found)
  image = np.asarray(image)
  assert found.shape == image.shape
  np.testing.assert_array_equal(found[mask < 128], image[mask < 128])
  assert (found[mask >= 128] != image[mask >= 128]).any()


@pytest.fixture
def folders(tmp_path):
  """Four pictures, two levels deep, and their masks under the names that are understood."""
  for index, name in enumerate(('a.png', 'b.png', 'deep/c.png', 'deep/d.webp')):
    save(
      tmp_path / 'photos' / name,
      photo(index),
      **({'lossless': True} if name.endswith('webp') else {}),
    )
  for name in ('a.png', 'b_mask001.png', 'deep/c_mask.jpg', 'd.bmp'):
    save(tmp_path / 'masks' / name, MASK)
  return tmp_path


def all_of(folders, masks=None):
  """The arguments that complete the folder of pictures into `out`."""
  return folders / 'photos', '--mask', masks or folders / 'masks', '--output', folders / 'out'


def one_of(folder, name='photo.png', result='out.png'):
  """The arguments that complete one picture of a folder."""
  return folder / name, '--mask', folder / 'mask.png', '--output', folder / result


def test_a_folder_is_completed_into_a_folder(complete, folders):
  code, out, err = complete(*all_of(folders))
  assert (code, err) == (0, '')
  names = ['a.png', 'b.png', 'deep/c.png', 'deep/d.webp']
  assert out.splitlines() == [str(folders / 'out' / name) for name in names]
  for index, name in enumerate(names):
    same_outside(folders / 'out' / name, photo(index))


def test_files_and_globs_together_with_one_mask(complete, folders):
  mask = folders / 'masks' / 'a.png'
  code, out, _ = complete(
    folders / 'photos' / 'a.png',
    f'{folders}/photos/**/*.webp',
    '--mask',
    mask,
    '--output',
    f'{folders}/new/',
    '--format',
    'png',
  )
  assert code == 0
  assert [os.path.relpath(line, folders / 'new') for line in out.splitlines()] == [
    'a.png',
    'deep/d.png',
  ]
  same_outside(folders / 'new' / 'deep' / 'd.png', photo(3))


def test_pictures_and_masks_in_one_folder(complete, folders):
  for name in ('a', 'b'):
    save(folders / 'both' / f'{name}.png', photo())
    save(folders / 'both' / f'{name}_mask.png', MASK)
  code, out, _ = complete(folders / 'both', '--mask', folders / 'both', '--output', folders / 'out')
  assert code == 0
  assert sorted(path.name for path in (folders / 'out').iterdir()) == ['a.png', 'b.png']
  assert len(out.splitlines()) == 2


def test_no_pair_at_all_is_refused_with_the_nearest_names(complete, folders):
  for name in ('x1.png', 'aa.png', 'a2.png', 'zzz.png', 'a3.png'):
    save(folders / 'others' / name, MASK)
  code, out, err = complete(
    folders / 'photos' / 'a.png', '--mask', folders / 'others', '--output', folders / 'o.png'
  )
  assert (code, out) == (2, '')
  assert len(err.strip().splitlines()) == 1
  nearest = err.split('nearest names there: ')[1].strip(' .\n').split(', ')
  assert set(nearest) == {'aa.png', 'a2.png', 'a3.png'}


def test_some_failures_are_named_at_the_end_and_the_others_done(complete, folders):
  (folders / 'photos' / 'a.png').write_bytes(b'no picture')
  os.unlink(folders / 'masks' / 'b_mask001.png')
  code, out, err = complete(*all_of(folders))
  assert code == 1
  assert [os.path.basename(line) for line in out.splitlines()] == ['c.png', 'd.webp']
  assert (
    'a.png cannot be read' in err and 'b.png has no mask' in err and '2 of 4 pictures failed' in err
  )
  assert sorted(path.name for path in (folders / 'out').rglob('*.*')) == ['c.png', 'd.webp']


def test_json_says_what_was_done(complete, folders):
  (folders / 'photos' / 'b.png').write_bytes(b'')
  save(folders / 'out' / 'a.png', photo())
  code, out, _ = complete(*all_of(folders), '--json', '--skip-existing')
  done = json.loads(out)
  assert code == 1
  assert [os.path.basename(record['output']) for record in done['completed']] == ['c.png', 'd.webp']
  assert {'width': 30, 'height': 20, 'hole_pixels': 42}.items() <= done['completed'][0].items()
  assert done['skipped'] == [str(folders / 'out' / 'a.png')]
  assert [os.path.basename(record['image']) for record in done['failed']] == ['b.png']
  same_outside(folders / 'out' / 'deep' / 'c.png', photo(2))
  with Image.open(folders / 'out' / 'a.png') as skipped:
    np.testing.assert_array_equal(np.asarray(skipped), np.asarray(photo()))


def test_a_sheet_shows_input_mask_and_result(complete, folders):
  code, _, _ = complete(*all_of(folders), '--compare', folders / 'sheet.png')
  assert code == 0
  with Image.open(folders / 'sheet.png') as sheet:
    assert sheet.width == 8 + 3 * (256 + 8)
    assert sheet.height > 4 * 171
  code, _, err = complete(*all_of(folders), '--compare', folders / 'photos' / 'a.png')
  assert code == 2 and 'is an input or a result' in err


@pytest.fixture
def pair(tmp_path):
  return save(tmp_path / 'photo.png', photo()), save(tmp_path / 'mask.png', MASK)


@pytest.mark.parametrize('side, cell', [(30, 256), (300, 300), (1100, 1024)])
def test_a_sheet_of_one_picture_shows_it_at_its_own_size(complete, tmp_path, side, cell):
  image = save(tmp_path / 'a.png', photo().resize((side, 40)))
  mask = save(tmp_path / 'm.png', np.asarray(Image.fromarray(MASK).resize((side, 40), 0)))
  arguments = (image, '--mask', mask, '--output', tmp_path / 'out.png', '--large', 'whole')
  assert complete(*arguments, '--compare', tmp_path / 'sheet.png')[0] == 0
  with Image.open(tmp_path / 'sheet.png') as sheet:
    assert sheet.width == 8 + 3 * (cell + 8)


def test_one_picture_goes_into_a_folder_that_is_there_or_ends_in_a_slash(complete, pair, tmp_path):
  (tmp_path / 'there').mkdir()
  for folder in (tmp_path / 'there', f'{tmp_path}/new/'):
    code, out, _ = complete(pair[0], '--mask', pair[1], '--output', folder)
    assert code == 0
    same_outside(out.strip(), photo())


def test_inputs_are_never_overwritten(complete, pair, tmp_path):
  os.link(pair[0], tmp_path / 'link.png')
  before = pair[0].read_bytes(), pair[1].read_bytes()
  for output in (pair[0], pair[1], tmp_path / 'link.png', tmp_path, f'{tmp_path}/x/../photo.png'):
    (tmp_path / 'x').mkdir(exist_ok=True)
    code, out, err = complete(pair[0], '--mask', pair[1], '--output', output)
    assert (code, out) == (2, '') and 'is an input' in err
  assert (pair[0].read_bytes(), pair[1].read_bytes()) == before


def test_two_results_of_one_name_are_refused(complete, folders):
  save(folders / 'photos' / 'a.bmp', photo())
  code, out, err = complete(*all_of(folders), '--format', 'png')
  assert (code, out) == (2, '') and 'a.bmp and ' in err and 'would become' in err
  assert not (folders / 'out').exists()


def test_results_inside_the_pictures_folder_are_resumed_and_never_replace_a_picture(
  complete, folders
):
  inside = folders / 'photos' / 'done'
  given = folders / 'photos', '--mask', folders / 'masks', '--output', inside
  assert complete(*given)[0] == 0
  before = {path: path.read_bytes() for path in inside.rglob('*.*')}
  code, _, err = complete(*given)
  assert code == 2 and 'is an input' in err  # who knows whose pictures lie there?
  os.unlink(inside / 'b.png')
  code, out, _ = complete(*given, '--skip-existing')
  assert (code, out.splitlines()) == (0, [str(inside / 'b.png')])
  assert {path: path.read_bytes() for path in inside.rglob('*.*')} == before


def test_masks_inside_the_pictures_folder_are_no_pictures(complete, folders):
  os.rename(folders / 'masks', folders / 'photos' / 'masks')
  save(folders / 'photos' / 'masks' / 'of_no_picture.png', MASK)
  code, out, err = complete(*all_of(folders, folders / 'photos' / 'masks'))
  assert (code, err) == (0, '') and len(out.splitlines()) == 4


def test_side_by_side_only_a_marked_name_is_a_mask(complete, folders):
  save(folders / 'both' / 'a.png', MASK)
  save(folders / 'both' / 'a.bmp', photo())
  given = folders / 'both', '--mask', folders / 'both', '--output', folders / 'out'
  code, _, err = complete(*given)
  assert code == 2 and 'name it a_mask.png' in err
  for name in ('a_mask1.png', 'a_mask2.png'):  # the second is none of the pictures either
    save(folders / 'both' / name, MASK)
  code, out, err = complete(*given)
  assert code == 0 and len(out.splitlines()) == 2
  assert err.strip().endswith(
    'a_mask2.png: a further mask of a.png, for which a_mask1.png is taken.'
  )
  assert (
    complete(
      folders / 'both' / 'a.bmp', '--mask', folders / 'both', '--output', folders / 'one.png'
    )[0]
    == 0
  )


def test_thousands_of_pictures_are_paired_in_no_time(tmp_path):
  for folder in ('photos', 'masks'):
    (tmp_path / folder).mkdir()
  for number in range(2_000):
    (tmp_path / 'photos' / f'{number}.jpg').touch()
    (tmp_path / 'masks' / f'{number}_mask.png').touch()
  start = time.process_time()
  found, _ = pairing.jobs([str(tmp_path / 'photos')], str(tmp_path / 'masks'))
  assert time.process_time() - start < 5
  assert all(
    job.mask == str(tmp_path / 'masks' / job.name.replace('.jpg', '_mask.png')) for job in found
  )


@pytest.mark.parametrize(
  'content, sentence',
  [(None, 'There is no file'), (b'no picture', 'cannot be read'), (MASK * 0, 'no white pixel')],
)
def test_a_mask_for_all_that_is_none_is_refused_once(complete, folders, content, sentence):
  if isinstance(content, bytes):
    (folders / 'mask.png').write_bytes(content)
  elif content is not None:
    save(folders / 'mask.png', content)
  code, out, err = complete(*all_of(folders, folders / 'mask.png'))
  assert (code, out) == (2, '') and sentence in err and len(err.splitlines()) == 1
  assert not (folders / 'out').exists()


@pytest.mark.parametrize(
  'options, expected',
  [
    ((), MASK),
    (('--dilate', '2'), 'grown'),
    (('--invert-mask',), 255 - MASK),
    (('--feather', '2'), MASK),
    (('--blend', 'opencv'), MASK),
    (('--blend', 'none'), MASK),
    (('--large', 'whole'), MASK),
    (('--large', 'resize'), MASK),
  ],
)
def test_options_decide_what_is_the_hole_and_no_more(complete, pair, tmp_path, options, expected):
  if isinstance(expected, str):
    expected = MASK.copy()
    expected[4:14, 6:17] = 255
  code, _, _ = complete(*one_of(tmp_path), *options)
  assert code == 0
  same_outside(tmp_path / 'out.png', photo(), expected)


def test_an_inverted_mask_is_suspected(complete, pair, tmp_path):
  save(pair[1], np.pad(np.zeros((12, 18), np.uint8), ((4, 4), (6, 6)), constant_values=255))
  code, _, err = complete(*one_of(tmp_path))
  assert code == 0 and 'looks inverted' in err


def test_the_alpha_channel_or_a_colour_is_the_hole(complete, tmp_path):
  image = photo()
  image.putalpha(Image.fromarray(255 - MASK))
  save(tmp_path / 'alpha.png', image)
  assert complete(tmp_path / 'alpha.png', '--output', tmp_path / 'out.png')[0] == 0
  same_outside(tmp_path / 'out.png', image)
  painted = np.asarray(photo()).copy()
  painted[MASK > 0] = (255, 0, 255)
  for suffix, color in (('png', '#ff00ff'), ('png', 'magenta'), ('jpg', '#f0f')):
    smooth = Image.fromarray(
      painted if suffix == 'png' else np.where(MASK[..., None] > 0, painted, 128).astype('u1')
    )
    save(
      tmp_path / f'painted.{suffix}',
      smooth,
      **({'quality': 95, 'subsampling': 0} if suffix == 'jpg' else {}),
    )
    code, _, err = complete(
      tmp_path / f'painted.{suffix}',
      '--hole-color',
      color,
      '--output',
      tmp_path / 'out.png',
      *(('--dilate', '0') if suffix == 'jpg' else ()),
    )
    assert (code, err) == (0, '')
    with (
      Image.open(tmp_path / 'out.png') as found,
      Image.open(tmp_path / f'painted.{suffix}') as given,
    ):
      changed = (np.asarray(found) != np.asarray(given)).any(axis=-1)
    assert not changed[MASK == 0].any() and changed[MASK > 0].mean() > 0.9
  code, _, err = complete(tmp_path / 'painted.png', '--output', tmp_path / 'none.png')
  assert code == 2 and 'no alpha channel' in err
  code, _, err = complete(
    tmp_path / 'painted.png', '--hole-color', '#123456', '--output', tmp_path / 'none.png'
  )
  assert code == 2 and 'no #123456 pixel' in err
  assert not (tmp_path / 'none.png').exists()


def test_nothing_is_left_of_a_colour_that_a_jpeg_has_blurred(complete, tmp_path):
  painted = np.full((60, 80, 3), (60, 140, 70), np.uint8)
  painted[21:40, 27:52] = (255, 0, 255)
  save(tmp_path / 'painted.jpg', painted, quality=85)
  code, _, err = complete(
    tmp_path / 'painted.jpg', '--hole-color', '#f0f', '--output', tmp_path / 'out.png'
  )
  assert code == 0 and 'grown by 2 px' in err
  hole = np.zeros((60, 80), bool)
  hole[17:44, 23:56] = True  # the paint and what it may be grown by
  with Image.open(tmp_path / 'out.png') as found, Image.open(tmp_path / 'painted.jpg') as given:
    found, given = np.asarray(found).astype(int), np.asarray(given)
  np.testing.assert_array_equal(found[~hole], given[~hole])

  def magenta(picture):
    return (np.minimum(picture[..., 0], picture[..., 2]) - picture[..., 1])[hole].mean()

  complete(
    tmp_path / 'painted.jpg',
    '--hole-color',
    '#f0f',
    '--output',
    tmp_path / 'out.png',
    '--dilate',
    '0',
  )
  with Image.open(tmp_path / 'out.png') as exact:
    # Blended with its own fringe, the hole stays magenta.
    assert magenta(found) < -40 < 0 < magenta(np.asarray(exact).astype(int))


def exif_of_a_camera(orientation=6):
  exif = Image.Exif()
  exif[0x0112], exif[271], exif[306] = orientation, 'Maker', '2020:01:02 03:04:05'
  exif.get_ifd(0x8769).update(
    {0x829A: 0.01, 0x927C: b'maker note with a preview', 0xA002: 30, 0xA003: 20}
  )
  exif.get_ifd(0x8769)[0xEEEE] = b'a private preview'
  exif.get_ifd(0x8825).update({1: 'N', 2: (47.0, 22.0, 1.0)})
  return exif


def with_thumbnail(exif):
  """The EXIF bytes with a second table that holds a small JPEG, as cameras write it."""
  small = io.BytesIO()
  Image.new('RGB', (8, 8), 'red').save(small, 'JPEG')
  data = bytearray(exif.tobytes())
  tiff = data[6:]
  order = 'little' if tiff[:2] == b'II' else 'big'
  first = int.from_bytes(tiff[4:8], order)
  link = first + 2 + 12 * int.from_bytes(tiff[first : first + 2], order)
  start = len(tiff)
  tiff[link : link + 4] = start.to_bytes(4, order)
  jpeg = start + 2 + 24 + 4

  def entry(tag, value):
    return (
      tag.to_bytes(2, order)
      + (4).to_bytes(2, order)
      + (1).to_bytes(4, order)
      + value.to_bytes(4, order)
    )

  tiff += (
    (2).to_bytes(2, order) + entry(0x0201, jpeg) + entry(0x0202, len(small.getvalue())) + bytes(4)
  )
  return bytes(data[:6] + tiff) + small.getvalue(), small.getvalue()


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.tif'])
def test_metadata_is_kept_but_for_what_shows_the_hole(complete, tmp_path, suffix):
  exif, thumbnail = with_thumbnail(exif_of_a_camera())
  profile = b'a colour profile'
  save(
    tmp_path / 'photo.jpg',
    photo(),
    exif=exif,
    icc_profile=profile,
    dpi=(300, 300),
    quality=95,
    xmp=b'<x:xmpmeta>a preview</x:xmpmeta>',
  )
  assert thumbnail in (tmp_path / 'photo.jpg').read_bytes()
  save(tmp_path / 'mask.png', np.rot90(MASK, -1))
  out = tmp_path / f'out{suffix}'
  code, _, err = complete(*one_of(tmp_path, 'photo.jpg', out.name))
  assert code == 0
  assert ('JPEG is lossy' in err) == (suffix == '.jpg')
  data = out.read_bytes()
  assert thumbnail not in data and b'preview' not in data
  with Image.open(out) as found:
    found.load()
    assert found.size == (20, 30)
    assert found.info['icc_profile'] == profile
    if suffix != '.webp':  # it has no place for it
      assert found.info['dpi'] == pytest.approx((300, 300), abs=0.1)
    kept = found.getexif()
    assert kept.get(0x0112, 1) == 1
    assert kept[271] == 'Maker'
    table = kept.get_ifd(0x8769)
    assert float(table[0x829A]) == pytest.approx(0.01) and (table[0xA002], table[0xA003]) == (
      20,
      30,
    )
    assert 0x927C not in table
    assert kept.get_ifd(0x8825)[1] == 'N'
  assert complete(*one_of(tmp_path, 'photo.jpg', out.name), '--strip-gps')[0] == 0
  with Image.open(out) as found:
    found.load()
    assert not found.getexif().get_ifd(0x8825) and found.getexif()[271] == 'Maker'


def test_text_of_a_png_is_kept_but_xmp(complete, pair, tmp_path):
  text = PngImagePlugin.PngInfo()
  text.add_text('Author', 'someone')
  text.add_itxt('XML:com.adobe.xmp', 'a preview')
  text.add_text('raw profile type 8bim', 'another')
  save(pair[0], photo(), pnginfo=text)
  assert complete(*one_of(tmp_path))[0] == 0
  with Image.open(tmp_path / 'out.png') as found:
    assert found.text == {'Author': 'someone'} and 'exif' not in found.info


def test_a_jpeg_stays_a_jpeg_and_of_several_pictures_one(complete, pair, tmp_path):
  smooth = photo().resize((3, 2)).resize((30, 20), Image.Resampling.BICUBIC)
  save(tmp_path / 'photo.jpg', smooth, quality=95, subsampling=0)
  smooth.save(
    tmp_path / 'two.jpg', format='MPO', save_all=True, append_images=[photo(1)], quality=95
  )
  code, out, err = complete(
    tmp_path / 'photo.jpg', tmp_path / 'two.jpg', '--mask', pair[1], '--output', tmp_path / 'out'
  )
  assert code == 0 and err.count('JPEG is lossy') == 1 and 'several pictures' in err
  for line in out.splitlines():
    with Image.open(line) as found, Image.open(tmp_path / os.path.basename(line)) as given:
      assert found.format == 'JPEG' and getattr(found, 'n_frames', 1) == 1
      difference = np.abs(np.asarray(found).astype(int) - np.asarray(given))
    far = np.ones((20, 30), bool)
    far[:16, :24] = False  # 8x8 blocks without any hole
    assert difference[far].max() < 8


@pytest.mark.parametrize(
  'mode, suffix, kept, note',
  [
    ('L', '.png', 'L', ''),
    ('LA', '.png', 'LA', ''),
    ('RGBA', '.webp', 'RGBA', ''),
    ('P', '.png', 'RGB', 'mode P'),
    ('1', '.png', 'L', 'mode 1'),
    ('CMYK', '.tif', 'CMYK', ''),
    ('CMYK', '.png', 'RGB', 'does not hold CMYK'),
    ('RGBA', '.jpg', 'RGB', 'does not hold transparency'),
    ('L', '.webp', 'RGB', ''),
    ('L', '.jpg', 'L', 'lossy'),
    ('L', '.bmp', 'L', ''),
    ('RGB', '.gif', 'P', '256 colours'),
  ],
)
def test_modes_and_formats(complete, tmp_path, mode, suffix, kept, note):
  given = photo(mode=mode)
  if 'A' in mode:
    given.putalpha(200)
  save(tmp_path / 'photo.tif', given)
  save(tmp_path / 'mask.png', MASK)
  out = tmp_path / f'out{suffix}'
  code, _, err = complete(*one_of(tmp_path, 'photo.tif', out.name))
  assert code == 0
  assert note in err and bool(note) == bool(err)
  with Image.open(out) as found:
    assert found.mode == kept
    if suffix not in ('.jpg', '.gif'):
      known = MASK == 0
      np.testing.assert_array_equal(
        np.asarray(found)[known], np.asarray(given.convert(kept))[known]
      )


@pytest.mark.parametrize('colors', [8, 200, 256])
def test_a_gif_keeps_the_colours_of_its_known_pixels(complete, tmp_path, colors):
  many = np.random.default_rng(0).permutation(256**3)[:colors]
  palette = np.stack([many >> 16, many >> 8 & 255, many & 255], axis=-1).astype(np.uint8)
  pixels = palette[np.random.default_rng(1).integers(0, colors, (20, 30))]
  pixels[MASK == 0] = palette[np.arange((MASK == 0).sum()) % colors]  # all of them are known
  given = Image.fromarray(np.arange(256, dtype=np.uint8)[None]).convert('P')
  given.putpalette(palette.tobytes())
  save(
    tmp_path / 'photo.gif',
    Image.fromarray(pixels).quantize(palette=given, dither=Image.Dither.NONE),
  )
  save(tmp_path / 'mask.png', MASK)
  with Image.open(tmp_path / 'photo.gif') as image:
    before = image.convert('RGB')
  code, _, err = complete(*one_of(tmp_path, 'photo.gif', 'out.gif'))
  assert code == 0 and 'those that are left' in err
  with Image.open(tmp_path / 'out.gif') as found:
    after = np.asarray(found.convert('RGB'))
  np.testing.assert_array_equal(after[MASK == 0], np.asarray(before)[MASK == 0])
  assert (after[MASK > 0] != np.asarray(before)[MASK > 0]).any()


def test_a_16_bit_png_stays_one(complete, tmp_path):
  wide = np.random.default_rng(0).integers(0, 65_536, (20, 30), dtype=np.uint16)
  save(tmp_path / 'photo.png', wide)
  save(tmp_path / 'mask.png', MASK)
  assert complete(*one_of(tmp_path, 'photo.png', 'out.png'))[0] == 0
  with Image.open(tmp_path / 'out.png') as found:
    assert found.mode == 'I;16'
  same_outside(tmp_path / 'out.png', wide)


def test_wrong_combinations_are_refused(complete, pair, tmp_path):
  for arguments, sentence in (
    (('--mask', pair[1], '--hole-color', 'red'), 'give one of them'),
    (('--invert-mask',), 'needs a --mask'),
    (('--hole-color', 'reddish'), 'give a colour'),
    (('--hole-color', 'rgb(999,0,0)'), 'give a colour'),
    (('--mask', pair[1], '--format', 'jpg'), 'leave one of them out'),
    (('--mask', pair[1], '--compare', tmp_path / 'sheet'), 'give a picture file'),
    (('--mask', pair[1], '--dilate', '-1'), 'number of pixels'),
    (('--mask', pair[1], '--dilate', '40'), 'smaller --dilate'),
    (('--mask', pair[1], '--device', 'gpu'), 'There is no gpu'),
  ):
    code, out, err = complete(pair[0], '--output', tmp_path / 'out.png', *arguments)
    assert (code, out) == (2, '') and sentence in err
    assert not (tmp_path / 'out.png').exists()


def test_progress_is_for_terminals(complete, folders, monkeypatch):
  monkeypatch.setattr('sys.stderr.isatty', lambda: True, raising=False)
  monkeypatch.setenv('TERM', 'xterm')
  monkeypatch.setenv('COLUMNS', '200')
  save(folders / 'photos' / 'a.png', photo(mode='P'))
  _, out, err = complete(*all_of(folders))
  assert '2 of 4' in err and '2 of 4' not in out
  shown = test_bar.visible(err)
  assert shown[0].endswith('the result is RGB.') and shown[0].startswith(str(folders))
  assert shown[1:] == ['━' * 30 + '  4 of 4', '']


def started(model, folders, count):
  """The command in a process of its own, on a folder of pictures."""
  for number in range(count):
    save(folders / 'many' / f'{number:02}.png', photo(number).resize((240, 160)))
  mask = save(folders / 'large.png', Image.fromarray(MASK).resize((240, 160)))
  return subprocess.Popen(
    [
      sys.executable,
      '-m',
      'glcic_jax',
      'complete',
      str(folders / 'many'),
      '--mask',
      str(mask),
      '--model',
      str(model),
      '--output',
      str(folders / 'out'),
    ],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_between_whole_files(model, folders, number):
  process = started(model, folders, 40)
  first = process.stdout.readline()
  process.send_signal(number)
  out, err = process.communicate()
  assert process.returncode == 128 + number
  assert err == f'glcic-jax: Stopped by {number.name}; no file is half-written.\n'
  written = sorted(os.listdir(folders / 'out'))
  assert written[0] == os.path.basename(first.strip()) and len(written) < 40
  assert len(written) - len(out.splitlines()) in (1, 2)  # the last may be written and not yet said
  for name in written:
    image_files.read_rgb(folders / 'out' / name)


def test_nobody_needs_to_read_what_is_done(model, folders):
  process = started(model, folders, 6)
  process.stdout.readline()
  process.stdout.close()
  assert (process.stderr.read(), process.wait()) == ('', 0)
  process.stderr.close()
  assert len(os.listdir(folders / 'out')) == 6


def test_a_name_that_is_no_text_is_printed_as_its_bytes(model, tmp_path):
  name = os.fsencode(tmp_path) + b'/\xff\xc3\xbc.png'
  with open(name, 'wb') as file:
    photo().save(file, 'PNG')
  mask = save(tmp_path / 'mask.png', MASK)
  done = subprocess.run(
    [
      sys.executable,
      '-m',
      'glcic_jax',
      'complete',
      name,
      '--mask',
      str(mask),
      '--model',
      str(model),
      '--output',
      f'{tmp_path}/out/',
    ],
    capture_output=True,
    env={**os.environ, 'PYTHONIOENCODING': 'utf-8:strict'},
  )
  assert (done.returncode, done.stderr) == (0, b'')
  assert done.stdout == os.fsencode(tmp_path) + b'/out/\xff\xc3\xbc.png\n'


def test_a_mask_that_is_wrong_for_one_picture_names_it(complete, folders):
  save(folders / 'photos' / 'b.png', photo().resize((31, 20)))
  code, _, err = complete(*all_of(folders, folders / 'masks' / 'a.png'))
  assert (
    code == 1
    and f'{folders / "photos" / "b.png"}: ' in err
    and 'same size' in err
    and '1 of 4' in err
  )


def test_a_large_picture_is_not_called_an_attack(complete, pair, tmp_path, monkeypatch):
  monkeypatch.setattr(
    Image, 'MAX_IMAGE_PIXELS', 500
  )  # Pillow warns from there and refuses from twice as many
  assert complete(*one_of(tmp_path))[::2] == (0, '')
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 200)
  assert complete(*one_of(tmp_path))[::2] == (0, '')
  monkeypatch.setattr(limits, 'MOST_PIXELS', 400)
  code, _, err = complete(*one_of(tmp_path))
  assert code == 2 and 'cannot be read' in err


def test_a_sheet_says_where_it_ends(complete, folders, monkeypatch):
  monkeypatch.setattr('glcic_jax.pictures.sheets._ROWS', 2)
  code, _, err = complete(*all_of(folders), '--compare', folders / 'sheet.png')
  assert code == 0 and err.count('shows the first 2 pictures') == 1


def test_a_result_that_cannot_be_written_fails_alone(complete, folders):
  save(folders / 'out' / 'deep.png', photo())
  os.rename(
    folders / 'out' / 'deep.png', folders / 'out' / 'deep'
  )  # a file where a folder should be
  code, out, err = complete(*all_of(folders))
  assert code == 1 and len(out.splitlines()) == 2 and 'cannot be made' in err and '2 of 4' in err


def test_programs_are_kept_for_the_next_run(monkeypatch, tmp_path):
  import jax

  from glcic_jax import compilation

  names = ('jax_compilation_cache_dir', 'jax_persistent_cache_min_compile_time_secs')
  before = {name: getattr(jax.config, name) for name in names}
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  try:
    compilation.keep_programs()
    assert (
      jax.config.jax_compilation_cache_dir == before['jax_compilation_cache_dir']
    )  # told of a place: left alone
    jax.config.update('jax_compilation_cache_dir', None)
    compilation.keep_programs()
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / 'glcic_jax' / 'programs')
  finally:
    for name, value in before.items():
      jax.config.update(name, value)


def test_colours_of_16_bits_are_read_with_8_and_that_is_said(complete, tmp_path):
  def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))

  deep = np.random.default_rng(0).integers(0, 65_536, (20, 30, 3)).astype('>u2')
  rows = b''.join(b'\0' + row.tobytes() for row in deep)
  (tmp_path / 'photo.png').write_bytes(
    b'\x89PNG\r\n\x1a\n'
    + chunk(b'IHDR', struct.pack('>IIBBBBB', 30, 20, 16, 2, 0, 0, 0))
    + chunk(b'IDAT', zlib.compress(rows))
    + chunk(b'IEND', b'')
  )
  save(tmp_path / 'mask.png', MASK)
  code, _, err = complete(*one_of(tmp_path, 'photo.png', 'out.png'))
  assert code == 0 and '16-bit colours' in err
  same_outside(tmp_path / 'out.png', (deep // 256).astype(np.uint8))


def test_damaged_metadata_does_not_stop_a_picture(complete, tmp_path):
  exif = bytearray(exif_of_a_camera(1).tobytes())
  save(tmp_path / 'mask.png', MASK)
  rng = np.random.default_rng(0)
  for _ in range(20):
    for place in rng.integers(14, len(exif), 12):
      exif[place] = rng.integers(0, 256)
    save(tmp_path / 'photo.webp', photo(), exif=bytes(exif), lossless=True)
    code, _, err = complete(*one_of(tmp_path, 'photo.webp', 'out.jpg'))
    assert (
      code == 0 or code == 2 and 'cannot be read' in err
    )  # where its orientation cannot be told
    assert 'Traceback' not in err
