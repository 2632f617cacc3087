"""The process that completes, and the queue before it: too slow, killed, left, stopped."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import numpy as np
import pytest

from glcic_jax.inference import baselines
from glcic_jax.web import server as server_lib
from glcic_jax.web import worker as worker_lib
from tests import hostile
from tests import web_server
from tests.commands import refused
from tests.test_web import encoded
from tests.test_web import MASK


def slow_parts():
  """What takes the biharmonic equation minutes."""
  side = 700
  pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
  mask = np.zeros((side, side), np.uint8)
  mask[20:-20, 20:-20] = 255
  return {'image': hostile.encoded(pixels, 'bmp'), 'mask': hostile.encoded(mask, 'png')}


@pytest.fixture(scope='module')
def processed():
  """With a process of its own, as the command has it."""
  pytest.importorskip('skimage')
  with web_server.serving('telea', 'biharmonic', start=worker_lib.spawn, seconds=2) as server:
    assert server.worker.is_ready, server.worker.error
    yield server


def serves_on(served):
  """Whether pictures are completed, as soon as there is a process again."""
  deadline = time.monotonic() + 60
  while (answer := served.complete(image=encoded(), mask=MASK)).status in (503, 504):
    assert time.monotonic() < deadline
  return answer.status == 200


def test_what_takes_too_long_is_ended_and_the_next_is_completed(processed):
  before = processed.worker.process_id
  answer = processed.complete(**slow_parts(), model='biharmonic')
  assert answer.status == 504 and 'longer than 2 s' in answer.json()['error']
  assert serves_on(processed)
  with pytest.raises(ProcessLookupError):
    os.kill(before, 0)


def test_a_process_that_is_killed_is_told_of_and_replaced(processed):
  answers = []
  asking = threading.Thread(
    target=lambda: answers.append(processed.complete(**slow_parts(), model='biharmonic'))
  )
  asking.start()
  time.sleep(0.5)
  os.kill(processed.worker.process_id, signal.SIGKILL)
  asking.join()
  assert answers[0].status == 503 and 'Retry-After' in answers[0].headers
  assert serves_on(processed)


@pytest.fixture
def held(monkeypatch):
  """A fill that waits to be let go, and a server with one place beside it."""
  entered, let_go = threading.Semaphore(0), threading.Event()

  def fill(image, hole):
    entered.release()
    assert let_go.wait(30)
    return image

  with web_server.serving('telea', waiting=1) as server:
    monkeypatch.setitem(baselines.FILLS, 'telea', fill)
    server.entered, server.let_go = entered, let_go
    yield server
    let_go.set()


def begin(served):
  """Sends a picture, and does not wait for the answer."""
  with served.connection() as connection:
    connection.request(
      'POST', '/v1/complete', web_server.form({'image': encoded(), 'mask': MASK}), web_server.FORM
    )
    socket = connection.sock
    connection.sock = None  # it stays open
  return socket


def places(served, count):
  """Waits until so many places are free."""
  deadline = time.monotonic() + 20
  while served.worker.free_places != count:
    assert time.monotonic() < deadline, served.worker.free_places
    time.sleep(0.01)


def test_one_is_worked_on_one_waits_and_a_third_is_told_when_to_come_back(held):
  first = begin(held)
  assert held.entered.acquire(timeout=20)
  second = begin(held)
  places(held, 0)
  answer = held.complete(image=encoded(), mask=MASK)
  assert answer.status == 429 and int(answer.headers['Retry-After']) >= 1
  held.let_go.set()
  for connection in (first, second):
    assert connection.recv(15) == b'HTTP/1.1 200 OK'
    connection.close()


def test_who_leaves_the_queue_makes_room_and_is_not_worked_for(held):
  first = begin(held)
  assert held.entered.acquire(timeout=20)
  second = begin(held)
  places(held, 0)
  second.close()
  places(held, 1)
  first.close()  # its picture is under way: the place is taken until it is done
  time.sleep(0.1)
  assert held.worker.free_places == 1
  held.let_go.set()
  places(held, 2)
  assert held.complete(image=encoded(), mask=MASK).status == 200
  assert held.entered.acquire(timeout=20) and not held.entered.acquire(timeout=0.1)


def test_a_fault_of_ours_is_a_sentence_too(monkeypatch, capfd):
  def fill(image, hole):
    raise RuntimeError('a fault')

  with web_server.serving('telea') as served:
    monkeypatch.setitem(baselines.FILLS, 'telea', fill)
    answer = served.complete(image=encoded(), mask=MASK)
    assert answer.status == 500 and 'a fault' not in answer.json()['error']
    monkeypatch.undo()
    assert served.complete(image=encoded(), mask=MASK).status == 200
  assert 'a fault' in capfd.readouterr().err


def test_a_model_that_cannot_be_loaded_stops_the_server(tmp_path):
  with web_server.serving(tmp_path) as served:
    deadline = time.monotonic() + 20
    while not served.has_ended and time.monotonic() < deadline:
      time.sleep(0.05)
    assert served.has_ended and 'is no model' in served.worker.error


@pytest.mark.parametrize(
  'arguments, sentence',
  [
    (['--host', '0.0.0.0'], 'give --token (or GLCIC_JAX_TOKEN) a secret'),
    (['--host', '::'], 'give --token'),
    (['--port', '70000'], '--port is'),
    (['--model', 'tela'], 'did you mean telea?'),
    (['--token', 'ä'], '--token holds other characters'),
    (['--host', '192.0.2.1', '--token', 'x'], '192.0.2.1:8080 cannot be listened on'),
    (['--host', 'no.such.host.invalid', '--token', 'x'], 'cannot be listened on'),
  ],
)
def test_wrong_usage_is_one_sentence(capsys, monkeypatch, arguments, sentence):
  monkeypatch.delenv('GLCIC_JAX_TOKEN', raising=False)
  assert sentence in refused(capsys, 'serve', *arguments)


def test_a_port_that_is_taken_is_named(capsys):
  with server_lib.listen('127.0.0.1', 0) as taken:
    port = taken.getsockname()[1]
    assert f'127.0.0.1:{port} cannot' in refused(capsys, 'serve', '--port', str(port))


@pytest.mark.parametrize(
  'libraries, named',
  [
    (['uvicorn'], 'uvicorn, which is'),
    (['python_multipart'], 'python_multipart, which is'),
    (['starlette', 'python_multipart'], 'starlette and python_multipart, which are'),
    (
      ['starlette', 'uvicorn', 'python_multipart'],
      'starlette, uvicorn and python_multipart, which are',
    ),
  ],
)
def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch, libraries, named):
  for library in libraries:
    monkeypatch.setitem(sys.modules, library, None)
  sentence = refused(capsys, 'serve', '--model', 'telea')
  assert f"serve needs {named} not installed: pip install 'glcic_jax[web]' (in a " in sentence
  assert sentence.count('pip install') == 1


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_command_and_its_process(number):
  command = [sys.executable, '-m', 'glcic_jax', 'serve', '--model', 'telea', '--port', '0']
  running = subprocess.Popen(
    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
  )
  try:
    url = running.stdout.readline().strip()
    with urllib.request.urlopen(f'{url}healthz', timeout=60) as answer:
      assert json.load(answer)['status'] in ('loading', 'ready')
    os.killpg(running.pid, number)  # as a terminal does: to its process too
    _, err = running.communicate(timeout=60)
  finally:
    running.kill()
  assert running.returncode == 128 + number
  assert err == f'glcic-jax: Stopped by {number.name}.\n'
  with pytest.raises(ProcessLookupError):  # in a moment
    for _ in range(200):
      os.killpg(running.pid, 0)
      time.sleep(0.05)
