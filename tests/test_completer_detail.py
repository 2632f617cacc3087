"""Detail in what a user calls: known pixels stay, texture comes, off is as it was to the bit."""

import dataclasses
import json

import numpy as np
from PIL import Image
import pytest

from glcic_jax import cli
from glcic_jax import errors
from glcic_jax.inference import completer as completer_lib
from glcic_jax.model_directory import model_files
from tests import commands
from tests.test_completer import DESCRIPTION
from tests.test_completer import random_variables


@pytest.fixture(scope='module')
def completer():
  return completer_lib.Completer(random_variables(), DESCRIPTION)


def noise(channels=3, dtype=np.uint8):
  """A picture that is texture and nothing else, and its hole."""
  rng = np.random.default_rng(0)
  white = np.iinfo(dtype).max
  picture = rng.integers(0.4 * white, 0.6 * white, (96, 96, channels)).astype(dtype)
  mask = np.zeros((96, 96), np.uint8)
  mask[30:60, 36:66] = 255
  return picture, mask


@pytest.mark.parametrize(
  'channels, dtype', [(3, np.uint8), (4, np.uint8), (1, np.uint8), (3, np.uint16)]
)
def test_known_pixels_stay_and_the_hole_gets_texture(completer, channels, dtype):
  picture, mask = noise(channels, dtype)
  smooth, detailed = (completer(picture, mask, detail=detail) for detail in (0, 1))
  known, inner = mask == 0, (slice(40, 50), slice(46, 56), slice(0, 1))
  np.testing.assert_array_equal(detailed[known], picture[known])
  assert detailed.dtype == dtype and detailed.shape == picture.shape
  wanted = picture[:20, :20, :1].astype(float).std()
  assert 0.5 * wanted < detailed[inner].astype(float).std() < 1.6 * wanted
  assert np.abs(detailed.astype(float) - smooth).max() > 0


def test_it_is_off_by_default_and_deterministic(completer):
  picture, mask = noise()
  np.testing.assert_array_equal(completer(picture, mask), completer(picture, mask, detail=0))
  once, again = (completer([picture, picture], [mask, mask], detail=0.5) for _ in range(2))
  np.testing.assert_array_equal(once, again)
  np.testing.assert_array_equal(once[0], completer(picture, mask, detail=0.5))


def test_detail_is_switched_off_by_the_word_of_the_command(completer):
  assert completer.manner(detail='off') == completer.manner(detail=0)


@pytest.mark.parametrize('detail', [-0.1, 1.1, 'of', float('nan')])
def test_impossible_strengths_are_refused(completer, detail):
  with pytest.raises(errors.InputError, match='detail is .*; give 0 to 1'):
    completer(*noise(), detail=detail)


def test_the_command_takes_a_strength_or_off(tmp_path, capsys):
  picture, mask = noise()
  Image.fromarray(picture).save(tmp_path / 'photo.png')
  Image.fromarray(mask).save(tmp_path / 'hole.png')
  command = ['complete', str(tmp_path / 'photo.png'), '--mask', str(tmp_path / 'hole.png')]
  for detail in ('1', 'off', '0'):
    output = str(tmp_path / f'{detail}.png')
    assert cli.main([*command, '--output', output, '--detail', detail, '--quiet']) == 0
  one, off, none = (np.asarray(Image.open(tmp_path / f'{name}.png')) for name in ('1', 'off', '0'))
  np.testing.assert_array_equal(off, none)
  assert (one != off)[mask > 0].any() and not (one != off)[mask == 0].any()
  assert cli.main([*command, '--output', str(tmp_path / 'x.png'), '--detail', '2']) == 2
  assert "--detail is '2'; give a number from 0 to 1, or off" in capsys.readouterr().err
  assert cli.main([*command, '--detail', '0,5']) == 2
  assert 'a number from 0 to 1, with a point (0.5), or off' in capsys.readouterr().err


def test_a_model_with_detail_of_its_own_says_so_and_names_it_in_json(tmp_path, capsys):
  picture, mask = noise()
  Image.fromarray(picture).save(tmp_path / 'photo.png')
  Image.fromarray(mask).save(tmp_path / 'hole.png')
  smooth = dataclasses.replace(DESCRIPTION, detail=0.5, hole_radius=(0.1, 0.25))
  model_files.write(tmp_path / 'smooth', random_variables(), smooth)
  command = ['complete', tmp_path / 'photo.png', '--mask', tmp_path / 'hole.png']
  command += ['--model', tmp_path / 'smooth', '--output', tmp_path / 'out.png', '--json']
  found = {}
  for name, options in {'own': (), 'off': ('--detail', 'off', '--scale', '1')}.items():
    code, out, err = commands.run(capsys, *command, *options)
    assert code == 0
    (done,) = json.loads(out)['completed']
    found[name] = done['detail'], done['scale'], err
  assert found['own'][:2] == (0.5, 'auto') and 'detail 0.5, scale auto' in found['own'][2]
  assert found['off'] == (0.0, '1', '')
  telea = [*command[:4], '--model', 'telea', '--output', tmp_path / 't.png', '--json']
  (done,) = json.loads(commands.run(capsys, *telea)[1])['completed']
  assert (done['detail'], done['scale']) == (None, None)
  refused = commands.refused(capsys, *command, '--scale', 'auto', '--large', 'resize')
  assert 'scale is auto, which needs windows' in refused
  assert '--scale is for networks' in commands.refused(capsys, *telea, '--scale', '1')
