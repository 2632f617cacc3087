"""A real server on a free port, for tests: uvicorn in a thread, the completing in another one."""

import contextlib
import functools
import http.client
import json
import os
import socket
import threading
import time

import numpy as np

from glcic_jax.methods import architectures
from glcic_jax.model_directory import tensors
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import process
from glcic_jax.web import server as server_lib
from glcic_jax.web import worker as worker_lib

BOUNDARY = 'edge-of-a-part'


class InThread:
  """In the place of a process, which would take seconds to import JAX: its work, in a thread."""

  pid = None

  def __init__(self, connection, models, device):
    self._socket = socket.socket(fileno=os.dup(connection.fileno()))
    target = process.work
    self._thread = threading.Thread(target=target, args=(connection, models, device), daemon=True)
    self._thread.start()

  def kill(self):
    """Both ends hear that it has ended."""
    self._socket.shutdown(socket.SHUT_RDWR)

  def join(self, timeout=None):
    """Waits until it has."""
    self._thread.join(timeout)
    self._socket.close()


class Answer:
  """What came back."""

  def __init__(self, response):
    self.status, self.headers, self.data = response.status, response.headers, response.read()

  def json(self):
    """The body as JSON."""
    return json.loads(self.data)


class Served:
  """A running server, and how to ask it."""

  def __init__(self, port, worker, thread):
    self.port, self.worker, self._thread = port, worker, thread

  @property
  def has_ended(self):
    """Whether it has stopped by itself."""
    return not self._thread.is_alive()

  @functools.cached_property
  def paths(self):
    """What it says of itself."""
    return self._ask('GET', '/openapi.json').json()['paths']

  @contextlib.contextmanager
  def connection(self):
    """An HTTP connection of its own."""
    connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
    try:
      yield connection
    finally:
      connection.close()

  def ask(self, method, path, body=None, headers=()):
    """One request, one answer; what the server says of itself must allow for it."""
    answer = self._ask(method, path, body, headers)
    if told := self.paths.get(path, {}).get(method.lower()):
      told = told['responses'].get(str(answer.status))
      assert told, f'{method} {path} is not said to answer {answer.status}'
      assert answer.headers['Content-Type'].split(';')[0] in told['content']
      assert not [name for name in told.get('headers', ()) if name not in answer.headers]
    return answer

  def _ask(self, method, path, body=None, headers=()):
    with self.connection() as connection:
      connection.request(method, path, body, dict(headers))
      return Answer(connection.getresponse())

  def complete(self, *, headers=(), **parts):
    """`POST /v1/complete`: bytes are files, everything else is text."""
    return self.ask('POST', '/v1/complete', form(parts), [*FORM.items(), *dict(headers).items()])

  def raw(self, data):
    """Bytes as they are, and all that comes back until the server hangs up."""
    with socket.create_connection(('127.0.0.1', self.port), timeout=60) as connection:
      connection.sendall(data)
      return b''.join(iter(lambda: connection.recv(65_536), b''))


def variables(description):
  """Random ones of a generator; without Flax's own start, which takes seconds to compile."""
  rng, flat = np.random.default_rng(0), {}
  for name, shape in architectures.generator_shapes(description.architecture).items():
    low, high = (0.5, 1.5) if name.endswith(('scale', 'var')) else (-0.1, 0.1)
    if name.endswith('kernel'):
      high = (6 / np.prod(shape[:-1])) ** 0.5
      low = -high
    flat[name] = rng.uniform(low, high, shape).astype(np.float32)
  return tensors.unflatten(flat)


FORM = {'Content-Type': f'multipart/form-data; boundary={BOUNDARY}'}


def form(parts):
  """The body of a `multipart/form-data`."""
  body = b''
  for name, value in parts.items():
    file = '; filename="a.bin"' if isinstance(value, bytes) else ''
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    body += head.encode() + (value if file else str(value).encode()) + b'\r\n'
  return body + f'--{BOUNDARY}--\r\n'.encode()


@contextlib.contextmanager
def serving(*models, token=None, local=True, names=(), start=InThread, **limits):
  """A server with these models, ready; limits as of `limits.Limits`."""
  bounds = limits_lib.Limits(**limits)
  listening = server_lib.listen('127.0.0.1', 0)
  port = listening.getsockname()[1]
  worker = worker_lib.Worker([str(model) for model in models], bounds, start=start)
  server = server_lib.make(worker, bounds, local=local, names=names, token=token)
  thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
  thread.start()
  try:
    end = time.monotonic() + 60
    while not (worker.is_ready or worker.error) and time.monotonic() < end:
      time.sleep(0.01)
    yield Served(port, worker, thread)
  finally:
    server.should_exit = True
    thread.join(30)
    listening.close()
