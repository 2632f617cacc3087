"""glcic-jax doctor: what is installed, what is kept, what works, and what it says where not."""

import json
import os
import shutil

import jax
import numpy as np
import pytest

from glcic_jax import caches
from glcic_jax import files
from glcic_jax.cli import doctor
from glcic_jax.doctor import accelerators
from glcic_jax.doctor import installed
from glcic_jax.doctor import kept
from glcic_jax.doctor import trial
from glcic_jax.inference import completer
from glcic_jax.model_directory import shipped
from tests import commands
from tests import patients
from tests import test_extras


@pytest.fixture(scope='module')
def findings():
  """What the doctor finds here."""
  return doctor._examine()


def screen(findings):
  return '\n'.join(doctor._screen(findings, 80))


def test_a_machine_that_works_is_found_to_work(findings):
  assert findings['works']
  assert findings['version'] == installed.version('glcic_jax') == findings['installed_version']
  assert findings['libraries']['jax'] == jax.__version__ == findings['libraries']['jaxlib']
  assert findings['missing'] == []
  assert [(device['platform'], device['error']) for device in findings['devices']['found']] == [
    ('cpu', None)
  ]
  assert findings['model']['numbers'] == 6_072_131 + 5_952  # parameters and running statistics
  assert findings['completing']['levels_away'] < 16
  assert json.loads(json.dumps(findings)) == findings


def test_the_screen_has_80_columns_and_says_all(findings):
  shown = screen(findings)
  lines = shown.splitlines()
  # Only a path, which is to be copied, may be longer.
  assert not [line for line in lines if len(line) > 80 and '/' not in line]
  assert lines[0].startswith('completing          works: a picture of 64 px in ')
  assert lines[1] == 'evaluating          ready'
  for words in ('demo: 6,078,083 numbers', 'cpu: computes', 'extras  ', 'compiled programs'):
    assert words in shown


def test_what_is_not_installed_is_told_calmly_with_the_command_that_adds_it(findings):
  names = {name: {'missing': []} for name in doctor._ADDS}
  extras = {**names, 'web': {'missing': ['starlette']}, 'hub': {'missing': ['h>=2 (1 is here)']}}
  ready = {'evaluating': True, 'training': True, 'serving': False}
  lines = screen({**findings, 'extras': extras, 'ready': ready}).splitlines()
  assert lines[2] == 'training            ready'
  assert lines[3].startswith(
    "serving             not installed; to add it: pip install 'glcic_jax[web]'"
  )
  assert '  web               the brush page and its HTTP API' in lines
  assert '  hub               models of the Hugging Face Hub; needs h>=2 (1 is here)' in lines
  assert 'missing' not in '\n'.join(lines) and 'starlette' not in '\n'.join(lines)


def test_every_extra_says_what_it_adds():
  assert set(doctor._ADDS) == set(test_extras.declared()) - set(installed._FOR_DEVELOPERS)


def test_a_path_with_spaces_stays_in_one_line(findings):
  folder = '/home/somebody/a folder whose name has a good many words/that need not fit a line'
  caches = [{**findings['caches'][0], 'folder': folder}]
  assert folder in [line.strip() for line in screen({**findings, 'caches': caches}).splitlines()]


def test_devices_that_are_not_there_are_a_finding_and_exit_code_1(capsys, monkeypatch):
  monkeypatch.setenv('JAX_PLATFORMS', 'cuda')
  code, out, err = commands.run(capsys, 'doctor', '--json')
  found = json.loads(out)
  assert (code, err, found['works']) == (1, '', False)
  assert found['devices']['error'].startswith("JAX_PLATFORMS is 'cuda', and JAX finds no such")
  assert found['completing']['error'] == 'not tried'
  assert found['ready'] == {'evaluating': False, 'training': False, 'serving': False}
  first, second = screen(found).splitlines()[:2]
  assert first.startswith("completing          does not work here: JAX_PLATFORMS is 'cuda'")
  assert 'once completing works' in screen(found)


