"""Chromium on the page, for tests: driven as by a person, and what it must not do is noticed.

The server is real; what the page sends it is written down.
"""

import contextlib
import io
import shutil

import numpy as np
from PIL import Image
import pytest

from glcic_jax.inference import in_memory
from glcic_jax.model_directory import model_files
from glcic_jax.web import process
from tests import web_server
from tests.test_completer import DESCRIPTION
from tests.test_completer import random_variables

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
_QUIET = (  # it asks nobody anything by itself
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
)

needs_chromium = pytest.mark.skipif(
  CHROMIUM is None, reason='chromium is not installed: apt-get install chromium'
)


@pytest.fixture(scope='module')
def chromium():
  """A browser."""
  playwright = pytest.importorskip('playwright.sync_api', reason="pip install '.[test]'")
  with playwright.sync_playwright() as started:
    browser = started.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
    yield browser
    browser.close()


class Served:
  """A server with a tiny network and with Telea's method, and what it was asked to complete."""

  def __init__(self, model, served):
    self.model, self.port, self.worker, self.tasks = str(model), served.port, served.worker, []

  @property
  def mask(self):
    """The hole of the newest task, as the server sees it: `[H, W]` bool."""
    with Image.open(io.BytesIO(self.tasks[-1].mask)) as mask:
      return np.asarray(mask.convert('L')) >= 128


@pytest.fixture(scope='module')
def served(tmp_path_factory):
  """See `Served`."""
  model = tmp_path_factory.mktemp('models') / 'model'
  model_files.write(model, random_variables(), DESCRIPTION)
  with web_server.serving(model, 'telea') as server, pytest.MonkeyPatch.context() as patch:
    made = Served(model, server)

    def completed(completer, task):
      made.tasks.append(task)
      return in_memory.completed(completer, task)

    patch.setattr(process, 'in_memory', _With(in_memory, completed=completed))
    yield made


class _With:
  """A module with another function in one place."""

  def __init__(self, module, **others):
    self.__dict__.update(vars(module) | others)


class Visit:
  """Somebody at the page."""

  def __init__(self, page, port):
    self.page, self.port, self.complaints = page, port, []
    page.on('console', lambda message: self._said(message.type, message.text, message.location))
    page.on('pageerror', lambda error: self.complaints.append(str(error)))
    page.on('request', lambda request: self._asked(request.url))
    page.on('dialog', lambda dialog: dialog.accept())  # to leave what is not saved
    page.on('filechooser', lambda chooser: None)  # from the start, or the first may be missed

  def _said(self, kind, text, place):
    refusal = 'status of 4' in text  # the page shows it: see `notice`
    if kind in ('error', 'warning') and not refusal:
      self.complaints.append(f'{text} {place["url"]}')

  def _asked(self, url):
    if url != 'about:blank' and not url.removeprefix('blob:').startswith(
      f'http://127.0.0.1:{self.port}/'
    ):
      self.complaints.append(f'asked for {url}')

  def go(self, after=''):
    """To the page, until it knows the models."""
    self.page.goto(f'http://127.0.0.1:{self.port}/{after}')
    self.page.wait_for_selector('#model option', state='attached')
    return self

  def open(self, image, name='photo.png', **how):
    """Opens a picture: an array, or a file's bytes."""
    file = image if isinstance(image, bytes) else encoded(image, name.split('.')[-1], **how)
    self.page.set_input_files('#file', {'name': name, 'mimeType': _mime(name), 'buffer': file})
    self.page.wait_for_function(
      'name => document.querySelector("#file-name").textContent === name', arg=name
    )
    return file

  def open_mask(self, data, name):
    """Opens a mask: a file's bytes."""
    self.page.set_input_files('#mask-file', {'name': name, 'mimeType': _mime(name), 'buffer': data})

  def run(self, script, argument=None):
    """What an async JavaScript function body gives, with the page's parts at hand."""
    return self.page.evaluate(
      f"async (argument) => {{ const {{ editor }} = await import('/static/app.js'); {script} }}",
      argument,
    )

  def screen(self, x, y):
    """Where a place of the picture is on the screen, in CSS pixels."""
    x, y = self.run('return editor.view.toScreen(...argument)', [x, y])
    box = self.page.locator('#stage').bounding_box()
    return box['x'] + x, box['y'] + y

  def stroke(self, *places, keys=()):
    """With the mouse, from place to place of the picture."""
    points = [self.screen(*place) for place in places]
    for key in keys:
      self.page.keyboard.down(key)
    self.page.mouse.move(*points[0])
    self.page.mouse.down()
    for point in points[1:]:
      self.page.mouse.move(*point)
    self.page.mouse.up()
    for key in keys:
      self.page.keyboard.up(key)

  def size(self, pixels):
    """Chooses a brush size."""
    self.run('editor.painter.size = argument', pixels)

  def mask(self):
    """What is painted: `[H, W]` bool."""
    width, height, ones = self.run(
      'const { width, height, data } = editor.mask.bitmap;'
      'const ones = []; data.forEach((one, at) => one && ones.push(at));'
      'return [width, height, ones]'
    )
    mask = np.zeros(width * height, bool)
    mask[ones] = True
    return mask.reshape(height, width)

  def phase(self, name):
    """Waits for a phase of the page."""
    self.page.wait_for_selector(f'body[data-phase={name}]')

  def complete(self):
    """Presses the button, and waits for the result."""
    self.page.click('#complete')
    self.phase('result')

  def saved(self, button):
    """The name and the bytes of what a button downloads."""
    with self.page.expect_download() as download:
      self.page.click(button) if isinstance(button, str) else button()
    with open(download.value.path(), 'rb') as file:
      return download.value.suggested_filename, file.read()

  def notice(self):
    """The sentence in the box over the picture."""
    self.page.wait_for_selector('#notice:not([hidden])')
    return self.page.inner_text('#notice-text')


@contextlib.contextmanager
def visiting(chromium, port, **how):
  """A visit; it fails where the console complains, a policy is broken or another host is asked."""
  usual = {'viewport': {'width': 1180, 'height': 600}, 'reduced_motion': 'reduce'}
  context = chromium.new_context(**usual | how)
  context.set_default_timeout(20_000)
  visit = Visit(context.new_page(), port)
  yield visit
  context.close()
  assert visit.complaints == []


def encoded(image, kind='png', **how):
  """A picture file's bytes."""
  buffer = io.BytesIO()
  Image.fromarray(image).save(buffer, {'jpg': 'JPEG'}.get(kind, kind.upper()), **how)
  return buffer.getvalue()


def decoded(data):
  """A picture file's pixels, as they are stored."""
  with Image.open(io.BytesIO(data)) as image:
    return np.asarray(image)


def _mime(name):
  suffix = name.split('.')[-1]
  return f'image/{ {"jpg": "jpeg"}.get(suffix, suffix) }'
