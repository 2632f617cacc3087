"""Tiny methods, random batches and states, and networks whose answers are known: no TensorFlow."""

import dataclasses
import functools
from typing import Any, NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from glcic_jax import batch as batch_lib
from glcic_jax import config as config_lib
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.models import layers
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib

SIZE = 16  # pixels
LOCAL_SIZE = 8
ROWS = 8
MEAN_COLOR = (0.3, 0.5, 0.7)


def tiny_config(**changes):
  """GLCIC at 16 px and 1/16 of the width, joint from step 4; in a change, `__` stands for a dot."""
  config = config_lib.default()
  config.image_size = SIZE
  config.batch_size = ROWS
  config.model.width = 1 / 16
  config.model.discriminator_width = 1 / 16
  config.model.local_size = LOCAL_SIZE
  config.schedule.reconstruction_steps = 2
  config.schedule.discriminator_steps = 2
  config.schedule.total_steps = 100
  changes = {key.replace('__', '.'): value for key, value in changes.items()}
  config.update_from_flattened_dict(changes)
  return config


def tiny_method(**changes):
  """The real networks of `tiny_config`."""
  return method_lib.from_config(tiny_config(**changes), MEAN_COLOR)


def make_batch(rows=ROWS, size=SIZE, local_size=LOCAL_SIZE, seed=0, weight=None):
  """Random pictures with one rectangular hole each, NumPy."""
  rng = np.random.default_rng(seed)
  mask = np.zeros((rows, size, size, 1), np.uint8)
  for row in range(rows):
    height, width = rng.integers(size // 4, size // 2, 2)
    top, left = rng.integers(0, size - height), rng.integers(0, size - width)
    mask[row, top : top + height, left : left + width] = 1
  corners = rng.integers(0, size - local_size + 1, (2, rows, 2)).astype(np.int32)
  weight = np.ones(rows, np.float32) if weight is None else np.float32(weight)
  return batch_lib.Batch(
    image=rng.integers(0, 256, (rows, size, size, 3), np.uint8),
    mask=mask,
    view=corners[0],
    real_view=corners[1],
    weight=weight,
  )


def random_leaves(shapes, seed=0):
  """A tree of NumPy arrays as after some training, by the names of the leaves."""
  rng = np.random.default_rng(seed)

  def draw(path, leaf):
    name = jax.tree_util.keystr(path)
    if not jnp.issubdtype(leaf.dtype, jnp.floating):
      return np.full(leaf.shape, 5, leaf.dtype)  # a step of the joint phase
    if 'opt_state' in name:  # running means of squares
      low, high = 0, 1e-3
    elif name.endswith("['kernel']"):
      high = (6 / np.prod(leaf.shape[:-1])) ** 0.5  # He: the input's differences reach the output
      low = -high
    elif name.endswith(("['scale']", "['var']")):
      low, high = 0.5, 1.5
    else:
      low, high = -0.1, 0.1
    return rng.uniform(low, high, leaf.shape).astype(leaf.dtype)

  return jax.tree_util.tree_map_with_path(draw, shapes)


def random_state(method, seed=0, size=SIZE):
  """A train state as in the middle of a run, NumPy: no zeros and ones that hide a fault."""
  mesh = parallel.make_mesh(jax.devices()[:1])
  return random_leaves(state_lib.abstract_state(method, size, mesh), seed)


def to_devices(tree, mesh):
  """Copies of NumPy arrays on every device of the mesh; they may be donated."""
  return jax.device_put(jax.tree.map(jnp.array, tree), parallel.replicated(mesh))


def assert_same(actual, expected):
  """Equal trees, to the bit."""
  jax.tree.map(np.testing.assert_array_equal, actual, expected)


def assert_close(actual, expected, tolerance):
  """Equal trees: by so large a share of each number, or of one."""

  def compare(a, b):
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)

  jax.tree.map(compare, actual, expected)


class ShortCompletion(nn.Module):
  """One layer of each kind of the completion network: quick to compile."""

  dtype: Any = jnp.float32
  platform: str | None = None

  @nn.compact
  def __call__(self, image, mask, *, train=False):
    x = jnp.concatenate([image, mask], axis=-1)
    options = {'dtype': self.dtype, 'platform': self.platform}
    for layer in (
      layers.Conv(4, 5, **options),
      layers.Conv(6, 3, 2, **options),
      layers.Conv(6, 3, 1, 2, **options),
      layers.UpConv(4, **options),
    ):
      x = layers.BatchNorm(leak=0)(layer(x), train=train)
    return nn.sigmoid(layers.Conv(3, 3, **options)(x))


