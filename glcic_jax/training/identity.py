"""Which run a workdir holds: what is stored beside the state, and what must not change.

A resumed run must be the run that began: the same networks, optimisers, data and seed, and
a schedule that gives the same phase to every step already taken. The rest of the config
(learning rates, weights, intervals, a longer schedule) may change; the change is printed.
"""

from collections.abc import Mapping
from typing import Any

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import schedule

# Keys, and beginnings of keys, that a run keeps for life.
LASTING = ('method', 'seed', 'batch_size', 'image_size', 'model.', 'optimizer.generator.name',
           'optimizer.discriminator.name', 'mask.', 'data.source', 'data.tfds.split', 'data.tfds.feature',
           'data.mixture', 'data.validation_fraction', 'data.resize_short_edge', 'data.flip',
           'data.alpha_color', 'data.mean_color')


def _is_lasting(key: str) -> bool:
  return any(key == entry or entry.endswith('.') and key.startswith(entry) for entry in LASTING)


def describe(config: Any, *, mean_color: tuple[float, float, float], digest: str,
             model: Mapping[str, Any]) -> dict[str, Any]:
  """The JSON beside every checkpoint.

  Args:
    config: the run's.
    mean_color: RGB in 0..1, as used.
    digest: of the listing of training pictures.
    model: the generator's description (`model_files.Description.to_json`).
  """
  return {'config': config_lib.flatten(config), 'mean_color': list(mean_color), 'listing': digest,
          'model': dict(model)}


def check_same(stored: Mapping[str, Any], config: Any, *, step: int, workdir: str) -> list[str]:
  """Refuses to continue another run.

  Args:
    stored: the JSON beside the checkpoint.
    config: of the run that wants to continue.
    step: how many steps the checkpoint has.
    workdir: its name, for messages.

  Returns:
    a line for each key that changed and may.

  Raises:
    errors.InputError: naming a key that changed and must not.
  """
  now = config_lib.flatten(config)
  # Keys that are younger than the run had their default's effect in it.
  before = config_lib.flatten(config_lib.default()) | stored['config']
  changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
  lasting = [key for key in changed if _is_lasting(key)]
  if lasting:
    key = lasting[0]
    others = f' (and {len(lasting) - 1} more keys)' if len(lasting) > 1 else ''
    raise errors.InputError(
        f'{workdir} holds another run: its {key} is {before.get(key)!r}, not {now.get(key)!r}{others}; '
        'use its own config, or another --workdir.')
  if config.schedule.total_steps < step:
    raise errors.InputError(f'{workdir} is at step {step} already, beyond schedule.total_steps = '
                            f'{config.schedule.total_steps}; give at least {step}.')
  old = schedule.Schedule(*(before[f'schedule.{name}'] for name in
                            ('reconstruction_steps', 'discriminator_steps', 'total_steps')))
  if not old.agrees_until(schedule.from_config(config.schedule), step):
    raise errors.InputError(
        f'{workdir} is at step {step}, and the schedule given puts earlier steps into other phases; keep '
        'the lengths of the phases already begun.')
  return [f'{key}: {before.get(key)!r} before, {now.get(key)!r} from step {step} on' for key in changed]


def check_listing(stored: Mapping[str, Any], digest: str, *, allow: bool) -> None:
  """Refuses pictures that are not those that the run began with.

  Raises:
    errors.InputError: if the listing changed and `allow` is False.
  """
  if stored['listing'] != digest and not allow:
    raise errors.InputError(
        'The list of pictures changed since this run began, so its batches would not be the same; '
        'restore the folder, or allow it by --config.data.allow_changed_listing=True.')
