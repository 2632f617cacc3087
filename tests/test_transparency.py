"""Alpha channels: kept or continued in the hole; hidden colours stay hidden."""

import io

import numpy as np
from PIL import Image
import pytest

from glcic_jax.inference import baselines
from glcic_jax.inference import in_memory
from glcic_jax.inference import transparency
from glcic_jax.pictures import modes
from glcic_jax.pictures import photographs

HOLE = np.zeros((40, 60), bool)
HOLE[10:30, 20:40] = True


def _completed(image):
  return np.asarray(baselines.Baseline('harmonic')([image], [HOLE])[0])


def _rgba(alpha, color=(200, 60, 40)):
  return Image.fromarray(np.dstack([np.full((*HOLE.shape, 3), color, np.uint8), alpha]))


@pytest.mark.parametrize('level', [0, 100, 255])
def test_an_even_alpha_around_the_hole_goes_on_in_it(level):
  alpha = np.full(HOLE.shape, level, np.uint8)
  alpha[15:20, 25:35] = 255 - level  # what is removed
  for image in (_rgba(alpha), _rgba(alpha).convert('LA')):
    assert (_completed(image)[HOLE, -1] == level).all()


def test_sixteen_bits_of_alpha_go_on():
  array = np.full((*HOLE.shape, 4), 30_000, np.uint16)
  array[HOLE, 3] = 0
  picture = modes.from_array(array)
  np.testing.assert_array_equal(transparency.completed(picture, array[..., :3], HOLE), 30_000)


def test_an_edge_of_alpha_crosses_the_hole_and_stays_sharp():
  alpha = np.zeros(HOLE.shape, np.uint8)
  alpha[:, :30] = 255  # a sticker, half of the hole beside it
  alpha[18:22, 30:40] = 255  # what is removed
  found = _completed(_rgba(alpha))[..., 3]
  np.testing.assert_array_equal(found[~HOLE], alpha[~HOLE])
  inside = found[10:30, 20:40]
  assert set(np.unique(inside)) == {0, 255}
  assert (inside[:, :9] == 255).all() and (inside[:, 11:] == 0).all()


def test_a_gradient_of_alpha_stays_smooth():
  alpha = np.broadcast_to(np.arange(60, dtype=np.uint8) * 4, HOLE.shape)
  gone = np.where(HOLE, 0, alpha).astype(np.uint8)
  assert np.abs(_completed(_rgba(gone))[..., 3].astype(int) - alpha).max() <= 1


def test_colours_that_are_hidden_do_not_come_to_light():
  alpha = np.zeros(HOLE.shape, np.uint8)
  alpha[:, :30] = 255
  image = np.array(_rgba(alpha))
  image[alpha == 0, :3] = (0, 255, 0)
  result = _completed(Image.fromarray(image))
  shown = HOLE & (result[..., 3] > 0)
  assert shown.sum() > 150
  assert np.abs(result[shown, :3].astype(int) - (200, 60, 40)).max() <= 1
  np.testing.assert_array_equal(result[~HOLE], image[~HOLE])  # known: as they were, hidden ones too


def test_a_hole_that_is_the_transparent_part_becomes_opaque():
  alpha = np.where(HOLE, 0, 200).astype(np.uint8)
  assert (_completed(_rgba(alpha))[HOLE, 3] == 255).all()


def _encoded(image, kind, **options):
  buffer = io.BytesIO()
  image.save(buffer, kind, **options)
  return buffer.getvalue()


def test_what_is_transparent_in_a_gif_stays_so_and_all_that_is_known_keeps_its_colour():
  rng = np.random.default_rng(0)
  sticker = Image.fromarray(rng.integers(0, 256, HOLE.shape, np.uint8)).convert('P')
  sticker.putpalette(rng.permutation(768) % 256)
  data = _encoded(sticker, 'GIF', transparency=7)
  task = in_memory.Task(data, _encoded(Image.fromarray(HOLE), 'PNG'), {})
  result = in_memory.complete(baselines.Baseline('harmonic'), task)
  before, after = (
    np.asarray(Image.open(io.BytesIO(held)).convert('RGBA')) for held in (data, result.data)
  )
  assert 0 in before[~HOLE, 3]
  np.testing.assert_array_equal(after[~HOLE], before[~HOLE])
  assert (after[HOLE] != before[HOLE]).any()
  assert not any('transparency' in note for note in result.notes)


@pytest.mark.parametrize('wanted, kept', [('PNG', 1234), ('JPEG', None), ('GIF', None)])
def test_a_transparent_level_of_sixteen_bits_stays_or_is_told(wanted, kept):
  levels = np.random.default_rng(0).integers(0, 2**16, HOLE.shape, np.uint16)
  levels[:5] = 1234
  source = photographs.read(_encoded(Image.fromarray(levels), 'PNG', transparency=1234), name='It')
  (completed,) = baselines.Baseline('harmonic')([source.image], [HOLE])
  data, notes = photographs.encode(wanted, completed, source, 'It')
  assert Image.open(io.BytesIO(data)).info.get('transparency') == kept
  assert any('transparent' in note for note in notes) == (kept is None)
