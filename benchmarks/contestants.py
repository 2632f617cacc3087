"""A benchmark's contestants, each in a process of its own, so that none holds another's memory."""

from collections.abc import Iterable
import json
import subprocess
import sys
from typing import Any

from absl import flags

_CASE = flags.DEFINE_string('case', None, 'For itself: run one contestant, and print JSON.')


def case() -> str | None:
  """The contestant that this process is to run; None in the one that was started by hand."""
  return _CASE.value


def results(names: Iterable[str], *more: str) -> dict[str, Any]:
  """Runs the script again for each contestant: its name -> what it prints last, which is JSON.

  `more`: arguments besides those of this process.
  """
  found = {}
  for name in names:
    done = subprocess.run(
      [sys.executable, *sys.argv, *more, f'--case={name}'],
      stdout=subprocess.PIPE,
      text=True,
      check=True,
    )
    found[name] = json.loads(done.stdout.splitlines()[-1])
  return found
