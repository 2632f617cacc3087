"""glcic-jax config: every key, what differs first."""

import json

import pytest

from glcic_jax import cli
from glcic_jax import config as config_lib
from glcic_jax.config import audit
from glcic_jax.config import keys
from glcic_jax.config import shipped_configs
from tests import commands


def printed(capsys, *arguments):
  """What the command prints on stdout."""
  assert cli.main(['config', *arguments]) == 0
  return capsys.readouterr().out


def test_every_key_stands_once_and_what_differs_comes_first(capsys):
  out = printed(capsys, 'configs/glcic_places2.py', '--config.seed=3', '--config.batch_size=8')
  first, second, third = (out.index(group) for group in audit.GROUPS)
  names = [line.split()[0].rstrip('*') for line in out.splitlines() if line.startswith('  ')]
  assert sorted(name for name in names if name in keys.KEYS) == sorted(keys.KEYS)
  assert first < out.index('batch_size*') < out.index('loss.adversarial_form') < second
  assert second < out.index('  seed*') < third < out.index('  image_size*')
  (batch,) = [line for line in out.splitlines() if 'batch_size*' in line]
  assert batch.split()[:3] == ['batch_size*', '8', '96'] and keys.KEYS['batch_size'].meaning in out


def test_the_title_says_which_config_it_is(capsys):
  title = printed(capsys, 'configs/glcic_faces.py:laptop').splitlines()[0]
  assert title.startswith('configs/glcic_faces.py:laptop, compared with glcic_celeba: GLCIC on')


def test_json_tells_value_paper_default_and_meaning(capsys):
  found = json.loads(printed(capsys, 'configs/glcic_celeba.py', '--json', '--config.seed', '5'))
  assert found.keys() == keys.KEYS.keys()
  assert found['mask.side'] == {
    'value': [48, 96],
    'paper': [48, 96],
    'default': [96, 128],
    'meaning': keys.KEYS['mask.side'].meaning,
    'lasting': True,
    'reason': '',
    'differs': False,
  }
  assert found['seed']['value'] == 5 and found['seed']['paper'] is None
  assert found['seed']['differs'] and 'no gradient' in found['loss.adversarial_form']['reason']


def test_a_narrow_terminal_gets_the_meaning_below():
  text = audit.text(config_lib.default(), 60)
  assert max(map(len, text.splitlines())) <= 80
  assert text.count('\n') > 2 * len(keys.KEYS)


@pytest.mark.parametrize(
  'change, sentence',
  [
    ('--config.paper=glcic_celeba', 'There is no config key paper; method names the experiment'),
    ('--config.schedule.phases=1', 'schedule.phases; a phase of 0 steps does not exist.'),
    ('--config.sed=1', 'did you mean seed?'),
  ],
)
def test_keys_that_are_none_are_refused_with_what_to_do(capsys, change, sentence):
  assert cli.main(['config', 'configs/quickstart.py', change]) == 2
  assert sentence in capsys.readouterr().err


def test_a_config_file_of_an_earlier_version_is_told_what_is_gone(capsys, tmp_path):
  (tmp_path / 'mine.py').write_text(
    'from glcic_jax import config\n'
    'def get_config():\n'
    '  made = config.default()\n'
    "  made.paper = 'glcic_celeba'\n"
    '  return made\n'
  )
  assert cli.main(['config', str(tmp_path / 'mine.py')]) == 2
  assert 'method names the experiment too' in capsys.readouterr().err


def test_a_config_is_found_by_its_name_and_a_path_goes_on_working(tmp_path, monkeypatch, capsys):
  by_path = printed(capsys, 'configs/glcic_faces.py:laptop').removeprefix('configs/')
  monkeypatch.chdir(tmp_path)
  by_name = printed(capsys, 'glcic_faces:laptop').replace(':', '.py:', 1)
  assert by_name == by_path
  (tmp_path / 'quickstart').write_text(
    'from glcic_jax import config\ndef get_config():\n  return config.of("glcic_celeba")\n'
  )
  assert printed(capsys, 'quickstart').startswith('quickstart, compared with glcic_celeba')
  error = commands.refused(capsys, 'config', 'configs/glcic_face.py')
  assert 'There is no config file configs/glcic_face.py' in error and 'mean glcic_faces?' in error


def test_configs_lie_in_the_package_where_it_was_installed(tmp_path, monkeypatch):
  (tmp_path / 'configs').mkdir()
  (tmp_path / 'configs/mine.py').touch()
  monkeypatch.setattr(shipped_configs, '_PACKAGE', tmp_path)
  assert shipped_configs.names() == ['mine']
  assert shipped_configs.find('mine') == str(tmp_path / 'configs/mine.py')
