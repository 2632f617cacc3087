"""An evaluation's folder: manifest.json, scores.csv, scores.json and report.html."""

from collections.abc import Sequence
import functools
import json
from typing import Any

from etils import epath
import numpy as np

from glcic_jax import files
from glcic_jax.evaluation import bootstrap
from glcic_jax.evaluation import entrants as entrants_lib
from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import features
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import report
from glcic_jax.evaluation import scoring
from glcic_jax.evaluation import texture_scores
from glcic_jax.pictures import left_out as left_out_lib

_SCORES = scoring.SCORES | texture_scores.SCORES
_CSV, _JSON, _REPORT = 'scores.csv', 'scores.json', 'report.html'


def write(
  folder: epath.PathLike,
  manifest: manifest_lib.Manifest,
  failures: Sequence[tuple[str, str]],
  read: manifest_lib.Read,
  entrants: Sequence[entrants_lib.Entrant],
  *,
  reference: str,
  left_out: Sequence[left_out_lib.Entry] = (),
  weights: str | None = None,
  progress: evaluate.Progress | None = None,
) -> tuple[dict[str, Any], dict[str, float]]:
  """Evaluates and writes the four files.

  Args:
    folder: made if needed; an earlier evaluation in it is replaced.
    manifest: what is evaluated, of pictures that `read` gives.
    failures: (name, sentence) of each picture that it leaves out.
    read: see `manifest`.
    entrants: who.
    reference: label of the one that the others are compared with.
    left_out: what lies beside the pictures and is none, and masks that are not used.
    weights: folder of those for FID, KID and LPIPS.
    progress: is told how far it is.

  Returns:
    what scores.json holds, and label -> seconds that a picture took.
  """
  output = epath.Path(folder)
  output.mkdir(parents=True, exist_ok=True)
  for name in (_CSV, _JSON, _REPORT):  # of an earlier evaluation, of another manifest
    (output / name).unlink(missing_ok=True)
  models = {entrant.label: entrant.about for entrant in entrants}
  files.write(output / 'manifest.json', manifest.to_bytes(models))
  collector = features.Collector(weights)
  textures = texture_scores.Collector(manifest)

  def visit(row: evaluate.Row, completed: np.ndarray, truth: np.ndarray) -> None:
    collector.visit(row, completed, truth)
    textures.visit(row, completed, truth)

  rows, seconds = evaluate.run(manifest, read, entrants, visit=visit, progress=progress)
  textures.add_to(rows)
  found = {
    'manifest': manifest_lib.summary(manifest),
    'models': models,
    'reference': reference,
    'intervals': f'bootstrap over pictures, {bootstrap.RESAMPLES} resamples, {bootstrap.LEVEL:.0%}',
    'definitions': {name: score._asdict() for name, score in _SCORES.items()},
    'failed': [{'picture': name, 'error': sentence} for name, sentence in failures],
    'left_out': [entry._asdict() for entry in left_out],
    **_summary(rows, textures, reference, manifest.seed),
    'features': collector.results(),
  }
  files.write(output / _CSV, evaluate.to_csv(rows))
  files.write(output / _JSON, f'{to_json(found)}\n'.encode())
  pictures = functools.partial(evaluate.completed, manifest=manifest, read=read, entrants=entrants)
  files.write(output / _REPORT, report.render(found, rows, pictures))
  return found, seconds


def _summary(
  rows: Sequence[evaluate.Row], textures: texture_scores.Collector, reference: str, seed: int
) -> dict[str, list[dict[str, Any]]]:
  """Means and differences of each picture's scores, and of the texture of all together."""
  own, together = evaluate.summarise(rows, reference, seed), textures.summarise(reference)
  return {what: own[what] + together[what] for what in own}


def to_json(found: dict[str, Any]) -> str:
  """The text of scores.json."""
  return json.dumps(found, indent=1)
