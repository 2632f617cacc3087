"""Several operating-system processes: the same steps, one stop for all, and who is waited for."""

import signal
import socket
import time

import jax
import numpy as np
import pytest

from glcic_jax import checkpoints
from glcic_jax import errors
from glcic_jax import leaves
from glcic_jax import parallel
from tests import commands
from tests import fakes


def free_port():
  with socket.socket() as found:
    found.bind(('127.0.0.1', 0))
    return found.getsockname()[1]


def start(arguments, devices):
  """Starts Python with so many simulated devices."""
  return commands.start(arguments, JAX_NUM_CPU_DEVICES=str(devices))


def finish(*processes):
  """Their (exit code, stderr); none outlives the test."""
  try:
    return [
      (process.returncode, err)
      for process in processes
      for _, err in [process.communicate(timeout=300)]
    ]
  finally:
    for process in processes:
      process.kill()


def test_two_processes_of_two_devices_make_the_steps_of_one_device(tmp_path):
  address, output = f'127.0.0.1:{free_port()}', tmp_path / 'two.npz'
  program = ['-m', 'tests.process_steps']
  joined = [start([*program, f'{address},2,{index}', str(output)], 2) for index in range(2)]
  with jax.enable_x64(True):
    one = jax.device_get(fakes.three_steps(parallel.make_mesh(jax.devices()[:1])))
  for code, err in finish(*joined):
    assert code == 0, err
  expected, actual = dict(leaves.named(one)), np.load(output)
  assert set(expected) == set(actual) and len(expected) > 50
  for name in expected:
    assert actual[name].dtype == expected[name].dtype
    np.testing.assert_allclose(actual[name], expected[name], rtol=1e-8, atol=1e-12, err_msg=name)


def train(workdir, folder, *more, **overrides):
  """The arguments of a run too long to end by itself."""
  endless = {
    'schedule.reconstruction_steps': 100_000,
    'schedule.total_steps': 200_000,
    'checkpoint.every': 100_000,
    'validation.every': 0,
  }
  return commands.train(workdir, folder, *more, **endless | overrides)


def test_sigterm_to_one_of_two_saves_the_same_step_and_one_process_goes_on(
  tmp_path, picture_folder
):
  address, workdir = f'127.0.0.1:{free_port()}', tmp_path / 'run'
  processes = [
    start(train(workdir, picture_folder, '--processes', f'{address},2,{index}'), 2)
    for index in range(2)
  ]
  end = time.monotonic() + 300
  while not (workdir / 'metrics.csv').exists():
    assert all(process.poll() is None for process in processes) and time.monotonic() < end, finish(
      *processes
    )
    time.sleep(0.1)
  processes[1].send_signal(signal.SIGTERM)
  stopped = finish(*processes)
  assert [code for code, _ in stopped] == [143, 143], stopped
  step, run = checkpoints.read_run(workdir)
  assert step >= 1 and all(f'after saving step {step}' in err for _, err in stopped), stopped
  assert run['leaves']

  alone = start(train(workdir, picture_folder), 1)
  try:
    for line in alone.stdout:
      if line.startswith('Continuing'):
        assert line.split() == ['Continuing', 'from', 'step', f'{step:,}.']
        break
    else:
      pytest.fail(alone.stderr.read())
  finally:
    alone.kill()
    alone.communicate()


def test_a_coordinator_that_nobody_is_ends_with_its_address(tmp_path):
  address = f'127.0.0.1:{free_port()}'
  program = (
    f'from glcic_jax import parallel, errors\n'
    f'try:\n  parallel.initialize("{address},2,1", timeout=3)\n'
    f'except errors.RunError as error:\n  print(error); raise SystemExit(error.exit_code)'
  )
  process = start(['-c', program], 1)
  out, err = process.communicate(timeout=120)
  assert process.returncode == 3, err
  assert address in out


@pytest.mark.parametrize('wrong', ['many', '', '10.0.0.1,2,0', '10.0.0.1:80,2', '10.0.0.1:80,2,2'])
def test_a_wrong_description_of_the_processes_is_refused(wrong):
  with pytest.raises(errors.InputError, match='--processes is'):
    parallel.initialize(wrong)


@pytest.mark.parametrize(
  'environment, several',
  [
    ({}, False),
    ({'SLURM_NTASKS': '1', 'SLURM_PROCID': '0'}, False),
    ({'SLURM_NTASKS': '4'}, False),
    ({'SLURM_NTASKS': '4', 'SLURM_PROCID': '0'}, True),
    ({'OMPI_COMM_WORLD_SIZE': '2'}, True),
    ({'TPU_WORKER_HOSTNAMES': 'localhost'}, False),
    ({'TPU_WORKER_HOSTNAMES': '10.0.0.1,10.0.0.2'}, True),
    ({'JAX_COORDINATOR_ADDRESS': 'main:1234'}, True),
  ],
)
def test_the_environment_tells_of_several_processes(environment, several):
  assert parallel._several_are_announced(environment) == several


def test_one_process_is_not_distributed():
  parallel.initialize('off')
  parallel.initialize('auto')
  assert not jax.distributed.is_initialized()
