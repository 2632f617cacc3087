"""Adding detail to a completed picture, part by part of its hole."""

from typing import NamedTuple
import warnings

import numpy as np

from glcic_jax import boxes
from glcic_jax.detail import bands
from glcic_jax.detail import blocks
from glcic_jax.detail import laying
from glcic_jax.detail import quilting
from glcic_jax.detail import scale
from glcic_jax.detail import settings as settings_lib


class _Window(NamedTuple):
  """What is looked at for a part: sides are multiples of its factor."""

  guide: np.ndarray  # [H, W, C] float32, white 1, the completed picture
  hole: np.ndarray  # [H, W] bool, the part's own
  known: np.ndarray  # [H, W] bool
  factor: int


class Patch(NamedTuple):
  """A part of the hole, and what it looks like with detail."""

  box: boxes.Box  # around the part
  hole: np.ndarray  # [h, w] bool of the box's size, its pixels
  values: np.ndarray  # [N, C] of a floating type, theirs


def add(
  picture: np.ndarray,
  completion: np.ndarray,
  hole: np.ndarray,
  *,
  known: np.ndarray | None = None,
  strength: float = 1.0,
  white: float = 255.0,
  settings: settings_lib.Settings | None = None,
) -> np.ndarray:
  """Puts texture of the known picture into a completed hole.

  It is deterministic, and a part of the hole that is far from the others comes out as it would
  alone. Where no block of the picture can be copied, the hole stays as completed, with a warning.

  Args:
    picture: `[H, W, C]` numbers.
    completion: `[H, W, C]` on the same scale, the picture with its hole filled smoothly.
    hole: `[H, W]` bool.
    known: `[H, W]` bool, the pixels that may be copied; by default all that are not hole.
    strength: 0 leaves the completion, 1 adds detail in full, and there is anything between.
    white: the level of white.
    settings: of the method.

  Returns:
    `[H, W, C]` of the floating type of `completion`, float32 where it has none, within 0 and
    `white` in the hole; `picture` outside it.

  Raises:
    ValueError: if shapes do not fit, or `strength` is not within 0 and 1.
  """
  found = patches(
    picture, completion, hole, known=known, strength=strength, white=white, settings=settings
  )
  result = completion.astype(np.result_type(completion.dtype, np.float32))
  result = np.where(hole.astype(bool)[..., None], result, picture).astype(result.dtype)
  for patch in found:
    result[boxes.slices(patch.box)][patch.hole] = patch.values
  return result


def patches(
  picture: np.ndarray,
  completion: np.ndarray,
  hole: np.ndarray,
  *,
  known: np.ndarray | None = None,
  strength: float = 1.0,
  white: float = 255.0,
  thinnest: float = 0.0,
  settings: settings_lib.Settings | None = None,
) -> list[Patch]:
  """What `add` changes, and nothing else: of a large picture it looks at the hole's surroundings.

  Holes whose inner radius is below `thinnest` pixels are left as completed, but are not known. The
  rest is as of `add`.
  """
  _check(picture, completion, hole, strength)
  if not strength:
    return []
  settings, hole = settings or settings_lib.Settings(), hole.astype(bool, copy=False)
  parts = scale.of_hole(
    hole, radius=settings.radius, together=settings.together, thin=settings.thin, thinnest=thinnest
  )
  found = []
  for part in parts:
    window, box = _window(picture, completion, hole, known, part, white, settings)
    detailed = None if part.thin else _detailed(window, settings)
    if detailed is None:  # or there is no room for a block: one of half the side needs less
      detailed = _detailed(window, settings.finer())
    if detailed is None:
      continue
    lead = completion[boxes.slices(part.box)][part.hole]
    lead = lead.astype(np.result_type(lead.dtype, np.float32))
    inner = detailed[boxes.slices(boxes.relative(part.box, box))][part.hole]
    found.append(Patch(part.box, part.hole, lead + strength * (inner * white - lead)))
  if len(found) < len(parts):
    warnings.warn(
      'There is no known block of the picture to take texture from: '
      f'{len(parts) - len(found)} of {len(parts)} parts of the hole stay as completed.',
      stacklevel=2,
    )
  return found


