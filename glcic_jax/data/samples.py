"""The samples of a run: sample i of step s is a function of (seed, s, i), in NumPy and Pillow.

Its number in the whole run, s * batch_size + i, says which picture it shows (`order.py`), where and
at what scale, and how its hole is drawn (`draws.py`). Whatever loads the samples asks here for
them, so that all loaders give the same batches to the bit.
"""

from collections.abc import Callable, Sequence
import dataclasses
import functools
from typing import Any

import numpy as np

from glcic_jax.data import order
from glcic_jax.data import reading
from glcic_jax.data import resampling
from glcic_jax.data import sources
from glcic_jax.holes import draws
from glcic_jax.holes import kinds
from glcic_jax.holes import views

# Some samples: pictures [N, H, W, 3] and masks [N, H, W, 1] uint8, views and real views [N, 2]
# int32.
Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

# Validation holes are the same in every run, whatever its seed.
_VALIDATION_SEED = 0


class Samples:
  """Training and held-back samples by their numbers; any thread may ask for any of them.

  Sent to another process, it is made anew there.
  """

  def __init__(self, config: Any, splits: sources.Splits):
    """Reads no picture.

    Raises:
      errors.InputError: if what `data.resampler` asks for is not installed, or there are no masks.
    """
    self._config, self._splits = config, splits
    red, green, blue = (round(255 * level) for level in config.data.alpha_color)
    reader = functools.partial(
      reading.Reader, unreadable_share=config.data.unreadable_share, ground=(red, green, blue)
    )
    resample = resampling.by_name(config.data.resampler)
    self.training_reader = reader(splits.train, resample=resample)
    self.validation_reader = reader(splits.validation)  # as evaluation does: by Pillow
    self._order = order.Order(splits.train, config.seed)
    self._draw_mask = {
      seed: kinds.from_config(config.mask, config.image_size, seed)
      for seed in {config.seed, _VALIDATION_SEED}
    }

  def __reduce__(self) -> tuple[Any, ...]:
    return Samples, (self._config, self._splits)

  def training(self, numbers: Sequence[int]) -> Rows:
    """Training samples.

    Raises:
      errors.RunError: when too many pictures are broken, or all masks are gone.
    """
    config = self._config
    low, high = config.data.resize_short_edge
    image = np.empty((len(numbers), config.image_size, config.image_size, 3), np.uint8)
    for row, number in enumerate(numbers):
      rng = draws.generator(config.seed, number, draws.PICTURE)
      short_edge = int(rng.integers(low, high, endpoint=True))
      place = rng.random(2).tolist()
      picture = self._order.picture(number)
      crop = self.training_reader.crop(picture, config.image_size, short_edge, place)
      image[row] = crop[:, ::-1] if config.data.flip and rng.integers(2) else crop
    if config.mask.shared:
      numbers = [number - number % config.batch_size for number in numbers]
    return image, *self._holes(config.seed, draws.COMPLETION, numbers)

  def held_back(self, numbers: Sequence[int]) -> Rows:
    """Held-back pictures in turn: each a central crop, its short edge at the smallest size.

    Raises:
      errors.RunError: as for `training`.
    """
    low, _ = self._config.data.resize_short_edge
    pictures = len(self._splits.validation)
    crop = self.validation_reader.crop
    image = np.stack(
      [crop(number % pictures, self._config.image_size, low, (0.5, 0.5)) for number in numbers]
    )
    return image, *self._holes(_VALIDATION_SEED, draws.VALIDATION, numbers)

  def _holes(
    self, seed: int, stream: int, numbers: Sequence[int]
  ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The holes M_c of some samples, the views around them, and the views of the real pictures.

    The hole M_d that places a real view (Algorithm 1) is that of the sample's neighbour:
    independent of the sample's own, and no hole is drawn for its place alone.
    """
    neighbours = [draws.neighbour(number) for number in numbers]
    hole = {
      number: self._draw_mask[seed](draws.generator(seed, number, stream))
      for number in {*numbers, *neighbours}
    }
    view = {
      number: views.view_corner(mask, self._config.model.local_size)
      for number, mask in hole.items()
    }
    return (
      np.stack([hole[number] for number in numbers]),
      np.stack([view[number] for number in numbers]),
      np.stack([view[number] for number in neighbours]),
    )


@dataclasses.dataclass(frozen=True)
class Chunks:
  """The rows of every batch that one process reads, in chunks: each as many as one call makes."""

  samples: Samples
  batch_size: int  # of all processes together
  rows: range
  size: int  # rows of a chunk; divides their number
  held_back: bool = False

  @property
  def in_a_batch(self) -> int:
    """How many chunks."""
    return len(self.rows) // self.size

  @property
  def reader(self) -> reading.Reader:
    """What reads their pictures."""
    samples = self.samples
    return samples.validation_reader if self.held_back else samples.training_reader

  def __call__(self, chunk: int) -> Rows:
    """Chunk `chunk`, counted over all batches from step 0 on."""
    batch, place = divmod(chunk * self.size, len(self.rows))
    first = batch * self.batch_size + self.rows.start + place
    of_numbers: Callable[[Sequence[int]], Rows] = (
      self.samples.held_back if self.held_back else self.samples.training
    )
    return of_numbers(range(first, first + self.size))
