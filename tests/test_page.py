"""The page, driven in a browser: what is painted, what the server gets, what comes back."""

import contextlib
import io
import shlex

import numpy as np
from PIL import Image
import pytest

from tests import browser
from tests import commands
from tests import web_server
from tests.browser import chromium  # noqa: F401 (fixtures)
from tests.browser import served  # noqa: F401 (fixtures)

pytestmark = browser.needs_chromium

NOISE = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
PHONE = dict(
  viewport={'width': 360, 'height': 740}, device_scale_factor=3, has_touch=True, is_mobile=True
)


@pytest.fixture(scope='module')
def visited(chromium, served):
  """One page for all tests that need no other screen."""
  with browser.visiting(chromium, served.port) as visit:
    yield visit


@pytest.fixture
def visit(visited):
  """It, loaded anew, with a picture of noise."""
  visited.go().open(NOISE)
  yield visited
  assert visited.complaints == []


def same_outside(result, image, mask):
  """Only the hole has changed, and it has."""
  assert result.shape == image.shape
  np.testing.assert_array_equal(result[~mask], image[~mask])
  assert (result[mask] != image[mask]).any(axis=-1).mean() > 0.9


def test_the_result_differs_from_the_picture_inside_the_mask_alone(visit, served):
  sent = visit.open(NOISE)
  visit.size(12)
  visit.stroke((30.5, 30.5), (60.5, 45.5))
  visit.complete()
  assert served.tasks[-1].image == sent  # not encoded anew
  mask = visit.mask()
  np.testing.assert_array_equal(served.mask, mask)
  assert 300 < mask.sum() < 600
  name, data = visit.saved('#download')
  assert name == 'photo_completed.png'
  same_outside(browser.decoded(data), NOISE, mask)
  assert visit.page.is_hidden('#file-note')


def test_one_stroke_is_one_mask_at_any_zoom_and_on_any_screen(visit, served):
  masks = []
  visit.page.select_option('#model', 'telea')
  visit.size(9)
  screen = visit.page.context.new_cdp_session(visit.page)
  for ratio in (2, 1):
    metrics = {'width': 1180, 'height': 600, 'deviceScaleFactor': ratio, 'mobile': False}
    screen.send('Emulation.setDeviceMetricsOverride', metrics)
    for zoom in (1, 2.5):
      visit.run('editor.view.fit(); editor.view.zoom(argument, 400, 300); editor.moved()', zoom)
      assert visit.page.evaluate('devicePixelRatio') == ratio
      visit.stroke((40.3, 40.6), (55.5, 42.5), (70.2, 60.7))
      visit.complete()
      masks.append(served.mask)
      visit.page.keyboard.press('Escape')
      visit.page.keyboard.press('Delete')
  assert masks[0].sum() > 300
  assert all((mask == masks[0]).all() for mask in masks)


def test_keep_and_go_on_then_undo_comes_back_to_the_first_picture(visit, served):
  visit.page.select_option('#model', 'telea')
  visit.size(20)
  visit.stroke((30, 30), (40, 30))
  first = visit.mask()
  visit.complete()
  _, result = visit.saved('#download')
  visit.page.click('#keep')
  visit.phase('painting')
  assert visit.page.inner_text('#file-name') == 'photo_completed.png'
  assert not visit.mask().any()
  visit.stroke((80, 60), (90, 60))
  visit.complete()
  assert served.tasks[-1].image == result
  visit.page.click('#keep')
  visit.phase('painting')
  name, data = visit.saved('#save')
  assert name == 'photo_completed_completed.png'
  same_outside(browser.decoded(data), browser.decoded(result), served.mask)
  for _ in range(3):
    visit.page.click('#undo')
  assert visit.page.inner_text('#file-name') == 'photo.png'
  np.testing.assert_array_equal(visit.mask(), first)


