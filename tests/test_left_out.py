"""Folders as people have them: every entry is done, named as failed, or named as no picture."""

import glob
import json
import ntpath
import os
import posixpath
import sys
import unicodedata

import numpy as np
from PIL import Image
import pytest

from glcic_jax.data import sources
from glcic_jax.pictures import globs
from glcic_jax.pictures import mask_folder
from glcic_jax.pictures import pairing
from tests import commands
from tests import hostile


@pytest.fixture
def complete(capsys):
  """The command by a baseline, which is quick: exit code, stdout, stderr."""
  return lambda *arguments: commands.run(capsys, 'complete', '--model', 'telea', *arguments)


@pytest.fixture
def folder(tmp_path):
  """An empty folder, beside a mask for all."""
  Image.fromarray(hostile.mask()).save(tmp_path / 'mask.png')
  (tmp_path / 'photos').mkdir()
  return tmp_path / 'photos'


def write(path, pixels=None):
  path.parent.mkdir(parents=True, exist_ok=True)
  Image.fromarray(hostile.picture() if pixels is None else pixels).save(path)


def all_of(folder, masks='mask.png'):
  return folder, '--mask', folder.parent / masks, '--output', folder.parent / 'out'


def test_every_entry_of_a_folder_is_accounted_for(complete, folder):
  for name in ('a.jpg', 'b.avif', 'c.jfif', 'd.jp2', 'deep/f.png', 'g.jpe', 'h.ppm', 'i.tga'):
    write(folder / name)
  (folder / 'e.heic').write_bytes(b'\0\0\0\x18ftypheic\0\0\0\0mif1heic')
  others = ('notes.txt', 'deep/Thumbs.db', '.DS_Store', '._a.jpg', 'name')
  for name in others:
    (folder / name).write_bytes(b'x')
  (folder / '.git').mkdir()
  (folder / '.git' / 'x.png').write_bytes(b'x')
  code, out, err = complete(*all_of(folder), '--json')
  done = json.loads(out)
  results = {os.path.relpath(one['output'], folder.parent / 'out') for one in done['completed']}
  assert results == {
    *('a.jpg', 'b.avif', 'c.jfif', 'd.jp2', 'deep/f.png', 'g.jpe', 'h.png', 'i.png')
  }
  assert code == 1 and [one['image'] for one in done['failed']] == [str(folder / 'e.heic')]
  named = {os.path.relpath(one['path'], folder) for one in done['left_out']}
  assert named == {*others, '.git'}
  assert {one['reason'] for one in done['left_out']} == {'not a picture'}
  for name in (*others, '.git/'):
    assert str(folder / name) in err


def test_heic_without_its_library_says_what_to_install(complete, folder, monkeypatch):
  monkeypatch.setitem(sys.modules, 'pillow_heif', None)
  (folder / 'e.heic').write_bytes(b'\0\0\0\x18ftypheic\0\0\0\0mif1heic')
  code, _, err = complete(folder / 'e.heic', '--mask', folder.parent / 'mask.png')
  assert code == 2 and 'e.heic is HEIC, which needs pillow-heif; install it by pip install' in err


def test_heic_is_read_where_its_library_is(complete, folder):
  pillow_heif = pytest.importorskip('pillow_heif')
  y, x = np.mgrid[:20, :30]
  smooth = np.stack([5 * x, 9 * y, 200 + 0 * x], axis=-1).astype(np.uint8)
  exif = Image.Exif()
  exif[0x0112] = 3  # upside down
  pillow_heif.from_pillow(Image.fromarray(smooth)).save(
    folder / 'e.heic', quality=95, exif=exif.tobytes()
  )
  code, out, _ = complete(folder / 'e.heic', '--mask', folder.parent / 'mask.png')
  assert code == 0 and out.strip().endswith('e_completed.png')
  with Image.open(out.strip()) as found:
    known = hostile.mask() == 0
    upright = smooth[::-1, ::-1].astype(int)
    assert np.abs(np.asarray(found).astype(int) - upright)[known].mean() < 4
    assert found.getexif().get(0x0112, 1) == 1


def test_a_further_mask_of_a_picture_is_named(complete, folder):
  write(folder / 'a.png')
  for name in ('a_mask001.png', 'a_mask002.png'):
    write(folder.parent / 'masks' / name, hostile.mask())
  code, out, err = complete(*all_of(folder, 'masks'), '--json')
  assert code == 0 and len(json.loads(out)['completed']) == 1
  path = str(folder.parent / 'masks' / 'a_mask002.png')
  assert json.loads(out)['left_out'] == [
    {'path': path, 'reason': 'a further mask of a.png, for which a_mask001.png is taken'}
  ]
  assert path in err


def test_a_mask_that_another_picture_uses_is_not_left_out(complete, folder):
  for name in ('a/1.png', '1.png'):
    write(folder / name)
    write(folder.parent / 'masks' / name, hostile.mask())
  code, out, err = complete(*all_of(folder, 'masks'), '--json')
  assert (code, err) == (0, '') and not json.loads(out)['left_out']


