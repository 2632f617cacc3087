"""What files show: a mask its hole, as the command understands it; a picture what it is of."""

import io
import json
import warnings

import numpy as np
from PIL import features
from PIL import Image
import pytest

from glcic_jax import errors
from glcic_jax.inference import in_memory
from glcic_jax.inference import showing
from glcic_jax.pictures import image_files
from glcic_jax.pictures import masks
from tests import hostile
from tests import web_server
from tests.test_web import encoded
from tests.test_web import MASK
from tests.test_web import photo

needs_avif = pytest.mark.skipif(
  'avif' not in features.modules or not features.check('avif'), reason='this Pillow has no AVIF'
)


@pytest.fixture(scope='module')
def served():
  with web_server.serving('telea') as server:
    yield server


def ask(served, path, **parts):
  return served.ask('POST', path, web_server.form(parts), web_server.FORM)


def opened(answer):
  assert answer.status == 200, answer.data
  return Image.open(io.BytesIO(answer.data))


def paint(color):
  """A layer: one colour, soft at its edge, on nothing."""
  layer = Image.new('RGBA', (31, 23), (*color, 0))
  alpha = np.zeros((23, 31), np.uint8)
  alpha[4:15, 6:20], alpha[3, 6:20] = 255, 90
  layer.putalpha(Image.fromarray(alpha))
  return layer


def on_black(*colors):
  """A square of each colour."""
  pixels = np.zeros((23, 31, 3), np.uint8)
  for index, color in enumerate(colors):
    pixels[4:15, 4 + 10 * index : 12 + 10 * index] = color
  return Image.fromarray(pixels)


