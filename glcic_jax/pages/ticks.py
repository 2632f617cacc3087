"""Round numbers for an axis, and how they are written."""

import math


def linear(low: float, high: float, count: int = 5) -> list[float]:
  """At most `count` + 1 round numbers from `low` to `high`, which must be larger."""
  raw = (high - low) / count
  magnitude = 10.0 ** math.floor(math.log10(raw))
  step = next(
    factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw * 0.999
  )
  first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
  return [float(f'{index * step:.12g}') for index in range(first, last + 1)]


def logarithmic(low: float, high: float) -> list[float]:
  """Powers of ten between two positive numbers; with 2 and 5 between where there are few."""
  exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
  skip = math.ceil(len(exponents) / 6)
  wanted = [10.0**e for e in exponents if e % skip == 0]
  if len([value for value in wanted if low <= value <= high]) < 3:
    wanted = [factor * 10.0**e for e in exponents for factor in (1, 2, 5)]
  return [value for value in wanted if low * 0.999 <= value <= high * 1.001]


def label(value: float) -> str:
  """A tick's number, to six digits: 0.25, 100.5, 1,000, 1e-5."""
  return f'{value:,.6g}'.replace('e-0', 'e-').replace('e+0', 'e').replace('e+', 'e')
