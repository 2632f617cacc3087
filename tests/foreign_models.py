"""Model directories converted from made-up weights, and what their generators paint."""

import functools
import json
import types

import jax
import jax.numpy as jnp
import numpy as np
import safetensors.numpy

from glcic_jax import images
from glcic_jax.convert import converter
from glcic_jax.convert import program
from glcic_jax.inference import network as network_lib
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors
from tests import foreign

WISHES = program.Wishes(mean_color=foreign.MEAN)


def write(path, arrays):
  """A state dict as .safetensors, for which torch is not needed."""
  path.write_bytes(safetensors.numpy.save(arrays))
  return path


def convert(tmp_path, case, seed=foreign.SEED):
  """The model directory of a stored case."""
  stored = foreign.reference(case)
  source = write(tmp_path / 'source.safetensors', foreign.arrays(stored['shapes'], seed))
  converter.to_model_directory(source, tmp_path / 'model', wishes(case))
  return tmp_path / 'model'


def wishes(case):
  """What a case's weights do not say of themselves."""
  return WISHES if case in ('glcic_official', 'otenim') else program.Wishes()


@functools.cache
def _program(architecture, value_range, fill, train):
  network = architectures.build_generator(
    json.loads(architecture), dtype='float64' if train else 'float32'
  )
  low, high = value_range

  @jax.jit
  def run(variables, pictures, mask):
    floats = images.to_float(pictures, value_range, jnp.float64 if train else jnp.float32)
    color = jnp.asarray(fill) * (high - low) + low
    statistics = {}

    def apply(variables, image, mask, *, train):
      del train
      raw, state = network.apply(variables, image, mask, train=True, mutable=['batch_stats'])
      statistics.update(state['batch_stats'])
      return raw

    side, hole = network_lib.side(network), network_lib.hole(network)
    moving = types.SimpleNamespace(image_size=side, hole=hole, apply=apply)
    raw = network_lib.complete(moving if train else network, variables, floats, mask, color)
    return (raw - low) / (high - low), statistics

  return run


def paint(folder, pictures, mask, *, train=False):
  """A generator's output; in training mode in float64, and with the statistics that it moves.

  Returns:
    `[B, H, W, 3]` in 0..1, of the patch alone where the network paints no more; and a dict.
  """
  variables, description = model_files.load(folder)
  with jax.enable_x64(train):
    if train:
      variables = jax.tree.map(np.float64, variables)
    call = _program(
      json.dumps(description.architecture), description.value_range, description.mean_color, train
    )
    raw, statistics = jax.tree.map(np.asarray, call(variables, pictures, mask))
  side = description.architecture['options'].get('patch_size')
  return (np.asarray(images.middle(raw, side)) if side else raw), statistics


def opinion(folder, pictures, corner):
  """A model directory's discriminator on pictures `[B, S, S, 3]` uint8: logits `[B]`."""
  _, description = model_files.load(folder)
  flat = safetensors.numpy.load((folder / 'model.safetensors').read_bytes())
  judge = architectures.build_discriminator(description.discriminator)
  floats = images.to_float(pictures, description.value_range)
  view = np.tile(np.int32(corner), (len(pictures), 1))
  return np.asarray(jax.jit(judge.apply)(tensors.unflatten(flat)['discriminator'], floats, view))
