"""Painting on the page: each tool and each way to hold it, and what is left on the mask."""

import io

import numpy as np
from PIL import Image
import pytest

from tests import browser
from tests import web_server
from tests.browser import chromium  # noqa: F401 (fixtures)

pytestmark = browser.needs_chromium

HEIGHT, WIDTH = 60, 80
GREY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


@pytest.fixture(scope='module')
def opened(chromium):
  """One visit for all tests."""
  with web_server.serving('telea') as server, browser.visiting(chromium, server.port) as visit:
    visit.go().open(GREY)
    yield visit


@pytest.fixture
def visit(opened):
  """It, with nothing painted and a brush of 5 px."""
  opened.page.keyboard.press('b')
  opened.run("editor.add({ kind: 'clear' }); editor.view.fit(); editor.moved()")
  opened.size(5)
  return opened


def box(left, top, right, bottom):
  """A mask of one rectangle; the last column and row are included."""
  mask = np.zeros((HEIGHT, WIDTH), bool)
  mask[top : bottom + 1, left : right + 1] = True
  return mask


def same(visit, expected):
  np.testing.assert_array_equal(visit.mask(), expected)


def test_the_rectangle_takes_both_corners_and_what_lies_beyond_the_border_is_left_out(visit):
  visit.page.click('[data-tool=rectangle]')
  visit.stroke((10.5, 20.5), (30.5, 40.5))
  same(visit, box(10, 20, 30, 40))
  visit.stroke((60.5, 50.5), (84, 63))
  same(visit, box(10, 20, 30, 40) | box(60, 50, 79, 59))


def test_a_stroke_that_begins_beyond_the_border_reaches_the_pixels_on_it(visit):
  visit.stroke((-3.5, 30.5), (-1.5, 30.5), (-1.5, 40.5))
  mask = visit.mask()
  assert mask[30:41, 0].all() and not mask[:, 1:].any()


@pytest.mark.parametrize('how', ['eraser', 'alt', 'right button'])
def test_erasing(visit, how):
  visit.page.keyboard.press('i')
  if how == 'eraser':
    visit.page.keyboard.press('e')
  if how == 'right button':
    visit.page.mouse.move(*visit.screen(20.5, 20.5))
    visit.page.mouse.down(button='right')
    visit.page.mouse.up(button='right')
  else:
    visit.stroke((20.5, 20.5), keys=['Alt'] if how == 'alt' else [])
  erased = ~visit.mask()
  assert erased.sum() == 21 and erased[18:23, 20].all() and erased[20, 18:23].all()


def test_shift_draws_a_straight_line_and_goes_on_from_the_last_one(visit):
  visit.size(1)
  visit.stroke((5.5, 10.5), (30.5, 55.5), (20.5, 10.5), keys=['Shift'])  # only its ends count
  same(visit, box(5, 10, 20, 10))
  visit.stroke((20.5, 30.5), keys=['Shift'])  # a click
  same(visit, box(5, 10, 20, 10) | box(20, 10, 20, 30))
  visit.page.keyboard.press('l')
  visit.stroke((40.5, 5.5), (60.5, 5.5))
  same(visit, box(5, 10, 20, 10) | box(20, 10, 20, 30) | box(40, 5, 60, 5))


def test_the_lasso_fills_what_it_goes_around(visit):
  visit.page.keyboard.press('f')
  visit.stroke((10, 10), (30, 10), (30, 40), (10, 40))
  same(visit, box(10, 10, 29, 39))
  visit.stroke((50, 50))  # a click is no lasso
  same(visit, box(10, 10, 29, 39))


def test_undo_and_redo_of_strokes_invert_grow_and_clear(visit):
  visit.page.keyboard.press('r')
  visit.stroke((10.5, 10.5), (20.5, 20.5))
  steps = [visit.mask()]
  for selector, value in (('#invert', None), ('#invert', None), ('#grow', 4), ('#clear', None)):
    visit.page.click('#mask-button')
    if value:
      visit.page.fill('#grow-by', str(value))
    visit.page.click(selector)
    steps.append(visit.mask())
  np.testing.assert_array_equal(steps[1], ~steps[0])
  np.testing.assert_array_equal(steps[3], box(6, 6, 24, 24))
  assert not steps[4].any()
  for step in reversed(steps[:-1]):
    visit.page.keyboard.press('Control+z')
    same(visit, step)
  for step in steps[1:]:
    visit.page.click('#redo')
    same(visit, step)


