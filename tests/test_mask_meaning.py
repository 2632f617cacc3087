"""What a mask means: levels, colours, transparency; the same for files, pictures and arrays."""

import io
import warnings

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFilter
from PIL import ImageOps
import pytest
import scipy.ndimage

from glcic_jax import errors
from glcic_jax.holes import own_masks
from glcic_jax.inference import pairs
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks

HOLE = np.zeros((24, 32), bool)
HOLE[5:15, 8:20] = True
BLACK, WHITE, RED, BLUE = (0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)


def _colors(inside, outside, mode=None):
  pixels = np.where(HOLE[..., None], np.uint8(inside), np.uint8(outside))
  return Image.fromarray(pixels).convert(mode or ('RGB', 'RGBA')[len(inside) > 3])


def _photo(alpha):
  """A picture of many colours, transparent as `alpha` says."""
  y, x = np.mgrid[:24, :32]
  colors = np.stack([8 * x, 9 * y, 255 - 4 * x - 4 * y], axis=-1).astype(np.uint8)
  return Image.fromarray(np.dstack([colors, alpha]))


def _soft():
  """The hole's alpha with soft edges; half is where its border is."""
  large = Image.fromarray((HOLE * np.uint8(255)).repeat(8, 0).repeat(8, 1))
  return np.asarray(
    large.filter(ImageFilter.GaussianBlur(4)).resize((32, 24), Image.Resampling.BOX)
  )


def _keyed(color):
  """A palette picture whose first colour is transparent."""
  image = Image.fromarray(HOLE.astype(np.uint8)).convert('P')
  image.putpalette([9, 9, 9, *color])
  image.info['transparency'] = 0
  return image


def _palette(*colors):
  image = Image.fromarray(HOLE.astype(np.uint8)).convert('P')
  image.putpalette([level for color in colors for level in color])
  return image


