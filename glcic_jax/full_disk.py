"""What a run says when the machine fails it: a full disk, a folder that was taken away.

Libraries wrap such errors, or tell them in words only; the first cause is what a user can mend.
"""

from collections.abc import Iterator
import errno
import os

from etils import epath

from glcic_jax import errors
from glcic_jax import files

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_machines(error: BaseException) -> bool:
  """Whether an error, or what caused it, is a failure of the machine and none of the program's."""
  return not isinstance(error, (errors.InputError, errors.RunError, errors.Stopped)) and any(
    isinstance(cause, OSError) and cause.errno in files.MACHINE_ERRORS or _says_full(cause)
    for cause in _causes(error)
  )


def told(
  error: BaseException, last_good: int | None, checkpoints: epath.PathLike | None = None
) -> errors.RunError:
  """One sentence: what failed, where the run can go on from, and what to do.

  Args:
    error: of the file system, or of a library around it.
    last_good: step of the newest checkpoint that is whole; None if there is none.
    checkpoints: their folder, where saving one failed; None: anything else did.
  """
  causes = list(_causes(error))
  systems = [cause for cause in causes if isinstance(cause, OSError) and cause.errno]
  reason = _of_system(systems[-1]) if systems else first_line(error)
  if checkpoints is not None:
    what, last = f'A checkpoint could not be saved to {checkpoints}', 'there is none before it'
  else:
    what, last = 'The run cannot go on', 'there is no checkpoint yet'
  if last_good:
    last = f'the last good {"checkpoint" if checkpoints is None else "one"} is step {last_good}'
  is_full = any(getattr(cause, 'errno', None) in _FULL or _says_full(cause) for cause in causes)
  remedy = 'make room' if is_full else 'see that the folder is there and can be written'
  return errors.RunError(f'{what} ({reason}); {last}: {remedy}, and give the same command again.')


def _causes(error: BaseException | None) -> Iterator[BaseException]:
  """An error, what it came from, and so on."""
  seen: set[int] = set()
  while error is not None and id(error) not in seen:
    seen.add(id(error))
    yield error
    error = error.__cause__ or error.__context__


def _says_full(error: BaseException) -> bool:
  return any(words in str(error) for words in ('No space left', 'Disk quota exceeded', 'ENOSPC'))


def _of_system(error: OSError) -> str:
  where = f'{os.fspath(error.filename)}: ' if isinstance(error.filename, (str, os.PathLike)) else ''
  return f'{where}{error.strerror}'


def first_line(error: BaseException) -> str:
  """Of what an error says, what fits into a sentence."""
  return (str(error).strip().split('\n')[0] or type(error).__name__)[:300].rstrip('.')
