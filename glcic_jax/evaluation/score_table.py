"""The tables of report.html: mean scores with intervals, and what each score is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import evaluate
from glcic_jax.pages import elements

RANKED_BY = 'hole_psnr'
_TABLE = ('hole_l1', 'hole_psnr', 'hole_ssim', 'seam', 'whole_psnr', 'whole_ssim', 'mmagic_l1')
_FURTHER = ('hole_relative_l1', 'hole_l2', 'whole_l1', 'whole_relative_l1', 'whole_l2')

Who = tuple[str, str]  # label and output
Column = Callable[[Who], str]  # its cell, which may be markup


def scores(found: Mapping[str, Any]) -> str:
  """The tables over all pictures, as markup.

  Args:
    found: what scores.json holds.
  """
  features = found['features']
  columns = _means(found, _TABLE) | {
    name: _feature(feature) for name, feature in features.items() if not feature['status']
  }
  columns[f'PSNR hole, minus that of {found["reference"]}'] = _difference(found)
  return (
    f'{_table(found, columns)}{_missing(features)}<p class="quiet">Means; in brackets 95 % '
    f'intervals ({elements.text(found["intervals"])}); the difference is taken picture by picture. '
    'Bold: the best completed one, and differences whose interval leaves out 0.</p>'
    + elements.details('Further scores', _table(found, _means(found, _FURTHER)))
  )


def definitions(found: Mapping[str, Any]) -> str:
  """What each score is, as markup."""
  items = [
    (
      head(found, name),
      f'{score["definition"]}. {score["unit"] or "No unit"}; {score["better"]} is better.',
    )
    for name, score in found['definitions'].items()
  ]
  items += [(name, f'{feature["definition"]}.') for name, feature in found['features'].items()]
  return elements.details('What each score is', elements.definitions(items))


def head(found: Mapping[str, Any], name: str) -> str:
  """What a score is called on the page."""
  score = found['definitions'][name]
  return score['title'] if name in ('seam', 'mmagic_l1') else f'{score["title"]} {score["region"]}'


def _table(found: Mapping[str, Any], columns: Mapping[str, Column]) -> str:
  every = list(dict.fromkeys((record['model'], record['output']) for record in found['means']))
  return elements.table(
    ['model', 'output', *columns],
    [[*who, *(column(who) for column in columns.values())] for who in every],
    numbers=len(columns),
    quiet=[number for number, (_, output) in enumerate(every) if output == entrants_lib.RAW],
  )


def _means(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, Column]:
  """Head -> column, of scores."""
  means = {
    (record['model'], record['output'], record['score']): record
    for record in found['means']
    if record['group'] == evaluate.ALL
  }

  def column(name: str) -> Column:
    best = _best(found, means, name)
    pictures = found['manifest']['pictures']
    return lambda who: _cell(means[*who, name], bold=who == best, pictures=pictures)

  return {head(found, name): column(name) for name in names}


def _best(
  found: Mapping[str, Any], means: Mapping[tuple[str, str, str], Mapping[str, Any]], name: str
) -> Who | None:
  """Whose mean is the best of the completed ones; None if there is no other."""
  direction = 1 if found['definitions'][name]['better'] == 'higher' else -1
  ranked = [
    (direction * record['mean'], label)
    for (label, output, score), record in means.items()
    if (output, score) == (entrants_lib.COMPLETED, name) and record['mean'] is not None
  ]
  return (max(ranked)[1], entrants_lib.COMPLETED) if len(ranked) > 1 else None


def _difference(found: Mapping[str, Any]) -> Column:
  """From the reference, by the score that ranks; bold where its interval leaves out 0."""
  differences = {
    (record['model'], record['output']): record
    for record in found['differences']
    if record['group'] == evaluate.ALL and record['score'] == RANKED_BY
  }

  def cell(who: Who) -> str:
    record = differences.get(who)
    if record is None:
      return ''
    return _cell(record, bold=(record['low'] or 0) > 0 or (record['high'] or 0) < 0, sign='+')

  return cell


def _missing(features: Mapping[str, Mapping[str, Any]]) -> str:
  """Why some distances are not in the table; a reason that several share stands once."""
  reasons: dict[str, list[str]] = {}
  for name, feature in features.items():
    if feature['status']:
      reasons.setdefault(feature['status'], []).append(name)
  lines = [f'{", ".join(names)}: {reason}.' for reason, names in reasons.items()]
  return ''.join(f'<p class="quiet">{elements.text(line)}</p>' for line in lines)


def _feature(feature: Mapping[str, Any]) -> Column:
  return lambda who: f'{feature["values"][who[0]][who[1]]:.4g}'


def _cell(record: Mapping[str, Any], *, bold: bool, sign: str = '', pictures: int = 0) -> str:
  """A mean with its interval; and of how many pictures, where it is of fewer than `pictures`."""
  if record['mean'] is None:
    return f'exact in {record["infinite"]}' if record.get('infinite') else '-'
  digits = 2 if 'psnr' in record['score'] or 'mmagic' in record['score'] else 4
  mean, low, high = (
    '' if value is None else f'{value:{sign}.{digits}f}'
    for value in (record['mean'], record['low'], record['high'])
  )
  notes = [f'n = {record["n"]}'] if record['n'] < pictures else []
  notes += [f'[{low}, {high}]'] if low else []
  mean = f'<b>{mean}</b>' if bold else mean
  return elements.Html(mean + ''.join(f' <small>{note}</small>' for note in notes))
