"""The tables of scores over all pictures: for report.html, and the main ones for a terminal."""

from collections.abc import Callable, Mapping, Sequence
import math
from typing import Any

from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import groups
from glcic_jax.evaluation import texture
from glcic_jax.pages import elements

RANKED_BY = 'hole_psnr'
_BLEND_ALONE = 'harmonic'  # a membrane between the known pixels: Poisson blending of a constant
_ENERGIES = tuple(f'energy_{level + 1}' for level in range(texture.LEVELS))
_TABLE = (
  *('hole_l1', 'hole_psnr', 'hole_ssim', 'seam', 'swd', *_ENERGIES),
  *('whole_psnr', 'whole_ssim', 'mmagic_l1'),
)
_FURTHER = (
  *(f'swd_{level + 1}' for level in range(texture.LEVELS)),
  *('hole_relative_l1', 'hole_l2', 'whole_l1', 'whole_relative_l1', 'whole_l2'),
)
_INTERVALS = (RANKED_BY, 'swd')  # of which the terminal tells them
_DIGITS = {'psnr': 2, 'mmagic': 2, 'swd': 1, 'energy': 2}  # after the point; else 4
_PLAIN = {
  'hole_l1': 'L1 hole',
  'hole_psnr': 'PSNR hole, dB',
  'hole_ssim': 'SSIM hole',
  'seam': 'seam',
  'swd': 'SWD hole',
  'whole_psnr': 'PSNR whole',
  'whole_ssim': 'SSIM whole',
}

Found = Mapping[str, Any]  # what scores.json holds
Record = Mapping[str, Any]
Column = Callable[[str, str], str]  # label and output -> its cell, which may be markup


def plain(found: Found, seconds: Mapping[str, float]) -> str:
  """The table for a terminal, with the interval of PSNR; label -> `seconds` that a picture took."""
  means, differences = _overall(found['means']), _overall(found['differences'])
  pictures = found['manifest']['pictures']
  energies = f'energy by level 1-{len(_ENERGIES)}'
  lines = [
    [
      'model',
      'output',
      *_PLAIN.values(),
      energies,
      f'hole PSNR - {found["reference"]}',
      's/picture',
    ]
  ]
  for model, output in _everyone(found):
    line = [model, output]
    for name in _PLAIN:
      record = means[model, output, name]
      fewer = f' (n={record["n"]})' if record['n'] < pictures else ''
      line.append(_plain_cell(record, interval=name in _INTERVALS) + fewer)
    line.append(' '.join(_numbers(means[model, output, name], '')[0] for name in _ENERGIES))
    difference = differences.get((model, output, RANKED_BY))
    line.append(_plain_cell(difference, interval=True, sign='+') if difference else '')
    line.append(f'{seconds[model]:.2f}' if output == entrants_lib.COMPLETED else '')
    lines.append(line)
  widths = [max(map(len, column)) for column in zip(*lines)]
  rows = ['  '.join(map(str.ljust, line, widths)).rstrip() for line in lines]
  missing = [advice] if (advice := _without_a_network(found)) else []
  return '\n'.join([f'Means over {pictures} pictures, [95 % intervals]', *rows, *missing])


def _plain_cell(record: Record, *, interval: bool, sign: str = '') -> str:
  mean, low, high = _numbers(record, sign)
  return (mean or '-') + (f' [{low}, {high}]' if interval and low else '')


def scores(found: Found) -> str:
  """The tables of the page, as markup."""
  features = found['features']
  further = {
    name: _feature(feature['values']) for name, feature in features.items() if not feature['status']
  }
  further[f'PSNR hole, minus that of {found["reference"]}'] = _difference(found)
  return (
    f'{_table(found, _TABLE, further)}{_missing(features)}<p class="quiet">Means; in brackets 95 % '
    f'intervals ({elements.text(found["intervals"])}); the difference is taken picture by picture. '
    'Bold: the best completed one, and differences whose interval leaves out 0. '
    f'{elements.text(_without_a_network(found))}</p>'
    + elements.details('Further scores', _table(found, _FURTHER, {}))
  )


def definitions(found: Found) -> str:
  """What each score is, as markup."""
  items = []
  for name, score in found['definitions'].items():
    what = f'{score["definition"]}. {score["unit"] or "No unit"}; {score["better"]} is better.'
    items.append((head(found, name), what))
  items += [(name, f'{feature["definition"]}.') for name, feature in found['features'].items()]
  return elements.details('What each score is', elements.definitions(items))


def head(found: Found, name: str) -> str:
  """What a score is called on the page."""
  score = found['definitions'][name]
  return score['title'] if name in ('seam', 'mmagic_l1') else f'{score["title"]} {score["region"]}'


