"""Every kind of hole: its area, its place, its shape, and that the same numbers draw it again."""

import numpy as np
from PIL import Image
import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import shapes
from glcic_jax.holes import views

SIZE = 48
# Lowest and highest share of the picture that each kind may cover.
AREAS = {
  'rectangle': (64 / 48**2, 256 / 48**2),
  'rectangles': (0.01, 0.45),
  'center': (0.25, 0.25),
  'blocks': (0.02, 0.25),
  'region': (0.2, 0.3),
  'strokes': (0.05, 0.25),
  'folder': (0.04, 0.5),
  'mixture': (64 / 48**2, 0.3),
}
FEW = {'center': 1, 'folder': 2}  # kinds with only so many holes


def own_masks(folder, *drawn):
  """Writes masks, `[H, W]` bool, as PNG files."""
  folder.mkdir(exist_ok=True)
  for number, mask in enumerate(drawn):
    Image.fromarray(np.uint8(255) * mask.astype(np.uint8)).save(folder / f'{number}.png')
  return str(folder)


def block(size, rows, columns):
  mask = np.zeros((size, size), bool)
  mask[slice(*rows), slice(*columns)] = True
  return mask


@pytest.fixture
def config(tmp_path):
  """The keys of masks, for pictures of 48 px."""
  config = config_lib.default().mask
  config.side = (8, 16)
  config.mixture = ('rectangle=1', 'region=1', 'strokes=2')
  config.folder.path = own_masks(
    tmp_path / 'masks', block(96, (0, 48), (0, 96)), block(96, (10, 30), (10, 30))
  )
  return config


def drawn(config, count, size=SIZE, seed=0):
  draw = kinds.from_config(config, size)
  return [draw(draws.generator(seed, index)) for index in range(count)]


@pytest.mark.parametrize('kind', kinds.KINDS)
def test_every_kind_keeps_its_area_and_shape_and_comes_again(config, kind):
  config.kind = kind
  first = drawn(config, 300)
  low, high = AREAS[kind]
  for mask in first:
    assert mask.shape == (SIZE, SIZE, 1) and mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 1}
    assert low <= mask.mean() <= high
  np.testing.assert_array_equal(drawn(config, 300), first)
  different = len({mask.tobytes() for mask in first})
  if kind in FEW:
    assert different == FEW[kind]
  else:
    assert different > 290, (
      f'Of 300 holes of the kind {kind} at {SIZE} px, more than 290 must differ, and {different} '
      'do: draw more from the generator, or, where the kind has only a few holes, enter it in FEW.'
    )


def test_several_rectangles_are_several():
  rng = draws.generator(0, 0)
  mask = shapes.rectangles(rng, 400, (6, 6), (0.01, 0.02))[..., 0]
  corners = mask & ~np.roll(mask, 1, 0) & ~np.roll(mask, 1, 1)
  assert corners.sum() == 6  # so small ones on so large a picture do not meet


def test_the_center_is_the_middle_half():
  np.testing.assert_array_equal(shapes.center(8, 0.5)[..., 0], block(8, (2, 6), (2, 6)))


def test_blocks_are_squares_and_never_cover_more_than_told():
  for index in range(100):
    alone = shapes.blocks(draws.generator(1, index), 40, (1, 1), (0.1, 0.2), 0.25)
    assert alone.any(axis=1).sum() == alone.any(axis=0).sum() == np.sqrt(alone.sum())
    crowd = shapes.blocks(draws.generator(1, index), 40, (30, 30), (0.1, 0.2), 0.25)
    assert 0.2 < crowd.mean() <= 0.25


def test_the_noise_of_regions_is_made_once_for_each_seed_and_is_uniform():
  noise = shapes.smooth_noise(3, 32, 0.06)
  assert noise is shapes.smooth_noise(3, 32, 0.06)
  assert (noise != shapes.smooth_noise(4, 32, 0.06)).any()
  assert noise.shape == (256, 256)
  for share in (0.1, 0.25, 0.5):
    assert (noise < share).mean() == pytest.approx(share, abs=0.01)


def test_a_region_range_that_no_crop_meets_is_met_by_ranks():
  noise = shapes.smooth_noise(0, 32, 0.06)
  mask = shapes.region(draws.generator(0, 0), 32, noise, (0.25, 0.25 + 1e-9))
  assert mask.mean() == pytest.approx(0.25, abs=0.01)


def test_broader_brushes_draw_broader_strokes():
  def breadth(brush):  # area by outline: half the width of a long stroke
    values = []
    for index in range(40):
      mask = shapes.strokes(draws.generator(0, index), 96, shapes.STROKES[brush], (0.1, 0.2))[
        ..., 0
      ].astype(int)
      edges = np.abs(np.diff(mask, axis=0)).sum() + np.abs(np.diff(mask, axis=1)).sum()
      values.append(mask.sum() / edges)
    return np.mean(values)

  assert 1.5 * breadth('thin') < breadth('medium') < breadth('thick') / 1.5


