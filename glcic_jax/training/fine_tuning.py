"""Fine-tuning: a fresh state whose networks come from another model (`init_from`).

What GLCIC does for faces and facades, from Places2. The step starts at 0: a run
that begins so goes through the phases of its own schedule.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from etils import epath
import jax
from jax.sharding import Mesh

from glcic_jax import checkpoints
from glcic_jax import errors
from glcic_jax import leaves
from glcic_jax import parallel
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.training import misfit
from glcic_jax.training import state as state_lib


class _Held(NamedTuple):
  """What a model has of what was asked for."""

  arrays: dict[str, Any]  # by the names of a state's leaves
  facts: misfit.Facts


def licence(config: Any, workdir: epath.PathLike) -> str:
  """The terms of the weights that a run starts from: they bind what is made of them. '': none."""
  if not config.init_from:
    return ''
  earlier = checkpoints.read_run(workdir)
  if earlier is None:
    place = model_files.checkpoint_of(config.init_from)
    if place is None:
      return model_files.load(config.init_from)[1].licence
    earlier = checkpoints.read_run(place[0])
  return earlier[1]['model'].get('licence', '') if earlier else ''


def load_networks(state: state_lib.TrainState, config: Any, mesh: Mesh) -> state_lib.TrainState:
  """Puts the networks of `config.init_from` into a fresh state on a mesh.

  Raises:
    errors.InputError: if the model holds less than is asked for, or has another architecture; the
      sentence names the keys that would make it fit.
  """
  fields = ('params', 'batch_stats') + (('opt_state',) if config.init_optimizer else ())
  networks = ('generator', 'discriminator') if config.init_networks == 'both' else ('generator',)
  held = _read(config, networks, fields)

  def take(path: Any, leaf: jax.Array) -> jax.Array:
    name = leaves.name_of(path)
    network, _, rest = name.partition('/')
    if network not in networks or rest.partition('/')[0] not in fields:
      return leaf
    array = held.arrays.get(name)
    if array is None or array.shape != leaf.shape:
      there = 'is missing' if array is None else f'has shape {array.shape}'
      told = f'{name} {there} there, and is of shape {leaf.shape} here'
      parts = [f'{network}/{field}' for network in networks for field in fields]
      raise errors.InputError(misfit.sentence(config, held.facts, parts, told))
    return jax.device_put(array.astype(leaf.dtype), parallel.replicated(mesh))

  state = jax.tree_util.tree_map_with_path(take, state)
  if isinstance(state.generator, state_lib.AveragedState):
    state = state.replace(generator=state_lib.AveragedState.of(state.generator))
  return state


def _read(config: Any, networks: tuple[str, ...], fields: tuple[str, ...]) -> _Held:
  """What `config.init_from` has of some networks and their fields."""
  model = config.init_from
  place = model_files.checkpoint_of(model)
  if place is None:
    if len(networks) > 1 or 'opt_state' in fields:
      raise errors.InputError(
        f'{model} holds a generator alone; give a workdir or a checkpoint as init_from, or '
        'leave init_networks and init_optimizer as they are.'
      )
    variables, description = model_files.load(model)
    read = {'generator': variables}
    facts = misfit.Facts(description.method, description.architecture, {})
  else:
    if networks == ('generator',) and 'opt_state' not in fields:
      variables, run = checkpoints.read_generator(*place)
      read = {'generator': variables}
    else:
      read, run = checkpoints.read_networks(*place, dict.fromkeys(networks, fields))
    described = run['model']
    facts = misfit.Facts(described['method'], described['architecture'], run['config'])
  _check_alike(config, facts.architecture)
  return _Held(dict(leaves.named(read)), facts)


def _check_alike(config: Any, architecture: Mapping[str, Any]) -> None:
  """Refuses a network that sees pictures otherwise than the run's, which no shape shows."""
  model = config.init_from
  foreign = [name for name in architectures.foreign_options(architecture) if name != 'input_mean']
  if foreign:
    raise errors.InputError(
      f'{model} was converted from a network that differs from those trained here '
      f'({", ".join(foreign)}); it completes pictures, but no run can start from it.'
    )
  mean = tuple(architecture['options'].get('input_mean', ()))
  if mean and not (config.model.subtract_mean and tuple(config.data.mean_color) == mean):
    raise errors.InputError(
      f'{model} subtracts its mean colour from the whole picture; to start from it, give '
      f'--config.model.subtract_mean=True and --config.data.mean_color="{mean}".'
    )
  if config.model.subtract_mean and not mean:
    raise errors.InputError(
      f'{model} does not subtract the mean colour; leave model.subtract_mean as it is to start '
      'from it.'
    )
