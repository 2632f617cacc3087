"""Completer: a model, ready to fill holes in pictures.

    completer = Completer.from_pretrained('my_model')
    completed = completer('photo.jpg', 'hole.png')      # PIL in, PIL out; arrays in, arrays out

Every pixel outside the hole leaves exactly as it came in.
"""

from collections.abc import Mapping, Sequence
import functools
import os
from typing import Any

from etils import epath
import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from glcic_jax import errors
from glcic_jax import images
from glcic_jax import model_files
from glcic_jax import models
from glcic_jax import pictures
from glcic_jax.inference import own_side

Picture = epath.PathLike | Image.Image | np.ndarray

# Modes whose pixels are kept as they are; `complete` turns others into RGB.
KEPT_MODES = ('RGB', 'RGBA', 'L', 'LA')


class Completer:
  """Fills holes. Compiles once for each size of picture."""

  def __init__(self, variables: Mapping[str, Any], description: model_files.Description, *,
               device: str | None = None):
    """Puts a generator on a device.

    Args:
      variables: the generator's `{'params': ..., 'batch_stats': ...}`.
      description: the model's `config.json`.
      device: 'cpu', 'gpu' or 'tpu'; JAX's own choice by default.

    Raises:
      errors.InputError: if there is no such device, or the weights do not fit the description.
    """
    self.description = description
    self._device = _device(device)
    self._generator = models.build_generator(description.architecture)
    self._multiple = models.SIZE_MULTIPLES[description.architecture['name']]
    self._check_weights(variables)
    self._variables = jax.device_put(dict(variables), self._device)
    self._run = jax.jit(functools.partial(_complete, self._generator, description))

  @classmethod
  def from_pretrained(cls, model: epath.PathLike, *, device: str | None = None) -> 'Completer':
    """Loads a MODEL: a model directory, a training workdir, or a checkpoint step in it.

    Raises:
      errors.InputError: if it is none of these, or is damaged.
    """
    variables, description = model_files.load(model)
    return cls(variables, description, device=device)

  def __call__(self, image: Picture | Sequence[Picture],
               mask: Picture | Sequence[Picture]) -> Any:
    """Completes one picture, or each of a list.

    Args:
      image: a path, a PIL image, or an array `[H, W, 3]` or `[H, W]` uint8; or a list of them.
      mask: the hole, of the same height and width: white (128 and above, or True) is the hole.
        A list goes with a list of images; one mask serves them all.

    Returns:
      what came in, completed: a PIL image for a path (upright) or a PIL image, an array for an array, a
      list for a list. The size is kept, and so are the modes RGB, RGBA, L and LA.

    Raises:
      errors.InputError: if a picture or a mask cannot be used; the sentence says why.
    """
    if isinstance(image, (list, tuple)):
      masks = mask if isinstance(mask, (list, tuple)) else [mask] * len(image)
      if len(masks) != len(image):
        raise errors.InputError(f'{len(image)} pictures came with {len(masks)} masks; give one each, or one '
                                'for all.')
      return [self(*pair) for pair in zip(image, masks)]
    if isinstance(image, np.ndarray):
      return np.asarray(self._complete_image(_from_array(image), _hole(mask, image.shape[1::-1])))
    if not isinstance(image, Image.Image):
      image = pictures.open_picture(image)
    image = pictures.load(image)
    return self._complete_image(image, _hole(mask, image.size))

  def complete_batch(self, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Completes pictures of one size together.

    Args:
      image: `[B, H, W, 3]` uint8.
      mask: `[B, H, W, 1]`, 1 = hole.

    Returns:
      `[B, H, W, 3]` uint8, equal to `image` outside the hole.

    Raises:
      errors.InputError: if the model completes only the middle, and a hole is elsewhere.
    """
    own_side.check_hole(self._generator, mask)
    height, width = image.shape[1:3]
    # To the next multiple and no further: what is inside is what the network defines.
    pad = ((0, 0), (0, -height % self._multiple), (0, -width % self._multiple), (0, 0))
    with jax.default_device(self._device):
      raw = self._run(self._variables, np.pad(image, pad, mode='edge'), np.pad(mask, pad))
    return np.where(mask > 0, np.asarray(raw)[:, :height, :width], image)

  def _complete_image(self, image: Image.Image, mask: np.ndarray) -> Image.Image:
    image = image if image.mode in KEPT_MODES else pictures.to_rgb(image)
    rgb = np.asarray(image.convert('RGB'))
    completed = Image.fromarray(self.complete_batch(rgb[None], mask[None])[0])
    hole = Image.fromarray(mask[..., 0] * np.uint8(255))
    result = image.copy()
    colour = completed.convert('L') if image.mode.startswith('L') else completed
    if image.mode in ('RGBA', 'LA'):
      colour = colour.convert(image.mode)  # opaque: what is completed can be seen
    result.paste(colour, (0, 0), hole)
    return result

  def _check_weights(self, variables: Mapping[str, Any]) -> None:
    side = models.own_side(self._generator) or 4 * self._multiple
    wanted = jax.eval_shape(lambda: self._generator.init(
        jax.random.key(0), jnp.zeros((1, side, side, 3)), jnp.zeros((1, side, side, 1)), train=False))
    def shapes(tree):
      return {name: leaf.shape for name, leaf in jax.tree_util.tree_leaves_with_path(tree)}
    if shapes(wanted) != shapes(dict(variables)):
      raise errors.InputError('The model\'s weights do not fit the architecture in its config.json; copy the '
                              'model again, or convert it anew.')


def _complete(generator: Any, description: model_files.Description, variables: Any, image: jax.Array,
              mask: jax.Array) -> jax.Array:
  """uint8 pictures and masks -> the generator's raw output, uint8."""
  low, high = description.value_range
  floats = images.to_float(image, description.value_range)
  fill = jnp.asarray(description.mean_color) * (high - low) + low
  raw = own_side.complete(generator, variables, floats, mask, fill)
  return images.to_uint8(raw, description.value_range)


def _device(name: str | None) -> jax.Device:
  if name is None:
    return jax.local_devices()[0]
  try:
    return jax.local_devices(backend=name)[0]
  except RuntimeError:
    raise errors.InputError(f'There is no {name} here; leave the device out, or choose '
                            f'{jax.default_backend()}.') from None


def _from_array(image: np.ndarray) -> Image.Image:
  if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.ndim == 3 and image.shape[2] != 3:
    raise errors.InputError(
        f'The picture is an array of shape {image.shape} and type {image.dtype}; give [H, W, 3] or [H, W] of '
        'uint8.')
  if not image.size:
    raise errors.InputError(f'The picture has no pixels (shape {image.shape}); give one with some.')
  return Image.fromarray(image)


def _hole(mask: Picture, size: tuple[int, int]) -> np.ndarray:
  """Any kind of mask -> `[H, W, 1]` uint8, checked against the picture's (width, height)."""
  if isinstance(mask, (str, os.PathLike)):
    return pictures.read_mask(mask, size)
  if isinstance(mask, np.ndarray) and (mask.ndim not in (2, 3) or mask.ndim == 3 and mask.shape[2] != 1):
    raise errors.InputError(f'The mask is an array of shape {mask.shape}; give [H, W] or [H, W, 1].')
  if isinstance(mask, np.ndarray):
    mask = Image.fromarray(_levels(mask.reshape(mask.shape[:2])))
  return pictures.hole(pictures.load(mask), size, 'The mask')


def _levels(mask: np.ndarray) -> np.ndarray:
  """Booleans, and numbers no larger than 1, are shares of white; larger ones are levels of 255."""
  numbers = mask.astype(np.float64)
  if not np.isfinite(numbers).all():
    raise errors.InputError('The mask has values that are not finite; give 0 and 255, or booleans.')
  scale = 255 if numbers.max(initial=0) <= 1 else 1
  return np.clip(numbers * scale, 0, 255).astype(np.uint8)
