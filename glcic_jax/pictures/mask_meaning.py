"""What a mask means: the one place that decides which of its pixels are the hole.

    meaning = mask_meaning.decide(mask_meaning.array_of(image))
    meaning.hole, meaning.note

NumPy alone, so that the programs beside exported models can hold a copy of it. White is the hole,
from half of the scale on. Whoever paints a mask otherwise usually leaves no doubt either, and where
there is any, a sentence says what the file holds.
"""

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from glcic_jax.pictures import grey_photographs

Channel: TypeAlias = Literal['alpha', 'luminance']
CHANNELS: tuple[Channel, ...] = ('alpha', 'luminance')
FLAG = '--mask-channel'  # of commands; `mask_channel` of `Completer`

_FEW = 8  # levels, or colours, that are told apart
_FAINT = 0.94  # share of the scale below which the highest level is told
_COLORED = 64  # between the lowest and the highest of RGB
_DARK = 64  # what is darker has no hue
_ONE_COLOR = 32  # levels by which one colour may vary: lossy files
_HUE = 0.25  # shares of the brightest of RGB by which one hue may vary
_RARE = 0.05  # share of the pixels that may be of another colour
_SAMPLE = 1_000_000  # pixels that stand for all in statistics


class Unclear(ValueError):
  """What is wrong with a mask, without its name: one sentence's end."""

  def __init__(self, sentence: str, *channels: Channel) -> None:
    """`channels`: which can be asked for instead, so that the hole is found by it."""
    super().__init__(sentence)
    self.channels = channels


class Meaning(NamedTuple):
  """Where the hole is, and what should be said of how that was found."""

  hole: np.ndarray  # [H, W] bool
  part: str  # what the hole is called: white, black, opaque, transparent
  note: str  # empty for a plain black and white mask
  held: str  # the levels that it holds, for a sentence


def decide(mask: np.ndarray, *, channel: Channel | None = None, invert: bool = False) -> Meaning:
  """Finds the hole in a mask picture.

  Opaque, its levels say it; transparent in part, its alpha: what is painted is the hole if that is
  of one colour, what is cut out if the rest is a picture. Two levels, one of them 0: the other is
  the hole.

  Args:
    mask: `[H, W]` or `[H, W, 1 to 4]` of numbers: grey or RGB, with alpha or without.
    channel: what to look at, instead of that; without colours, lightness.
    invert: the hole is all else: what is black, not opaque, not transparent.

  Raises:
    Unclear: if it cannot be told; the message goes on where the mask's name ends.
  """
  levels, alpha = _split(mask)
  if channel == 'alpha' and alpha is None:
    raise Unclear(f'has no alpha channel; leave {FLAG} alpha out.')
  # What is nowhere more than half as transparent as elsewhere, is not transparent in part.
  in_part = alpha is not None and alpha.min() < (int(alpha.max()) + 1) // 2
  if channel is None and alpha is not None and in_part:
    found = _by_alpha(levels, alpha)
  elif channel == 'alpha' and alpha is not None:
    found = _painted(alpha, 'opaque', '')
  else:
    if alpha is not None and in_part:  # what is transparent is not painted
      levels = _on_ground(levels, alpha, 255 if invert else 0)
    found = _opaque(levels, told=channel is not None)
    if alpha is not None and not alpha.any():
      held = 'it is transparent everywhere'
      found = found._replace(held=held, note=f'{held}: what its hidden colours show is taken.')
  if not invert:
    return found
  others = {'white': 'black', 'opaque': 'transparent', 'transparent': 'opaque'}
  return found._replace(hole=~found.hole, part=others[found.part], note='')


def array_of(image: Any) -> np.ndarray:
  """A Pillow image of any mode as `decide` takes it; palettes and transparent colours are resolved.

  Raises:
    ValueError: if Pillow does not convert its mode.
  """
  mode = image.mode
  if 'transparency' in image.info:
    if not mode.startswith('I;16'):
      return np.asarray(image.convert('LA' if mode in ('1', 'L') else 'RGBA'))
    numbers = np.asarray(image)
    shown = np.where(numbers == image.info['transparency'], 0, 65_535)
    return np.stack([numbers, shown.astype(numbers.dtype)], axis=-1)
  if mode == 'I':
    numbers = np.asarray(image)
    # Unsigned files, whose 'all bits' Pillow reads as -1.
    return -numbers if numbers.min(initial=0) == -1 and numbers.max(initial=0) <= 0 else numbers
  if mode in ('1', 'L', 'LA', 'RGB', 'RGBA', 'F') or mode.startswith('I;16'):
    return np.asarray(image)
  return np.asarray(image.convert({'PA': 'RGBA', 'La': 'LA', 'RGBa': 'RGBA'}.get(mode, 'RGB')))