def files():
  """Masks of every kind: name -> the image, and how it is saved."""
  rng = np.random.default_rng(3)
  grey = Image.fromarray(rng.integers(0, 256, (23, 31), dtype=np.uint8))
  colors = Image.fromarray(rng.integers(0, 256, (23, 31, 3), dtype=np.uint8))
  clear = Image.fromarray(rng.integers(0, 256, (23, 31, 4), dtype=np.uint8))
  deep = Image.fromarray(rng.integers(0, 2**16, (23, 31), dtype=np.uint16))
  cut_out = photo().resize((31, 23))
  cut_out.putalpha(paint((0, 0, 0)).getchannel('A').point(lambda level: 255 - level))
  two_paints = paint((0, 0, 0))
  two_paints.paste((255, 255, 255, 255), (8, 5, 12, 10))
  turned = Image.Exif()
  turned[0x0112] = 6
  return {
    'grey': (grey, 'png', {}),
    'bits': (grey.convert('1'), 'png', {}),
    'colours': (colors, 'png', {}),
    'palette': (colors.quantize(16), 'png', {}),
    'transparent': (clear, 'png', {}),
    'grey and transparent': (clear.convert('LA'), 'png', {}),
    'deep': (deep, 'png', {}),
    'black paint on nothing': (paint((0, 0, 0)), 'png', {}),
    'black and white paint on nothing': (two_paints, 'png', {}),
    'red paint on nothing': (paint((200, 20, 20)), 'png', {}),
    'red on black': (on_black((250, 10, 10)), 'png', {}),
    'red and green on black': (on_black((250, 10, 10), (10, 250, 10)), 'png', {}),
    'a part cut out': (cut_out, 'png', {}),
    'two levels': (grey.point(lambda level: level // 128), 'png', {}),
    'lossy': (on_black((255, 255, 255)), 'jpeg', {}),
    'a tiff': (on_black((255, 255, 255)), 'tiff', {}),
    'on its side': (on_black((255, 255, 255)), 'webp', {'exif': turned, 'lossless': True}),
    'nothing painted': (Image.new('L', (31, 23)), 'png', {}),
  }


def test_the_hole_of_a_mask_is_that_of_the_command_and_so_are_its_words(served):
  refused = set()
  for name, (image, kind, how) in files().items():
    data = encoded(image, kind, **how)
    answer = ask(served, '/v1/mask', mask=data)
    try:
      with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        mask = image_files.load(image_files.open_picture(data, 'The mask'))
        expected = masks.of_image(mask, mask.size, 'The mask')
    except errors.InputError as error:
      assert answer.status == 422, name
      assert answer.json()['error'] == in_memory.without_dashes(str(error))
      refused.add(name)
    else:
      shown = opened(answer)
      assert (shown.format, shown.mode) == ('PNG', '1')
      np.testing.assert_array_equal(np.asarray(shown), expected, err_msg=name)
      notes = [in_memory.without_dashes(str(warning.message)) for warning in said]
      assert json.loads(answer.headers['X-Warnings']) == notes
  asks = {'colours', 'palette', 'black and white paint on nothing', 'red and green on black'}
  assert refused == asks | {'nothing painted'}


def test_a_mask_of_nearly_all_there_is_is_doubted(served):
  levels = np.full((23, 31), 255, np.uint8)
  levels[:3] = 0
  (note,) = json.loads(
    ask(served, '/v1/mask', mask=encoded(Image.fromarray(levels))).headers['X-Warnings']
  )
  assert note.startswith('The mask looks inverted: ') and note.endswith('mean invert_mask?')


def test_a_photograph_is_no_mask_unless_one_says_so(served):
  noise = np.random.default_rng(0).integers(0, 256, (30, 40), dtype=np.uint8)
  data = encoded(Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC))
  answer = ask(served, '/v1/mask', mask=data)
  assert answer.status == 422
  refusal = answer.json()
  assert refusal['error'].startswith('The mask looks like a photograph, not a mask: ')
  assert 'or give mask_channel luminance, ' in refusal['error']
  assert refusal['choices'] == {'mask_channel': ['luminance']}  # the page asks by these
  opened(ask(served, '/v1/mask', mask=data, mask_channel='luminance'))


def test_a_mask_is_understood_as_one_says(served):
  data = encoded(files()['grey and transparent'][0])
  open_ = encoded(files()['black and white paint on nothing'][0])
  choices = ask(served, '/v1/mask', mask=open_).json()['choices']
  assert choices == {'mask_channel': ['alpha', 'luminance']}
  empty = encoded(Image.new('L', (30, 20)))
  assert set(ask(served, '/v1/mask', mask=empty).json()) == {'error'}  # no field helps
  by = {
    channel: np.asarray(opened(ask(served, '/v1/mask', mask=data, mask_channel=channel)))
    for channel in ('alpha', 'luminance')
  }
  assert (by['alpha'] != by['luminance']).any()
  other = opened(ask(served, '/v1/mask', mask=data, mask_channel='alpha', invert_mask='true'))
  np.testing.assert_array_equal(np.asarray(other), ~by['alpha'])


@pytest.mark.parametrize(
  'path, parts, sentence',
  [
    ('/v1/mask', {}, 'There is no mask; send it as the file mask.'),
    ('/v1/mask', {'image': MASK, 'mask': MASK}, 'image is sent as a file; only mask is a file.'),
    ('/v1/mask', {'mask': MASK, 'dilate': 3}, 'There is no option dilate'),
    ('/v1/mask', {'mask': MASK, 'mask_channel': 'red'}, 'it can be alpha or luminance'),
    ('/v1/preview', {}, 'There is no picture; send it as the file image.'),
    ('/v1/preview', {'image': MASK, 'format': 'png'}, 'There is no option format'),
  ],
)
def test_a_wrong_request_is_named(served, path, parts, sentence):
  answer = ask(served, path, **parts)
  assert answer.status == 422 and sentence in answer.json()['error'], answer.data


@pytest.mark.parametrize('path, part', [('/v1/mask', 'mask'), ('/v1/preview', 'image')])
def test_they_are_guarded_as_completing_is(path, part):
  with web_server.serving('telea', token='a-secret', pixels=500) as locked:
    assert ask(locked, path, **{part: MASK}).status == 401
    own = {**web_server.FORM, 'Authorization': 'Bearer a-secret'}
    for data, status in ((MASK, 413), (hostile.bomb(), 413), (b'no picture', 415)):
      answer = locked.ask('POST', path, web_server.form({part: data}), own)
      assert answer.status == status and answer.json()['error']
    other = own | {'Origin': 'http://elsewhere.example'}
    assert locked.ask('POST', path, web_server.form({part: MASK}), other).status == 403


def smooth():
  """A picture that lossy formats hardly change: dark above, red to the right."""
  down = Image.linear_gradient('L').resize((60, 40))
  across = Image.linear_gradient('L').rotate(90).resize((60, 40))
  return Image.merge('RGB', (across, down, down))


def heic(image, **how):
  pillow_heif = pytest.importorskip('pillow_heif', reason="pip install '.[heif]'")
  buffer = io.BytesIO()
  pillow_heif.from_pillow(image).save(buffer, **how)
  return buffer.getvalue()


@pytest.mark.parametrize(
  'kind', ['tiff', 'webp', 'heic', pytest.param('avif', marks=needs_avif), 'rgba', 'deep']
)
def test_a_picture_is_shown_upright_as_a_browser_can(served, kind):
  turned = Image.Exif()
  turned[0x0112] = 6
  image, how = smooth(), {'exif': turned.tobytes()}
  if kind == 'rgba':
    image.putalpha(Image.linear_gradient('L').resize(image.size))
  if kind == 'deep':
    image = Image.fromarray(np.asarray(image.convert('L')).astype(np.uint16) * 257)
  data = (
    heic(image, **how)
    if kind == 'heic'
    else encoded(image, {'rgba': 'tiff', 'deep': 'png'}.get(kind, kind), **how)
  )
  shown = opened(ask(served, '/v1/preview', image=data))
  assert (shown.format, shown.size) == ('PNG' if kind == 'rgba' else 'JPEG', (40, 60))
  assert shown.getexif().get(0x0112, 1) == 1
  upright = smooth().convert('L' if kind == 'deep' else 'RGB').convert('RGB')
  difference = np.asarray(shown.convert('RGB')) - np.rot90(np.asarray(upright), -1).astype(float)
  assert np.abs(difference).mean() < 4


@pytest.mark.parametrize(
  'kind, result', [('heic', 'PNG'), pytest.param('avif', 'AVIF', marks=needs_avif)]
)
def test_what_phones_write_is_completed_as_the_command_does(served, kind, result):
  image = photo().resize((60, 40))
  data = heic(image) if kind == 'heic' else encoded(image, kind)
  mask = encoded(Image.fromarray(hostile.mask()).resize((60, 40)))
  completed = opened(served.complete(image=data, mask=mask))
  assert (completed.format, completed.size) == (result, (60, 40))
  if kind == 'heic':
    known = np.asarray(Image.open(io.BytesIO(mask))) < 1
    before = np.asarray(image_files.load(image_files.open_picture(data)).convert('RGB'))
    np.testing.assert_array_equal(np.asarray(completed)[known], before[known])


def test_heic_without_its_library_says_what_to_install(served, monkeypatch):
  from glcic_jax.web import uploads

  monkeypatch.setattr(uploads, '_HEIF', ())
  answer = ask(served, '/v1/preview', image=b'\0\0\0\x18ftypheic\0\0\0\0mif1heic')
  assert answer.status == 415
  assert 'is HEIC, which needs pillow-heif here; install it by pip' in answer.json()['error']


def test_a_huge_heic_is_refused_before_it_is_decoded(monkeypatch):
  from glcic_jax.web import limits
  from glcic_jax.web import refusals
  from glcic_jax.web import uploads

  data = heic(photo().resize((64, 48)))
  import pillow_heif

  monkeypatch.setattr(pillow_heif.HeifFile, 'to_pillow', None)
  monkeypatch.setattr(pillow_heif.HeifImage, 'load', None)
  assert uploads.check(data, 'It', limits.Limits()) == (64, 48)
  with pytest.raises(refusals.Refusal, match='It is 64x48'):
    uploads.check(data, 'It', limits.Limits(pixels=1_000))
  with pytest.raises(errors.InputError, match='1,000 are the most'):
    image_files.open_picture(data, 'It', most_pixels=1_000)


def test_asked_again_in_another_format_a_picture_is_not_completed_anew(served, monkeypatch):
  from glcic_jax.web import process

  counted = []
  completed = in_memory.completed
  monkeypatch.setattr(
    process.in_memory, 'completed', lambda *given: counted.append(0) or completed(*given)
  )
  image = encoded(kind='jpeg')

  def times(**more):
    counted.clear()
    answer = served.complete(**{'image': image, 'mask': MASK, **more})
    return len(counted), opened(answer)

  assert times()[0] == 1
  count, png = times(format='png')
  assert count == 0 and png.format == 'PNG'
  fresh = showing_free(image, 'png')
  np.testing.assert_array_equal(np.asarray(png), fresh)
  assert times(format='png')[0] == 1  # the same again is done again
  assert times(format='webp', dilate=1)[0] == 1
  assert times(format='png', mask=encoded(Image.fromarray(255 - hostile.mask())), dilate=1)[0] == 1


def showing_free(image, kind):
  """The picture as it is completed by somebody who has not completed it before."""
  from glcic_jax.inference import baselines

  task = in_memory.Task(image, MASK, {}, format=kind)
  return np.asarray(
    Image.open(io.BytesIO(in_memory.complete(baselines.Baseline('telea'), task).data))
  )


def test_a_task_of_showing_says_its_kind():
  with pytest.raises(errors.InputError, match='The mask cannot be read'):
    showing.show(showing.Mask(b'no picture'))
