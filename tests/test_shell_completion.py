"""The TAB key: what bash, zsh and fish make of a started line."""

import shutil
import sys

import pytest

from glcic_jax import cli
from glcic_jax.config import keys
from tests import commands
from tests import shells

SHELLS = {
  'bash': (['--norc', '--noprofile', '-i'], '. ./script'),
  'zsh': (['-f', '-i'], 'bindkey -e; autoload -U compinit; compinit -D; eval "$(cat script)"'),
  'fish': (['--no-config', '-i'], 'source script'),
}
# What is typed before TAB -> what the shell adds.
TYPED = {
  'glcic-jax rece': 'ptive-field',
  'glcic-jax evaluate --draw': '-masks',
  'glcic-jax complete pho': 'to.jpg',
  'glcic-jax complete photo.jpg --mask the': ' hole.png',
  'glcic-jax complete photo.jpg --blend op': 'encv',
  'glcic-jax complete --quiet --model nav': 'ier-stokes',
  'glcic-jax evaluate --model mea': 'n',
  'glcic-jax complete --model mea': '',  # it is no model there
  'glcic-jax preview --config quick': 'start',
  'glcic-jax train --config.data.load': 'er',
  'glcic-jax train --config.data.loader gra': 'in',
  'glcic-jax config glcic_pl': 'aces2',
  'glcic-jax complete --host': '',
}


@pytest.fixture
def script(capsys, tmp_path):
  """The script of a shell, written where that shell is started."""

  def of(shell):
    code, out, err = commands.run(capsys, 'shell-completion', shell)
    assert (code, err) == (0, '')
    (tmp_path / 'script').write_text(out)
    return out

  return of


@pytest.mark.parametrize('shell', SHELLS)
def test_a_shell_completes_what_was_begun(tmp_path, script, shell):
  program = shutil.which(shell)
  if program is None:
    pytest.skip(f'{shell} is not installed')
  script(shell)
  for name in ('photo.jpg', 'the hole.png'):
    (tmp_path / name).touch()
  arguments, setup = SHELLS[shell]
  with shells.started([program, *arguments], setup, tmp_path) as after_tab:
    shown = {line: after_tab(line) for line in TYPED}
  assert shown == {line: line + added for line, added in TYPED.items()}


@pytest.mark.parametrize('shell', SHELLS)
def test_every_command_and_key_is_known(script, shell):
  known = script(shell)
  assert not [name for name in (*cli.COMMANDS, *keys.KEYS) if name not in known]
  assert 'config.KEY' not in known


def test_without_its_library_it_says_what_to_install(capsys, monkeypatch):
  monkeypatch.setitem(sys.modules, 'shtab', None)
  sentence = commands.refused(capsys, 'shell-completion', 'bash')
  assert "pip install 'glcic_jax[shell-completion]'" in sentence
