"""The three ways in which a command ends early, each with its exit code.

Every message is one sentence that says what was wrong and what to do. The
command line prints it on stderr and leaves with `exit_code`; anything else that
escapes is a bug and keeps its traceback.
"""

from collections.abc import Iterable
import difflib
import re

# What moves a terminal's cursor or turns the order of letters, in a file's name for example.
_CONTROLS = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]')


class InputError(ValueError):
  """Wrong usage or wrong input: nothing was started, nothing was written."""

  exit_code = 2


def install(extra: str) -> str:
  """The command that brings an extra, for a sentence. Of a package that is installed, by whatever
  way it came, pip takes what is there and adds the extra; a clone need not be installed yet.
  """
  return f"pip install 'glcic_jax[{extra}]' (in a clone: '.[{extra}]')"


def require(condition: bool, sentence: str) -> None:
  """Raises `InputError` with the sentence, unless the condition holds."""
  if not condition:
    raise InputError(sentence)


class RunError(RuntimeError):
  """The run itself failed: a non-finite loss, a full disk, unreadable data."""

  exit_code = 3


class Stopped(Exception):
  """A signal asked the run to stop; it saved first."""

  def __init__(self, signal_number: int, step: int):
    super().__init__(
      f'Stopped by signal {signal_number} after saving step '
      f'{step}: the same command continues from there.'
    )
    self.exit_code = 128 + signal_number


def is_out_of_memory(error: Exception) -> bool:
  """Whether memory was refused: the machine's by Python, or a device's by JAX."""
  return isinstance(error, MemoryError) or 'RESOURCE_EXHAUSTED' in str(error)  # JAX's word


def shown(sentence: str) -> str:
  """A sentence as it may be shown: control characters escaped, as in `a\\x1b[2J.png`."""
  return _CONTROLS.sub(lambda match: match[0].encode('unicode_escape').decode(), sentence)


def nearest(word: str, known: Iterable[str]) -> str:
  """Of what is known, what a mistyped word probably means; empty if nothing is near."""
  return (difflib.get_close_matches(word, known, n=1) or [''])[0]


def did_you_mean(word: str, known: Iterable[str]) -> str:
  """The end of a sentence about a mistyped word: `did you mean telea?`; empty if none is near."""
  near = nearest(word, known)
  return f'did you mean {near}?' if near else ''


def with_hint(sentence: str, hint: str) -> str:
  """A whole sentence, ending in `did_you_mean`'s hint where there is one."""
  return f'{sentence.rstrip(".")} - {hint}' if hint else sentence
