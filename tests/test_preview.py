"""The sheet that shows what a config feeds: its pictures, its charts and its numbers."""

import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax import cli
from glcic_jax import data
from glcic_jax.data import pipeline
from glcic_jax.reporting import preview
from tests import commands


@pytest.fixture
def config(tiny_config):
  tiny_config.data.mean_color = (1.0, 0.0, 0.0)
  return tiny_config


def test_the_columns_show_the_first_samples_of_the_run(config):
  feed = pipeline.Pipeline(config, range(config.batch_size))
  batch = next(feed.train(0))
  columns = preview._columns(preview._samples(feed, 3), 16, (1.0, 0.0, 0.0))
  framed, mask, view, real = (np.stack(column) for column in columns.values())
  np.testing.assert_array_equal(mask[..., :1] == 255, batch.mask[:3] == 1)
  for row in range(3):
    (y, x), (v, u) = batch.view[row], batch.real_view[row]
    np.testing.assert_array_equal(real[row], batch.image[row, v : v + 16, u : u + 16])
    hole = batch.mask[row, y : y + 16, x : x + 16, 0] == 1
    assert (view[row][hole] == (255, 0, 0)).all()
    np.testing.assert_array_equal(view[row][~hole], batch.image[row, y : y + 16, x : x + 16][~hole])
    assert (framed[row][y, x : x + 16] == (255, 220, 0)).all()
    assert (framed[row][y : y + 16, x + 15] == (255, 220, 0)).all()


def test_more_samples_than_a_batch_are_taken_from_the_next_ones(config):
  assert len(preview._samples(pipeline.Pipeline(config, range(config.batch_size)), 19)) == 19


def test_the_statistics_are_those_of_the_holes(config):
  config.mask.kind = 'center'
  _, facts = preview.preview(config, 1)
  assert facts['hole area, % of the picture'] == '25.0 on average, 25.0 to 25.0'
  assert facts['hole inside the local view, %'] == '100.0 on average, 100.0 to 100.0'
  assert facts['mean colour (RGB, 0 to 255)'] == '255, 0, 0'
  config.model.local_size = 8
  assert preview.preview(config, 1)[1]['hole inside the local view, %'].startswith('25.0')


def test_the_command_writes_the_sheet_and_says_what_it_shows(tmp_path, picture_folder, capsys):
  output = tmp_path / 'sheet.png'
  arguments = [
    'preview',
    '--config',
    'configs/quickstart.py',
    '--output',
    str(output),
    '--count',
    '3',
    '--config.data.source=folder',
    f'--config.data.folder={picture_folder}',
  ]
  assert cli.main(arguments) == 0
  out = capsys.readouterr().out
  assert 'hole area' in out and out.splitlines()[-1] == str(output)
  with Image.open(output) as sheet:
    assert sheet.width == 3 * 300 and sheet.height > 3 * 160 + 250


@pytest.mark.parametrize(
  'wrong, sentence',
  [
    (['--count', '0'], '--count is'),
    (['--count', 'many'], '--count is'),
    (
      ['--config.mask.kind=folder', '--config.mask.folder.path=nowhere'],
      "no folder of masks 'nowhere'",
    ),
    (['--config.data.source=folder', '--config.data.folder=nowhere'], 'There is no folder nowhere'),
    (['--config.data.source=mixture', "--config.data.mixture=('sample=nan',)"], 'data.mixture is'),
    (['--config.mask.kind=mixture', "--config.mask.mixture=('rectangle=inf',)"], 'mask.mixture is'),
    (
      ['--config.mask.kind=rectangles', '--config.mask.rectangles.count=(1.5,2.5)'],
      'mask.rectangles.count is',
    ),
    (['--config.data.validation_fraction=1.0'], 'give 0 to below 1'),
    (['--config.data.validation_fraction=1.5'], 'data.validation_fraction is 1.5'),
    (['--config.mask.kind=strokes', '--config.mask.strokes.area=(0.5,2.0)'], 'mask.strokes.area'),
  ],
)
def test_wrong_input_gets_one_sentence(tmp_path, capsys, wrong, sentence):
  refuses(tmp_path, capsys, wrong, sentence)


@pytest.mark.parametrize(
  'name, sentence', [('celeb_a', 'tfds build celeb_a'), ('No Name!', 'no name of a dataset')]
)
def test_a_dataset_that_is_not_prepared_gets_one_sentence(tmp_path, capsys, name, sentence):
  pytest.importorskip('tensorflow_datasets', reason='the tfds extra')
  refuses(tmp_path, capsys, [f'--config.data.source=tfds:{name}'], sentence)


def test_a_dataset_without_its_library_names_the_extra(tmp_path, capsys, monkeypatch):
  monkeypatch.setitem(sys.modules, 'tensorflow_datasets', None)
  monkeypatch.delitem(sys.modules, 'glcic_jax.data.prepared', raising=False)
  monkeypatch.delattr(data, 'prepared', raising=False)
  sentence = 'tfds:celeb_a needs TFDS (import of tensorflow_datasets halted; None in sys.modules)'
  refuses(tmp_path, capsys, ['--config.data.source=tfds:celeb_a'], sentence)


def refuses(tmp_path, capsys, wrong, sentence):
  """Whether the command says so in its one sentence, and writes nothing."""
  output = tmp_path / 'sheet.png'
  assert (
    cli.main(['preview', '--config', 'configs/quickstart.py', '--output', str(output), *wrong]) == 2
  )
  out, err = capsys.readouterr()
  assert sentence in err and len(err.strip().splitlines()) == 1 and not out
  assert not output.exists()


def test_output_is_required(capsys):
  assert cli.main(['preview', '--config', 'configs/quickstart.py']) == 2
  assert '--output is missing' in capsys.readouterr().err


def test_no_sheet_is_written_among_the_pictures(tmp_path, capsys):
  picture = tmp_path / 'a.png'
  picture.write_bytes(b"somebody's")
  for name in ('a.png', 'sheet.png'):
    folder = f'--config.data.folder={tmp_path}', '--config.data.source=folder'
    given = '--config', 'quickstart', *folder, '--output', tmp_path / name
    assert 'give --output another place' in commands.refused(capsys, 'preview', *given)
  assert picture.read_bytes() == b"somebody's" and len(list(tmp_path.iterdir())) == 1
