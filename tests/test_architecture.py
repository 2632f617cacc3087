"""Who may import whom, read from the source: DESIGN's floors, and what must stay in one room."""

import ast
import functools
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / 'glcic_jax'

# The vocabulary that every room shares; it knows only itself.
GROUND = {
  'bar',
  'batch',
  'boxes',
  'caches',
  'checkpoints',
  'compilation',
  'errors',
  'files',
  'full_disk',
  'images',
  'leaves',
  'losses',
  'parallel',
  'schedule',
  'scores',
  'sealed',
}
# Room -> the rooms below that it may use, besides the ground.
ROOMS = {
  'models': set(),
  'pages': set(),
  'detail': set(),
  'pictures': set(),
  'holes': {'pictures'},
  'methods': {'models'},
  'config': {'methods', 'holes'},
  'model_directory': {'methods'},
  'data': {'pictures', 'holes'},
  'training': {'models', 'methods', 'config', 'pictures', 'holes', 'data', 'model_directory'},
  'cost': {'models', 'methods', 'config', 'training', 'reporting', 'pages'},
  'inference': {'detail', 'models', 'methods', 'pictures', 'model_directory'},
  'web': {'inference', 'pictures'},
  'convert': {'models', 'methods', 'model_directory'},
  'evaluation': {
    'config',
    'pictures',
    'holes',
    'data',
    'methods',
    'model_directory',
    'inference',
    'pages',
  },
  'doctor': {'inference', 'model_directory'},
  'reporting': {'config', 'pictures', 'holes', 'data', 'methods', 'pages'},
  'cli': None,  # every room
}

# Library -> the only places that may import it.
CONFINED = {
  'flax.linen': ('models/',),
  'tensorflow': ('data/tf_data.py',),
  'tensorflow_datasets': ('data/prepared.py',),
  'grain': ('data/grain_loader.py',),
  'cykooz_resizer': ('data/resampling.py',),
  'cv2': ('inference/blending.py', 'inference/baselines.py'),
  'torch': ('convert/pytorch.py', 'evaluation/features.py'),
  'orbax': ('checkpoints.py',),
  'huggingface_hub': ('model_directory/hub.py',),
  'jax2onnx': ('inference/export_onnx.py',),
  'rich': ('bar.py',),
  'clu': ('training/events.py',),
  'tensorboardX': ('training/events.py',),
  'starlette': ('web/',),
  'uvicorn': ('web/server.py',),
  'onnxruntime': ('inference/export_onnx.py', 'inference/run_exported.py'),
  'packaging': ('doctor/installed.py',),
  'shtab': ('cli/shell_completion.py',),
  'pillow_heif': ('pictures/image_files.py',),
}
NOWHERE = ('flax.training', 'flax.jax_utils', 'flax.nnx')

FILES = sorted(PACKAGE.rglob('*.py'))


@functools.cache  # every file is asked about every library
def imports(path, *, lazy=True):
  """Dotted names that a file imports; lazily inside functions too, unless `lazy` is False."""
  tree = ast.parse(path.read_text())
  inside = set()
  for node in ast.walk(tree):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
      inside |= {id(child) for child in ast.walk(node)}
  names = []
  for node in ast.walk(tree):
    if not lazy and id(node) in inside:
      continue
    if isinstance(node, ast.Import):
      names += [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      names += [f'{node.module}.{alias.name}' for alias in node.names]
  return names


def room_of(path):
  """A file's room: its folder, or its own name on the ground floor."""
  parts = path.relative_to(PACKAGE).parts
  return parts[0] if len(parts) > 1 else path.stem


@pytest.mark.parametrize('path', FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path):
  room = room_of(path)
  if room in ('__init__', '__main__', 'cli'):
    return
  used = {name.split('.')[1] for name in imports(path) if name.startswith('glcic_jax.')}
  assert used - {room, '__version__'} <= GROUND | ROOMS.get(room, set())


def test_every_room_has_a_rule():
  assert {room_of(path) for path in FILES} - {'__init__', '__main__'} == GROUND | set(ROOMS)


@pytest.mark.parametrize('room', ROOMS)
def test_a_room_of_many_files_says_what_each_is_for_and_names_none_that_is_gone(room):
  said = ast.get_docstring(ast.parse((PACKAGE / room / '__init__.py').read_text()))
  named = set(re.findall(r'`(\w+)\.py`', said))
  there = {path.stem for path in (PACKAGE / room).glob('*.py')} - {'__init__'}
  assert named <= there
  if len(there) > 10 and room != 'cli':  # there, a file is a command
    assert named == there


@pytest.mark.parametrize('library', CONFINED)
def test_a_library_stays_in_its_room(library):
  users = {
    str(path.relative_to(PACKAGE))
    for path in FILES
    if any(f'{name}.'.startswith(f'{library}.') for name in imports(path))
  }
  assert all(user.startswith(CONFINED[library]) for user in users), users


@pytest.mark.parametrize('library', NOWHERE)
def test_a_left_out_idiom_is_nowhere(library):
  users = [path for path in FILES if any(name.startswith(library) for name in imports(path))]
  assert not users


def test_checkpoints_are_opened_lazily_by_model_files():
  eager = imports(PACKAGE / 'model_directory' / 'model_files.py', lazy=False)
  assert 'glcic_jax.checkpoints' not in eager
  assert 'glcic_jax.checkpoints' in imports(PACKAGE / 'model_directory' / 'model_files.py')


@pytest.mark.parametrize('path', FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_short(path):
  lines = path.read_text().splitlines()
  assert len(lines) <= 300
  for node in ast.walk(ast.parse('\n'.join(lines))):
    if isinstance(node, ast.FunctionDef):
      limit = 120 if node.name == 'train_and_evaluate' else 60
      assert node.end_lineno - node.lineno < limit, node.name


@pytest.mark.parametrize('path', FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_and_public_name_says_what_it_is(path):
  tree = ast.parse(path.read_text())
  assert ast.get_docstring(tree)
  public = [
    node
    for node in tree.body
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith('_')
  ]
  public += [
    method
    for node in public
    if isinstance(node, ast.ClassDef)
    for method in node.body
    if isinstance(method, ast.FunctionDef) and not method.name.startswith('_')
  ]
  assert [node.name for node in public if not ast.get_docstring(node)] == []
