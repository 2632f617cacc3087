"""The hostile corpus: one sentence, the right exit code, nothing written, nothing changed."""

import os
import re

import pytest

from glcic_jax import cli
from glcic_jax import Completer
from glcic_jax import errors
from tests import hostile
from tests.test_complete_command import complete  # noqa: F401 (fixtures)
from tests.test_complete_command import model  # noqa: F401 (fixtures)
from tests.test_completer import DESCRIPTION
from tests.test_completer import random_variables


def contents(folder):
  """Every file below a folder, with its bytes."""
  return {
    path: path.read_bytes()
    for path in folder.rglob('*')
    if not path.is_symlink() and path.is_file()
  }


def one_sentence(text):
  """Whether it is one: nothing but abbreviations and file names has a full stop before its end."""
  lines = text.strip().splitlines()
  return (
    len(lines) == 1
    and 'Traceback' not in text
    and lines[0].endswith(('.', '?'))
    and not re.search(r'\. [A-Z]', text)
  )


def test_every_hostile_file_gets_one_sentence_and_nothing_is_written(tmp_path, complete):
  cases = list(hostile.files(str(tmp_path)))
  assert len(cases) >= 60
  before = contents(tmp_path)
  for case in cases:
    arguments = [
      part
      for flag, value in case.arguments.items()
      for part in ((flag, value) if flag else (value,))
    ]
    code, out, err = complete(*arguments)
    assert (code, out) == (2, ''), case.name
    assert one_sentence(err), (case.name, err)
    assert case.sentence in err, (case.name, err)
    assert contents(tmp_path) == before, case.name


def test_hostile_files_among_good_ones_stop_nothing(tmp_path, complete):
  folder = tmp_path / 'photos'
  folder.mkdir()
  bad = hostile.no_pictures()
  for number, data in enumerate(bad.values()):
    (folder / f'{number:02}.png').write_bytes(data)
  for name in ('00a.png', '20a.png', 'zz.png'):
    (folder / name).write_bytes(hostile.encoded(hostile.picture(), 'png'))
  (tmp_path / 'mask.png').write_bytes(hostile.encoded(hostile.mask(), 'png'))
  code, out, err = complete(folder, '--mask', tmp_path / 'mask.png', '--output', tmp_path / 'out')
  assert code == 1
  assert [os.path.basename(line) for line in out.splitlines()] == ['00a.png', '20a.png', 'zz.png']
  assert sorted(os.listdir(tmp_path / 'out')) == ['00a.png', '20a.png', 'zz.png']
  assert len(err.splitlines()) == len(bad) + 1 and 'Traceback' not in err


def test_a_wrong_extension_does_not_matter(tmp_path, complete):
  (tmp_path / 'photo.png').write_bytes(hostile.encoded(hostile.picture(), 'jpeg'))
  (tmp_path / 'mask.jpg').write_bytes(hostile.encoded(hostile.mask(), 'png'))
  assert (
    complete(
      tmp_path / 'photo.png', '--mask', tmp_path / 'mask.jpg', '--output', tmp_path / 'out.png'
    )[0]
    == 0
  )


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write anywhere')
def test_a_folder_that_cannot_be_written_is_named(tmp_path, complete):
  (tmp_path / 'photo.png').write_bytes(hostile.encoded(hostile.picture(), 'png'))
  (tmp_path / 'mask.png').write_bytes(hostile.encoded(hostile.mask(), 'png'))
  (tmp_path / 'locked').mkdir(mode=0o500)
  code, _, err = complete(
    tmp_path / 'photo.png',
    '--mask',
    tmp_path / 'mask.png',
    '--output',
    tmp_path / 'locked' / 'out.png',
  )
  assert code == 2 and one_sentence(err)


def test_a_full_disk_ends_the_command_with_3(tmp_path, complete, monkeypatch):
  (tmp_path / 'photo.png').write_bytes(hostile.encoded(hostile.picture(), 'png'))
  (tmp_path / 'mask.png').write_bytes(hostile.encoded(hostile.mask(), 'png'))

  def full(*_):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(os, 'replace', full)
  code, _, err = complete(
    tmp_path / 'photo.png', '--mask', tmp_path / 'mask.png', '--output', tmp_path / 'out.png'
  )
  assert code == 3 and 'No space left' in err
  assert sorted(os.listdir(tmp_path)) == ['mask.png', 'photo.png']


def test_every_hostile_array_gets_one_sentence():
  completer = Completer(random_variables(), DESCRIPTION)
  cases = list(hostile.arrays())
  assert len(cases) >= 30
  for image, mask, sentence in cases:
    with pytest.raises(errors.InputError) as caught:
      completer(image, mask)
    assert one_sentence(str(caught.value)) and sentence in str(caught.value)


@pytest.mark.parametrize(
  'arguments',
  [
    [],
    ['photo.png'],
    ['--nonsense'],
    ['photo.png', '--model', 'm', '--output', 'o', '--blend', 'x'],
    ['photo.png', '--model', 'm', '--output', 'o', '--dilate', '9' * 10_000],
  ],
)
def test_wrong_usage_is_one_sentence_and_leaves_with_2(capsys, arguments):
  assert cli.main(['complete', *arguments]) == 2
  out, err = capsys.readouterr()
  assert out == '' and one_sentence(err)