def test_space_and_a_drag_pan_the_wheel_zooms_and_nothing_is_painted(visit):
  x, y = visit.screen(40, 30)
  visit.page.mouse.move(x, y)
  visit.page.keyboard.down(' ')
  visit.page.mouse.down()
  visit.page.mouse.move(x + 50, y - 30)
  visit.page.mouse.up()
  visit.page.keyboard.up(' ')
  assert visit.screen(40, 30) == pytest.approx((x + 50, y - 30))
  scale = visit.run('return editor.view.scale')
  visit.page.mouse.move(x + 50, y - 30)
  visit.page.mouse.wheel(0, -100)
  visit.page.wait_for_function(
    'async (scale) => (await import("/static/app.js")).editor.view.scale > 1.2 * scale', arg=scale
  )
  assert visit.screen(40, 30) == pytest.approx((x + 50, y - 30))  # around the pointer
  assert not visit.mask().any()


def test_a_press_that_closes_the_menu_paints_nothing(visit):
  visit.page.click('#mask-button')
  visit.stroke((40, 5))
  assert not visit.page.is_visible('#mask-menu')
  assert not visit.mask().any()
  visit.page.click('#mask-button')
  visit.page.keyboard.press('Escape')
  visit.page.wait_for_selector('#mask-menu', state='hidden')


def test_brackets_and_slider_choose_sizes_from_1_to_300(visit):
  sizes = []
  for key, times in (('[', 60), (']', 80)):
    for _ in range(times):
      visit.page.keyboard.press(key)
    sizes.append(visit.page.inner_text('#size-value'))
  assert sizes == ['1 px', '300 px']
  visit.page.fill('#size', '0')
  assert visit.page.inner_text('#size-value') == '1 px'


def test_a_mask_is_downloaded_and_opened_again(visit):
  visit.stroke((20, 20), (50, 40))
  mask = visit.mask()
  visit.page.click('#mask-button')
  name, data = visit.saved('#mask-save')
  assert name == 'photo_mask.png'
  np.testing.assert_array_equal(browser.decoded(data), mask)
  visit.page.keyboard.press('Delete')
  for kind in ('png', 'jpg'):  # of the second, the browser's decoder is asked
    buffer = io.BytesIO()
    Image.fromarray(255 * mask.astype(np.uint8)).save(
      buffer, {'jpg': 'JPEG'}.get(kind, kind), **({'quality': 100} if kind == 'jpg' else {})
    )
    visit.open_mask(buffer.getvalue(), f'mask.{kind}')
    visit.page.wait_for_function(
      "name => document.querySelector('#live').textContent.startsWith(name)", arg=f'mask.{kind}'
    )
    same(visit, mask)
    visit.page.keyboard.press('Control+z')
    assert not visit.mask().any()


@pytest.mark.parametrize(
  'data, sentence',
  [
    (browser.encoded(np.eye(6, 5, dtype=bool)), 'is 5 × 6 and the picture is 80 × 60'),
    (browser.encoded(np.zeros((HEIGHT, WIDTH), np.uint8)), 'no white pixel'),
    (browser.encoded(np.zeros((HEIGHT, WIDTH), np.uint8))[:50], 'cannot be read'),
    (b'no picture', 'no picture that can be read'),
  ],
)  # fmt: skip
def test_a_mask_that_does_not_fit_is_refused(visit, data, sentence):
  visit.page.evaluate("document.querySelector('#notice-text').textContent = ''")
  visit.open_mask(data, 'mask.png')
  visit.page.wait_for_function(
    'to => document.querySelector("#notice-text").textContent.includes(to)', arg=sentence
  )
  visit.page.click('#notice-close')
  assert not visit.mask().any()