PLAIN = {
  'white on black': _colors(WHITE, BLACK, 'L'),
  'bilevel': Image.fromarray(HOLE),
  'an opaque alpha': _colors((*WHITE, 255), (*BLACK, 255)),
  'an alpha that is even': _colors((*WHITE, 90), (*BLACK, 90)),
  'cmyk': _colors(WHITE, BLACK, 'CMYK'),
  'soft edges': Image.fromarray(_soft()),
  '16 bits': Image.fromarray(HOLE.astype(np.uint16) * 65_535),
  'shares': Image.fromarray(HOLE.astype(np.float32)),
  'soft shares': Image.fromarray((_soft() / 255).astype(np.float32)),
  'floats of 255': Image.fromarray(HOLE.astype(np.float32) * 255),
  'light grey on dark': _colors((250, 240, 235), (30, 25, 20)),
  'a white palette': _palette(BLACK, WHITE),
}
TOLD = {
  '8 bits in 16': (Image.fromarray(_soft().astype(np.uint16)), '8-bit levels in 16 bits'),
  '0 and 1': (Image.fromarray(HOLE.astype(np.uint8)), '1 is its only level besides 0'),
  '0 and 127': (Image.fromarray(HOLE * np.uint8(127)), '127 is its only level'),
  '0 and 255 of 65535 and 7': (Image.fromarray(HOLE.astype(np.uint16) * 7), '7 is its only'),
  'of 32 bits': (Image.fromarray(HOLE.astype(np.int32) * 3), '3 is its only'),
  'classes above 128': (_colors((150,) * 3, (20,) * 3, 'L'), 'its highest level is 150 of 255'),
  'a class in a palette': (_palette(BLACK, (128, 0, 0)), 'one colour on black'),
  'red': (_colors(RED, BLACK), 'one colour on black'),
  'red with soft edges': (
    Image.fromarray(np.dstack([_soft(), _soft() // 8, _soft() * 0]).astype(np.uint8)),
    'one colour on black',
  ),
  'black paint': (_colors((*BLACK, 255), (*BLACK, 0)), 'painted in one colour'),
  'white paint': (_colors((*WHITE, 255), (*WHITE, 0)), 'painted in one colour'),
  'white paint on hidden noise': (
    Image.fromarray(
      np.where(HOLE[..., None], 255, np.asarray(_photo(HOLE * np.uint8(0)))).astype(np.uint8)
    ),
    'painted in one colour',
  ),
  'blue paint': (_colors((*BLUE, 255), (*BLACK, 0)), 'painted in one colour'),
  'soft paint': (
    Image.fromarray(np.dstack([np.full((24, 32, 3), 40, np.uint8), _soft()])),
    'painted in one colour',
  ),
  'premultiplied': (Image.fromarray(np.dstack([_soft()] * 4)), 'painted in one colour'),
  'thin paint': (_colors((*WHITE, 70), (*BLACK, 0)), 'painted in one colour'),
  'thin soft paint': (
    Image.fromarray(np.dstack([np.full((24, 32, 3), 40, np.uint8), _soft() // 2])),
    'painted in one colour',
  ),
  'grey and alpha': (
    Image.fromarray(np.dstack([HOLE * np.uint8(0), HOLE * np.uint8(255)])),
    'painted in one colour',
  ),
  'a transparent palette': (_keyed(BLACK), 'painted in one colour'),
  'a cut-out picture': (_photo(np.uint8(255) - HOLE * np.uint8(255)), 'a part cut out'),
  'a cut-out grey picture': (_photo(np.uint8(255) - _soft()).convert('LA'), 'a part cut out'),
}


def _read(mask, **options):
  notes = []
  hole = masks.of_image(mask, (32, 24), 'mask.png', say=notes.append, **options)
  return hole, ' '.join(notes)


@pytest.mark.parametrize('mask', PLAIN.values(), ids=list(PLAIN))
def test_a_mask_without_doubt_is_taken_and_nothing_is_said(mask):
  hole, said = _read(mask)
  np.testing.assert_array_equal(hole, HOLE)
  assert said == ''


@pytest.mark.parametrize('mask, note', TOLD.values(), ids=list(TOLD))
def test_a_mask_of_another_kind_is_taken_and_told(mask, note):
  hole, said = _read(mask)
  np.testing.assert_array_equal(hole, HOLE)
  assert note in said


@pytest.mark.parametrize('mask', [*PLAIN.values(), *(mask for mask, _ in TOLD.values())])
def test_inverting_a_mask_takes_all_the_rest(mask):
  np.testing.assert_array_equal(_read(mask, invert=True)[0], ~HOLE)


def _white_and_black_on_nothing():
  paint = np.zeros((24, 32, 4), np.uint8)
  paint[2:22, 4:28, 3] = 255
  paint[HOLE] = 255
  return Image.fromarray(paint)


UNCLEAR = {
  'black and white paint': (
    _white_and_black_on_nothing(),
    r'holds 2 colours \(#000000, #ffffff\), opaque in 62% of it.*alpha, by .* or luminance, by',
  ),
  'red on white': (
    _colors(RED, WHITE),
    r'2 colours \(#ffffff, #ff0000\).*--mask-channel luminance',
  ),
  'classes': (
    Image.fromarray(HOLE * np.uint8(20) + np.eye(24, 32, dtype=np.uint8)),
    r'no white pixel \(its highest level is 21 of 255\)',
  ),
  'dark and soft': (Image.fromarray(_soft() // 3), 'its highest level is 85 of 255'),
  'nothing': (Image.fromarray(HOLE * np.uint8(0)), 'no white pixel, so there is no hole'),
  'grey on white': (
    Image.fromarray(np.where(HOLE, np.uint8(150), np.uint8(255))),
    r'white everywhere \(its levels are 150 to 255 of 255\), so nothing is known',
  ),
  'nothing opaque': (
    Image.fromarray(np.dstack([HOLE * np.uint8(0) + 255, HOLE * np.uint8(0)])),
    r'white everywhere \(it is transparent everywhere\)',
  ),
  'all': (Image.fromarray(HOLE * np.uint8(0) + 255), 'white everywhere'),
  'red everywhere': (_colors(RED, RED), r'1 colour \(#ff0000\)'),
  'a photograph': (_photo(np.uint8(255) + HOLE * np.uint8(0)), 'colours .* the most frequent'),
}


@pytest.mark.parametrize('mask, sentence', UNCLEAR.values(), ids=list(UNCLEAR))
def test_a_mask_that_leaves_a_doubt_is_refused_by_what_it_holds(mask, sentence):
  with pytest.raises(errors.InputError, match=f'^mask.png .*{sentence}'):
    _read(mask)


def test_a_channel_that_is_asked_for_decides():
  mask = _white_and_black_on_nothing()
  opaque = np.asarray(mask)[..., 3] > 0
  with pytest.raises(errors.InputError, match='--mask-channel'):
    _read(mask)
  np.testing.assert_array_equal(_read(mask, channel='luminance')[0], HOLE)
  np.testing.assert_array_equal(_read(mask, channel='alpha')[0], opaque)
  np.testing.assert_array_equal(_read(mask, channel='alpha', invert=True)[0], ~opaque)
  # What is not painted is never the hole by its lightness.
  np.testing.assert_array_equal(_read(mask, channel='luminance', invert=True)[0], opaque & ~HOLE)
  np.testing.assert_array_equal(_read(_colors(RED, WHITE), channel='luminance')[0], ~HOLE)
  with pytest.raises(errors.InputError, match='no alpha channel; leave --mask-channel alpha out'):
    _read(_colors(WHITE, BLACK), channel='alpha')


@pytest.mark.parametrize('kind', ['file', 'picture', 'array', 'folder'])
def test_masks_mean_the_same_wherever_they_are_read(tmp_path, kind):
  image = np.zeros((24, 32, 3), np.uint8)
  for name, (mask, note) in TOLD.items():
    if mask.mode not in ('RGBA', 'RGB', 'L') or name == '0 and 1':  # of arrays, shares of white
      continue
    mask.save(tmp_path / 'mask.png')
    if kind == 'folder':
      folder = own_masks.Folder(str(tmp_path), 24, flip=False, rotate=False, scale=(1.0, 1.0))
      hole, expected = folder(np.random.default_rng(0))[..., 0], HOLE[:, 4:28]
    else:
      given = {'file': tmp_path / 'mask.png', 'picture': mask, 'array': np.asarray(mask)}[kind]
      with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        hole, expected = pairs.read(image, given)[1], HOLE
      assert note in ' '.join(str(warning.message) for warning in said)
    np.testing.assert_array_equal(hole, expected, err_msg=name)


def _outlined(kind, width):
  """A mask as somebody paints it, white on black."""
  image = Image.new('L', (width, width * 3 // 4))
  draw, unit = ImageDraw.Draw(image), width / 100
  if kind == 'a thing':
    draw.ellipse([20 * unit, 15 * unit, 70 * unit, 60 * unit], fill=255)
  elif kind == 'strokes':
    for end in (10, 40, 70):
      draw.line(
        [5 * unit, end * unit, 90 * unit, (75 - end) * unit], fill=255, width=round(6 * unit)
      )
  else:  # a ramp, which is the softest of all
    image = Image.linear_gradient('L').resize(image.size)
  return image


def _compressed(image, quality):
  file = io.BytesIO()
  image.save(file, 'JPEG', quality=quality)
  return Image.open(file)


@pytest.mark.parametrize('width', [100, 320])
@pytest.mark.parametrize('kind', ['a thing', 'strokes', 'a ramp'])
def test_a_soft_pale_or_compressed_mask_is_no_photograph(width, kind):
  for radius in (0, 1, 3, 10):
    soft = _outlined(kind, width).filter(ImageFilter.GaussianBlur(radius))
    for share in (1, 0.5):
      pale = soft.point(lambda level, share=share: round(share * level))
      for mask in (pale, _compressed(pale, 90), _compressed(pale, 40), ImageOps.invert(pale)):
        meaning = mask_meaning.decide(np.asarray(mask))
        if share == 1:
          np.testing.assert_array_equal(meaning.hole, np.asarray(mask) >= 128)


@pytest.mark.parametrize('form', ['grey', 'colours', '16 bits', 'compressed', 'small'])
def test_a_grey_photograph_is_no_mask(form):
  noise = np.random.default_rng(0).normal(size=(180, 240))
  levels = sum(scipy.ndimage.gaussian_filter(noise, radius) * radius for radius in (1, 2, 4, 8))
  photo = Image.fromarray(np.clip(128 + 60 * levels / levels.std(), 0, 255).astype(np.uint8))
  mask = {
    'grey': photo,
    'colours': photo.convert('RGB'),
    '16 bits': Image.fromarray(np.asarray(photo).astype(np.uint16) * 257),
    'compressed': _compressed(photo, 80),
    'small': photo.resize((130, 100)),
  }[form]
  sentence = 'looks like a photograph, not a mask: [5-9].% .* give --mask-channel luminance'
  with pytest.raises(mask_meaning.Unclear, match=f'^{sentence}, by which'):
    mask_meaning.decide(mask_meaning.array_of(mask))
  told = mask_meaning.decide(mask_meaning.array_of(mask), channel='luminance')
  assert 0.3 < told.hole.mean() < 0.7


def test_noise_is_no_photograph():
  levels = np.random.default_rng(0).integers(0, 256, (120, 160), dtype=np.uint8)
  np.testing.assert_array_equal(mask_meaning.decide(levels).hole, levels >= 128)


def test_an_unsigned_file_whose_bits_are_all_set_is_white():
  mask = Image.fromarray(-HOLE.astype(np.int32))
  np.testing.assert_array_equal(_read(mask)[0], HOLE)
  with pytest.raises(errors.InputError, match=r'values below 0 \(-4 the lowest\)'):
    _read(Image.fromarray(HOLE * np.int32(-5) + 1))
