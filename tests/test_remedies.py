"""What keeps a game on few pictures alive: an average, augmentation, a penalty, learning rates."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import checkpoints as checkpoints_lib
from glcic_jax import config as config_lib
from glcic_jax import parallel
from glcic_jax import schedule
from glcic_jax.training import augmentation
from glcic_jax.training import average
from glcic_jax.training import evaluation as evaluation_lib
from glcic_jax.training import forward
from glcic_jax.training import optimizers
from glcic_jax.training import penalty
from glcic_jax.training import state as state_lib
from glcic_jax.training import step as step_lib
from glcic_jax.training import watch
from tests import fakes

Phase = schedule.Phase
SIDE = 8  # pixels
ALL = {
  'average__decay': 0.9,
  'augmentation__color': 1.0,
  'augmentation__translation': 0.25,
  'augmentation__cutout': 0.5,
  'penalty__weight': 2.0,
  'penalty__every': 2,
  'optimizer__discriminator__warmup_steps': 3,
  'optimizer__generator__decay': 'cosine',
}


def pictures(rows=4, seed=0):
  """`[rows, SIDE, SIDE, 3]` float64 in 0..1."""
  return np.random.default_rng(seed).uniform(size=(rows, SIDE, SIDE, 3))


def augmented(images, step=3, turn=0, view=(2, 2), **how):
  """By NumPy, in float64."""
  with jax.enable_x64(True):
    views = np.tile(np.int32(view), (len(images), 1))
    options = {'local_size': 4} | how
    result = augmentation.augment(
      jnp.asarray(images), views, jnp.int32(step), augmentation.Augmentation(**options), turn
    )
    return jax.device_get(result)


# Augmentation.


def test_nothing_is_augmented_by_default():
  seen, views = augmented(pictures())
  np.testing.assert_array_equal(seen, pictures())
  np.testing.assert_array_equal(views, np.full((4, 2), 2))


@pytest.mark.parametrize('how', [{'color': 1.0}, {'translation': 0.25}, {'cutout': 0.5}])
def test_draws_depend_on_seed_step_turn_and_row_and_on_nothing_else(how):
  images = np.tile(pictures(1), (4, 1, 1, 1))
  seen, _ = augmented(images, **how)
  np.testing.assert_array_equal(seen, augmented(images, **how)[0])
  assert not np.array_equal(seen[0], seen[1]) or not np.array_equal(seen[0], seen[2])
  for other in ({'step': 4}, {'turn': 1}, {'seed': 1}):
    assert not np.array_equal(seen, augmented(images, **(how | other))[0])


def test_a_picture_and_its_view_move_together():
  images = pictures(64)
  seen, views = augmented(images, translation=0.25)
  shifts = views - 2
  assert np.abs(shifts).max() == 2  # a quarter of the side
  assert len(np.unique(shifts, axis=0)) > 12  # of 25
  for picture, result, (down, right) in zip(images, seen, shifts, strict=True):
    expected = np.full_like(picture, 0.5)
    rows, columns = np.arange(SIDE) - down, np.arange(SIDE) - right
    inside = ((rows >= 0) & (rows < SIDE))[:, None] & ((columns >= 0) & (columns < SIDE))
    expected[inside] = picture[np.ix_(rows % SIDE, columns % SIDE)][inside]
    np.testing.assert_array_equal(result, expected)


def test_a_view_stays_inside_the_picture():
  _, views = augmented(pictures(64), translation=0.5, view=(0, 4))
  assert views.min() == 0 and views.max() == SIDE - 4


def test_color_keeps_the_order_of_levels_and_moves_all_alike():
  grey = np.tile(np.linspace(0, 1, SIDE)[None, :, None, None], (16, 1, SIDE, 3))
  seen, _ = augmented(grey, color=1.0)
  slopes = np.diff(seen[:, :, 0, 0], axis=1)
  np.testing.assert_allclose(slopes, slopes[:, :1] * np.ones(SIDE - 1), atol=1e-12)
  contrast = slopes[:, 0] * (SIDE - 1)
  assert (contrast > 0.5).all() and (contrast < 1.5).all() and contrast.std() > 0.1
  brightness = seen.mean((1, 2, 3)) - 0.5
  assert np.abs(brightness).max() < 0.5 and brightness.std() > 0.1
  np.testing.assert_allclose(seen[..., 0], seen[..., 2], atol=1e-12)  # grey stays grey


def test_cutout_blanks_one_square_of_the_asked_side():
  seen, _ = augmented(pictures(64), cutout=0.5)
  blank = (seen == 0.5).all(-1)
  np.testing.assert_array_equal(seen[~blank], pictures(64)[~blank])
  for hole in blank:
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    assert hole[np.ix_(rows, columns)].all() and len(rows) <= 4 and len(columns) <= 4
  assert blank.sum((1, 2)).max() == 16


def test_another_value_range_is_augmented_as_the_same_picture():
  how = {'color': 1.0, 'translation': 0.25, 'cutout': 0.25}
  seen, views = augmented(pictures(), **how)
  signed, signed_views = augmented(2 * pictures() - 1, value_range=(-1.0, 1.0), **how)
  np.testing.assert_allclose(signed, 2 * seen - 1, atol=1e-12)
  np.testing.assert_array_equal(views, signed_views)


def test_the_gradient_flows_through_all_of_it():
  how = augmentation.Augmentation(1.0, 0.25, 0.5, local_size=4)
  with jax.enable_x64(True):

    def total(images):
      seen, _ = augmentation.augment(images, jnp.zeros((4, 2), jnp.int32), jnp.int32(1), how, 0)
      return jnp.sum(jnp.sin(3 * seen))

    images, direction = pictures(), pictures(seed=1) - 0.5
    slope = np.sum(np.asarray(jax.jit(jax.grad(total))(images)) * direction)
    low, high = (float(jax.jit(total)(images + step * direction)) for step in (-1e-6, 1e-6))
    numeric = (high - low) / 2e-6
  np.testing.assert_allclose(slope, numeric, rtol=1e-6)
  assert abs(slope) > 1e-3


def test_real_and_completed_pictures_are_shown_changed_alike():
  """A completed picture that equals its truth cannot be told from it by any judge."""
  method = dataclasses.replace(
    fakes.fake_method(pictures(1)[0].astype(np.float32), lambda seen: jnp.sum(seen, (1, 2, 3))),
    augmentation=augmentation.Augmentation(1.0, 0.25, 0.5, local_size=4),
  )
  batch = fakes.make_batch(4, SIDE, 4)
  batch.mask[:] = 0  # nothing is completed
  step = functools.partial(step_lib.train_step, method=method, phase=Phase.DISCRIMINATOR)
  _, metrics = jax.jit(step)(fakes.fake_state(method), batch)
  np.testing.assert_allclose(metrics['real_probability'], metrics['completed_probability'])


# The gradient penalty.


def judged_by(score, step=4, **changes):
  """One step of a Judge's own phase at a step of the state: before, after, metrics."""
  method = fakes.fake_method(pictures(1)[0].astype(np.float32), score, **changes)
  before = fakes.fake_state(method, step)
  batch = fakes.make_batch(4, SIDE, 4, weight=(1, 0, 1, 1))
  step = functools.partial(step_lib.train_step, method=method, phase=Phase.DISCRIMINATOR)
  after, metrics = jax.jit(step)(before, batch)
  return batch, before, after, metrics


