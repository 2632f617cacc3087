"""The page and the HTTP API as one ASGI application: what answers which path."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
import contextlib
import pathlib
from typing import Any

from starlette import applications
from starlette import exceptions
from starlette import requests
from starlette import responses
from starlette import routing

import glcic_jax
from glcic_jax import errors
from glcic_jax.inference import in_memory
from glcic_jax.inference import showing
from glcic_jax.web import answers
from glcic_jax.web import bodies
from glcic_jax.web import iopaint
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import openapi
from glcic_jax.web import options as options_lib
from glcic_jax.web import refusals
from glcic_jax.web import uploads
from glcic_jax.web import worker as worker_lib

STATIC = pathlib.Path(__file__).parent / 'static'
# Given here, since the machine's own table may not know them.
_TYPES = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

Endpoint = Callable[[requests.Request], Awaitable[responses.Response]]


def make(
  worker: worker_lib.Worker, limits: limits_lib.Limits, *, protected: bool = False
) -> applications.Starlette:
  """The application, without its guard.

  Args:
    worker: completes the pictures; it is started with the application.
    limits: what is taken at most.
    protected: whether a token is asked for, by the guard.
  """
  api = _Api(worker, limits)
  document = openapi.document(worker.models, limits, protected=protected)

  async def describe(request: requests.Request) -> responses.Response:
    return responses.JSONResponse(document)

  @contextlib.asynccontextmanager
  async def lifespan(app: applications.Starlette) -> AsyncIterator[None]:
    worker.start()
    yield

  routes = [
    routing.Route('/', _file(STATIC / 'index.html')),
    *(routing.Route(f'/static/{path.name}', _file(path)) for path in _static()),
    routing.Route('/healthz', api.health),
    routing.Route('/openapi.json', describe),
    routing.Route('/v1/models', api.models),
    routing.Route('/v1/complete', api.complete, methods=['POST']),
    routing.Route('/v1/mask', api.mask, methods=['POST']),
    routing.Route('/v1/preview', api.preview, methods=['POST']),
    routing.Route('/api/v1/model', api.iopaint_model),
    routing.Route('/api/v1/server-config', api.iopaint_config),
    routing.Route('/api/v1/inpaint', api.iopaint_inpaint, methods=['POST']),
  ]
  return applications.Starlette(
    routes=routes,
    lifespan=lifespan,
    exception_handlers={
      refusals.Refusal: _refused,
      errors.InputError: _refused,
      exceptions.HTTPException: _refused,
      requests.ClientDisconnect: _refused,
      Exception: _refused,
    },
  )


class _Api:
  """The paths that ask for something."""

  def __init__(self, worker: worker_lib.Worker, limits: limits_lib.Limits):
    self._worker, self._limits = worker, limits

  async def health(self, request: requests.Request) -> responses.Response:
    """Whether the server can complete yet; it answers meanwhile."""
    status = 'failed' if self._worker.error else 'ready' if self._worker.is_ready else 'loading'
    content = {'status': status, 'error': self._worker.error, 'version': glcic_jax.__version__}
    return responses.JSONResponse(content, 503 if self._worker.error else 200)

  async def models(self, request: requests.Request) -> responses.Response:
    """What there is to choose from, and the bounds."""
    return responses.JSONResponse(
      {
        'default': self._worker.models[0],
        'models': [self._model(name) for name in self._worker.models],
        'limits': {
          'bytes': self._limits.bytes,
          'pixels': self._limits.pixels,
          'seconds': self._limits.seconds,
        },
        'formats': [kind.lower() for kind in uploads.FORMATS],
      }
    )

  def _model(self, name: str) -> dict[str, Any]:
    loaded = self._worker.loaded.get(name)
    return {
      'name': name,
      'status': 'failed' if self._worker.error else 'ready' if loaded else 'loading',
      'kind': options_lib.kind(name),
      'method': loaded.method if loaded else None,
      'image_size': loaded.image_size if loaded else None,
      'detail': loaded.detail if loaded else None,
      'scale': loaded.scale if loaded else None,
    }

  async def complete(self, request: requests.Request) -> responses.Response:
    """`glcic-jax complete`, of what a form holds."""
    with self._worker.place():
      files, fields = await bodies.form(request, self._limits)
      model, how = options_lib.read(fields, self._worker.models)
      _check_files(files, 'image', 'mask')
      task = in_memory.Task(files['image'], files.get('mask'), **how)
      await answers.check(task, self._limits)
      return await answers.done(request, self._worker, model, task, {})

  async def mask(self, request: requests.Request) -> responses.Response:
    """The hole that a mask file shows, as `complete` understands it."""
    with self._worker.place():
      files, fields = await bodies.form(request, self._limits)
      how = options_lib.read_only(fields, options_lib.OF_MASKS)
      _check_files(files, 'mask')
      task = showing.Mask(files['mask'], **how)
      await answers.check_picture(task.data, in_memory.MASK, self._limits)
      return await answers.done(request, self._worker, None, task, {})

  async def preview(self, request: requests.Request) -> responses.Response:
    """A picture as every browser can show it."""
    with self._worker.place():
      files, fields = await bodies.form(request, self._limits)
      options_lib.read_only(fields, {})
      _check_files(files, 'image')
      task = showing.Picture(files['image'])
      await answers.check_picture(task.data, in_memory.PICTURE, self._limits)
      return await answers.done(request, self._worker, None, task, {})

  async def iopaint_model(self, request: requests.Request) -> responses.Response:
    """The model that `iopaint_inpaint` takes."""
    return responses.JSONResponse(iopaint.model(self._worker.models[0]))

  async def iopaint_config(self, request: requests.Request) -> responses.Response:
    """What this server has of an IOPaint's."""
    return responses.JSONResponse(iopaint.server_config(self._worker.models))

  async def iopaint_inpaint(self, request: requests.Request) -> responses.Response:
    """As `complete`, by IOPaint's request."""
    with self._worker.place():
      content = await bodies.json_object(request, self._limits)
      model, task = iopaint.task(content, self._worker.models)
      await answers.check(task, self._limits)
      headers = {'X-Seed': iopaint.seed(content)}
      return await answers.done(request, self._worker, model, task, headers)


