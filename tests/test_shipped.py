"""The model in the package: what it is, that it is whole, and that its name means it everywhere."""

import configparser
import csv
import importlib.util
import inspect
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest
import safetensors.numpy

from glcic_jax import Completer
from glcic_jax import errors
from glcic_jax import schedule
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import shipped
from glcic_jax.model_directory import tensors
from tests import commands

ROOT = pathlib.Path(__file__).parent.parent
FOLDER = ROOT / 'glcic_jax' / 'model_directory' / 'demo'
FILES = {'model.safetensors', 'config.json', 'README.md', 'trained_on.csv'}


def test_four_files_are_shipped_and_installed():
  assert {path.name for path in FOLDER.iterdir()} == FILES
  setup = configparser.ConfigParser()
  setup.read(ROOT / 'setup.cfg')
  assert setup['options.package_data']['glcic_jax.model_directory'] == 'demo/*'
  assert (FOLDER / 'model.safetensors').stat().st_size < 12.5e6


def test_half_precision_is_for_keeping_and_not_for_computing():
  stored = safetensors.numpy.load((FOLDER / 'model.safetensors').read_bytes())
  assert {array.dtype for array in stored.values()} == {np.dtype(np.float16)}
  variables, description = model_files.load('demo')
  loaded = tensors.flatten({'generator': variables})
  assert {array.dtype for array in loaded.values()} == {np.dtype(np.float32)}
  assert all((loaded[name] == stored[name]).all() for name in stored)
  held = {name: array.shape for name, array in tensors.flatten(variables).items()}
  assert held == architectures.generator_shapes(description.architecture)


def test_the_card_says_whose_it_is_and_what_it_can():
  card = (FOLDER / 'README.md').read_text()
  config = json.loads((FOLDER / 'config.json').read_text())
  assert card.startswith('---\nlicense: cc-by-sa-4.0\n') and config['licence'] == 'CC BY-SA 4.0'
  weights = tensors.flatten(model_files.load('demo')[0]['params'])
  assert f'{sum(map(np.size, weights.values())):,} parameters' in card
  assert f'{config["step"]:,} steps' in card and '2,277 photographs' in card
  assert 'CC BY-SA 4.0' in (ROOT / 'README.md').read_text()


def test_the_recipe_trains_what_is_shipped():
  spec = importlib.util.spec_from_file_location('demo', ROOT / 'configs' / 'demo.py')
  recipe = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(recipe)
  first, game = recipe.get_config(), recipe.get_config('game')
  _, description = model_files.load('demo')
  assert first.schedule.reconstruction_steps == first.schedule.total_steps == description.step
  assert (first.image_size, first.method) == (description.image_size, description.method)
  assert list(first.mask.mixture) == description.mask['mixture']
  assert first.model.width == description.architecture['options']['width']
  assert recipe.get_config('mse') == first
  spans = schedule.from_config(game.schedule).spans()
  assert [phase.value for phase, span in spans.items() if span] == ['discriminator', 'joint']


def test_every_photograph_is_credited_and_no_machine_named():
  with open(FOLDER / 'trained_on.csv', newline='') as file:
    rows = list(csv.DictReader(file))
  assert len(rows) == len({row['file'] for row in rows}) == 2277
  assert list(rows[0]) == ['file', 'source', 'author', 'licence']
  free = re.compile(r'CC0|CC[ -]BY|public domain', re.IGNORECASE)
  for row in rows:
    assert row['source'].startswith(('GitHub ', 'Debian ')), row
    assert row['author'].strip() and not row['author'].startswith('see '), row
    assert free.search(row['licence']) and not re.search(r'\bN[CD]\b', row['licence']), row
  for name in FILES - {'model.safetensors'}:
    text = (FOLDER / name).read_text()
    assert not re.search(r'(?<![\w.:/])/(work|home|root|tmp|mnt|Users)/', text)


def test_the_name_wins_over_a_folder_and_says_so(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'demo').mkdir()
  with pytest.warns(UserWarning, match=r'the folder of this name is ./demo'):
    assert model_files.load('demo')[1].step == 14000
  with pytest.raises(errors.InputError, match='is no model'):
    model_files.load('./demo')


@pytest.mark.parametrize(
  'command, sentence',
  [
    (('complete', 'a.png', '--model', 'dmeo'), 'did you mean demo?'),
    (('complete', 'a.png', '--model', 'telae'), 'did you mean telea?'),
    (('complete', 'a.png', '--model', 'mean'), 'mean is no model'),
    (('evaluate', '--model', 'dmeo', '--images', '.', '--output', 'o'), 'did you mean demo?'),
    (('export', '--model', 'dmeo', '--output', 'o.stablehlo'), 'did you mean demo?'),
    (('convert', 'dmeo', 'o.pth', '--to', 'pytorch'), 'did you mean demo?'),
  ],
)
def test_a_mistyped_name_is_answered(capsys, tmp_path, monkeypatch, command, sentence):
  monkeypatch.chdir(tmp_path)
  Image.new('RGB', (30, 20)).save('a.png')
  assert sentence in commands.refused(capsys, *command)
  assert [path.name for path in tmp_path.iterdir()] == ['a.png']


def test_the_model_is_the_default_and_fills_a_hole(tmp_path):
  default = inspect.signature(Completer.from_pretrained).parameters['model'].default
  assert default == shipped.DEMO
  across = np.linspace(40, 200, 48).astype(np.uint8)
  image = np.stack([np.tile(across, (48, 1))] * 3, axis=-1)
  hole = np.zeros((48, 48), bool)
  hole[20:28, 20:28] = True
  damaged = np.where(hole[..., None], np.uint8(0), image)
  done = Completer.from_pretrained()(damaged, hole, large='whole')
  assert (done[~hole] == image[~hole]).all()
  assert np.abs(done.astype(int) - image)[hole].max() < 16  # a slope goes on


@pytest.mark.parametrize('name', ['telea', 'harmonic'])
def test_no_jax_for_a_baseline(tmp_path, name):
  Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(tmp_path / 'a.png')
  mask = np.zeros((20, 30), np.uint8)
  mask[6:12, 8:15] = 255
  Image.fromarray(mask).save(tmp_path / 'm.png')
  program = (
    'import sys; from glcic_jax import cli; '
    f"code = cli.main(['complete', 'a.png', '--mask', 'm.png', '--model', '{name}']); "
    "sys.exit(code or sorted({'jax', 'flax', 'tensorflow', 'orbax'} & set(sys.modules)) or 0)"
  )
  done = subprocess.run([sys.executable, '-c', program], cwd=tmp_path, capture_output=True)
  assert done.returncode == 0, done.stderr
