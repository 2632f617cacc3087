"""What a step needs of memory, what a device has, and which keys to change where that is less."""

import contextlib
import os
import pathlib
from typing import Any

import jax

from glcic_jax import errors
from glcic_jax import files

# What a container may use, by both versions of Linux's control groups.
_LIMITS = ('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes')
_SPARE = 0.9  # the share of a device that a batch is suggested for: libraries need some, too


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
