"""The same pictures over the steps, cut from `samples/*.png` and laid beside each other."""

from collections.abc import Sequence
import dataclasses

from etils import epath

from glcic_jax.pages import elements
from glcic_jax.pictures import image_files
from glcic_jax.pictures import sheets

# The sheets' columns, as `training/evaluation.py` names them: input, raw output, completed, truth.
_COLUMNS, _INPUT, _COMPLETED, _TRUTH = 4, 0, 2, 3
MOST_STEPS, MOST_PICTURES = 7, 8


@dataclasses.dataclass(frozen=True)
class Strip:
  """Pictures over some steps, ready for a page: every picture is a data URI."""

  steps: tuple[int, ...]
  rows: tuple[tuple[str, ...], ...]  # input, completed at each step, truth
  unreadable: tuple[str, ...]  # names of sheets that could not be read


def strip(samples: Sequence[tuple[int, epath.Path]]) -> Strip:
  """Cuts at most MOST_STEPS sheets, the first and the last among them."""
  cut, unreadable = [], []
  for step, path in chosen(samples, MOST_STEPS):
    try:
      cut.append((step, sheets.sheet_cells(image_files.read_rgb(path), _COLUMNS)))
    except ValueError:  # damaged, or of another layout: the page does without
      unreadable.append(path.name)
  if not cut:
    return Strip((), (), tuple(unreadable))
  last = cut[-1][1]
  rows = []
  for number in range(min(MOST_PICTURES, *(len(cells) for _, cells in cut), len(last))):
    over_time = [cells[number][_COMPLETED] for _, cells in cut]
    pictures = [last[number][_INPUT], *over_time, last[number][_TRUTH]]
    rows.append(tuple(map(elements.data_uri, pictures)))
  return Strip(tuple(step for step, _ in cut), tuple(rows), tuple(unreadable))


def chosen(samples: Sequence[tuple[int, epath.Path]], most: int) -> list[tuple[int, epath.Path]]:
  """So many of them, evenly by place, the first and the last among them."""
  count = len(samples)
  if count <= most:
    return list(samples)
  return [samples[round(place * (count - 1) / (most - 1))] for place in range(most)]
