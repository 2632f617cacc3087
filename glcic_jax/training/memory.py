"""Whether a run's steps fit into the memory of its devices, and which keys to change where not."""

from collections.abc import Iterator
import contextlib
import os
import pathlib
import sys
from typing import Any

from etils import epath
import jax

from glcic_jax import checkpoints
from glcic_jax import errors
from glcic_jax import files
from glcic_jax import full_disk
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import last_good

# What a container may use, by both versions of Linux's control groups.
_LIMITS = ('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes')
_SPARE = 0.9  # the share of a device that a batch is suggested for: libraries need some, too
_OUT_OF_IT = 'RESOURCE_EXHAUSTED'  # in the words of JAX


def of_machine() -> int | None:
  """Bytes that this machine has, or this container may use; None where nobody says."""
  try:
    found = [os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')]
  except (AttributeError, ValueError, OSError):  # Windows
    return None
  for name in _LIMITS:
    with contextlib.suppress(OSError, ValueError):  # there is none, or it says `max`
      found.append(int(pathlib.Path(name).read_text()))
  return min(found)


def of_device(device: jax.Device) -> int | None:
  """Bytes that a device has for programs; CPU devices share those of the machine."""
  if device.platform != 'cpu':
    return (device.memory_stats() or {}).get('bytes_limit')
  machine = of_machine()
  return None if machine is None else machine // jax.local_device_count()


def of_step(program: Any) -> int | None:
  """Bytes that a compiled step needs on each device, as its compiler says; None where it does not.

  The state is donated, so that it counts once.
  """
  said = program.memory_analysis()
  if said is None:
    return None
  taken = said.argument_size_in_bytes + said.output_size_in_bytes + said.temp_size_in_bytes
  return taken - said.alias_size_in_bytes


def remedy(
  batch_size: int, *, needed: int | None, there: int | None, state: int, devices: int
) -> str:
  """What to give so that a step fits: the keys, and the batch that does, where it can be told.

  Args:
    batch_size: global.
    needed: bytes of the step on each device.
    there: bytes of a device.
    state: bytes that no smaller batch saves.
    devices: that share the batch.
  """
  batch = f'--config.batch_size than {batch_size}'
  if needed and there and needed > state:
    share = (there * _SPARE - state) / (needed - state)
    fitting = int(batch_size * share) // devices * devices
    if 0 < fitting < batch_size:
      batch += f' (about {fitting:,} would fit)'
  return f'give a smaller {batch}, a smaller --config.image_size or --config.model.width'


def check_batch(config: Any) -> None:
  """Refuses a batch that, before any network sees it, is larger than the machine.

  Raises:
    errors.InputError: naming the keys.
  """
  there, own = of_machine(), config.batch_size // jax.process_count()
  needed = own * config.image_size**2 * 4  # three levels and the mask, a byte each
  if there is not None and needed > there:
    raise errors.InputError(
      f'The pictures of one batch alone take {files.amount(needed)} of memory, and this machine '
      f'has {files.amount(there)}; give a smaller --config.batch_size, which is '
      f'{config.batch_size}, or a smaller --config.image_size, which is {config.image_size}.'
    )


class Memory:
  """What the steps of a run need, and what its devices have."""

  def __init__(self, config: Any, workdir: epath.PathLike, mesh: jax.sharding.Mesh) -> None:
    self._config, self._workdir, self._mesh = config, workdir, mesh
    self._there = of_device(mesh.local_devices[0])
    self._phase, self._state = '', 0
    self._needed: int | None = None

  def compiled(self, phase: schedule.Phase, program: Any, state: Any) -> None:
    """Says so, before anything is taken, if the step of a phase needs more than there is.

    On a CPU nobody else says it: the system ends the process without a word.
    """
    self._phase, self._needed = phase.value, of_step(program)
    self._state = sum(leaf.nbytes for leaf in jax.tree.leaves(state))
    if self._needed and self._there and self._needed > self._there:
      parallel.tell(f'{self._needs()}: {self._remedy()}.', sys.stderr)

  @contextlib.contextmanager
  def told(self) -> Iterator[None]:
    """While entered, whatever meets the end of the memory is told with numbers and keys.

    Raises:
      errors.RunError: in place of such a failure.
    """
    try:
      yield
    except Exception as error:
      known = isinstance(error, (errors.InputError, errors.RunError, errors.Stopped))
      if known or full_disk.is_machines(error):
        raise
      if not isinstance(error, MemoryError) and _OUT_OF_IT not in str(error):
        raise
      left = last_good.in_words(self._workdir)
      raise errors.RunError(f'{self._needs()}, and {left}: {self._remedy()}.') from error

  def _needs(self) -> str:
    """The first half of a sentence."""
    there = f', and {files.amount(self._there)} are there' if self._there else ''
    if not self._needed:
      return f'There is not enough memory{f" ({files.amount(self._there)})" if self._there else ""}'
    return (
      f'There is not enough memory: the {self._phase} step needs about '
      f'{files.amount(self._needed)} on each device{there}'
    )

  def _remedy(self) -> str:
    batch_size, more = self._config.batch_size, []
    has_begun = checkpoints.newest_whole(self._workdir) is not None
    if not has_begun:
      more.append(
        remedy(
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
    if has_begun:
      more.append(
        f'another --workdir with a smaller --config.batch_size than {batch_size}, which a run '
        'keeps for life'
      )
    return ', or '.join(more)
