"""The training step: who changes, by how much, and what each network is shown."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from glcic_jax import schedule
from glcic_jax.training import metrics as metrics_lib
from glcic_jax.training import step as step_lib
from tests import fakes

Phase = schedule.Phase
DEVICES = 8


def unmoved(before, after):
  """Names of the leaves that are the same to the bit; not of biases, which BatchNorm cancels."""
  names = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(before)]
  pairs = zip(names, jax.tree.leaves(before), jax.tree.leaves(after), strict=True)
  return [
    name for name, old, new in pairs if np.array_equal(old, new) and not name.endswith("['bias']")
  ]


# The real discriminator and a short completion network; float64, compiled.


def test_reconstruction_moves_the_generator_alone():
  step = fakes.stepped(Phase.RECONSTRUCTION, DEVICES)
  fakes.assert_same(step.after.discriminator, step.before.discriminator)
  assert not unmoved(step.before.generator, step.after.generator)


def test_discriminator_phase_moves_the_discriminator_alone_and_drops_generator_statistics():
  step = fakes.stepped(Phase.DISCRIMINATOR, DEVICES)
  fakes.assert_same(step.after.generator, step.before.generator)
  assert not unmoved(step.before.discriminator, step.after.discriminator)


def test_joint_phase_moves_both():
  step = fakes.stepped(Phase.JOINT, DEVICES)
  assert not unmoved(step.before.generator, step.after.generator)
  assert not unmoved(step.before.discriminator, step.after.discriminator)


@pytest.mark.parametrize('phase', Phase)
def test_each_step_counts_one(phase):
  step = fakes.stepped(phase, DEVICES)
  assert step.after.step == step.before.step + 1


@pytest.mark.parametrize('phase', Phase)
def test_state_is_donated_and_the_batch_is_not(phase):
  step = fakes.stepped(phase, DEVICES)
  assert all(step.state_deleted)
  assert not any(step.batch_deleted)


@pytest.mark.parametrize(
  'phase, count', [(Phase.RECONSTRUCTION, 2), (Phase.DISCRIMINATOR, 6), (Phase.JOINT, 13)]
)
def test_metrics_are_known_finite_scalars(phase, count):
  metrics = fakes.stepped(phase, DEVICES).metrics
  assert len(metrics) == count and set(metrics) <= set(metrics_lib.STEP_NAMES)
  assert all(value.shape == () and np.isfinite(value) for value in metrics.values())


def row_mean(values):
  """The mean over the rows that count."""
  weight = jnp.asarray(fakes.ROW_WEIGHTS)
  return (values * weight).sum() / weight.sum()


def complete(step, params):
  """The generator in training mode: image, hole, raw output, new statistics."""
  image = jnp.asarray(step.batch.image, jnp.float64) / 255
  hole = jnp.asarray(step.batch.mask, jnp.float64)
  filled = image * (1 - hole) + jnp.asarray(fakes.MEAN_COLOR) * hole
  variables = {'params': params, 'batch_stats': step.before.generator.batch_stats}
  raw, updates = step.method.generator.apply(
    variables, filled, hole, train=True, mutable=['batch_stats']
  )
  return image, hole, raw, updates['batch_stats']


def judge(step, params, stats, image, view):
  """One call of the discriminator in training mode: logits, new statistics."""
  logits, updates = step.method.discriminator.apply(
    {'params': params, 'batch_stats': stats}, image, view, train=True, mutable=['batch_stats']
  )
  return logits, updates['batch_stats']


def adadelta_step(network, gradient, stats):
  """The network's state after Torch's ADADELTA."""
  updates, opt_state = optax.adadelta(1.0, rho=0.9, eps=1e-6).update(
    gradient, network.opt_state, network.params
  )
  return network.replace(
    params=optax.apply_updates(network.params, updates), batch_stats=stats, opt_state=opt_state
  )


@pytest.fixture(scope='module')
def joint():
  """A joint step, and its discriminator and generator as written here a second time."""
  step = fakes.stepped(Phase.JOINT, DEVICES)
  network = step.before.discriminator

  @jax.jit
  def discriminator_after():
    image, hole, raw, _ = complete(step, step.before.generator.params)
    completed = raw * hole + image * (1 - hole)

    def loss_of(params):
      real, stats = judge(step, params, network.batch_stats, image, step.batch.real_view)
      fake, stats = judge(step, params, stats, completed, step.batch.view)
      cross_entropy = -jnp.log(jax.nn.sigmoid(real)) - jnp.log(1 - jax.nn.sigmoid(fake))
      return 0.7 * row_mean(cross_entropy), stats

    gradient, stats = jax.grad(loss_of, has_aux=True)(network.params)
    return adadelta_step(network, gradient, stats)

  @jax.jit
  def generator_after(discriminator):
    def loss_of(params):
      image, hole, raw, stats = complete(step, params)
      completed = raw * hole + image * (1 - hole)
      logits, _ = judge(
        step, discriminator.params, discriminator.batch_stats, completed, step.batch.view
      )
      squared = jnp.square(hole * (raw - image)).mean((1, 2, 3))
      return row_mean(1.3 * squared - 0.5 * jnp.log(jax.nn.sigmoid(logits))), stats

    gradient, stats = jax.grad(loss_of, has_aux=True)(step.before.generator.params)
    return adadelta_step(step.before.generator, gradient, stats)

  def wide(function):
    def in_float64(*args):
      with jax.enable_x64(True):
        return jax.device_get(function(*args))

    return in_float64

  return step, wide(discriminator_after)(), wide(generator_after)


def test_joint_discriminator_learns_from_two_batches_of_composites(joint):
  step, discriminator, _ = joint
  fakes.assert_close(step.after.discriminator, discriminator, 1e-10)


def test_discriminator_phase_makes_the_same_update(joint):
  _, discriminator, _ = joint
  step = fakes.stepped(Phase.DISCRIMINATOR, DEVICES)
  fakes.assert_close(step.after.discriminator, discriminator, 1e-10)


def test_joint_generator_learns_from_the_updated_discriminator(joint):
  step, discriminator, generator_after = joint
  fakes.assert_close(step.after.generator, generator_after(discriminator), 1e-10)


def test_joint_generator_does_not_learn_from_the_old_discriminator(joint):
  step, _, generator_after = joint
  stale = generator_after(step.before.discriminator)
  differences = jax.tree.map(np.subtract, step.after.generator.params, stale.params)
  assert max(np.abs(leaf).max() for leaf in jax.tree.leaves(differences)) > 1e-4


@pytest.mark.parametrize(
  'phase, dtype',
  [(Phase.RECONSTRUCTION, 'bfloat16'), (Phase.JOINT, 'bfloat16'), (Phase.JOINT, 'float32')],
)
def test_state_keeps_its_shapes_and_dtypes(phase, dtype):
  method = fakes.tiny_method(dtype=dtype, optimizer__discriminator__name='adam')
  before = fakes.random_state(method)
  step = functools.partial(step_lib.train_step, method=method, phase=phase)
  after, metrics = jax.eval_shape(step, before, fakes.make_batch())
  assert after == jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), before)
  assert not any(leaf.weak_type for leaf in jax.tree.leaves(after))
  assert {value.dtype for value in metrics.values()} == {np.dtype('float32')}


# Networks whose answers are known.

SIZE = 8  # pixels
PICTURE = np.random.default_rng(7).uniform(size=(SIZE, SIZE, 3)).astype(np.float32)


def small_batch(rows=4, seed=0, weight=None):
  """Pictures that suit PICTURE."""
  return fakes.make_batch(rows, SIZE, SIZE // 2, seed, weight)


def half(image):
  """A score: every picture is as likely as not to be real."""
  return jnp.zeros(image.shape[0])


def run(phase, batch, score=half, step=5, picture=PICTURE, **changes):
  """One step of a Painter and a Judge: before, after, metrics."""
  method = fakes.fake_method(picture, score, **changes)
  before = fakes.fake_state(method, step)
  train_step = jax.jit(functools.partial(step_lib.train_step, method=method, phase=phase))
  after, metrics = train_step(before, batch)
  return before, after, metrics


def descent(before, after):
  """The gradient that plain gradient descent at learning rate 1 has followed."""
  return np.asarray(before.generator.params['picture'] - after.generator.params['picture'])


@pytest.mark.parametrize(
  'phase, generator, discriminator',
  [(Phase.RECONSTRUCTION, 1, 0), (Phase.DISCRIMINATOR, 1, 1), (Phase.JOINT, 1, 2)],
)
def test_networks_are_traced_no_more_often_than_needed(phase, generator, discriminator):
  method = fakes.fake_method(PICTURE)
  state = fakes.fake_state(method)
  jax.eval_shape(
    lambda s, b: step_lib.train_step(s, b, method=method, phase=phase), state, small_batch()
  )
  assert len(method.generator.calls) == generator
  assert method.discriminator.calls == discriminator


def test_completion_network_sees_the_mean_colour_in_the_hole():
  batch, method = small_batch(), fakes.fake_method(PICTURE)

  @jax.jit
  def seen(state, batch):
    step_lib.train_step(state, batch, method=method, phase=Phase.DISCRIMINATOR)
    ((image, mask, train),) = method.generator.calls
    return image, mask, train

  image, mask, train = seen(fakes.fake_state(method), batch)
  filled = np.where(batch.mask, np.float32(fakes.MEAN_COLOR), batch.image / np.float32(255))
  np.testing.assert_allclose(image, filled, rtol=1e-6)
  np.testing.assert_array_equal(mask, batch.mask)
  assert train


@pytest.mark.parametrize(
  'phase, moves',
  [(Phase.RECONSTRUCTION, (1, 0)), (Phase.DISCRIMINATOR, (0, 2)), (Phase.JOINT, (1, 2))],
)
def test_statistics_move_in_a_networks_own_update_only(phase, moves):
  *_, after, _ = run(phase, small_batch())
  assert (after.generator.batch_stats['calls'], after.discriminator.batch_stats['calls']) == moves


@pytest.mark.parametrize('mean_over', ['all', 'hole'])
def test_reconstruction_loss_and_gradient_by_hand(mean_over):
  weight = np.float64([1, 0, 1, 1])
  batch = small_batch(weight=weight)
  before, after, metrics = run(
    Phase.RECONSTRUCTION,
    batch,
    loss__reconstruction_mean=mean_over,
    loss__reconstruction_weight=2.5,
  )
  loss, gradient = 0, np.zeros_like(PICTURE, np.float64)
  for image, mask, share in zip(batch.image / 255, batch.mask, weight / 3, strict=True):
    count = 3 * (SIZE * SIZE if mean_over == 'all' else mask.sum())
    loss += 2.5 * share * (mask * (PICTURE - image) ** 2).sum() / count
    gradient += 2.5 * share * 2 * mask * (PICTURE - image) / count
  np.testing.assert_allclose(metrics['reconstruction_loss'], loss, rtol=1e-5)
  np.testing.assert_allclose(descent(before, after), gradient, rtol=1e-4, atol=1e-7)
  np.testing.assert_allclose(
    metrics['generator_gradient_norm'], np.linalg.norm(gradient), rtol=1e-5
  )


def sum_of_pixels(image):
  """A score that tells apart what the discriminator is shown."""
  return jnp.sum(image, axis=(1, 2, 3)) / 20 - 5


def sigmoid(x):
  """NumPy's."""
  return 1 / (1 + np.exp(-x))