def _check_files(files: Mapping[str, bytes], first: str, *others: str) -> None:
  """Refuses a form that has other files, or lacks the first."""
  known = first, *others
  for name in files:
    if name not in known:
      said = f'{" and ".join(known)} {"are files" if others else "is a file"}'
      raise errors.InputError(f'{name} is sent as a file; only {said}.')
  if first not in files:
    what = {'image': 'picture'}.get(first, first)
    raise errors.InputError(f'There is no {what}; send it as the file {first}.')


def _static() -> list[pathlib.Path]:
  return sorted(path for path in STATIC.iterdir() if path.suffix in _TYPES)


def _file(path: pathlib.Path) -> Endpoint:
  """Answers with one file of the package."""

  async def send(request: requests.Request) -> responses.Response:
    return responses.FileResponse(path, media_type=_TYPES[path.suffix])

  return send


async def _refused(request: requests.Request, error: Exception) -> responses.Response:
  """Every error as a JSON sentence."""
  if isinstance(error, refusals.Refusal):
    refusal = error
  elif isinstance(error, errors.InputError):
    refusal = refusals.Refusal(422, str(error))
  elif isinstance(error, exceptions.HTTPException):
    path = request.url.path[:80]
    sentences = {
      404: f'There is nothing at {path}; /openapi.json says what there is.',
      405: f'{path} takes no {request.method[:20]}; /openapi.json says what it takes.',
    }
    sentence = sentences.get(error.status_code, error.detail)
    refusal = refusals.Refusal(error.status_code, sentence, error.headers)
  elif isinstance(error, requests.ClientDisconnect):  # nobody reads it
    refusal = refusals.Refusal(400, 'The request is not whole.')
  else:
    refusal = refusals.Refusal(500, 'This should not have happened; the server knows more.')
  return refusal.response()
