"""The server: what it completes and how, by HTTP on a socket; the page; IOPaint's clients."""

import base64
import inspect
import io
import json

import numpy as np
from PIL import Image
import pytest

from glcic_jax.inference import in_memory
from glcic_jax.inference import manner
from glcic_jax.model_directory import model_files
from glcic_jax.web import guard
from glcic_jax.web import options
from tests import commands
from tests import hostile
from tests import web_server
from tests.test_completer import DESCRIPTION

HOLE = hostile.mask() >= 128


@pytest.fixture(scope='module')
def network(tmp_path_factory):
  folder = tmp_path_factory.mktemp('models') / 'tiny'
  model_files.write(folder, web_server.variables(DESCRIPTION), DESCRIPTION)
  return str(folder)


@pytest.fixture(scope='module')
def served(network):
  with web_server.serving('telea', network) as server:
    yield server


def photo(mode='RGB'):
  return Image.fromarray(hostile.picture()).convert(mode)


def encoded(image=None, kind='png', **how):
  buffer = io.BytesIO()
  (photo() if image is None else image).save(buffer, kind, **how)
  return buffer.getvalue()


MASK = hostile.encoded(hostile.mask(), 'png')


def opened(answer):
  assert answer.status == 200, answer.data
  return Image.open(io.BytesIO(answer.data))


def test_a_picture_comes_back_completed_and_untouched_outside(served):
  answer = served.complete(image=encoded(), mask=MASK)
  result = np.asarray(opened(answer))
  np.testing.assert_array_equal(result[~HOLE], hostile.picture()[~HOLE])
  assert (result[HOLE] != hostile.picture()[HOLE]).any()
  assert answer.headers['Content-Type'] == 'image/png'
  assert answer.headers['X-Model'] == 'telea'
  assert int(answer.headers['X-Time-Ms']) >= 0
  assert json.loads(answer.headers['X-Warnings']) == []


@pytest.mark.parametrize(
  'kind, mode, how',
  [
    ('png', 'I;16', {}),
    ('png', 'LA', {}),
    ('jpeg', 'RGB', {'exif': b'\0', 'dpi': (72, 300), 'comment': b'a day'}),
    ('jpeg', 'CMYK', {}),
    ('webp', 'RGBA', {'lossless': True}),
    ('tiff', 'RGB', {'compression': 'tiff_lzw'}),
    ('gif', 'P', {}),
    ('bmp', 'L', {}),
  ],
)
def test_the_bytes_are_those_that_the_command_writes(served, capsys, tmp_path, kind, mode, how):
  image = photo('L').convert('I;16') if mode == 'I;16' else photo(mode)
  if 'exif' in how:  # upright once it is turned
    image, exif = image.transpose(Image.Transpose.ROTATE_90), Image.Exif()
    exif[0x0112], exif[0x010F] = 6, 'A camera'
    how = how | {'exif': exif.tobytes()}
  data = encoded(image, kind, **how)
  suffix = {'jpeg': 'jpg'}.get(kind, kind)
  (tmp_path / f'photo.{suffix}').write_bytes(data)
  (tmp_path / 'mask.png').write_bytes(MASK)
  given = tmp_path / f'photo.{suffix}', '--mask', tmp_path / 'mask.png', '--dilate', 1
  output = tmp_path / f'out.{suffix}'
  code, _, err = commands.run(capsys, 'complete', *given, '--model', 'telea', '--output', output)
  answer = served.complete(image=data, mask=MASK, dilate=1)
  assert code == 0 and answer.status == 200, (err, answer.data)
  assert answer.data == output.read_bytes()
  assert answer.headers['Content-Type'] == f'image/{kind}'
  assert len(json.loads(answer.headers['X-Warnings'])) == len(err.splitlines())


def test_the_network_gets_its_options(served, network):
  answers = [
    served.complete(image=encoded(), mask=MASK, model=network, **more)
    for more in ({}, {'blend': 'none'}, {'feather': '2.5'}, {'large': 'resize'}, {'scale': 'auto'})
  ]
  assert len({answer.data for answer in answers if answer.status == 200}) >= 3
  assert answers[0].headers['X-Model'] == network.replace(' ', '%20')


