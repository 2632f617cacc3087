"""glcic-jax shell-completion SHELL

The script is made from the parsers of all commands when it is asked for, by shtab. The shell runs
it alone: no TAB starts Python.
"""

import argparse
from collections.abc import Mapping, Sequence
import importlib
from typing import Any

from glcic_jax import cli
from glcic_jax import errors
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import terminal
from glcic_jax.config import keys
from glcic_jax.config import shipped_configs
from glcic_jax.evaluation import names
from glcic_jax.inference import baselines
from glcic_jax.model_directory import shipped

_SHELLS = ('bash', 'zsh', 'fish')
_FILES = '{name}_or_files'  # of a function in the script; bash sees by `_files` what it completes
_NO_FILES = ('--allow-host', '--host', '--platforms', '--processes', '--token')
_FOLDERS = ('WORKDIR', 'MODEL_DIR', 'DIR')  # metavars


def main(arguments: Sequence[str]) -> int:
  """Prints the script; returns the exit code."""
  options = _parser().parse_args(arguments)
  import shtab  # comes with an extra

  terminal.Terminal().result(shtab.complete(_all_commands(), options.shell))
  return 0


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'shell-completion',
    'Prints a script by which the TAB key completes commands, options, choices, config keys, names '
    'of models and configs, and files. To switch it on: in ~/.bashrc, eval "$(glcic-jax '
    'shell-completion bash)"; in ~/.zshrc, after compinit, eval "$(glcic-jax shell-completion '
    'zsh)"; in ~/.config/fish/config.fish, glcic-jax shell-completion fish | source. Needs '
    f'{errors.install("shell-completion")}.',
  )
  parser.add_argument('shell', metavar='SHELL', choices=_SHELLS, help=', '.join(_SHELLS))
  return parser


def _all_commands() -> argparse.ArgumentParser:
  """One parser with all commands, in which each argument knows what completes it."""
  whole = argparse.ArgumentParser('glcic-jax')
  commands = whole.add_subparsers()
  for name, what in cli.COMMANDS.items():
    parser = importlib.import_module(f'glcic_jax.cli.{name.replace("-", "_")}')._parser()
    _add_config_keys(parser)
    for action in parser._actions:
      _say_what_completes(action, name)
    commands.add_parser(name, help=what, description=what, parents=[parser], add_help=False)
  return whole


def _add_config_keys(parser: argparse.ArgumentParser) -> None:
  """Each key as an option, where `--config.KEY` stands for all of them."""
  stand_in = next((action for action in parser._actions if '--config.KEY' in _names(action)), None)
  if stand_in is None:
    return
  stand_in.help = argparse.SUPPRESS
  for key, declared in keys.KEYS.items():
    is_switch = isinstance(keys.default_of(key), bool)
    parser.add_argument(
      f'--config.{key}',
      metavar='VALUE',
      choices=('True', 'False') if is_switch else declared.among or None,
      type=str,
      help=declared.meaning.replace('%', '%%'),
    )


def _say_what_completes(action: argparse.Action, command: str) -> None:
  """Files, where an argument is any text; and the names that it may be instead."""
  if action.nargs == 0 or action.choices or action.type or set(_names(action)) & set(_NO_FILES):
    return
  known = _known(action, command)
  if known:
    action.complete = _words_or_files(*known)  # type: ignore[attr-defined]
  else:
    kind = 'directory' if action.metavar in _FOLDERS else 'file'
    action.complete = kind  # type: ignore[attr-defined]


def _names(action: argparse.Action) -> Sequence[str]:
  return action.option_strings or [action.dest]


def _known(action: argparse.Action, command: str) -> tuple[str, Sequence[str]] | None:
  """A name for the words that an argument may be, and these words."""
  name = _names(action)[0].lstrip('-')
  if name == 'config':
    return 'configs', shipped_configs.names()
  if name in ('model', 'reference'):
    also = {'complete': tuple(baselines.FILLS), 'serve': tuple(baselines.FILLS)}
    also |= {'evaluate': names.BASELINES}
    return f'models_of_{command}', (*shipped.NAMES, *also.get(command, ()))
  return None


def _words_or_files(name: str, words: Sequence[str]) -> Mapping[str, Any]:
  """What completes an argument that is one of some words, or a file, as shtab takes it."""
  listed, function = ' '.join(words), f'_glcic_jax_{_FILES.format(name=name)}'
  return {
    'bash': function,
    'zsh': function,
    'fish': f'{listed} (__fish_complete_path (commandline -ct))',
    'preamble': {
      'bash': f'{function}() {{\n  compgen -W "{listed}" -- "$1"\n  compgen -f -- "$1"\n}}',
      'zsh': f"{function}() {{\n  _alternative 'names:name:({listed})' 'files:file:_files'\n}}",
    },
  }
