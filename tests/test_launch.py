"""The launch scripts: what they would run, that they are sound, and what the manifests say."""

import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

from PIL import Image
import pytest
import yaml

from glcic_jax.pictures import masks
from tests import commands

ROOT = pathlib.Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / 'launch').glob('*.sh')) + [ROOT / 'launch/slurm.sbatch', ROOT / '.ci/run']


def bash(*arguments, **environment):
  """Exit code, stdout, stderr of a script."""
  done = subprocess.run(
    ['bash', *map(str, arguments)],
    cwd=ROOT,
    capture_output=True,
    text=True,
    env=os.environ | environment,
  )
  return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize('script', SCRIPTS, ids=lambda path: path.name)
def test_every_script_parses_and_passes_shellcheck(script):
  assert bash('-n', script) == (0, '', '')
  beside_python = pathlib.Path(sys.executable).parent / 'shellcheck'
  shellcheck = str(beside_python) if beside_python.exists() else shutil.which('shellcheck')
  if shellcheck is None:
    pytest.skip('shellcheck is not installed here')
  done = subprocess.run(
    [shellcheck, '-x', '--shell=bash', str(script)], capture_output=True, text=True, cwd=ROOT
  )
  assert done.returncode == 0, done.stdout


def test_the_hooks_of_a_commit_are_the_checks_before_the_tests():
  (local,) = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text())['repos']
  hooks = {hook['entry'].removeprefix('python -m ') for hook in local['hooks']}
  command = (ROOT / 'launch/test.sh').read_text()
  checks = {
    line.partition(' -m ')[2].removesuffix(' .').replace(' --check', '')
    for line in command.splitlines()
    if line.startswith('  "$venv')
  }
  assert checks == {'ruff check', 'ruff format', 'mypy'} and checks < hooks


def test_the_quick_start_completes_a_photograph_before_it_trains():
  """By the model in the package, and with no more installed than that takes."""
  lines = (ROOT / 'launch/quickstart.sh').read_text().replace('\\\n', ' ').splitlines()
  steps = [line for line in lines if 'venv.sh' in line or '/glcic-jax"' in line]
  installs, completes, trains = steps[0], steps[1], steps[2]
  assert installs.split('#')[0].split() == ['.', 'launch/venv.sh', 'evaluate']
  assert ' complete ' in completes and '--model' not in completes and '--compare' in completes
  assert 'venv.sh train' in trains and ' train ' in steps[3]
  for line in steps:  # a second call finds the sheets of the first
    for sheet in re.findall(r'--compare (\S+)', line):
      assert any(removes.split('#')[0].split() == ['rm', '-f', sheet] for removes in lines)
  photograph = Image.fromarray(pytest.importorskip('skimage.data').hubble_deep_field())
  hole = masks.from_mask(ROOT / 'launch/hubble_mask.png', photograph.size)
  assert 0.01 < hole.mean() < 0.2
  assert not masks.is_tight(photograph, hole)


POD = ('launch/tpu_pod.sh', '--dry-run')


def test_a_pod_is_created_as_the_environment_says():
  code, out, _ = bash(
    *POD, 'create', TPU_NAME='mine', TPU_ZONE='europe-west4-b', TPU_TYPE='v5p-32', TPU_SPOT='1'
  )
  assert code == 0
  assert ' '.join(out.split()) == (
    'gcloud compute tpus tpu-vm create mine --zone europe-west4-b --accelerator-type v5p-32 '
    '--version v2-alpha-tpuv5-lite --spot'
  )


def test_a_run_packs_installs_and_trains_on_all_hosts():
  code, out, _ = bash(
    *POD, 'run', '--config', 'configs/glcic_places2.py', '--workdir', 'gs://bucket/a run'
  )
  pack, copy, install, train = out.strip().splitlines()
  assert code == 0
  assert pack.startswith('tar czf') and '--exclude .git' in pack
  assert ' scp ' in copy
  assert all('--worker=all' in line for line in (copy, install, train))
  assert 'pip install' in install and '[train-tf,tpu]' in install
  assert install.index('find_python.sh') < install.index('rm') < install.index('venv')
  assert (
    '--processes on' in train.replace('\\ ', ' ') and 'a\\\\\\ run' in train
  )  # quoted for the far shell too


def host(folder, **programs):
  """A host whose image has these programs, by their lines of shell; what find_python.sh says."""
  for name, lines in {'hostname': 'echo tpu-0', **programs}.items():
    (folder / name).write_text(f'#!/bin/bash\n{lines}\n')
    (folder / name).chmod(0o755)
  return subprocess.run(
    ['/bin/bash', 'launch/find_python.sh'],
    cwd=ROOT,
    env={'PATH': str(folder), 'HOME': str(folder / 'none')},
    capture_output=True,
    text=True,
  )


OLD = '[ "$1" = -m ] && exit 1; exit 1'  # neither new enough, nor with pip


def test_a_fitting_python_is_found_before_an_old_one(tmp_path):
  done = host(tmp_path, **{'python3': OLD, 'python3.11': 'exit 0'})
  assert (done.returncode, done.stdout) == (0, f'{tmp_path}/python3.11\n')


