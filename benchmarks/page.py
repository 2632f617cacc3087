"""The page, as somebody feels it: from the press on Complete to the picture on the screen.

    python benchmarks/page.py [--image PHOTO] [--model demo] [--times 4]

Without `--image`: scikit-image's astronaut, enlarged to 2 megapixels. A stroke of about 200 by 135
px is painted with the mouse in Chromium (`pip install playwright`), and the server is `glcic-jax
serve` with its model loaded. Printed, in seconds: opening the photograph, and for each time the
whole wait and what of it the server took.
"""

from collections.abc import Sequence
import io
import json
import shutil
import subprocess
import sys
import time
from typing import Any
import urllib.request

from absl import app
from absl import flags
from PIL import Image
from playwright import sync_api

_IMAGE = flags.DEFINE_string('image', '', 'A photograph.')
_MODEL = flags.DEFINE_string('model', 'demo', 'What completes.')
_TIMES = flags.DEFINE_integer('times', 4, 'How often.')

_QUIET = ('--no-sandbox', '--disable-gpu', '--disable-background-networking')


def main(arguments: Sequence[str]) -> None:
  """Prints one row a time."""
  del arguments
  command = [sys.executable, '-m', 'glcic_jax', 'serve', '--model', _MODEL.value, '--port', '0']
  with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    try:
      _until_ready(url)
      with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
          executable_path=shutil.which('chromium'), args=[*_QUIET]
        )
        _visit(browser.new_page(viewport={'width': 1280, 'height': 800}), url)
        browser.close()
    finally:
      server.terminate()


def _visit(page: Any, url: str) -> None:
  page.goto(url)
  start = time.perf_counter()
  page.set_input_files('#file', _photo())
  page.wait_for_selector('body[data-phase=painting]')
  print(f'opened  {time.perf_counter() - start:.2f}')
  for row in range(_TIMES.value):
    x, y = 300 + 60 * row, 250
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=5)
    page.mouse.up()
    start = time.perf_counter()
    page.click('#complete')
    page.wait_for_selector('body[data-phase=result] .handle')
    waited = time.perf_counter() - start
    print(f'time {row + 1}  {waited:.2f}  server {page.inner_text(".chip").split()[-2]}')
    page.keyboard.press('Escape')
    page.keyboard.press('Delete')


def _photo() -> Any:
  if _IMAGE.value:
    return _IMAGE.value
  import skimage.data

  buffer = io.BytesIO()
  Image.fromarray(skimage.data.astronaut()).resize((1414, 1414)).save(buffer, 'JPEG', quality=95)
  return {'name': 'astronaut.jpg', 'mimeType': 'image/jpeg', 'buffer': buffer.getvalue()}


def _until_ready(url: str) -> None:
  while True:
    with urllib.request.urlopen(f'{url}healthz') as answer:
      if json.load(answer)['status'] != 'loading':
        return
    time.sleep(0.1)


if __name__ == '__main__':
  app.run(main)
