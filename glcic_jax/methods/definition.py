"""Of what the page of a method is made: records without JAX, so a config is checked at once."""

from collections.abc import Callable, Mapping, Sequence
import dataclasses
from typing import Any

from glcic_jax import errors

# Config key -> value.
Values = Mapping[str, Any]
# Changes a config in place: what a form of a config does, `configs/X.py:form`.
Change = Callable[[Any], None]
Color = tuple[float, float, float]  # RGB in 0..1


@dataclasses.dataclass(frozen=True)
class Setting:
  """One experiment of a paper: a value of the config's `method`."""

  title: str  # 'GLCIC on Places2'
  paper: Values  # all that the paper states of it: the only place where its numbers stand
  chosen: Values  # ours, where the paper is silent and the general default would not do


@dataclasses.dataclass(frozen=True)
class Architecture:
  """A kind of network, as a model directory names it: {'name': ..., 'options': ...}."""

  name: str
  # Modules and classes of glcic_jax.models, imported when a network is built.
  generator: str
  discriminator: str
  # Options that are words, and the words.
  words: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
  # Options of networks from other programs, which no config can ask for.
  foreign: tuple[str, ...] = ()
  size_multiple: int = 1  # both sides of a picture must be multiples of it
  # Options -> side in pixels of the smallest window, centred on a pixel, that holds all that it
  # sees; None: every pixel sees the whole picture.
  field: Callable[[Mapping[str, Any]], int] | None = None


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Networks:
  """What a method builds of a config: all in which it differs from the others.

  Pictures are floats in `value_range`; `raw` is the generator's output, `[B, H, W, 3]`.
  """

  architecture: dict[str, Any]  # describes the generator: see `methods.architectures`
  generator: Any  # (image, mask, train) -> raw
  discriminator: Any  # (image, view, train, groups) -> logits [B]
  value_range: tuple[float, float]
  hole_fill: Color  # in value_range
  reconstruction: Callable[..., Any]  # (raw, image, mask) -> [B]
  judged: Callable[..., Any]  # (raw, image, mask) -> what the discriminator sees
  noise_seed: int | None = None  # of the generator's noise, with the step; None: it takes none


@dataclasses.dataclass(frozen=True)
class Method:
  """One method, whole: its page in this room makes one of these and registers it."""

  title: str  # for people: 'GLCIC'
  citation: str
  tag: str  # on the Hugging Face Hub
  settings: Mapping[str, Setting]  # value of the config's `method` -> which experiment it names
  architecture: Architecture
  check: Callable[[Any], None]  # refuses a config that it cannot run (errors.InputError)
  build: Callable[[Any, Color], Networks]  # of a checked config; imports JAX
  ablations: Mapping[str, Change]  # name of a form -> what it does to a config
  # A model's `config.json` -> what it cannot do, a sentence each.
  limits: Callable[[Any], list[str]]

  @property
  def name(self) -> str:
    """That of its first setting; a model's `config.json` has it too."""
    return next(iter(self.settings))


def require_region(config: Any, regions: Sequence[str]) -> None:
  """Refuses a `loss.reconstruction_region` that a method does not have."""
  region = config.loss.reconstruction_region
  errors.require(
    region in regions,
    f'loss.reconstruction_region is {region!r}; with method {config.method} it can '
    f'be {" or ".join(map(repr, regions))}.',
  )


def changes(**values: Any) -> Change:
  """The change that sets keys; in a name, `__` stands for a dot."""
  flat = {key.replace('__', '.'): value for key, value in values.items()}
  return lambda config: config.update_from_flattened_dict(flat)


def reconstruction_only(config: Any) -> None:
  """As many steps, but all without an adversary."""
  config.schedule.reconstruction_steps = config.schedule.total_steps
  config.schedule.discriminator_steps = 0


def show(value: Any) -> str:
  """A value of a config as people write it: 90,000; 96 to 128."""
  if isinstance(value, (list, tuple)):
    numbers = len(value) == 2 and all(isinstance(v, (int, float)) for v in value)
    return ' to '.join(map(show, value)) if numbers else ', '.join(map(str, value))
  if isinstance(value, int) and not isinstance(value, bool):
    return f'{value:,}'
  return str(value)
