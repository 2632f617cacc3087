"""Listing folders, holding pictures back, and the sample photographs."""

import os

import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.data import sources
from glcic_jax.pictures import image_files


def _make(folder, *names):
  for name in names:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode())


def _names(count, prefix=''):
  return tuple(f'{prefix}{index:05d}.jpg' for index in range(count))


def _split(names, fraction):
  return sources.split(sources.Source(tuple(names), str.encode), fraction)


def test_a_listing_is_recursive_and_sorted_by_path(tmp_path):
  _make(tmp_path, 'b.png', 'a/z.jpg', 'a/b/c/deep.webp', 'c.jpeg', 'a.bmp', 'Z.tif')
  source = sources.folder(tmp_path)
  assert source.names == ('Z.tif', 'a.bmp', 'a/b/c/deep.webp', 'a/z.jpg', 'b.png', 'c.jpeg')
  assert len(source) == 6
  assert [source.read(name) for name in source.names] == [name.encode() for name in source.names]


def test_hidden_files_and_other_files_are_left_out(tmp_path):
  _make(
    tmp_path,
    'a.png',
    'B.JPG',
    'c.gif',
    '.hidden.png',
    '.hidden/d.png',
    'e.txt',
    'png',
    'f.npy',
    'labels/g.json',
    'a.png.part',
  )
  source = sources.folder(tmp_path)
  assert source.names == ('B.JPG', 'a.png', 'c.gif')
  said = sources.counted(sources.Splits(source, source))
  assert said == '3 pictures to train on, 3 held back, 7 other files there'
  one, none = sources.Source(('a.png',), source.read), sources.Source((), source.read)
  said = sources.counted(sources.Splits(one, none))
  assert '1 picture to train on, 0 held back: there will be no validation' in said


def test_nothing_is_decoded_while_listing(tmp_path):
  _make(tmp_path, 'no picture at all.png')
  assert sources.folder(str(tmp_path)).names == ('no picture at all.png',)


def test_an_empty_and_a_missing_folder_are_refused_by_name(tmp_path):
  _make(tmp_path, 'words.txt', '.hidden.png')
  with pytest.raises(errors.InputError, match=f'^{tmp_path} holds no pictures .*at any depth\\.$'):
    sources.folder(tmp_path)
  with pytest.raises(errors.InputError, match=f'^There is no folder {tmp_path}/none; .*\\.$'):
    sources.folder(tmp_path / 'none')
  with pytest.raises(errors.InputError, match='words.txt holds no pictures'):
    sources.folder(tmp_path / 'words.txt')
  (tmp_path / 'notes.md').write_text('no list')
  with pytest.raises(errors.InputError, match=r'notes.md is a file; give a folder of pictures, or'):
    sources.folder(tmp_path / 'notes.md')


def test_the_digest_follows_the_names_alone(tmp_path):
  _make(tmp_path, 'a.png', 'b.png')
  before = sources.folder(tmp_path).digest
  (tmp_path / 'a.png').write_bytes(b'other bytes')
  assert sources.folder(tmp_path).digest == before
  _make(tmp_path, 'c.png')
  assert sources.folder(tmp_path).digest != before
  assert sources.Source(('a.png', 'b.png'), str.encode).digest == before


def test_a_split_holds_back_about_its_fraction():
  splits = _split(_names(2_000), 0.1)
  assert 150 < len(splits.validation) < 250  # 200, give or take 3.7 standard deviations
  assert len(splits.train) + len(splits.validation) == 2_000


def test_a_split_loses_and_doubles_nothing_and_keeps_the_order_for_training():
  names = _names(2_000)
  splits = _split(names, 0.3)
  held_back = set(splits.validation.names)
  assert splits.train.names == tuple(name for name in names if name not in held_back)
  assert sorted(splits.train.names + splits.validation.names) == list(names)


def test_adding_pictures_moves_none_of_the_others():
  names = _names(1_000)
  before, after = _split(names, 0.1), _split(names + _names(1_000, 'new/'), 0.1)
  assert set(before.train.names) <= set(after.train.names)
  assert set(before.validation.names) <= set(after.validation.names)
  order = [name for name in after.validation.names if name in set(names)]
  assert order == list(before.validation.names)


def test_a_larger_fraction_holds_the_same_pictures_back_first():
  names = _names(500)
  few, many = _split(names, 0.05).validation.names, _split(names, 0.2).validation.names
  assert few and many[: len(few)] == few


def test_fraction_zero_holds_nothing_back():
  splits = _split(_names(50), 0.0)
  assert splits.train.names == _names(50)
  assert splits.validation.names == ()


def test_both_sides_read_from_the_same_place():
  splits = _split(_names(100), 0.5)
  for side in (splits.train, splits.validation):
    assert side.read(side.names[0]) == side.names[0].encode()


def test_a_config_opens_its_folder(tmp_path):
  _make(tmp_path, *_names(40))
  config = config_lib.default().data
  config.folder = str(tmp_path)
  config.validation_fraction = 0.25
  splits = sources.open_splits(config)
  assert splits.train.names == _split(_names(40), 0.25).train.names
  assert splits.validation.names == _split(_names(40), 0.25).validation.names


def test_configs_without_pictures_are_refused_by_key(tmp_path):
  config = config_lib.default().data
  with pytest.raises(errors.InputError, match='data.folder is empty'):
    sources.open_splits(config)
  config.source = 'tape'
  with pytest.raises(errors.InputError, match="data.source is 'tape'"):
    sources.open_splits(config)
  _make(tmp_path, 'a.png')
  config.source, config.folder, config.validation_fraction = 'folder', str(tmp_path), 0.999_999
  with pytest.raises(errors.InputError, match='validation_fraction'):
    sources.open_splits(config)