@pytest.mark.parametrize('step, strength', [(4, 4), (5, 0), (6, 0), (7, 0), (8, 4)])
def test_the_penalty_of_a_plane_is_its_squared_slope_at_every_kth_step(step, strength):
  slope = np.random.default_rng(0).normal(size=(SIDE, SIDE, 3)).astype(np.float32)

  def score(images):
    return jnp.sum(slope * images, axis=(1, 2, 3))

  *_, metrics = judged_by(score, step, penalty__weight=3.0, penalty__every=4)
  expected = strength * 3.0 / 2 * np.square(slope).sum()
  np.testing.assert_allclose(metrics['gradient_penalty'], expected, rtol=1e-5)


def test_the_penalty_counts_real_pictures_and_only_rows_that_count():
  def score(images):
    return jnp.sum(jnp.square(images), axis=(1, 2, 3)) / 2  # its gradient is the picture

  batch, *_, metrics = judged_by(score, penalty__weight=1.0, penalty__every=1)
  norms = np.square(batch.image / 255).sum((1, 2, 3))
  expected = np.average(norms, weights=batch.weight) / 2
  np.testing.assert_allclose(metrics['gradient_penalty'], expected, rtol=1e-5)


def test_the_penalty_is_off_by_default():
  *_, metrics = judged_by(lambda images: jnp.sum(images, axis=(1, 2, 3)))
  assert 'gradient_penalty' not in metrics


@pytest.fixture(scope='module')
def small():
  """The real discriminator in float64, its state, and inputs."""
  with jax.enable_x64(True):
    method = fakes.tiny_method(dtype='float64', penalty__weight=2.0, penalty__every=1)
    state = fakes.random_state(method)
    inputs = forward.Inputs.of(fakes.make_batch(weight=fakes.ROW_WEIGHTS), method, state.step)
    return method, state.discriminator, jax.device_get(inputs)


