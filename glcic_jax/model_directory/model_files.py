"""The model directory, and what a MODEL given by a user means.

    model.safetensors   the generator: `generator.params.conv1.kernel`, ...; `discriminator.` ...
      where it is known
    config.json         how to use it; `format_version` 1
    README.md           the model card (`model_card.py`)

Leaf names and the meaning of `config.json` are stable: a reader of a later version
reads every earlier one (`tests/test_model_format.py`). MODEL is the name of a model in this
package (`shipped.py`), a model directory, a training workdir (its newest checkpoint), one step of
it, or a name on the Hugging Face Hub (`hub.py`).
"""

from collections.abc import Mapping
import dataclasses
import hashlib
import json
import os
import re
from typing import Any

from etils import epath
from safetensors import SafetensorError
import safetensors.numpy

from glcic_jax import errors
from glcic_jax import files
from glcic_jax import sealed
from glcic_jax.model_directory import hub
from glcic_jax.model_directory import model_card
from glcic_jax.model_directory import shipped
from glcic_jax.model_directory import tensors

FORMAT_VERSION = 1
WEIGHTS = 'model.safetensors'
CONFIG = 'config.json'
CARD = 'README.md'
_LARGEST_CONFIG, _LARGEST_WEIGHTS = 2**24, 2**34  # bytes
_DIGEST = re.compile('[0-9a-f]{64}')
_OWN_DIGEST = 'config_sha256'  # in CONFIG: of its description; younger than format_version 1
_CHECKPOINTS = 'checkpoints'  # as `checkpoints.FOLDER`, which is not imported here: Orbax is heavy


@dataclasses.dataclass(frozen=True)
class Description:
  """All that completing a picture needs to know about a model, besides its weights."""

  method: str
  architecture: Mapping[str, Any]  # {'name', 'options'}: see architectures.build_generator
  value_range: tuple[float, float]  # of the floats that the network takes and returns
  mean_color: tuple[float, float, float]  # RGB in 0..1: the hole's fill
  image_size: int  # pixels: side of the training pictures
  mask: Mapping[str, Any]  # kind and size of the training holes
  step: int  # of training
  versions: Mapping[str, str]  # of the libraries that trained it
  # Younger than format_version 1: a config.json without them means these values.
  discriminator: Mapping[str, Any] | None = None  # as architecture: see build_discriminator
  source: str = ''  # where converted weights come from; empty: trained here
  licence: str = ''  # of the program that they come from, and of the weights that it publishes
  # How much detail completing adds by default, 0..1: above 0 where the output is smooth, because
  # squared error alone trained it. Such a model is also shown holes at the scale that it knows.
  detail: float = 0.0
  # Inner radius of its training holes, as a share of `image_size`: all but the smallest and the
  # largest 5 % lie between. None: not recorded.
  hole_radius: tuple[float, float] | None = None

  def to_json(self) -> dict[str, Any]:
    """As plain JSON values."""
    return json.loads(json.dumps(dataclasses.asdict(self)))

  @classmethod
  def from_json(cls, values: Mapping[str, Any]) -> 'Description':
    """The inverse of `to_json`.

    Raises:
      errors.InputError: if a value is missing, or of another kind.
    """
    fields = dataclasses.fields(cls)
    needed = [field.name for field in fields if field.default is dataclasses.MISSING]
    missing = [name for name in needed if name not in values]
    if missing:
      raise errors.InputError(
        f"The model's {CONFIG} lacks {', '.join(missing)}; it is not a model directory "
        'of this project, or it is damaged.'
      )
    chosen = {field.name: values[field.name] for field in fields if field.name in values}
    if not _is_sound(chosen):
      raise errors.InputError(
        f"The model's {CONFIG} holds values of other kinds than it should; it is not a model "
        'directory of this project, or it is damaged.'
      )
    for name in ('value_range', 'mean_color', 'hole_radius'):
      if chosen.get(name) is not None:
        chosen[name] = tuple(float(v) for v in chosen[name])
    return cls(**chosen)


