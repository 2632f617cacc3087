"""Charts of known points, ticks of known axes, costs of known rows, cells of known sheets."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from glcic_jax.pages import charts
from glcic_jax.pages import raster
from glcic_jax.pages import ticks
from glcic_jax.pictures import sheets
from glcic_jax.reporting import curves
from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import samples_section
from glcic_jax.reporting import spent
from tests import made_workdir


def drawn(*lines, last=100, **options):
  """The chart as XML: an SVG is well-formed."""
  return ElementTree.fromstring(charts.chart('A <chart>', lines, last=last, **options))


def texts(svg):
  """All labels."""
  return [element.text for element in svg.iter('text')]


def test_points_lie_where_the_axes_say():
  svg = drawn(charts.Line('a', [[(0, 0.0), (50, 0.5), (100, 1.0)]]), bounds=(0, 1))
  points = [
    tuple(map(float, pair.split(','))) for pair in svg.find('polyline').get('points').split()
  ]
  (x0, y0), (x1, y1), (x2, y2) = points
  assert x1 - x0 == pytest.approx(x2 - x1, abs=0.11) and y0 - y1 == pytest.approx(y1 - y2, abs=0.11)
  places = {element.text: float(element.get('x')) for element in svg.iter('text')}
  assert places['100'] == pytest.approx(x2, abs=0.1)
  heights = {
    element.text: float(element.get('y')) - 4
    for element in svg.iter('text')
    if element.get('text-anchor') == 'end'
  }
  assert heights['0'] == pytest.approx(y0, abs=0.1) and heights['1'] == pytest.approx(y2, abs=0.1)


def test_values_over_decades_get_a_logarithmic_axis():
  svg = drawn(charts.Line('', [[(1, 1e-4), (50, 1e-2), (100, 1.0)]]))
  points = [float(pair.split(',')[1]) for pair in svg.find('polyline').get('points').split()]
  assert points[0] - points[1] == pytest.approx(points[1] - points[2], abs=0.11)
  assert {'0.0001', '0.01', '1'} <= set(texts(svg))


def test_an_axis_with_bounds_is_never_logarithmic():
  svg = drawn(charts.Line('', [[(1, 0.99), (50, 0.3), (100, 0.01)]]), bounds=(0, 1), reference=0.5)
  assert {'0', '0.5', '1'} <= set(texts(svg))


@pytest.mark.parametrize('value', [0.0, -3.0, 1e-9, 7.25e8])
def test_a_single_point_is_a_marker_inside_the_plot(value):
  svg = drawn(charts.Line('alone', [[(10, value)]]), last=10)
  assert svg.find('polyline') is None
  assert 0 < float(svg.find('circle').get('cy')) < charts.HEIGHT


def test_pieces_stay_apart_and_series_differ_without_colour():
  svg = drawn(
    charts.Line('a', [[(1, 1), (2, 2)], [(5, 2), (6, 1)]]), charts.Line('b', [[(1, 2), (6, 1)]])
  )
  lines = svg.findall('polyline')
  assert len(lines) == 3
  assert lines[0].get('stroke-dasharray') == '' != lines[2].get('stroke-dasharray')
  assert svg.find('circle') is not None and 'a 1' in texts(svg) and 'b 1' in texts(svg)


def test_labels_of_close_curves_do_not_overlap():
  lines = [
    charts.Line(name, [[(1, 0.5), (100, 0.5 + number / 1000)]]) for number, name in enumerate('abc')
  ]
  svg = drawn(*lines, bounds=(0, 1))
  heights = sorted(float(element.get('y')) for element in svg.iter('text') if element.get('fill'))
  assert min(np.diff(heights)) >= 13
  assert max(map(float, heights)) < charts.HEIGHT


def test_bands_are_clipped_at_the_last_step_and_only_wide_ones_are_named():
  bands = {'reconstruction': range(90), 'discriminator': range(90, 95), 'joint': range(95, 900)}
  svg = drawn(charts.Line('a', [[(1, 1), (100, 2)]]), bands=bands)
  rects = [rect for rect in svg.iter('rect') if float(rect.get('height')) > 50]
  ends = [float(rect.get('x')) + float(rect.get('width')) for rect in rects]
  assert max(ends) <= charts.WIDTH
  assert 'reconstruction' in texts(svg) and 'discriminator' not in texts(svg)
  assert any('hatch' in rect.get('fill') for rect in rects)


def test_many_points_become_means_and_the_last_one_stays():
  points = [(step, float(step % 2)) for step in range(1, 2002)]
  thin = charts.thinned(points)
  assert len(thin) <= 241 and thin[-1] == points[-1]
  assert all(0.3 < value < 0.7 for _, value in thin[:-1])
  assert [x for x, _ in thin] == sorted({x for x, _ in thin})
  assert charts.thinned(points[:100]) == points[:100]


@pytest.mark.parametrize(
  'low, high, expected',
  [
    (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (0, 2750, [0, 1000, 2000]),
    (14.7, 19.2, [15, 16, 17, 18, 19]),
    (9.3, 31, [10, 15, 20, 25, 30]),
    (-0.11, 0.12, [-0.1, -0.05, 0, 0.05, 0.1]),
    (5, 25, [5, 10, 15, 20, 25]),
    (0, 33.6, [0, 10, 20, 30]),
    (24, 26, [24, 24.5, 25, 25.5, 26]),
    (-3e-14, 3e-14, [-2e-14, 0, 2e-14]),
  ],
)
def test_ticks_are_round_numbers_inside_the_axis(low, high, expected):
  found = ticks.linear(low, high)
  assert found == expected
  assert not np.signbit([tick for tick in found if tick == 0]).any()


def test_ticks_over_decades_are_powers_of_ten():
  assert ticks.logarithmic(1e-4, 1) == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1])
  assert ticks.logarithmic(3, 60) == pytest.approx([5, 10, 20, 50])


@pytest.mark.parametrize(
  'tick, text',
  [
    (0, '0'),
    (0.25, '0.25'),
    (100.5, '100.5'),
    (20_000, '20,000'),
    (1e-5, '1e-5'),
    (2.5e7, '2.5e7'),
  ],
)
def test_ticks_are_written_whole(tick, text):
  assert ticks.label(tick) == text


def test_the_bars_of_a_histogram_are_as_high_as_their_shares():
  drawn = raster.histogram(np.asarray([0.0] * 30 + [99.9] * 10), 'title', 'unit')
  assert drawn.shape == (raster.HEIGHT, raster.WIDTH, 3)
  heights = (drawn == raster.BLUE).all(axis=-1).sum(axis=0)
  high, low = heights[heights > 0][[2, -2]]
  assert high / low == pytest.approx(3, abs=0.1) and len(set(heights)) == 3


def test_holes_that_are_all_inside_are_at_the_end_of_an_axis_that_ends_at_100(monkeypatch):
  written = []
  monkeypatch.setattr(raster, '_write', lambda draw, place, text, anchor: written.append(text))
  raster.histogram(np.full(9, 100.0), 'title', 'unit')
  assert written[-7:] == ['95', '96', '97', '98', '99', '100', 'unit']


def test_a_chart_draws_every_line_that_it_labels():
  names = [label for _, label in curves.HEALTH[0].columns]
  lines = [charts.Line(name, [[(0, 0.1), (100, 0.2 * i)]]) for i, name in enumerate(names, 1)]
  svg = drawn(*lines, bounds=(0, 1))
  assert len({line.get('stroke-dasharray') for line in svg.iter('polyline')}) == len(names) == 4
  assert {f'{name} {0.2 * i:.1f}' for i, name in enumerate(names, 1)} <= set(texts(svg))
  assert max(float(line.get('x2')) for line in svg.iter('line')) > 0.75 * charts.WIDTH


def test_a_map_is_darkest_where_the_share_is_largest():
  often = np.zeros((4, 4))
  often[0, 3] = 0.5
  drawn = raster.heat_map(often, 'title')
  frame = np.argwhere((drawn == (40, 40, 40)).all(axis=-1) & (np.arange(raster.WIDTH) < 225))
  blue = np.argwhere((drawn[:, :220] == raster.BLUE).all(axis=-1))
  assert len(frame) and blue[:, 0].max() < 80 and blue[:, 1].min() > 170


@pytest.mark.parametrize(
  'value, text',
  [
    (0, '0'),
    (0.12345, '0.123'),
    (12.345, '12.3'),
    (1234.5, '1,234'),
    (1.234e-5, '1.2e-5'),
    (2.5e7, '2.5e7'),
  ],
)
def test_numbers_are_short(value, text):
  assert charts.number(value) == text


@pytest.fixture
def unfinished(tmp_path):
  """A run in its joint phase, 10 steps before its end, at 0.1 s a step."""
  return run_lib.read(made_workdir.make(tmp_path / 'run', until=50, rate=80.0))


def test_a_training_curve_breaks_where_a_phase_lacks_it_and_validation_does_not(unfinished):
  loss = curves.points(unfinished, 'reconstruction_loss')
  assert [[step for step, _ in piece] for piece in loss] == [[10, 20], [50]]
  psnr = curves.points(unfinished, 'validation_hole_psnr')
  assert psnr == [[(20, 17.0), (40, 19.0)]]


def test_the_cost_is_that_of_the_rows(unfinished):
  costs = spent.by_phase(unfinished)
  assert {name: (c.steps, c.planned, c.images) for name, c in costs.items()} == {
    'reconstruction': (20, 20, 160),
    'discriminator': (20, 20, 160),
    'joint': (10, 20, 80),
  }
  for phase in costs.values():
    assert phase.seconds == pytest.approx(
      0.1 * phase.steps
    ) and phase.seconds_per_step == pytest.approx(0.1)
  assert spent.remaining_seconds(costs, None) == pytest.approx(1.0)


def test_what_is_left_is_unknown_before_a_phase_without_flops_and_scaled_with_them(tmp_path):
  costs = spent.by_phase(run_lib.read(made_workdir.make(tmp_path / 'run', until=10)))
  assert spent.remaining_seconds(costs, None) is None
  flops = {'reconstruction': 1e9, 'discriminator': 2e9, 'joint': 4e9}
  left = spent.remaining_seconds(costs, spent.Prediction(flops, {}, ''))
  assert left == pytest.approx(0.1 * (10 + 20 * 2 + 20 * 4))


@pytest.mark.parametrize(
  'seconds, text',
  [
    (0, '0 s'),
    (59.4, '59 s'),
    (61, '1 min 01 s'),
    (3599.6, '1 h 00 min'),
    (5 * 3600 + 180, '5 h 03 min'),
  ],
)
def test_durations(seconds, text):
  assert spent.duration(seconds) == text


def test_sheets_are_cut_as_they_were_laid_out():
  rng = np.random.default_rng(0)
  columns = {name: rng.integers(0, 256, (3, 128, 128, 3), dtype=np.uint8) for name in 'abcd'}
  cells = sheets.sheet_cells(sheets.contact_sheet(columns), 4)
  for row in range(3):
    for column, name in enumerate('abcd'):
      np.testing.assert_array_equal(cells[row][column], columns[name][row])


@pytest.mark.parametrize(
  'height, width, columns', [(301, 552, 4), (164, 552, 3), (28, 552, 4), (10, 10, 4)]
)
def test_what_is_no_such_sheet_is_refused(height, width, columns):
  with pytest.raises(ValueError, match=re.escape(f'{width}x{height}')):
    sheets.sheet_cells(np.zeros((height, width, 3), np.uint8), columns)


@pytest.mark.parametrize(
  'count, places', [(0, []), (3, [0, 1, 2]), (7, list(range(7))), (20, [0, 3, 6, 10, 13, 16, 19])]
)
def test_the_first_and_the_last_sheet_are_always_chosen(count, places):
  samples = [(step, None) for step in range(count)]
  assert [step for step, _ in samples_section.chosen(samples, 7)] == places