def test_the_hole_may_be_the_transparent_part(served):
  image = photo()
  image.putalpha(Image.fromarray(np.where(HOLE, 0, 255).astype(np.uint8)))
  result = np.asarray(opened(served.complete(image=encoded(image))))
  np.testing.assert_array_equal(result[~HOLE][:, :3], hostile.picture()[~HOLE])
  assert (result[..., 3] == 255).all()


def test_options_are_those_of_the_command(served):
  black = hostile.encoded(255 - hostile.mask(), 'png')
  answers = [
    served.complete(image=encoded(), mask=MASK, format='webp'),
    served.complete(image=encoded(), mask=black, invert_mask='true', format='webp'),
  ]
  assert answers[0].data == answers[1].data
  assert opened(answers[0]).format == 'WEBP'


def test_a_mask_that_could_mean_two_things_is_asked_about(served):
  levels = np.random.default_rng(0).integers(0, 256, HOLE.shape, dtype=np.uint8)
  mask = encoded(Image.merge('LA', [Image.fromarray(levels), Image.fromarray(hostile.mask())]))
  answers = [
    served.complete(image=encoded(), mask=mask, **more)
    for more in ({}, {'mask_channel': 'alpha'}, {'mask_channel': 'luminance'})
  ]
  assert [answer.status for answer in answers[1:]] == [200, 200]
  assert answers[1].data != answers[2].data
  plain = served.complete(image=encoded(), mask=MASK)
  assert answers[1].data == plain.data


def test_what_the_command_would_say_is_in_a_header(served):
  frame = np.full((hostile.HEIGHT, hostile.WIDTH), 255, np.uint8)
  frame[5:15, 7:23] = 0
  mask = hostile.encoded(frame, 'png')
  answer = served.complete(image=encoded(kind='jpeg'), mask=mask)
  first, second = json.loads(answer.headers['X-Warnings'])
  assert 'looks inverted' in first and 'invert_mask' in first and '--' not in first
  assert first[0].isupper() and 'lossy' in second


def test_the_options_and_their_defaults_are_those_of_the_completer():
  asked = inspect.signature(manner.of_model).parameters
  for name, option in options.OF_NETWORKS.items():
    assert option.schema.get('default') == asked[name].default


@pytest.mark.parametrize(
  'parts, sentence',
  [
    ({'blend': 'posson'}, 'did you mean poisson?'),
    ({'dialate': '3'}, 'There is no option dialate - did you mean dilate?'),
    ({'dilate': '-1'}, 'a whole number from 0 to 10000'),
    ({'dilate': '9' * 4000}, 'a whole number from 0 to 10000'),
    ({'dilate': '2.5'}, 'a whole number from 0 to 10000'),
    ({'feather': 'nan'}, 'a number from 0 to 10000'),
    ({'invert_mask': 'maybe'}, 'true or false'),
    ({'scale': '2'}, 'auto or 1'),
    ({'detail': '2'}, 'a number from 0 to 1, or off'),
    ({'model': 'tela'}, 'did you mean telea?'),
    ({'model': '/etc/passwd'}, 'it can be telea or'),
    ({'feather': '2'}, 'feather is for networks'),
    ({'dilate': '500'}, 'give a smaller dilate.'),
  ],
)
def test_a_wrong_option_is_named(served, parts, sentence):
  answer = served.complete(image=encoded(), mask=MASK, **parts)
  assert answer.status == 422
  assert sentence in answer.json()['error']


def test_the_page_and_its_files_come_under_a_strict_policy(served):
  page = served.ask('GET', '/')
  assert page.status == 200 and page.headers['Content-Type'].startswith('text/html')
  assert page.headers['Content-Security-Policy'] == guard.POLICY
  assert page.headers['X-Content-Type-Options'] == 'nosniff'
  assert page.headers['Cache-Control'] == 'no-store'
  assert 'server' not in page.headers
  icon = served.ask('GET', '/static/icon.svg')
  assert (icon.status, icon.headers['Content-Type']) == (200, 'image/svg+xml')