def test_discriminator_is_shown_whole_truths_and_composites():
  batch = small_batch(rows=1)
  *_, metrics = run(Phase.DISCRIMINATOR, batch, sum_of_pixels)
  truth = batch.image[0] / 255
  composite = np.where(batch.mask[0], PICTURE, truth)
  np.testing.assert_allclose(metrics['real_probability'], sigmoid(truth.sum() / 20 - 5), rtol=1e-5)
  np.testing.assert_allclose(
    metrics['completed_probability'], sigmoid(composite.sum() / 20 - 5), rtol=1e-5
  )


@pytest.mark.parametrize('phase', [Phase.DISCRIMINATOR, Phase.JOINT])
def test_raw_output_outside_the_hole_reaches_no_one(phase):
  batch = small_batch(rows=1)
  other = np.where(batch.mask[0], PICTURE, 1 - PICTURE)
  *_, metrics = run(phase, batch, sum_of_pixels)
  before, after, changed = run(phase, batch, sum_of_pixels, picture=other)
  fakes.assert_same(changed, metrics)
  assert not (descent(before, after) * (1 - batch.mask[0])).any()


LOGITS = np.float64([[3, -1, 0, 0.5], [-2, 0, 1, -0.25]])  # of the real pictures, of the completed


def known_logits(weight):
  """A joint step of a Judge that reads its answer off a known pixel: row i has LOGITS[:, i]."""
  batch = small_batch(weight=weight)
  batch.image[:, 0, 0, 0] = [0, 51, 102, 153]  # 0, 0.2, 0.4, 0.6
  batch.mask[:, 0, 0] = 0
  table = jnp.asarray(LOGITS, jnp.float32)

  def score(pictures):
    row = jnp.round(pictures[:, 0, 0, 0] * 5).astype(jnp.int32)
    together = pictures.shape[0] == 8  # real and completed pictures, interleaved
    return table[jnp.arange(pictures.shape[0]) % 2 if together else 1, row]

  return run(Phase.JOINT, batch, score, loss__discriminator_weight=0.5)


