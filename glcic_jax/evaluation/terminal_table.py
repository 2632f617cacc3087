"""The main scores over all pictures, for a terminal; the others are in the files."""

from typing import Any

_COLUMNS = {
  'hole_l1': 'L1 hole',
  'hole_psnr': 'PSNR hole, dB',
  'hole_ssim': 'SSIM hole',
  'seam': 'seam',
  'whole_psnr': 'PSNR whole',
  'whole_ssim': 'SSIM whole',
}


def table(found: dict[str, Any], seconds: dict[str, float]) -> str:
  """Means, with the interval of PSNR.

  Args:
    found: what scores.json holds.
    seconds: label -> seconds that a picture took.
  """
  lines = [
    ['model', 'output', *_COLUMNS.values(), f'hole PSNR - {found["reference"]}', 's/picture']
  ]
  means = {(r['model'], r['output'], r['score']): r for r in found['means'] if r['group'] == 'all'}
  differences = {
    (r['model'], r['output']): r
    for r in found['differences']
    if r['group'] == 'all' and r['score'] == 'hole_psnr'
  }
  for model, output in dict.fromkeys((r['model'], r['output']) for r in found['means']):
    records = [means[model, output, name] for name in _COLUMNS]
    cells = [
      _number(record, interval=record['score'] == 'hole_psnr') + _fewer(found, record)
      for record in records
    ]
    difference = differences.get((model, output))
    cells.append(_number(difference, interval=True, sign='+') if difference else '')
    cells.append(f'{seconds[model]:.2f}' if output == 'completed' else '')
    lines.append([model, output, *cells])
  widths = [max(map(len, column)) for column in zip(*lines)]
  rows = (
    '  '.join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
  )
  return '\n'.join(
    [f'Means over {found["manifest"]["pictures"]} pictures, [95 % intervals]', *rows]
  )


def _fewer(found: dict[str, Any], record: dict[str, Any]) -> str:
  """Over how many pictures a mean is, where not over all."""
  return f' (n={record["n"]})' if record['n'] < found['manifest']['pictures'] else ''


def _number(record: dict[str, Any], *, interval: bool, sign: str = '') -> str:
  if record['mean'] is None:
    return '-'
  digits = f'{sign}.{2 if "psnr" in record["score"] else 4}f'
  text = f'{record["mean"]:{digits}}'
  if not interval or record['low'] is None:
    return text
  return f'{text} [{record["low"]:{digits}}, {record["high"]:{digits}}]'
