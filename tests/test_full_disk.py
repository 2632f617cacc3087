"""What a run says when the machine fails it."""

import errno
import os

import pytest

from glcic_jax import errors
from glcic_jax import full_disk
from glcic_jax.training import last_good
from glcic_jax.training import metrics
from tests.test_checkpoints import save
from tests.test_hostile import one_sentence

FULL = OSError(errno.ENOSPC, 'No space left on device', 'metrics.csv')


def wrapped(error):
  """As Orbax and TensorStore tell of an error, far from where it was raised."""
  try:
    try:
      raise error
    except Exception as inner:
      raise RuntimeError('Checkpointing failed') from inner
  except RuntimeError as outer:
    return outer


@pytest.mark.parametrize(
  'error, reason, remedy',
  [
    (FULL, 'metrics.csv: No space left on device', 'make room'),
    (OSError(errno.EDQUOT, 'Disk quota exceeded'), 'Disk quota exceeded', 'make room'),
    (NotADirectoryError(20, 'Not a directory', 'c/60'), 'c/60: Not a directory', 'see that the'),
    (ValueError('RESOURCE_EXHAUSTED: to file 5: No space left on device'), 'failed', 'make room'),
    (ValueError('an index is damaged'), 'Checkpointing failed', 'see that the folder'),
  ],
)
def test_the_first_cause_is_told_and_room_is_wanted_only_where_it_lacks(error, reason, remedy):
  said = str(full_disk.told(wrapped(error), 40, 'run/checkpoints'))
  assert reason in said and f'the last good one is step 40: {remedy}' in said
  assert one_sentence(said)


def test_whatever_file_meets_a_full_disk_the_last_good_step_is_named(tmp_path):
  says = 'metrics.csv: No space left.*no checkpoint yet: make'
  with pytest.raises(errors.RunError, match=says), last_good.told(tmp_path):
    raise FULL
  save(tmp_path, 2)
  says = 'the last good checkpoint is step 2: make room'
  with pytest.raises(errors.RunError, match=says), last_good.told(tmp_path):
    raise FULL
  with pytest.raises(OSError, match='none'), last_good.told(tmp_path):  # nothing of the machine's
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), 'none')


def test_a_loss_that_is_not_finite_names_the_checkpoint_that_there_is(tmp_path):
  steps = [(4, {'reconstruction_loss': float('nan')})]
  with pytest.raises(errors.RunError, match='at step 4; the run stops, and there is no checkpoint'):
    metrics.means(steps, lambda: last_good.in_words(None))
  with pytest.raises(errors.RunError, match='at step 4; the run stops: lower'):
    metrics.means(steps)