@pytest.mark.parametrize('weight', [(1, 1, 1, 1), (1, 0, 1, 1), (0, 0, 1, 0)])
def test_metrics_of_known_logits(weight):
  before, after, metrics = known_logits(weight)
  real, completed = LOGITS

  def mean(values):
    return np.average(values, weights=weight)

  expected = {
    'real_accuracy': mean(real > 0),
    'completed_accuracy': mean(completed <= 0),
    'real_probability': mean(sigmoid(real)),
    'completed_probability': mean(sigmoid(completed)),
    'discriminator_loss': 0.5 * mean(-np.log(sigmoid(real)) - np.log(1 - sigmoid(completed))),
  }
  for name, value in expected.items():
    np.testing.assert_allclose(metrics[name], value, rtol=1e-5, err_msg=name)
  # The Judge's offset moves every logit by one.
  offset = after.discriminator.params['offset'] - before.discriminator.params['offset']
  slope = 0.5 * mean(sigmoid(real) - 1 + sigmoid(completed))
  np.testing.assert_allclose(offset, -slope, rtol=1e-5)
  np.testing.assert_allclose(metrics['discriminator_gradient_norm'], abs(slope), rtol=1e-5)
  # The generator is judged by the offset that has just moved.
  np.testing.assert_allclose(
    metrics['adversarial_loss'], mean(-np.log(sigmoid(completed + offset))), rtol=1e-5
  )


