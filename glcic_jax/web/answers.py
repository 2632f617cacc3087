"""A picture's way through the server: from a request's parts to what is made of it."""

import asyncio
from collections.abc import Awaitable, Mapping
import json
from typing import Any, TypeVar
import urllib.parse

from starlette import requests
from starlette import responses

from glcic_jax.inference import in_memory
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import process as process_lib
from glcic_jax.web import refusals
from glcic_jax.web import uploads
from glcic_jax.web import worker as worker_lib

T = TypeVar('T')


async def check(task: in_memory.Task, limits: limits_lib.Limits) -> None:
  """Refuses a task by the heads of its pictures.

  Raises:
    refusals.Refusal: saying which of them cannot be used.
  """
  width, height = await check_picture(task.image, in_memory.PICTURE, limits)
  if task.options.get('large') == 'whole' and width * height > limits.whole_pixels:
    raise refusals.Refusal(
      413,
      f'The picture is {width}x{height}, and {limits.whole_pixels / 1e6:g} megapixels are the '
      'most for large=whole; leave it out.',
    )
  if task.mask is not None:
    await check_picture(task.mask, in_memory.MASK, limits)


async def check_picture(data: bytes, name: str, limits: limits_lib.Limits) -> tuple[int, int]:
  """As `uploads.check`, while others are answered."""
  return await asyncio.to_thread(uploads.check, data, name, limits)


async def done(
  request: requests.Request,
  worker: worker_lib.Worker,
  model: str | None,
  task: process_lib.Task,
  headers: Mapping[str, str],
) -> responses.Response:
  """What a task gives, such as the completed picture, with what there is to say in headers.

  Raises:
    refusals.Refusal: if there is no result.
  """
  made = await _while_connected(request, worker.do(model, task))
  said: dict[str, str] = {
    **({} if model is None else {'X-Model': urllib.parse.quote(model)}),
    'X-Time-Ms': str(round(1000 * made.seconds)),
    'X-Warnings': json.dumps(made.result.notes),  # ASCII, without line ends
  }
  return responses.Response(
    made.result.data, media_type=made.result.mime, headers=said | dict(headers)
  )


async def _while_connected(request: requests.Request, work: Awaitable[T]) -> T:
  """The work's result; where the client leaves before, the work is cancelled."""
  working: asyncio.Future[Any] = asyncio.ensure_future(work)
  leaving: asyncio.Future[Any] = asyncio.ensure_future(_left(request))
  try:
    await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
      working.cancel()
      await asyncio.wait([working])
      raise requests.ClientDisconnect
    return working.result()
  finally:
    leaving.cancel()


async def _left(request: requests.Request) -> None:
  """Ends when the client has closed its connection; the whole body must have been read."""
  while (await request.receive())['type'] != 'http.disconnect':
    pass