def test_strokes_reach_every_part_of_the_picture():
  often = np.mean(
    [
      shapes.strokes(draws.generator(0, index), 32, (0.03, 0.08), (0.05, 0.25))
      for index in range(400)
    ],
    axis=0,
  )[..., 0]
  assert often.min() > 0.05 and often.max() < 0.35


def test_the_wanted_area_of_strokes_is_uniform():
  areas = [
    shapes.strokes(draws.generator(0, index), 64, (0.01, 0.03), (0.1, 0.3)).mean()
    for index in range(300)
  ]
  counts, _ = np.histogram(areas, 4, (0.1, 0.3))
  assert counts.min() > 45  # 75, give or take 4 standard deviations


def test_a_mixture_draws_by_weight(config):
  config.kind, config.mixture = 'mixture', ('center=3', 'rectangle=1', 'strokes=0')
  centre = shapes.center(SIZE, 0.5)
  count = sum((mask == centre).all() for mask in drawn(config, 400))
  assert 260 < count < 340


@pytest.mark.parametrize(
  'mixture',
  [
    (),
    ('rectangle=-1',),
    ('rectangle=0',),
    ('star=1',),
    ('mixture=1',),
    ('rectangle=much',),
    ('rectangle=inf',),
    ('rectangle=nan',),
    (3,),
  ],
)
def test_an_impossible_mixture_is_refused(config, mixture):
  config.kind, config.mixture = 'mixture', mixture
  with pytest.raises(errors.InputError, match='mask.(mixture|kind)'):
    kinds.from_config(config, SIZE)


@pytest.mark.parametrize(
  'kind, key, value',
  [
    ('rectangles', 'count', (0, 2)),
    ('rectangles', 'count', (3, 2)),
    ('rectangles', 'count', (1.5, 2.5)),
    ('rectangles', 'side', ('a', 'b')),
    ('rectangles', 'side', (0.1, 1.5)),
    ('center', 'side', 1.0),
    ('center', 'side', 0.0),
    ('blocks', 'area', 0.01),
    ('region', 'area', (0.3, 0.3)),
    ('region', 'area', (0.3, 0.2)),
    ('region', 'resolution', 0.0),
    ('strokes', 'area', (0.0, 1.0)),
    ('strokes', 'brush', 'huge'),
    ('folder', 'scale', (0.0, 1.0)),
  ],
)
def test_impossible_values_are_refused_by_key(kind, key, value):
  config = config_lib.default()
  config.mask.kind, config.mask[kind][key] = kind, value
  with pytest.raises(errors.InputError, match=f'mask.{kind}.{key}'):
    config_lib.check(config)


def test_own_masks_are_fitted_to_the_picture(config):
  config.kind = 'folder'
  seen = {mask.tobytes() for mask in drawn(config, 50)}
  assert seen == {
    np.uint8(block(48, *place)).tobytes() for place in (((0, 24), (0, 48)), ((5, 15), (5, 15)))
  }


def test_a_mask_of_another_shape_is_cropped_in_the_middle(config, tmp_path):
  wide = np.zeros((10, 30), bool)
  wide[:, 10:15] = True
  config.kind, config.folder.path = 'folder', own_masks(tmp_path / 'wide', wide)
  np.testing.assert_array_equal(drawn(config, 1, size=10)[0][..., 0], block(10, (0, 10), (0, 5)))


@pytest.mark.parametrize('key, corners', [('flip', 4), ('rotate', 4)])
def test_own_masks_are_flipped_and_turned_when_asked(config, tmp_path, key, corners):
  config.kind, config.folder.path = (
    'folder',
    own_masks(tmp_path / 'corner', block(12, (0, 3), (0, 3))),
  )
  assert len({mask.tobytes() for mask in drawn(config, 60, size=12)}) == 1
  config.folder[key] = True
  seen = {mask.tobytes() for mask in drawn(config, 60, size=12)}
  assert len(seen) == corners
  assert np.uint8(block(12, (9, 12), (9, 12))).tobytes() in seen


def test_own_masks_are_rescaled_when_asked(config, tmp_path):
  config.kind, config.folder.path = (
    'folder',
    own_masks(tmp_path / 'middle', block(40, (10, 30), (10, 30))),
  )
  config.folder.scale = (0.5, 2.0)
  areas = [mask.sum() for mask in drawn(config, 200, size=40)]
  assert min(areas) < 150 and max(areas) > 800  # 100 to 1,600 of 400
  assert not any(mask.all() for mask in drawn(config, 200, size=40))


def test_an_empty_or_full_mask_gives_its_place_to_the_next(config, tmp_path):
  config.kind = 'folder'
  config.folder.path = own_masks(
    tmp_path / 'some', np.zeros((9, 9), bool), block(9, (2, 4), (2, 4)), np.ones((9, 9), bool)
  )
  assert {mask.tobytes() for mask in drawn(config, 30, size=9)} == {
    np.uint8(block(9, (2, 4), (2, 4))).tobytes()
  }


