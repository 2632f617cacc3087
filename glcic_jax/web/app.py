"""The HTTP API and the page, as one ASGI application."""

import asyncio
import io
import json
import pathlib
import time
import urllib.parse
import warnings

from starlette import applications
from starlette import requests
from starlette import responses
from starlette import routing

from glcic_jax import errors

STATIC = pathlib.Path(__file__).parent / 'static'


def make(models: list[str]) -> applications.Starlette:
  """First form."""
  loaded: dict = {}
  lock = asyncio.Lock()

  def load():
    from glcic_jax.inference import baselines
    from glcic_jax.inference import completer

    for name in models:
      if name in baselines.FILLS:
        loaded[name] = baselines.Baseline(name)
      else:
        loaded[name] = completer.Completer.from_pretrained(name)

  loading: list = []

  def begin():
    if not loading:
      loading.append(asyncio.create_task(asyncio.to_thread(load)))
    return loading[0]

  def work(name, image, mask, form):
    from PIL import Image
    import numpy as np

    from glcic_jax.inference import baselines
    from glcic_jax.pictures import image_files, masks

    opened = image_files.open_picture(image)
    kind = opened.format
    picture = image_files.load(opened)
    hole = masks.of_image(
      image_files.load(image_files.open_picture(mask, 'the mask')), picture.size, 'The mask'
    )
    hole = masks.grown(hole, int(form.get('dilate', 0)), 'the picture')
    options = {}
    if name not in baselines.FILLS:
      options = dict(
        blend=form.get('blend', 'poisson'),
        feather=float(form.get('feather', 0)),
        large=form.get('large', 'crop'),
        detail=0.0 if form.get('detail', 'off') == 'off' else float(form['detail']),
      )
    with warnings.catch_warnings(record=True) as said:
      (result,) = loaded[name]([picture], [hole], **options)
    wanted = form.get('format', 'keep')
    kind = {'keep': kind, 'png': 'PNG', 'jpg': 'JPEG', 'webp': 'WEBP'}[wanted]
    kind = 'JPEG' if kind == 'MPO' else kind
    buffer = io.BytesIO()
    how = {'JPEG': {'quality': 95}, 'WEBP': {'lossless': True}}.get(kind, {})
    result.save(buffer, kind, **how)
    return buffer.getvalue(), f'image/{kind.lower()}', [str(one.message) for one in said]

  async def complete(request: requests.Request) -> responses.Response:
    start = time.perf_counter()
    form = await request.form()
    fields = {k: v for k, v in form.items() if isinstance(v, str)}
    name = fields.get('model', models[0])
    image, mask = await form['image'].read(), await form['mask'].read()
    try:
      async with lock:
        await begin()
        data, kind, said = await asyncio.to_thread(work, name, image, mask, fields)
    except errors.InputError as error:
      return responses.JSONResponse({'error': str(error)}, 422)
    headers = {
      'X-Model': urllib.parse.quote(name),
      'X-Time-Ms': str(round(1000 * (time.perf_counter() - start))),
      'X-Warnings': json.dumps(said),
    }
    return responses.Response(data, media_type=kind, headers=headers)

  async def health(request):
    begin()
    return responses.JSONResponse(
      {'status': 'ready' if loading[0].done() else 'loading', 'error': None}
    )

  async def names(request):
    begin()
    return responses.JSONResponse(
      {
        'default': models[0],
        'models': [
          {
            'name': n,
            'kind': 'network' if n == 'demo' else 'baseline',
            'status': 'ready' if n in loaded else 'loading',
            'method': 'glcic' if n == 'demo' else None,
            'image_size': 256 if n == 'demo' else None,
            'detail': 0.0,
          }
          for n in models
        ],
        'limits': {'bytes': 25 * 2**20, 'pixels': 50_000_000, 'seconds': 120},
        'formats': ['jpeg', 'png', 'webp', 'bmp', 'tiff', 'gif'],
      }
    )

  csp = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
  )

  def static(path):
    async def send(request):
      headers = {'Content-Security-Policy': csp, 'Cache-Control': 'no-store'}
      return responses.FileResponse(path, headers=headers)

    return send

  routes = [
    routing.Route('/', static(STATIC / 'index.html')),
    routing.Route('/healthz', health),
    routing.Route('/v1/models', names),
    routing.Route('/v1/complete', complete, methods=['POST']),
  ]
  routes += [routing.Route(f'/static/{p.name}', static(p)) for p in STATIC.iterdir()]
  return applications.Starlette(routes=routes)