def test_uv_fetches_a_python_where_the_image_has_an_old_one(tmp_path):
  done = host(tmp_path, python3=OLD, uv='[ "$2" = find ] && echo /opt/python3.12; exit 0')
  assert (done.returncode, done.stdout) == (0, '/opt/python3.12\n')


def test_without_a_fitting_python_a_host_says_so(tmp_path):
  done = host(tmp_path, python3=OLD)
  assert done.returncode == 2 and not done.stdout
  assert 'no Python of 3.11 or later on tpu-0' in done.stderr


@pytest.mark.parametrize(
  'command, words',
  [('status', 'describe'), ('logs', 'tail -n 100 train.log'), ('delete', 'delete glcic-jax')],
)
def test_the_other_commands_of_the_pod(command, words):
  code, out, _ = bash(*POD, command)
  assert code == 0 and words in out.replace('\\ ', ' ') and len(out.splitlines()) == 1


@pytest.mark.parametrize('arguments', [(), ('dance',), ('run',)])
def test_wrong_usage_of_the_pod_script_shows_how(arguments):
  code, out, err = bash(*POD, *arguments)
  assert code == 2 and not out and 'create' in err


@pytest.mark.parametrize('arguments', [(), ('0',), ('two',)])
def test_wrong_usage_of_the_rehearsal_shows_how(arguments):
  code, out, err = bash('launch/local_processes.sh', *arguments)
  assert code == 2 and not out and 'usage' in err


def test_the_rehearsal_gives_the_exit_code_of_its_processes(tmp_path):
  code, _, err = bash(
    'launch/local_processes.sh',
    '2',
    '--config',
    'configs/none.py',
    '--workdir',
    tmp_path / 'run',
    PYTHON=sys.executable,
    PYTHONPATH=str(ROOT),
  )
  assert code == 2
  assert err.count('There is no config file configs/none.py') == 2


def manifests():
  for path in (ROOT / 'launch/gke').glob('*.yaml'):
    yield from yaml.safe_load_all(path.read_text())


def test_the_manifests_fit_together():
  by_kind = {manifest['kind']: manifest for manifest in manifests()}
  assert set(by_kind) == {'JobSet', 'ServiceAccount'}
  job = by_kind['JobSet']['spec']['replicatedJobs'][0]['template']['spec']
  assert job['parallelism'] == job['completions'] == 4 and job['backoffLimit'] == 0
  pod = job['template']['spec']
  assert pod['serviceAccountName'] == by_kind['ServiceAccount']['metadata']['name']
  assert pod['restartPolicy'] == 'Never' and pod['terminationGracePeriodSeconds'] >= 60
  (container,) = pod['containers']
  # A 4x4 slice has sixteen chips.
  chips = math.prod(map(int, pod['nodeSelector']['cloud.google.com/gke-tpu-topology'].split('x')))
  assert job['parallelism'] * container['resources']['limits']['google.com/tpu'] == chips
  assert by_kind['JobSet']['spec']['failurePolicy']['maxRestarts'] > 0


def test_the_job_s_arguments_are_a_command_of_ours():
  container = next(m for m in manifests() if m['kind'] == 'JobSet')['spec']['replicatedJobs'][0][
    'template'
  ]['spec']['template']['spec']['containers'][0]
  command, *options = container['args']
  assert command == 'train' and all(isinstance(option, str) for option in options)
  named = dict(zip(options, options[1:]))
  assert named['--processes'] == 'on' and (ROOT / named['--config']).exists()
  assert named['--workdir'].startswith('gs://')


@pytest.mark.parametrize('container', ['Dockerfile', 'web.Dockerfile'])
def test_the_container_has_the_files_it_copies(container):
  lines = (ROOT / 'launch' / container).read_text().splitlines()
  copied = [word for line in lines if line.startswith('COPY') for word in line.split()[1:-1]]
  assert copied and all((ROOT / name).exists() for name in copied)


def test_the_page_s_container_is_nobody_s_and_starts_with_a_token_alone(capsys, monkeypatch):
  lines = (ROOT / 'launch/web.Dockerfile').read_text().splitlines()
  said = dict(line.split(' ', 1) for line in lines if line and not line.startswith('#'))
  assert said['USER'].split(':')[0].isdecimal() and int(said['USER'].split(':')[0]) > 0
  assert '[web,heif]' in said['RUN']
  (program,), arguments = json.loads(said['ENTRYPOINT']), json.loads(said['CMD'])
  assert program == 'glcic-jax'
  monkeypatch.delenv('GLCIC_JAX_TOKEN', raising=False)
  assert 'GLCIC_JAX_TOKEN' in commands.refused(capsys, *arguments)
  # With one, it gets as far as listening.
  monkeypatch.setenv('GLCIC_JAX_TOKEN', 'secret')
  arguments[arguments.index('0.0.0.0')] = '192.0.2.1'
  assert f':{said["EXPOSE"]} cannot be listened on' in commands.refused(capsys, *arguments)
  health = json.loads(said['HEALTHCHECK'].partition('CMD ')[2])
  assert f':{said["EXPOSE"]}/healthz' in health[2] and compile(health[2], 'health', 'exec')
