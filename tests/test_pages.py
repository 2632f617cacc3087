"""The kit of every page: escaping, tables, pictures within the file, the frame; and its weight."""

import base64
import io
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax.pages import elements
from glcic_jax.pages import frame

HOSTILE = '<b>"&\''
ESCAPED = '&lt;b&gt;&quot;&amp;&#x27;'


def test_only_markup_is_not_escaped():
  assert elements.text(HOSTILE) == elements.text(elements.text(HOSTILE)) == ESCAPED
  assert elements.text(3) == '3'


@pytest.mark.parametrize(
  'made',
  [
    elements.table([HOSTILE], [[HOSTILE]]),
    elements.table(['', '', '', HOSTILE], [['', '', '', HOSTILE]]),
    elements.definitions([(HOSTILE, HOSTILE)]),
    elements.details(HOSTILE, ''),
    elements.figure('', HOSTILE, title=HOSTILE),
    elements.image('data:', HOSTILE),
    frame.page(HOSTILE, []).decode(),
  ],
)
def test_every_element_escapes(made):
  assert HOSTILE not in made and ESCAPED in made


def test_a_table_marks_numbers_and_what_a_card_needs():
  plain = elements.table(['name', 'n'], [['a', 1]], numbers=1)
  assert '<th>name</th><th class="n">n</th>' in plain
  assert '<tr><td><span>a</span></td><td class="n"><span>1</span></td></tr>' in plain
  wide = elements.table(['name', 'x', 'y', 'z'], [['a', 1, 2, '']], numbers=3)
  assert 'class="cards"' in wide
  assert '<td class="n" data-label="z"></td>' in wide
  with pytest.raises(ValueError):
    elements.table(['name', 'n'], [['a']])


@pytest.mark.parametrize('lossless, kind', [(True, 'PNG'), (False, 'JPEG')])
def test_a_picture_is_within_the_page_and_not_larger_than_a_screen(lossless, kind):
  picture = np.full((20, 2_048, 3), (200, 100, 50), np.uint8)
  uri = elements.data_uri(picture, lossless=lossless)
  head, data = uri.split(',')
  assert head == f'data:image/{kind.lower()};base64'
  read = Image.open(io.BytesIO(base64.b64decode(data)))
  assert (read.format, read.size) == (kind, (1_024, 10))
  np.testing.assert_allclose(np.asarray(read), picture[:10, :1_024], atol=0 if lossless else 2)
  assert uri == elements.data_uri(picture, lossless=lossless)


def test_a_page_has_a_script_only_if_it_zooms_and_bears_any_name():
  page = frame.page('a\udcff', ['<p>1</p>', '', '<p>2</p>'])
  assert b'<title>a?</title>' in page and b'<p>1</p>\n<p>2</p>\n</body>' in page
  assert b'<script' not in page and b'<script' in frame.page('a', [], zoom=True)
  assert b'http' not in page and b'url(' not in page and b'@import' not in page


@pytest.mark.parametrize('module', ['pages.charts', 'pages.box_plots', 'reporting.run_page'])
def test_pages_start_neither_jax_nor_tensorflow(module):
  program = (
    f'import sys, glcic_jax.{module}\n'
    'sys.exit([name for name in ("jax", "flax", "tensorflow", "glcic_jax.models")'
    ' if name in sys.modules] or None)'
  )
  root = pathlib.Path(__file__).parent.parent
  done = subprocess.run([sys.executable, '-c', program], cwd=root, capture_output=True, text=True)
  assert done.returncode == 0, done.stderr
