"""The server and those who mean it no good: each gets a 4xx and a sentence, the next a picture."""

import base64
import contextlib
import json
import socket
import tempfile
import threading
import time

import numpy as np
from PIL import Image
import pytest

from tests import hostile
from tests import web_server
from tests.test_hostile import one_sentence
from tests.test_web import encoded
from tests.test_web import MASK

SLOW = {'upload_seconds': 1.0, 'silence_seconds': 0.4}


@pytest.fixture(scope='module')
def served():
  with web_server.serving('telea', bytes=200_000, waiting=3) as server:
    yield server


@pytest.fixture(scope='module')
def impatient():
  with web_server.serving('telea', waiting=1, **SLOW) as server:
    yield server


@pytest.fixture(scope='module')
def locked():
  with web_server.serving('telea', token='a-secret', names=('photos.example',)) as server:
    yield server


def refused(answer, *statuses):
  """The sentence of a refusal."""
  assert answer.status in statuses, (answer.status, answer.data)
  assert answer.headers['Content-Type'] == 'application/json'
  sentence = answer.json()['error']
  assert one_sentence(sentence), sentence
  return sentence


def serves_on(served, **more):
  """Whether the next request is answered as if nothing had been."""
  return served.complete(image=encoded(), mask=MASK, **more).status == 200


@pytest.mark.parametrize('part', ['image', 'mask'])
def test_no_decoder_is_given_what_is_no_picture(served, part):
  for name, data in hostile.no_pictures().items():
    answer = served.complete(**{'image': encoded(), 'mask': MASK, part: data})
    sentence = refused(answer, 413, 415, 422)
    assert {'image': 'he picture', 'mask': 'he mask'}[part] in sentence, name
  assert serves_on(served)


