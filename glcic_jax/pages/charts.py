"""Line charts as inline SVG; no colour stands without a dash and a label that say the same.

    chart('Accuracy', [Line('on real', [[(25, 0.6), (50, 0.7)]])], last=50, bands=[...])

Readable in grey, on paper, and on a phone: there the text is as large as the page's.
"""

from collections.abc import Sequence
import dataclasses
import math

from glcic_jax.pages import elements
from glcic_jax.pages import phase_bands
from glcic_jax.pages import style
from glcic_jax.pages import ticks

Point = tuple[float, float]  # step, value

WIDTH, HEIGHT = 420, 236  # units of the drawing, about pixels
_LEFT, _TOP, _BOTTOM = 58, 16, 34
_MOST_POINTS = 240
_LOOKS = (  # colour, dash, marker
  ('#1d4ed8', '', 'circle'),
  ('#b45309', '7 3', 'square'),
  ('#111827', '2 3', 'triangle'),
  ('#be185d', '9 3 2 3', 'diamond'),
)


@dataclasses.dataclass(frozen=True)
class Line:
  """One curve: pieces with gaps between them; `marked` puts many markers on it."""

  label: str
  pieces: Sequence[Sequence[Point]]
  marked: bool = False


def chart(
  title: str,
  lines: Sequence[Line],
  *,
  last: float,
  bands: phase_bands.Bands | None = None,
  bounds: tuple[float, float] | None = None,
  reference: float | None = None,
) -> str:
  """One chart; its y axis is logarithmic where values span more than a factor of 30.

  Args:
    title: for those who cannot see it.
    lines: at most four, with one point at least together.
    last: the right end of the x axis, which starts at 0.
    bands: phases, shaded.
    bounds: of the y axis, which is linear then; None: what the values need.
    reference: a value to mark by a thin line.

  Returns:
    an `<svg>` element.
  """
  drawn = [
    Line(line.label, [thinned(piece) for piece in line.pieces if piece], line.marked)
    for line in lines
    if any(line.pieces)
  ]
  values = [y for line in drawn for piece in line.pieces for _, y in piece]
  logarithmic = bounds is None and min(values) > 0 and max(values) / min(values) > 30
  ends = [line.pieces[-1][-1][1] for line in drawn]
  labels = [f'{line.label} {number(end)}'.strip() for line, end in zip(drawn, ends)]
  low, high = bounds or _range([*values, *([] if reference is None else [reference])], logarithmic)
  axes = _Axes(last, low, high, logarithmic, WIDTH - 10 - style.LETTER * max(map(len, labels)))
  parts = [*_bands(axes, bands or {}), *_y_axis(axes), *_x_axis(axes)]
  if reference is not None:
    y = axes.y(reference)
    parts.append(
      f'<line x1="{_LEFT}" x2="{axes.right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#444" '
      'stroke-width=".8" stroke-dasharray="1 3"/>'
    )
  for line, look in zip(drawn, _LOOKS[: len(drawn)], strict=True):
    parts += _line(axes, line, look)
  for label, y, (color, _, _) in zip(labels, _spread([axes.y(end) for end in ends]), _LOOKS):
    parts.append(
      f'<text x="{axes.right + 7:.1f}" y="{y + 4:.1f}" fill="{color}">{elements.text(label)}</text>'
    )
  return (
    f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{elements.text(title)}" '
    f'class="chart">{"".join(parts)}</svg>'
  )


@dataclasses.dataclass(frozen=True)
class _Axes:
  """Where the values lie on the drawing."""

  last: float
  low: float
  high: float
  logarithmic: bool
  right: float  # end of the plot; labels follow

  def x(self, step: float) -> float:
    """Of a step."""
    return _LEFT + step / (self.last or 1) * (self.right - _LEFT)

  def y(self, value: float) -> float:
    """Of a value; the axis goes upwards."""
    low, high = self.low, self.high
    if self.logarithmic:
      low, high, value = math.log10(low), math.log10(high), math.log10(value)
    return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _BOTTOM - _TOP)


def thinned(points: Sequence[Point]) -> list[Point]:
  """At most some hundred points, each the mean of so many neighbours; the last stays as it is."""
  share = math.ceil(len(points) / _MOST_POINTS)
  if share <= 1:
    return list(points)
  groups = [points[start : start + share] for start in range(0, len(points) - 1, share)]
  means = [(group[-1][0], sum(y for _, y in group) / len(group)) for group in groups]
  return [point for point in means if point[0] < points[-1][0]] + [points[-1]]