def test_a_mask_that_could_mean_two_things_is_asked_about(visit):
  rgba = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
  rgba[10:20, 10:40, 3] = 255
  rgba[10:20, 10:25, :3] = 255  # half of what is painted is white, half black
  visit.open_mask(browser.encoded(rgba), 'two.png')
  visit.page.wait_for_selector('#channel-dialog[open]')
  assert 'holds 2 colours' in visit.page.inner_text('#channel-text')
  visit.page.click('[value=luminance]')
  visit.page.wait_for_selector('#clear:not([disabled])', state='attached')
  same(visit, box(10, 10, 24, 19))
  visit.page.keyboard.press('Control+z')
  visit.open_mask(browser.encoded(rgba), 'two.png')
  visit.page.click('[value=alpha]')
  visit.page.wait_for_selector('#clear:not([disabled])', state='attached')
  same(visit, box(10, 10, 39, 19))
  visit.page.keyboard.press('Control+z')
  rgb = rgba[..., :3].copy()
  rgb[10:20, 10:40] = np.where(np.arange(30) < 15, 250, 20)[:, None] * [1, 0, 0] + [0, 20, 0]
  rgb[30:40, 10:40] = 20, 250, 20
  visit.open_mask(browser.encoded(rgb), 'colours.png')
  visit.page.wait_for_selector('#channel-dialog[open]')
  assert not visit.page.is_visible('[value=alpha]')
  visit.page.keyboard.press('Escape')
  assert not visit.mask().any()


@pytest.mark.parametrize('event', ['paste', 'drop'])
def test_a_picture_is_pasted_or_dropped_and_undo_brings_the_other_back(visit, event):
  data = list(browser.encoded(GREY[:20, :30]))
  visit.page.evaluate(
    """([event, data]) => {
      const files = new DataTransfer();
      files.items.add(new File([Uint8Array.from(data)], 'other.png', { type: 'image/png' }));
      const how = { bubbles: true, clipboardData: files, dataTransfer: files };
      dispatchEvent(event === 'drop' ? new DragEvent(event, how) : new ClipboardEvent(event, how));
    }""",
    [event, data],
  )
  visit.page.wait_for_function(
    "() => document.querySelector('#file-size').textContent === '30 × 20'"
  )
  visit.page.keyboard.press('Control+z')
  assert visit.page.inner_text('#file-name') == 'photo.png'


def test_everything_has_a_name_and_a_role_for_those_who_do_not_see_it(visit):
  visit.page.click('#panel summary >> nth=0')
  nameless = visit.page.evaluate("""() => [...document.querySelectorAll(
      'button, input, select, [role=slider], [role=application]')]
    .filter((one) => one.checkVisibility())
    .filter((one) => !(one.getAttribute('aria-label') || one.labels?.length
      || one.textContent.trim()))
    .map((one) => one.outerHTML)""")
  assert nameless == []
  assert visit.page.get_attribute('#live', 'aria-live') == 'polite'
  assert visit.page.get_attribute('#notice', 'role') == 'alert'
  visit.stroke((20, 20), (50, 40))
  assert visit.page.inner_text('#live').endswith('percent is painted.')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_words_stand_out_from_their_ground_in_light_and_dark(visit, scheme):
  visit.page.emulate_media(color_scheme=scheme)
  colours = visit.page.evaluate("""() => {
    const probe = document.createElement('i');
    document.body.append(probe);
    const pairs = [['ink', 'surface'], ['soft', 'surface'], ['on-accent', 'accent'],
      ['on-tint', 'tint'], ['on-warn', 'warn'], ['soft', 'stage'], ['ink', 'raised']];
    return pairs.map((pair) => pair.map((name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    }));
  }""")
  luminance = [[_luminance(color) for color in pair] for pair in colours]
  ratios = [(max(pair) + 0.05) / (min(pair) + 0.05) for pair in luminance]
  assert min(ratios) >= 4.5, ratios
  grounds = [luminance[0][1] > 0.5]
  assert grounds == [scheme == 'light']


def _luminance(color):
  """Of an sRGB colour, as WCAG defines it."""
  linear = [
    level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
    for level in (value / 255 for value in color)
  ]
  return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
