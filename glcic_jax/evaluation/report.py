"""report.html: the table, box plots by bin and kind, and the best, median and worst pictures of
each model.
"""

import base64
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import functools
import html
import io
from typing import Any

import numpy as np
from PIL import Image

from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.pages import boxes
from glcic_jax.pages import evaluation_frame

_RANKED_BY = 'hole_psnr'
_TABLE = ('hole_l1', 'hole_psnr', 'hole_ssim', 'seam', 'whole_psnr', 'whole_ssim', 'mmagic_l1')
_FURTHER = ('hole_relative_l1', 'hole_l2', 'whole_l1', 'whole_relative_l1', 'whole_l2')
_PLOTTED = ('hole_psnr', 'hole_ssim', 'hole_l1', 'seam')
_LARGEST = 1_024  # pixels: the longer side of a picture in the page
_HOLE = 255  # level of the hole in the damaged picture

# A picture's entry -> its truth, and label -> how it was completed.
Pictures = Callable[[manifest_lib.Entry], tuple[np.ndarray, Mapping[str, np.ndarray]]]


def render(found: Mapping[str, Any], rows: Sequence[evaluate.Row], pictures: Pictures) -> bytes:
  """Makes the page.

  Args:
    found: what scores.json holds.
    rows: of `evaluate.run`.
    pictures: completes a picture again; called for those that are shown.

  Returns:
    the HTML file.
  """
  facts = found['manifest']
  side = f'cut to their middle square of {facts["size"]} px' if facts['size'] else 'as they are'
  body = [
    f'<h1>{facts["pictures"]} pictures, {len(found["models"])} models</h1>',
    f'<p class="soft">Pictures {side}; holes: {_text(facts["masks"])}, seed {facts["seed"]}. '
    'Manifest '
    f'{facts["sha256"][:16]}. Scores are of the 8-bit picture that a user gets; raw is the '
    "network's output, "
    'not blended with its surroundings.</p>',
    _failed(found['failed']),
    '<h2>Scores</h2>',
    _scores(found),
    _definitions(found),
    '<h2>By share and kind of hole</h2>',
    *_plots(found, rows),
    '<h2>Best, median and worst</h2>',
    '<p class="soft">By PSNR in the hole, of each model. Click a picture for its full size.</p>',
    *_cases(rows, pictures),
  ]
  return evaluation_frame.page('Evaluation', '\n'.join(body))


def _failed(failed: Sequence[Mapping[str, str]]) -> str:
  if not failed:
    return ''
  lines = ''.join(f'<li>{_text(failure["error"])}</li>' for failure in failed)
  return f'<p><b>{len(failed)} pictures could not be used:</b></p><ul>{lines}</ul>'


def _scores(found: Mapping[str, Any]) -> str:
  """The tables over all pictures; the best of each column is bold, and differences that are
  sure.
  """
  differences = {
    (r['model'], r['output']): r
    for r in found['differences']
    if r['group'] == evaluate.ALL and r['score'] == _RANKED_BY
  }

  def difference(who: tuple[str, str]) -> str:
    record = differences.get(who)
    return (
      _cell(record, bold=(record['low'] or 0) > 0 or (record['high'] or 0) < 0, sign='+')
      if record
      else ''
    )

  main = _columns(found, _TABLE)
  main |= {
    name: functools.partial(_feature, feature) for name, feature in found['features'].items()
  }
  main[f'PSNR hole, minus that of {found["reference"]}'] = difference
  return (
    _table(found, main)
    + f'<p class="soft">Means; in brackets 95 % intervals ({_text(found["intervals"])}); the '
    'difference is '
    'taken picture by picture. Bold: the best completed one, and differences whose interval leaves '
    'out 0.</p>'
    '<details><summary>Further '
    f'scores</summary>{_table(found, _columns(found, _FURTHER))}</details>'
  )


def _columns(
  found: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Callable[[tuple[str, str]], str]]:
  """Head -> (label and output -> cell), of scores."""
  means = {
    (r['model'], r['output'], r['score']): r for r in found['means'] if r['group'] == evaluate.ALL
  }

  def column(name: str) -> Callable[[tuple[str, str]], str]:
    best = _best(found, means, name)
    return lambda who: _cell(
      means[*who, name], bold=who == best, pictures=found['manifest']['pictures']
    )

  return {_head(found, name): column(name) for name in names}


def _table(
  found: Mapping[str, Any], columns: Mapping[str, Callable[[tuple[str, str]], str]]
) -> str:
  heads = ['model', 'output', *columns]
  lines = []
  for label, output in dict.fromkeys((r['model'], r['output']) for r in found['means']):
    cells = [_text(label), output, *(column((label, output)) for column in columns.values())]
    tds = ''.join(
      f'<td data-label="{_text(head)}"{_aligned(head)}>{f"<span>{cell}</span>" if cell else ""}</td>'
      for head, cell in zip(heads, cells)
    )
    lines.append(f'<tr{" class=raw" if output == entrants_lib.RAW else ""}>{tds}</tr>')
  ths = ''.join(f'<th{_aligned(head)}>{_text(head)}</th>' for head in heads)
  return f'<div class="wide"><table><thead><tr>{ths}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _aligned(head: str) -> str:
  return ' class="text"' if head == 'output' else ''


def _head(found: Mapping[str, Any], name: str) -> str:
  score = found['definitions'][name]
  return score['title'] if name in ('seam', 'mmagic_l1') else f'{score["title"]} {score["region"]}'