def test_the_penaltys_gradient_is_the_slope_of_the_penalty(small):
  method, network, inputs = small
  with jax.enable_x64(True):
    lazily = jax.jit(
      lambda params: penalty.lazily(
        network.replace(params=params), inputs.image, inputs.real_view, inputs, method
      )
    )
    rng = np.random.default_rng(0)
    direction = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), network.params)

    def at(distance):
      return lazily(jax.tree.map(lambda p, d: p + distance * d, network.params, direction))

    # So near, since the slope of a network of ReLUs jumps where one of them opens.
    (low, _), (_, gradient), (high, _) = (at(distance) for distance in (-1e-9, 0.0, 1e-9))
    along = sum(
      np.vdot(g, d) for g, d in zip(jax.tree.leaves(gradient), jax.tree.leaves(direction))
    )
  assert float(high) > 0 and abs(along) > 1e-3
  np.testing.assert_allclose((float(high) - float(low)) / 2e-9, along, rtol=1e-4)


def test_the_penalty_is_taken_in_the_losses_dtype_when_the_network_is_bfloat16():
  method = fakes.tiny_method(dtype='bfloat16', penalty__weight=1.0)
  state = fakes.random_state(method)
  inputs = forward.Inputs.of(fakes.make_batch(), method, state.step)
  wide = fakes.tiny_method(penalty__weight=1.0)

  def norms(asked):
    seen = (inputs.image, inputs.real_view, inputs.weight)
    run = jax.jit(lambda net: penalty.squared_norms(net.params, net, *seen, asked))
    return run(state.discriminator)

  np.testing.assert_array_equal(norms(method), norms(wide))


# The average.


def test_the_average_follows_the_generator_by_its_decay():
  method = fakes.tiny_method(average__decay=0.9)
  network = fakes.random_state(method).generator
  old, new = network.average, network.variables
  moved_at = jax.jit(lambda updates: average.moved(network, 0.9, updates).average)
  moved = moved_at(jnp.int32(1_000))
  jax.tree.map(
    lambda m, o, n: np.testing.assert_allclose(m, 0.9 * o + 0.1 * n, rtol=1e-5, atol=1e-6),
    moved,
    old,
    new,
  )
  early = moved_at(jnp.int32(0))
  jax.tree.map(
    lambda m, o, n: np.testing.assert_allclose(m, 0.1 * o + 0.9 * n, rtol=1e-5, atol=1e-6),
    early,
    old,
    new,
  )


def test_the_average_stands_still_while_the_discriminator_trains():
  method = fakes.tiny_method(average__decay=0.9)
  state = fakes.random_state(method)

  @jax.jit
  def average_after(state, batch):  # alone: what else the step does is not compiled
    after, _ = step_lib.train_step(state, batch, method=method, phase=Phase.DISCRIMINATOR)
    return after.generator.average

  fakes.assert_same(average_after(state, fakes.make_batch()), state.generator.average)


# Learning rates.


def test_learning_rates_are_constant_by_default():
  assert optimizers.learning_rate(config_lib.default().optimizer.generator, 100) == 1.0


@pytest.mark.parametrize(
  'decay, warmup, expected',
  [
    ('constant', 4, {0: 0.05, 1: 0.1, 3: 0.2, 4: 0.2, 90: 0.2}),
    ('cosine', 0, {0: 0.2, 50: 0.1, 100: 0.0}),
    ('cosine', 20, {0: 0.01, 19: 0.2, 20: 0.2, 60: 0.1, 100: 0.0}),
  ],
)
def test_learning_rates_rise_and_fall_as_asked(decay, warmup, expected):
  config = config_lib.default().optimizer.generator
  config.update(learning_rate=0.2, decay=decay, warmup_steps=warmup)
  rate = optimizers.learning_rate(config, 100)
  for update, value in expected.items():
    np.testing.assert_allclose(rate(update), value, rtol=1e-6, atol=1e-9)


# Whole runs.


def test_with_all_remedies_eight_devices_make_the_step_of_one():
  with jax.enable_x64(True):
    method = fakes.short_method(**ALL)
    before = fakes.random_state(method).replace(step=np.int32(6))  # a step with a penalty
    batch, results = fakes.make_batch(), []
    for devices in (1, 8):
      mesh = parallel.make_mesh(jax.devices()[:devices])
      step = step_lib.compile_steps(method, mesh)[Phase.JOINT]
      results.append(
        jax.device_get(step(fakes.to_devices(before, mesh), parallel.to_global(batch, mesh)))
      )
  assert results[0][1]['gradient_penalty'] > 0
  jax.tree.map(
    lambda one, eight: np.testing.assert_allclose(
      eight, one, rtol=1e-6 if one.dtype == np.float32 else 1e-8, atol=1e-12
    ),
    *results,
  )


