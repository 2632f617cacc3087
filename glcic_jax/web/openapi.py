"""What the server says of itself: OpenAPI 3.1, from the same tables that read the requests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import glcic_jax
from glcic_jax.inference import in_memory
from glcic_jax.web import guard
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import options as options_lib
from glcic_jax.web import uploads

_BINARY = {'type': 'string', 'contentMediaType': 'application/octet-stream'}
# Of every path that completes. 403 is of all paths.
_REASONS = {
  400: 'the request cannot be read',
  401: 'the token is missing or wrong',
  403: 'Host or Origin is of another site',
  408: 'the request arrives too slowly',
  413: 'the request or a picture is too large',
  415: 'the request or a picture is of a kind that is not taken',
  422: 'the picture, the mask or an option cannot be used',
  429: 'too many requests wait; Retry-After says in how many seconds to come again',
  500: 'the picture could not be completed',
  503: 'there is no model, or its process has ended',
  504: 'completing took too long',
}
_COMPLETING = (400, 408, 413, 415, 422, 429, 500, 503, 504)


def document(
  models: Sequence[str], limits: limits_lib.Limits, *, protected: bool
) -> dict[str, Any]:
  """The description of a server with these models; `protected`: it asks for a token."""
  paths = _paths(models, limits)
  for path, methods in paths.items():
    for operation in methods.values():
      known = [403]
      if protected and path.startswith(guard.PROTECTED):
        operation['security'] = [{'token': []}]
        known.append(401)
      operation['responses'] |= _refusals(known)
      operation['responses'] = dict(sorted(operation['responses'].items()))
  components: dict[str, Any] = {'schemas': {'Error': _error()}}
  if protected:
    components['securitySchemes'] = {'token': {'type': 'http', 'scheme': 'bearer'}}
  return {
    'openapi': '3.1.0',
    'info': {
      'title': 'glcic-jax serve',
      'version': glcic_jax.__version__,
      'summary': 'Fills the holes of pictures; pixels outside the hole are not touched.',
      'license': {'name': 'Apache-2.0', 'identifier': 'Apache-2.0'},
    },
    'servers': [{'url': '/'}],
    'paths': paths,
    'components': components,
  }


def _paths(models: Sequence[str], limits: limits_lib.Limits) -> dict[str, Any]:
  bounds = f'At most {limits.bytes / 2**20:g} MiB and {limits.pixels / 1e6:g} megapixels.'
  return {
    '/': {'get': _reading('the page', {'text/html': {}})},
    '/healthz': {
      'get': {
        'summary': 'whether the models are loaded',
        'responses': {
          '200': {'description': 'loading or ready', 'content': _json(_health())},
          '503': {'description': 'the models cannot be loaded', 'content': _json(_health())},
        },
      }
    },
    '/openapi.json': {'get': _reading('this description', _json({'type': 'object'}))},
    '/v1/models': {'get': _reading('the models, and the bounds', _json(_models(models)))},
    '/v1/complete': {
      'post': {
        'summary': 'fills the hole of a picture',
        'description': f'{bounds} The options are those of glcic-jax complete.',
        'requestBody': _files(_form(models)),
        'responses': {'200': _picture(in_memory.KEPT, {})} | _refusals(_COMPLETING),
      }
    },
    '/v1/mask': {
      'post': {
        'summary': 'tells where the hole of a mask is, as complete understands it',
        'description': f'{bounds} Back comes a PNG of one bit, white = hole, of the upright size; '
        'X-Warnings says how it was found, where that is not plain.',
        'requestBody': _files(_mask_form()),
        'responses': {'200': _made('the hole', ('PNG',), {})} | _refusals(_COMPLETING),
      }
    },
    '/v1/preview': {
      'post': {
        'summary': 'shows a picture that a browser cannot: upright, as a JPEG, or as a PNG where '
        'it has an alpha channel',
        'description': bounds,
        'requestBody': _files(_preview_form()),
        'responses': {'200': _made('the picture', ('JPEG', 'PNG'), {})} | _refusals(_COMPLETING),
      }
    },
    '/api/v1/model': {
      'get': _reading("IOPaint's: the model that inpaint takes", _json({'type': 'object'}))
    },
    '/api/v1/server-config': {
      'get': _reading("IOPaint's: what there is of an IOPaint server", _json({'type': 'object'}))
    },
    '/api/v1/inpaint': {
      'post': {
        'summary': "IOPaint's: fills the hole of a picture by the first model; a PNG comes back",
        'description': f"{bounds} IOPaint's other fields are taken, and change nothing.",
        'requestBody': {'required': True, 'content': _json(_inpaint())},
        'responses': {
          '200': _picture(('PNG',), {'X-Seed': ({'type': 'integer'}, 'sd_seed, as it came')})
        }
        | _refusals(_COMPLETING),
      }
    },
  }


def _reading(summary: str, content: dict[str, Any]) -> dict[str, Any]:
  return {'summary': summary, 'responses': {'200': {'description': summary, 'content': content}}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
  return {'application/json': {'schema': schema}}


def _files(schema: dict[str, Any]) -> dict[str, Any]:
  return {'required': True, 'content': {'multipart/form-data': {'schema': schema}}}


def _fields(options: Mapping[str, options_lib.Option]) -> dict[str, Any]:
  return {
    name: dict(option.schema) | {'description': option.meaning} for name, option in options.items()
  }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
  return {
    'type': 'object',
    'properties': properties,
    'required': [*required],
    'additionalProperties': False,
  }


def _mask_form() -> dict[str, Any]:
  mask = _BINARY | {'description': f'a mask file: {", ".join(uploads.FORMATS)}'}
  return _object({'mask': mask} | _fields(options_lib.OF_MASKS), 'mask')


def _preview_form() -> dict[str, Any]:
  return _object({'image': _image()}, 'image')


def _image() -> dict[str, Any]:
  return _BINARY | {'description': f'a picture file: {", ".join(uploads.FORMATS)}'}


def _form(models: Sequence[str]) -> dict[str, Any]:
  files = {
    'image': _image(),
    'mask': _BINARY
    | {
      'description': 'another of the same size, once both are upright: white is the hole. Left '
      'out, the hole is where the picture is transparent'
    },
  }
  return _object(files | _fields(options_lib.table(models)), 'image')


def _inpaint() -> dict[str, Any]:
  text = {'type': 'string', 'description': 'base64 or a data URL'}
  return {
    'type': 'object',
    'properties': {'image': text, 'mask': text, 'sd_seed': {'type': 'integer', 'default': 42}},
    'required': ['image', 'mask'],
  }


def _picture(kinds: Iterable[str], more: dict[str, Any]) -> dict[str, Any]:
  model = {'type': 'string'}, "the model's name, percent-encoded"
  return _made('the completed picture', kinds, {'X-Model': model, **more})


def _made(what: str, kinds: Iterable[str], more: dict[str, Any]) -> dict[str, Any]:
  headers = {
    'X-Time-Ms': ({'type': 'integer'}, 'how long it was worked on, in milliseconds'),
    'X-Warnings': ({'type': 'string'}, 'a JSON list of sentences about the picture'),
    **more,
  }
  return {
    'description': what,
    'headers': {
      name: {'schema': schema, 'description': meaning}
      for name, (schema, meaning) in headers.items()
    },
    'content': {f'image/{kind.lower()}': {} for kind in kinds},
  }


def _refusals(codes: Iterable[int]) -> dict[str, Any]:
  error = _json({'$ref': '#/components/schemas/Error'})
  return {str(code): {'description': _REASONS[code], 'content': error} for code in codes}


def _error() -> dict[str, Any]:
  return {
    'type': 'object',
    'properties': {
      'error': {'type': 'string', 'description': 'one sentence'},
      'choices': {
        'type': 'object',
        'description': 'fields that would answer what is open, where there are any, and the values '
        'of each with which the request may be sent again',
        'additionalProperties': {'type': 'array', 'items': {'type': 'string'}},
      },
    },
    'required': ['error'],
  }


def _health() -> dict[str, Any]:
  return {
    'type': 'object',
    'properties': {
      'status': {'type': 'string', 'enum': ['loading', 'ready', 'failed']},
      'error': {'type': ['string', 'null']},
      'version': {'type': 'string'},
    },
    'required': ['status', 'error', 'version'],
  }


def _models(models: Sequence[str]) -> dict[str, Any]:
  model = {
    'type': 'object',
    'properties': {
      'name': {'type': 'string', 'enum': [*models]},
      'status': {'type': 'string', 'enum': ['loading', 'ready', 'failed']},
      'kind': {'type': 'string', 'enum': ['network', 'baseline']},
      'method': {'type': ['string', 'null']},
      'image_size': {'type': ['integer', 'null']},
      'detail': {'type': ['number', 'null'], 'description': 'its default'},
      'scale': {'type': ['string', 'null'], 'description': 'its default'},
    },
    'required': ['name', 'status', 'kind', 'method', 'image_size', 'detail', 'scale'],
  }
  limits = {
    'type': 'object',
    'properties': {
      'bytes': {'type': 'integer'},
      'pixels': {'type': 'integer'},
      'seconds': {'type': 'number'},
    },
    'required': ['bytes', 'pixels', 'seconds'],
  }
  properties = {
    'default': {'type': 'string'},
    'models': {'type': 'array', 'items': model},
    'limits': limits,
    'formats': {'type': 'array', 'items': {'type': 'string'}},
  }
  return {'type': 'object', 'properties': properties, 'required': [*properties]}
