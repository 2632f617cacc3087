"""Masks that can be used and were hardly meant so: `complete` asks, before it begins."""

import numpy as np
from PIL import Image
import pytest

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
