"""Processes, the device mesh, and how arrays lie on it.

The mesh has one axis, 'data': every parameter is on every device, every batch is
cut along its first axis. All arithmetic is written for the global batch, so
BatchNorm sees all of it; XLA inserts the collectives.
"""

from collections.abc import Mapping
import os
import re
import socket
import time
from typing import Any, TextIO

import jax
from jax.sharding import AbstractMesh
from jax.sharding import AxisType
from jax.sharding import Mesh
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import errors


def initialize(processes: str = 'auto', *, timeout: int = 300) -> None:
  """Joins the processes of a run; to be called before anything else of JAX.

  Args:
    processes: 'auto': as the environment says, which is one process unless SLURM, Open MPI, a TPU
      pod or a coordinator's address in JAX_COORDINATOR_ADDRESS tells of more. 'on': let JAX find
      out, and fail where it cannot. 'off': one. Or 'HOST:PORT,COUNT,INDEX'.
    timeout: seconds to wait for the others.

  Raises:
    errors.InputError: if `processes` is none of these.
    errors.RunError: if the coordinator cannot be reached.
  """
  explicit = re.fullmatch(r'([^,]+:\d+),(\d+),(\d+)', processes)
  if not explicit and processes not in ('auto', 'on', 'off'):
    raise errors.InputError(
      f'--processes is {processes!r}; give auto, on, off, or HOST:PORT,COUNT,INDEX.'
    )
  if explicit and not int(explicit[3]) < int(explicit[2]):
    raise errors.InputError(f'--processes is {processes!r}; INDEX counts from 0 to COUNT - 1.')
  if processes == 'off' or processes == 'auto' and not _several_are_announced(os.environ):
    return
  where = _from_environment(os.environ)
  if explicit:
    where = dict(
      coordinator_address=explicit[1], num_processes=int(explicit[2]), process_id=int(explicit[3])
    )
  if where.get('process_id'):  # JAX would abort without saying why
    _wait_for(where['coordinator_address'], timeout)
  try:
    jax.distributed.initialize(initialization_timeout=timeout, **where)
  except (RuntimeError, ValueError) as error:
    address = where.get('coordinator_address', 'that JAX looked for')
    raise _not_together(address, timeout, str(error).strip().split('\n')[0]) from None


def _wait_for(address: str, timeout: int) -> None:
  """Returns once somebody listens at HOST:PORT."""
  host, _, port = address.rpartition(':')
  end = time.monotonic() + timeout
  while True:
    try:
      socket.create_connection((host, int(port)), timeout=5).close()
      return
    except OSError as error:
      if time.monotonic() > end:
        raise _not_together(address, timeout, error.strerror or str(error)) from None
    time.sleep(0.5)


def _not_together(address: str, timeout: int, reason: str) -> errors.RunError:
  return errors.RunError(
    f'The processes did not come together within {timeout} s (coordinator {address}: {reason}); '
    'see that every process runs and can reach that address.'
  )


def _several_are_announced(environment: Mapping[str, str]) -> bool:
  """Whether the environment tells of more than one process."""

  def number(name: str) -> int:
    return int(environment[name]) if environment.get(name, '').isdecimal() else 0

  return (
    number('SLURM_NTASKS') > 1
    and 'SLURM_PROCID' in environment
    or number('OMPI_COMM_WORLD_SIZE') > 1
    or ',' in environment.get('TPU_WORKER_HOSTNAMES', '')
    or 'JAX_COORDINATOR_ADDRESS' in environment
  )


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
  """The number and index of processes, which JAX does not read beside a coordinator's address."""
  names = ('JAX_COORDINATOR_ADDRESS', 'JAX_NUM_PROCESSES', 'JAX_PROCESS_ID')
  if not all(name in environment for name in names):
    return {}
  address, count, index = (environment[name] for name in names)
  return dict(coordinator_address=address, num_processes=int(count), process_id=int(index))


def make_mesh(devices: list[jax.Device] | None = None) -> Mesh:
  """A mesh over all devices of all processes, or over those given."""
  devices = jax.devices() if devices is None else devices
  # Not jax.make_mesh, which may reorder devices: each process's rows must stay together, in order.
  return Mesh(np.asarray(devices), ('data',), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh | AbstractMesh) -> NamedSharding:
  """The whole array on every device: parameters, statistics, metrics."""
  return NamedSharding(mesh, PartitionSpec())


def by_rows(mesh: Mesh) -> NamedSharding:
  """Cut along the first axis: batches."""
  return NamedSharding(mesh, PartitionSpec('data'))


def process_rows(batch_size: int, mesh: Mesh) -> range:
  """Which rows of the global batch this process reads.

  Raises:
    errors.InputError: if the batch cannot be cut evenly over the devices.
  """
  devices = mesh.size
  if batch_size % devices:
    lower = batch_size // devices * devices
    near = f'{lower} or {lower + devices}' if lower else f'{devices}'
    raise errors.InputError(
      f'batch_size {batch_size} cannot be divided over {devices} devices; the nearest that can: '
      f'{near}.'
    )
  rows = batch_size // jax.process_count()
  return range(jax.process_index() * rows, (jax.process_index() + 1) * rows)


def to_global(batch: batch_lib.Batch, mesh: Mesh) -> batch_lib.Batch:
  """This process's rows (NumPy) -> the global batch, cut over the mesh."""
  sharding = by_rows(mesh)
  return jax.tree.map(
    lambda rows: jax.make_array_from_process_local_data(sharding, np.asarray(rows)), batch
  )


def gather(array: jax.Array) -> np.ndarray:
  """A global array -> NumPy, whole, on every process."""
  if array.is_fully_addressable:
    return np.asarray(array)
  assert isinstance(array.sharding, NamedSharding)
  whole = replicated(array.sharding.mesh)
  return np.asarray(jax.jit(lambda x: x, out_shardings=whole)(array))


def is_main_process() -> bool:
  """Whether this process writes the files that all share."""
  return jax.process_index() == 0


def tell(sentence: str, file: TextIO | None = None) -> None:
  """Prints on the main process alone, at once; to stdout, or another file."""
  if is_main_process():
    print(sentence, file=file, flush=True)