def test_two_models_fill_the_same_hole_and_either_can_be_kept(visit, served):
  visit.page.select_option('#second', 'telea')
  visit.size(16)
  visit.stroke((50, 40), (70, 40))
  visit.complete()
  assert visit.page.locator('.pane').count() == 2
  titles = [chip.get_attribute('title') for chip in visit.page.locator('.chip').all()]
  assert titles == [served.model, 'telea']
  one, other = served.tasks[-2:]
  assert (one.image, one.mask) == (other.image, other.mask)
  results = []
  for index in range(2):
    visit.page.locator('#chosen label').nth(index).click()
    results.append(browser.decoded(visit.saved('#download')[1]))
    same_outside(results[-1], NOISE, served.mask)
  assert (results[0] != results[1]).any()
  visit.page.click('#keep')
  visit.phase('painting')
  np.testing.assert_array_equal(browser.decoded(visit.saved('#save')[1]), results[1])


def test_everything_by_the_keyboard_alone(visit, served):
  press = visit.page.keyboard.press

  def tab_to(selector, key='Tab'):
    for _ in range(60):
      press(key)
      if visit.page.evaluate('(to) => document.activeElement.matches(to)', selector):
        return
    raise AssertionError(f'{selector} is not reached')

  visit.go()
  tab_to('#welcome-open')
  with visit.page.expect_file_chooser() as chooser:
    press('Enter')
  file = {'name': 'a.png', 'mimeType': 'image/png', 'buffer': browser.encoded(NOISE)}
  chooser.value.set_files(file)
  visit.phase('painting')
  tab_to('#stage', 'Shift+Tab')
  for _ in range(40):
    press('[')
  for _ in range(3):
    press(']')
  assert visit.page.inner_text('#size-value') == '4 px'
  press('ArrowLeft')
  press(' ')
  for key in ('ArrowDown', 'ArrowDown', 'Shift+ArrowRight', 'Alt+ArrowDown'):
    press(key)
  press(' ')
  assert visit.page.inner_text('#live') == '0.4 percent is painted.'
  mask = visit.mask()
  rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
  # From the middle, with a brush of 4 px: one step is one pixel, a larger one five.
  assert (rows[0], rows[-1], columns[0], columns[-1]) == (44, 50, 58, 66)
  press('Control+z')
  assert not visit.mask().any()
  press('Control+Shift+z')
  press('Control+Enter')
  visit.phase('result')
  np.testing.assert_array_equal(served.mask, mask)
  tab_to('.handle', 'Shift+Tab')
  press('End')
  assert visit.page.get_attribute('.handle', 'aria-valuenow') == '100'
  press('Home')
  assert visit.page.get_attribute('.handle', 'aria-valuetext') == '0 percent before'
  name, data = visit.saved(lambda: press('Control+s'))
  assert name == 'a_completed.png'
  same_outside(browser.decoded(data), NOISE, mask)
  tab_to('#keep')
  press('Enter')
  visit.phase('painting')


def touch(visit):
  """Sends fingers: `fingers('touchMove', (x, y), ...)`."""
  session = visit.page.context.new_cdp_session(visit.page)

  def fingers(kind, *places):
    points = [{'x': x, 'y': y, 'id': index} for index, (x, y) in enumerate(places)]
    session.send('Input.dispatchTouchEvent', {'type': kind, 'touchPoints': points})

  return fingers


