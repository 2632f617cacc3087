"""`complete` without --output: results beside the pictures, over nothing, no inputs later."""

import numpy as np
from PIL import Image
import pytest

from tests import commands

HOLE = np.zeros((20, 30), bool)
HOLE[6:12, 8:15] = True


@pytest.fixture
def complete(capsys):
  """The command by a baseline, which is quick: exit code, stdout, stderr."""
  return lambda *arguments: commands.run(capsys, 'complete', '--model', 'telea', *arguments)


@pytest.fixture
def photos(tmp_path):
  """Three pictures, two levels deep, and a mask for all in another folder."""
  (tmp_path / 'photos' / 'deep').mkdir(parents=True)
  pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
  for name in ('a.jpg', 'b.png', 'deep/c.webp'):
    Image.fromarray(pixels).save(tmp_path / 'photos' / name)
  Image.fromarray(HOLE).save(tmp_path / 'hole.png')
  return tmp_path / 'photos'


def names(folder):
  """All files below a folder."""
  return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_one_picture_is_completed_beside_itself_and_never_over_a_file(complete, photos, capsys):
  mask = photos.parent / 'hole.png'
  code, out, err = complete(photos / 'a.jpg', '--mask', mask)
  assert (code, out.strip()) == (0, str(photos / 'a_completed.jpg')) and 'lossy' in err
  before = (photos / 'a_completed.jpg').read_bytes()
  code, out, err = complete(photos / 'a.jpg', '--mask', mask)
  assert (code, out) == (2, '') and 'is there already; give --output' in err
  assert len(err.strip().splitlines()) == 1
  assert (photos / 'a_completed.jpg').read_bytes() == before
  code, out, _ = complete(photos / 'a.jpg', '--mask', mask, '--format', 'png')
  assert (code, out.strip()) == (0, str(photos / 'a_completed.png'))


def test_a_folder_is_completed_once_and_gone_on_with(complete, photos):
  arguments = (photos, '--mask', photos.parent / 'hole.png')
  done = ['a.jpg', 'a_completed.jpg', 'b.png', 'b_completed.png']
  done += ['deep/c.webp', 'deep/c_completed.webp']
  assert complete(*arguments)[0] == 0
  assert names(photos) == done
  (photos / 'deep' / 'c_completed.webp').unlink()
  code, out, err = complete(*arguments)
  assert code == 2 and 'a_completed.jpg is there already' in err and len(names(photos)) == 5
  code, out, _ = complete(*arguments, '--skip-existing')
  assert (code, out.split()) == (0, [str(photos / 'deep' / 'c_completed.webp')])
  assert names(photos) == done


def test_a_result_is_no_input_of_another_run_but_by_its_name(complete, photos):
  mask = photos.parent / 'hole.png'
  assert complete(photos / 'a.jpg', '--mask', mask)[0] == 0
  code, out, _ = complete(photos, '--mask', mask, '--output', photos.parent / 'out')
  assert code == 0 and names(photos.parent / 'out') == ['a.jpg', 'b.png', 'deep/c.webp']
  code, out, _ = complete(f'{photos}/*.jpg', '--mask', mask, '--output', photos.parent / 'glob')
  assert code == 0 and names(photos.parent / 'glob') == ['a.jpg']
  # By its name it is a picture as any other; and so is one whose original is not there.
  code, out, _ = complete(photos / 'a_completed.jpg', '--mask', mask)
  assert code == 0 and out.strip().endswith('a_completed_completed.jpg')
  (photos / 'a.jpg').unlink()
  assert complete(photos, '--mask', mask, '--output', photos.parent / 'alone')[0] == 0
  assert names(photos.parent / 'alone') == ['a_completed.jpg', 'b.png', 'deep/c.webp']


def test_two_pictures_of_one_name_are_refused_before_any_work(complete, photos):
  Image.open(photos / 'b.png').save(photos / 'a.png')
  mask = photos.parent / 'hole.png'
  code, _, err = complete(photos, '--mask', mask, '--format', 'png')
  assert code == 2 and 'would become' in err
  assert not [name for name in names(photos) if 'completed' in name]


def test_a_sheet_replaces_no_file(complete, photos):
  sheet, mask = photos.parent / 'sheet.png', photos.parent / 'hole.png'
  sheet.write_bytes(b'another sheet')
  arguments = (photos / 'b.png', '--mask', mask, '--compare', sheet)
  code, out, err = complete(*arguments)
  assert (code, out) == (2, '') and f'{sheet} is there already; give --compare another name' in err
  assert len(err.strip().splitlines()) == 1 and not (photos / 'b_completed.png').exists()
  code, out, err = complete(*arguments, '--skip-existing')
  assert code == 0 and out and f'{sheet} is kept; ' in err
  assert sheet.read_bytes() == b'another sheet'
  sheet.unlink()
  (photos / 'b_completed.png').unlink()
  assert complete(*arguments, '--skip-existing')[::2] == (0, '')
  with Image.open(sheet) as written:
    assert written.width == 8 + 3 * (256 + 8)


def test_the_last_line_says_how_many_were_skipped(complete, photos):
  arguments = (photos, '--mask', photos.parent / 'hole.png', '--skip-existing')
  assert 'skipped' not in complete(*arguments)[2]
  (photos / 'b_completed.png').unlink()
  assert complete(*arguments)[2] == 'glcic-jax: 2 of 3 pictures skipped: results are there.\n'
  code, out, err = complete(*arguments)
  assert (code, out) == (0, '') and '3 of 3 pictures skipped' in err
  assert complete(*arguments, '--quiet') == (0, '', '')


def test_quiet_says_only_what_failed(complete, photos):
  inverted = photos.parent / 'inverted.png'
  around = np.ones((20, 30), bool)
  around[4:16, 6:24] = False
  Image.fromarray(around).save(inverted)
  arguments = (photos / 'b.png', '--mask', inverted)
  assert 'looks inverted' in complete(*arguments)[2]
  (photos / 'b_completed.png').unlink()
  assert complete(*arguments, '--quiet')[::2] == (0, '')
  (photos / 'broken.png').write_bytes(b'no picture')
  code, _, err = complete(photos, '--mask', inverted, '--quiet', '--output', photos.parent / 'out')
  assert code == 1 and 'broken.png' in err