def _split(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
  """Levels `[H, W]` or `[H, W, 3]`, and alpha `[H, W]` or None; of several channels, in 8 bits."""
  if mask.ndim not in (2, 3) or mask.ndim == 3 and not 1 <= mask.shape[2] <= 4:
    raise Unclear(f'is an array of shape {mask.shape}; give [H, W] or [H, W, 1 to 4].')
  if mask.dtype.kind not in 'biuf' and mask.dtype.name != 'bfloat16':
    raise Unclear(f'is an array of type {mask.dtype}; give booleans, or 0 and 255.')
  if not mask.size:
    raise Unclear(f'has no pixels (shape {mask.shape}); give one with some.')
  if mask.dtype.kind not in 'biu':
    mask = mask.astype(np.float32)
    if not np.isfinite(mask).all():
      raise Unclear('has values that are not finite; give 0 and 255, or booleans.')
  if mask.dtype.kind in 'if' and mask.min() < 0:
    raise Unclear(f'has values below 0 ({mask.min():g} the lowest); give 0 and 255, or booleans.')
  if mask.ndim == 2 or mask.shape[2] == 1:
    return mask.reshape(mask.shape[:2]), None
  if mask.dtype != np.uint8:
    mask = (mask * (255 / _white(mask))).round().astype(np.uint8)
  alpha = mask[..., -1] if mask.shape[2] in (2, 4) else None
  levels = mask[..., 0] if mask.shape[2] == 2 else mask[..., :3]
  return levels, alpha


def _white(levels: np.ndarray) -> float:
  """What the scale ends with, by the type of the levels and the highest of them."""
  highest = float(levels.max())
  scales = [1, 255, 65_535] if levels.dtype.kind in 'bf' else [255, 65_535]
  return next((scale for scale in scales if highest <= scale), highest)


def _thresholded(levels: np.ndarray) -> Meaning:
  """The hole by levels `[H, W]`."""
  lowest, highest, white = levels.min(), levels.max(), _white(levels)
  half = np.ceil(white / 2) if white > 1 else white / 2
  held = f'its highest level is {highest:g} of {white:g}' if highest else ''
  if half <= lowest < highest:
    held = f'its levels are {lowest:g} to {highest:g} of {white:g}'
  found = Meaning(levels >= half, 'white', '', held)
  if lowest == highest or levels.dtype == bool:
    return found
  if highest < half:
    if lowest == 0 and ((levels == 0) | (levels == highest)).all():
      note = f'{highest:g} is its only level besides 0, and is taken for the hole.'
      return found._replace(hole=levels == highest, note=note)
    return found
  if white == 255 and levels.dtype.itemsize == 2:
    note = 'it holds 8-bit levels in 16 bits: 128 and above is taken for the hole.'
    return found._replace(note=note)
  if highest < _FAINT * white:
    return found._replace(note=f'{held}: {half:g} and above is taken for the hole.')
  values = _few(levels)
  if 2 < len(values) <= _FEW and all(value <= white / 4 for value in values[:-1]):
    listed = ', '.join(f'{value:g}' for value in values)  # as of classes, 255 for none of them
    return found._replace(note=f'it holds {listed}: {half:g} and above is taken for the hole.')
  return found


def _no_photograph(levels: np.ndarray) -> np.ndarray:
  """Levels `[H, W]` as they are, unless they are of a photograph."""
  share = grey_photographs.middle(levels, _white(levels))
  if not share:
    return levels
  raise Unclear(
    f'looks like a photograph, not a mask: {share:.0%} of it is neither light nor dark; paint the '
    f'hole white and all else black, or give {FLAG} luminance, by which what is light is the hole.',
    'luminance',
  )


def _few(levels: np.ndarray) -> list[float]:
  """The levels that there are, in order; of many, a few more than `_FEW`."""
  values: list[float] = []
  rest = levels.ravel()
  while rest.size and len(values) <= _FEW:
    values.append(rest[0])
    rest = rest[rest != rest[0]]
  return sorted(values)


def _painted(strength: np.ndarray, part: str, note: str) -> Meaning:
  """What is painted at least half as strongly as anywhere, `[H, W]` uint8."""
  highest = int(strength.max())
  held = f'its highest level is {highest} of 255' if highest else ''
  return Meaning(strength >= max(1, (highest + 1) // 2), part, note, held)


def _opaque(levels: np.ndarray, *, told: bool) -> Meaning:
  """The hole of an opaque picture; of one hue on black, what is painted.

  Where it is told that lightness decides, the hue does not.
  """
  if told:
    return _thresholded(levels if levels.ndim == 2 else _lightness(levels))
  if levels.ndim == 2:
    return _thresholded(_no_photograph(levels))
  brightest = levels.max(axis=-1)
  colored = brightest - levels.min(axis=-1) > _COLORED
  painted = np.count_nonzero(brightest >= _DARK)
  if not painted:
    return _thresholded(brightest)
  if np.count_nonzero(colored) <= _RARE * painted:
    return _thresholded(_no_photograph(_lightness(levels)))
  hues = sample(levels[brightest >= _DARK]).astype(np.float32)
  hues /= hues.max(axis=-1, keepdims=True)
  is_one = np.abs(hues - np.median(hues, axis=0)).max(axis=-1) <= _HUE
  if is_one.mean() >= 1 - _RARE and painted < brightest.size:
    note = 'it is painted in one colour on black: what is painted is the hole.'
    return _painted(brightest, 'white', note)
  held = f'holds {_colors(levels.reshape(-1, 3))} and is no white on black'
  remedy = 'paint the hole white and all else black'
  if is_picture(sample(levels.reshape(-1, 3))):  # what is light in it would be no hole
    raise Unclear(f'{held}; {remedy}.')
  remedy += f', or give {FLAG} luminance, by which what is light is the hole'
  raise Unclear(f'{held}; {remedy}.', 'luminance')


def _by_alpha(levels: np.ndarray, alpha: np.ndarray) -> Meaning:
  """The hole of a picture that is transparent in part."""
  opaque = alpha >= (int(alpha.max()) + 1) // 2
  visible = levels[opaque].reshape(np.count_nonzero(opaque), -1)
  colors, shares = sample(visible), sample(alpha[opaque])[:, None]
  if _is_one(colors) or _is_one(np.minimum(255, colors * (255.0 / shares))):  # or premultiplied
    note = 'it is painted in one colour on nothing: what is painted is the hole.'
    return _painted(alpha, 'opaque', note)
  if is_picture(colors):
    note = 'it is a picture with a part cut out: what is transparent is the hole.'
    return Meaning(alpha <= 127, 'transparent', note, '')
  raise Unclear(
    f'holds {_colors(visible)}, opaque in {opaque.mean():.0%} of it and transparent elsewhere; '
    f'give {FLAG} alpha, by which what is opaque is the hole, or luminance, by which what '
    'is light is.',
    *CHANNELS,
  )


def _is_one(colors: np.ndarray) -> bool:
  """Whether `[N, C]` is one colour, but for noise."""
  low, high = np.percentile(colors, (1, 99), axis=0)
  return bool((high - low).max() <= _ONE_COLOR)


def is_picture(colors: np.ndarray) -> bool:
  """Whether `[N, C]` uint8 is of a photograph: many colours, not only light and dark."""
  _, counts = np.unique(colors, axis=0, return_counts=True)
  flat = np.sort(counts)[-_FEW:].sum() / counts.sum()
  grey = _lightness(colors)
  low, high = (float(level) for level in np.percentile(grey, (1, 99)))
  margin = (high - low) / 8
  extreme = ((grey <= low + margin) | (grey >= high - margin)).mean()
  return bool(flat < 0.9 and extreme < 0.8)


def _colors(colors: np.ndarray) -> str:
  """What colours `[N, C]` uint8 there are, for a sentence."""
  shown, counts = np.unique(sample(colors), axis=0, return_counts=True)
  order = np.argsort(-counts, kind='stable')
  names = ['#' + ''.join(f'{level:02x}' for level in np.resize(shown[i], 3)) for i in order[:3]]
  if len(order) > len(names):
    return f'{len(order)} colours ({", ".join(names)} the most frequent)'
  return f'{len(order)} {"colour" if len(order) == 1 else "colours"} ({", ".join(names)})'


def _on_ground(levels: np.ndarray, alpha: np.ndarray, ground: int) -> np.ndarray:
  """Levels where there is any opacity, a ground elsewhere, and the mixture between."""
  share = alpha.astype(np.float32) / 255
  share = share[..., None] if levels.ndim == 3 else share
  return (share * levels + (1 - share) * ground).round().astype(np.uint8)


def _lightness(colors: np.ndarray) -> np.ndarray:
  """Of `[..., 1 or 3]` uint8 (ITU-R 601), without an array of larger numbers than it needs."""
  if colors.shape[-1] == 1:
    return colors[..., 0]
  red, green, blue = (colors[..., index].astype(np.uint16) for index in range(3))
  return ((77 * red + 150 * green + 29 * blue) >> 8).astype(np.uint8)


def sample(values: np.ndarray) -> np.ndarray:
  """At most about `_SAMPLE` of `[N, ...]`, evenly spread."""
  return values[:: -(-len(values) // _SAMPLE)] if len(values) else values
