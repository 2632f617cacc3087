"""What does not fit into the memory: numbers and keys, from the compiler, the machine, a run."""

import functools

import jax
import jax.numpy as jnp
import pytest

from glcic_jax import checkpoints
from glcic_jax import errors
from glcic_jax import files
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.cost import table
from glcic_jax.training import memory
from glcic_jax.training import shortage
from tests import fakes
from tests.test_checkpoints import save
from tests.test_hostile import one_sentence

GB = 10**9
OUT_OF_IT = jax.errors.JaxRuntimeError(
  'RESOURCE_EXHAUSTED: Out of memory while trying to allocate 85899345920 bytes.'
)


def test_a_step_needs_its_inputs_its_results_and_what_is_made_between_and_a_donated_state_once():
  numbers = jnp.zeros(1_000)

  def of(function, **options):
    return memory.of_step(jax.jit(function, **options).lower(numbers).compile())

  assert of(lambda x: x + 1) == 2 * 4_000
  assert of(lambda x: x + 1, donate_argnums=0) == 4_000
  assert of(lambda x: jnp.sort(x)[::-1].sum()) >= 2 * 4_000


@pytest.mark.parametrize(
  'there, devices, told',
  [
    (50 * GB, 1, 'than 96 (about 37 would fit)'),  # (0.9 * 50 - 10) / (100 - 10) of 96
    (50 * GB, 4, 'than 96 (about 36 would fit)'),
    (10 * GB, 1, 'than 96, a smaller'),  # the state alone is as large
    (None, 1, 'than 96, a smaller'),
  ],
)
def test_the_batch_that_would_fit_is_told_where_one_does(there, devices, told):
  said = memory.remedy(96, needed=100 * GB, there=there, state=10 * GB, devices=devices)
  assert told in said
  assert '--config.batch_size' in said and '--config.image_size or --config.model.width' in said


class Program:
  """A compiled step that says it needs so many bytes."""

  def __init__(self, size):
    self._size = size

  def memory_analysis(self):
    said = dict.fromkeys(('argument', 'output', 'alias'), 0) | {'temp': self._size}
    return type('Said', (), {f'{name}_size_in_bytes': size for name, size in said.items()})


@pytest.fixture
def run(tmp_path, monkeypatch):
  """The memory of a run of 8 pictures on a device of 2 GiB, in which nothing is compiled yet."""
  monkeypatch.setattr(memory, 'of_device', lambda device: 2**31)
  mesh = parallel.make_mesh(jax.devices()[:1])
  newest = functools.partial(checkpoints.newest_whole, tmp_path)
  return shortage.Guard(fakes.tiny_config(), mesh, newest)


def test_a_step_that_will_not_fit_is_told_before_it_is_taken(run, capsys):
  run.compiled(schedule.Phase.RECONSTRUCTION, Program(2**31), {})
  assert capsys.readouterr().err == ''
  run.compiled(schedule.Phase.JOINT, Program(2**32), {})
  said = capsys.readouterr().err
  assert one_sentence(said)
  assert 'the joint step needs about 4 GiB on each device, and 2 GiB are there' in said
  assert 'than 8 (about 3 would fit)' in said and '--config.remat=blocks' in said


@pytest.mark.parametrize('error', [OUT_OF_IT, MemoryError('Unable to allocate 80 GiB')])
def test_a_run_that_meets_the_end_of_the_memory_says_what_it_keeps_and_what_to_give(
  run, tmp_path, error
):
  run.compiled(schedule.Phase.JOINT, Program(2**30), {})
  with pytest.raises(errors.RunError) as caught, run.told():
    raise error
  said = str(caught.value)
  assert one_sentence(said) and 'needs about 1 GiB' in said and 'no checkpoint yet' in said
  assert '--config.batch_size than 8' in said
  save(tmp_path, 4)
  with pytest.raises(errors.RunError) as caught, run.told():
    raise error
  said = str(caught.value)
  assert one_sentence(said) and 'the checkpoint of step 4 stays good' in said
  assert 'give it more devices, or --config.remat=blocks, or another --workdir with' in said


@pytest.mark.parametrize(
  'error', [errors.RunError('RESOURCE_EXHAUSTED'), OSError(28, 'No space'), RuntimeError('a bug')]
)
def test_other_errors_stay_what_they_are(run, error):
  with pytest.raises(type(error)) as caught, run.told():
    raise error
  assert caught.value is error


def test_a_batch_that_is_larger_than_the_machine_is_refused_at_once(monkeypatch):
  config = fakes.tiny_config()
  memory.check_batch(config)
  monkeypatch.setattr(memory, 'of_machine', lambda: 8 * 16 * 16 * 4 - 1)
  with pytest.raises(errors.InputError) as caught:
    memory.check_batch(config)
  said = str(caught.value)
  assert one_sentence(said) and files.amount(8 * 16 * 16 * 4) in said
  assert '--config.batch_size, which is 8' in said and '--config.image_size, which is 16' in said


@pytest.mark.parametrize(
  'there, name, words',
  [
    (None, '', '--config.batch_size, .image_size and .model.width decide it'),
    (200 * GB, '', '200 GB are here; --config.batch_size'),
    (50 * GB, 'too much', '50 GB are here: give a smaller --config.batch_size than 96 (about 36'),
  ],
)
def test_an_estimate_says_whether_it_fits_and_what_decides_it(there, name, words):
  result = {'device_memory_bytes': there, 'batch_size': 96, 'state_bytes': 10 * GB, 'devices': 4}
  ((found, text),) = table._verdict(result, 100 * GB).items()
  assert found == name and text.startswith(words)
