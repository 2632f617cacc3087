"""The Context Encoders as Methods: losses by hand, what each network sees, noise, a run,
completion.
"""

import dataclasses
import functools
import importlib.util
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from glcic_jax import batch as batch_lib
from glcic_jax import Completer
from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.inference import network as network_lib
from glcic_jax.model_directory import model_files
from glcic_jax.models import context_encoder
from glcic_jax.training import loop
from glcic_jax.training import method as method_lib
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib
from tests import fakes
from tests import made_up

Phase = schedule.Phase
ROOT = pathlib.Path(__file__).parent.parent
SIZE, PATCH, OVERLAP = 32, 16, 2  # pixels
PICTURE = np.random.default_rng(7).uniform(-1, 1, (SIZE, SIZE, 3)).astype(np.float32)
INNER = slice(10, 22)  # the hole
OUTER = slice(8, 24)  # what is predicted


def tiny(variant, **changes):
  """The config of a variant at 32 px and a sixteenth of the channels; in a change, `__` stands
  for a dot.
  """
  config = config_lib.of(f'context_encoder_{variant}')
  config.image_size = SIZE
  config.batch_size = 4
  config.data.resize_short_edge = (SIZE, SIZE)
  config.data.mean_color = fakes.MEAN_COLOR
  config.model.local_size = PATCH
  config.model.width = config.model.discriminator_width = 1 / 16
  config.model.overlap = OVERLAP
  config.mask.center.side = 0.5 - 2 * OVERLAP / SIZE
  config.update_from_flattened_dict(
    {key.replace('__', '.'): value for key, value in changes.items()}
  )
  config_lib.check(config)
  return config


def make_method(variant, **changes):
  """The method of `tiny`."""
  return method_lib.from_config(tiny(variant, **changes), fakes.MEAN_COLOR)


def make_batch(variant, rows=4, seed=0):
  """Random pictures with the variant's holes."""
  batch = fakes.make_batch(rows, SIZE, PATCH, seed)
  if variant == 'center':
    mask = np.zeros_like(batch.mask)
    mask[:, INNER, INNER] = 1
    batch = batch.replace(mask=mask)
  return batch


def run(variant, phase=Phase.JOINT, score=lambda image: jnp.zeros(image.shape[0]), **changes):
  """One step of a Painter and a Judge, by gradient descent: batch, gradient, metrics."""
  sgd = optax.sgd(1.0)
  method = dataclasses.replace(
    make_method(variant, **changes),
    generator=fakes.Painter(PICTURE),
    discriminator=fakes.Judge(score),
    generator_optimizer=sgd,
    discriminator_optimizer=sgd,
  )
  batch, before = make_batch(variant), fakes.fake_state(method)
  step = jax.jit(functools.partial(step_lib.train_step, method=method, phase=phase))
  after, metrics = step(before, batch)
  return (
    batch,
    np.asarray(before.generator.params['picture'] - after.generator.params['picture']),
    metrics,
  )


def signed(image):
  """Bytes in [-1, 1]."""
  return image / 127.5 - 1


def border_weights(overlap, border):
  """Of the patch, pixel by pixel."""
  weights = np.zeros((PATCH, PATCH, 1))
  for i, j in np.ndindex(PATCH, PATCH):
    inside = all(overlap <= k < PATCH - overlap for k in (i, j))
    weights[i, j] = 1 if inside else border
  return weights


@pytest.mark.parametrize('norm, power', [('l2', 2), ('l1', 1)])
@pytest.mark.parametrize('overlap', [OVERLAP, 0])
def test_the_centre_loss_weighs_the_overlap_tenfold(norm, power, overlap):
  batch, gradient, metrics = run(
    'center',
    loss__reconstruction_norm=norm,
    loss__adversarial_weight=0.0,
    model__overlap=overlap,
    mask__center__side=(PATCH - 2 * overlap) / SIZE,
  )
  difference = (PICTURE - signed(batch.image))[:, OUTER, OUTER]
  weights = border_weights(overlap, 10)
  loss = 0.999 * np.mean(weights * np.abs(difference) ** power)
  np.testing.assert_allclose(metrics['reconstruction_loss'], loss, rtol=1e-5)
  slope = 2 * difference if power == 2 else np.sign(difference)
  expected = np.zeros_like(PICTURE)
  expected[OUTER, OUTER] = 0.999 * (weights * slope).mean(axis=0) / (PATCH * PATCH * 3)
  np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-7)