def test_on_a_phone_a_finger_paints_two_zoom_and_nothing_is_cut_off(chromium, served):
  with browser.visiting(chromium, served.port, **PHONE) as visit:
    visit.go().open(NOISE, 'photo.jpg', quality=95)
    fingers = touch(visit)
    visit.size(10)
    places = [visit.screen(*place) for place in ((30, 30), (50, 40))]
    fingers('touchStart', places[0])
    fingers('touchMove', places[1])
    fingers('touchEnd')
    painted = visit.mask()
    assert painted[30, 30] and painted[40, 50]
    scale = visit.run('return editor.view.scale')
    fingers('touchStart', (150, 200))
    fingers('touchStart', (150, 200), (210, 200))
    fingers('touchMove', (120, 200), (240, 200))
    fingers('touchEnd')
    assert visit.run('return editor.view.scale') == pytest.approx(2 * scale, rel=0.02)
    np.testing.assert_array_equal(
      visit.mask(), painted
    )  # the first finger of a pinch leaves nothing
    for phase in ('painting', 'result'):
      visit.phase(phase)
      cut = visit.page.evaluate("""() => [...document.querySelectorAll('button, input, select')]
        .filter((one) => one.checkVisibility() && !one.closest('.switch, .segments'))
        .filter((one) => { const box = one.getBoundingClientRect();
          return box.left < 0 || box.right > 360 || box.bottom > 740
            || box.height < (one.matches('.chip') ? 24 : 40); })
        .map((one) => one.id || one.className)""")
      assert cut == []
      assert visit.page.evaluate('document.documentElement.scrollWidth') == 360
      if phase == 'painting':
        visit.page.tap('#options-toggle')
        visit.page.select_option('#model', 'telea')
        visit.page.tap('#panel-close')
        visit.page.tap('#complete')
    name, data = visit.saved('#download')
    assert name == 'photo_completed.jpg' and data[:3] == b'\xff\xd8\xff'


def test_instant_mode_keeps_a_result_as_soon_as_a_stroke_ends(visit, served):
  visit.page.select_option('#model', 'telea')
  visit.page.click('.switch')
  visit.stroke((30, 30), (40, 30))
  visit.page.wait_for_function(
    "() => document.querySelector('#file-name').textContent === 'photo_completed.png'"
  )
  visit.phase('painting')
  same_outside(browser.decoded(visit.saved('#save')[1]), NOISE, served.mask)
  visit.page.keyboard.press('Control+z')
  assert visit.page.inner_text('#file-name') == 'photo.png'
  np.testing.assert_array_equal(visit.mask(), served.mask)


def test_a_phone_photograph_is_upright_on_the_page_and_in_the_result(visit, served):
  exif = Image.Exif()
  exif[0x0112] = 6  # stored lying on its side: to be turned clockwise
  visit.open(NOISE, 'phone.jpg', exif=exif, quality=100)
  assert visit.page.inner_text('#file-size') == '90 × 120'
  visit.page.select_option('#format', 'png')
  visit.page.select_option('#model', 'telea')
  visit.size(10)
  visit.stroke((20.5, 90.5), (40.5, 90.5))
  visit.complete()
  assert served.mask.shape == (120, 90) and served.mask[90, 20:40].all()
  stored = browser.decoded(served.tasks[-1].image)
  same_outside(browser.decoded(visit.saved('#download')[1]), np.rot90(stored, -1), served.mask)


def test_24_megapixels_are_painted_at_their_own_resolution(visit, served):
  with io.BytesIO() as buffer:
    Image.new('RGB', (6000, 4000), 'teal').save(buffer, 'JPEG')
    visit.open(buffer.getvalue(), 'large.jpg')
  visit.size(1)
  visit.stroke((5999.5, 0.5))
  left, top, right, bottom = visit.run('return editor.extent.box')
  assert (left, top, right, bottom) == (5999, 0, 5999, 0)
  _, data = visit.saved(lambda: visit.page.evaluate("document.querySelector('#mask-save').click()"))
  with Image.open(io.BytesIO(data)) as mask:
    assert mask.size == (6000, 4000) and mask.getbbox() == (5999, 0, 6000, 1)


