"""What a run will cost: the arithmetic, the compiler's figures, and the command."""

import json
import os
import pathlib
import subprocess
import sys

import jax
import pytest

from glcic_jax import cli
from glcic_jax import errors
from glcic_jax.cli import estimate as estimate_command
from glcic_jax.cli import report as report_command
from glcic_jax.cost import estimate
from tests import fakes
from tests import made_up


def given(**changes):
  """A tiny run, as the command is given it; in a change, `__` stands for a dot."""
  keys = made_up.TINY | {key.replace('__', '.'): value for key, value in changes.items()}
  flags = [f'--config.{key}={value}' for key, value in keys.items()]
  return ['--config', 'configs/glcic_places2.py', *flags]


# One phase takes a quarter of the time to trace.
ONE_PHASE = {
  'schedule__reconstruction_steps': 4,
  'schedule__discriminator_steps': 0,
  'schedule__total_steps': 4,
}


@pytest.fixture(scope='module')
def counted():
  """The tiny run of `fakes`, on one device."""
  return estimate.count(fakes.tiny_config())


def test_a_count_has_each_phase_of_the_schedule(counted):
  assert {name: phase.steps for name, phase in counted.phases.items()} == {
    'reconstruction': 2,
    'discriminator': 2,
    'joint': 96,
  }
  joint = counted.phases['joint']
  assert joint.flops_per_step == fakes.ROWS * joint.flops_per_image > 0
  assert counted.phases['discriminator'].peak_bytes < joint.peak_bytes


def test_state_and_batch_are_what_they_are(counted):
  state = fakes.random_state(fakes.tiny_method())
  assert counted.state_bytes == sum(leaf.nbytes for leaf in jax.tree.leaves(state))
  assert counted.checkpoints_bytes == 3 * counted.state_bytes
  assert counted.batch_bytes == sum(leaf.nbytes for leaf in jax.tree.leaves(fakes.make_batch()))
  assert counted.parameters['generator'] == sum(
    leaf.size for leaf in jax.tree.leaves(state.generator.params)
  )


def test_more_devices_share_batch_and_time_and_each_has_the_whole_state(counted):
  # Nor does rematerialisation change a figure.
  shared = estimate.count(fakes.tiny_config(**ONE_PHASE, remat='blocks'), devices=4)
  assert shared.state_bytes == counted.state_bytes and shared.batch_bytes == counted.batch_bytes
  one, four = counted.phases['reconstruction'], shared.phases['reconstruction']
  assert one.flops_per_step == four.flops_per_step
  assert one.peak_bytes / 4 < four.peak_bytes < one.peak_bytes
  seconds = [
    estimate.seconds_per_step(c, peak=1e12, utilisation=0.5)['reconstruction']
    for c in (counted, shared)
  ]
  assert seconds[0] == pytest.approx(one.flops_per_step / 0.5e12)
  assert seconds[1] == pytest.approx(seconds[0] / 4)


def test_devices_that_cannot_share_the_batch_are_refused():
  with pytest.raises(errors.InputError, match='3 devices cannot share evenly; give --devices=2'):
    estimate.count(fakes.tiny_config(), devices=3)


def test_the_compiled_step_needs_about_what_the_trace_says():
  config = fakes.tiny_config(**ONE_PHASE, batch_size=64)
  row = estimate.compiled(config, 1)['reconstruction']
  compiled = row['argument_bytes'] + row['temporary_bytes']
  # A CPU's program takes a third more, a GPU's a twentieth less to 1 % more
  # (benchmarks/ahead_of_time.py).
  assert compiled == pytest.approx(
    estimate.count(config).phases['reconstruction'].peak_bytes, rel=0.4
  )
  assert row['flops'] > 0 and row['device']


def run(capsys, *arguments):
  """Exit code, stdout and stderr of the command, in this process."""
  code = cli.main(['estimate', *arguments])
  return code, *capsys.readouterr()


def test_the_command_prints_json_that_agrees_with_itself(capsys):
  code, out, err = run(
    capsys,
    *given(),
    '--devices=2',
    '--peak-tflops=0.5',
    '--utilisation=0.25',
    '--price=3',
    '--json',
  )
  assert (code, err) == (0, '')
  result = json.loads(out)
  seconds = {
    name: phase['flops_per_step'] / (2 * 0.5e12 * 0.25) for name, phase in result['phases'].items()
  }
  assert result['seconds_per_step'] == pytest.approx(seconds)
  assert result['hours'] == pytest.approx(sum(2 * value for value in seconds.values()) / 3600)
  assert result['money'] == pytest.approx(result['hours'] * 2 * 3)
  assert (result['peak_tflops'], result['peak_from'], result['compiled']) == (0.5, 'given', None)


def test_the_command_measures_a_peak_where_none_is_given_and_says_what_is_not_counted(capsys):
  code, out, _ = run(capsys, *given(**ONE_PHASE))
  assert code == 0
  assert out.startswith('configs/glcic_places2.py: glcic, ')
  for words in (
    'measured now: a float32 matrix product on one',
    'Not counted:',
    'for the whole schedule, at 50%',
    'GB are here; --config.batch_size, .image_size and .model.width decide it',
  ):
    assert words in out


@pytest.mark.parametrize('command', [estimate_command, report_command])
def test_the_help_says_what_a_form_and_a_peak_are(command):
  shown = ' '.join(command._parser().format_help().split())
  assert 'at best, in TFLOP/s (10^12 floating-point operations a second)' in shown
  assert 'glcic_faces:laptop' in shown
  if command is estimate_command:
    assert 'FILE:FORM applies a set of changes' in shown


def test_the_command_simulates_devices_trains_nothing_and_reads_neither_tensorflow_nor_orbax():
  program = (
    'import sys; from glcic_jax import cli; code = cli.main(["estimate", *sys.argv[1:]]); import '
    'jax; assert jax.device_count() == 4; assert not {"tensorflow", "orbax"} & set(sys.modules); '
    'sys.exit(code)'
  )
  environment = os.environ | {'JAX_PLATFORMS': 'cpu'}
  done = subprocess.run(
    [sys.executable, '-c', program, *given(**ONE_PHASE), '--devices=4', '--peak-tflops=1'],
    env=environment,
    cwd=pathlib.Path(__file__).parent.parent,
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr
  assert 'over 4 device(s)' in done.stdout


@pytest.mark.parametrize(
  'flag, sentence',
  [
    ('--devices=0', "--devices is '0'"),
    ('--devices=3', '3 devices cannot share evenly'),
    ('--devices=many', "--devices is 'many'"),
    ('--peak-tflops=-1', "--peak-tflops is '-1'"),
    ('--peak-tflops=inf', 'give a number above 0'),
    ('--utilisation=1.5', 'and at most 1'),
    ('--price=cheap', "--price is 'cheap'"),
    ('--config.batch_sise=8', 'did you mean batch_size?'),
    ('--nonsense=1', 'nonsense'),
  ],
)
def test_wrong_usage_gets_one_sentence(capsys, flag, sentence):
  code, out, err = run(capsys, *given(), flag)
  assert (code, out, len(err.splitlines())) == (2, '', 1)
  assert sentence in err


def test_a_config_is_asked_for(capsys):
  code, _, err = run(capsys)
  assert code == 2 and '--config is missing' in err