def test_a_glob_takes_what_it_matches(tmp_path):
  _make(tmp_path, 'a/1.jpg', 'a/b/2.jpg', 'a/3.png', 'c/4.jpg', 'a/notes.txt')
  assert sources.folder(f'{tmp_path}/a/**/*.jpg').names == ('1.jpg', 'b/2.jpg')
  source = sources.folder(f'{tmp_path}/*/?.*')
  assert source.names == ('a/1.jpg', 'a/3.png', 'c/4.jpg')
  assert source.read('c/4.jpg') == b'c/4.jpg'
  with pytest.raises(errors.InputError, match='holds no pictures'):
    sources.folder(f'{tmp_path}/*.gif')


def test_a_list_names_files_beside_itself_and_elsewhere(tmp_path):
  _make(tmp_path, 'photos/a.png', 'photos/b.png', 'elsewhere/c.png')
  listed = tmp_path / 'photos/list.txt'
  listed.write_text(f'b.png\n# none\n\n{tmp_path}/elsewhere/c.png\nb.png\n')
  source = sources.folder(listed)
  assert source.names == (f'{tmp_path}/elsewhere/c.png', 'b.png')
  assert [source.read(name) for name in source.names] == [b'elsewhere/c.png', b'photos/b.png']


def test_a_list_may_come_from_windows(tmp_path):
  _make(tmp_path, 'a.png', 'b.png')
  (tmp_path / 'list.txt').write_bytes(b'\xef\xbb\xbfa.png\r\nb.png\r\n')
  assert sources.folder(tmp_path / 'list.txt').names == ('a.png', 'b.png')


def test_a_list_of_what_is_not_there_is_refused_by_its_first_name(tmp_path):
  (tmp_path / 'list.txt').write_text('there/a.png\nthere/b.png\n')
  with pytest.raises(
    errors.InputError, match=f'lists there/a.png, which is not there; .*relative to {tmp_path}'
  ):
    sources.folder(tmp_path / 'list.txt')


def test_names_need_be_no_utf8(tmp_path):
  name = os.fsencode(tmp_path) + b'/\xe9.png'
  with open(name, 'wb') as file:
    file.write(b'content')
  source = sources.folder(tmp_path)
  assert (
    source.digest
    and len(sources.split(source, 0.5).train) + len(sources.split(source, 0.5).validation) == 1
  )
  assert source.read(source.names[0]) == b'content'


def test_a_folder_may_lie_at_home(tmp_path, monkeypatch):
  monkeypatch.setenv('HOME', str(tmp_path))
  _make(tmp_path, 'photos/a.png', 'photos/list.txt')
  assert sources.folder('~/photos').names == sources.folder('~/photos/*.png').names == ('a.png',)


def _mixture(tmp_path, *members, fraction=0.0):
  _make(tmp_path / 'many', *_names(30))
  _make(tmp_path / 'few', *_names(10))
  config = config_lib.default().data
  config.source, config.mixture, config.validation_fraction = 'mixture', members, fraction
  return sources.open_splits(config)


def test_a_mixture_holds_all_pictures_of_its_members(tmp_path):
  splits = _mixture(tmp_path, f'folder:{tmp_path}/many=1', f'folder:{tmp_path}/few=2')
  assert splits.train.parts == (sources.Part(30, 1.0), sources.Part(10, 2.0))
  assert splits.train.names == tuple(f'0/{n}' for n in _names(30)) + tuple(
    f'1/{n}' for n in _names(10)
  )
  assert splits.train.read('1/00003.jpg') == b'00003.jpg'


def test_each_member_of_a_mixture_holds_back_its_own(tmp_path):
  splits = _mixture(tmp_path, f'folder:{tmp_path}/many=1', f'folder:{tmp_path}/few=2', fraction=0.3)
  alone = _split(_names(30), 0.3)
  for side, expected in ((splits.train, alone.train), (splits.validation, alone.validation)):
    assert [n for n in side.names if n.startswith('0/')] and {
      n[2:] for n in side.names if n.startswith('0/')
    } == set(expected.names)
  assert not set(splits.train.names) & set(splits.validation.names)


@pytest.mark.parametrize(
  'members',
  [
    (),
    ('folder:x',),
    ('folder:x=much',),
    ('folder:x=0',),
    ('folder:x=-1',),
    ('folder:x=nan',),
    ('folder:x=inf',),
  ],
)
def test_an_impossible_mixture_is_refused(tmp_path, members):
  with pytest.raises(errors.InputError, match='data.mixture is'):
    _mixture(tmp_path, *members)


def test_sample_photographs_can_all_be_read_and_fit_a_small_crop():
  pytest.importorskip('skimage')
  config = config_lib.default().data
  config.source = 'sample'
  splits = sources.open_splits(config)
  assert len(splits.train) == 10
  assert len(splits.validation) == 2
  for side in (splits.train, splits.validation):
    for name in side.names:
      picture = image_files.read_rgb(side.read(name), name)
      assert min(picture.shape[:2]) == 256
      assert picture.std() > 5


def test_sample_photographs_held_back_are_not_trained_on():
  pytest.importorskip('skimage')
  splits = sources.sample_pictures()
  assert not set(splits.train.names) & set(splits.validation.names)
  trained = {splits.train.read(name) for name in splits.train.names}
  assert not trained & {splits.validation.read(name) for name in splits.validation.names}
