"""Checkpoints of a run: the only file that knows Orbax.

A checkpoint holds `state`, the train state's arrays, and `run`, plain JSON about the run they
belong to, with a SHA-256 digest of every array and of itself. Saving is asynchronous and atomic: a
killed save leaves the checkpoint before it. What is read is compared with its digests: a checkpoint
that is truncated or altered, or an empty folder, is named and set aside; the one before is used.
"""

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import json
import sys
import threading
from typing import Any

from etils import epath
import jax
from jax.experimental import multihost_utils
import numpy as np
import orbax.checkpoint as ocp

from glcic_jax import errors
from glcic_jax import files
from glcic_jax import full_disk
from glcic_jax import leaves
from glcic_jax import parallel
from glcic_jax import sealed

FOLDER = 'checkpoints'
Parts = Mapping[str, Sequence[str]]  # network -> which of its fields
_PATIENCE = 2.0  # seconds: for the threads of Orbax, after a failure
BROKEN = 'broken_checkpoints'  # beside it: checkpoints that could not be read, kept


class Checkpoints:
  """The checkpoints of one workdir; a context manager that waits for the save under way."""

  def __init__(self, workdir: epath.PathLike, *, keep: int):
    """Opens, and makes, `workdir/checkpoints`; `keep` newest are kept."""
    self._workdir, self._failed = workdir, False  # whether a save failed
    self._manager = ocp.CheckpointManager(
      _folder(workdir),
      options=ocp.CheckpointManagerOptions(max_to_keep=keep, enable_async_checkpointing=True),
    )

  def __enter__(self) -> 'Checkpoints':
    return self

  def __exit__(
    self, kind: type[BaseException] | None, error: BaseException | None, trace: object
  ) -> None:
    if error is None:
      with self._saving():
        self._manager.close()
      return
    # What ended the run is told, not what follows; threads of Orbax may then wait for minutes.
    failed = self._failed or full_disk.is_machines(error)
    closing = threading.Thread(target=self._close_silently, daemon=True)
    closing.start()
    closing.join(_PATIENCE if failed else None)
    if failed and not self._failed:
      raise full_disk.told(error, newest_whole(self._workdir)) from error

  def _close_silently(self) -> None:
    with contextlib.suppress(Exception):
      self._manager.close()

  @property
  def latest_step(self) -> int | None:
    """The newest checkpoint, whole or not, or None."""
    return self._manager.latest_step()

  def save(self, step: int, state: Any, run: Mapping[str, Any]) -> None:
    """Starts saving; returns once the arrays are copied off the devices. A step once saved stays.

    Raises:
      errors.RunError: if this save, or the one before it, fails.
    """
    if step == self.latest_step:
      return
    run = dict(run) | {'leaves': leaves.describe(state)}
    with self._saving():
      self._manager.save(
        step,
        args=ocp.args.Composite(
          state=ocp.args.StandardSave(state), run=ocp.args.JsonSave(sealed.seal(run))
        ),
        force=True,
      )

  def wait(self) -> None:
    """Returns when the save under way, if any, is whole."""
    with self._saving():
      self._manager.wait_until_finished()

  def check(self) -> None:
    """Raises RunError if the save under way has failed already; waits for nothing."""
    with self._saving():
      self._manager.check_for_errors()

  def newest_whole(self) -> int | None:
    """The newest step that is whole once the save under way has ended, well or not; or None."""
    with contextlib.suppress(Exception):
      self._manager.wait_until_finished()
    return newest_whole(self._workdir)

  @contextlib.contextmanager
  def _saving(self) -> Iterator[None]:
    """Whatever a save meets, such as a full disk, ends the run; its last good step is told."""
    try:
      yield
    except Exception as error:  # a save that fails later is told by the next call
      self._failed = True
      raise full_disk.told(error, newest_whole(self._workdir), _folder(self._workdir)) from error

  def stop_was_announced(self, step: int) -> bool:
    """Whether the platform is about to take these machines; the same on all processes."""
    return self._manager.reached_preemption(step)

  def restore(self, like: Any) -> tuple[Any, dict[str, Any]]:
    """Reads the newest whole checkpoint; newer ones are set aside, and named on stderr.

    Args:
      like: the state's shapes, dtypes and shardings (`jax.ShapeDtypeStruct` leaves): the arrays
        are born where they live, on however many devices.

    Returns:
      the state, and the JSON beside it.

    Raises:
      errors.InputError: if the checkpoint's arrays have other names or shapes.
      errors.RunError: if there are checkpoints, and none is whole.
    """
    broken = []
    for step in _newest_first(self._workdir):
      try:
        run = _read_run(self._workdir, step)
        if difference := leaves.first_difference(run['leaves'], like):
          raise errors.InputError(
            f"Checkpoint {step} in {self._workdir} holds another model's arrays: {difference}; "
            'use its own config, or another --workdir.'
          )
        with _reading(step):
          state = self._manager.restore(
            step, args=ocp.args.Composite(state=ocp.args.StandardRestore(like))
          )['state']
        _verify(state, run, step)
      except _BrokenError as error:
        broken.append(step)
        sentence = f'{error} The checkpoint before it is used; this one is kept in {BROKEN}.'
        parallel.tell(sentence, sys.stderr)
        continue
      self._set_aside(broken)
      return state, run
    raise _none_whole(self._workdir)

  def _set_aside(self, steps: list[int]) -> None:
    """Moves broken checkpoints away: their steps will be saved anew."""
    if parallel.is_main_process():
      for step in steps:
        target = _folder(self._workdir).parent / BROKEN / str(step)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
          target.rmtree()
        (_folder(self._workdir) / str(step)).rename(target)
    if steps:
      multihost_utils.sync_global_devices('broken checkpoints are set aside')
      self._manager.reload()