def test_the_overlaps_weight_is_a_key():
  batch, _, metrics = run('center', loss__overlap_weight=3.0)
  difference = (PICTURE - signed(batch.image))[:, OUTER, OUTER]
  loss = 0.999 * np.mean(border_weights(OVERLAP, 3) * difference**2)
  np.testing.assert_allclose(metrics['reconstruction_loss'], loss, rtol=1e-5)


@pytest.mark.parametrize('region, mean', [('whole', 'all'), ('hole', 'all'), ('hole', 'hole')])
def test_the_random_loss_is_of_the_whole_picture_or_of_the_hole(region, mean):
  batch, _, metrics = run(
    'random', loss__reconstruction_region=region, loss__reconstruction_mean=mean
  )
  squared = (PICTURE - signed(batch.image)) ** 2
  if region == 'hole':
    squared = squared * batch.mask
  loss = squared.mean(axis=(1, 2, 3))
  if mean == 'hole':
    loss = squared.sum(axis=(1, 2, 3)) / (3 * batch.mask.sum(axis=(1, 2, 3)))
  np.testing.assert_allclose(metrics['reconstruction_loss'], 0.999 * loss.mean(), rtol=1e-5)


def sigmoid(x):
  """NumPy's."""
  return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize('variant, shown', [('center', OUTER), ('random', slice(None))])
def test_the_discriminator_judges_raw_output_the_centre_alone_or_all(variant, shown):
  sides = []

  def score(image):
    sides.append(image.shape[1])
    return jnp.mean(image, axis=(1, 2, 3)) * 4

  batch, _, metrics = run(variant, Phase.DISCRIMINATOR, score)
  real = sigmoid(4 * signed(batch.image)[:, shown, shown].mean(axis=(1, 2, 3))).mean()
  np.testing.assert_allclose(metrics['real_probability'], real, rtol=1e-5)
  np.testing.assert_allclose(
    metrics['completed_probability'], sigmoid(4 * PICTURE[shown, shown].mean()), rtol=1e-5
  )
  assert set(sides) == {PATCH if variant == 'center' else SIZE}


def test_the_adversarial_gradient_reaches_known_pixels_too():
  _, gradient, _ = run(
    'random',
    score=lambda image: jnp.sum(image, axis=(1, 2, 3)) / 100,
    loss__reconstruction_weight=0.0,
    loss__adversarial_weight=1.0,
  )
  assert (gradient != 0).all()


@pytest.mark.parametrize('variant', ['center', 'random'])
def test_pictures_are_signed_and_the_hole_has_the_mean_colour(variant):
  method = dataclasses.replace(
    make_method(variant),
    generator=fakes.Painter(PICTURE),
    discriminator=fakes.Judge(lambda image: jnp.zeros(image.shape[0])),
  )
  batch = make_batch(variant)

  @jax.jit
  def seen(state, batch):
    step_lib.train_step(state, batch, method=method, phase=Phase.DISCRIMINATOR)
    return method.generator.calls[0][0]

  image = seen(fakes.fake_state(method), batch)
  expected = np.where(batch.mask, 2 * np.float32(fakes.MEAN_COLOR) - 1, signed(batch.image))
  np.testing.assert_allclose(image, expected, rtol=1e-5, atol=1e-6)


def test_weights_and_rates_are_the_papers():
  method = make_method('center')
  assert (method.reconstruction_weight, method.adversarial_weight) == (0.999, 0.001)
  gradient = jnp.asarray([3.0, -5.0])
  for optimizer, rate in (
    (method.generator_optimizer, 2e-3),
    (method.discriminator_optimizer, 2e-4),
  ):
    update, state = optimizer.update(gradient, optimizer.init(gradient))
    np.testing.assert_allclose(update, [-rate, rate], rtol=1e-4)  # Adam's first step
    update, _ = optimizer.update(0 * gradient, state)
    mean, square = 0.25 / 0.75, 0.999 * 0.001 / (1 - 0.999**2)  # beta1 0.5, beta2 0.999
    np.testing.assert_allclose(
      update, [-rate * mean / square**0.5, rate * mean / square**0.5], rtol=1e-3
    )


