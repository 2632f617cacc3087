"""What the server says of itself is true; the examples of docs/page.md do what they say.

That each answer of the other tests is among those that are described, `web_server` checks.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax.web import app as app_lib
from glcic_jax.web import limits as limits_lib
from glcic_jax.web import openapi
from glcic_jax.web import options
from glcic_jax.web import worker as worker_lib
from tests import hostile
from tests import web_server
from tests.test_web import encoded
from tests.test_web import MASK

PAGE = (pathlib.Path(__file__).parent.parent / 'docs/page.md').read_text()


@pytest.fixture(scope='module')
def served():
  with web_server.serving('telea', 'harmonic') as server:
    yield server


def test_it_is_openapi():
  validator = pytest.importorskip('openapi_spec_validator')
  validator.validate(openapi.document(['demo'], limits_lib.Limits(), protected=True))


def test_every_path_and_method_is_described_and_no_other():
  limits = limits_lib.Limits()
  app = app_lib.make(worker_lib.Worker(['telea'], limits), limits)
  routes = {
    (route.path, method.lower())
    for route in app.routes
    for method in route.methods - {'HEAD'}
    if not route.path.startswith('/static/')  # of the page
  }
  paths = openapi.document(['telea'], limits, protected=False)['paths']
  assert routes == {(path, method) for path, methods in paths.items() for method in methods}


def test_every_field_is_taken_at_its_default_and_as_each_choice(served):
  body = served.paths['/v1/complete']['post']['requestBody']['content']['multipart/form-data']
  fields = body['schema']['properties']
  assert set(fields) == {'image', 'mask'} | set(options.table(['telea']))
  plain = served.complete(image=encoded(), mask=MASK).data
  defaults = {name: field['default'] for name, field in fields.items() if 'default' in field}
  given = {name: str(value).lower() for name, value in defaults.items()}
  assert served.complete(image=encoded(), mask=MASK, **given).data == plain
  mask = encoded(Image.merge('LA', [Image.fromarray(hostile.mask())] * 2))  # of both channels
  for name in set(fields) - set(options.OF_NETWORKS):
    for choice in fields[name].get('enum', ()):
      assert served.complete(image=encoded(), mask=mask, **{name: choice}).status == 200


def test_the_token_is_described_where_it_is_asked_for():
  document = openapi.document(['demo'], limits_lib.Limits(), protected=True)
  secured = {
    path
    for path, methods in document['paths'].items()
    for operation in methods.values()
    if operation.get('security') and '401' in operation['responses']
  }
  assert secured == {path for path in document['paths'] if path.startswith(('/v1/', '/api/'))}


def example(language, served):
  """The page's only one in a language, sent to this server."""
  blocks = re.findall(r'^```(\w+)\n(.*?)^```', PAGE, re.DOTALL | re.MULTILINE)
  (code,) = [text for name, text in blocks if name == language and '/v1/complete' in text]
  return code.replace('8080', str(served.port))


@pytest.fixture
def folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  pathlib.Path('photo.jpg').write_bytes(encoded(kind='jpeg'))
  pathlib.Path('hole.png').write_bytes(MASK)
  return tmp_path


def check(path, kind):
  with Image.open(path) as image:
    assert (image.format, image.size) == (kind, (hostile.WIDTH, hostile.HEIGHT))


def test_the_example_for_the_shell(served, folder):
  if shutil.which('curl') is None:
    pytest.skip('curl is not installed here')
  subprocess.run(['bash', '-c', example('sh', served)], check=True, capture_output=True)
  check('completed.jpg', 'JPEG')


def test_the_example_in_python(served, folder):
  pytest.importorskip('requests')
  exec(compile(example('python', served), 'page.md', 'exec'), {})
  check('completed.png', 'PNG')
  with Image.open('completed.png') as result, Image.open('photo.jpg') as before:
    known = hostile.mask() < 128
    np.testing.assert_array_equal(np.asarray(result)[known], np.asarray(before)[known])


def test_the_example_in_javascript(served, folder):
  node = shutil.which('node')
  if node is None:
    pytest.skip('Node.js is not installed here')
  program = (
    'import fs from "node:fs";\n'
    'const [image, mask] = ["photo.jpg", "hole.png"].map((n) => new Blob([fs.readFileSync(n)]));\n'
    f'{example("js", served)}\n'
    'fs.writeFileSync("completed.jpg", Buffer.from(await completed.arrayBuffer()));\n'
  )
  pathlib.Path('example.mjs').write_text(program)
  subprocess.run([node, 'example.mjs'], check=True, capture_output=True)
  check('completed.jpg', 'JPEG')


def test_the_module_that_listens_needs_no_jax():
  """Nor does anything that it imports: JAX is for the process that completes."""
  program = (
    'import sys\n'
    'import glcic_jax.cli.serve, glcic_jax.web.server, glcic_jax.web.worker\n'
    'found = {"jax", "flax", "cv2", "scipy"} & set(sys.modules)\n'
    'assert not found, found\n'
  )
  done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
  assert done.returncode == 0, done.stderr
