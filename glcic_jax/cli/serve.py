"""glcic-jax serve [--model MODEL ...] [--host HOST] [--port PORT] [--token TOKEN]"""

from collections.abc import Sequence
import importlib.util
import os
import signal
import sys
import warnings

from glcic_jax import errors
from glcic_jax.cli import parser as parser_lib
from glcic_jax.cli import values
from glcic_jax.inference import baselines
from glcic_jax.model_directory import shipped

_LIBRARIES = ('starlette', 'uvicorn', 'python_multipart')  # of the extra `web`
_TOKEN = 'GLCIC_JAX_TOKEN'


def main(arguments: Sequence[str]) -> int:
  """Serves until Ctrl-C or SIGTERM; returns the exit code."""
  options = _parser().parse_args(arguments)
  models = list(dict.fromkeys(options.model or [shipped.DEMO]))
  for model in models:
    shipped.check(model, tuple(baselines.FILLS))
    if model in baselines.FILLS:
      baselines.check(model)
  token = options.token or os.environ.get(_TOKEN) or None
  if token is not None and not (token.isascii() and token.isprintable() and ' ' not in token):
    raise errors.InputError('--token holds other characters than letters, digits and signs.')
  if missing := [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]:
    raise errors.InputError(_needs(missing))
  try:
    from glcic_jax.web import guard
    from glcic_jax.web import limits as limits_lib
    from glcic_jax.web import server as server_lib
    from glcic_jax.web import worker as worker_lib
  except ModuleNotFoundError as error:
    raise errors.InputError(_needs([error.name or str(error)])) from None
  local = guard.is_loopback(options.host)
  if not local and token is None:
    raise errors.InputError(
      f'--host {options.host} lets other machines in; give --token (or {_TOKEN}) a secret that '
      'they must know, such as the output of: openssl rand -hex 16.'
    )
  limits = limits_lib.Limits()
  listening = server_lib.listen(options.host, options.port)
  print(server_lib.url(listening) + ('#token=TOKEN' if token else ''), flush=True)
  worker = worker_lib.Worker(models, limits, device=options.device)
  server = server_lib.make(worker, limits, local=local, names=options.allow_host, token=token)
  warnings.filterwarnings('ignore', message='Image size')  # a panorama is no attack
  with listening:
    server.run(sockets=[listening])
  if server.stopped_by is not None:
    print(f'glcic-jax: Stopped by {signal.Signals(server.stopped_by).name}.', file=sys.stderr)
    return 128 + server.stopped_by
  raise errors.InputError(worker.error or 'The server stopped.')


def _needs(missing: Sequence[str]) -> str:
  """What to say where libraries of the extra are not installed."""
  *others, last = missing
  names, are = (f'{", ".join(others)} and {last}', 'are') if others else (last, 'is')
  return f'serve needs {names}, which {are} not installed: {errors.install("web")}.'


def _parser() -> parser_lib.Parser:
  parser = parser_lib.Parser(
    'serve',
    'Serves a page on which holes are painted and filled, and the same as an HTTP API; needs '
    f'{errors.install("web")}.',
  )
  add = parser.add_argument
  add(
    '--model',
    metavar='MODEL',
    action='append',
    help=f'as of complete ({shipped.DEMO}); given several times, the page shows them side by side',
  )
  add(
    '--host',
    default='127.0.0.1',
    help='the address to listen on (127.0.0.1: this machine alone); any other asks for --token',
  )
  ports = values.whole_number(0, 65_535)
  add('--port', type=ports, default=8080, help='the port to listen on (8080); 0: any that is free')
  add(
    '--token',
    help=f'who uses the server must send it; better given as {_TOKEN} in the environment, which '
    'other users of the machine do not see',
  )
  add(
    '--allow-host',
    metavar='NAME',
    action='append',
    default=[],
    help='a name of this server, such as that of a proxy before it; can be given several times',
  )
  devices = ('cpu', 'gpu', 'tpu')
  add('--device', choices=devices, help='by default the best there is')
  return parser