def test_a_mask_that_cannot_be_read_is_named_once_and_gives_its_place_to_the_next(
  config, tmp_path, capsys
):
  config.kind, config.folder.path = (
    'folder',
    own_masks(tmp_path / 'mixed', block(9, (2, 4), (2, 4))),
  )
  (tmp_path / 'mixed/1.png').write_bytes(b'broken')
  for _ in range(2):
    assert {mask.tobytes() for mask in drawn(config, 30, size=9)} == {
      np.uint8(block(9, (2, 4), (2, 4))).tobytes()
    }
  (line,) = capsys.readouterr().err.splitlines()
  assert line.startswith(f'{tmp_path}/mixed/1.png cannot be read')


def test_masks_of_a_folder_are_counted_by_what_they_are(config, tmp_path):
  config.kind, hole = 'mixture', block(9, (2, 4), (2, 4))
  config.mixture = ('rectangle=1', 'folder=2')
  config.folder.path = own_masks(tmp_path / 'some', *[hole] * 5, hole * 0)
  (tmp_path / 'some/a.png').write_bytes(b'broken')
  Image.fromarray(hole.astype(np.uint8)).save(tmp_path / 'some/b.png')
  assert kinds.counted(config) == (
    '8 masks: 5 white on black; 1 not used, empty or full; 1 not used, unreadable or unclear; '
    '1 where a level is its only level besides 0, and is taken for the hole'
  )
  own_masks(tmp_path / 'many', *[hole] * 102)
  config.kind, config.folder.path = 'folder', str(tmp_path / 'many')
  assert kinds.counted(config) == '102 masks, of 100 looked at: 100 white on black'
  config.kind = 'rectangle'
  assert kinds.counted(config) == ''


def test_masks_that_vanish_during_a_run_stop_it(config, tmp_path):
  config.kind = 'folder'
  config.folder.path = own_masks(tmp_path / 'gone', np.zeros((9, 9), bool), np.zeros((9, 9), bool))
  Image.fromarray(np.uint8(255) * block(9, (2, 4), (2, 4)).astype(np.uint8)).save(
    tmp_path / 'gone/a.png'
  )
  draw = kinds.from_config(config, 9)
  draw._read.cache_clear()
  (tmp_path / 'gone/a.png').unlink()
  with pytest.raises(errors.RunError, match='All 3 masks of .*gone are empty, full or unreadable'):
    draw(draws.generator(0, 0))


def test_folders_without_usable_masks_are_refused(config, tmp_path):
  config.kind = 'folder'
  for path, sentence in [
    (str(tmp_path / 'none'), 'There is no folder of masks'),
    ('', 'There is no folder of masks'),
    (own_masks(tmp_path / 'bare'), 'holds no masks'),
    (own_masks(tmp_path / 'empty', np.zeros((9, 9), bool)), 'empty, full or unreadable'),
  ]:
    config.folder.path = path
    with pytest.raises(errors.InputError, match=sentence):
      kinds.from_config(config, 9)


@pytest.mark.parametrize('kind', kinds.KINDS)
@pytest.mark.parametrize('view', [8, 24])
def test_a_view_shows_some_of_every_hole_and_stays_inside(config, kind, view):
  config.kind = kind
  for mask in drawn(config, 100):
    y, x = views.view_corner(mask, view)
    assert 0 <= y <= SIZE - view and 0 <= x <= SIZE - view
    assert mask[y : y + view, x : x + view].any()


def test_the_view_of_a_hole_larger_than_itself_lies_on_the_pixel_nearest_to_the_middle():
  ring = block(40, (0, 40), (0, 40)) & ~block(40, (5, 35), (8, 36))  # its left side is the nearest
  y, x = views.view_corner(ring[..., None].astype(np.uint8), 6)
  assert ring[y : y + 6, x : x + 6].any()
  assert (y, x) == (16, 4)


def test_a_view_a_pixel_smaller_than_its_hole_shows_some_of_it():
  corners = block(20, (4, 5), (12, 13)) | block(20, (12, 13), (4, 5))  # of a square of 9 px
  y, x = views.view_corner(corners[..., None].astype(np.uint8), 8)
  assert corners[y : y + 8, x : x + 8].any()


@pytest.mark.parametrize(
  'kind, expected',
  [
    ('rectangle', {'kind': 'rectangle', 'side': [8, 16]}),
    ('strokes', {'kind': 'strokes', 'brush': 'medium', 'area': [0.05, 0.25]}),
    (
      'folder',
      {'kind': 'folder', 'channel': 'auto', 'flip': False, 'rotate': False, 'scale': [1.0, 1.0]},
    ),
    ('mixture', {'kind': 'mixture', 'mixture': ['rectangle=1', 'region=1', 'strokes=2']}),
  ],
)
def test_a_card_tells_the_kind_and_its_keys_but_no_path(config, kind, expected):
  config.kind = kind
  assert kinds.describe(config) == expected