def test_noise_is_a_function_of_the_seed_and_the_step_alone():
  def losses(seed, *steps):
    method = make_method('random', model__noise=8, seed=seed)
    state = fakes.random_state(method, size=SIZE)

    @jax.jit
    def loss(state, batch):  # alone: what else the step does is not compiled
      _, metrics = step_lib.train_step(state, batch, method=method, phase=Phase.RECONSTRUCTION)
      return metrics['reconstruction_loss']

    return [float(loss(state.replace(step=np.int32(step)), make_batch('random'))) for step in steps]

  first, next_step = losses(0, 3, 4)
  assert losses(0, 3) == [first]
  assert next_step != first
  assert losses(1, 3) != [first]


def test_completing_draws_no_noise():
  method = make_method('random', model__noise=8)
  variables = fakes.random_state(method, size=SIZE).generator.variables
  evaluate = jax.jit(functools.partial(step_lib.evaluate_step, method=method))
  batch = make_batch('random')
  twice = jax.tree.map(lambda leaf: np.concatenate([leaf[:1], leaf[:1]]), batch)
  raw = evaluate(variables, twice)['raw']
  np.testing.assert_array_equal(raw[0], raw[1])


def load(name):
  """A config file."""
  spec = importlib.util.spec_from_file_location(f'run_{name}', ROOT / 'configs' / f'{name}.py')
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module


@pytest.mark.parametrize(
  'name, form',
  [
    ('context_encoder_center', ''),
    ('context_encoder_center', 'laptop,official,noise'),
    ('context_encoder_random', ''),
    ('context_encoder_random', 'laptop,hole,l1'),
    ('context_encoder_random', 'alexnet'),
    ('glcic_faces', 'laptop,global'),
  ],
)
def test_the_whole_step_keeps_the_states_shapes_for_every_form(name, form):
  config = load(name).get_config(form)
  config_lib.check(config)
  method = method_lib.from_config(config, fakes.MEAN_COLOR)
  size, mesh = config.image_size, parallel.make_mesh(jax.devices()[:1])
  state = state_lib.abstract_state(method, size, mesh)
  batch = jax.eval_shape(
    lambda: batch_lib.Batch(
      image=jnp.zeros((2, size, size, 3), jnp.uint8),
      mask=jnp.zeros((2, size, size, 1), jnp.uint8),
      view=jnp.zeros((2, 2), jnp.int32),
      real_view=jnp.zeros((2, 2), jnp.int32),
      weight=jnp.ones(2),
    )
  )
  for phase in schedule.from_config(config.schedule).spans():
    step = functools.partial(step_lib.train_step, method=method, phase=phase)
    after, metrics = jax.eval_shape(step, state, batch)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), after) == jax.tree.map(
      lambda leaf: (leaf.shape, leaf.dtype), state
    )
    assert all(value.shape == () for value in metrics.values())


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
  """Function: the workdir of a finished run of a variant, and its config."""
  runs = {}

  def of(variant):
    if variant not in runs:
      workdir = tmp_path_factory.mktemp(variant)
      config = tiny(
        variant,
        schedule__total_steps=4,
        log_every=1,
        checkpoint__every=2,
        batch_size=8,
        validation__samples=2,
      )
      loop.train_and_evaluate(config, workdir, batches=made_up.batches(config))
      runs[variant] = workdir, config
    return runs[variant]

  return of


