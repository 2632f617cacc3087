"""The phases of a run as bands: in charts, in a legend, and in a bar of the whole run."""

from collections.abc import Mapping

# Once on a page that shows bands: the pattern that they refer to.
HATCH = (
  '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs><pattern '
  'id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
  'patternTransform="rotate(45)"><rect width="2" height="6" fill="#cbd2da"/></pattern></defs></svg>'
)
# By phase: fill, and whether it is hatched.
_LOOKS = {
  'reconstruction': ('#ffffff', False),
  'discriminator': ('#ffffff', True),
  'joint': ('#e9edf2', False),
}


Bands = Mapping[str, range]  # phase -> its steps


def shade(name: str, place: str) -> str:
  """The look of a phase; `place` holds the attributes of a `<rect>` that say where."""
  color, hatched = _LOOKS[name]
  fills = [color, 'url(#hatch)'] if hatched else [color]
  return ''.join(f'<rect {place} fill="{fill}"/>' for fill in fills)


def legend(bands: Bands) -> str:
  """What each look means, and which steps it has."""
  place = 'width="26" height="14"'
  items = ''.join(
    f'<li><svg viewBox="0 0 26 14">{shade(name, place)}</svg>'
    f'{name}: steps {steps.start:,} to {steps.stop - 1:,}</li>'
    for name, steps in bands.items()
  )
  return f'<ul class="legend">{items}</ul>'


def progress(bands: Bands, step: int, total: int) -> str:
  """The whole run as a bar, and how far it is."""
  width = 1000
  parts = []
  for name, steps in bands.items():
    left, right = (end / total * width for end in (steps.start, steps.stop))
    place = f'x="{left:.1f}" y="0" width="{right - left:.1f}" height="18" stroke="#6b7280"'
    parts.append(shade(name, place))
  done = min(step / total, 1) * width
  parts.append(f'<rect x="0" y="7" width="{done:.1f}" height="4" fill="#111827"/>')
  return (
    f'<svg class="progress" viewBox="-1 -1 {width + 2} 20" role="img" preserveAspectRatio="none" '
    f'style="height:18px" aria-label="step {step} of {total}">{"".join(parts)}</svg>'
  )
