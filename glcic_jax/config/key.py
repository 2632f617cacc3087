"""One key of a config, as `keys.py` declares each."""

import dataclasses
import functools
import math
from typing import Any

PAPER = object()  # a default that is the paper's

ABOVE_0 = 1e-30
BELOW_1 = 1 - 1e-9


@dataclasses.dataclass(frozen=True)
class Key:
  """One key of a config. A range has two values, a colour three; both keep within the bounds."""

  default: Any
  meaning: str
  low: float = -math.inf
  high: float = math.inf
  among: tuple[Any, ...] = ()  # the only values; empty: see the bounds
  trains: bool = True  # False: whatever its value, the same is trained; else the audit tells of it
  lasting: bool = False  # a run keeps it for life: a resumed run must have it too
  deviation: str = ''  # why the default is not the paper's
  example: tuple[Any, ...] = ()  # of values in brackets, where the default is empty

  def bounds(self) -> str:
    """In words, after 'give'."""
    if self.high == math.inf:
      return f'{self.low:g} or more'
    return f'{self.low:g} to ' + ('below 1' if self.high == BELOW_1 else f'{self.high:g}')


Lasting = functools.partial(Key, lasting=True)
Aside = functools.partial(Key, trains=False)
