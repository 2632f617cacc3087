"""Listening, and leaving: uvicorn, with bounds where it has none.

The socket answers before anything of JAX is imported: that is for the process that completes.
"""

import asyncio
from collections.abc import Iterator, Sequence
import contextlib
import json
import logging
import signal
import socket
import threading
from typing import Any

import h11
from starlette import types
import uvicorn
from uvicorn.protocols.http import h11_impl

from glcic_jax import errors
from glcic_jax.web import app as app_lib
from glcic_jax.web import guard
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import worker as worker_lib

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LARGEST_HEAD = 16 * 2**10  # bytes of a request's line and headers
_LEAVING_SECONDS = 2  # for what is under way when the server is stopped


def listen(host: str, port: int) -> socket.socket:
  """A socket that takes connections; with port 0, the machine chooses one.

  Raises:
    errors.InputError: if the address is none of this machine, or taken.
  """
  try:
    ((family, _, _, _, address), *_) = socket.getaddrinfo(
      host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return socket.create_server(address[:2], family=family, backlog=128)
  except (OSError, UnicodeError) as error:
    reason = getattr(error, 'strerror', None) or error
    raise errors.InputError(
      f'{host}:{port} cannot be listened on ({reason}); give --host or --port another.'
    ) from None


def url(listening: socket.socket) -> str:
  """Where a browser on this machine finds what listens."""
  host, port = listening.getsockname()[:2]
  host = {'0.0.0.0': '127.0.0.1', '::': '::1'}.get(host, host)
  return f'http://[{host}]:{port}/' if ':' in host else f'http://{host}:{port}/'


class Server(uvicorn.Server):
  """Serves until it is told to stop; then `stopped_by` is the signal, if there was one."""

  def __init__(self, app: types.ASGIApp, worker: worker_lib.Worker, limits: limits_lib.Limits):
    super().__init__(
      uvicorn.Config(
        app,
        http=_protocol(limits),
        ws='none',
        loop='asyncio',
        lifespan='on',
        log_config=None,  # it would close the handlers of others
        log_level='error',  # no address and no path of a client is written down
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2 * _LEAVING_SECONDS,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
      )
    )
    self.stopped_by: int | None = None
    self._worker = worker

  @contextlib.contextmanager
  def capture_signals(self) -> Iterator[None]:
    """As uvicorn's, but the signal is not raised once more when everything is put away."""
    if threading.current_thread() is not threading.main_thread():  # elsewhere Python forbids it
      yield
      return
    before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
    try:
      yield
    finally:
      for number, handler in before.items():
        signal.signal(number, handler)

  async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
    """Ends what is under way, in seconds."""
    leaving = asyncio.get_running_loop().call_later(_LEAVING_SECONDS, self._worker.stop)
    try:
      await super().shutdown(sockets)
    finally:  # also of who asks twice
      leaving.cancel()
      self._worker.stop()

  def _stop(self, number: int, frame: Any) -> None:
    del frame
    self.stopped_by = number
    self.force_exit = self.should_exit  # asked twice
    self.should_exit = True


def make(
  worker: worker_lib.Worker,
  limits: limits_lib.Limits,
  *,
  local: bool,
  names: Sequence[str] = (),
  token: str | None = None,
) -> Server:
  """The server with all that it answers; `run(sockets=[...])` serves until a signal comes.

  Args:
    worker: not started yet; where its models cannot be loaded, the server stops.
    limits: what is taken at most.
    local: the socket listens to this machine alone.
    names: under which the server is known, besides its own.
    token: what the API asks for; None: nothing.
  """
  app = app_lib.make(worker, limits, protected=token is not None)
  server = Server(guard.Guard(app, local=local, names=names, token=token), worker, limits)

  # What a stranger sends wrongly is answered, and not written down.
  logging.getLogger('python_multipart').setLevel(logging.ERROR)

  def stop() -> None:
    server.should_exit = True

  worker.give_up = stop
  return server


def _protocol(limits: limits_lib.Limits) -> type[h11_impl.H11Protocol]:
  """uvicorn's protocol, which would wait for the rest of a request for ever."""

  class Protocol(h11_impl.H11Protocol):
    """Hangs up on who does not get on with a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
      super().connection_made(transport)
      self._look(None, 0.0)

    def _look(self, before: Any, waited: float) -> None:
      """Every few seconds: is it still the same part of the same request that is missing?"""
      if self.transport.is_closing():
        return
      now = self.cycle, self.conn.their_state
      waited = waited + every if now == before else 0.0
      most = {h11.IDLE: limits.silence_seconds, h11.SEND_BODY: 2 * limits.upload_seconds}
      if waited >= most.get(self.conn.their_state, float('inf')):
        self.transport.close()
      else:
        self.loop.call_later(every, self._look, now, waited)

    def send_400_response(self, msg: str) -> None:
      """As every other refusal, JSON."""
      body = json.dumps({'error': 'The request is no HTTP that can be read here.'}).encode()
      headers = [
        (b'content-type', b'application/json'),
        (b'content-length', str(len(body)).encode()),
        (b'connection', b'close'),
      ]
      response = h11.Response(status_code=400, headers=headers, reason=b'Bad Request')
      for event in (response, h11.Data(data=body), h11.EndOfMessage()):
        self.transport.write(self.conn.send(event) or b'')
      self.transport.close()

  every = limits.silence_seconds / 2
  return Protocol
