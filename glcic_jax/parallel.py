"""Processes, the device mesh, and how arrays lie on it.

The mesh has one axis, 'data': every parameter is on every device, every batch is
cut along its first axis. All arithmetic is written for the global batch, so
BatchNorm sees all of it; XLA inserts the collectives.
"""

import jax
from jax.sharding import AxisType
from jax.sharding import Mesh
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec
import numpy as np

from glcic_jax import batch as batch_lib
from glcic_jax import errors


def make_mesh(devices: list[jax.Device] | None = None) -> Mesh:
  """A mesh over all devices of all processes, or over those given."""
  devices = jax.devices() if devices is None else devices
  # Not jax.make_mesh, which may reorder devices: each process's rows must stay together, in order.
  return Mesh(np.asarray(devices), ('data',), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh) -> NamedSharding:
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
        f'batch_size {batch_size} cannot be divided over {devices} devices; the nearest that can: {near}.')
  rows = batch_size // jax.process_count()
  return range(jax.process_index() * rows, (jax.process_index() + 1) * rows)


def to_global(batch: batch_lib.Batch, mesh: Mesh) -> batch_lib.Batch:
  """This process's rows (NumPy) -> the global batch, cut over the mesh."""
  sharding = by_rows(mesh)
  return jax.tree.map(
      lambda rows: jax.make_array_from_process_local_data(sharding, np.asarray(rows)), batch)


def gather(array: jax.Array) -> np.ndarray:
  """A global array -> NumPy, whole, on every process."""
  if array.is_fully_addressable:
    return np.asarray(array)
  return np.asarray(jax.jit(lambda x: x, out_shardings=replicated(array.sharding.mesh))(array))


def is_main_process() -> bool:
  """Whether this process writes the files that all share."""
  return jax.process_index() == 0
