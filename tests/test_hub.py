"""Models of the Hugging Face Hub: names, revisions, the cache as huggingface_hub lays it out,
and no network.
"""

import functools
import hashlib
import http.server
import json
import os
import pathlib
import pickle
import subprocess
import sys
import threading

import jax
import numpy as np
import pytest

from glcic_jax import cli
from glcic_jax import Completer
from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.model_directory import hub
from glcic_jax.model_directory import model_files
from glcic_jax.training import fine_tuning
from tests import fakes
from tests.test_completer import DESCRIPTION
from tests.test_model_files import VARIABLES

FIRST, SECOND = 'a' * 40, 'b' * 40  # commits


def test_a_hub_name_is_one_that_is_nothing_here(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'runs' / 'faces').mkdir(parents=True)
  names = ['org/name', 'org/name@main', 'Org-1/na.me_2@refs/pr/1', 'runs/face', pathlib.Path('o/n')]
  others = [
    'runs/faces',
    'name',
    './org/name',
    '/org/name',
    '../org',
    'a/b/c',
    'gs://bucket/model',
    'org/name@',
    'org/na me',
    'org/',
    '~/name',
    str(tmp_path),
  ]
  assert [name for name in names + others if hub.means_hub(name)] == names


def test_without_its_extra_a_sentence_says_what_to_install(monkeypatch):
  monkeypatch.setitem(sys.modules, 'huggingface_hub', None)
  with pytest.raises(
    errors.InputError, match=r"no folder org/absent; .* pip install 'glcic_jax\[hub\]'"
  ):
    model_files.load('org/absent')


def test_a_revision_goes_with_a_hub_name_alone(tmp_path):
  model_files.write(tmp_path, VARIABLES, DESCRIPTION)
  with pytest.raises(errors.InputError, match='no revision main; leave'):
    model_files.load(tmp_path, revision='main')


@pytest.fixture
def cache(tmp_path, monkeypatch):
  """A cache with two commits of org/name, `main` and the tag v1 on the first; the name of its
  folder.
  """
  constants = pytest.importorskip(
    'huggingface_hub.constants', reason='huggingface_hub is not installed'
  )
  assert constants.HF_HUB_OFFLINE
  hub.fetch.cache_clear()
  root = tmp_path / 'cache'
  repository = root / 'models--org--name'
  (repository / 'refs').mkdir(parents=True)
  for reference, commit in (('main', FIRST), ('v1', FIRST)):
    (repository / 'refs' / reference).write_text(commit)
  for number, commit in enumerate((FIRST, SECOND)):
    written = tmp_path / f'written{number}'
    variables = jax.tree.map(functools.partial(np.add, number), VARIABLES)
    model_files.write(written, variables, DESCRIPTION)
    snapshot = repository / 'snapshots' / commit
    snapshot.mkdir(parents=True)
    (repository / 'blobs').mkdir(exist_ok=True)
    for file in written.iterdir():
      content = file.read_bytes()
      blob = repository / 'blobs' / hashlib.sha256(content).hexdigest()
      blob.write_bytes(content)
      (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
  monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(root))
  monkeypatch.chdir(tmp_path)
  yield root
  hub.fetch.cache_clear()


@pytest.mark.parametrize(
  'name, revision, commit',
  [
    ('org/name', None, FIRST),
    ('org/name@v1', None, FIRST),
    ('org/name', 'v1', FIRST),
    ('org/name', SECOND, SECOND),
    (f'org/name@{SECOND}', None, SECOND),
    (f'org/name@{SECOND}', SECOND, SECOND),
  ],
)
def test_every_way_to_name_a_revision(cache, capsys, name, revision, commit):
  variables, description = model_files.load(name, revision=revision)
  fakes.assert_same(variables, jax.tree.map(lambda leaf: leaf + (commit == SECOND), VARIABLES))
  assert description == DESCRIPTION
  said = capsys.readouterr().err
  assert (f'org/name@{commit}' in said) == (commit == FIRST)  # a commit needs no other name


def test_two_revisions_are_one_too_many(cache):
  with pytest.raises(errors.InputError, match='name two revisions'):
    model_files.load('org/name@v1', revision=SECOND)


def test_a_folder_wins_over_the_hub(cache, tmp_path):
  model_files.write(
    tmp_path / 'org' / 'name', jax.tree.map(lambda leaf: leaf - 5, VARIABLES), DESCRIPTION
  )
  variables, _ = model_files.load('org/name')
  fakes.assert_same(variables, jax.tree.map(lambda leaf: leaf - 5, VARIABLES))


@pytest.mark.parametrize('name', ['org/other', 'org/name@v2', f'org/name@{"c" * 40}'])
def test_what_is_not_in_the_cache_is_not_fetched_offline(cache, name):
  with pytest.raises(
    errors.InputError, match=f'^{name}: .*not in the cache .*HF_HUB_OFFLINE forbids to fetch it.$'
  ):
    model_files.load(name)


