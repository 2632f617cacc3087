"""Scores and samples during training, of a generator that paints a known picture."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glcic_jax import parallel
from glcic_jax import scores as scores_lib
from glcic_jax.training import evaluation as evaluation_lib
from glcic_jax.training import metrics as metrics_lib
from tests import fakes

SIZE = 12  # pixels
PICTURE = np.random.default_rng(3).uniform(size=(SIZE, SIZE, 3)).astype(np.float32)
VARIABLES = {'params': {'picture': PICTURE}, 'batch_stats': {'calls': np.zeros((), np.float32)}}


@pytest.fixture(scope='module')
def evaluation():
  """Compiled once, on eight devices."""
  return evaluation_lib.Evaluation(fakes.fake_method(PICTURE), parallel.make_mesh())


def make_batch(seed, weight=None):
  """Eight pictures with holes."""
  return fakes.make_batch(8, SIZE, SIZE // 2, seed, weight)


def test_scores_are_means_over_the_pictures_that_count(evaluation):
  batches = [make_batch(0), make_batch(1, weight=[1, 1, 0, 1, 1, 0, 0, 0])]
  batches[1].image[[2, 5, 6, 7]] = 255  # padding that would spoil the means
  painted = np.round(PICTURE * 255)
  psnr, l1, whole, ssim = [], [], [], []
  for batch in batches:
    for image, mask, weight in zip(batch.image, batch.mask, batch.weight, strict=True):
      difference = (painted - image)[mask[..., 0] == 1]
      if weight:
        psnr.append(10 * np.log10(255**2 / np.mean(difference**2)))
        l1.append(np.abs(difference).mean() / 255)
        whole.append(10 * np.log10(255**2 * image.size / np.sum(difference**2)))
        ssim.extend(
          scores_lib.ssim(
            np.where(mask, painted, image)[None], image[None], mask[None], region='whole'
          )
        )
  scores = evaluation.scores(VARIABLES, batches)
  assert set(scores) == {*metrics_lib.SCORES, 'validation_count'}
  assert scores['validation_hole_psnr'] == pytest.approx(np.mean(psnr), rel=1e-5)
  assert scores['validation_hole_l1'] == pytest.approx(np.mean(l1), rel=1e-5)
  assert scores['validation_psnr'] == pytest.approx(np.mean(whole), rel=1e-5)
  assert scores['validation_ssim'] == pytest.approx(np.mean(ssim), rel=1e-4)
  assert scores['validation_count'] == 12


def failing(completed, truth, mask):
  """A score that cannot be computed."""
  raise ValueError('no such window\nand more of it')


@pytest.mark.parametrize(
  'score, told',
  [
    (failing, 'ValueError: no such window'),
    (lambda completed, truth, mask: jnp.full(len(truth), math.inf), 'it is inf'),
    (lambda completed, truth, mask: jnp.full(len(truth), math.nan), 'it is nan'),
  ],
)
def test_a_score_that_fails_is_told_once_and_the_others_are_there(capsys, score, told):
  wanted = {
    'validation_psnr': score,
    'validation_hole_l1': metrics_lib.SCORES['validation_hole_l1'],
  }
  evaluation = evaluation_lib.Evaluation(
    fakes.fake_method(PICTURE), parallel.make_mesh(jax.devices()[:1]), wanted
  )
  scores = evaluation.scores(VARIABLES, [make_batch(0), make_batch(1)])
  assert set(scores) == {'validation_hole_l1', 'validation_count'}
  assert capsys.readouterr().err == f'validation_psnr is left out ({told}); the run goes on.\n'


def test_no_pictures_no_scores(evaluation):
  assert evaluation.scores(VARIABLES, []) == {}


def test_samples_keep_known_pixels_and_show_what_went_in(evaluation):
  batch = make_batch(2)
  columns = evaluation.samples(VARIABLES, [batch], 3)
  assert list(columns) == ['input', 'raw output', 'completed', 'truth']
  image, hole = batch.image[:3], np.broadcast_to(batch.mask[:3] == 1, (3, SIZE, SIZE, 3))
  painted = np.broadcast_to(np.round(PICTURE * 255).astype(np.uint8), image.shape)
  np.testing.assert_array_equal(columns['truth'], image)
  np.testing.assert_array_equal(columns['raw output'], painted)
  np.testing.assert_array_equal(columns['completed'][~hole], image[~hole])
  np.testing.assert_array_equal(columns['completed'][hole], painted[hole])
  np.testing.assert_array_equal(columns['input'][~hole], image[~hole])
  fill = np.round(np.multiply(fakes.MEAN_COLOR, 255)).astype(np.uint8)
  np.testing.assert_array_equal(columns['input'], np.where(hole, fill, image))
  assert {column.dtype for column in columns.values()} == {np.dtype('uint8')}


def test_more_samples_than_a_batch_come_from_the_next(evaluation):
  batches = [make_batch(2), make_batch(3)]
  columns = evaluation.samples(VARIABLES, batches, 11)
  np.testing.assert_array_equal(
    columns['truth'], np.concatenate([batches[0].image, batches[1].image[:3]])
  )
  assert {len(column) for column in columns.values()} == {11}


def test_running_statistics_are_used(evaluation):
  method = fakes.fake_method(PICTURE)
  evaluation_lib.Evaluation(method, parallel.make_mesh()).scores(VARIABLES, [make_batch(0)])
  ((*_, train),) = method.generator.calls
  assert train is False


def test_one_device_scores_as_eight_do(evaluation):
  mesh = parallel.make_mesh(jax.devices()[:1])
  alone = evaluation_lib.Evaluation(fakes.fake_method(PICTURE), mesh)
  batches = [make_batch(0)]
  assert alone.scores(VARIABLES, batches) == pytest.approx(evaluation.scores(VARIABLES, batches))
