"""Every option of every command: missing, empty, given twice, of a wrong type, an address."""

import argparse
import importlib

import pytest

from glcic_jax import cli
from glcic_jax import config as config_lib
from glcic_jax.config import keys
from tests.commands import refused

# What a command must be given, as positional arguments and as options.
NEEDED = {
  'train': {'--config': 'configs/quickstart.py', '--workdir': 'README.md'},
  'complete': {'IMAGE': 'no_such.png'},
  'evaluate': {'--images': 'no_such_folder', '--output': 'no_such_folder'},
  'convert': {'SOURCE': 'no_such.t7', 'MODEL_DIR': 'no_such_folder'},
  'export': {'--model': 'no_such_model', '--output': 'README.md/none'},
  'config': {'CONFIG': 'configs/no_such.py'},
  'preview': {'--config': 'configs/no_such.py', '--output': 'README.md/none'},
  'estimate': {'--config': 'configs/no_such.py'},
  'report': {'WORKDIR': 'no_such_folder'},
  'receptive-field': {},
  'shell-completion': {'SHELL': 'bash'},
}
ADDRESSES = ('https://example.com/a.png', 'file:///tmp/a.png', 's3://bucket/a')


def parser_of(command):
  return importlib.import_module(f'glcic_jax.cli.{command.replace("-", "_")}')._parser()


def given(needed, without=''):
  """What must be given, as arguments, but for one of it."""
  pairs = [(name, value) for name, value in needed.items() if name != without]
  return [part for name, value in pairs for part in ([name] * name.startswith('-') + [value])]


def wrong_ways(action):
  """Ways to give one option that no command takes."""
  name = action.option_strings[-1]
  if action.nargs == 0:
    return ([name, name], [f'{name}=3'])
  value = str(next(iter(action.choices or ()), '0.5'))
  ways = [[name], [f'{name}='], [name, '']]
  if action.nargs is None and not isinstance(action, argparse._AppendAction):  # several of them
    ways.append([name, value, name, value])
  if action.type is not None or action.choices:
    ways.append([f'{name}=\N{SECTION SIGN}wrong'])
  elif action.dest != 'platforms':
    ways += [[name, address] for address in ADDRESSES]
  return ways


@pytest.mark.parametrize('command', cli.COMMANDS)
def test_no_option_is_taken_in_a_wrong_way(capsys, command):
  needed = NEEDED.get(command, {})
  for action in parser_of(command)._actions:
    name = (action.option_strings or [''])[-1]
    if not name or action.dest in ('help', '_'):
      continue
    for way in wrong_ways(action):
      err = refused(capsys, command, *given(needed, without=name), *way)
      assert name in err, (way, err)


@pytest.mark.parametrize('command', NEEDED)
def test_what_must_be_given_is_asked_for(capsys, command):
  for name in NEEDED[command]:
    if name.startswith('-'):
      assert name in refused(capsys, command, *given(NEEDED[command], without=name))
  assert not NEEDED[command] or all(name in refused(capsys, command) for name in NEEDED[command])


@pytest.mark.parametrize('command', NEEDED)
def test_no_positional_argument_is_empty_or_an_address(capsys, command):
  names = [name for name in NEEDED[command] if not name.startswith('-')]
  for number, name in enumerate(names):
    for wrong in ('', *ADDRESSES):
      arguments = [wrong if place == number else 'none' for place in range(len(names))]
      assert refused(capsys, command, *arguments).startswith(f'glcic-jax: {name} is ')


def test_no_config_key_is_taken_in_a_wrong_way(capsys):
  for name, key in keys.KEYS.items():
    default = keys.default_of(name)
    flag = f'--config.{name}'
    ways = [[f'{flag}=1', f'{flag}=1']]
    if not isinstance(default, str):
      ways += [[f'{flag}=']]
    if not isinstance(default, (str, tuple)) or key.among:
      ways.append([f'{flag}=\N{SECTION SIGN}wrong'])
    if not isinstance(default, bool):
      ways.append([flag])
    for way in ways:
      err = refused(capsys, 'config', 'configs/quickstart.py', *way)
      assert name in err, (way, err)


@pytest.mark.parametrize('address', ADDRESSES)
def test_an_address_in_a_config_is_refused(address):
  config = config_lib.default()
  for key in ('data.folder', 'mask.folder.path', 'init_from'):
    changed = config.copy_and_resolve_references()
    changed.update_from_flattened_dict({key: address})
    with pytest.raises(ValueError, match='is an address'):
      config_lib.check(changed)
  config.data.mixture = (f'folder:{address}=1',)
  with pytest.raises(ValueError, match='is an address'):
    config_lib.check(config)