@pytest.mark.usefixtures('one_device')
def test_the_one_loop_trains_a_centre_variant_and_its_model_completes_the_middle(trained):
  workdir, _ = trained('center')
  _, description = model_files.load(workdir / 'model')
  assert description.method == 'context_encoder_center' and description.step == 4
  assert description.mask == {'kind': 'center', 'side': 0.375}
  completer = Completer.from_pretrained(workdir / 'model')
  rng = np.random.default_rng(0)
  for size in ((SIZE, SIZE), (64, 64), (40, 72)):
    image, mask = rng.integers(0, 256, (*size, 3), np.uint8), np.zeros(size, bool)
    rows, columns = (slice(-(-10 * length // SIZE), 22 * length // SIZE) for length in size)
    mask[rows, columns] = True
    result = completer(image, mask)
    np.testing.assert_array_equal(result[~mask], image[~mask])
    assert (result[mask] != image[mask]).any()
    other = np.where(mask[..., None], 255 - image, image)
    np.testing.assert_array_equal(completer(other, mask), result)


@pytest.mark.usefixtures('one_device')
@pytest.mark.parametrize(
  'hole', [(slice(9, 22), slice(10, 22)), (slice(12, 20), slice(12, 23)), (0, 0)]
)
def test_a_centre_model_refuses_a_free_hole_and_says_what_to_use(trained, hole):
  workdir, _ = trained('center')
  completer = Completer.from_pretrained(workdir)
  mask = np.zeros((SIZE, SIZE), bool)
  mask[hole] = True
  with pytest.raises(
    errors.InputError, match='only the middle .* 12 of its 32 .*random-region.*GLCIC'
  ):
    completer(np.zeros((SIZE, SIZE, 3), np.uint8), mask)


@pytest.mark.usefixtures('one_device')
def test_a_random_region_model_completes_any_hole_at_any_size(trained):
  workdir, _ = trained('random')
  completer = Completer.from_pretrained(workdir)
  rng = np.random.default_rng(1)
  for size in ((SIZE, SIZE), (50, 31), (100, 140)):
    image, mask = rng.integers(0, 256, (*size, 3), np.uint8), rng.random(size) < 0.2
    result = completer(image, mask)
    np.testing.assert_array_equal(result[~mask], image[~mask])
    other = np.where(mask[..., None], 255 - image, image)
    np.testing.assert_array_equal(completer(other, mask), result)


@pytest.mark.usefixtures('one_device')
def test_the_alexnet_form_trains_without_a_discriminator_and_completes(tmp_path):
  config = load('context_encoder_random').get_config('alexnet')
  config.update_from_flattened_dict(
    {
      'model.width': 1 / 32,
      'batch_size': 2,
      'schedule.total_steps': 2,
      'schedule.reconstruction_steps': 2,
      'log_every': 1,
      'validation.samples': 1,
      'mask.kind': 'blocks',
      'data.mean_color': fakes.MEAN_COLOR,
    }
  )
  state = loop.train_and_evaluate(config, tmp_path, batches=made_up.batches(config))
  assert state.step == 2 and not jax.tree.leaves(state.discriminator.params)
  image, mask = (
    np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8),
    np.zeros((60, 90), bool),
  )
  mask[20:40, 30:50] = True
  from_model, from_checkpoint = (
    Completer.from_pretrained(model)(image, mask) for model in (tmp_path / 'model', tmp_path)
  )
  np.testing.assert_array_equal(from_model, from_checkpoint)
  np.testing.assert_array_equal(from_model[~mask], image[~mask])
  assert (from_model[mask] != image[mask]).any()


def test_at_its_own_size_completion_is_the_networks():
  network = context_encoder.Generator(SIZE, PATCH, OVERLAP, width=1 / 16)
  image = np.random.default_rng(0).uniform(-1, 1, (1, SIZE, SIZE, 3)).astype(np.float32)
  mask = np.zeros((1, SIZE, SIZE, 1), np.float32)
  mask[:, 14:16, 14:16] = 1  # a part of its hole: all of it is hidden from the network
  fill = jnp.asarray([0.1, -0.2, 0.3])
  variables = fakes.random_leaves(
    jax.eval_shape(lambda: network.init(jax.random.key(0), image, mask))
  )
  raw = network_lib.complete(network, variables, jnp.asarray(image), jnp.asarray(mask), fill)
  filled = np.array(image)
  filled[:, INNER, INNER] = fill
  np.testing.assert_allclose(raw, network.apply(variables, filled, mask), rtol=1e-6)


def test_reconstruction_learns_a_batch_by_heart():
  method = make_method('random', model__width=0.125)
  state = state_lib.create_state(method, SIZE, 0, parallel.make_mesh(jax.devices()[:1]))
  coarse = np.random.default_rng(0).integers(0, 256, (4, 2, 2, 3), np.uint8)
  batch = make_batch('random').replace(image=coarse.repeat(16, axis=1).repeat(16, axis=2))
  step = jax.jit(functools.partial(step_lib.train_step, method=method, phase=Phase.RECONSTRUCTION))
  first = last = None
  for _ in range(60):
    state, metrics = step(state, batch)
    last = float(metrics['reconstruction_loss'])
    first = first or last
  assert last < 0.2 * first


def test_eight_devices_make_the_step_of_one():
  with jax.enable_x64(True):
    method = make_method('center', dtype='float64', model__noise=4)
    before, batch = fakes.random_state(method, size=SIZE), make_batch('center', rows=8)
    after = []
    for devices in (1, 8):
      mesh = parallel.make_mesh(jax.devices()[:devices])
      step = step_lib.compile_steps(method, mesh)[Phase.JOINT]
      after.append(
        jax.device_get(step(fakes.to_devices(before, mesh), parallel.to_global(batch, mesh)))
      )
  fakes.assert_close(after[1], after[0], 1e-9)