def _best(
  found: Mapping[str, Any], means: Mapping[tuple[str, str, str], Mapping[str, Any]], name: str
) -> tuple[str, str] | None:
  """The label and output whose mean is the best of the completed ones; None if there is no
  other.
  """
  direction = 1 if found['definitions'][name]['better'] == 'higher' else -1
  ranked = [
    (direction * record['mean'], label)
    for (label, output, score), record in means.items()
    if (output, score) == (entrants_lib.COMPLETED, name) and record['mean'] is not None
  ]
  return (max(ranked)[1], entrants_lib.COMPLETED) if len(ranked) > 1 else None


def _cell(record: Mapping[str, Any], *, bold: bool, sign: str = '', pictures: int = 0) -> str:
  """A mean with its interval; and of how many pictures, where it is of fewer than `pictures`."""
  if record['mean'] is None:
    return f'exact in {record["infinite"]}' if record.get('infinite') else '-'
  form = f'{sign}.{2 if "psnr" in record["score"] or "mmagic" in record["score"] else 4}f'
  text = f'{record["mean"]:{form}}'
  text = f'<b>{text}</b>' if bold else text
  text += f' <small>n = {record["n"]}</small>' if record['n'] < pictures else ''
  if record['low'] is None:
    return text
  return f'{text} <small>[{record["low"]:{form}}, {record["high"]:{form}}]</small>'


def _feature(feature: Mapping[str, Any], who: tuple[str, str]) -> str:
  if feature['status']:
    return f'<small class="status">{_text(feature["status"])}</small>'
  return f'{feature["values"][who[0]][who[1]]:.4g}'


def _definitions(found: Mapping[str, Any]) -> str:
  items = [
    (
      _head(found, name),
      f'{score["definition"]}. {score["unit"] or "No unit"}; {score["better"]} is better',
    )
    for name, score in found['definitions'].items()
  ]
  items += [(name, feature['definition']) for name, feature in found['features'].items()]
  lines = ''.join(
    f'<div><dt>{_text(title)}</dt><dd>{_text(text)}.</dd></div>' for title, text in items
  )
  return f'<details><summary>What each score is</summary><dl>{lines}</dl></details>'


def _plots(found: Mapping[str, Any], rows: Sequence[evaluate.Row]) -> list[str]:
  """For each score, a panel for all pictures, for each bin and for each kind."""
  completed = [row for row in rows if row.output == entrants_lib.COMPLETED]
  groups = list(dict.fromkeys(r['group'] for r in found['means']))
  for alike in (
    {row.entry.kind for row in completed},
    {evaluate.bin_of(row.entry.ratio) for row in completed},
  ):
    if len(alike) == 1:  # the same as all
      groups = [group for group in groups if group not in alike]
  parts = []
  for name in _PLOTTED:
    panels = {group: _values(completed, group, name) for group in groups}
    every = [numbers for values in panels.values() for numbers in values.values()]
    if not every:
      continue
    scale = boxes.scale_of(every)
    drawn = ''.join(
      boxes.panel(_panel_title(group, values), values, scale)
      for group, values in panels.items()
      if values
    )
    parts.append(
      f'<details{" open" if name == _PLOTTED[0] else ""}><summary>{_text(_head(found, name))}'
      f', {found["definitions"][name]["better"]} is better</summary>'
      f'<div class="panels">{drawn}</div></details>'
    )
  return parts


def _values(rows: Sequence[evaluate.Row], group: str, name: str) -> dict[str, np.ndarray]:
  values: dict[str, list[float]] = {}
  for row in rows:
    if group in (evaluate.ALL, row.entry.kind, evaluate.bin_of(row.entry.ratio)) and np.isfinite(
      row.scores[name]
    ):
      values.setdefault(row.label, []).append(row.scores[name])
  return {label: np.asarray(numbers) for label, numbers in values.items()}


def _panel_title(group: str, values: Mapping[str, np.ndarray]) -> str:
  what = {evaluate.ALL: 'all pictures'}.get(
    group, f'{group} of the picture' if group in evaluate.RATIOS else group
  )
  return f'{what}, n = {max(map(len, values.values()))}'


def _cases(rows: Sequence[evaluate.Row], pictures: Pictures) -> list[str]:
  """The pictures that are the best, median or worst of any model, all models beside each other."""
  chosen: dict[str, list[str]] = {}
  scored: dict[str, dict[str, float]] = {}
  entries = {}
  for row in rows:
    if row.output == entrants_lib.COMPLETED:
      scored.setdefault(row.label, {})[row.entry.name] = row.scores[_RANKED_BY]
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
  strip = [_figure(damaged, 'with hole'), _figure(truth, 'truth')]
  strip += [
    _figure(picture, label, f'{psnr[label]:.2f} dB') for label, picture in completed.items()
  ]
  return (
    f'<section class="case"><h3>{_text(entry.name)}</h3><p class="soft">{_text("; ".join(why))}. '
    f'{_text(entry.kind)} hole, {100 * entry.ratio:.3g} % of the picture'
    f'{", at its border" if entry.border else ""}.</p><div '
    f'class="strip">{"".join(strip)}</div></section>'
  )


def _figure(picture: np.ndarray, label: str, note: str = '') -> str:
  image = Image.fromarray(picture)
  image.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
  small = max(image.size) <= 128  # enlarged in the page: JPEG's blocks would show
  buffer = io.BytesIO()
  image.save(buffer, 'PNG' if small else 'JPEG', **({} if small else {'quality': 88}))
  data = base64.b64encode(buffer.getvalue()).decode()
  return (
    f'<figure><button><img alt="{_text(label)}" '
    f'src="data:image/{"png" if small else "jpeg"};base64,{data}">'
    f'</button><figcaption>{_text(label)}{f" <small>{note}</small>" if note else ""}</figcaption></figure>'
  )


def _text(text: str) -> str:
  return html.escape(str(text))