def no_files(folder):
  """Pictures' names that no file has."""
  os.mkfifo(folder / 'pipe.png')
  (folder / 'endless.png').symlink_to('/dev/zero')
  (folder / 'nowhere.png').symlink_to(folder / 'gone')
  with (folder / 'huge.png').open('wb') as file:
    file.truncate(40 * 2**30)


def test_what_is_no_file_and_what_is_huge_fail_alone_and_the_others_are_done(complete, folder):
  for name in ('a.png', 'z.png'):
    write(folder / name)
  no_files(folder)
  for given in (folder, f'{folder}/*'):
    code, out, err = complete(
      given, '--mask', folder.parent / 'mask.png', '--output', f'{folder}2/'
    )
    assert code == 1
    assert [os.path.basename(line) for line in out.splitlines()] == ['a.png', 'z.png']
    assert 'pipe.png is a pipe; give a file.' in err
    assert 'endless.png is a device; give a file.' in err
    assert 'There is no file' in err and 'huge.png has 40 GiB, and 2 GiB are the most here' in err
  for name in ('pipe.png', 'endless.png', 'huge.png'):
    assert complete(folder / name, '--mask', folder.parent / 'mask.png')[0] == 2
    assert complete(folder / 'a.png', '--mask', folder / name)[0] == 2


def test_training_and_evaluation_read_pipes_no_more_than_a_command(folder):
  write(folder / 'a.avif')
  no_files(folder)
  source = sources.folder(folder)
  assert set(source.names) == {'a.avif', 'pipe.png', 'endless.png', 'nowhere.png', 'huge.png'}
  for name in set(source.names) - {'a.avif'}:
    with pytest.raises((OSError, ValueError), match='give a file|No such file|most here'):
      source.read(name)


def test_what_failed_is_said_although_the_run_ends_early(complete, folder, monkeypatch):
  (folder / 'a.png').write_bytes(b'no picture')
  write(folder / 'b.png')

  def full(*_):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(os, 'replace', full)
  code, _, err = complete(*all_of(folder))
  assert code == 3 and 'a.png cannot be read' in err and 'No space left' in err


@pytest.mark.parametrize('error', [MemoryError(), RuntimeError('RESOURCE_EXHAUSTED: out of it')])
def test_a_picture_for_which_memory_runs_out_fails_alone(complete, folder, monkeypatch, error):
  from glcic_jax.inference import baselines

  for name in ('a.png', 'b.png', 'c.png'):
    write(folder / name)
  fill, calls = baselines.FILLS['telea'], []

  def once(image, hole):
    calls.append(1)
    if len(calls) == 2:
      raise error
    return fill(image, hole)

  monkeypatch.setitem(baselines.FILLS, 'telea', once)
  code, out, err = complete(*all_of(folder))
  assert code == 1 and [os.path.basename(line) for line in out.splitlines()] == ['a.png', 'c.png']
  assert f'{folder}/b.png takes more memory than there is' in err


def test_control_characters_in_names_are_shown_escaped(complete, folder):
  name = 'a\x1b[2J\n\x9b\u202egnp.png'
  (folder / name).write_bytes(b'no picture')
  code, _, err = complete(folder / name, '--mask', folder.parent / 'mask.png')
  assert code == 2 and r'a\x1b[2J\n\x9b\u202egnp.png' in err
  assert len(err.splitlines()) == 1 and all(letter.isprintable() for letter in err.strip())


def test_composed_and_decomposed_names_pair(complete, folder):
  name = 'Zürich é.png'
  write(folder / unicodedata.normalize('NFC', name))
  write(folder.parent / 'masks' / unicodedata.normalize('NFD', name), hostile.mask())
  assert complete(*all_of(folder, 'masks'))[0] == 0


@pytest.mark.parametrize('name', ['a*b', 'what?', '[1]'])
def test_a_folder_whose_name_holds_wildcards_is_a_folder(complete, tmp_path, folder, name):
  write(tmp_path / name / 'x.png')
  code, out, _ = complete(tmp_path / name, '--mask', tmp_path / 'mask.png', '--output', folder)
  assert code == 0 and out.strip() == str(folder / 'x.png')
  assert sources.folder(tmp_path / name).names == ('x.png',)


@pytest.mark.parametrize(
  'pattern, path, root, name',
  [
    (r'photos\*.jpg', r'photos\a.jpg', 'photos', 'a.jpg'),
    (r'photos\**\*.jpg', r'photos\x\a.jpg', 'photos', r'x\a.jpg'),
    (r'photos/**/*.jpg', r'photos/x\a.jpg', 'photos', r'x\a.jpg'),
    (r'C:\my photos\*\*.jpg', r'C:\my photos\x\a.jpg', r'C:\my photos', r'x\a.jpg'),
    (r'C:\*.jpg', r'C:\a.jpg', 'C:\\', 'a.jpg'),
    (r'\\host\share\p\*.jpg', r'\\host\share\p\a.jpg', r'\\host\share\p', 'a.jpg'),
    ('*.jpg', 'a.jpg', '', 'a.jpg'),
  ],
)
def test_a_glob_gives_the_same_tree_on_windows(pattern, path, root, name):
  assert globs.root(pattern, ntpath) == root
  assert globs.below(path, root, ntpath) == name
  if ':' not in pattern and not pattern.startswith('\\'):
    pattern, path, root, name = (text.replace('\\', '/') for text in (pattern, path, root, name))
    assert globs.root(pattern, posixpath) == root
    assert globs.below(path, root, posixpath) == name


