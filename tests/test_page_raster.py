"""The page's own rasteriser, operations and PNG files, against NumPy and Pillow."""

import numpy as np
import pytest

from tests import browser
from tests import web_server
from tests.browser import chromium  # noqa: F401 (fixtures)

pytestmark = browser.needs_chromium
HEIGHT, WIDTH = 37, 45


@pytest.fixture(scope='module')
def run(chromium):
  """Runs the body of an async JavaScript function with an argument."""
  with web_server.serving('telea') as server, browser.visiting(chromium, server.port) as visit:
    visit.go()
    yield lambda script, argument=None: visit.page.evaluate(
      "async (argument) => { const raster = await import('/static/raster.js');"
      "const { apply } = await import('/static/operations.js');"
      "const png = await import('/static/png.js');"
      f' {script} }}',
      argument,
    )


def drawn(run, operations, shape=(HEIGHT, WIDTH)):
  """What the page makes of a list of operations."""
  rows = run(
    'const bitmap = raster.bitmap(...argument.size);'
    'for (const operation of argument.operations) apply(bitmap, operation);'
    'return [...bitmap.data]',
    {'size': [shape[1], shape[0]], 'operations': operations},
  )
  return np.array(rows, bool).reshape(shape)


def centres(shape=(HEIGHT, WIDTH)):
  """Of all pixels, in half pixels: x and y, whole numbers."""
  y, x = np.indices(shape)
  return 2 * x + 1, 2 * y + 1


def near_segment(p, q, diameter):
  """Pixels at most half a diameter from a segment, in whole numbers alone."""
  x, y = centres()
  vx, vy = q[0] - p[0], q[1] - p[1]
  wx, wy = x - p[0], y - p[1]
  length, along, across = vx**2 + vy**2, wx * vx + wy * vy, wy * vx - wx * vy
  ends = np.minimum(wx**2 + wy**2, (x - q[0]) ** 2 + (y - q[1]) ** 2) <= diameter**2
  between = (along >= 0) & (along <= length) & (across**2 <= diameter**2 * length)
  return ends | (between if length else False)


def stroke(points, size, value=1):
  return {'kind': 'stroke', 'points': points, 'size': size, 'value': value}


def test_strokes_of_all_sizes_and_directions_are_exactly_the_pixels_near_them(run):
  rng = np.random.default_rng(0)
  for size in (1, 2, 3, 4, 7, 10, 25, 60):
    for _ in range(6):
      ends = rng.integers(-15, 60, (2, 2)) * 2 + size % 2
      found = drawn(run, [stroke(ends.tolist(), size)])
      np.testing.assert_array_equal(found, near_segment(*ends.tolist(), size))


@pytest.mark.parametrize('size', [1, 2, 5, 20, 33])
def test_a_dab_is_as_wide_as_its_size_says(run, size):
  middle = 40 + size % 2
  dab = drawn(run, [stroke([[middle, middle]], size)])
  assert dab.any(axis=0).sum() == dab.any(axis=1).sum() == size
  np.testing.assert_array_equal(dab[:37, :37], dab[:37, :37].T)


def winding(points, shape=(HEIGHT, WIDTH)):
  """How often a polygon goes around each pixel's centre; edges belong to what is right of them."""
  x, y = centres(shape)
  total = np.zeros(shape, int)
  for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
    for sign, (ux, uy), (lx, ly) in ((1, (ax, ay), (bx, by)), (-1, (bx, by), (ax, ay))):
      if uy < ly:
        right = (x - ux) * (ly - uy) >= (y - uy) * (lx - ux)
        total += sign * ((uy < y) & (y < ly) & right)
  return total


def test_a_lasso_is_every_pixel_that_it_goes_around(run):
  rng = np.random.default_rng(1)
  for corners in (3, 4, 6, 15):
    for _ in range(4):
      points = (2 * rng.integers(-6, 50, (corners, 2))).tolist()
      found = drawn(run, [{'kind': 'lasso', 'points': points, 'value': 1}])
      np.testing.assert_array_equal(found, winding(points) != 0)


def test_rectangles_erasing_inverting_clearing(run):
  expected = np.zeros((HEIGHT, WIDTH), bool)
  expected[5:31, :12] = True
  box = {'kind': 'rectangle', 'box': [-9, 5, 11, 30], 'value': 1}
  np.testing.assert_array_equal(drawn(run, [box]), expected)
  hole = {'kind': 'rectangle', 'box': [2, 10, 5, 500], 'value': 0}
  expected[10:, 2:6] = False
  np.testing.assert_array_equal(drawn(run, [box, hole]), expected)
  np.testing.assert_array_equal(drawn(run, [box, hole, {'kind': 'invert'}]), ~expected)
  assert not drawn(run, [box, {'kind': 'clear'}]).any()


@pytest.mark.parametrize('pixels', [1, 3, 50])
def test_growing_is_what_the_command_does_by_dilate(run, pixels):
  from glcic_jax.pictures import masks

  dots = [stroke([[x, y]], 3) for x, y in ((1, 1), (41, 31), (89, 71))]
  expected = drawn(run, dots)
  if pixels < 50:
    expected = masks.grown(expected, pixels, 'this')
  else:
    expected[:] = True
  np.testing.assert_array_equal(drawn(run, [*dots, {'kind': 'grow', 'pixels': pixels}]), expected)


@pytest.mark.parametrize('width', [1, 7, 8, 65])
def test_masks_are_written_as_pngs_that_everybody_reads_and_read_as_the_server_writes_them(
  run, width
):
  rng = np.random.default_rng(width)
  # The second is smooth, so that Pillow chooses other filters.
  for mask in (rng.random((9, width)) < 0.5, np.add.outer(np.arange(40), np.arange(width)) % 9 < 4):
    data = run(
      'const [width, height, ones] = argument;'
      'const file = await png.write({ width, height, data: Uint8Array.from(ones) });'
      'return [...new Uint8Array(await file.arrayBuffer())]',
      [width, len(mask), mask.ravel().astype(int).tolist()],
    )
    np.testing.assert_array_equal(browser.decoded(bytes(data)), mask)
    read = run(
      'const { width, height, data } = await png.read(Uint8Array.from(argument).buffer);'
      'return [width, height, ...data]',
      list(browser.encoded(mask)),
    )
    assert read == [width, len(mask), *mask.ravel()]
