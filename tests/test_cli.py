"""The command line: help, wrong usage, exit codes, and what a broken input leaves behind."""

import ast
import importlib
import pathlib
import re
import shlex
import subprocess
import sys

import jax
import numpy as np
from PIL import Image
import pytest

from glcic_jax import cli
from glcic_jax.cli import configured
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import receptive_field
from glcic_jax.cli import terminal
from tests.commands import refused
from tests.commands import run

QUICK = ['train', '--config', 'configs/quickstart.py']


def test_help_lists_the_commands(capsys):
  code, out, _ = run(capsys, '--help')
  assert code == 0
  for name in cli.COMMANDS:
    assert name in out


def options_in(name):
  """The options that a file of `cli/` adds, by its source."""
  tree = ast.parse((pathlib.Path(cli.__file__).parent / name).read_text())
  first = [node.args[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
  return {
    argument.value
    for argument in first
    if isinstance(argument, ast.Constant) and re.fullmatch('--[a-zA-Z.-]+', str(argument.value))
  }


@pytest.mark.parametrize('name', cli.COMMANDS)
def test_help_names_every_option_of_a_command(capsys, name):
  code, out, err = run(capsys, name, '--help')
  assert (code, err) == (0, '') and out.startswith(f'usage: glcic-jax {name} ')
  options = options_in(f'{name.replace("-", "_")}.py')
  assert options or name in ('receptive-field', 'shell-completion')
  if '--config FILE' in out:
    options |= options_in('configured.py')
    assert 'glcic-jax config FILE' in ' '.join(out.split())
  assert not {option for option in options if option not in out}


@pytest.mark.parametrize('name', cli.COMMANDS)
def test_help_ends_with_examples_that_the_command_takes(capsys, name):
  lines = run(capsys, name, '--help')[1].split('examples:\n')[1].splitlines()
  assert lines and max(map(len, lines)) < 80
  for line in '\n'.join(lines).replace('\\\n', '').splitlines():
    words = shlex.split(line.replace('eval "$(', '').replace(')"', ''))
    words = words[words.index('glcic-jax') :]
    assert words[:2] == ['glcic-jax', name]
    parser = importlib.import_module(f'glcic_jax.cli.{name.replace("-", "_")}')._parser()
    if '--config' in words:
      configured.parse(parser, words[2:])
    else:
      parser.parse_args(words[2:])


def test_help_and_wrong_usage_start_nothing_heavy():
  program = (
    'import contextlib, sys\n'
    'from glcic_jax import cli\n'
    'for name in cli.COMMANDS:\n'
    '  assert cli.main([name, "--outptu=x"]) == 2\n'
    '  with contextlib.suppress(SystemExit):\n'
    '    cli.main([name, "--help"])\n'
    'found = {"jax", "tensorflow", "orbax", "cv2", "flax", "scipy"} & set(sys.modules)\n'
    'assert not found, found'
  )
  done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
  assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
  'arguments, sentence',
  [
    (['complte'], 'did you mean complete?'),
    (['recptive-field'], 'did you mean receptive-field?'),
    (['complete', 'a.png', '--outptu', 'b.png'], 'no option --outptu; did you mean --output?'),
    (['complete', 'a.png', '--out=b.png'], 'no option --out; did you mean --output?'),
    (['complete', 'a.png', '-mask', 'b.png'], 'no option -mask; did you mean --mask?'),
    (['complete', 'a.png', '--qqq'], 'no option --qqq; see glcic-jax complete --help.'),
    (['complete', 'a.png', '--blend', 'posson'], 'poisson, opencv or none - did you mean poisson?'),
    (['complete', 'a.png', '--large', 'wole'], 'crop, resize or whole - did you mean whole?'),
    (['export', '--weights', 'seperate'], 'did you mean separate?'),
    (['convert', 'a', 'b', '--to', 'torch'], 'can be pytorch - did you mean pytorch?'),
    (['train', '--workdri', 'x'], 'did you mean --workdir?'),
    (['train', '--config', 'configs/quikstart.py', '--workdir', 'x'], 'configs/quickstart.py?'),
    (['estimate', '--config.optimiser.generator.name', 'adam'], 'optimizer.generator.name?'),
    (['estimate', '--peak-tflop', '3'], 'did you mean --peak-tflops?'),
    (['report', 'confgis'], 'did you mean configs?'),
    (['evaluate', '--model', 'tela', '--images', 'i', '--output', 'o'], 'did you mean telea?'),
    (['evaluate', '--model', 'confgis', '--images', 'i', '--output', 'o'], 'did you mean configs?'),
    (['evaluate', '--model', 'mean', '--images', 'confgis', '--output', 'o'], 'mean configs?'),
    (['convert', 'REDME.md', 'o'], 'did you mean README.md?'),
  ],
)
def test_what_was_probably_meant_is_named(capsys, arguments, sentence):
  assert sentence in refused(capsys, *arguments)


def test_a_model_beside_the_one_that_was_meant_is_named(capsys, inputs, tmp_path):
  (tmp_path / 'runs').mkdir()
  given = arguments(inputs | {'--model': tmp_path / 'rnus'})
  assert f'did you mean {tmp_path}/runs?' in refused(capsys, *given)


@pytest.mark.parametrize(
  'given',
  [
    ['--config', 'configs/quickstart.py', '--config.seed=3', '--config.data.flip=False'],
    ['--config=configs/quickstart.py', '--config.seed', '3', '--noconfig.data.flip'],
    ['--config.seed=3', '--config.data.flip=f', '--config', 'configs/quickstart.py'],
    ['-config.seed', '3', '--config.data.flip=0', '--config', 'configs/quickstart.py'],
  ],
)
def test_keys_are_changed_in_every_way_that_absl_knows(given):
  parser = parser_lib.Parser('train', '')
  configured.add_config(parser)
  parser.add_argument('--workdir')
  config, options = configured.parse(parser, [*given, '--workdir', 'x'])
  assert (config.seed, config.data.flip, options.workdir) == (3, False, 'x')
  rest = ['--config', 'configs/quickstart.py', '--config.data.flip', '--workdir', 'x']
  config, _ = configured.parse(parser, rest)
  assert config.data.flip is True


def test_a_form_is_chosen_and_a_positional_config_is_read():
  parser = parser_lib.Parser('config', '')
  parser.add_argument('config')
  config, _ = configured.parse(parser, ['configs/glcic_faces.py:laptop', '--config.seed=3'])
  assert (config.image_size, config.seed) == (64, 3)


def test_help_imports_no_library_beyond_python():
  program = (
    'import sys; from glcic_jax import cli; cli.main(["--help"]); '
    'sys.exit(any(name in sys.modules for name in ("jax", "numpy", "absl", "PIL", "etils")))'
  )
  assert subprocess.run([sys.executable, '-c', program], capture_output=True).returncode == 0


def test_no_command_and_an_unknown_one_are_wrong_usage(capsys):
  assert run(capsys)[0] == 2
  assert "no command 'paint'" in refused(capsys, 'paint')


def test_version(capsys):
  assert run(capsys, '--version')[1].startswith('glcic-jax 0.')


@pytest.mark.parametrize(
  'flag, sentence',
  [
    ('--config.batch_sise=8', 'There is no config key batch_sise; did you mean batch_size?'),
    ('--config.widht=8', 'There is no config key widht; did you mean model.width?'),
    ('--config.learning_rate=8', 'did you mean optimizer.generator.learning_rate?'),
    ('--config.nonsense.deeply=8', 'There is no config key nonsense.deeply'),
    (
      '--config.batch_size=many',
      "batch_size is 'many'; give a whole number, such as its default 96.",
    ),
    ('--config.data.flip=maybe', 'give True or False'),
    ('--config.batch_size=0', 'batch_size is 0'),
    ('--config.schedule.total_steps=0', 'schedule.total_steps is 0; give at least 1 step.'),
    ('--config.image_size=30', 'multiple of 4'),
    ('--config.optimizer.generator.name=sgd', "can be 'adadelta', 'adam'"),
    ('--nonsense=1', 'nonsense'),
    ('extra', "'extra' is not understood; a value with a space in it needs quotes; see"),
    (
      '--configs.data.folder=x',
      'no option --configs.data.folder; did you mean --config.data.folder?',
    ),
    ('--batch_size=8', 'There is no option --batch_size; did you mean --config.batch_size?'),
  ],
)
def test_train_refuses_wrong_flags(capsys, tmp_path, flag, sentence):
  err = refused(capsys, *QUICK, '--workdir', tmp_path / 'run', flag)
  assert sentence in err
  assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize(
  'arguments, sentence',
  [
    ((), '--config and --workdir are missing'),
    (('--config', 'configs/quickstart.py'), '--workdir is missing'),
    (('--config', 'configs/none.py', '--workdir', 'x'), 'no config file'),
    (('--config=', '--workdir', 'x'), '--config is empty'),
    (
      ('--config', 'configs/quickstart.py:laptop', '--workdir', 'x'),
      'configs/quickstart.py has no forms',
    ),
    (('--config', 'configs/glcic_faces.py:huge', '--workdir', 'x'), 'full or laptop'),
  ],
)
def test_train_says_what_is_missing(capsys, arguments, sentence):
  assert sentence in refused(capsys, 'train', *arguments)


@pytest.mark.parametrize(
  'program, sentence',
  [
    ('def get_config(:', 'cannot be used (SyntaxError: '),
    ('import nothing_of_that_name', 'cannot be used (ModuleNotFoundError: '),
    ('raise SystemExit(7)', 'cannot be used (SystemExit: 7)'),
    ('raise RuntimeError("two\\nlines")', 'cannot be used (RuntimeError: two)'),
    ('def get_config(): return 1', 'gives no config'),
    ('colours = 3', "has no attribute 'get_config'"),
    (
      'import ml_collections\ndef get_config(): return ml_collections.ConfigDict()',
      'lacks the key augmentation.color',
    ),
  ],
)
@pytest.mark.parametrize('more', [(), ('--config.seed=1',)])
def test_train_refuses_a_config_file_that_is_none(capsys, tmp_path, program, sentence, more):
  (tmp_path / 'mine.py').write_text(program)
  err = refused(
    capsys, 'train', '--config', tmp_path / 'mine.py', '--workdir', tmp_path / 'run', *more
  )
  assert 'mine.py' in err and (more or sentence in err)


@pytest.mark.parametrize(
  'folder, sentence',
  [('', 'data.folder is empty'), ('missing', 'There is no folder'), ('empty', 'holds no pictures')],
)
def test_train_refuses_a_folder_without_pictures(capsys, tmp_path, folder, sentence):
  (tmp_path / 'empty').mkdir()
  (tmp_path / 'empty' / 'notes.txt').write_text('no picture')
  err = refused(
    capsys,
    *QUICK,
    '--workdir',
    tmp_path / 'run',
    '--config.data.source=folder',
    f'--config.data.folder={tmp_path / folder if folder else ""}',
  )
  assert sentence in err
  assert not (tmp_path / 'run').exists()


def test_train_refuses_a_batch_that_the_devices_cannot_share(capsys, tmp_path):
  err = refused(capsys, *QUICK, '--workdir', tmp_path / 'run', '--config.batch_size=12')
  assert 'cannot be divided over 8 devices; the nearest that can: 8 or 16' in err
  assert not (tmp_path / 'run').exists()


@pytest.fixture
def inputs(tmp_path):
  """A picture with its mask, as arguments of `complete`; their folder is no model."""
  rng = np.random.default_rng(0)
  Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(tmp_path / 'picture.png')
  mask = np.zeros((20, 30), np.uint8)
  mask[5:10, 5:12] = 255
  Image.fromarray(mask).save(tmp_path / 'mask.png')
  return {
    '': tmp_path / 'picture.png',
    '--mask': tmp_path / 'mask.png',
    '--model': tmp_path,
    '--output': tmp_path / 'out.png',
  }


def arguments(inputs):
  """`complete IMAGE --mask ...` of a dict."""
  return [
    'complete',
    inputs[''],
    *(part for flag, value in inputs.items() if flag for part in (flag, value)),
  ]


def write(path, content):
  """Bytes, or an array as a picture."""
  if isinstance(content, bytes):
    path.write_bytes(content)
  else:
    Image.fromarray(content).save(path)


@pytest.mark.parametrize(
  'which, content, sentence',
  [
    ('', b'', 'cannot be read as a picture'),
    ('', b'\x89PNG\r\n\x1a\n broken', 'cannot be read as a picture'),
    ('--mask', b'text', 'cannot be read as a picture'),
    ('--mask', np.full((20, 31), 255, np.uint8), 'is 31x20 but its picture is 30x20'),
    ('--mask', np.zeros((20, 30), np.uint8), 'no white pixel'),
    ('--mask', np.full((20, 30), 255, np.uint8), 'white everywhere'),
    ('--model', None, 'is no model'),
  ],
)
def test_complete_refuses_bad_inputs(capsys, inputs, which, content, sentence):
  if content is not None:
    write(inputs[which], content)
  assert sentence in refused(capsys, *arguments(inputs))
  assert not inputs['--output'].exists()


@pytest.mark.parametrize(
  'which, name, sentence',
  [
    ('', 'missing.png', 'There is no file'),
    ('', '.', 'is a folder'),
    ('--output', '.', 'is a folder'),
    ('--output', 'out.txt', 'does not end in a picture format'),
    ('--output', 'deep/out.png', 'There is no folder'),
    ('--output', 'picture.png', 'is an input'),
    ('--output', 'mask.png', 'is an input'),
  ],
)
def test_complete_refuses_bad_names(capsys, inputs, tmp_path, which, name, sentence):
  before = {path: path.read_bytes() for path in tmp_path.iterdir()}
  assert sentence in refused(capsys, *arguments(inputs | {which: tmp_path / name}))
  assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
  'error',
  [
    MemoryError('Unable to allocate 80 GiB'),
    jax.errors.JaxRuntimeError(
      'RESOURCE_EXHAUSTED: Out of memory while trying to allocate 85899345920 bytes.'
    ),
  ],
)
def test_too_little_memory_gets_a_sentence(capsys, monkeypatch, error):
  def fail(arguments):
    raise error

  monkeypatch.setattr(receptive_field, 'main', fail)
  code, out, err = run(capsys, 'receptive-field')
  assert (code, out) == (3, '')
  assert err.startswith('glcic-jax: there is not enough memory') and len(err.splitlines()) == 1


def test_an_error_of_the_program_keeps_its_traceback(monkeypatch):
  def fail(arguments):
    raise jax.errors.JaxRuntimeError('INTERNAL: a bug')

  monkeypatch.setattr(receptive_field, 'main', fail)
  with pytest.raises(jax.errors.JaxRuntimeError):
    cli.main(['receptive-field'])


def test_a_result_that_nobody_can_be_shown_is_no_error(monkeypatch):
  monkeypatch.setattr(sys, 'stdout', None)  # as where stdout was closed before the start
  with terminal.Terminal() as speaker:
    speaker.result('a.png')