@pytest.mark.parametrize(
  'work, name, sentence',
  [
    (patients.crashes, 'devices', 'its process was ended by SIGSEGV'),
    (patients.leaves, 'model', 'its process ended with exit code 7'),
    (patients.hangs, 'devices', 'it did not end within 2 seconds'),
  ],
)
def test_what_takes_its_process_down_is_named(work, name, sentence):
  tried = trial.run(2, work)
  assert tried[name]['error'] == sentence
  assert tried['completing']['error'] == 'not tried'


def test_where_no_process_can_be_started_it_says_so(monkeypatch, tmp_path):
  (tmp_path / 'gone').mkdir()
  monkeypatch.chdir(tmp_path / 'gone')
  (tmp_path / 'gone').rmdir()
  tried = trial.run()
  assert tried['model']['error'] == 'no process can be started here: No such file or directory'
  assert tried['completing']['error'] == 'not tried'
  assert kept.everything()[-1].files == 0


def test_a_device_that_miscounts_is_found(monkeypatch):
  assert [device['error'] for device in trial.devices()['found']] == [None] * 8
  product = jax.jit(lambda left, right: (left @ right).at[3, 5:7].add(1))
  monkeypatch.setattr(jax, 'jit', lambda function: product)
  assert trial.devices()['found'][0]['error'] == '2 of 65,536 numbers of a product are wrong'


def test_a_damaged_model_is_found(monkeypatch, tmp_path):
  shutil.copytree(shipped.folder('demo'), tmp_path / 'demo')
  weights = tmp_path / 'demo' / 'model.safetensors'
  data = bytearray(weights.read_bytes())
  data[-100] ^= 1
  weights.write_bytes(data)
  monkeypatch.setattr(shipped, 'folder', lambda name: tmp_path / name)
  with pytest.raises(ValueError, match='does not match the digest'):
    trial.model()


@pytest.mark.parametrize(
  'change, sentence',
  [
    (lambda picture: picture + np.uint8(1), 'pixels outside the hole have changed'),
    (lambda picture: painted(picture, 90 + 17), 'one colour was completed with others, 17 levels'),
    (lambda picture: painted(picture, 90 + 16), None),
  ],
)
def test_a_completion_is_compared_with_what_it_must_be(monkeypatch, change, sentence):
  class Painter:
    from_pretrained = classmethod(lambda cls: cls())

    def __call__(self, picture, hole, **_):
      return change(picture)

  monkeypatch.setattr(completer, 'Completer', Painter)
  error = trial.completing()['error']
  assert error is None if sentence is None else sentence in error


def painted(picture, red):
  picture = picture.copy()
  picture[30, 30, 0] = red
  return picture


def test_an_accelerator_that_jax_does_not_use_is_named(monkeypatch, tmp_path):
  monkeypatch.setattr(
    accelerators,
    '_KINDS',
    {'gpu': accelerators._Kind('an NVIDIA GPU', ('/no/such', str(tmp_path)), 'cuda')},
  )
  (sentence,) = accelerators.unused({'cpu'})
  assert sentence.startswith('an NVIDIA GPU is here') and 'glcic_jax[cuda]' in sentence
  assert accelerators.unused({'cpu', 'gpu'}) == []


@pytest.fixture
def package(monkeypatch, tmp_path):
  """Makes packages, installed as far as their metadata tell, of which `made_up` is ours."""

  def make(name, version, *lines):
    folder = tmp_path / f'{name}-{version}.dist-info'
    folder.mkdir()
    text = ['Metadata-Version: 2.4', f'Name: {name}', f'Version: {version}', *lines]
    (folder / 'METADATA').write_text('\n'.join(text) + '\n')

  monkeypatch.syspath_prepend(tmp_path)
  monkeypatch.setattr(installed, 'PACKAGE', 'made_up')
  installed._asked_by.cache_clear()
  yield make
  installed._asked_by.cache_clear()


