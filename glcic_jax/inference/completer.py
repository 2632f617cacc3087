"""Completer: a model, ready to fill holes in pictures.

    completer = Completer.from_pretrained('my_model')
    completed = completer('photo.jpg', 'hole.png')      # PIL in, PIL out; arrays in, arrays out

Every pixel outside the hole leaves exactly as it came in.
"""

from collections.abc import Callable
from collections.abc import Generator
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import functools
import numbers
import os
from typing import Any
import warnings

from etils import epath
import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax import images
from glcic_jax import models
from glcic_jax.inference import blending
from glcic_jax.inference import fixed_size
from glcic_jax.inference import tiling
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import tensors
from glcic_jax.models import folding
from glcic_jax.models.convolutions import convolution
from glcic_jax.pictures import image_files
from glcic_jax.pictures import masks
from glcic_jax.pictures import modes

Picture = epath.PathLike | Image.Image | np.ndarray | jax.Array

# A picture on its way: it hands out what the network is to complete, and takes what it said.
_Job = Generator[tuple[np.ndarray, np.ndarray], np.ndarray, None]


class Completer:
  """Fills holes. Windows of pictures have few sizes, and one program is compiled for each."""

  def __init__(
    self,
    variables: Mapping[str, Any],
    description: model_files.Description,
    *,
    device: str | None = None,
    batch_size: int | None = None,
  ):
    """Puts a generator on a device.

    Args:
      variables: the generator's `{'params': ..., 'batch_stats': ...}`.
      description: the model's `config.json`.
      device: 'cpu', 'gpu' or 'tpu'; JAX's own choice by default.
      batch_size: how many windows of a size go through the network together; by default 8, and 1 on
        a CPU, where more gain nothing.

    Raises:
      errors.InputError: if there is no such device, or the weights do not fit the description.
    """
    self.description = description
    self._device = _device(device)
    if batch_size is not None and batch_size < 1:
      raise errors.InputError(f'batch_size is {batch_size}; give 1 or more.')
    self.batch_size = batch_size or (1 if self._device.platform == 'cpu' else 8)
    _check_weights(variables, description)
    self._generator = architectures.build_generator(description.architecture)
    self._multiple = architectures.kind_of(description.architecture).size_multiple
    self._field = architectures.centred_field(description.architecture)
    apply = functools.partial(self._generator.apply, train=False)
    if folding.is_foldable(description.architecture):
      variables = folding.fold(variables)
      apply = functools.partial(folding.apply, self._generator)
    self._variables = jax.device_put(dict(variables), self._device)
    complete = functools.partial(_complete, self._generator, apply, description)
    self._run = jax.jit(convolution.defined(complete))
    self._run_windows = jax.jit(
      complete
    )  # on a CPU slower to compile and faster to run: for sizes that recur

  @classmethod
  def from_pretrained(
    cls,
    model: epath.PathLike,
    *,
    revision: str | None = None,
    device: str | None = None,
    batch_size: int | None = None,
  ) -> 'Completer':
    """Loads a MODEL: a model directory, a training workdir, a checkpoint step in it, or a name on
    the Hugging Face Hub, where `revision` is a commit, a tag or a branch.

    Raises:
      errors.InputError: if it is none of these, or is damaged.
    """
    variables, description = model_files.load(model, revision=revision)
    return cls(variables, description, device=device, batch_size=batch_size)

  def __call__(
    self,
    image: Picture | Sequence[Picture],
    mask: Picture | Sequence[Picture] | None = None,
    *,
    blend: str = 'poisson',
    feather: int = 0,
    large: str = 'crop',
  ) -> Any:
    """Completes one picture, or each of several.

    Args:
      image: a path, a PIL image, or a NumPy or JAX array `[H, W]` or `[H, W, 1 to 4]` of uint8 or
        uint16; or a list of them, or one array `[B, H, W, C]`.
      mask: the hole, of the same height and width: white (128 and above, or True) is the hole. A
        list goes with several images; one mask serves them all. None: where the image is
        transparent.
      blend: how the hole is fitted to its surroundings: 'poisson', 'opencv' or 'none'.
      feather: over so many pixels inside the hole's edge, the known pixels' colours fade out.
      large: what the network sees of a picture: 'crop', windows around the holes at the scale that
        it was trained for; 'resize', the whole picture, shrunk to that scale; 'whole', the picture
        as it is.

    Returns:
      what came in, completed: a PIL image for a path (upright) or a PIL image, an array for an
        array, a
      list for a list. Size, type and mode are kept, but for modes that cannot show it: see
      `modes.kept`.

    Raises:
      errors.InputError: if a picture or a mask cannot be used; the sentence says why.
    """
    _check_options(blend, feather, large)
    if isinstance(image, (np.ndarray, jax.Array)) and image.ndim == 4 and len(image):
      results = self(
        list(image), _split(mask, image.shape), blend=blend, feather=feather, large=large
      )
      return jnp.stack(results) if isinstance(image, jax.Array) else np.stack(results)
    if not isinstance(image, (list, tuple)):
      return self([image], [mask], blend=blend, feather=feather, large=large)[0]
    masks = mask if isinstance(mask, (list, tuple)) else [mask] * len(image)
    if len(masks) != len(image):
      raise errors.InputError(
        f'{len(image)} pictures came with {len(masks)} masks; give one each, or one for all.'
      )
    results = []
    for start in range(0, len(image), self.batch_size):
      pairs = zip(image[start : start + self.batch_size], masks[start : start + self.batch_size])
      results += self._complete_together([_pair(*pair) for pair in pairs], blend, feather, large)
    return results

  def complete_batch(self, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Completes pictures of one size together by the network alone: as a whole, unblended.

    Args:
      image: `[B, H, W, 3]` uint8.
      mask: `[B, H, W, 1]`, 1 = hole.

    Returns:
      `[B, H, W, 3]` uint8, equal to `image` outside the hole.

    Raises:
      errors.InputError: if the model completes only the middle, and a hole is elsewhere.
    """
    fixed_size.check_hole(self._generator, mask)
    height, width = image.shape[1:3]
    # To the next multiple and no further: what is inside is what the network defines.
    pad = ((0, 0), (0, -height % self._multiple), (0, -width % self._multiple), (0, 0))
    padded = (
      np.pad(array, pad, mode='reflect')
      for array in (image.astype(np.float32), (mask > 0).astype(np.uint8))
    )
    raw = self._raw(*padded)
    return np.where(mask > 0, np.round(raw[:, :height, :width]).astype(np.uint8), image)

  @property
  def network(self) -> tuple[Callable[[Any, jax.Array, jax.Array], jax.Array], dict[str, Any]]:
    """What `export` writes: (variables, image, mask) -> raw output, on the scale 0..255, and
    its variables.
    """
    return self._run, self._variables

  def _raw(self, image: np.ndarray, mask: np.ndarray, *, windows: bool = False) -> np.ndarray:
    """The network's output: `[B, H, W, 3]` float32, 0..255, and `[B, H, W, 1]` uint8 -> as the
    former.
    """
    with jax.default_device(self._device):
      return np.asarray((self._run_windows if windows else self._run)(self._variables, image, mask))

  def _complete_together(
    self, pairs: Sequence[tuple[modes.Picture, np.ndarray]], blend: str, feather: int, large: str
  ) -> list[Any]:
    if models.own_side(self._generator) is not None:  # it knows whole pictures, brought to its side
      large = 'whole'
      for _, mask in pairs:
        fixed_size.check_hole(self._generator, mask[None, ..., None])
    levels = [picture.levels() for picture, _ in pairs]
    jobs = []
    for canvas, (_, mask) in zip(levels, pairs):
      parts = tiling.parts(
        mask, large=large, side=self.description.image_size, multiple=self._multiple
      )
      jobs.append(_job(canvas, mask, self._seen_across(mask, parts), blend, feather))
    self._run_jobs(jobs, windows=large != 'whole')
    return [picture.completed(canvas, mask) for canvas, (picture, mask) in zip(levels, pairs)]

  def _run_jobs(self, jobs: Iterable[_Job], *, windows: bool) -> None:
    """Takes all jobs one window further until all are done, windows of one size together."""
    waiting = [(job, next(job)) for job in jobs]
    while waiting:
      sizes: dict[tuple[int, ...], list[tuple[_Job, tuple[np.ndarray, np.ndarray]]]] = {}
      for job, request in waiting:
        sizes.setdefault(request[0].shape, []).append((job, request))
      waiting = []
      for same in sizes.values():
        # Full batches, then one by one: two programs for each size.
        count = self.batch_size if len(same) >= self.batch_size else 1
        while same:
          count = count if len(same) >= count else 1
          now, same = same[:count], same[count:]
          raw = self._raw(*map(np.stack, zip(*(request for _, request in now))), windows=windows)
          for (job, _), output in zip(now, raw):
            try:
              waiting.append((job, job.send(output)))
            except StopIteration:
              pass

  def _seen_across(self, mask: np.ndarray, parts: Iterable[tiling.Part]) -> Iterable[tiling.Part]:
    """Hands on the parts; warns, once, if a hole is wider than the network sees."""
    warned = self._field is None
    for part in parts:
      top, left, bottom, right = part.core
      scale = (part.window[2] - part.window[0]) / part.inner[0]
      if not warned and max(bottom - top, right - left) / scale > self._field:
        across = round(tiling.thickness(mask, part.core) / scale)
        if across > self._field:
          warned = True
          warnings.warn(
            f'The hole is {across} px across where the network looks at it, and the network sees '
            f'{self._field} px: what is in the middle is not guided by any known pixel.',
            stacklevel=2,
          )
      yield part


def _job(
  canvas: np.ndarray, mask: np.ndarray, parts: Iterable[tiling.Part], blend: str, feather: int
) -> _Job:
  """Completes `canvas` (`[H, W, 3]` uint8 or uint16) in place, part by part."""
  unknown = mask.copy()
  white = np.iinfo(canvas.dtype).max
  for part in parts:
    box = tiling.grown(part.core, blending.MARGIN, mask.shape)
    place = (slice(box[0], box[2]), slice(box[1], box[3]))
    hole = np.zeros_like(unknown[place])
    core = tuple(
      slice(part.core[axis] - box[axis], part.core[axis + 2] - box[axis]) for axis in (0, 1)
    )
    hole[core] = unknown[place][core]
    if not hole.any():  # completed together with a neighbour
      continue
    output = yield tiling.network_input(canvas, unknown, part)
    raw = tiling.from_network(output, part, box)
    fitted = blending.blend(
      canvas[place] * (255 / white),
      raw,
      hole,
      how=blend,
      known=~unknown[place],
      feather=feather,
      edge=~mask[place],
    )
    canvas[place][hole] = np.clip(np.round(fitted[hole] * (white / 255)), 0, white)
    unknown[place][hole] = False


def _complete(
  generator: Any,
  apply: Any,
  description: model_files.Description,
  variables: Any,
  image: jax.Array,
  mask: jax.Array,
) -> jax.Array:
  """Pictures on the scale 0..255 and masks -> the generator's raw output on that scale, float32."""
  low, high = description.value_range
  floats = images.to_float(image, description.value_range)
  fill = jnp.asarray(description.mean_color) * (high - low) + low
  raw = fixed_size.complete(generator, variables, floats, mask, fill, apply=apply)
  return jnp.clip((raw - low) * (255 / (high - low)), 0, 255).astype(jnp.float32)


def _check_weights(variables: Mapping[str, Any], description: model_files.Description) -> None:
  held = {name: value.shape for name, value in tensors.flatten(variables).items()}
  if held != architectures.generator_shapes(description.architecture):
    raise errors.InputError(
      "The model's weights do not fit the architecture in its config.json; copy the "
      'model again, or convert it anew.'
    )


def _device(name: str | None) -> jax.Device:
  if name is None:
    return jax.local_devices()[0]
  if not isinstance(name, str):
    raise errors.InputError(f'device is {name!r}; it can be cpu, gpu or tpu.')
  try:
    return jax.local_devices(backend=name)[0]
  except RuntimeError:
    raise errors.InputError(
      f'There is no {name} here; leave it out, or choose {jax.default_backend()}.'
    ) from None


def _check_options(blend: str, feather: int, large: str) -> None:
  if blend not in blending.BLENDS:
    raise errors.InputError(f'blend is {blend!r}; it can be {", ".join(blending.BLENDS)}.')
  if large not in tiling.LARGE:
    raise errors.InputError(f'large is {large!r}; it can be {", ".join(tiling.LARGE)}.')
  if not isinstance(feather, numbers.Real) or not feather >= 0:
    raise errors.InputError(f'feather is {feather}; give 0 or more pixels.')


def _split(mask: Any, shape: tuple[int, ...]) -> Any:
  """Masks `[B, H, W]` or `[B, H, W, 1]` of an array of pictures as a list; others as they are."""
  if not isinstance(mask, (np.ndarray, jax.Array)) or mask.shape in (shape[1:3], (*shape[1:3], 1)):
    return mask
  return list(mask) if mask.ndim > 2 else mask


def _pair(image: Picture, mask: Picture | None) -> tuple[modes.Picture, np.ndarray]:
  """A picture, and its hole as `[H, W]` bool."""
  if isinstance(image, (np.ndarray, jax.Array)):
    picture = modes.from_array(image)
  elif isinstance(image, (str, os.PathLike, Image.Image)):
    image = image if isinstance(image, Image.Image) else image_files.open_picture(image)
    picture = modes.from_image(image_files.load(image))
  else:
    raise errors.InputError(
      f'The picture is a {type(image).__name__}; give a path, a PIL image or an array.'
    )
  height, width = picture.pixels.shape[:2]
  if mask is None:
    if picture.hidden is None:
      raise errors.InputError(
        'There is no mask, and the picture has no alpha channel; give one of them.'
      )
    mask = picture.hidden
  return picture, _hole(mask, (width, height))


def _hole(mask: Picture, size: tuple[int, int]) -> np.ndarray:
  """Any kind of mask -> `[H, W]` bool, checked against the picture's (width, height)."""
  if isinstance(mask, (str, os.PathLike)):
    return masks.from_mask(mask, size)
  if isinstance(mask, (np.ndarray, jax.Array)):
    levels = modes.mask_levels(np.asarray(mask))
    if not levels.size:
      raise errors.InputError(f'The mask has no pixels (shape {mask.shape}); give one with some.')
    mask = Image.fromarray(levels)
  if not isinstance(mask, Image.Image):
    raise errors.InputError(
      f'The mask is a {type(mask).__name__}; give a path, a PIL image or an array.'
    )
  return masks.of_image(image_files.load(mask), size, 'The mask')
