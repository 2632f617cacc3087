"""report.html: tables, box plots by bin and kind, and each model's best, median and worst."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import groups as groups_lib
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import score_table
from glcic_jax.pages import box_plots
from glcic_jax.pages import elements
from glcic_jax.pages import frame

_PLOTTED = ('hole_psnr', 'hole_ssim', 'hole_l1', 'seam')
_SMALL = 128  # pixels: the longer side of pictures that the page enlarges
_HOLE = 255  # level of the hole in the damaged picture

# A picture's entry -> its truth, and label -> how it was completed.
Pictures = Callable[[manifest_lib.Entry], tuple[np.ndarray, Mapping[str, np.ndarray]]]


def render(found: Mapping[str, Any], rows: Sequence[evaluate.Row], pictures: Pictures) -> bytes:
  """The HTML file.

  Args:
    found: what scores.json holds.
    rows: of `evaluate.run`.
    pictures: completes a picture again; called for those that are shown.
  """
  facts = found['manifest']
  side = f'cut to their middle square of {facts["size"]} px' if facts['size'] else 'as they are'
  words = (
    f'Pictures {side}; holes: {facts["masks"]}, seed {facts["seed"]}. Manifest '
    f'{facts["sha256"][:16]}. Scores are of 8-bit pictures: completed is what a user gets; '
    "raw, which leads, is the network's own output, not blended with its surroundings."
  )
  failed = ''.join(f'<li>{elements.text(failure["error"])}</li>' for failure in found['failed'])
  if failed:
    count = len(found['failed'])
    failed = f'<p><b>{count} pictures could not be used:</b></p><ul>{failed}</ul>'
  body = [
    f'<h1>{facts["pictures"]} pictures, {len(found["models"])} models</h1>',
    f'<p class="quiet">{elements.text(words)}</p>',
    failed,
    '<h2>Scores</h2>',
    score_table.scores(found),
    score_table.definitions(found),
    '<h2>By share and kind of hole</h2>',
    *_plots(found, rows),
    '<h2>Best, median and worst</h2>',
    '<p class="quiet">By PSNR in the hole, of each model. Click a picture for its full size.</p>',
    *_cases(rows, pictures),
  ]
  return frame.page('Evaluation', body, zoom=True)


def _plots(found: Mapping[str, Any], rows: Sequence[evaluate.Row]) -> list[str]:
  """For each score, a panel for all pictures, for each bin and for each kind."""
  completed = [row for row in rows if row.output == entrants_lib.COMPLETED]
  groups = list(dict.fromkeys(record['group'] for record in found['means']))
  _, bins, kinds = (set(names) for names in zip(*(groups_lib.of(row.entry) for row in completed)))
  for alike in (bins, kinds):
    if len(alike) == 1:  # the same as all
      groups = [group for group in groups if group not in alike]
  parts: list[str] = []
  for name in _PLOTTED:
    panels = {group: values for group in groups if (values := _values(completed, group, name))}
    if not panels:
      continue
    scale = box_plots.scale_of(
      [numbers for values in panels.values() for numbers in values.values()]
    )
    drawn = [
      box_plots.panel(_panel_title(group, values), values, scale)
      for group, values in panels.items()
    ]
    title = f'{score_table.head(found, name)}, {found["definitions"][name]["better"]} is better'
    content = f'<div class="charts">{"".join(drawn)}</div>'
    parts.append(elements.details(title, content, shown=name == _PLOTTED[0]))
  return parts


def _values(rows: Sequence[evaluate.Row], group: str, name: str) -> dict[str, np.ndarray]:
  """Label -> the finite scores of a group's pictures."""
  values: dict[str, list[float]] = {}
  for row in rows:
    if group in groups_lib.of(row.entry) and np.isfinite(row.scores[name]):
      values.setdefault(row.label, []).append(row.scores[name])
  return {label: np.asarray(numbers) for label, numbers in values.items()}


def _panel_title(group: str, values: Mapping[str, np.ndarray]) -> str:
  what = f'{group} of the picture' if group in groups_lib.RATIOS else group
  what = 'all pictures' if group == groups_lib.ALL else what
  return f'{what}, n = {max(map(len, values.values()))}'


def _cases(rows: Sequence[evaluate.Row], pictures: Pictures) -> list[str]:
  """The pictures that are the best, median or worst of any model, all models beside each other."""
  chosen: dict[str, list[str]] = {}
  scored: dict[str, dict[str, float]] = {}
  entries = {}
  for row in rows:
    if row.output == entrants_lib.COMPLETED:
      scored.setdefault(row.label, {})[row.entry.name] = row.scores[score_table.RANKED_BY]
      entries[row.entry.name] = row.entry
  for what, place in (('best', -1), ('median', len(entries) // 2), ('worst', 0)):
    for label, by_name in scored.items():
      ranked = sorted(by_name, key=lambda name: (by_name[name], name))
      chosen.setdefault(ranked[place], []).append(f'{what} of {label}')
  return [
    _case(entries[name], why, {label: by_name[name] for label, by_name in scored.items()}, pictures)
    for name, why in chosen.items()
  ]


def _case(
  entry: manifest_lib.Entry, why: Sequence[str], psnr: Mapping[str, float], pictures: Pictures
) -> str:
  truth, completed = pictures(entry)
  damaged = np.where(entry.hole[..., None], np.uint8(_HOLE), truth)
  shown = [_figure(damaged, 'with hole'), _figure(truth, 'truth')]
  shown += [
    _figure(picture, label, f'{psnr[label]:.2f} dB') for label, picture in completed.items()
  ]
  words = (
    f'{"; ".join(why)}. {entry.kind} hole, {100 * entry.ratio:.3g} % of the picture'
    f'{", at its border" if entry.border else ""}.'
  )
  return (
    f'<section class="case"><h3>{elements.text(entry.name)}</h3>'
    f'<p class="quiet">{elements.text(words)}</p>'
    f'<div class="pictures">{"".join(shown)}</div></section>'
  )


def _figure(picture: np.ndarray, label: str, note: str = '') -> str:
  small = max(picture.shape) <= _SMALL  # enlarged in the page: JPEG's blocks would show
  image = elements.image(elements.data_uri(picture, lossless=small), label)
  caption = elements.text(label)
  if note:
    caption = elements.Html(f'{caption} <small>{elements.text(note)}</small>')
  return elements.figure(image, caption, zoomable=True)
