"""Completing without a network: answers that are known, of any mode, the same in both commands."""

import importlib.util
import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax.inference import baselines
from tests import commands

FILLS = [
  pytest.param(name, marks=pytest.mark.skipif(missing, reason='patchmatch-cython is not installed'))
  for name, missing in (
    (name, name == 'patchmatch' and not importlib.util.find_spec('patchmatch_cython'))
    for name in baselines.FILLS
  )
]
HOLE = np.zeros((40, 60), bool)
HOLE[12:20, 20:32] = HOLE[30:34, 40:60] = True  # the second lies at the picture's edge


def slope(dtype=np.uint8):
  """A plane, which is harmonic and biharmonic: what a fill of either kind must continue exactly."""
  rows, columns = np.mgrid[:40, :60]
  levels = np.stack([rows * 2 + columns, rows + columns * 2 + 20, 200 - rows - columns], axis=-1)
  return (levels * (np.iinfo(dtype).max // 255)).astype(dtype)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
@pytest.mark.parametrize('name', FILLS)
def test_known_pixels_stay_and_one_colour_goes_on(name, dtype):
  flat = np.full((40, 60, 3), 90 * (np.iinfo(dtype).max // 255), dtype)
  damaged = np.where(HOLE[..., None], dtype(7), flat)
  found = baselines.complete(name, damaged, HOLE).astype(int)
  assert np.abs(found - flat).max() <= 4 * (np.iinfo(dtype).max // 255)  # Telea rounds down
  noisy = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (40, 60, 3)).astype(dtype)
  assert (baselines.complete(name, noisy, HOLE) == noisy)[~HOLE].all()


@pytest.mark.parametrize('name', ['harmonic', 'biharmonic'])
@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_a_plane_is_continued(name, dtype):
  inner = HOLE.copy()
  inner[:, 40:] = False
  damaged = np.where(inner[..., None], dtype(0), slope(dtype))
  found = baselines.complete(name, damaged, inner).astype(int)
  assert np.abs(found - slope(dtype)).max() <= np.iinfo(dtype).max // 255


@pytest.mark.parametrize('name', FILLS)
def test_seeing_the_surroundings_alone_changes_nothing(name):
  noisy = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
  hole = np.zeros((90, 120), bool)
  hole[40:50, 50:64] = hole[45:60, 60:66] = True
  whole = np.where(hole[..., None], baselines.FILLS[name](noisy, hole), noisy)
  assert (baselines.complete(name, noisy, hole) == whole).all()


@pytest.mark.parametrize('name', FILLS)
@pytest.mark.parametrize('mode', ['RGB', 'RGBA', 'L', 'I;16', 'CMYK'])
def test_the_command_completes_any_mode(capsys, tmp_path, name, mode):
  image = Image.fromarray(slope())
  if mode == 'I;16':
    image = Image.fromarray(slope(np.uint16)[..., 0])
  image = image.convert(mode) if image.mode != mode else image
  path = tmp_path / ('a.tif' if mode == 'CMYK' else 'a.png')
  image.save(path)
  Image.fromarray(HOLE).save(tmp_path / 'm.png')
  out = tmp_path / f'out{path.suffix}'
  arguments = (path, '--mask', tmp_path / 'm.png', '--model', name, '--output', out)
  assert commands.run(capsys, 'complete', *arguments)[0] == 0
  with Image.open(out) as result:
    assert result.mode == mode
    same = np.asarray(result) == np.asarray(image)
  assert same[~HOLE].all()


@pytest.mark.parametrize('flag', [('--blend', 'none'), ('--feather', '3'), ('--device', 'cpu')])
def test_what_is_for_networks_is_refused(capsys, tmp_path, flag):
  Image.fromarray(slope()).save(tmp_path / 'a.png')
  Image.fromarray(HOLE).save(tmp_path / 'm.png')
  arguments = (tmp_path / 'a.png', '--mask', tmp_path / 'm.png', '--model', 'telea', *flag)
  assert 'is for networks' in commands.refused(capsys, 'complete', *arguments)


def test_patches_are_copied_and_the_same_each_time():
  pytest.importorskip('patchmatch_cython')
  edge = np.zeros((60, 60, 3), np.uint8)
  edge[:, 30:] = 200
  hole = np.zeros((60, 60), bool)
  hole[20:36, 22:38] = True
  damaged = np.where(hole[..., None], np.uint8(128), edge)
  first, again = (baselines.complete('patchmatch', damaged, hole) for _ in range(2))
  np.testing.assert_array_equal(first, again)
  assert first[20:36, 22:29].max() < 60 and first[20:36, 31:38].min() > 140  # the edge goes on


def test_a_hole_without_surroundings_on_a_coarse_level_is_filled_all_the_same():
  pytest.importorskip('patchmatch_cython')
  flat, hole = np.full((80, 80, 3), 90, np.uint8), np.ones((80, 80), bool)
  hole[3:10, 3:10] = False
  np.testing.assert_array_equal(baselines.complete('patchmatch', flat, hole), flat)


def test_a_picture_smaller_than_a_patch_is_filled_all_the_same():
  pytest.importorskip('patchmatch_cython')
  flat, hole = np.full((5, 6, 3), 90, np.uint8), np.zeros((5, 6), bool)
  hole[2, 2] = True
  np.testing.assert_array_equal(baselines.complete('patchmatch', flat, hole), flat)


def test_a_missing_library_is_one_sentence(capsys, monkeypatch, tmp_path):
  monkeypatch.setitem(sys.modules, 'patchmatch_cython', None)
  Image.fromarray(slope()).save(tmp_path / 'a.png')
  Image.fromarray(HOLE).save(tmp_path / 'm.png')
  pair = tmp_path / 'a.png', '--mask', tmp_path / 'm.png'
  for arguments in (('complete', *pair), ('serve',)):
    assert commands.refused(capsys, *arguments, '--model', 'patchmatch') == (
      "glcic-jax: 'patchmatch' needs patchmatch-cython, which is not installed; install it by pip "
      "install 'glcic_jax[evaluate]' (in a clone: '.[evaluate]'), or choose another model.\n"
    )
