"""The holes of an evaluation: drawn by kind, drawn from a folder, or one mask for each picture.

Each of the three gives a function (index, name, full) -> (`[H, W]` bool, kind): `index` is the
picture's number in the manifest, `name` its name, `full` its (height, width) upright. The hole is
of the picture as it is evaluated: `full`, or `[size, size]`, the middle square of it.
"""

from collections.abc import Callable, Sequence
import functools

import numpy as np
from PIL import Image

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax import files
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import own_masks
from glcic_jax.holes import shapes
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import masks

HoleOf = Callable[[int, str, tuple[int, int]], tuple[np.ndarray, str]]

STROKES = tuple(f'{brush} strokes' for brush in shapes.STROKES)
OWN = 'own'
# What KIND can be -> the kinds of hole that it stands for; several take turns.
KINDS = {
  **{kind: (kind,) for kind in ('center', 'rectangle', 'rectangles', 'region', 'blocks')},
  'strokes': STROKES,
  **{brush: (f'{brush} strokes',) for brush in shapes.STROKES},
  'mixture': ('rectangle', 'region', 'blocks', *STROKES),
}

# Pixels. Pictures as they are have any size: their holes are drawn on a square and stretched, so
# that smooth noise, which takes long, is made once. Of pictures of one size, only larger ones' are
# stretched.
_DRAWN, _LARGEST_DRAWN = 256, 512
_STROKES_AREA = (0.01, 0.6)  # shares of the picture: all the bins of published tables
_RECTANGLE_SIDE = (0.375, 0.5)  # GLCIC's 96 to 128 of 256 px


def kinds_of(text: str) -> tuple[str, ...]:
  """The kinds of hole that a KIND, or several with commas between, stand for.

  Raises:
    errors.InputError: on an unknown one.
  """
  chosen: dict[str, None] = {}
  for word in text.split(','):
    if word not in KINDS:
      sentence = (
        f'--masks is {text!r}; give a folder of masks that is there, or a kind of hole '
        f'({", ".join(KINDS)}; several with commas between).'
      )
      hint = errors.did_you_mean(word, KINDS) or files.did_you_mean(text)
      raise errors.InputError(errors.with_hint(sentence, hint))
    chosen |= dict.fromkeys(KINDS[word])
  return tuple(chosen)


def drawn(chosen: Sequence[str], *, seed: int, size: int | None, center_side: float) -> HoleOf:
  """Holes of the kinds chosen, of `kinds_of`, in turns; drawn by (seed, index).

  Args:
    chosen: kinds.
    seed: of the manifest.
    size: side of the pictures in pixels, or None for pictures as they are.
    center_side: of the kind `center`, as a share of the picture's height and width.

  Raises:
    errors.InputError: if `center_side` is no share.
  """
  if not 0 < center_side < 1:
    raise errors.InputError(
      f'--mask-side is {center_side:g}; give a share of the picture between 0 and 1.'
    )

  def hole_of(index: int, name: str, full: tuple[int, int]) -> tuple[np.ndarray, str]:
    del name
    kind, (height, width) = chosen[index % len(chosen)], (size, size) if size else full
    if kind == 'center':
      lines = (shapes.center(length, center_side)[..., 0].any(axis=0) for length in (height, width))
      return np.logical_and.outer(*lines), kind
    side = min(size, _LARGEST_DRAWN) if size else _DRAWN
    hole = _draw(kind, side, seed)(draws.generator(seed, index, draws.EVALUATION))
    return _stretched(hole, height, width, name=f'A {kind} hole'), kind

  return hole_of


@functools.lru_cache(64)
def _draw(kind: str, side: int, seed: int) -> kinds.Draw:
  config = config_lib.default().mask
  brush, _, strokes = kind.partition(' ')
  config.kind = 'strokes' if strokes else kind
  config.side = shapes.to_pixels(_RECTANGLE_SIDE, side)
  config.strokes.area = _STROKES_AREA
  if strokes:
    config.strokes.brush = brush
  return kinds.from_config(config, side, seed)


def drawn_from(
  folder: str, *, seed: int, size: int | None, channel: mask_meaning.Channel | None = None
) -> HoleOf:
  """Any of the user's own masks for each picture, drawn by (seed, index) and fitted to it.

  `channel` is of masks that could be understood in two ways; see `masks.of_image`.

  Raises:
    errors.InputError: if the folder holds no usable mask.
  """

  @functools.lru_cache(8)
  def masks_of(side: int) -> own_masks.Folder:
    return own_masks.Folder(
      folder,
      side,
      flip=False,
      rotate=False,
      scale=(1.0, 1.0),
      channel=channel,
      flag=f'{mask_meaning.FLAG} ',
    )

  masks_of(size or _DRAWN)  # are there any?

  def hole_of(index: int, name: str, full: tuple[int, int]) -> tuple[np.ndarray, str]:
    height, width = (size, size) if size else full
    hole = masks_of(max(height, width))(draws.generator(seed, index, draws.EVALUATION))
    return _stretched(hole, height, width, name=f'The mask drawn for {name}'), OWN

  return hole_of


def paired(
  mask_of: Callable[[str], str], *, size: int | None, channel: mask_meaning.Channel | None = None
) -> HoleOf:
  """Each picture's own mask, of the picture's size upright; `size`: cut to the middle square.

  `mask_of` gives the path of a picture's mask, and raises InputError where there is none.
  `channel` as of `drawn_from`.
  """

  def hole_of(index: int, name: str, full: tuple[int, int]) -> tuple[np.ndarray, str]:
    del index
    path, (height, width) = mask_of(name), full
    hole = masks.from_mask(path, (width, height), channel=channel)
    if size:
      window = min(height, width)
      left, top = (width - window) / 2, (height - window) / 2
      box, whole = (left, top, left + window, top + window), Image.fromarray(hole.astype(np.uint8))
      hole = np.asarray(whole.resize((size, size), Image.Resampling.NEAREST, box=box)) > 0
    masks.check_hole(hole, f'{path}, cut to the middle square,')
    return hole, OWN

  return hole_of


def _stretched(hole: np.ndarray, height: int, width: int, *, name: str) -> np.ndarray:
  """A square hole on a picture of any shape."""
  resized = Image.fromarray(hole[..., 0]).resize((width, height), Image.Resampling.NEAREST)
  fitted = np.asarray(resized) > 0
  masks.check_hole(fitted, name)
  return fitted
