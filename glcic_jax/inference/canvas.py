"""A picture while its hole is completed, window by window; and many of them, in rounds.

A canvas gives the window that the network is to see next, and takes what the network said. That
counts as known for its next window: so a canvas has one on its way at a time, and windows of
several canvases go through the network together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from glcic_jax import boxes
from glcic_jax import errors
from glcic_jax.inference import blending
from glcic_jax.inference import plainness
from glcic_jax.inference import tiling

# Windows `[B, h, w, 3]` float32 on the scale 0..255 and masks `[B, h, w, 1]` uint8 -> the network's
# output, as the former: an array of NumPy's or JAX's.
Run = Callable[[np.ndarray, np.ndarray], Any]


class Window(NamedTuple):
  """What the network is to see of a picture, and where what it says goes."""

  image: np.ndarray  # [h, w, 3] float32, 0..255; see `tiling.network_input`
  mask: np.ndarray  # [h, w, 1] uint8, 1 = to be completed
  part: tiling.Part  # of the hole
  box: boxes.Box  # around its core: all that the blend looks at
  hole: np.ndarray  # bool, of the box's size: what is completed now


class Canvas:
  """A picture, and what of its hole is not completed yet."""

  def __init__(
    self,
    pixels: np.ndarray,
    mask: np.ndarray,
    parts: Iterable[tiling.Part],
    *,
    blend: str,
    feather: float,
    smooth: bool = False,
  ) -> None:
    """Begins with the whole hole unknown: `mask`, `[H, W]` bool.

    Pixels, `[H, W, 3]` uint8 or uint16, are completed in place. `smooth`: whether the network's
    output is, so that `plainness` tells how far to believe it. For the rest see `tiling.parts` and
    `blending.blend`.
    """
    self._pixels, self._mask, self._unknown = pixels, mask, mask.copy()
    self._parts, self._blend, self._feather = iter(parts), blend, feather
    self._smooth = smooth and blend == 'poisson'

  def next_window(self) -> Window | None:
    """Of the next part in which anything is unknown; None where nothing is any more."""
    for part in self._parts:
      box = boxes.grown(part.core, blending.MARGIN, part.window)
      hole = np.zeros_like(self._unknown[boxes.slices(box)])
      inside = boxes.slices(boxes.relative(part.core, box))
      hole[inside] = self._unknown[boxes.slices(part.core)]
      if part.own is not None:
        hole[inside] &= part.own
      if hole.any():  # else it was completed together with a neighbour
        image, mask = tiling.network_input(self._pixels, self._unknown, part)
        return Window(image, mask, part, box, hole)
    return None

  def take(self, window: Window, output: np.ndarray) -> None:
    """Completes the part of the last window by what the network said to it, `[h, w, 3]`, 0..255."""
    place, hole = boxes.slices(window.box), window.hole
    trust = self._trust(window)
    white = np.iinfo(self._pixels.dtype).max
    fitted = blending.blend(
      self._pixels[place] * (255 / white),
      tiling.from_network(output, window.part, window.box),
      hole,
      how=self._blend,
      known=~self._unknown[place],
      feather=self._feather,
      edge=~self._mask[place],
      trust=trust,
    )
    self._pixels[place][hole] = np.clip(np.round(fitted[hole] * (white / 255)), 0, white)
    self._unknown[place][hole] = False

  def _trust(self, window: Window) -> np.ndarray | None:
    """In the network's output, in the window's box: `[h, w]`; None: in full."""
    if not self._smooth:
      return None
    trust = plainness.trust(window.image, window.mask[..., 0] > 0)[..., None]
    trust = np.clip(tiling.from_network(trust, window.part, window.box)[..., 0], 0, 1)
    return trust if (trust[window.hole] < 1).any() else None


def complete(
  canvases: Sequence[Canvas],
  run: Run,
  batch_size: int,
  taken: Callable[[int], None] = lambda count: None,
) -> None:
  """Completes them all, by rounds: one window of each, so many of one size through the network.

  `taken` hears, again and again, of how many parts the network has seen.

  Raises:
    errors.RunError: if the network's output is not finite.
  """
  count = 0
  while canvases:
    windows = [(canvas, canvas.next_window()) for canvas in canvases]
    canvases = []
    waiting = [(canvas, window) for canvas, window in windows if window is not None]
    for batch in _batches(waiting, batch_size):
      images = np.stack([window.image for _, window in batch])
      masks = np.stack([window.mask for _, window in batch])
      outputs = np.asarray(run(images, masks))
      if not np.isfinite(outputs).all():
        raise errors.RunError(
          "The network's output is not finite: the model's weights are damaged or absurd; copy or "
          'train the model again.'
        )
      for (canvas, window), output in zip(batch, outputs):
        canvas.take(window, output)
        canvases.append(canvas)
      count += len(batch)
      taken(count)


def _batches(
  waiting: Iterable[tuple[Canvas, Window]], batch_size: int
) -> Iterator[list[tuple[Canvas, Window]]]:
  """Of one size each: full batches, then one by one, so that a size takes two programs."""
  sizes: dict[tuple[int, ...], list[tuple[Canvas, Window]]] = {}
  for canvas, window in waiting:
    sizes.setdefault(window.image.shape, []).append((canvas, window))
  for same in sizes.values():
    full = len(same) // batch_size * batch_size
    yield from (same[start : start + batch_size] for start in range(0, full, batch_size))
    yield from ([one] for one in same[full:])