def test_a_repository_that_is_no_model_is_named(cache):
  (cache / 'models--org--name' / 'snapshots' / FIRST / 'model.safetensors').unlink()
  with pytest.raises(
    errors.InputError, match='org/name on the Hugging Face Hub lacks model.safetensors'
  ):
    model_files.load('org/name')


def test_fine_tuning_takes_a_hub_name(cache, capsys):
  config = config_lib.default()
  config.init_from = 'org/name'
  assert fine_tuning._read(config, ('generator',), ('params', 'batch_stats')).arrays
  assert capsys.readouterr().err.count('commit') == 1  # said once


def test_the_command_line_gives_the_sentence(cache, capsys, tmp_path):
  assert (
    cli.main(['export', '--model', 'org/other', '--output', str(tmp_path / 'a.stablehlo')]) == 2
  )
  err = capsys.readouterr().err
  assert err.startswith('glcic-jax: org/other: ') and len(err.splitlines()) == 1


class _Hub(http.server.BaseHTTPRequestHandler):
  """As much of the Hub as a download asks for; `files` and `asked` are the server's."""

  def do_GET(self):
    self._answer(body=True)

  def do_HEAD(self):
    self._answer(body=False)

  def _answer(self, *, body):
    path, files = self.path.partition('?')[0], self.server.files
    self.server.asked.add(path)
    headers = {'X-Repo-Commit': FIRST}
    if path.startswith('/org/name/resolve/'):
      content = files[path.rpartition('/')[2]]
      headers['ETag'] = f'"{hashlib.sha1(content).hexdigest()}"'
    elif '/tree/' in path:
      content = json.dumps(
        [
          {'type': 'file', 'path': name, 'size': len(value), 'oid': hashlib.sha1(value).hexdigest()}
          for name, value in files.items()
        ]
      ).encode()
    else:
      content = json.dumps(
        {
          'id': 'org/name',
          'sha': FIRST,
          'private': False,
          'tags': [],
          'downloads': 0,
          'likes': 0,
          'siblings': [{'rfilename': name} for name in files],
        }
      ).encode()
    self.send_response(200)
    for name, value in (headers | {'Content-Length': str(len(content))}).items():
      self.send_header(name, value)
    self.end_headers()
    if body:
      self.wfile.write(content)

  def log_message(self, *_):
    pass


def test_a_download_asks_for_three_files_and_never_a_pickle(tmp_path):
  pytest.importorskip('huggingface_hub', reason='huggingface_hub is not installed')
  model_files.write(tmp_path / 'model', VARIABLES, DESCRIPTION)
  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Hub)
  server.files = {path.name: path.read_bytes() for path in (tmp_path / 'model').iterdir()} | {
    'pytorch_model.bin': pickle.dumps([1]),
    'other.json': b'{}',
    'model.py': b'raise SystemExit',
  }
  server.asked = set()
  threading.Thread(target=server.serve_forever, daemon=True).start()
  try:
    program = (
      'from glcic_jax.model_directory import model_files; '
      'print(model_files.load("org/name")[1].step)'
    )
    environment = os.environ | {
      'HF_ENDPOINT': f'http://127.0.0.1:{server.server_port}',
      'HF_HOME': str(tmp_path / 'home'),
      'HF_HUB_OFFLINE': '0',
      'HF_HUB_DISABLE_TELEMETRY': '1',
      'HF_HUB_DISABLE_XET': '1',
      'NO_PROXY': '127.0.0.1',
      'no_proxy': '127.0.0.1',
      'PYTHONPATH': os.pathsep.join(sys.path),
    }
    done = subprocess.run(
      [sys.executable, '-c', program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
  finally:
    server.shutdown()
    server.server_close()
  assert done.returncode == 0, done.stderr
  assert done.stdout.split() == [str(DESCRIPTION.step)]
  assert done.stderr.splitlines() == [
    f'org/name: commit {FIRST}; org/name@{FIRST} will mean the same model for ever.'
  ]
  assert {path.rpartition('/')[2] for path in server.asked if '/resolve/' in path} == {
    'model.safetensors',
    'config.json',
    'README.md',
  }
  kept = {path.name for path in (tmp_path / 'home' / 'hub').rglob('*') if path.is_symlink()}
  assert kept == {'model.safetensors', 'config.json', 'README.md'}


def test_from_pretrained_takes_a_revision(cache):
  with pytest.raises(
    errors.InputError, match='do not fit the architecture'
  ):  # no network, but read
    Completer.from_pretrained('org/name', revision='v1')
  with pytest.raises(errors.InputError, match='not in the cache'):
    Completer.from_pretrained('org/name', revision='v2')
