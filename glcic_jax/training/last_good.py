"""Where a run can go on from, told with whatever ends it."""

from collections.abc import Iterator
import contextlib

from etils import epath

from glcic_jax import checkpoints
from glcic_jax import full_disk


@contextlib.contextmanager
def told(workdir: epath.PathLike) -> Iterator[None]:
  """Whatever file meets a failure of the machine, the error names the last good checkpoint.

  Raises:
    errors.RunError: in place of such a failure.
  """
  try:
    yield
  except Exception as error:
    if not full_disk.is_machines(error):
      raise
    raise full_disk.told(error, checkpoints.newest_whole(workdir)) from error


def in_words(step: int | None) -> str:
  """The end of a sentence about a run that stops: `the checkpoint of step 40 stays good`."""
  return (
    'there is no checkpoint yet' if step is None else f'the checkpoint of step {step} stays good'
  )
