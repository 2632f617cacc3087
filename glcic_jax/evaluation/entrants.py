"""Who is evaluated: networks, through the Completer that users have, and classical baselines."""

from collections.abc import Callable, Mapping, Sequence
import functools
from typing import Any, NamedTuple

import numpy as np

from glcic_jax import errors
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import names as names_lib
from glcic_jax.inference import baselines
from glcic_jax.inference import completer as completer_lib
from glcic_jax.inference import manner as manner_lib
from glcic_jax.inference import network as network_lib

COMPLETED, RAW = 'completed', 'raw'  # what a user gets; a network's output, unblended

# Pictures `[H, W, 3]` uint8 and holes `[H, W]` bool -> the completed pictures.
Complete = Callable[[Sequence[np.ndarray], Sequence[np.ndarray]], Sequence[np.ndarray]]


class Entrant(NamedTuple):
  """One of those that are compared."""

  label: str
  about: dict[str, Any]  # what scores.json says of it
  outputs: Mapping[str, Complete]  # 'completed', and of a network 'raw'
  together: int  # how many pictures it takes at a time


def load(
  names: Sequence[str],
  manifest: manifest_lib.Manifest,
  *,
  blend: str,
  large: str,
  device: str | None,
  detail: float | None = None,
  scale: str | None = None,
) -> list[Entrant]:
  """Loads all that are named, and checks that each can complete the manifest's holes.

  Names are those of `names`, whose own options come first. The options are `Completer`'s; with
  blend 'none' and no detail, the raw output is what a user gets. One network's raw output is there
  once, however often it is named.

  Raises:
    errors.InputError: if one is no model, or cannot complete a hole.
  """
  entrants: list[Entrant] = []
  open_ = functools.cache(functools.partial(completer_lib.Completer.from_pretrained, device=device))
  seen = set()
  for name, label in zip(names, names_lib.labels(names)):
    named = names_lib.parse(name)
    if named.model in names_lib.BASELINES:
      entrants.append(_baseline(name, manifest.mean_color))
      continue
    completer = open_(named.model)
    _check_holes(completer.generator, label, manifest)
    options = {'detail': detail, 'scale': scale, **named.options}
    manner = completer.manner(blend=blend, large=large, **options)
    raw = manner._replace(blend='none', detail=0.0)
    is_new = raw != manner and (named.model, raw) not in seen
    seen.add((named.model, raw))
    entrants.append(_network(name, label, completer, manner, raw if is_new else None))
  return entrants


def _baseline(name: str, mean_color: Sequence[float]) -> Entrant:
  baselines.check(name)
  level = np.round(np.asarray(mean_color) * 255).astype(np.uint8)

  def one(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    if name == names_lib.MEAN:
      return np.where(hole[..., None], level, image)
    return baselines.complete(name, image, hole)

  def complete(images: Sequence[np.ndarray], holes: Sequence[np.ndarray]) -> list[np.ndarray]:
    return list(map(one, images, holes))

  return Entrant(name, {'model': name, 'baseline': True}, {COMPLETED: complete}, 1)


def _network(
  name: str,
  label: str,
  completer: completer_lib.Completer,
  manner: manner_lib.Manner,
  raw: manner_lib.Manner | None,
) -> Entrant:
  def completed(manner: manner_lib.Manner) -> Complete:
    return lambda images, holes: completer(list(images), list(holes), **manner._asdict())

  outputs = {COMPLETED: completed(manner)} | ({RAW: completed(raw)} if raw else {})
  about = {'model': name, 'baseline': False}
  about |= {key: getattr(completer.description, key) for key in ('method', 'step', 'image_size')}
  about |= {key: getattr(manner, key) for key in ('blend', 'large', 'detail', 'scale')}
  return Entrant(label, about, outputs, completer.batch_size)


def _check_holes(generator: Any, label: str, manifest: manifest_lib.Manifest) -> None:
  """Refuses holes that a network of fixed size cannot complete."""
  for entry in manifest.entries:
    try:
      network_lib.check_hole(generator, entry.hole)
    except errors.InputError:
      hole, side = network_lib.hole(generator), network_lib.side(generator)
      assert hole and side, 'only such networks refuse a hole'
      middle = hole[1] - hole[0]
      raise errors.InputError(
        f'{label} cannot take the {entry.kind} hole of {entry.name}, because it completes only the '
        f'middle {middle} of {side} px; give --masks center --mask-side {middle / side:g}, or '
        'leave out the model.'
      ) from None
