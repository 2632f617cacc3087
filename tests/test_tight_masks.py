"""A mask that cuts into what it hides is noticed; textures, edges and slopes are not."""

import numpy as np
from PIL import Image
import pytest
import scipy.ndimage

from glcic_jax.pictures import masks
from tests import commands

ROWS, COLUMNS = np.mgrid[:160, :200]
OBJECT = ((ROWS - 80) / 36) ** 2 + ((COLUMNS - 100) / 50) ** 2 < 1


def textures():
  """Made-up pictures in which nothing is masked: name -> `[160, 200, 3]` uint8."""
  noise = np.random.default_rng(0).normal(size=(160, 200))
  smooth = scipy.ndimage.gaussian_filter(noise, 6)
  pictures = {
    'flat': np.full((160, 200), 120.0),
    'slope': COLUMNS + 20.0,
    'noise': 128 + 60 * noise,
    'clouds': 128 + 60 * smooth / smooth.std(),
    'stripes': 128 + 100 * np.sin(COLUMNS / 5),
    'an edge across': np.where(COLUMNS + ROWS / 3 < 120, 30.0, 220.0),
    'a corner': np.where((COLUMNS < 100) & (ROWS < 80), 30.0, 220.0),
  }
  return {
    name: np.repeat(np.clip(levels, 0, 255).astype(np.uint8)[..., None], 3, axis=-1)
    for name, levels in pictures.items()
  }


def with_object(background, color):
  """An object of one colour before it, its edge as soft as in a photograph."""
  share = scipy.ndimage.gaussian_filter(OBJECT.astype(float), 0.8)[..., None]
  return Image.fromarray((share * np.asarray(color) + (1 - share) * background).astype(np.uint8))


def cut(pixels):
  """The object's mask, so many pixels too small on each side, or (below 0) too large."""
  if pixels < 0:
    return scipy.ndimage.binary_dilation(OBJECT, iterations=-pixels)
  return scipy.ndimage.binary_erosion(OBJECT, iterations=pixels)


@pytest.mark.parametrize('name', textures())
@pytest.mark.parametrize('hole', ['object', 'square', 'stroke', 'border', 'specks'])
def test_no_false_alarm(name, hole):
  holes = {
    'object': OBJECT,
    'square': (abs(ROWS - 70) < 25) & (abs(COLUMNS - 90) < 25),
    'stroke': abs(ROWS - 40 - COLUMNS // 3) < 3,
    'border': ROWS < 30,
    'specks': (ROWS % 40 < 2) & (COLUMNS % 40 < 2),
  }
  assert not masks.is_tight(Image.fromarray(textures()[name]), holes[hole])


@pytest.mark.parametrize('blot, most', [(1, 0), (8, 4)])
def test_a_few_blots_of_noise_differ_by_chance(blot, most):
  hole = np.zeros((20, 30), bool)
  hole[6:12, 8:15] = True
  hole = np.kron(hole, np.ones((blot, blot), bool))
  noises = (np.random.default_rng(seed).integers(0, 256, (20, 30, 3)) for seed in range(200))
  images = (Image.fromarray(one.astype(np.uint8)).resize(hole.shape[::-1]) for one in noises)
  assert sum(masks.is_tight(image, hole) for image in images) <= most


@pytest.mark.parametrize('name', ['flat', 'slope', 'clouds'])
def test_a_mask_that_cuts_into_an_object_is_noticed(name):
  image = with_object(textures()[name], (250, 10, 20))
  assert masks.is_tight(image, cut(2))
  assert not masks.is_tight(image, cut(-5))  # what the note advises helps


def test_a_thing_of_light_and_dark_parts_is_noticed():
  """As a lighthouse is: what is left of it outside the mask has no one colour."""
  thing = OBJECT.repeat(2, axis=0).repeat(2, axis=1)
  share = scipy.ndimage.gaussian_filter(thing.astype(float), 0.8)
  part = np.where(np.arange(400) < 200, 240.0, 30.0)
  image = Image.fromarray((share * part + (1 - share) * 130).astype(np.uint8))
  for pixels in (2, 3):
    assert masks.is_tight(image, scipy.ndimage.binary_erosion(thing, iterations=pixels))
  for pixels in (5, 8):
    assert not masks.is_tight(image, scipy.ndimage.binary_dilation(thing, iterations=pixels))


def test_the_command_says_what_to_do_and_is_silent_when_told(capsys, tmp_path):
  with_object(textures()['slope'], (250, 10, 20)).save(tmp_path / 'a.png')
  Image.fromarray(cut(2)).save(tmp_path / 'm.png')
  arguments = ['complete', tmp_path / 'a.png', '--mask', tmp_path / 'm.png', '--model', 'telea']
  code, _, err = commands.run(capsys, *arguments)
  assert code == 0 and err.strip().endswith('as a halo; try --dilate 5.')
  (tmp_path / 'a_completed.png').unlink()
  assert commands.run(capsys, *arguments, '--quiet')[2] == ''
  (tmp_path / 'a_completed.png').unlink()
  assert commands.run(capsys, *arguments, '--dilate', '7')[2] == ''