@pytest.mark.parametrize('size', [(7_100, 7_100), (10_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_seen_by_its_head(served, size):
  assert 'megapixels' in refused(served.complete(image=hostile.bomb(*size), mask=MASK), 413)
  assert 'megapixels' in refused(served.complete(image=encoded(), mask=hostile.bomb(*size)), 413)
  assert serves_on(served)


def test_other_formats_than_those_named_are_never_opened(served):
  image = Image.fromarray(hostile.picture())
  for kind in ('PPM', 'TGA', 'ICO', 'PDF', 'EPS', 'JPEG2000'):
    assert 'JPEG, PNG' in refused(served.complete(image=encoded(image, kind), mask=MASK), 415)


def test_a_whole_picture_is_refused_where_the_network_would_take_all_memory():
  with web_server.serving('telea', whole_pixels=500) as served:
    served.worker.models = ('net',)
    answer = served.complete(image=encoded(), mask=MASK, large='whole')
    assert 'leave it out' in refused(answer, 413)


@pytest.mark.parametrize(
  'mask, sentence',
  [
    (hostile.mask(20, 31), 'same size'),
    (hostile.mask().T, 'same size'),
    (hostile.mask() * 0, 'no white pixel'),
    (hostile.mask() * 0 + 255, 'white everywhere'),
  ],
)
def test_a_mask_that_does_not_fit_is_refused(served, mask, sentence):
  answer = served.complete(image=encoded(), mask=hostile.encoded(np.ascontiguousarray(mask), 'png'))
  assert sentence in refused(answer, 422)
  assert serves_on(served)


def form_with(*parts, head=web_server.FORM):
  """A form of raw parts: head and content each."""
  edge = web_server.BOUNDARY.encode()
  body = b''.join(b'--%b\r\n%b\r\n\r\n%b\r\n' % (edge, *part) for part in parts)
  return 'POST', '/v1/complete', body + b'--%b--\r\n' % edge, head


FILE = b'Content-Disposition: form-data; name="%b"; filename="x"'
IMAGE = FILE % b'image', encoded()


@pytest.mark.parametrize(
  'request_, status, sentence',
  [
    (form_with(), 422, 'There is no picture'),
    (form_with((FILE % b'mask', MASK)), 422, 'There is no picture'),
    (form_with(IMAGE), 422, 'There is no mask'),
    (form_with(IMAGE, IMAGE), 400, 'image is there twice'),
    (form_with((FILE % b'../../etc/passwd', MASK), IMAGE), 422, 'is sent as a file'),
    (form_with(*[(FILE % b'image%d' % n, b'') for n in range(9)]), 400, 'Too many files'),
    (form_with((b'Content-Disposition: form-data; name="image"', b'hi')), 422, 'no option image'),
    (form_with((b'X: y', b'')), 400, 'cannot be read'),
    (('POST', '/v1/complete', b'image', web_server.FORM), 400, 'cannot be read'),
    (('POST', '/v1/complete', b'', {'Content-Type': 'multipart/form-data'}), 400, 'boundary'),
    (('POST', '/v1/complete', b'image=1', {}), 415, 'multipart/form-data'),
    (('POST', '/v1/complete', b'{}', {'Content-Type': 'application/json'}), 415, 'no multipart'),
    (('GET', '/v1/complete'), 405, 'takes no GET'),
    (('DELETE', '/'), 405, 'takes no DELETE'),
    (('OPTIONS', '/v1/complete'), 405, 'takes no OPTIONS'),
    (('GET', '/v1/complete/../../etc/passwd'), 404, 'nothing at'),
    (('GET', '/static/../app.py'), 404, 'nothing at'),
    (('GET', '/static/%2e%2e/app.py'), 404, 'nothing at'),
    (('GET', '/static/'), 404, 'nothing at'),
    (('GET', '/.git/config'), 404, 'nothing at'),
  ],
)
def test_a_request_that_is_not_whole_is_refused(served, request_, status, sentence):
  assert sentence in refused(served.ask(*request_), status)


def test_a_request_of_100_mb_is_refused_before_it_is_sent(served):
  with served.connection() as connection:
    connection.putrequest('POST', '/v1/complete')
    connection.putheader('Content-Length', str(100 * 2**20))
    connection.putheader('Content-Type', web_server.FORM['Content-Type'])
    connection.endheaders()
    assert 'larger than' in refused(web_server.Answer(connection.getresponse()), 413)
  assert serves_on(served)


def test_a_request_that_hides_its_length_is_refused_when_it_gets_too_long(served):
  pieces = (bytes(50_000) for _ in range(8))
  with served.connection() as connection:
    connection.request('POST', '/v1/complete', pieces, web_server.FORM, encode_chunked=True)
    assert refused(web_server.Answer(connection.getresponse()), 400, 413)
  body = (b'"' * 50_000 for _ in range(8))
  with served.connection() as connection:
    connection.request('POST', '/api/v1/inpaint', body, encode_chunked=True)
    assert 'larger than' in refused(web_server.Answer(connection.getresponse()), 413)
  assert serves_on(served)


def test_base64_may_be_as_much_longer_as_it_is(served):
  image = encoded() + bytes(190_000)
  assert served.complete(image=image, mask=MASK).status == 200
  content = {'image': base64.b64encode(image).decode(), 'mask': base64.b64encode(MASK).decode()}
  answer = served.ask('POST', '/api/v1/inpaint', json.dumps(content))
  assert answer.status == 200, answer.data


HEAD = 'POST /v1/complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n'
FORM_HEAD = f'{HEAD}Content-Type: {web_server.FORM["Content-Type"]}\r\n\r\n'.encode()


def test_who_sends_too_slowly_is_told_so_and_his_place_is_free(impatient):
  answer = impatient.raw(FORM_HEAD + b'--')
  assert answer.startswith(b'HTTP/1.1 408') and b'too slowly' in answer
  assert serves_on(impatient)


def test_a_trickle_is_no_way_around_it(impatient):
  with socket.create_connection(('127.0.0.1', impatient.port), timeout=30) as connection:
    connection.sendall(FORM_HEAD + form_with(IMAGE)[2][:300])
    started, answer = time.monotonic(), b''
    connection.settimeout(0.1)
    while b'408' not in answer and time.monotonic() < started + 20:
      with contextlib.suppress(TimeoutError):
        connection.sendall(b'-')
        answer += connection.recv(4096)
    assert answer.startswith(b'HTTP/1.1 408')


@pytest.mark.parametrize('start', [b'', b'GET / HT', b'GET / HTTP/1.1\r\nHost: loc'])
def test_who_never_finishes_his_head_is_hung_up_on(impatient, start):
  started = time.monotonic()
  assert impatient.raw(start) == b''
  assert time.monotonic() - started < 20
  assert serves_on(impatient)


def test_heads_have_a_largest_size(served):
  answer = served.raw(b'GET / HTTP/1.1\r\nHost: localhost\r\nX: ' + b'x' * 70_000)
  assert answer.startswith(b'HTTP/1.1 400') and b'"error"' in answer
  assert serves_on(served)


@pytest.mark.parametrize(
  'host', ['evil.example', '127.0.0.1.evil.example', 'a@localhost', '', 'x/y']
)
def test_other_names_than_its_own_are_none_of_its_business(served, host):
  for path in ('/', '/healthz', '/v1/models', '/nowhere'):
    with served.connection() as connection:
      connection.putrequest('GET', path, skip_host=True)
      connection.putheader('Host', host)
      connection.endheaders()
      assert 'no name of this server' in refused(web_server.Answer(connection.getresponse()), 403)


@pytest.mark.parametrize('host', ['localhost:9000', 'LOCALHOST', '[::1]:80', '127.0.0.1:1'])
def test_its_own_names_count_at_any_port(served, host):
  answer = served.raw(
    f'GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n'.encode()
  )
  assert answer.startswith(b'HTTP/1.1 200')


@pytest.mark.parametrize(
  'headers',
  [
    {'Origin': 'https://evil.example'},
    {'Origin': 'null'},
    {'Origin': ''},
    {'Origin': 'http://127.0.0.1:1'},
    {'Sec-Fetch-Site': 'cross-site'},
    {'Sec-Fetch-Site': 'same-site'},
  ],
)
def test_pages_of_other_sites_are_refused(served, headers):
  answer = served.complete(image=encoded(), mask=MASK, headers=headers)
  assert 'other sites' in refused(answer, 403)
  assert not [name for name in answer.headers if name.lower().startswith('access-control')]


def test_its_own_page_is_not(served):
  own = {'Origin': f'http://127.0.0.1:{served.port}', 'Sec-Fetch-Site': 'same-origin'}
  assert serves_on(served, headers=own)


@pytest.mark.parametrize(
  'headers',
  [
    {},
    {'Authorization': ''},
    {'Authorization': 'a-secret'},
    {'Authorization': 'Bearer'},
    {'Authorization': 'Bearer a-secre'},
    {'Authorization': 'Bearer a-secrett'},
    {'Authorization': 'Basic a-secret'},
    {'Authorization': 'Bearer \xff'},
  ],
)
def test_without_the_token_nothing_is_completed_or_told(locked, headers):
  for path in ('/v1/models', '/api/v1/model', '/v1/nowhere'):
    answer = locked.ask('GET', path, None, headers)
    assert 'token' in refused(answer, 401) and answer.headers['WWW-Authenticate'] == 'Bearer'
  refused(locked.complete(image=encoded(), mask=MASK, headers=headers), 401)


def test_with_the_token_all_is_as_ever_and_the_page_needs_none(locked):
  assert serves_on(locked, headers={'Authorization': 'bearer a-secret'})
  assert [locked.ask('GET', path).status for path in ('/', '/healthz', '/openapi.json')] == [
    200
  ] * 3


def test_a_server_on_the_net_is_known_by_its_address_and_the_names_that_it_was_given(locked):
  known = {'photos.example:8080': 200, 'PHOTOS.example': 200, '192.168.1.5': 403, 'a.example': 403}
  with web_server.serving('telea', local=False, token='x') as outside:
    for served, address in ((locked, 403), (outside, 200)):
      for host, status in (known | {'192.168.1.5': address}).items():
        if served is outside and host.lower().startswith('photos'):
          continue
        line = f'GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n'
        assert served.raw(line.encode()).startswith(f'HTTP/1.1 {status}'.encode()), host


def test_no_picture_touches_the_disk(served, monkeypatch):
  """Python's and Starlette's temporary files would be made here."""
  monkeypatch.setattr(tempfile, 'tempdir', '/nowhere')
  pixels = np.random.default_rng(0).integers(0, 256, (230, 270, 3), dtype=np.uint8)
  data = hostile.encoded(pixels, 'bmp')
  assert len(data) > 180_000
  mask = hostile.encoded(hostile.mask(230, 270), 'png')
  with web_server.serving('telea') as large:
    assert large.complete(image=data + bytes(3 * 2**20), mask=mask).status == 200


def test_many_at_once_get_pictures_or_are_told_when_to_come_back(served):
  answers = []

  def ask():
    answers.append(served.complete(image=encoded(), mask=MASK))

  threads = [threading.Thread(target=ask) for _ in range(16)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert len(answers) == 16 and {answer.status for answer in answers} <= {200, 429}
  for answer in answers:
    assert answer.status == 200 or int(answer.headers['Retry-After']) >= 1
  assert any(answer.status == 200 for answer in answers) and serves_on(served)
