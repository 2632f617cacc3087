"""A run that is refused, or fails before its first row, leaves nothing half-made."""

import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import files
from glcic_jax.training import loop
from tests import made_up
from tests.test_hostile import one_sentence

pytestmark = pytest.mark.usefixtures('one_device')


def config_of(**changes):
  config = config_lib.default()
  config.update_from_flattened_dict(made_up.TINY | changes)
  return config


def too_many(config):
  """Batches of which the first that is trained on does not fit."""

  def from_step(step):
    yield from (made_up.batch(config, step) for _ in range(asked.pop()))
    raise MemoryError('Unable to allocate 80 GiB')

  asked = [0, 1]
  return from_step


@pytest.mark.parametrize(
  'changes, batches, kind, told',
  [
    ({'init_from': 'demo'}, made_up.batches, errors.InputError, '--config.model.width=1.0'),
    ({'init_from': 'demmo'}, made_up.batches, errors.InputError, 'did you mean demo?'),
    ({}, too_many, errors.RunError, '--config.batch_size than 8'),
  ],
)
def test_neither_folders_nor_files_are_left(tmp_path, changes, batches, kind, told):
  config = config_of(**changes)
  with pytest.raises(kind) as caught:
    loop.train_and_evaluate(config, tmp_path / 'runs' / 'a', batches=batches(config))
  assert one_sentence(str(caught.value)) and told in str(caught.value)
  assert list(tmp_path.iterdir()) == []


def test_what_was_there_before_stays(tmp_path):
  workdir = tmp_path / 'run'
  (workdir / 'checkpoints').mkdir(parents=True)
  with pytest.raises(errors.InputError), files.made_if_filled(workdir / 'checkpoints'):
    raise errors.InputError('refused')
  assert (workdir / 'checkpoints').exists()
  with files.made_if_filled(workdir / 'a' / 'b'):
    (workdir / 'a' / 'b').mkdir(parents=True)
    (workdir / 'a' / 'notes.txt').write_text('mine')
  assert sorted(path.name for path in workdir.rglob('*')) == ['a', 'checkpoints', 'notes.txt']
