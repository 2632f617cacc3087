"""What a workdir holds: `config.json`, `metrics.csv`, and names of the rest.

It is read without TensorFlow, Orbax or JAX.
"""

from collections.abc import Mapping
import csv
import dataclasses
import io
import json
import math
import os
from typing import Any

from etils import epath

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import files
from glcic_jax import methods
from glcic_jax import schedule


@dataclasses.dataclass(frozen=True)
class Row:
  """One row of metrics.csv."""

  step: int
  phase: str
  values: Mapping[str, float]  # finite ones, by column


@dataclasses.dataclass(frozen=True)
class Run:
  """A run, finished or not."""

  name: str
  config: Any  # with this version's default where the run's was silent
  unknown_keys: tuple[str, ...]  # of an older or younger version's config
  rows: tuple[Row, ...]  # at least one, in the order of their steps
  samples: tuple[tuple[int, epath.Path], ...]  # (step, sheet), in order
  checkpoints: tuple[tuple[int, int], ...]  # (step, bytes), in order
  has_model: bool

  @property
  def step(self) -> int:
    """How far the run has told of itself."""
    return self.rows[-1].step

  @property
  def plan(self) -> schedule.Schedule:
    """Its phases."""
    return schedule.from_config(self.config.schedule)

  @property
  def phases(self) -> dict[str, range]:
    """Their steps, whole, however far it got."""
    return {phase.value: span for phase, span in self.plan.spans().items()}

  def training_rows(self) -> list[Row]:
    """Those that are means over training steps; the others hold validation scores."""
    return [row for row in self.rows if 'images_per_second' in row.values]


def read(workdir: epath.PathLike) -> Run:
  """Reads a workdir; changes nothing in it.

  Raises:
    errors.InputError: if it is no workdir, or a file of it is damaged.
  """
  folder = epath.Path(workdir)
  if not folder.is_dir():
    sentence = f'There is no folder {workdir}; give the --workdir of a training run.'
    raise errors.InputError(errors.with_hint(sentence, files.did_you_mean(workdir)))
  for name in ('config.json', 'metrics.csv'):
    if not (folder / name).exists():
      raise errors.InputError(
        f'{workdir} holds no {name}, which a training run writes after log_every steps; give the '
        '--workdir of one, or wait for it.'
      )
  config, unknown = _read_config(folder / 'config.json')
  return Run(
    name=os.path.basename(os.fspath(folder).rstrip('/')) or os.fspath(folder),
    config=config,
    unknown_keys=unknown,
    rows=_read_rows(folder / 'metrics.csv'),
    samples=_samples(folder / 'samples'),
    checkpoints=_checkpoints(folder / 'checkpoints'),
    has_model=(folder / 'model' / 'model.safetensors').exists(),
  )


def _read_config(path: epath.Path) -> tuple[Any, tuple[str, ...]]:
  config: Any = config_lib.default()
  known = config_lib.flatten(config)
  text = files.read(path)
  try:
    stored = config_lib.current(json.loads(text)['config'])
    values = {
      key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()
    }
    config.update_from_flattened_dict({key: value for key, value in values.items() if key in known})
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    reason = str(error).strip().splitlines() or ['']
    raise errors.InputError(
      f'{path} is damaged ({reason[0].rstrip(".")}); take the one that stands beside a '
      'checkpoint, or give another workdir.'
    ) from None
  schedule.from_config(config.schedule)
  if config.method not in methods.names():
    raise errors.InputError(
      f'{path} names a method {config.method!r}, and those known are '
      f'{", ".join(methods.names())}; use the version that trained it.'
    )
  return config, tuple(sorted(values.keys() - known.keys()))


def _read_rows(path: epath.Path) -> tuple[Row, ...]:
  rows: list[Row] = []
  line = 1
  read = files.read(path)
  try:
    table = csv.DictReader(io.StringIO(read.decode()), strict=True)
    if not {'step', 'phase'} <= set(table.fieldnames or ()):
      raise ValueError('there are no columns step and phase')
    for record in table:
      line = table.line_num
      rows.append(_row(record))
      if len(rows) > 1 and rows[-1].step < rows[-2].step:
        raise ValueError(f'step {rows[-1].step} comes after step {rows[-2].step}')
  except (ValueError, csv.Error) as error:
    reason = 'it is no text' if isinstance(error, UnicodeDecodeError) else str(error)
    raise errors.InputError(
      f'{path} is damaged in line {line} ({reason}); cut it off before that line, or take '
      'another copy.'
    ) from None
  if not rows:
    raise errors.InputError(
      f'{path} holds no rows yet; a training run writes one after log_every steps.'
    )
  return tuple(rows)


def _row(record: Mapping[str | None, Any]) -> Row:
  if None in record or None in record.values():
    raise ValueError('it has more or fewer fields than there are columns')
  phase = record['phase']
  if phase not in {known.value for known in schedule.Phase}:
    raise ValueError(f'there is no phase {phase!r}')
  values = {
    name: float(text)
    for name, text in record.items()
    if name and text and name not in ('step', 'phase')
  }
  step = int(record['step'])
  if step < 1:
    raise ValueError(f'there is no step {step}')
  return Row(step, phase, {name: value for name, value in values.items() if math.isfinite(value)})


def _samples(folder: epath.Path) -> tuple[tuple[int, epath.Path], ...]:
  entries = folder.iterdir() if folder.is_dir() else ()
  found = [entry for entry in entries if entry.suffix == '.png' and entry.stem.isdecimal()]
  return tuple(sorted((int(entry.stem), entry) for entry in found))


def _checkpoints(folder: epath.Path) -> tuple[tuple[int, int], ...]:
  """Those under their final names, and their size on disk."""
  found = [entry for entry in folder.iterdir() if entry.name.isdecimal()] if folder.is_dir() else []
  return tuple(sorted((int(entry.name), _bytes_below(entry)) for entry in found))


def _bytes_below(folder: epath.Path) -> int:
  total = 0
  for entry in folder.iterdir():
    try:
      total += _bytes_below(entry) if entry.is_dir() else entry.stat().length
    except FileNotFoundError:  # the run deletes old checkpoints meanwhile
      continue
  return total
