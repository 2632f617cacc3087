"""report.html: one file, every entrant's numbers and pictures in it, and the axes of its plots."""

import html.parser
import re

import numpy as np
import pytest

from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import report
from glcic_jax.evaluation import scoring
from glcic_jax.pages import box_plots

COUNT = 5
LABELS = ('first', 'a<b&c')


def _entry(number):
  hole = np.zeros((20, 20), bool)
  hole[: number + 2, :10] = True
  return manifest_lib.Entry(
    f'{number}.png',
    '',
    20,
    20,
    'own' if number else 'rectangle',
    float(hole.mean()),
    True,
    manifest_lib.encode_runs(hole),
  )


def _rows():
  """Scores by picture: of the first model n, of the second 10 - n; raw ones are 0."""
  for label in LABELS:
    for output in ('completed', 'raw'):
      for number in range(COUNT):
        value = {'raw': 0.0}.get(output, float(number if label == 'first' else 10 - number))
        yield evaluate.Row(label, output, _entry(number), dict.fromkeys(scoring.SCORES, value))


def _found(rows, **changes):
  return {
    'manifest': {
      'sha256': 'f' * 64,
      'pictures': COUNT,
      'seed': 0,
      'size': None,
      'masks': 'mixture',
    },
    'models': dict.fromkeys(LABELS, {}),
    'reference': 'first',
    'intervals': 'bootstrap',
    'failed': [],
    'definitions': {name: score._asdict() for name, score in scoring.SCORES.items()},
    'features': {'FID': {'definition': 'a distance', 'status': 'weights not given', 'values': {}}},
    **evaluate.summarise(rows, 'first', seed=0),
  } | changes


def _pictures(entry):
  truth = np.full((20, 20, 3), 9, np.uint8)
  return truth, dict.fromkeys(LABELS, truth)


class _Parser(html.parser.HTMLParser):
  """What a browser would find."""

  def __init__(self, text):
    super().__init__()
    self.open, self.seen, self.addresses = [], [], []
    self.feed(text)

  def handle_starttag(self, tag, attributes):
    self.seen.append(tag)
    self.addresses += [value for name, value in attributes if name in ('src', 'href') and value]
    if tag not in ('meta', 'img'):
      self.open.append(tag)

  def handle_startendtag(self, tag, attributes):
    self.seen.append(tag)

  def handle_endtag(self, tag):
    assert self.open.pop() == tag


@pytest.fixture(scope='module')
def page():
  rows = list(_rows())
  return report.render(_found(rows), rows, _pictures).decode()


def test_the_page_is_whole_and_needs_no_other_file(page):
  parser = _Parser(page)
  assert parser.open == []
  assert parser.addresses and all(address.startswith('data:image/') for address in parser.addresses)
  assert 'url(' not in page and '@import' not in page and 'link' not in parser.seen
  assert 'a<b&c' not in page and 'a&lt;b&amp;c' in page


def test_the_table_has_means_and_says_what_is_not_there(page):
  cells = re.findall(r'<td class="n" data-label="PSNR hole"><span>(?:<b>)?([\d.]+)', page)
  assert cells == ['0.00', '2.00', '0.00', '8.00']  # raw ones lead
  bold = re.findall(r'<td class="n" data-label="PSNR hole"><span><b>([\d.]+)', page)
  assert bold == ['8.00']  # the higher of the two completed ones
  assert re.findall(r'<td class="n" data-label="L1 hole"><span><b>([\d.]+)', page) == [
    '2.0000'
  ]  # the lower
  assert page.count('FID: weights not given.') == page.count('weights not given') == 1
  assert re.findall(r'minus that of first"><span>(?:<b>)?([-+.\d]+)', page) == [
    '-2.00',
    '-2.00',
    '+6.00',
  ]


def test_the_pictures_are_the_best_median_and_worst_of_each(page):
  # 4.png is the best of the first and the worst of the second; 2.png is the median of both.
  assert re.findall(r'<h3>(.*?)</h3>', page) == ['4.png', '0.png', '2.png']
  assert (
    'best of first; worst of a&lt;b&amp;c.' in page
    and 'median of first; median of a&lt;b&amp;c.' in page
  )
  assert page.count('<figure>') == 3 * (2 + len(LABELS))


def test_there_is_a_panel_for_all_for_each_bin_and_for_each_kind(page):
  titles = re.findall(r'aria-label="([^"]*), n = (\d)"', page)
  first = titles[: len(titles) // 4]  # of four scores
  assert first == [
    ('all pictures', '5'),
    ('1-10 % of the picture', '2'),
    ('10-20 % of the picture', '3'),
    ('own', '4'),
    ('rectangle', '1'),
  ]


def test_failures_are_listed():
  rows = list(_rows())
  found = _found(rows, failed=[{'picture': 'x.png', 'error': 'x.png cannot be read.'}])
  assert '1 pictures could not be used' in report.render(found, rows, _pictures).decode()


def test_a_model_that_is_exact_everywhere_is_shown():
  rows = [
    evaluate.Row('first', 'completed', _entry(number), dict.fromkeys(scoring.SCORES, np.inf))
    for number in range(COUNT)
  ]
  text = report.render(_found(rows), rows, lambda entry: (_pictures(entry)[0], {})).decode()
  assert 'exact in 5' in text and '<svg' not in text


def test_a_box_lies_where_its_numbers_are():
  numbers = np.asarray([0, 1, 2, 3, 4, 100.0])
  drawn = box_plots.panel('title', {'name': numbers}, (0, 100))
  box = re.search(r'class="box" x="([\d.]+)" y="-7" width="([\d.]+)"', drawn)
  left, width = map(float, box.groups())
  axis = [float(x) for x in re.findall(r'class="grid" x1="([\d.]+)"', drawn)]
  scale = (axis[-1] - axis[0]) / 100
  np.testing.assert_allclose([left - axis[0], width], [1.25 * scale, 2.5 * scale], atol=0.11)
  assert drawn.count('class="point"') == 1  # 100 lies beyond the whiskers


def test_the_axis_holds_all_numbers_also_if_they_are_one():
  low, high = box_plots.scale_of([np.asarray([3.0]), np.asarray([3.0, 3.0])])
  assert low < 3 < high
