"""Checkpoints of a run: the only file that knows Orbax.

A checkpoint holds two items: `state`, the train state's arrays, and `run`, plain
JSON about the run they belong to. Saving is asynchronous and atomic: a killed save
leaves the checkpoint before it.
"""

from collections.abc import Mapping
from typing import Any

from etils import epath
import jax
import numpy as np
import orbax.checkpoint as ocp

from glcic_jax import errors

FOLDER = 'checkpoints'


class Checkpoints:
  """The checkpoints of one workdir.

  Use as a context manager: leaving it waits for the save under way.
  """

  def __init__(self, workdir: epath.PathLike, *, keep: int):
    """Opens, and makes, `workdir/checkpoints`; `keep` newest are kept."""
    self._manager = ocp.CheckpointManager(
        _folder(workdir),
        options=ocp.CheckpointManagerOptions(max_to_keep=keep, enable_async_checkpointing=True))

  def __enter__(self) -> 'Checkpoints':
    return self

  def __exit__(self, *_) -> None:
    self._manager.close()

  @property
  def latest_step(self) -> int | None:
    """The newest whole checkpoint, or None."""
    return self._manager.latest_step()

  def save(self, step: int, state: Any, run: Mapping[str, Any]) -> None:
    """Starts saving; returns once the arrays are copied off the devices. A step once saved stays."""
    if step == self.latest_step:
      return
    self._manager.save(
        step, args=ocp.args.Composite(state=ocp.args.StandardSave(state), run=ocp.args.JsonSave(dict(run))),
        force=True)

  def wait(self) -> None:
    """Returns when the save under way, if any, is whole."""
    self._manager.wait_until_finished()

  def restore(self, like: Any) -> tuple[Any, dict[str, Any]]:
    """Reads the newest checkpoint.

    Args:
      like: the state's shapes, dtypes and shardings (`jax.ShapeDtypeStruct` leaves): the arrays
        are born where they live, on however many devices.

    Returns:
      the state, and the JSON beside it.

    Raises:
      errors.InputError: if the checkpoint's arrays have other names or shapes.
      errors.RunError: if it cannot be read.
    """
    step = self.latest_step
    try:
      read = self._manager.restore(
          step, args=ocp.args.Composite(state=ocp.args.StandardRestore(like), run=ocp.args.JsonRestore()))
    except (ValueError, KeyError, TypeError) as error:
      raise errors.InputError(
          f'Checkpoint {step} in {self._manager.directory} holds another model\'s arrays '
          f'({_first_line(error)}); use its own config, or another --workdir.') from error
    except OSError as error:
      raise errors.RunError(
          f'Checkpoint {step} in {self._manager.directory} cannot be read ({_first_line(error)}).') from error
    return read['state'], read['run']


def read_run(workdir: epath.PathLike) -> tuple[int, dict[str, Any]] | None:
  """The newest checkpoint's step and its JSON, without its arrays; None if there is no checkpoint."""
  if not _folder(workdir).exists():
    return None
  with _reader(workdir) as manager:
    step = manager.latest_step()
    if step is None:
      return None
    return step, manager.restore(step, args=ocp.args.Composite(run=ocp.args.JsonRestore()))['run']


def read_generator(workdir: epath.PathLike, step: int | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
  """The generator of a checkpoint, as NumPy arrays, for completion and export.

  Args:
    workdir: of the run.
    step: which checkpoint; the newest by default.

  Returns:
    `{'params': ..., 'batch_stats': ...}`, and the JSON beside it.

  Raises:
    errors.InputError: if there is no such checkpoint.
  """
  with _reader(workdir) as manager:
    step = manager.latest_step() if step is None else step
    if step is None or step not in manager.all_steps():
      raise errors.InputError(f'{workdir} holds no checkpoint{"" if step is None else f" of step {step}"}; '
                              'train first, or give a model directory.')
    run = manager.restore(step, args=ocp.args.Composite(run=ocp.args.JsonRestore()))['run']
  with ocp.PyTreeCheckpointer() as reader:
    state = _folder(workdir) / str(step) / 'state'
    leaves = reader.metadata(state).item_metadata.tree['generator']
    wanted = {'generator': {part: leaves[part] for part in ('params', 'batch_stats')}}
    read = reader.restore(state, args=ocp.args.PyTreeRestore(
        item=wanted, partial_restore=True,
        restore_args=jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), wanted)))
  return read['generator'], run


def _reader(workdir: epath.PathLike) -> ocp.CheckpointManager:
  return ocp.CheckpointManager(_folder(workdir), options=ocp.CheckpointManagerOptions(read_only=True))


def _folder(workdir: epath.PathLike) -> epath.Path:
  path = epath.Path(workdir)
  return (path if '://' in str(path) else path.resolve()) / FOLDER


def _first_line(error: Exception) -> str:
  return str(error).strip().split('\n')[0][:300]