def _is_sound(values: Mapping[str, Any]) -> bool:
  """Whether values that somebody wrote are of the kinds that they should be."""

  def numbers(value: Any, count: int, low: float, high: float) -> bool:
    return (
      isinstance(value, (list, tuple))
      and len(value) == count
      and all(type(v) in (int, float) and low <= v <= high for v in value)
    )  # NaN is in no range

  def whole(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high

  def network(value: Any) -> bool:
    return (
      isinstance(value, Mapping)
      and isinstance(value.get('name'), str)
      and isinstance(value.get('options'), Mapping)
    )

  span, radius = values['value_range'], values.get('hole_radius')
  return (
    numbers(span, 2, -1e3, 1e3)
    and span[1] - span[0] > 1e-3
    and numbers(values['mean_color'], 3, 0, 1)
    and whole(values['image_size'], 1, 2**14)
    and whole(values['step'], 0, 2**63)
    and network(values['architecture'])
    and isinstance(values['method'], str)
    and isinstance(values['mask'], Mapping)
    and isinstance(values['versions'], Mapping)
    and (values.get('discriminator') is None or network(values['discriminator']))
    and numbers([values.get('detail', 0.0)], 1, 0, 1)
    and (radius is None or (numbers(radius, 2, 1e-4, 1) and radius[0] <= radius[1]))
    and all(isinstance(values.get(name, ''), str) for name in ('source', 'licence'))
  )


def write(
  folder: epath.PathLike,
  variables: Mapping[str, Any],
  description: Description,
  origin: model_card.Origin = model_card.UNKNOWN,
  *,
  discriminator: Mapping[str, Any] | None = None,
) -> None:
  """Writes a model directory, its `config.json` last: without it, it is no model directory.

  `folder` is made if needed, and an earlier model in it is replaced. `variables` are the
  generator's `{'params': ..., 'batch_stats': ...}`, `discriminator` those of the other, if known.
  """
  folder = epath.Path(folder)
  folder.mkdir(parents=True, exist_ok=True)
  (folder / CONFIG).unlink(missing_ok=True)
  networks = {'generator': variables} | ({'discriminator': discriminator} if discriminator else {})
  stored = safetensors.numpy.save(tensors.flatten(networks))
  files.write(folder / WEIGHTS, stored)
  parameters = sum(value.size for value in tensors.flatten(variables['params']).values())
  files.write(folder / CARD, model_card.card(description, parameters, origin).encode())
  config = {
    'format_version': FORMAT_VERSION,
    'sha256': hashlib.sha256(stored).hexdigest(),
    **description.to_json(),
    _OWN_DIGEST: _own_digest(description),
  }
  files.write(folder / CONFIG, (json.dumps(config, indent=2) + '\n').encode())


def load(
  model: epath.PathLike, *, revision: str | None = None
) -> tuple[dict[str, Any], Description]:
  """Reads a MODEL; `revision`, of one on the Hub: a commit, a tag or a branch.

  Returns:
    the generator's `{'params': ..., 'batch_stats': ...}` as NumPy arrays, and its description.

  Raises:
    errors.InputError: if MODEL is none of the kinds, or is damaged.
  """
  if revision is not None and not hub.means_hub(model):
    raise errors.InputError(
      f'{model} is not a name on the Hugging Face Hub, so it has no revision {revision}; leave '
      'the revision out.'
    )
  path = _folder(model, revision)
  place = checkpoint_of(path)
  if place is None:
    return _read(path)
  from glcic_jax import checkpoints  # Orbax only where a checkpoint is asked for

  variables, run = checkpoints.read_generator(*place)
  return variables, Description.from_json(run['model'])


def checkpoint_of(model: epath.PathLike) -> tuple[epath.Path, int | None] | None:
  """The workdir and the step (None: the newest) that a MODEL means.

  Returns:
    None if it is a model directory.

  Raises:
    errors.InputError: if it is neither.
  """
  path = _folder(model)
  if (path / CONFIG).exists() and (path / WEIGHTS).exists():
    return None
  if (path / _CHECKPOINTS).is_dir():
    return path, None
  if path.parent.name == _CHECKPOINTS and path.name.isdigit() and path.is_dir():
    return path.parent.parent, int(path.name)
  sentence = (
    f'{model} is no model: give {shipped.DEMO}, a folder with {WEIGHTS} and {CONFIG}, or the '
    'workdir of a training run.'
  )
  hint = '' if path.exists() else shipped.did_you_mean(model)
  raise errors.InputError(errors.with_hint(sentence, hint))


def _folder(model: epath.PathLike, revision: str | None = None) -> epath.Path:
  """Where a MODEL lies; one of the Hub is fetched."""
  if shipped.is_name(model):
    return shipped.folder(model)
  if hub.means_hub(model):
    try:
      return hub.fetch(os.fspath(model), revision, (CONFIG, WEIGHTS), (CARD,))
    except errors.InputError as error:  # a folder of two parts may have been meant
      raise errors.InputError(errors.with_hint(str(error), files.did_you_mean(model))) from None
  return epath.Path(model)


def _read(folder: epath.Path) -> tuple[dict[str, Any], Description]:
  config = files.read(folder / CONFIG, _LARGEST_CONFIG)
  try:
    stored = json.loads(config)
  except (ValueError, RecursionError):  # also of bytes that are no text, or nested without end
    raise errors.InputError(
      f'{folder / CONFIG} is not JSON; the model directory is damaged.'
    ) from None
  version = stored.get('format_version') if isinstance(stored, dict) else None
  if type(version) is not int or version < 1:
    raise errors.InputError(
      f'{folder / CONFIG} has no format_version of glcic_jax: it is the config of another '
      'program, or damaged; give a model of this one, or convert it.'
    )
  if version > FORMAT_VERSION:
    raise errors.InputError(
      f'{folder} has format_version {version}, this version of glcic_jax reads up to '
      f'{FORMAT_VERSION}; upgrade glcic_jax.'
    )
  data = files.read(folder / WEIGHTS, _LARGEST_WEIGHTS)
  if hashlib.sha256(data).hexdigest() != stored.get('sha256'):
    raise errors.InputError(
      f'{folder / WEIGHTS} does not match the digest in {CONFIG}; copy the model again.'
    )
  try:
    flat = {name: tensors.widened(array) for name, array in safetensors.numpy.load(data).items()}
    variables = tensors.unflatten(flat)['generator']
  except (SafetensorError, LookupError, TypeError, AttributeError) as error:  # or names of no tree
    raise errors.InputError(
      f'{folder / WEIGHTS} cannot be read ({error}); copy the model again.'
    ) from None
  unusable = [name for name, array in flat.items() if not tensors.is_usable(name, array)]
  if unusable:
    raise errors.InputError(
      f'{folder / WEIGHTS} holds numbers that no network can have (for {unusable[0]}); get the '
      'model again from its source.'
    )
  description = Description.from_json(stored)
  if not _is_as_written(stored, description):
    raise errors.InputError(
      f'{folder / CONFIG} does not match its own digest ({_OWN_DIGEST}); copy the model again.'
    )
  return variables, description


def _own_digest(description: Description) -> str:
  # Of what differs from the defaults: a later version knows more fields, and reads this one too.
  missing = {field.name: field.default for field in dataclasses.fields(description)}
  values = Description.from_json(description.to_json()).to_json()  # 0 and 0.0 are one
  told = {name: value for name, value in values.items() if value != missing[name]}
  return sealed.digest(json.dumps(told, sort_keys=True))


def _is_as_written(config: Mapping[str, Any], description: Description) -> bool:
  """Whether a config matches its own digest, which those of earlier versions do not have."""
  if _OWN_DIGEST in config:
    return config[_OWN_DIGEST] == _own_digest(description)
  # The digest's own name can be damaged too.
  others = [value for name, value in config.items() if name != 'sha256']
  return not any(isinstance(value, str) and _DIGEST.fullmatch(value) for value in others)


def is_weights(path: epath.PathLike) -> bool:
  """Whether a file is the weights of a model directory, which nothing else may be written over."""
  path = epath.Path(path)
  return path.name == WEIGHTS and (path.parent / CONFIG).exists()