def number(value: float) -> str:
  """Two or three digits: 0.123, 12.3, 1,230, 1.2e-5."""
  if value and not 1e-4 <= abs(value) < 1e6:
    return ticks.label(float(f'{value:.2g}'))
  return ticks.label(round(value) if abs(value) >= 100 else float(f'{value:.3g}'))


def _range(values: Sequence[float], logarithmic: bool) -> tuple[float, float]:
  low, high = min(values), max(values)
  if logarithmic:
    return low / 1.15, high * 1.15
  room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
  return (low - room if low < 0 or low > room else 0.0), high + room


def _bands(axes: _Axes, bands: phase_bands.Bands) -> list[str]:
  parts, height = [], HEIGHT - _TOP - _BOTTOM
  for name, steps in bands.items():
    if steps.start >= axes.last:
      continue
    left, right = axes.x(steps.start), axes.x(min(steps.stop, axes.last))
    place = f'x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" height="{height}"'
    parts.append(phase_bands.shade(name, place))
    if right - left > style.LETTER * len(name):
      parts.append(
        f'<text x="{(left + right) / 2:.1f}" y="{_TOP - 4}" class="quiet" text-anchor="middle">'
        f'{name}</text>'
      )
  return parts


def _y_axis(axes: _Axes) -> list[str]:
  linear = ticks.linear(axes.low, axes.high, 4)
  parts = []
  for value in ticks.logarithmic(axes.low, axes.high) if axes.logarithmic else linear:
    y = axes.y(value)
    parts.append(
      f'<line x1="{_LEFT}" x2="{axes.right:.1f}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
      f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{ticks.label(value)}</text>'
    )
  return parts


def _x_axis(axes: _Axes) -> list[str]:
  bottom = HEIGHT - _BOTTOM
  parts = [f'<line x1="{_LEFT}" x2="{axes.right:.1f}" y1="{bottom}" y2="{bottom}" class="axis"/>']
  steps = ticks.linear(0, axes.last, max(1, int((axes.right - _LEFT) / 62)))
  for step in [step for step in steps if step == int(step)]:
    x = axes.x(step)
    parts.append(
      f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}" class="axis"/>'
      f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_steps(step)}</text>'
    )
  middle = (_LEFT + axes.right) / 2
  parts.append(
    f'<text x="{middle:.1f}" y="{HEIGHT - 4}" class="quiet" text-anchor="middle">step</text>'
  )
  return parts


def _steps(step: float) -> str:
  return f'{step / 1000:g}k' if step >= 10_000 else f'{step:,.0f}'


def _line(axes: _Axes, line: Line, look: tuple[str, str, str]) -> list[str]:
  color, dash, marker = look
  parts = []
  for piece in line.pieces:
    points = [(axes.x(x), axes.y(y)) for x, y in piece]
    if len(points) > 1:
      path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in points)
      parts.append(
        f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.7" '
        f'stroke-dasharray="{dash}" stroke-linejoin="round"/>'
      )
    every = max(1, len(points) // (24 if line.marked else 5))
    parts += [_marker(marker, x, y, color) for x, y in points[::-1][::every][::-1]]
  return parts


def _marker(kind: str, x: float, y: float, color: str) -> str:
  if kind == 'circle':
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.8" fill="{color}"/>'
  if kind == 'square':
    return (
      f'<rect x="{x - 2.8:.1f}" y="{y - 2.8:.1f}" width="5.6" height="5.6" fill="#fff" '
      f'stroke="{color}" stroke-width="1.5"/>'
    )
  shape = 'l3.4 6h-6.8z' if kind == 'triangle' else 'l3.6 3.6l-3.6 3.6l-3.6-3.6z'
  return f'<path d="M{x:.1f} {y - 3.6:.1f}{shape}" fill="{color}"/>'


def _spread(heights: Sequence[float], gap: float = 14) -> list[float]:
  """The same, moved apart so that labels do not overlap, and kept inside the plot."""
  order = sorted(range(len(heights)), key=heights.__getitem__)
  result = list(heights)
  least, most = _TOP + 4.0, HEIGHT - _BOTTOM - 2.0
  for index in order:
    result[index] = max(result[index], least)
    least = result[index] + gap
  for index in reversed(order):
    result[index] = min(result[index], most)
    most = result[index] - gap
  return result
