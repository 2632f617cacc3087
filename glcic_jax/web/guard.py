"""Who may ask: the Host, the Origin and the token of every request; and what every answer says.

A page of another site can make a browser send requests here, and by DNS rebinding even read the
answers; it cannot forge Host and Origin.
"""

from collections.abc import Iterable
import hmac
import ipaddress
import re
import socket
import urllib.parse

from starlette import datastructures
from starlette import types

from glcic_jax.web import refusals

POLICY = (
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
  "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
  "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}
PROTECTED = ('/v1/', '/api/')  # what the token is for; the page and /healthz hold nothing secret

_HOST = re.compile(r'(\[[0-9a-fA-F:.]+\]|[^\s:/?#@\[\]]+)(?::\d+)?', re.ASCII)


def is_loopback(host: str) -> bool:
  """Whether only this machine can reach what listens there."""
  if host.lower() == 'localhost':
    return True
  try:
    return ipaddress.ip_address(host).is_loopback
  except ValueError:
    return False


class Guard:
  """An ASGI application around another."""

  def __init__(
    self, app: types.ASGIApp, *, local: bool, names: Iterable[str] = (), token: str | None = None
  ):
    """Lets pass what comes by a known name.

    Args:
      app: what it guards.
      local: it listens on this machine alone; else any address is a known name.
      names: other known names.
      token: what requests to `PROTECTED` paths must show; None: nothing.
    """
    self._app, self._local, self._token = app, local, token
    own = () if local else (socket.gethostname(), f'{socket.gethostname()}.local')
    self._names = {name.lower() for name in ('localhost', *own, *names)}

  async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
    """Answers one request."""
    if scope['type'] != 'http':
      await self._app(scope, receive, send)
      return

    async def send_with_headers(message: types.Message) -> None:
      if message['type'] == 'http.response.start':
        headers = datastructures.MutableHeaders(scope=message)
        headers.update(_HEADERS)
      await send(message)

    try:
      self._check(scope)
    except refusals.Refusal as refusal:
      await refusal.response()(scope, receive, send_with_headers)
    else:
      await self._app(scope, receive, send_with_headers)

  def _check(self, scope: types.Scope) -> None:
    headers = datastructures.Headers(scope=scope)
    host = headers.get('host', '')
    if not self._is_known(host):
      raise refusals.Refusal(
        403, f'{host!r} is no name of this server; start it with --allow-host NAME if it is.'
      )
    origin = headers.get('origin')
    if origin is not None and urllib.parse.urlsplit(origin).netloc.lower() != host.lower():
      raise refusals.Refusal(403, 'Pages of other sites may not use this server.')
    site = headers.get('sec-fetch-site', 'none')
    if scope['method'] not in ('GET', 'HEAD') and site not in ('none', 'same-origin'):
      raise refusals.Refusal(403, 'Pages of other sites may not use this server.')
    if self._token and scope['path'].startswith(PROTECTED):
      scheme, _, given = headers.get('authorization', '').partition(' ')
      right = hmac.compare_digest(given.strip().encode(), self._token.encode())
      if scheme.lower() != 'bearer' or not right:
        raise refusals.Refusal(
          401,
          'This server asks for its token; send it as Authorization: Bearer TOKEN.',
          {'WWW-Authenticate': 'Bearer'},
        )

  def _is_known(self, host: str) -> bool:
    match = _HOST.fullmatch(host)
    if not match:
      return False
    name = match[1].strip('[]').lower().removesuffix('.')
    if name in self._names:
      return True
    try:
      address = ipaddress.ip_address(name)
    except ValueError:
      return False
    return address.is_loopback or not self._local  # no name that could be bound anew
