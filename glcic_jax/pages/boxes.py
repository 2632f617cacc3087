"""Box plots as inline SVG: one row for each name, readable without colours."""

from collections.abc import Mapping
from collections.abc import Sequence
import html

import numpy as np

_WIDTH, _ROW = 360, 22  # pixels: of a panel, and the height of a row
_LABEL, _LETTER = 120, 6.6  # pixels: for the names, and of a letter at 12 px
_MARGIN, _AXIS = 12, 30  # pixels: right of the plot, and below it


def panel(title: str, values: Mapping[str, np.ndarray], scale: tuple[float, float]) -> str:
  """One plot: quartiles as a box, the median as its line, whiskers to the farthest within 1.5 box
  lengths.

  Args:
    title: above it.
    values: name -> finite numbers, at least one; what lies beyond the whiskers is drawn as points.
    scale: lowest and highest number of the axis.

  Returns:
    an `<svg>` element.
  """
  low, high = scale
  height = len(values) * _ROW
  left, right = _LABEL + 8, _WIDTH - _MARGIN

  def x(value: float) -> float:
    return round(left + (right - left) * (value - low) / (high - low), 1)

  parts = [
    f'<text class="title" x="0" y="14">{html.escape(title)}</text>',
    '<g transform="translate(0 24)">',
  ]
  for tick in ticks(low, high):
    parts.append(
      f'<line class="grid" x1="{x(tick)}" x2="{x(tick)}" y1="0" y2="{height}"/>'
      f'<text class="tick" x="{x(tick)}" y="{height + 16}">{tick:g}</text>'
    )
  for number, (name, numbers) in enumerate(values.items()):
    parts.append(
      f'<g transform="translate(0 {number * _ROW + _ROW // 2})">'
      f'<text class="name" x="{_LABEL}" y="4">{html.escape(_short(name))}</text>'
      f'{_box(np.sort(numbers), x)}</g>'
    )
  parts.append('</g>')
  total = height + 24 + _AXIS
  return (
    f'<svg class="boxes" viewBox="0 0 {_WIDTH} {total}" width="{_WIDTH}" height="{total}" '
    'role="img" '
    f'aria-label="{html.escape(title)}">{"".join(parts)}</svg>'
  )


def _box(numbers: np.ndarray, x) -> str:
  first, median, third = np.quantile(numbers, (0.25, 0.5, 0.75))
  reach = 1.5 * (third - first)
  within = numbers[(numbers >= first - reach) & (numbers <= third + reach)]
  beyond = numbers[(numbers < first - reach) | (numbers > third + reach)]
  start, end = x(within[0]), x(within[-1])
  points = ''.join(f'<circle class="point" cx="{x(number)}" cy="0" r="1.8"/>' for number in beyond)
  return (
    f'<line class="whisker" x1="{start}" x2="{end}" y1="0" y2="0"/>'
    f'<line class="whisker" x1="{start}" x2="{start}" y1="-4" y2="4"/>'
    f'<line class="whisker" x1="{end}" x2="{end}" y1="-4" y2="4"/>'
    f'<rect class="box" x="{x(first)}" y="-7" width="{max(round(x(third) - x(first), 1), 0.5)}" '
    'height="14"/>'
    f'<line class="median" x1="{x(median)}" x2="{x(median)}" y1="-7" y2="7"/>{points}'
  )


def _short(name: str) -> str:
  """A name that fits in its column: its end tells more than its start."""
  most = int(_LABEL / _LETTER)
  return name if len(name) <= most else '\N{HORIZONTAL ELLIPSIS}' + name[1 - most :]


def scale_of(groups: Sequence[np.ndarray]) -> tuple[float, float]:
  """An axis on which all numbers lie, with a little room."""
  every = np.concatenate(groups)
  low, high = float(every.min()), float(every.max())
  room = 0.03 * (high - low) or 0.5
  return low - room, high + room


def ticks(low: float, high: float) -> list[float]:
  """Round numbers between two, about four of them."""
  rough = (high - low) / 4
  power = 10.0 ** np.floor(np.log10(rough))
  step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(step - rough))
  first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
  return [float(f'{number * step:.6g}') + 0.0 for number in np.arange(first, last + 1)]
