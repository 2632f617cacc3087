"""What a request holds, read within bounds of size and time, and in memory only."""

import asyncio
from collections.abc import AsyncGenerator
import json
import time
from typing import Any

from starlette import datastructures
from starlette import formparsers
from starlette import requests

from glcic_jax.web import limits as limits_lib
from glcic_jax.web import refusals

_MOST_FIELDS, _LONGEST_FIELD = 20, 4096
_MOST_VALUES = 10_000  # of a JSON: each takes many times its bytes, but base64 has no comma


class _InMemory(formparsers.MultiPartParser):
  """Starlette's, which writes no temporary file: what is larger never gets here."""

  spool_max_size = 2**31


async def form(
  request: requests.Request, limits: limits_lib.Limits
) -> tuple[dict[str, bytes], dict[str, str]]:
  """The files and the other fields of a `multipart/form-data`, by name.

  Raises:
    refusals.Refusal: if it is none, too large, too slow, or names something twice.
  """
  if not request.headers.get('content-type', '').lower().startswith('multipart/form-data'):
    raise refusals.Refusal(
      415, 'The request is no multipart/form-data; send the picture as its part image.'
    )
  pieces = _pieces(request, limits, limits.bytes)
  parser = _InMemory(
    request.headers, pieces, max_files=2, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD
  )
  try:
    parts = await parser.parse()
  except formparsers.MultiPartException as error:
    reason = error.message.rstrip('.').replace('. ', ': ')
    raise refusals.Refusal(400, f'The form cannot be read ({reason}).') from None
  files: dict[str, bytes] = {}
  fields: dict[str, str] = {}
  try:
    for name, value in parts.multi_items():
      if name in files or name in fields:
        raise refusals.Refusal(400, f'{name} is there twice; send it once.')
      if isinstance(value, datastructures.UploadFile):
        files[name] = await value.read()
      else:
        fields[name] = value
  finally:
    await parts.close()
  return files, fields


async def json_object(request: requests.Request, limits: limits_lib.Limits) -> dict[str, Any]:
  """The JSON object that a request holds.

  Raises:
    refusals.Refusal: if it holds none, is too large or too slow.
  """
  data = bytearray()
  async for piece in _pieces(request, limits, limits.bytes * 4 // 3 + 2**16):  # for base64
    data += piece
  if data.count(b',') + data.count(b'[') > _MOST_VALUES:
    raise refusals.Refusal(400, 'The request has too many values; send image and mask as base64.')
  try:
    content = await asyncio.to_thread(json.loads, bytes(data))
  except (ValueError, RecursionError):  # also of bytes that are no text, or nested without end
    raise refusals.Refusal(400, 'The request is no JSON.') from None
  if not isinstance(content, dict):
    raise refusals.Refusal(400, 'The request is no JSON object.')
  return content


async def _pieces(
  request: requests.Request, limits: limits_lib.Limits, most: int
) -> AsyncGenerator[bytes, None]:
  """The request's body as it arrives."""
  too_large = refusals.Refusal(
    413, f'The request is larger than {limits.bytes / 2**20:g} MiB; send a smaller picture.'
  )
  length = request.headers.get('content-length', '0')
  if not length.isdecimal() or len(length) > 15 or int(length) > most:
    raise too_large
  end, size = time.monotonic() + limits.upload_seconds, 0
  stream = request.stream()
  while True:
    patience = min(limits.silence_seconds, end - time.monotonic())
    try:
      piece = await asyncio.wait_for(anext(stream), max(patience, 0))
    except StopAsyncIteration:
      return
    except TimeoutError:
      raise refusals.Refusal(
        408, 'The request arrives too slowly; send it again.', {'Connection': 'close'}
      ) from None
    size += len(piece)
    if size > most:
      raise too_large
    yield piece
