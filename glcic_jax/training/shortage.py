"""What a run says when its steps do not fit into the memory of its devices, before and after."""

from collections.abc import Callable, Iterator
import contextlib
import sys
from typing import Any

import jax

from glcic_jax import errors
from glcic_jax import files
from glcic_jax import full_disk
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import last_good
from glcic_jax.training import memory


class Guard:
  """What the steps of a run need, and what its devices have."""

  def __init__(
    self, config: Any, mesh: jax.sharding.Mesh, newest: Callable[[], int | None]
  ) -> None:
    """`newest` gives the step to go on from, as of `Checkpoints.newest_whole`."""
    self._config, self._mesh, self._newest = config, mesh, newest
    self._there = memory.of_device(mesh.local_devices[0])
    self._phase, self._state = '', 0
    self._needed: int | None = None

  def compiled(self, phase: schedule.Phase, program: Any, state: Any) -> None:
    """Says so, before anything is taken, if the step of a phase needs more than there is.

    On a CPU nobody else says it: the system ends the process without a word.
    """
    self._phase, self._needed = phase.value, memory.of_step(program)
    self._state = sum(leaf.nbytes for leaf in jax.tree.leaves(state))
    if self._needed and self._there and self._needed > self._there:
      parallel.tell(f'{self._needs()}: {self._remedy(self._newest())}.', sys.stderr)

  @contextlib.contextmanager
  def told(self) -> Iterator['Guard']:
    """While entered, whatever meets the end of the memory is told with numbers and keys.

    Raises:
      errors.RunError: in place of such a failure.
    """
    try:
      yield self
    except Exception as error:
      known = isinstance(error, (errors.InputError, errors.RunError, errors.Stopped))
      if known or full_disk.is_machines(error) or not errors.is_out_of_memory(error):
        raise
      step = self._newest()
      left, remedy = last_good.in_words(step), self._remedy(step)
      raise errors.RunError(f'{self._needs()}, and {left}: {remedy}.') from error

  def _needs(self) -> str:
    """The first half of a sentence."""
    there = f', and {files.amount(self._there)} are there' if self._there else ''
    if self._needed and self._there and self._needed <= self._there:
      there += ', less what other programs hold'
    if not self._needed:
      return f'There is not enough memory{f" ({files.amount(self._there)})" if self._there else ""}'
    return (
      f'There is not enough memory: the {self._phase} step needs about '
      f'{files.amount(self._needed)} on each device{there}'
    )

  def _remedy(self, newest: int | None) -> str:
    batch_size, more = self._config.batch_size, []
    if newest is None:
      more.append(
        memory.remedy(
          batch_size,
          needed=self._needed,
          there=self._there,
          state=self._state,
          devices=self._mesh.size,
        )
      )
    else:
      more.append('give it more devices')
    if self._config.remat != 'blocks':
      more.append('--config.remat=blocks')
    if newest is not None:
      more.append(
        f'another --workdir with a smaller --config.batch_size than {batch_size}, which a run '
        'keeps for life'
      )
    return ', or '.join(more)
