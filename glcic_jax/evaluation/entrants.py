"""Who is evaluated: networks, through the Completer that users have, and classical baselines."""

from collections.abc import Callable, Mapping, Sequence
import functools
from typing import Any, NamedTuple

import numpy as np

from glcic_jax import errors
from glcic_jax.evaluation import baselines
from glcic_jax.evaluation import manifest as manifest_lib
from glcic_jax.evaluation import names as names_lib
from glcic_jax.inference import completer as completer_lib
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
) -> list[Entrant]:
  """Loads all that are named, and checks that each can complete the manifest's holes.

  Args:
    names: each a MODEL or one of `names.BASELINES`.
    manifest: what is evaluated.
    blend: as in `Completer`; with 'none', the raw output is what a user gets.
    large: as in `Completer`.
    device: as in `Completer`.

  Raises:
    errors.InputError: if one is no model, or cannot complete a hole.
  """
  names_lib.check(names)
  return [
    _baseline(name, manifest)
    if name in names_lib.BASELINES
    else _network(name, label, manifest, blend=blend, large=large, device=device)
    for name, label in zip(names, names_lib.labels(names))
  ]


def _baseline(name: str, manifest: manifest_lib.Manifest) -> Entrant:
  if name == 'biharmonic':
    baselines.check_biharmonic()
  fills: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    'mean': functools.partial(baselines.mean_color, color=manifest.mean_color),
    'telea': baselines.telea,
    'navier-stokes': baselines.navier_stokes,
    'biharmonic': baselines.biharmonic,
  }
  fill = fills[name]

  def complete(images: Sequence[np.ndarray], holes: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [fill(image, hole[..., None].astype(np.uint8)) for image, hole in zip(images, holes)]

  return Entrant(name, {'model': name, 'baseline': True}, {COMPLETED: complete}, 1)


def _network(
  name: str,
  label: str,
  manifest: manifest_lib.Manifest,
  *,
  blend: str,
  large: str,
  device: str | None,
) -> Entrant:
  completer = completer_lib.Completer.from_pretrained(name, device=device)
  description = completer.description
  generator = completer.generator
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

  def complete(
    images: Sequence[np.ndarray], holes: Sequence[np.ndarray], *, blend: str
  ) -> list[np.ndarray]:
    return completer(list(images), list(holes), blend=blend, large=large)

  outputs = {COMPLETED: functools.partial(complete, blend=blend)}
  if blend != 'none':
    outputs[RAW] = functools.partial(complete, blend='none')
  about = {
    'model': name,
    'baseline': False,
    'method': description.method,
    'step': description.step,
    'image_size': description.image_size,
    'blend': blend,
    'large': large,
  }
  return Entrant(label, about, outputs, completer.batch_size)