def test_it_says_what_it_has(served, network):
  health, models = served.ask('GET', '/healthz'), served.ask('GET', '/v1/models').json()
  assert health.status == 200 and health.json()['status'] == 'ready'
  assert models['default'] == 'telea'
  telea, tiny = models['models']
  assert (telea['name'], telea['kind'], telea['status']) == ('telea', 'baseline', 'ready')
  assert (tiny['name'], tiny['kind'], tiny['method']) == (network, 'network', 'glcic')
  assert tiny['image_size'] == DESCRIPTION.image_size
  assert (telea['detail'], tiny['detail'], tiny['scale']) == (None, 0, '1')
  assert models['limits']['pixels'] == 50_000_000


def inpaint(served, **content):
  body = json.dumps(content).encode()
  return served.ask('POST', '/api/v1/inpaint', body, {'Content-Type': 'application/json'})


def as_text(data, head=''):
  return head + base64.b64encode(data).decode()


def test_clients_of_iopaint_are_served(served):
  content = {
    'image': as_text(encoded(kind='jpeg'), 'data:image/jpeg;base64,'),
    'mask': as_text(MASK),
    'ldm_steps': 20,
    'hd_strategy': 'Crop',
    'prompt': '',
    'sd_seed': 7,
    'cv2_flag': 'INPAINT_NS',
    'croper_height': 512,
  }
  answer = inpaint(served, **content)
  result = opened(answer)
  known = np.asarray(Image.open(io.BytesIO(encoded(kind='jpeg'))))[~HOLE]
  np.testing.assert_array_equal(np.asarray(result)[~HOLE], known)
  assert (result.format, answer.headers['X-Seed']) == ('PNG', '7')
  assert served.ask('GET', '/api/v1/model').json()['name'] == 'telea'
  config = served.ask('GET', '/api/v1/server-config').json()
  assert config['modelInfos'][0]['model_type'] == 'inpaint' and config['plugins'] == []


def test_the_colours_of_iopaint_s_masks_count_where_they_are_transparent(served):
  """Its own page sends black, transparent, around what is white."""
  mask = Image.merge('LA', [Image.fromarray(hostile.mask())] * 2)
  plain, transparent = (
    inpaint(served, image=as_text(encoded()), mask=as_text(data)) for data in (MASK, encoded(mask))
  )
  assert plain.data == transparent.data and plain.status == 200


@pytest.mark.parametrize(
  'content, sentence',
  [
    ({}, 'There is no image'),
    ({'image': 'ABCD'}, 'There is no mask'),
    ({'image': 7, 'mask': 7}, 'There is no image'),
    ({'image': '*', 'mask': 'ABCD'}, 'The image is no base64'),
    ({'image': 'data:image/png', 'mask': 'ABCD'}, 'The picture is no picture'),
  ],
)
def test_wrong_requests_of_iopaint_s_kind_are_refused(served, content, sentence):
  answer = inpaint(served, **content)
  assert answer.status in (415, 422) and sentence in answer.json()['error']


@pytest.mark.parametrize(
  'body', [b'', b'{', b'[]', b'\xff', b'[' * 9_000, b'1' * 5000, b'[' + b'[],' * 10_000 + b'[]]']
)
def test_what_is_no_json_object_is_refused(served, body):
  answer = served.ask('POST', '/api/v1/inpaint', body)
  assert answer.status == 400
  assert any(word in answer.json()['error'] for word in ('no JSON', 'too many values'))


@pytest.mark.parametrize(
  'kind, wanted, result',
  [
    ('MPO', 'keep', 'JPEG'),
    ('TIFF', 'keep', 'TIFF'),
    ('PPM', 'keep', 'PNG'),
    ('GIF', 'jpg', 'JPEG'),
  ],
)
def test_the_format_is_kept_where_it_can_be(kind, wanted, result):
  assert in_memory.kind_of(kind, wanted) == result