def test_the_commands_that_are_shown_do_the_same(visit, served, capsys, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  picture = visit.open(NOISE, "it's mine.png")
  visit.page.locator('#panel summary').first.click()
  visit.page.fill('#detail', '0.5')
  visit.page.select_option('#blend', 'none')
  visit.page.fill('#dilate', '2')
  visit.page.select_option('#format', 'webp')
  visit.page.select_option('#second', 'telea')
  visit.stroke((30, 30), (50, 50))
  visit.complete()
  mask_name, mask = visit.saved('#command-mask')
  (tmp_path / "it's mine.png").write_bytes(picture)
  (tmp_path / mask_name).write_bytes(mask)
  lines = visit.page.inner_text('#command').splitlines()
  for index, name in enumerate(("it's mine_completed.webp", "it's mine_completed_telea.webp")):
    visit.page.locator('#chosen label').nth(index).click()
    _, data = visit.saved('#download')
    program, *arguments = shlex.split(lines[index])
    assert program == 'glcic-jax'
    assert commands.run(capsys, *arguments)[0] == 0
    assert (tmp_path / name).read_bytes() == data


def test_a_refusal_is_shown_as_the_servers_sentence_and_the_mask_stays(visit):
  visit.stroke((30, 30), (50, 50))
  mask = visit.mask()
  visit.page.locator('#panel summary').first.click()
  visit.page.fill('#dilate', '200')
  visit.page.click('#complete')
  assert 'grown by 200 pixels, is the whole picture' in visit.notice()
  visit.phase('painting')
  np.testing.assert_array_equal(visit.mask(), mask)
  visit.page.click('#notice-close')
  assert not visit.page.is_visible('#notice')


def test_nothing_painted_all_painted_and_no_picture_are_said(visit):
  visit.page.keyboard.press('Control+Enter')
  assert 'Paint over' in visit.notice()
  visit.page.keyboard.press('i')
  visit.page.click('#complete')
  assert 'All of it is painted' in visit.notice()
  file = {'name': 'a.jpg', 'mimeType': 'image/jpeg', 'buffer': b'no picture'}
  visit.page.set_input_files('#file', file)
  visit.page.wait_for_function(
    "() => document.querySelector('#notice-text').textContent.startsWith('a.jpg')"
  )
  assert 'no picture that can be read here' in visit.notice()
  file = {'name': 'b.xcf', 'mimeType': 'image/x-xcf', 'buffer': b'of whatever content'}
  visit.page.set_input_files('#file', file)
  visit.page.wait_for_function(
    "() => document.querySelector('#notice-text').textContent.startsWith('b.xcf')"
  )
  assert 'save it as JPEG, PNG' in visit.notice()


def test_a_busy_server_is_waited_for_and_waiting_can_be_cancelled(visit, served):
  visit.page.select_option('#model', 'telea')
  visit.stroke((30, 30), (50, 50))
  visit.complete()  # quickly, so that the server does not ask to wait for long
  visit.page.keyboard.press('Escape')
  with contextlib.ExitStack() as queue:
    while served.worker.free_places:
      queue.enter_context(served.worker.place())
    for cancels in (True, False):
      visit.page.click('#complete')
      visit.page.wait_for_function(
        "() => document.querySelector('#working-text').textContent.startsWith('The server is busy')"
      )
      if cancels:
        visit.page.keyboard.press('Escape')
        visit.phase('painting')
  visit.phase('result')


def test_a_token_is_asked_for_and_kept_nowhere(chromium):
  with (
    web_server.serving('telea', token='a-secret') as server,
    browser.visiting(chromium, server.port) as visit,
  ):
    visit.page.goto(f'http://127.0.0.1:{server.port}/')
    visit.page.fill('#token', 'a-secret')
    visit.page.keyboard.press('Enter')
    visit.page.wait_for_selector('#model option', state='attached')
    assert (
      visit.page.evaluate('[...Object.keys(sessionStorage), ...Object.keys(localStorage)]') == []
    )
    visit.page.goto('about:blank')
    visit.go('#token=a-secret')
    assert visit.page.url == f'http://127.0.0.1:{server.port}/'
    visit.open(NOISE)
    visit.stroke((30, 30), (50, 50))
    visit.complete()


def test_before_and_after_are_seen_on_either_side_of_the_border(visit):
  image = np.full((60, 80, 3), 128, np.uint8)
  image[25:35, 35:45] = 255, 0, 0
  visit.open(image, 'red.png')
  visit.page.select_option('#model', 'telea')
  visit.page.keyboard.press('r')
  visit.stroke((33.5, 23.5), (46.5, 36.5))
  visit.complete()
  x, y = visit.screen(40, 30)

  def seen():
    clip = {'x': x - 1, 'y': y - 1, 'width': 3, 'height': 3}
    return tuple(browser.decoded(visit.page.screenshot(clip=clip))[1, 1, :3].tolist())

  assert seen() == (128, 128, 128)
  visit.page.keyboard.down('o')
  assert seen() == (255, 0, 0)
  visit.page.keyboard.up('o')
  box = visit.page.locator('.handle').bounding_box()
  visit.page.mouse.move(box['x'] + 22, box['y'] + 100)
  visit.page.mouse.down()
  visit.page.mouse.move(visit.screen(70, 0)[0], y)
  visit.page.mouse.up()
  assert visit.page.get_attribute('.handle', 'aria-valuenow') == '88'
  assert seen() == (255, 0, 0)
  visit.page.click('#back')
  assert seen() not in ((255, 0, 0), (128, 128, 128))  # the mask, over what is to go


def test_a_jpeg_is_completed_further_from_its_lossless_double_and_saved_once(visit, served):
  sent = visit.open(NOISE, 'photo.jpg', quality=60)
  visit.page.select_option('#model', 'telea')
  visit.size(12)
  visit.stroke((30, 30), (40, 30))
  visit.complete()
  # What a JPEG does is said beside the download, and covers nothing.
  assert visit.page.is_hidden('#notice')
  assert visit.page.inner_text('#file-note').startswith('JPEG stores the whole picture anew')
  _, first = visit.saved('#download')
  holes = visit.mask()
  visit.page.click('#keep')
  visit.phase('painting')
  assert visit.page.inner_text('#file-name') == 'photo_completed.jpg'
  assert visit.saved('#save')[1] == first
  visit.stroke((80, 60), (90, 60))
  holes |= visit.mask()
  visit.complete()
  double = browser.decoded(served.tasks[-1].image)
  known = browser.decoded(sent)
  np.testing.assert_array_equal(double[~holes], known[~holes])
  name, data = visit.saved('#download')
  assert name == 'photo_completed_completed.jpg'
  once = browser.encoded(known, 'jpg', quality=95)
  error, least = (np.square(browser.decoded(one)[~holes].astype(float) - known[~holes]).mean()
                  for one in (data, once))  # fmt: skip
  assert data[:3] == b'\xff\xd8\xff' and error < 1.1 * least


def test_what_the_browser_cannot_show_the_server_shows_and_its_format_is_kept(visit, served):
  sent = visit.open(NOISE, 'scan.tiff', compression='tiff_lzw')
  assert visit.page.inner_text('#file-size') == '120 × 90'
  visit.page.select_option('#model', 'telea')
  visit.size(12)
  visit.stroke((30, 30), (40, 30))
  visit.complete()
  assert served.tasks[-1].image == sent
  count = len(served.tasks)
  name, data = visit.saved('#download')
  assert name == 'scan_completed.tiff' and data[:4] == b'II*\0'
  same_outside(browser.decoded(data), NOISE, served.mask)
  visit.page.click('#keep')
  visit.phase('painting')
  assert visit.saved('#save') == (name, data)
  assert len(served.tasks) == count  # it was not completed anew for its format
  visit.stroke((80, 60), (90, 60))
  visit.complete()
  assert served.tasks[-1].image == data
  exif = Image.Exif()
  exif[0x0112] = 6
  visit.open(NOISE, 'side.webp', exif=exif, lossless=True)
  assert visit.page.inner_text('#file-size') == '90 × 120'
