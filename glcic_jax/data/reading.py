"""Reading pictures of a source when some of them are broken.

A picture that cannot be read is replaced in place by the next readable one, so that no
other row of any batch moves; it is named once. When more than a share of them is
broken, the data is not what it was thought to be and the run stops. A share above 0 bears one
in any case: a hundredth of a small folder is no picture at all.
"""

from collections.abc import Callable, Sequence
from concurrent import futures
import math
import sys
import threading

import numpy as np

from glcic_jax import errors
from glcic_jax.data import sources
from glcic_jax.pictures import image_files


class Reader:
  """Crops and mean colours of a source's pictures; safe to call from many threads."""

  def __init__(
    self,
    source: sources.Source,
    *,
    unreadable_share: float,
    ground: tuple[int, int, int] = (255, 255, 255),
    resample: image_files.Resample = image_files.resample,
  ):
    """Reads nothing yet.

    Args:
      source: of the pictures.
      unreadable_share: of the pictures, above which `failure` is set and reading stops; one
        broken picture is borne unless it is 0.
      ground: what shows through transparent pixels, RGB.
      resample: as `image_files.read_crop` takes it.
    """
    self._source = source
    self._ground = ground
    self._resample = resample
    self._share = unreadable_share
    borne = round(unreadable_share * len(source), 6)  # 0.29 * 100 is less than 29
    self._borne = max(borne, 1) if unreadable_share else 0
    # Takes the index of each broken picture, once, and a sentence that names it.
    self.tell: Callable[[int, str], object] = self._print
    self._broken: set[int] = set()
    self._lock = threading.Lock()
    self.failure: str | None = None  # why the run is over, for every thread

  def crop(self, index: int, size: int, short_edge: int, place: Sequence[float]) -> np.ndarray:
    """A crop of picture `index`, or of the next readable one; see `image_files.read_crop`.

    Raises:
      errors.RunError: when too many pictures are broken.
    """

    def read(name: str) -> np.ndarray:
      return image_files.read_crop(
        self._source.read(name), size, short_edge, place, name, self._ground, self._resample
      )

    return self._first_readable(index, read)

  def mean_color(self, most: int) -> tuple[float, float, float]:
    """The mean colour, RGB in 0..1, of up to `most` pictures spread evenly over the source."""
    count = min(most, len(self._source))
    chosen = [i * len(self._source) // count for i in range(count)]

    def mean(name: str) -> np.ndarray:
      image = image_files.open_picture(self._source.read(name), name)
      image.draft('RGB', (64, 64))
      levels = np.asarray(image_files.to_rgb(image_files.load(image), self._ground), np.float64)
      return levels.mean(axis=(0, 1)) / 255

    with futures.ThreadPoolExecutor() as pool:
      means = list(pool.map(lambda index: self._first_readable(index, mean), chosen))
    red, green, blue = np.mean(means, axis=0).round(6)
    return float(red), float(green), float(blue)

  def _first_readable(self, index: int, read: Callable[[str], np.ndarray]) -> np.ndarray:
    """What `read` makes of picture `index`, or of the next one that can be read."""
    for offset in range(len(self._source)):
      candidate = (index + offset) % len(self._source)
      with self._lock:
        self._check()
        if candidate in self._broken:
          continue
      name = self._source.names[candidate]
      try:
        return read(name)
      except errors.InputError as error:
        sentence = str(error)
      except OSError as error:
        sentence = f'{name} cannot be read ({error.strerror or error}).'
      self.note(candidate, sentence)
    with self._lock:
      self.failure = self.failure or 'No picture of the data can be read; check data.folder.'
      raise errors.RunError(self.failure)

  def note(self, index: int, sentence: str) -> None:
    """Counts a broken picture and names it, unless it is known already.

    Raises:
      errors.RunError: when too many are broken.
    """
    with self._lock:
      self._check()  # another thread was first: the run is over
      if index in self._broken:
        return
      self._broken.add(index)
      self.tell(index, errors.shown(sentence))
      if self._too_many:
        broken, count = len(self._broken), len(self._source)
        self.failure = (
          f'{broken} of {count} pictures cannot be read, more than data.unreadable_share = '
          f'{self._share:g} bears; remove the broken ones, or give '
          f'--config.data.unreadable_share={_share(broken, count):g}, which bears {broken}.'
        )
      self._check()

  @property
  def _too_many(self) -> bool:
    return len(self._broken) > self._borne

  def _check(self) -> None:
    """Raises a new error each time: one that many threads raise again grows by all of them."""
    if self.failure is not None:
      raise errors.RunError(self.failure)

  def _print(self, index: int, sentence: str) -> None:
    del index
    instead = f' The next readable picture takes its place ({len(self._broken)} so far).'
    print(sentence if self._too_many else sentence + instead, file=sys.stderr)


def _share(broken: int, count: int) -> float:
  """The smallest share of few digits that bears so many of so many: 0.09 for 2 of 24."""
  digits = max(2, math.ceil(math.log10(count)))
  return math.ceil(broken * 10**digits / count) / 10**digits
