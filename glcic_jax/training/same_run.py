"""Which run a workdir holds: where it may lie, what is stored there, and what must not change.

A resumed run must be the run that began: the same networks, optimisers, data and seed, and
a schedule that gives the same phase to every step already taken. The rest of the config
(learning rates, weights, intervals, a longer schedule) may change; the change is printed.
"""

from collections.abc import Iterator, Mapping
import os
from typing import Any

from etils import epath

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import files
from glcic_jax import schedule
from glcic_jax.config import keys
from glcic_jax.data import sources
from glcic_jax.model_directory import model_files


def check_place(workdir: epath.PathLike, config: Any) -> None:
  """Refuses a workdir that would spoil what is there already.

  Raises:
    errors.InputError: if it is a file, a model directory, or lies among the pictures to train on.
  """
  path = epath.Path(workdir)
  if path.exists() and not path.is_dir():
    raise errors.InputError(
      f'{workdir} is a file; give a folder as --workdir, which is made if needed.'
    )
  if (path / model_files.WEIGHTS).exists():
    raise errors.InputError(
      f'{workdir} is a model directory; give another --workdir, and --config.init_from={workdir} '
      'to start from its network.'
    )
  for folder in _picture_folders(config):
    if _lies_within(workdir, folder):
      raise errors.InputError(
        f'{workdir} lies within {folder}, so that the samples written there would become '
        'pictures to train on; give a --workdir elsewhere.'
      )


def _picture_folders(config: Any) -> Iterator[str]:
  """The folders that the config's source searches in depth."""
  for spec, _ in sources.members(config.data):
    kind, _, path = spec.partition(':')
    path = path or config.data.folder
    if kind == 'folder' and path and epath.Path(path).is_dir():
      yield path


def _lies_within(path: epath.PathLike, folder: str) -> bool:
  """Whether the search of a folder would come by a path; hidden folders are left out of it."""
  inner, outer = (
    place if files.in_bucket(place) else os.path.realpath(place)
    for place in (os.fspath(path), folder)
  )
  beyond = inner.removeprefix(outer.rstrip('/'))
  return beyond != inner and beyond[:1] in ('', '/') and '/.' not in beyond


def describe(
  config: Any, *, mean_color: tuple[float, float, float], digest: str, model: Mapping[str, Any]
) -> dict[str, Any]:
  """The JSON beside every checkpoint; `digest` is of the listing of training pictures."""
  return {
    'config': config_lib.flatten(config),
    'mean_color': list(mean_color),
    'listing': digest,
    'model': dict(model),
  }


def check_same(stored: Mapping[str, Any], config: Any, *, step: int, workdir: str) -> list[str]:
  """Refuses to continue another run than that of the JSON beside a checkpoint of `step` steps.

  Returns:
    a line for each key that changed and may.

  Raises:
    errors.InputError: naming a key that changed and must not.
  """
  now = config_lib.flatten(config)
  # Keys that are younger than the run had their default's effect in it.
  before = config_lib.flatten(config_lib.default()) | config_lib.current(stored['config'])
  changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
  lasting = [key for key in changed if key in keys.KEYS and keys.KEYS[key].lasting]
  if lasting:
    key = lasting[0]
    others = f' (and {len(lasting) - 1} more keys)' if len(lasting) > 1 else ''
    raise errors.InputError(
      f'{workdir} holds another run: its {key} is {before.get(key)!r}, not '
      f'{now.get(key)!r}{others}; use its own config, or another --workdir.'
    )
  if config.schedule.total_steps < step:
    raise errors.InputError(
      f'{workdir} is at step {step} already, beyond schedule.total_steps = '
      f'{config.schedule.total_steps}; give at least {step}.'
    )
  names = ('reconstruction_steps', 'discriminator_steps', 'total_steps')
  old = schedule.Schedule(*(before[f'schedule.{name}'] for name in names))
  if not old.agrees_until(schedule.from_config(config.schedule), step):
    raise errors.InputError(
      f'{workdir} is at step {step}, and the schedule given puts earlier steps into other phases; '
      'keep the lengths of the phases already begun.'
    )
  return [
    f'{key}: {before.get(key)!r} before, {now.get(key)!r} from step {step} on' for key in changed
  ]


def check_began(
  stored: Mapping[str, Any], config: Any, mean_color: tuple[float, float, float]
) -> None:
  """Refuses a checkpoint of another run than the one that was prepared.

  Raises:
    errors.InputError: if its mean colour or seed is another.
  """
  seed = stored['config'].get('seed', config.seed)
  if tuple(stored['mean_color']) != tuple(mean_color) or seed != config.seed:
    raise errors.InputError(
      'Another run wrote checkpoints into this workdir while this one was starting; give another '
      '--workdir, or the same command again to continue that run.'
    )


def check_listing(stored: Mapping[str, Any], digest: str, *, allow: bool) -> None:
  """Refuses pictures that are not those that the run began with.

  Raises:
    errors.InputError: if the listing changed and `allow` is False.
  """
  if stored['listing'] != digest and not allow:
    raise errors.InputError(
      'The list of pictures changed since this run began, so its batches would not be the same; '
      'restore the folder, or allow it by --config.data.allow_changed_listing=True.'
    )