class Stepped(NamedTuple):
  """One compiled step in float64, as NumPy."""

  method: method_lib.Method
  before: Any
  batch: batch_lib.Batch
  after: Any
  metrics: dict[str, np.ndarray]
  state_deleted: list[bool]  # each leaf of the state that was given
  batch_deleted: list[bool]


# Weights that show, should one be left out.
WEIGHTS = {
  'loss__reconstruction_weight': 1.3,
  'loss__adversarial_weight': 0.5,
  'loss__discriminator_weight': 0.7,
}
ROW_WEIGHTS = (1, 1, 1, 0, 1, 1, 1, 1)


def short_method(**changes):
  """The real discriminator and a short completion network, in float64: needs `jax.enable_x64`."""
  method = tiny_method(dtype='float64', **WEIGHTS | changes)
  return dataclasses.replace(method, generator=ShortCompletion(jnp.float64))


def three_steps(mesh):
  """The state after a step of each phase in float64, on a mesh: needs `jax.enable_x64`."""
  method = short_method()
  state, steps = to_devices(random_state(method), mesh), step_lib.compile_steps(method, mesh)
  rows = parallel.process_rows(ROWS, mesh)
  for seed, phase in enumerate(schedule.Phase):
    batch = jax.tree.map(lambda leaf: leaf[rows.start : rows.stop], make_batch(seed=seed))
    state, _ = steps[phase](state, parallel.to_global(batch, mesh))
  return state


@functools.cache
def stepped(phase, devices):
  """One step in float64 on so many devices, always from the same state."""
  with jax.enable_x64(True):
    method = short_method()
    mesh = parallel.make_mesh(jax.devices()[:devices])
    before, batch = random_state(method), make_batch(weight=ROW_WEIGHTS)
    state, rows = to_devices(before, mesh), parallel.to_global(batch, mesh)
    after, metrics = step_lib.compile_steps(method, mesh)[phase](state, rows)
    return Stepped(
      method,
      before,
      batch,
      *jax.device_get((after, metrics)),
      state_deleted=[leaf.is_deleted() for leaf in jax.tree.leaves(state)],
      batch_deleted=[leaf.is_deleted() for leaf in jax.tree.leaves(rows)],
    )


class Painter:
  """A generator that paints its parameter, whatever it is given; it counts and keeps its calls."""

  def __init__(self, picture):
    """`picture`: `[H, W, 3]` float."""
    self._picture = picture
    self.calls = []  # (image, mask, train)

  def init(self, key, image, mask, *, train):
    """The picture, and how many training calls there were."""
    del key, image, mask, train
    return {
      'params': {'picture': jnp.asarray(self._picture)},
      'batch_stats': {'calls': jnp.zeros(())},
    }

  def apply(self, variables, image, mask, *, train=False, mutable=()):
    """As of a Flax module."""
    self.calls.append((image, mask, train))
    raw = jnp.broadcast_to(variables['params']['picture'], image.shape)
    if not mutable:
      return raw
    return raw, {'batch_stats': {'calls': variables['batch_stats']['calls'] + 1}}


class Judge:
  """A discriminator whose logit is `score(image)` plus its only parameter, 0 at first."""

  def __init__(self, score):
    """`score`: `[B, H, W, 3]` -> `[B]`."""
    self._score = score
    self.calls = 0

  def init(self, key, image, view, *, train):
    """No offset."""
    del key, image, view, train
    return {'params': {'offset': jnp.zeros(())}, 'batch_stats': {'calls': jnp.zeros(())}}

  def apply(self, variables, image, view, *, train=False, groups=1, mutable=()):
    """As of a Flax module."""
    del view, train
    self.calls += 1
    logits = self._score(image) + variables['params']['offset']
    if not mutable:
      return logits
    return logits, {'batch_stats': {'calls': variables['batch_stats']['calls'] + groups}}


def fake_method(picture, score=lambda image: jnp.zeros(image.shape[0]), **changes):
  """A method of a Painter and a Judge, both trained by gradient descent at learning rate 1."""
  sgd = optax.sgd(1.0)
  return dataclasses.replace(
    tiny_method(**changes),
    generator=Painter(picture),
    discriminator=Judge(score),
    generator_optimizer=sgd,
    discriminator_optimizer=sgd,
  )


def fake_state(method, step=5):
  """The fresh state of a `fake_method`, at a step of the joint phase."""

  def network(module, optimizer):
    variables = module.init(None, None, None, train=False)
    return state_lib.NetworkState(**variables, opt_state=optimizer.init(variables['params']))

  return state_lib.TrainState(
    step=jnp.int32(step),
    generator=network(method.generator, method.generator_optimizer),
    discriminator=network(method.discriminator, method.discriminator_optimizer),
  )
