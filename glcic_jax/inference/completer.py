"""Completer: a model, ready to fill holes in pictures.

    completer = Completer.from_pretrained()             # the model in the package; or 'my_model'
    completed = completer('photo.jpg', 'hole.png')      # PIL in, PIL out; arrays in, arrays out

Every pixel outside the hole leaves exactly as it came in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
import warnings

from etils import epath
import jax
import numpy as np

from glcic_jax import boxes
from glcic_jax import detail as detail_lib
from glcic_jax import errors
from glcic_jax.inference import canvas as canvas_lib
from glcic_jax.inference import hole_scale
from glcic_jax.inference import manner as manner_lib
from glcic_jax.inference import network as network_lib
from glcic_jax.inference import pairs as pairs_lib
from glcic_jax.inference import programs
from glcic_jax.inference import tiling
from glcic_jax.inference import transparency
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from glcic_jax.model_directory import shipped
from glcic_jax.model_directory import tensors
from glcic_jax.pictures import mask_meaning
from glcic_jax.pictures import modes

# Inner radius in pixels of the smallest hole that gets detail: nobody sees it in dust and hairs, of
# which a scan may have a hundred thousand.
_DETAILED = 3.0


class Completer:
  """Fills holes. Windows of pictures have few sizes, and one program is compiled for each."""

  def __init__(
    self,
    variables: Mapping[str, Any],
    description: model_files.Description,
    *,
    device: str | None = None,
    batch_size: int | None = None,
  ) -> None:
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
    held = {name: value.shape for name, value in tensors.flatten(variables).items()}
    if held != architectures.generator_shapes(description.architecture):
      raise errors.InputError(
        "The model's weights do not fit the architecture in its config.json; copy the "
        'model again, or convert it anew.'
      )
    self.generator = architectures.build_generator(
      description.architecture, platform=self._device.platform
    )
    self.variables = jax.device_put(dict(variables), self._device)
    # Hears how far a completion is: what is done now, and so many of so many parts of the hole.
    self.progress: Callable[[str, int, int], None] = lambda doing, done, total: None
    self._run = programs.Bounded(network_lib.function(self.generator, description))

  @classmethod
  def from_pretrained(
    cls,
    model: epath.PathLike = shipped.DEMO,
    *,
    revision: str | None = None,
    device: str | None = None,
    batch_size: int | None = None,
  ) -> 'Completer':
    """Loads a MODEL: `demo`, which is in the package, a model directory, a training workdir, a
    checkpoint step in it, or a name on the Hugging Face Hub, where `revision` is a commit, a tag or
    a branch.

    Raises:
      errors.InputError: if it is none of these, or is damaged.
    """
    variables, description = model_files.load(model, revision=revision)
    return cls(variables, description, device=device, batch_size=batch_size)

  def __repr__(self) -> str:
    description = self.description
    count = sum(leaf.size for leaf in jax.tree.leaves(self.variables))
    return (
      f'<Completer of {description.method} at {description.image_size} px, step '
      f'{description.step}: {count / 1e6:.3g} million weights, on {self._device}>'
    )

  def __call__(
    self,
    image: pairs_lib.Picture | Sequence[pairs_lib.Picture],
    mask: pairs_lib.Picture | Sequence[pairs_lib.Picture] | None = None,
    *,
    blend: str = 'poisson',
    feather: float = 0,
    large: str = 'crop',
    detail: float | manner_lib.Off | None = None,
    scale: str | int | None = None,
    mask_channel: mask_meaning.Channel | None = None,
  ) -> Any:
    """Completes one picture, or each of several.

    Args:
      image: a path, a PIL image, or a NumPy or JAX array `[H, W]` or `[H, W, 1 to 4]` of uint8 or
        uint16; or a list of them, or one array `[B, H, W, C]`.
      mask: the hole, of the same height and width: white (128 and above, or True) is the hole. A
        list goes with several images; one mask serves them all. None: where the image is
        transparent. What else a mask may be, `mask_meaning` says.
      blend: how the hole is fitted to its surroundings: 'poisson', 'opencv' or 'none'.
      feather: over so many pixels inside the hole's edge, the known pixels' colours fade out.
      large: what the network sees: 'crop', windows around the holes at the scale that it was
        trained for; 'resize', the whole picture at that scale; 'whole', the picture as it is.
      detail: how much of the fine texture in the hole comes from the picture's own blocks instead
        of the network, 0 to 1, or 'off', which is 0; see `glcic_jax.detail`. None: the model's own
        default, above 0 where its output is smooth (`description.detail`).
      scale: 'auto': the network sees each hole at a scale at which it is no thicker than those that
        it was trained on, and a small picture enlarged, see `hole_scale`; 1: by groups of holes, at
        the picture's own scale unless a group fills more than half of the window. None: 'auto' for
        a model whose output is smooth, where `large` is 'crop'; else 1.
      mask_channel: 'alpha' or 'luminance', for masks in which either could show the hole.

    Returns:
      what came in, completed: an upright PIL image for a path or a PIL image, an array for an
        array, a list for a list. Size, type and mode are kept, but see `modes.kept`.

    Raises:
      errors.InputError: if a picture or a mask cannot be used; the sentence says why.
    """
    manner = self.manner(blend=blend, feather=feather, large=large, detail=detail, scale=scale)
    if mask_channel not in (None, *mask_meaning.CHANNELS):
      raise errors.InputError(f'mask_channel is {mask_channel!r}; it can be alpha or luminance.')
    pairs = pairs_lib.split(image, mask)
    results = []
    for start in range(0, len(pairs), self.batch_size):
      opened = [
        pairs_lib.read(*pair, mask_channel) for pair in pairs[start : start + self.batch_size]
      ]
      results += self._complete_together(opened, manner)
    return pairs_lib.join(results, image)

  def manner(self, **options: Any) -> manner_lib.Manner:
    """What options of a call mean for this model: `manner(detail=None).detail` is its default.

    Raises:
      errors.InputError: as a call with them.
    """
    any_size = network_lib.side(self.generator) is None
    return manner_lib.of_model(self.description, any_size=any_size, **options)

  def _complete_together(
    self, pairs: Sequence[tuple[modes.Picture, np.ndarray]], manner: manner_lib.Manner
  ) -> list[Any]:
    if network_lib.side(self.generator) is not None:
      for _, mask in pairs:
        network_lib.check_hole(self.generator, mask)
    levels = [transparency.levels(*pair) for pair in pairs]
    canvases, total = [], 0
    for pixels, (_, mask) in zip(levels, pairs):
      parts = self._parts(mask, manner)
      self._warn_of_wide_holes(mask, parts)
      total += len(parts)
      canvases.append(
        canvas_lib.Canvas(
          pixels,
          mask,
          parts,
          blend=manner.blend,
          feather=manner.feather,
          smooth=self.description.detail > 0,
        )
      )
    with jax.default_device(self._device):
      canvas_lib.complete(
        canvases,
        lambda image, mask: self._run(self.variables, image, mask),
        self.batch_size,
        lambda done: self.progress('network', done, total),
      )
    if manner.detail:
      for pixels, (_, mask) in zip(levels, pairs):
        self.progress('texture', total, total)
        _add_detail(pixels, mask, manner.detail)
    return [
      transparency.completed(picture, pixels, mask)
      for pixels, (picture, mask) in zip(levels, pairs)
    ]

  def _parts(self, mask: np.ndarray, manner: manner_lib.Manner) -> list[tiling.Part]:
    """What of a picture's hole the network completes in one go, in order."""
    side = self.description.image_size
    multiple = architectures.kind_of(self.description.architecture).size_multiple
    if manner.scale == manner_lib.AUTO:
      known = self.description.hole_radius
      low, high = (side * radius for radius in known or hole_scale.USUAL_RADII)
      return list(hole_scale.parts(mask, side=side, multiple=multiple, radii=(low, high)))
    # A network of one size knows whole pictures, at its side.
    large = manner.large if network_lib.side(self.generator) is None else 'whole'
    return list(tiling.parts(mask, large=large, side=side, multiple=multiple))

  def _warn_of_wide_holes(self, mask: np.ndarray, parts: Sequence[tiling.Part]) -> None:
    """Once for a picture, where a part of its hole is wider than the network sees."""
    field = architectures.centred_field(self.description.architecture)
    if field is None:
      return
    for part in parts:
      top, left, bottom, right = part.core
      scale = (part.window[2] - part.window[0]) / part.inner[0]
      if max(bottom - top, right - left) / scale > field:
        across = round(tiling.thickness(mask, part.core) / scale)
        if across > field:
          warnings.warn(
            f'The hole is {across} px across where the network looks at it, and the network sees '
            f'{field} px: what is in the middle is not guided by any known pixel.',
            stacklevel=4,
          )
          return


def _add_detail(pixels: np.ndarray, mask: np.ndarray, strength: float) -> None:
  """To a completed picture, `[H, W, 3]` uint8 or uint16, in place."""
  white = np.iinfo(pixels.dtype).max
  for patch in detail_lib.patches(
    pixels, pixels, mask, strength=strength, white=white, thinnest=_DETAILED
  ):
    here = pixels[boxes.slices(patch.box)]
    here[patch.hole] = np.clip(np.round(patch.values), 0, white)


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
