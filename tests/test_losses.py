"""The losses against float64 loops and formulas."""

import math

import jax
import numpy as np
import pytest

from glcic_jax import losses
from glcic_jax.config import keys
from glcic_jax.methods import objectives


@pytest.fixture(autouse=True)
def double_precision():
  with jax.enable_x64(True):
    yield


@pytest.fixture
def rng():
  return np.random.default_rng(0)


def _sample(rng, shape=(3, 5, 4, 3)):
  raw, image = rng.random((2, *shape))
  mask = (rng.random((*shape[:3], 1)) < 0.3).astype(float)
  mask[:, 0, 0] = 1
  return raw, image, mask


def _by_loops(raw, image, mask, mean_over):
  result = []
  for b in range(raw.shape[0]):
    total, count = 0.0, 0
    for y, x, c in np.ndindex(raw.shape[1:]):
      inside = mask[b, y, x, 0] == 1
      total += (raw[b, y, x, c] - image[b, y, x, c]) ** 2 if inside else 0.0
      count += 1 if inside or mean_over == 'all' else 0
    result.append(total / count)
  return result


MEANS = {'all': losses.mean_over_all, 'hole': losses.mean_over_weight}


def _squared(raw, image, mask, mean_over='all'):
  return MEANS[mean_over](losses.squared_error(raw, image), mask)


@pytest.mark.parametrize('mean_over', ['all', 'hole'])
def test_the_masked_squared_error_equals_the_loops(rng, mean_over):
  raw, image, mask = _sample(rng)
  loss = _squared(raw, image, mask, mean_over)
  assert loss.shape == (3,)
  assert loss.dtype == np.float64
  np.testing.assert_allclose(loss, _by_loops(raw, image, mask, mean_over), rtol=1e-13)


def test_hole_mean_is_larger_by_the_share_of_the_hole():
  mask = np.zeros((1, 10, 10, 1))
  mask[0, :5, :4] = 1  # a fifth of the picture
  raw, image = np.full((1, 10, 10, 3), 0.75), np.full((1, 10, 10, 3), 0.25)
  np.testing.assert_allclose(_squared(raw, image, mask, 'all'), [0.05], rtol=1e-14)
  np.testing.assert_allclose(_squared(raw, image, mask, 'hole'), [0.25], rtol=1e-14)


def test_errors_outside_the_hole_do_not_count(rng):
  raw, image, mask = _sample(rng)
  changed = raw + 10 * (1 - mask)
  for mean_over in MEANS:
    np.testing.assert_array_equal(
      _squared(changed, image, mask, mean_over), _squared(raw, image, mask, mean_over)
    )


def test_reconstruction_gradient_is_twice_the_masked_difference_over_all(rng):
  raw, image, mask = _sample(rng)
  gradient = jax.grad(lambda x: _squared(x, image, mask).sum())(raw)
  np.testing.assert_allclose(gradient, 2 * mask * (raw - image) / (5 * 4 * 3), rtol=1e-13)


def test_shapes_that_do_not_belong_together_are_refused(rng):
  raw, image, mask = _sample(rng)
  with pytest.raises(ValueError, match='prediction is'):
    losses.squared_error(raw[:, 1:], image)
  with pytest.raises(ValueError, match='prediction is'):
    losses.absolute_error(raw, image[..., :1])  # would be broadcast
  for mean in MEANS.values():
    with pytest.raises(ValueError, match='weight is'):
      mean(losses.squared_error(raw, image), mask[..., 0])
  with pytest.raises(ValueError, match='Logits are'):
    losses.discriminator(np.zeros(3), np.zeros((3, 1)))  # would be [3, 3]


@pytest.mark.parametrize('dtype', [np.float16, 'bfloat16', np.float32])
def test_low_precision_is_summed_in_float32(dtype):
  raw = np.full((1, 64, 64, 3), 0.5).astype(jax.numpy.dtype(dtype))
  loss = _squared(raw, 0 * raw, np.ones((1, 64, 64, 1), np.uint8))
  assert loss.dtype == np.float32
  np.testing.assert_allclose(loss, [0.25], rtol=1e-6)


def _probability(logit):
  return 1 / (1 + math.exp(-logit))