def _table(found: Found, names: Sequence[str], further: Mapping[str, Column]) -> str:
  """Scores by name, as far as they were taken, and then further columns by their heads."""
  names = [name for name in names if name in found['definitions']]
  means, lines = _overall(found['means']), _everyone(found)
  best = {name: _best(found, means, name) for name in names}
  rows = []
  for label, output in lines:
    row = [label, output]
    for name in names:
      bold = output == entrants_lib.COMPLETED and label == best[name]
      row.append(_cell(means[label, output, name], bold, pictures=found['manifest']['pictures']))
    rows.append(row + [column(label, output) for column in further.values()])
  return elements.table(
    ['model', 'output', *(head(found, name) for name in names), *further],
    rows,
    numbers=len(names) + len(further),
  )


def _everyone(found: Found) -> list[tuple[str, str]]:
  """Labels with their outputs, in order; a network's own leads: blending and detail add merits
  that are not the network's.
  """
  lines = dict.fromkeys((record['model'], record['output']) for record in found['means'])
  labels = list(dict.fromkeys(label for label, _ in lines))
  return sorted(lines, key=lambda line: (labels.index(line[0]), line[1] != entrants_lib.RAW))


def _without_a_network(found: Found) -> str:
  """How to see what the blend has by itself, where that is not in the tables."""
  blended = any(about.get('blend') == 'poisson' for about in found['models'].values())
  if not blended or _BLEND_ALONE in found['models']:
    return ''
  return f'The blend alone, of no network, is --model {_BLEND_ALONE}: what is above it is learnt.'


def _overall(records: Sequence[Record]) -> dict[tuple[str, str, str], Record]:
  """(label, output, score) -> what it is over all pictures."""
  return {
    (record['model'], record['output'], record['score']): record
    for record in records
    if record['group'] == groups.ALL
  }


def _best(found: Found, means: Mapping[tuple[str, str, str], Record], name: str) -> str | None:
  """Whose mean is the best of the completed ones; None if there is no other."""
  worth: dict[str, Callable[[float], float]] = {
    'higher': lambda mean: mean,
    'lower': lambda mean: -mean,
    'near 1': lambda mean: -abs(math.log(mean)),
  }
  ranked = [
    (worth[found['definitions'][name]['better']](record['mean']), label)
    for (label, output, score), record in means.items()
    if (output, score) == (entrants_lib.COMPLETED, name) and record['mean'] is not None
  ]
  return max(ranked)[1] if len(ranked) > 1 else None


def _difference(found: Found) -> Column:
  """From the reference, by the score that ranks; bold where its interval leaves out 0."""
  differences = _overall(found['differences'])

  def cell(label: str, output: str) -> str:
    record = differences.get((label, output, RANKED_BY))
    if record is None:
      return ''
    return _cell(record, (record['low'] or 0) > 0 or (record['high'] or 0) < 0, sign='+')

  return cell


def _feature(values: Mapping[str, Mapping[str, float]]) -> Column:
  return lambda label, output: f'{values[label][output]:.4g}'


def _missing(features: Mapping[str, Mapping[str, Any]]) -> str:
  """Why some distances are not in the table; a reason that several share stands once."""
  reasons: dict[str, list[str]] = {}
  for name, feature in features.items():
    if feature['status']:
      reasons.setdefault(feature['status'], []).append(name)
  lines = [f'{", ".join(names)}: {reason}.' for reason, names in reasons.items()]
  return ''.join(f'<p class="quiet">{elements.text(line)}</p>' for line in lines)


def _cell(record: Record, bold: bool, *, sign: str = '', pictures: int = 0) -> str:
  """A mean with its interval; and of how many pictures, where it is of fewer than `pictures`."""
  mean, low, high = _numbers(record, sign)
  if not mean:
    return f'exact in {record["infinite"]}' if record.get('infinite') else '-'
  notes = [f'n = {record["n"]}'] if record['n'] < pictures else []
  notes += [f'[{low}, {high}]'] if low else []
  mean = f'<b>{mean}</b>' if bold else mean
  return elements.Html(mean + ''.join(f' <small>{note}</small>' for note in notes))


def _numbers(record: Record, sign: str) -> list[str]:
  """A mean and the ends of its interval as they are written; nothing for what there is not."""
  digits = next((many for part, many in _DIGITS.items() if part in record['score']), 4)
  values = (record[key] for key in ('mean', 'low', 'high'))
  return ['' if value is None else f'{value:{sign}.{digits}f}' for value in values]
