"""Completes a manifest's pictures by every entrant, scores them, and sums up."""

from collections.abc import Callable, Iterator, Sequence
import contextlib
import csv
import io
import math
import time
from typing import Any, NamedTuple
import warnings

import numpy as np

from glcic_jax.evaluation import bootstrap
from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import groups as groups_lib
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import scoring

_TINY = 1e-12  # of a score whose logarithm is averaged


class Row(NamedTuple):
  """The scores of one picture, completed by one entrant."""

  label: str
  output: str
  entry: manifest_lib.Entry
  scores: dict[str, float]


Visit = Callable[[Row, np.ndarray, np.ndarray], None]  # row, completed, truth
Progress = Callable[[int, int, str], None]  # done, total, label


def run(
  manifest: manifest_lib.Manifest,
  read: manifest_lib.Read,
  entrants: Sequence[entrants_lib.Entrant],
  *,
  visit: Visit | None = None,
  progress: Progress | None = None,
) -> tuple[list[Row], dict[str, float]]:
  """Completes and scores everything; `visit` is shown each picture as it is done.

  Returns:
    the rows, in the order of the entrants, outputs and pictures; and how many seconds a picture
    took each entrant.
  """
  rows: list[Row] = []
  seconds: dict[str, float] = {}
  total = len(manifest.entries) * sum(len(entrant.outputs) for entrant in entrants)
  for entrant in entrants:
    for output, complete in entrant.outputs.items():
      spent = 0.0
      for first in range(0, len(manifest.entries), entrant.together):
        entries = manifest.entries[first : first + entrant.together]
        truths = [
          manifest_lib.decode(read(entry.name), entry.name, manifest.size) for entry in entries
        ]
        start = time.perf_counter()
        with _warning_once(said=output != next(iter(entrant.outputs))):
          results = complete(
            list(map(_damaged, truths, entries)), [entry.hole for entry in entries]
          )
        spent += time.perf_counter() - start
        for entry, truth, completed in zip(entries, truths, results):
          scores = scoring.score(completed, truth, entry.hole)
          rows.append(Row(entrant.label, output, entry, scores))
          if visit:
            visit(rows[-1], completed, truth)
        if progress:
          progress(len(rows), total, entrant.label)
      seconds.setdefault(entrant.label, spent / len(manifest.entries))
  return rows, seconds


def completed(
  entry: manifest_lib.Entry,
  *,
  manifest: manifest_lib.Manifest,
  read: manifest_lib.Read,
  entrants: Sequence[entrants_lib.Entrant],
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
  """One picture's truth, and label -> what a user gets of it; completed again: `run` keeps none."""
  truth = manifest_lib.decode(read(entry.name), entry.name, manifest.size)
  damaged = _damaged(truth, entry)
  with _warning_once(said=True):
    return truth, {
      entrant.label: entrant.outputs[entrants_lib.COMPLETED]([damaged], [entry.hole])[0]
      for entrant in entrants
    }


@contextlib.contextmanager
def _warning_once(*, said: bool) -> Iterator[None]:
  """Within, what was said of the same pictures before is not said, nor counted, again."""
  with warnings.catch_warnings():
    if said:
      warnings.simplefilter('ignore')
    yield


def _damaged(truth: np.ndarray, entry: manifest_lib.Entry) -> np.ndarray:
  """The picture, black in its hole: nobody sees what is to be guessed."""
  return np.where(entry.hole[..., None], np.uint8(0), truth)


def to_csv(rows: Sequence[Row]) -> bytes:
  """scores.csv: a line for each picture and output of an entrant; undefined cells are empty."""
  text = io.StringIO()
  writer = csv.writer(text, lineterminator='\n')
  writer.writerow(['model', 'output', 'picture', 'kind', 'ratio', 'bin', 'border', *rows[0].scores])
  for row in rows:
    entry = row.entry
    facts = [entry.kind, f'{entry.ratio:.6g}', groups_lib.bin_of(entry.ratio), int(entry.border)]
    cells = ['' if math.isnan(score) else f'{score:.6g}' for score in row.scores.values()]
    writer.writerow([row.label, row.output, entry.name, *facts, *cells])
  return text.getvalue().encode(errors='surrogateescape')  # a file's name may be any bytes


def summarise(rows: Sequence[Row], reference: str, seed: int) -> dict[str, list[dict[str, Any]]]:
  """Means with their intervals, by `groups`; `seed`: of the bootstrap.

  Returns:
    `means`, one record for each entrant, output, group and score; and `differences`, the same for
    the mean difference to the completed pictures of `reference`, a label, picture by picture
    (positive: higher than the reference), but for scores whose mean is geometric. `n` counts the
    pictures where the score (of both) is finite, and only they are averaged; `infinite` those
    completed to the bit, whose PSNR is infinite.
  """
  tables = _tables(rows)
  groups = groups_lib.members(
    [row.entry for row in rows if (row.label, row.output) == next(iter(tables))]
  )
  means, differences = [], []
  for (label, output), table in tables.items():
    for group, chosen in groups.items():
      for column, (name, score) in enumerate(scoring.SCORES.items()):
        who = {'model': label, 'output': output, 'group': group, 'score': name}
        values = table[chosen, column]
        means.append(
          who | _mean(values, seed, score.mean) | {'infinite': int(np.isinf(values).sum())}
        )
        if (label, output) != (reference, entrants_lib.COMPLETED) and score.mean == 'arithmetic':
          other = tables[reference, entrants_lib.COMPLETED][chosen, column]
          with np.errstate(invalid='ignore'):
            differences.append(who | {'minus': reference} | _mean(values - other, seed))
  return {'means': means, 'differences': differences}


def _tables(rows: Sequence[Row]) -> dict[tuple[str, str], np.ndarray]:
  """(label, output) -> `[pictures, scores]`, all in the order of the pictures."""
  tables: dict[tuple[str, str], list[list[float]]] = {}
  for row in rows:
    tables.setdefault((row.label, row.output), []).append(list(row.scores.values()))
  return {key: np.asarray(table) for key, table in tables.items()}


def _mean(values: np.ndarray, seed: int, kind: str = 'arithmetic') -> dict[str, Any]:
  values = values[np.isfinite(values)]
  undo: Callable[[Any], Any] = float
  if kind == 'geometric':
    values, undo = np.log(np.maximum(values, _TINY)), lambda value: float(np.exp(value))
  mean = undo(values.mean()) if len(values) else None
  ends = bootstrap.interval(values, seed)
  low, high = map(undo, ends) if ends else (None, None)
  return {'n': len(values), 'mean': mean, 'low': low, 'high': high}
