"""Weights of other programs: the same pictures as there, nothing left over, there and back again."""

import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from glcic_jax import Completer
from glcic_jax import errors
from glcic_jax import images
from glcic_jax import model_files
from glcic_jax import models
from glcic_jax.convert import converter
from glcic_jax.convert import kernels
from glcic_jax.convert import origins
from glcic_jax.inference import own_side
from tests import foreign

GENERATORS = ('glcic_official', 'otenim', 'mmagic', 'center_100', 'center_4000', 'random', 'random_64', 'boyuan_jiang')
JUDGES = ('otenim', 'mmagic', 'boyuan_jiang')
SEED, STEP = 7, 5  # as `make_references.py`
WISHES = origins.Wishes(mean_color=foreign.MEAN)


def write(path, arrays):
  """A state dict as .safetensors: torch is not needed."""
  path.write_bytes(safetensors.numpy.save(arrays))
  return path


@functools.cache
def program(architecture, value_range, fill, moved):
  """The compiled way from pictures 0..255 to a raw output in 0..1: (variables) -> evaluated, trained, moved statistics."""
  network = models.build_generator(json.loads(architecture))
  low, high = value_range

  @jax.jit
  def run(variables, pictures, mask):
    floats = images.to_float(pictures, value_range)
    color = jnp.asarray(fill) * (high - low) + low
    statistics = {}

    def train(variables, image, mask):
      raw, state = network.apply(variables, image, mask, train=True, mutable=['batch_stats'])
      statistics.update(state['batch_stats'].get(moved, {}))
      return raw
    evaluated = own_side.complete(network, variables, floats, mask, color)
    trained = own_side.complete(network, variables, floats, mask, color, apply=train)
    return (evaluated - low) / (high - low), (trained - low) / (high - low), statistics
  return run


def run(folder, pictures, mask, moved=''):
  """What a model directory's generator makes of pictures, prepared as the Completer does."""
  variables, description = model_files.load(folder)
  call = program(json.dumps(description.architecture), description.value_range, description.mean_color, moved)
  return jax.tree.map(np.asarray, call(variables, pictures, mask))


@pytest.mark.parametrize('case', GENERATORS)
def test_a_generator_paints_what_it_painted_in_torch(tmp_path, case):
  stored = foreign.reference(case)
  source = write(tmp_path / 'source.safetensors', foreign.arrays(stored['shapes'], SEED))
  converter.to_model_directory(source, tmp_path / 'model', WISHES if 'glcic' in case or case == 'otenim' else
                               origins.Wishes())
  evaluated, trained, _ = run(tmp_path / 'model', *foreign.pictures(tuple(stored['size']), SEED))
  print(case, abs(evaluated[:, ::STEP, ::STEP] - stored['evaluated']).max(), abs(trained[:, ::STEP, ::STEP] - stored['trained']).max())
  shown = stored['evaluated'].shape[1]
  np.testing.assert_allclose(evaluated[:, ::STEP, ::STEP][:, :shown], stored['evaluated'], atol=1e-5)