def test_a_checkpoint_keeps_the_average_and_gives_it_to_who_completes_pictures(tmp_path):
  method, mesh = fakes.tiny_method(**ALL), parallel.make_mesh(jax.devices()[:1])
  state = fakes.random_state(method)
  assert isinstance(state.generator, state_lib.AveragedState)
  with checkpoints_lib.Checkpoints(tmp_path, keep=1) as checkpoints:
    checkpoints.save(5, fakes.to_devices(state, mesh), {'config': {}})
    checkpoints.wait()
    restored, _ = checkpoints.restore(state_lib.abstract_state(method, fakes.SIZE, mesh))
  fakes.assert_same(jax.device_get(restored), state)
  variables, _ = checkpoints_lib.read_generator(tmp_path)
  fakes.assert_same(variables, dict(state.generator.average))


# What is told.


def test_held_back_pictures_are_judged_as_those_of_a_training_step():
  method, batch = fakes.tiny_method(), fakes.make_batch()
  state = fakes.random_state(method)
  step = functools.partial(step_lib.train_step, method=method, phase=Phase.DISCRIMINATOR)
  metrics = jax.jit(lambda *given: step(*given)[1])(state, batch)
  evaluation = evaluation_lib.Evaluation(method, parallel.make_mesh(jax.devices()[:1]))
  found = evaluation.judgements(state, [batch])
  assert found == pytest.approx(
    {
      'validation_real_accuracy': float(metrics['real_accuracy']),
      'validation_completed_accuracy': float(metrics['completed_accuracy']),
    }
  )
  padded = evaluation.judgements(state, [batch.replace(weight=np.float32([1] + 7 * [0]))])
  assert set(padded.values()) <= {0.0, 1.0}  # of the one row that counts
  assert evaluation.judgements(state, []) == {}


TRAINED = {'real_accuracy': 0.9, 'completed_accuracy': 0.9, 'gradient_ratio': 2.0}
HELD_BACK = {'validation_real_accuracy': 0.7, 'validation_completed_accuracy': 0.6}


AHEAD, UNHEARD = TRAINED | {'gradient_ratio': 40.0}, TRAINED | {'gradient_ratio': 0.01}


@pytest.mark.parametrize(
  'every, rows, told',
  [
    (50, [TRAINED] * 9, []),
    (50, [AHEAD] * 2, []),
    (50, [AHEAD] * 3, ['gradient_ratio is 40, after 150 steps like that: the discriminator leads']),
    (50, [UNHEARD] * 3, ['is 0.01, after 150 steps like that: the discriminator is hardly heard']),
    (50, [AHEAD, AHEAD, TRAINED] * 3, []),  # with breaks
    (50, [AHEAD, UNHEARD] * 9, []),
    (5, [AHEAD] * 19, []),  # 95 steps
    (5, [AHEAD] * 25, ['after 100 steps']),
    (500, [AHEAD] * 2, []),
    (50, [TRAINED, HELD_BACK] * 3, ['90% of what it trains on and on 65%']),
    (50, [TRAINED, HELD_BACK], []),
    (50, [HELD_BACK, TRAINED] * 2, []),
    (5, [TRAINED, HELD_BACK] * 9, []),  # 90 steps
    (50, [TRAINED, dict.fromkeys(HELD_BACK, 0.76)] * 9, []),
    (50, [AHEAD, HELD_BACK] * 9, ['by heart', 'is 40']),
  ],
)
def test_a_game_that_goes_wrong_is_told_once_with_the_keys_that_help(every, rows, told):
  """From step 1,000 on, in which the discriminator begins to learn."""
  watching = watch.Watch(schedule.Schedule(1_000, 0, 9_000), 1_000, held_back=12)
  said = [
    sentence
    for number, row in enumerate(rows, start=1)
    for sentence in watching.sentences(1_000 + every * number, row)
  ]
  assert len(said) == len(told)
  for sentence, part in zip(said, told, strict=True):
    assert part in sentence
    for key in ('balance_factor',) if 'ratio' in sentence else ('augmentation.', 'penalty.weight'):
      assert key in sentence


def test_a_few_held_back_pictures_tell_nothing_of_what_is_learnt_by_heart():
  watching = watch.Watch(schedule.Schedule(1_000, 0, 9_000), 1_000, held_back=9)
  rows = [TRAINED, HELD_BACK] * 9
  assert not [s for n, row in enumerate(rows) for s in watching.sentences(1_000 * n, row)]
