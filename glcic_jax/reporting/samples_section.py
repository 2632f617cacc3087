"""The part of a run's page with the same pictures over the steps, cut from `samples/*.png`."""

from collections.abc import Sequence

from etils import epath

from glcic_jax.pages import elements
from glcic_jax.pictures import image_files
from glcic_jax.pictures import sheets
from glcic_jax.reporting import run as run_lib

# The sheets' columns, as `training/evaluation.py` names them: input, raw output, completed, truth.
_COLUMNS, _INPUT, _COMPLETED, _TRUTH = 4, 0, 2, 3
_MOST_STEPS, _MOST_PICTURES = 7, 8


def render(run: run_lib.Run) -> str:
  """The section, as markup; every picture lies in the page."""
  parts = ['<h2>The same pictures over time</h2>']
  cut = []
  for step, path in chosen(run.samples, _MOST_STEPS):
    try:
      cut.append((step, sheets.sheet_cells(image_files.read_rgb(path), _COLUMNS)))
    except ValueError:  # damaged, or of another layout: the page does without
      name = elements.text(path.name)
      parts.append(f'<p>samples/{name} could not be read, and is left out.</p>')
  if not cut:
    return ''.join(parts) + '<p>There are no samples yet.</p>'
  names = ['input', *(f'completed at step {step}' for step, _ in cut), 'truth']
  last, rows = cut[-1][1], []
  for number in range(min(_MOST_PICTURES, *(len(cells) for _, cells in cut))):
    over_time = [cells[number][_COMPLETED] for _, cells in cut]
    pictures = map(elements.data_uri, [last[number][_INPUT], *over_time, last[number][_TRUTH]])
    rows.append(list(map(elements.image, pictures, names)))
  head = [
    elements.Html(f'{step:,}<small>{run.plan.phase_at(step - 1).value}</small>') for step, _ in cut
  ]
  return (
    ''.join(parts) + '<p class="quiet">Held-back pictures where the run has any, completed at '
    f'{len(cut)} of {len(run.samples)} intervals; as JPEG here, exact in samples/.</p>'
    + elements.table(['input', *head, 'truth'], rows, look='samples')
  )


def chosen(samples: Sequence[tuple[int, epath.Path]], most: int) -> list[tuple[int, epath.Path]]:
  """So many of them, evenly by place, the first and the last among them."""
  count = len(samples)
  if count <= most:
    return list(samples)
  return [samples[round(place * (count - 1) / (most - 1))] for place in range(most)]
