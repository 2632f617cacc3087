"""Notebooks run from top to bottom, are kept without outputs, and install what they need."""

import ast
import json
import pathlib
import re

import pytest

from glcic_jax.config import keys
from tests import made_up
from tests import test_extras
from tests import test_loop

FOLDER = pathlib.Path(__file__).parent.parent / 'docs' / 'notebooks'
OPTIMIZERS = [
  f'{network}.{key}'
  for network in ('generator', 'discriminator')
  for key in ('name', 'learning_rate', 'epsilon')
]
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob('*.ipynb'))


def cells(name, kind='code'):
  notebook = json.loads((FOLDER / f'{name}.ipynb').read_text())
  assert (notebook['nbformat'], notebook['nbformat_minor']) == (4, 5)
  return [cell for cell in notebook['cells'] if cell['cell_type'] == kind]


def run(name, **parameters):
  """Runs all cells in one module, as a notebook does, with other parameters.

  Returns the value of each cell that ends in an expression, which a notebook shows.
  """
  module, shown = {'__name__': name}, []
  for cell in cells(name):
    body = ast.parse(''.join(cell['source'])).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), name, 'exec'), module)
    if last is not None:
      shown.append(eval(compile(ast.Expression(last.value), name, 'eval'), module))
    if 'parameters' in cell['metadata'].get('tags', ()):
      assert set(parameters) <= set(module)
      module.update(parameters)
  return [value for value in shown if value is not None]


@pytest.mark.parametrize('name', NOTEBOOKS)
def test_a_notebook_is_kept_without_outputs(name):
  assert all((cell['outputs'], cell['execution_count']) == ([], None) for cell in cells(name))


@pytest.mark.parametrize('name', NOTEBOOKS)
@pytest.mark.parametrize('source', ['../..', 'git+https://example.org/glcic_jax'])
def test_a_notebook_installs_what_it_needs_from_a_clone_or_an_address(monkeypatch, name, source):
  called = []
  monkeypatch.setattr('importlib.util.find_spec', lambda package: None)
  monkeypatch.setattr('subprocess.run', lambda command, check: called.append(command[-1]))
  monkeypatch.chdir(FOLDER)
  exec(''.join(cells(name)[0]['source']).replace("'../..'", repr(source)), {})
  (needed,) = called
  package, extra = re.fullmatch(r'(.*)\[([\w-]+)\](?: @ .*)?', needed).groups()
  assert 'scikit-image' in test_extras.declared()[extra]
  assert package == 'glcic_jax' and needed.endswith(f' @ {source}') or package == source


@pytest.mark.parametrize('name', NOTEBOOKS)
def test_a_notebook_alone_asks_where_the_code_is(monkeypatch, tmp_path, name):
  monkeypatch.setattr('importlib.util.find_spec', lambda package: None)
  monkeypatch.chdir(tmp_path)
  with pytest.raises(SystemExit, match='say in SOURCE where it is'):
    exec(''.join(cells(name)[0]['source']), {})


def test_a_photograph_is_repaired():
  damaged, mask, repaired, removed = run('complete_a_photograph', HEIGHT=64)
  assert (damaged.size, mask.size, repaired.size) == ((96, 64), (96, 64), (192, 64))
  assert removed.size == (256, 64)
  before, after = repaired.crop((0, 0, 96, 64)), repaired.crop((96, 0, 192, 64))
  assert before == damaged and after != damaged


def test_a_miniature_is_trained_and_looked_at(capsys, tmp_path, one_device):
  # The colour and the optimisers of other tests' runs: their programs are not compiled again.
  image = made_up.batch(test_loop.own_config(), 0).image
  color = [float(level) for level in (image.mean(axis=(0, 1, 2)) / 255).round(6)]
  changes = {**made_up.TINY, 'data.mean_color': tuple(color)}
  changes |= {'validation.every': 6, 'validation.count': 8}
  for key in ('loss.adversarial_weight', *map('optimizer.{}'.format, OPTIMIZERS)):
    changes[key] = keys.default_of(key)
  sheet, completed = run('train_a_miniature', WORKDIR=str(tmp_path / 'run'), CHANGES=changes)
  assert completed.size == (480, 320) and sheet.width > 64
  assert (tmp_path / 'run' / 'report.html').exists()
  shown = [line.split() for line in capsys.readouterr().out.splitlines()]
  last = next(line for line in reversed(shown) if line[:2] == ['6', 'joint'])
  assert ['step', 'phase'] in [line[:2] for line in shown] and float(last[-1]) > 5  # dB