@pytest.mark.parametrize(
  'system, paths, folder, names',
  [
    (ntpath, ['C:\\p\\a\\1.jpg', 'C:\\p\\b\\1.jpg'], 'C:\\p', ['a\\1.jpg', 'b\\1.jpg']),
    (ntpath, ['C:\\p\\1.jpg', 'D:\\p\\1.jpg'], '.', ['p\\1.jpg', 'p\\1.jpg']),
    (posixpath, ['/p/a/1.jpg', '/p/a/c/1.jpg'], '/p/a', ['1.jpg', 'c/1.jpg']),
    (posixpath, ['/p/a/1.jpg', '/q/1.jpg'], '/', ['p/a/1.jpg', 'q/1.jpg']),
  ],
)
def test_several_files_keep_their_folders_below_the_one_that_holds_all(
  system, paths, folder, names
):
  assert globs.together(paths, system) == folder
  assert [globs.below(path, folder, system) for path in paths] == names


def test_a_file_that_is_given_twice_and_a_result_beside_its_picture_are_done_once(folder):
  for name in ('a.png', 'a_completed.png', 'b.png'):
    write(folder / name)
  path = os.path.relpath(folder)
  given = [f'{path}/a.png', f'./{path}/a.png', f'{path}/a_completed.png', str(folder / 'b.png')]
  found, _ = pairing.jobs(given, None)
  assert [job.image for job in found] == [given[0], given[3]]
  assert [job.name for job in found] == ['a.png', 'b.png']
  assert pairing.jobs(given[2:3], None)[0][0].image == given[2]  # by its name it is a picture


@pytest.mark.parametrize('pattern', ['photos/*', 'photos/*/*', 'photos/**/*.png', 'photos/b*'])
def test_a_pattern_gives_the_same_whether_a_shell_expands_it_or_not(folder, monkeypatch, pattern):
  monkeypatch.chdir(folder.parent)
  for name in ('a/1.png', 'b/1.png', 'b/c/2.png', '3.png'):
    write(folder / name)
  for name in ('a/1.png', '1.png', 'c/2.png', '3_mask.png'):
    write(folder.parent / 'masks' / name, hostile.mask())
  ours, _ = pairing.jobs([pattern], 'masks')
  shells, _ = pairing.jobs(sorted(glob.glob(pattern, recursive=True)), 'masks')
  assert sorted(ours) == sorted(shells) and len(ours) >= 2
  for job in ours:
    wanted = {'photos/a/1.png': 'masks/a/1.png', 'photos/b/1.png': 'masks/1.png'}
    assert job.mask == wanted.get(job.image, job.mask)
  assert len({job.name for job in ours}) == len(ours)  # no two would become one


def test_a_picture_has_the_same_mask_however_it_is_given(folder, monkeypatch):
  for name in ('a/1.png', 'b/1.png'):
    write(folder / name)
  for name in ('a/1.png', '1.png'):
    write(folder.parent / 'masks' / name, hostile.mask())
  masks = folder.parent / 'masks'
  monkeypatch.chdir(folder / 'a')
  for given in (folder, folder / 'a', folder / 'a' / '1.png', '1.png', f'{folder}/a/*'):
    job = pairing.jobs([str(given)], str(masks))[0][0]
    assert job.mask == str(masks / 'a' / '1.png') and job.others == (str(masks / '1.png'),)


def test_masks_are_found_by_folders_of_either_slash(monkeypatch):
  monkeypatch.setattr(os, 'sep', '\\')
  assert mask_folder._key('x\\y\\a.jpg') == ('x/y', 'a')


def test_a_side_that_the_format_cannot_hold_is_told_before_the_work(complete, folder, tmp_path):
  write(folder / 'wide.png', np.zeros((2, 17_000, 3), np.uint8))
  hole = np.zeros((2, 17_000), np.uint8)
  hole[:, 9:20] = 255
  write(tmp_path / 'hole.png', hole)
  code, _, err = complete(
    folder / 'wide.png', '--mask', tmp_path / 'hole.png', '--output', tmp_path / 'a.webp'
  )
  assert code == 2 and 'WEBP holds sides of 16383 px and the picture is 17000x2; use .png' in err


def test_more_pixels_are_read_when_they_are_asked_for(complete, folder, monkeypatch):
  from glcic_jax.pictures import limits

  monkeypatch.setattr(limits, 'MOST_PIXELS', 500)
  write(folder / 'a.png')
  code, _, err = complete(*all_of(folder))
  assert code == 2 and '--max-pixels 600 reads it all the same' in err
  assert complete(*all_of(folder), '--max-pixels', '600')[0] == 0
