"""Box plots as inline SVG: one row for each name, readable without colours."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from glcic_jax.pages import elements
from glcic_jax.pages import style
from glcic_jax.pages import ticks

_WIDTH, _ROW = 360, 22  # pixels: of a panel, and the height of a row
_LABEL, _MARGIN = 120, 12  # pixels: for the names, and right of the plot
_TITLE, _AXIS = 24, 30  # pixels: above the rows, and below them


def panel(title: str, values: Mapping[str, np.ndarray], scale: tuple[float, float]) -> str:
  """One plot, an `<svg>`: quartiles as a box, the median as its line, and whiskers.

  Args:
    title: above it.
    values: name -> finite numbers, at least one. Whiskers reach to the farthest within 1.5 lengths
      of the box; what lies beyond is drawn as points.
    scale: lowest and highest number of the axis.
  """
  low, high = scale
  height = len(values) * _ROW
  left, right = _LABEL + 8, _WIDTH - _MARGIN

  def x(value: float) -> float:
    return round(left + (right - left) * (value - low) / (high - low), 1)

  parts = [
    f'<text class="title" x="0" y="14">{elements.text(title)}</text>',
    f'<g transform="translate(0 {_TITLE})">',
  ]
  for tick in ticks.linear(low, high):
    parts.append(
      f'<line class="grid" x1="{x(tick)}" x2="{x(tick)}" y1="0" y2="{height}"/><text class="quiet" '
      f'text-anchor="middle" x="{x(tick)}" y="{height + 16}">{ticks.label(tick)}</text>'
    )
  for number, (name, numbers) in enumerate(values.items()):
    parts.append(
      f'<g transform="translate(0 {number * _ROW + _ROW // 2})"><text text-anchor="end" '
      f'x="{_LABEL}" y="4">{elements.text(_short(name))}</text>{_box(np.sort(numbers), x)}</g>'
    )
  parts.append('</g>')
  return (
    f'<svg class="boxes" viewBox="0 0 {_WIDTH} {_TITLE + height + _AXIS}" role="img" '
    f'aria-label="{elements.text(title)}">{"".join(parts)}</svg>'
  )


def _box(numbers: np.ndarray, x: Callable[[float], float]) -> str:
  """Of sorted numbers, around y = 0."""
  first, median, third = np.quantile(numbers, (0.25, 0.5, 0.75))
  reach = 1.5 * (third - first)
  near = (numbers >= first - reach) & (numbers <= third + reach)
  start, end = x(numbers[near][0]), x(numbers[near][-1])
  points = ''.join(
    f'<circle class="point" cx="{x(number)}" cy="0" r="1.8"/>' for number in numbers[~near]
  )
  return (
    f'<line class="whisker" x1="{start}" x2="{end}" y1="0" y2="0"/><line class="whisker" '
    f'x1="{start}" x2="{start}" y1="-4" y2="4"/><line class="whisker" x1="{end}" x2="{end}" '
    f'y1="-4" y2="4"/><rect class="box" x="{x(first)}" y="-7" '
    f'width="{max(round(x(third) - x(first), 1), 0.5)}" height="14"/><line class="median" '
    f'x1="{x(median)}" x2="{x(median)}" y1="-7" y2="7"/>{points}'
  )


def _short(name: str) -> str:
  """A name that fits in its column: its end tells more than its start."""
  most = int(_LABEL / style.LETTER)
  return name if len(name) <= most else '\N{HORIZONTAL ELLIPSIS}' + name[1 - most :]


def scale_of(groups: Sequence[np.ndarray]) -> tuple[float, float]:
  """An axis on which all numbers lie, with a little room."""
  every = np.concatenate(groups)
  low, high = float(every.min()), float(every.max())
  room = 0.03 * (high - low) or 0.5
  return low - room, high + room