def test_discriminator_loss_is_the_cross_entropy():
  real, completed = [-3.0, 0.0, 0.5, 6.0], [2.0, 0.0, -1.5, -7.0]
  expected = [
    -math.log(_probability(r)) - math.log(1 - _probability(c)) for r, c in zip(real, completed)
  ]
  np.testing.assert_allclose(
    losses.discriminator(np.array(real), np.array(completed)), expected, rtol=1e-11
  )


def test_an_undecided_discriminator_pays_two_bits():
  np.testing.assert_allclose(
    losses.discriminator(np.zeros(1), np.zeros(1)), [2 * math.log(2)], rtol=1e-15
  )


@pytest.mark.parametrize('logit', [-6.0, -0.5, 0.0, 3.0])
def test_adversarial_forms_are_their_logarithms(logit):
  p = _probability(logit)
  logits = np.array([logit])
  np.testing.assert_allclose(losses.non_saturating(logits), [-math.log(p)], rtol=1e-12)
  np.testing.assert_allclose(losses.saturating(logits), [math.log(1 - p)], rtol=1e-12)


@pytest.mark.parametrize(
  'logit, non_saturating, saturating',
  [
    (0.0, -0.5, -0.5),
    (math.log(3), -0.25, -0.75),  # D = 3/4
    (-math.log(3), -0.75, -0.25),  # D = 1/4
    (-math.log(999), -0.999, -0.001),  # D is sure: only one form still pulls
  ],
)
def test_gradients_at_known_logits(logit, non_saturating, saturating):
  np.testing.assert_allclose(
    jax.grad(lambda x: losses.non_saturating(x).sum())(np.array([logit])),
    [non_saturating],
    rtol=1e-12,
  )
  np.testing.assert_allclose(
    jax.grad(lambda x: losses.saturating(x).sum())(np.array([logit])), [saturating], rtol=1e-12
  )


def test_discriminator_gradients_push_real_up_and_completed_down():
  def loss(real, completed):
    return losses.discriminator(real, completed).sum()

  to_real, to_completed = jax.grad(loss, argnums=(0, 1))(
    np.array([math.log(3)]), np.array([math.log(3)])
  )
  np.testing.assert_allclose(to_real, [-0.25], rtol=1e-12)
  np.testing.assert_allclose(to_completed, [0.75], rtol=1e-12)


@pytest.mark.parametrize('logit', [-1e4, 1e4])
def test_extreme_logits_stay_finite(logit):
  logits = np.array([logit], np.float32)
  for function in (*objectives.ADVERSARIAL.values(), lambda x: losses.discriminator(x, x)):
    value, gradient = jax.value_and_grad(lambda x, f=function: f(x).sum())(logits)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
  np.testing.assert_allclose(losses.discriminator(logits, logits), [1e4], rtol=1e-6)


@pytest.mark.parametrize(
  'key, functions',
  [
    ('loss.adversarial_form', objectives.ADVERSARIAL),
    ('loss.reconstruction_norm', objectives.NORMS),
    ('loss.reconstruction_mean', objectives.MEANS),
  ],
)
def test_every_word_of_the_config_has_its_function(key, functions):
  assert set(functions) == set(keys.KEYS[key].among)
  assert objectives.ADVERSARIAL['saturating'] is losses.saturating


@pytest.mark.parametrize('error, power', [(losses.squared_error, 2), (losses.absolute_error, 1)])
@pytest.mark.parametrize('mean_over', ['all', 'hole'])
def test_weights_weigh_every_element(rng, error, power, mean_over):
  raw, image, _ = _sample(rng)
  weight = rng.uniform(0, 10, (1, 5, 4, 1))
  errors = [
    [
      weight[0, y, x, 0] * abs(raw[b, y, x, c] - image[b, y, x, c]) ** power
      for y, x, c in np.ndindex(5, 4, 3)
    ]
    for b in range(3)
  ]
  count = 5 * 4 * 3 if mean_over == 'all' else 3 * weight.sum()
  actual = MEANS[mean_over](error(raw, image), weight)
  np.testing.assert_allclose(actual, np.sum(errors, axis=1) / count, rtol=1e-12)


def test_overlap_weight_is_the_border_around_ones():
  weight = np.asarray(losses.overlap_weight(5, 1, 10.0))
  assert weight.shape == (1, 5, 5, 1)
  assert weight.sum() == 9 + 16 * 10 and (weight[0, 1:4, 1:4] == 1).all()
  np.testing.assert_array_equal(losses.overlap_weight(4, 0, 10.0), np.ones((1, 4, 4, 1)))