@pytest.mark.parametrize('phase', Phase)
def test_rows_of_weight_zero_do_not_count(phase):
  batch, other = (small_batch(seed=seed, weight=(1, 1, 0, 1)) for seed in (0, 1))
  changed = jax.tree.map(np.copy, batch)
  for leaf, source in zip(jax.tree.leaves(changed), jax.tree.leaves(other), strict=True):
    leaf[2] = source[2]
  fakes.assert_same(run(phase, changed, sum_of_pixels), run(phase, batch, sum_of_pixels))


@pytest.mark.parametrize(
  'form, slope', [('non_saturating', lambda p: p - 1), ('saturating', lambda p: -p)]
)
def test_adversarial_form_decides_the_gradient(form, slope):
  batch = small_batch(rows=1)
  before, after, metrics = run(
    Phase.JOINT,
    batch,
    sum_of_pixels,
    loss__adversarial_form=form,
    loss__adversarial_weight=0.3,
    loss__reconstruction_weight=0.0,
  )
  offset = after.discriminator.params['offset']
  composite = np.where(batch.mask[0], PICTURE, batch.image[0] / 255)
  probability = sigmoid(composite.sum() / 20 - 5 + offset)
  gradient = 0.3 * slope(probability) / 20 * np.broadcast_to(batch.mask[0], PICTURE.shape)
  np.testing.assert_allclose(descent(before, after), gradient, rtol=1e-4, atol=1e-7)
  np.testing.assert_allclose(
    metrics['adversarial_gradient_norm'], np.linalg.norm(gradient), rtol=1e-4
  )


@pytest.mark.parametrize(
  'ratio, step, steps, scale',
  [
    (40, 5, 2, 10),
    (1 / 40, 5, 2, 1 / 10),  # out of balance by more than the factor
    (2, 5, 2, 1),
    (1 / 2, 5, 2, 1),  # within the factor
    (40, 6, 2, 1),
    (1 / 40, 6, 2, 1),  # after the last balanced step
    (40, 5, 0, 1),
    (1 / 40, 5, 0, 1),
  ],
)  # switched off
def test_balance_scales_the_reconstruction_gradient_to_within_the_factor(ratio, step, steps, scale):
  batch = small_batch(rows=1)
  hole = np.broadcast_to(batch.mask[0], PICTURE.shape)
  image = batch.image[0] / 255
  reconstruct = 2 * hole * (PICTURE - image) / PICTURE.size
  slope = 2 * ratio * np.linalg.norm(reconstruct) / np.linalg.norm(hole)
  composite = np.where(hole, PICTURE, image)
  deceive = -slope / 2 * hole  # the derivative of -log D at D = 1/2

  def score(pictures):
    return slope * jnp.sum(pictures - composite, axis=(1, 2, 3))

  before, after, metrics = run(
    Phase.JOINT,
    batch,
    score,
    step,
    loss__balance_steps=steps,
    loss__balance_factor=4.0,
    loss__adversarial_weight=1.0,
    loss__discriminator_weight=0.0,
  )
  np.testing.assert_allclose(
    descent(before, after), scale * reconstruct + deceive, rtol=1e-3, atol=1e-6
  )
  np.testing.assert_allclose(
    metrics['reconstruction_gradient_norm'], np.linalg.norm(reconstruct), rtol=1e-4
  )
  np.testing.assert_allclose(
    metrics['adversarial_gradient_norm'], np.linalg.norm(deceive), rtol=1e-4
  )
  np.testing.assert_allclose(metrics['gradient_ratio'], ratio, rtol=1e-4)


def test_discriminator_does_not_train_the_generator_in_its_own_phase():
  before, after, _ = run(Phase.DISCRIMINATOR, small_batch(), sum_of_pixels)
  assert not descent(before, after).any()