def newest_whole(workdir: epath.PathLike) -> int | None:
  """The newest step whose JSON is whole; None if there is none."""
  with contextlib.suppress(errors.RunError, OSError):
    return (read_run(workdir) or (None,))[0]
  return None


def read_run(workdir: epath.PathLike) -> tuple[int, dict[str, Any]] | None:
  """The newest checkpoint's step and its JSON, without its arrays; None if there is no checkpoint.

  Raises:
    errors.RunError: if there are checkpoints, and the JSON of none can be read.
  """
  steps = _newest_first(workdir)
  for step in steps:
    with contextlib.suppress(_BrokenError):
      return step, _read_run(workdir, step)
  if steps:
    raise _none_whole(workdir)
  return None


def read_generator(
  workdir: epath.PathLike, step: int | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
  """The generator's variables, or their average where a run keeps one; else as `read_networks`."""
  networks, run = read_networks(workdir, step)
  return networks['generator'].get('average', networks['generator']), run


def _completing(run: Mapping[str, Any]) -> Parts:
  """The parts of a checkpoint that complete pictures; `run`: the JSON beside it."""
  averaged = any(name.startswith('generator/average/') for name in run['leaves'])
  return {'generator': ('average',) if averaged else ('params', 'batch_stats')}


def read_networks(
  workdir: epath.PathLike, step: int | None = None, parts: Parts | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
  """Parts of a checkpoint's state, as NumPy arrays.

  Without a step it is the newest whole checkpoint, without parts what completes pictures.

  Returns:
    network -> field -> arrays, and the JSON beside them.

  Raises:
    errors.InputError: if there is no such checkpoint, or the one asked for is not whole.
    errors.RunError: if there are checkpoints, and none is whole.
  """
  steps = _newest_first(workdir)
  if not steps or step is not None and step not in steps:
    raise errors.InputError(
      f'{workdir} holds no checkpoint{"" if step is None else f" of step {step}"}; '
      'train first, or give a model directory.'
    )
  for candidate in steps if step is None else [step]:
    try:
      run = _read_run(workdir, candidate)
      read = _read_parts(workdir, candidate, parts or _completing(run))
      _verify(read, run, candidate)
      return read, run
    except _BrokenError as error:
      if step is not None:
        raise errors.InputError(f'{error} Give another checkpoint.') from None
      parallel.tell(f'{error} The checkpoint before it is used.', sys.stderr)
  raise _none_whole(workdir)


def _read_parts(workdir: epath.PathLike, step: int, parts: Parts) -> dict[str, Any]:
  state, handler = _folder(workdir) / str(step) / 'state', ocp.PyTreeCheckpointHandler()
  with _reading(step), ocp.Checkpointer(handler) as reader:
    held = handler.metadata(state).tree  # the reader would warn that no file of the step is here
    wanted = {network: {name: held[network][name] for name in parts[network]} for network in parts}
    return reader.restore(
      state,
      args=ocp.args.PyTreeRestore(
        item=wanted,
        partial_restore=True,
        restore_args=jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), wanted),
      ),
    )


class _BrokenError(Exception):
  """A checkpoint that is not whole; a sentence."""


@contextlib.contextmanager
def _reading(step: int) -> Iterator[None]:
  """Whatever Orbax raises about damaged files, as one kind of error."""
  try:
    yield
  except Exception as error:  # TensorStore alone has a dozen
    why = full_disk.first_line(error)
    raise _BrokenError(f'Checkpoint {step} cannot be read ({why}).') from error


def _newest_first(workdir: epath.PathLike) -> list[int]:
  """The steps that have a folder, found without Orbax: its manager makes all processes meet."""
  folder = _folder(workdir)
  names = [entry.name for entry in folder.iterdir()] if folder.exists() else []
  return sorted((int(name) for name in names if name.isdecimal()), reverse=True)


def _read_run(workdir: epath.PathLike, step: int) -> dict[str, Any]:
  with _reading(step):
    stored = files.read(_folder(workdir) / str(step) / 'run' / 'metadata')
    run = sealed.unseal(json.loads(stored))
    if not {'config', 'leaves'} <= run.keys():
      raise ValueError('it says nothing about its run')
  return run


def _verify(tree: Any, run: Mapping[str, Any], step: int) -> None:
  for name, leaf in leaves.describe(tree).items():
    if run['leaves'].get(name) != leaf:
      raise _BrokenError(f'Checkpoint {step} is damaged: {name} does not match its SHA-256 digest.')


def _none_whole(workdir: epath.PathLike) -> errors.RunError:
  return errors.RunError(
    f'{workdir} holds checkpoints, and none of them is whole; restore them from a copy, or remove '
    f'{FOLDER} to start afresh.'
  )


def _folder(workdir: epath.PathLike) -> epath.Path:
  path = epath.Path(workdir)
  return (path if files.in_bucket(path) else path.resolve()) / FOLDER