def _check(picture: np.ndarray, completion: np.ndarray, hole: np.ndarray, strength: float) -> None:
  if not picture.shape == completion.shape == (*hole.shape, *picture.shape[2:]) or hole.ndim != 2:
    raise ValueError(
      f'A picture {picture.shape}, its completion {completion.shape} and its hole {hole.shape} do '
      'not fit each other; they are [H, W, C], [H, W, C] and [H, W].'
    )
  if not 0 <= strength <= 1:
    raise ValueError(f'strength is {strength}; give 0 to 1.')


def _window(
  picture: np.ndarray,
  completion: np.ndarray,
  hole: np.ndarray,
  known: np.ndarray | None,
  part: scale.Part,
  white: float,
  settings: settings_lib.Settings,
) -> tuple[_Window, boxes.Box]:
  """A part's surroundings, the edge repeated to multiples of the factor, and where they are."""
  factor = part.factor
  box = boxes.grown(part.box, settings.margin * factor, boxes.whole(hole))
  here = boxes.slices(box)
  around = hole[here]
  fit = ~around if known is None else known[here].astype(bool) & ~around
  own = np.zeros_like(around)
  own[boxes.slices(boxes.relative(part.box, box))] = part.hole
  guide = np.where(around[..., None], completion[here], picture[here])
  height, width = around.shape
  more = ((0, -height % factor), (0, -width % factor))
  guide = np.pad(guide.astype(np.float32) / np.float32(white), (*more, (0, 0)), mode='edge')
  return _Window(guide, np.pad(own, more), np.pad(fit, more), factor), box


def _detailed(window: _Window, settings: settings_lib.Settings) -> np.ndarray | None:
  """The window with detail in its hole; what is outside means nothing. None without a source."""
  factor = window.factor
  guide = bands.smaller(window.guide, factor)
  hole = bands.smaller(window.hole, factor) > 0
  field = blocks.field(guide, hole, bands.smaller(window.known, factor) == 1, settings)
  quilt = quilting.quilt(field, blocks.grid(field, settings), settings)
  if quilt is None:
    return None
  inner = slice(settings.block, -settings.block), slice(settings.block, -settings.block)
  quilt = quilt._replace(label=quilt.label[inner])
  box = boxes.slices(boxes.grown(boxes.around(hole), settings.block, boxes.whole(hole)))
  full = _times(box, factor)
  finest, *others = settings.bands
  coarse = bands.blur(guide, finest.sigma)
  own = window.guide - _larger(coarse, factor)
  change = _change(own, window.hole[full], quilt, finest, box, factor, settings)
  total = np.zeros_like(change, shape=(*hole[box].shape, guide.shape[2]))
  for band in others:
    finer, coarse = coarse, bands.blur(guide, band.sigma)
    added = _change(finer - coarse, hole[box], quilt, band, box, 1, settings)
    total += added - bands.blur(added, band.sigma)  # what is coarser stays the completion's
  result = window.guide
  result[full] = np.clip(result[full] + change + _larger(total, factor), 0, 1)
  return result


def _times(box: tuple[slice, slice], factor: int) -> tuple[slice, slice]:
  rows, columns = (slice(side.start * factor, side.stop * factor) for side in box)
  return rows, columns


def _change(
  own: np.ndarray,
  hole: np.ndarray,
  quilt: quilting.Quilt,
  band: settings_lib.Band,
  box: tuple[slice, slice],
  factor: int,
  settings: settings_lib.Settings,
) -> np.ndarray:
  """What is to be added to a band of the completion within a box of the quilt, of which a pixel is
  `factor` wide here. `own` is the window's, `hole` the box's.
  """
  copied = laying.copied(own, quilt, box, factor=factor, feather=settings.feather)
  gain = laying.gains(quilt, settings.bands.index(band), settings.block / 4)[box]
  copied *= _larger(gain[..., None], factor)
  own = own[_times(box, factor)]
  joined = laying.join(
    own,
    copied,
    bands.depth(hole),
    fade=band.fade * factor,
    rise=band.rise * factor,
    louder=band.louder,
    side=settings.block * factor,
  )
  return joined - own


def _larger(values: np.ndarray, factor: int) -> np.ndarray:
  return bands.larger(np.pad(values, ((1, 1), (1, 1), (0, 0)), mode='edge'), factor)