def test_extras_are_read_from_what_the_package_says(package):
  package(
    'made_up',
    '3.1',
    'Provides-Extra: all',
    'Provides-Extra: paint-box',
    'Provides-Extra: test',
    'Requires-Dist: made_up_canvas>=2',
    'Requires-Dist: no_such_brush; sys_platform == "another"',
    'Requires-Dist: made_up_paint[glossy]>=1; extra == "paint-box"',
    'Requires-Dist: no_such_easel; extra == "paint-box" and python_version < "3"',
    'Requires-Dist: made_up[paint-box]; extra == "all"',
    'Requires-Dist: no_such_frame; extra == "all"',
  )
  assert (installed.missing(), installed.needed()) == (['made_up_canvas'], ['made_up_canvas'])
  package('made_up_canvas', '1.9')
  assert installed.missing() == ['made_up_canvas>=2 (1.9 is here)']
  assert installed.extras() == ['all', 'paint-box']
  assert installed.missing('paint-box') == ['made_up_paint']
  package(
    'made_up_paint', '2.0rc1', 'Provides-Extra: glossy', 'Requires-Dist: no_gloss; extra=="glossy"'
  )
  installed._asked_by.cache_clear()
  assert installed.missing('paint-box') == ['no_gloss']
  assert installed.missing('all') == ['no_gloss', 'no_such_frame']


def test_a_package_that_runs_from_its_folder_says_so(package, findings):
  assert (installed.extras(), installed.needed(), installed.missing()) == ([], [], [])
  found = {**findings, 'installed_version': installed.version('made_up'), 'extras': {}}
  assert 'runs from its folder' in screen(found)
  assert 'installed as 0.0.9' in screen({**findings, 'installed_version': '0.0.9'})


def test_caches_are_counted_ours_alone(monkeypatch, tmp_path):
  for name in ('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'JAX_COMPILATION_CACHE_DIR'):
    monkeypatch.delenv(name, raising=False)
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  programs = tmp_path / 'glcic_jax' / 'programs'
  programs.mkdir(parents=True)
  (programs / 'a-cache').write_bytes(bytes(100))
  (programs / 'a-atime').write_bytes(bytes(8))
  for name, config in (('ours', {'format_version': 1, 'mean_color': [0, 0, 0]}), ('theirs', {})):
    blobs = tmp_path / 'huggingface' / 'hub' / f'models--org--{name}' / 'blobs'
    snapshot = blobs.parent / 'snapshots' / ('a' * 40)
    for folder in (blobs, snapshot):
      folder.mkdir(parents=True)
    (blobs / '1').write_text(json.dumps(config))
    (blobs / '2').write_bytes(bytes(1000))
    (snapshot / 'config.json').symlink_to('../../blobs/1')
    (snapshot / 'model.safetensors').symlink_to('../../blobs/2')
  here = tmp_path / 'here'
  here.mkdir()
  monkeypatch.chdir(here)
  for name in ('.0123456789ab.part', 'notes.part', '.0123456789ab.part.txt'):
    (here / name).write_bytes(bytes(10))
  counted = [(cache.files, cache.bytes) for cache in kept.everything()]
  ours = len(json.dumps({'format_version': 1, 'mean_color': [0, 0, 0]}))
  assert counted == [(2, 108), (2, 1000 + ours), (1, 10)]


def test_unfinished_files_are_those_of_write(monkeypatch, tmp_path):
  seen = []
  monkeypatch.setattr(os, 'replace', lambda *_: seen.extend(files.unfinished(tmp_path)))
  files.write(tmp_path / 'a.txt', b'a')
  assert len(seen) == 1 and seen[0].startswith(f'{tmp_path}{os.sep}.')


@pytest.mark.parametrize(
  'environment',
  [{}, {'HF_HOME': '~/hf'}, {'HF_HUB_CACHE': '$HOME/models'}, {'XDG_CACHE_HOME': '/cache'}],
)
def test_the_hub_keeps_models_where_its_library_does(monkeypatch, environment):
  constants = pytest.importorskip('huggingface_hub.constants', reason='it comes with an extra')
  for name in ('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'):
    monkeypatch.delenv(name, raising=False)
  for name, value in environment.items():
    monkeypatch.setenv(name, value)
  theirs = {'__name__': 'constants', '__file__': constants.__file__}
  with open(constants.__file__) as source:
    exec(compile(source.read(), constants.__file__, 'exec'), theirs)
  assert caches.hub() == theirs['HF_HUB_CACHE']
