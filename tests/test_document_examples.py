"""The examples of README.md and docs/ are run, in a folder with the files that they name."""

import ast
import sys
import types

import numpy as np
from PIL import Image
import pytest

from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors
from glcic_jax.training import writers
from tests import commands
from tests import documents
from tests.test_completer import DESCRIPTION


def write(path, size=(48, 40), hole=False):
  rng = np.random.default_rng(0)
  pixels = rng.integers(0, 200, (*size[::-1], 3), dtype=np.uint8)
  if hole:
    pixels[...] = 0
  pixels[10:20, 12:24] = 255 if hole else (255, 0, 255)
  path.parent.mkdir(exist_ok=True)
  Image.fromarray(pixels).save(path)


@pytest.fixture
def reader(tmp_path, monkeypatch):
  """Where a reader has the files that the examples name."""
  write(tmp_path / 'photo.jpg')
  write(tmp_path / 'hole.png', hole=True)
  write(tmp_path / 'painted.png')
  for name in ('a', 'b'):
    write(tmp_path / f'photos/{name}.jpg')
    write(tmp_path / f'masks/{name}.png', hole=True)
  monkeypatch.chdir(tmp_path)
  return tmp_path


@pytest.mark.parametrize('page', ['README.md', 'docs/completing.md'])
def test_the_examples_of_complete_do_what_they_say(page, reader, capsys):
  """By a baseline: that the model in the package completes, the examples in Python show."""
  ran = 0
  for block in documents.blocks(page, 'sh'):
    for words in documents.commands(block.text):
      if words[:2] == ['glcic-jax', 'complete'] and '--model' not in words:
        code, _, err = commands.run(capsys, *words[1:], '--model', 'harmonic')
        assert code == 0, err
        ran += 1
  assert ran and (reader / 'photo_completed.jpg').exists()
  if page != 'README.md':
    assert {path.name for path in (reader / 'completed').iterdir()} == {'a.jpg', 'b.jpg'}
    assert (reader / 'sheet.png').exists() and (reader / 'painted_completed.png').exists()


def test_the_example_in_python_completes(reader):
  (block,) = documents.blocks('README.md', 'python')
  names = {}
  exec(compile(block.text, 'README.md', 'exec'), names)
  before = np.asarray(Image.open('photo.jpg'))
  after = np.asarray(names['completed'])
  hole = np.asarray(Image.open('hole.png').convert('L')) > 127
  assert (after[~hole] == before[~hole]).all() and (after[hole] != before[hole]).any()


def test_the_example_with_arrays_completes_them(reader):
  """By a narrow network, of weights made up."""
  block, _ = documents.blocks('docs/python.md', 'python')
  names = {}
  shapes = architectures.generator_shapes(DESCRIPTION.architecture)
  rng = np.random.default_rng(0)
  arrays = {name: rng.uniform(0.1, 1, shape).astype(np.float32) for name, shape in shapes.items()}
  model_files.write(reader / 'model', tensors.unflatten(arrays), DESCRIPTION)
  text = block.text.replace('from_pretrained()', "from_pretrained('model')")
  exec(compile(text, 'python.md', 'exec'), names)
  for done in (names['completed'], names['smooth'], names['half'], *names['several']):
    np.testing.assert_array_equal(done[~names['hole']], names['picture'][~names['hole']])
    assert (done[names['hole']] != names['picture'][names['hole']]).any()


def test_the_guide_has_the_same_example_and_saves_it():
  (short,) = documents.blocks('README.md', 'python')
  (long,) = documents.blocks('docs/completing.md', 'python')
  *same, save = ast.parse(long.text).body
  assert [ast.dump(line) for line in same] == [
    ast.dump(line) for line in ast.parse(short.text).body
  ]
  assert ast.unparse(save) == "completed.save('completed.png')"


def test_the_example_of_a_writer_is_one(monkeypatch):
  (block,) = [
    block for block in documents.blocks('docs/python.md', 'python') if 'wandb' in block.text
  ]
  wandb = types.SimpleNamespace(log=None, Image=None, finish=None)
  monkeypatch.setitem(sys.modules, 'wandb', wandb)
  definition, _, call = block.text.partition('\n\n\nloop.')
  names = {}
  exec(compile(definition, 'python.md', 'exec'), names)
  writers.check([names['Wandb']()])
  compile(call, 'python.md', 'exec')


@pytest.mark.parametrize('page', documents.NAMES)
def test_examples_in_python_are_python(page):
  for block in documents.blocks(page, 'python'):
    compile(block.text, page, 'exec')
