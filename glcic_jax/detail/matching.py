"""What it costs to copy a block of the known picture into the hole.

A block is liked for its coarse surroundings, for being as loud and as coloured as is usual in such,
for being near, and for agreeing with what is known, or laid already, where it will lie. A
disagreement counts relative to how loud both are: an absolute difference would prefer bland blocks.
"""

import numpy as np

from glcic_jax.detail import blocks
from glcic_jax.detail import settings as settings_lib

_UNIT = 256  # pixels, in which distances from a block to its source are measured
_QUIET = 1e-4  # squared detail, white 1, below which a difference is not heard
_ROWS = 256  # blocks of the hole that are compared at a time: bounds the memory


class Laid:
  """What later blocks are to agree with: what is known, and what earlier blocks were laid."""

  def __init__(self, field: blocks.Field, settings: settings_lib.Settings) -> None:
    """Begins with what is known."""
    there = field.known if settings.known else np.zeros_like(field.known)
    self.there = there.astype(np.float32)  # [H, W], 0 or 1
    self.detail = field.detail * self.there[..., None]  # [H, W, C]


class Costs:
  """Of N blocks of the hole and the M that may be copied, by matrix products."""

  def __init__(
    self,
    field: blocks.Field,
    corners: blocks.Corners,
    sources: blocks.Corners,
    heard: blocks.Corners,
    settings: settings_lib.Settings,
  ) -> None:
    """Reads what can be copied, and how loud every block of the hole, by `corners`, should be."""
    self.sources = sources
    self._field, self._corners, self._settings = field, corners, settings
    self._coarse = settings.block // 8 + settings.block // 4 * np.arange(4)
    self._fine = np.arange(0, settings.block, settings.sample)
    inside = blocks.take(field.detail, *sources, self._fine)
    self._inside = inside.reshape(len(inside), -1).T.copy()  # [P C, M]
    self._energy = np.square(inside).sum(2).T.copy()  # [P, M]
    self.usual = self._usual(heard)
    weight = np.float32(settings.energy**0.5)
    loud = weight * field.loudness[sources]
    self._looks = np.concatenate([self._around(*sources), loud], axis=1).T.copy()
    self._square = np.square(self._looks).sum(0)
    self._own = np.concatenate([self._around(*corners), weight * self.usual], axis=1)
    best = [self._still(own).min(1) for own in _rows(self._own)]
    # Where the best matches are perfect, as in a texture that repeats, a seam must not be free.
    self.unit = settings.seam * (float(np.median(np.concatenate(best))) + settings.floor)

  def _around(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The coarse colours of blocks, and where they are: `[..., 16 C + 2]`."""
    colours = blocks.take(self._field.context, y, x, self._coarse).reshape(*y.shape, -1)
    colours = (self._settings.context / colours.shape[-1]) ** 0.5 * colours
    place = self._settings.near**0.5 / _UNIT * np.stack([y, x], axis=-1)
    return np.concatenate([colours, place], axis=-1).astype(np.float32)

  def _usual(self, heard: blocks.Corners) -> np.ndarray:
    """How loud known blocks are where the colour is alike, and near: the median, so that a stray
    twig does not count. `[N, 2 L]`. A strip at the picture's edge is heard, too narrow as it may be
    to copy from: beside it nothing else may be alike.
    """
    settings, field = self._settings, self._field
    weight, near = (
      (settings.context / field.colours.shape[2]) ** 0.5,
      settings.usual_near**0.5 / _UNIT,
    )

    def looks(y: np.ndarray, x: np.ndarray) -> np.ndarray:
      middle = field.colours[y + settings.block // 2, x + settings.block // 2]
      return np.concatenate([weight * middle, near * np.stack([y, x], 1)], axis=1)

    there, loud = looks(*heard), field.loudness[heard]
    square, count = np.square(there).sum(1), min(settings.usual, len(there))
    chosen = [
      np.argpartition(square - 2 * own @ there.T, count - 1, axis=1)[:, :count]
      for own in _rows(looks(*self._corners))
    ]
    return np.concatenate([np.median(loud[part], axis=1) for part in chosen])

  def _still(self, own: np.ndarray) -> np.ndarray:
    """What does not depend on what is laid: `[G, M]`."""
    cost = self._square - 2 * own @ self._looks + np.square(own).sum(1)[:, None]
    return np.maximum(cost, 0)

  def of_all(self, group: np.ndarray, laid: Laid) -> np.ndarray:
    """Of blocks `group`, by their numbers, and all that may be copied: `[G, M]`.

    With a mask m, sum m (a - b)^2 is |m a|^2 - 2 (m a) b + m b^2.
    """
    at = self._corners[0][group], self._corners[1][group]
    there, own = (blocks.take(values, *at, self._fine) for values in (laid.there, laid.detail))
    quiet, source = np.square(own).sum((1, 2))[:, None], there @ self._energy
    difference = quiet + source - 2 * own.reshape(len(own), -1) @ self._inside
    return self._still(self._own[group]) + self._disagreement(difference, quiet + source, there)

  def at(self, group: np.ndarray, y: np.ndarray, x: np.ndarray, laid: Laid) -> np.ndarray:
    """Of blocks `group` and any corners `[G, K]`, by every pixel: `[G, K]`; infinite where no block
    may be copied.
    """
    allowed, within = self._field.allowed, np.arange(self._settings.block)
    fits = (y >= 0) & (x >= 0) & (y < allowed.shape[0]) & (x < allowed.shape[1])
    y, x = np.where(fits, y, self.sources[0][0]), np.where(fits, x, self.sources[1][0])
    fits &= allowed[y, x]
    loud = np.float32(self._settings.energy**0.5) * self._field.loudness[y, x]
    looks = np.concatenate([self._around(y, x), loud], axis=-1)
    still = np.square(looks - self._own[group][:, None]).sum(-1)
    at = self._corners[0][group], self._corners[1][group]
    there, own = (blocks.take(values, *at, within) for values in (laid.there, laid.detail))
    source = blocks.take(self._field.detail, y, x, within) * there[:, None, :, None]
    energy = np.square(own).sum((1, 2))[:, None] + np.square(source).sum((2, 3))
    difference = np.square(source - own[:, None]).sum((2, 3))
    return np.where(fits, still + self._disagreement(difference, energy, there), np.inf)

  def _disagreement(
    self, difference: np.ndarray, energy: np.ndarray, there: np.ndarray
  ) -> np.ndarray:
    """Of squared differences and energies, sums over what is laid: 0 and more."""
    channels = self._field.detail.shape[2]
    count, size = there.sum(1)[:, None], there.shape[1]
    relative = np.maximum(difference, 0) / (energy + _QUIET * channels * count + 1e-9)
    absolute = np.maximum(difference, 0) / (size * channels)
    return self._settings.known * absolute + self.unit * count / size * relative


def _rows(values: np.ndarray) -> list[np.ndarray]:
  return [values[start : start + _ROWS] for start in range(0, len(values), _ROWS)]
