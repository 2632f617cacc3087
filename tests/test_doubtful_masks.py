"""Masks that can be used and were hardly meant so: `complete` asks, before it begins."""

import re
import shlex

import numpy as np
from PIL import Image
from PIL import ImageDraw
import pytest
import scipy.ndimage

from glcic_jax import errors
from glcic_jax.inference import baselines
from glcic_jax.inference import in_memory
from glcic_jax.inference import pairs
from glcic_jax.pictures import masks
from glcic_jax.pictures import painted_over
from tests import commands

MASK = np.zeros((20, 30), np.uint8)
MASK[6:12, 8:15] = 255


@pytest.fixture
def complete(capsys, tmp_path):
  """The command on a picture and these levels as its mask: exit code and stderr."""
  pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
  Image.fromarray(pixels).save(tmp_path / 'photo.png')

  def run(levels, *arguments, image='photo.png'):
    Image.fromarray(levels).save(tmp_path / 'mask.png')
    given = tmp_path / image, '--mask', tmp_path / 'mask.png', '--output', tmp_path / 'out.png'
    code, _, err = commands.run(capsys, 'complete', *given, '--model', 'telea', *arguments)
    return code, err

  return run


@pytest.mark.parametrize('share, is_doubtful', [(0.7, False), (0.8, True)])
def test_a_hole_of_nearly_all_there_is_may_be_meant_the_other_way(complete, share, is_doubtful):
  levels = np.full((20, 30), 255, np.uint8)
  levels[: round(20 * (1 - share))] = 0  # what is known is far from the middle
  code, err = complete(levels)
  assert code == 0 and ('did you mean --invert-mask?' in err) == is_doubtful
  code, err = complete(255 - levels, '--invert-mask')
  assert code == 0 and ('did you mean it without --invert-mask?' in err) == is_doubtful
  assert complete(255 - levels) == (0, '')


def test_a_hole_that_grows_over_all_there_is_may_be_meant_the_other_way(complete):
  code, err = complete(MASK, '--dilate', '25')
  assert code == 2 and err.endswith('give a smaller --dilate.\n')
  code, err = complete(255 - MASK, '--dilate', '25')
  assert code == 2 and err.endswith('give a smaller --dilate - did you mean --invert-mask?\n')


def test_a_picture_given_as_its_own_mask_is_told(complete):
  _, err = complete(MASK, image='mask.png')
  assert 'mask.png: it is given as its own mask: what is light in it is the hole.' in err
  cut_out = np.dstack(
    [np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8), 255 - MASK]
  )
  assert 'own mask' not in complete(cut_out, image='mask.png')[1]


def test_a_photograph_given_as_its_own_mask_is_refused_unless_one_says_so(complete, tmp_path):
  code, err = complete(MASK, '--mask-channel', 'luminance', image='mask.png')
  assert code == 0 and 'own mask' in err
  grey = np.random.default_rng(0).integers(0, 256, (20, 30), np.uint8)  # too small to be told by
  assert complete(grey)[0] == 0  # as the mask of another
  code, err = complete(grey, image='mask.png')
  said = 'is a photograph, and is given as its own mask; give a mask, or '
  assert code == 2 and f'mask.png {said}--mask-channel luminance, ' in err
  code, err = complete(grey, '--mask-channel', 'luminance', image='mask.png')
  assert code == 0 and 'own mask: what is light' in err
  path, data = tmp_path / 'mask.png', (tmp_path / 'mask.png').read_bytes()
  opened = Image.open(path)
  for given in ((path, str(path)), (opened, opened)):
    with pytest.raises(errors.InputError, match=said):
      pairs.read(*given)
  with pytest.raises(errors.InputError, match=said):
    in_memory.complete(baselines.Baseline('telea'), in_memory.Task(data, data, {}))


def _painted_over(form):
  """A photograph of many colours, or of greys, with strokes of one."""
  noise = np.random.default_rng(0).normal(size=(120, 160, 3))
  levels = scipy.ndimage.gaussian_filter(noise, (3, 3, 0))
  levels = np.clip(128 + 40 * levels / levels.std(), 0, 255).astype(np.uint8)
  photo = Image.fromarray(levels if form != 'grey' else levels[..., :1].repeat(3, axis=2))
  pen = ImageDraw.Draw(photo)
  pen.line([10, 20, 150, 30], fill='red', width=4)
  if form != 'grey':
    pen.rectangle([30, 50, 90, 100], fill='red')
  return photo


@pytest.mark.parametrize(
  'form, suffix, color',
  [('colours', 'png', '#ff0000'), ('grey', 'png', '#ff0000'), ('', 'jpg', '')],
)
def test_a_painted_copy_given_as_a_mask_is_told_what_completes_it(
  capsys, tmp_path, form, suffix, color
):
  film = tmp_path / f'film painted.{suffix}'
  _painted_over(form).save(film)
  code, _, err = commands.run(capsys, 'complete', film, '--mask', film, '--model', 'telea')
  assert code == 2 and 'luminance' not in err
  told = re.search(r"looks like a photograph .* glcic-jax (complete .* --hole-color '.*')\.$", err)
  words = shlex.split(told[1])
  assert words[1] == str(film) and words[3].startswith(color or '#f')
  code, _, err = commands.run(capsys, *words, '--model', 'telea')
  assert code == 0, err
  assert (tmp_path / f'film painted_completed.{suffix}').exists()


def test_where_there_are_no_flags_a_painted_copy_is_told_without_them():
  with pytest.raises(errors.InputError, match='over it, and no mask; paint what is #ff0000 there'):
    masks.of_image(_painted_over('colours'), (160, 120), 'The mask')


def test_a_photograph_in_colours_is_no_mask_by_its_lightness():
  photo = _painted_over('colours').crop((0, 35, 160, 50))
  with pytest.raises(errors.InputError, match='no white on black; paint .* white and all else bla'):
    masks.of_image(photo, photo.size, 'The mask')
  assert painted_over.color(np.asarray(photo)) is None
  only_paint = Image.new('RGB', (160, 120), 'white')
  ImageDraw.Draw(only_paint).rectangle([30, 50, 90, 100], fill='red')
  assert painted_over.color(np.asarray(only_paint)) is None
