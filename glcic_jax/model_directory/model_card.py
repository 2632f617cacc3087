"""The model card: `README.md` of a model directory, as the Hugging Face Hub shows it.

It says what may be published and no more: no path of the machine on which the model was
trained, no name of a picture.
"""

from collections.abc import Mapping
import dataclasses
from typing import Any

from glcic_jax import schedule
from glcic_jax.model_directory import hub
from glcic_jax.models import receptive_field

# What there is to say of a method: its name, and the paper.
_METHODS = {
  'glcic': (
    'GLCIC',
    'Iizuka, Simo-Serra, Ishikawa: Globally and Locally Consistent Image Completion, SIGGRAPH 2017',
  ),
  'context_encoder': (
    'Context Encoder',
    'Pathak et al.: Context Encoders: Feature Learning by Inpainting, CVPR 2016',
  ),
}
_VARIANTS = {
  'context_encoder_center': ' (the middle of the picture)',
  'context_encoder_random': ' (regions of any shape)',
  'context_encoder_alexnet': ' (regions of any shape, AlexNet)',
}

_OWN_LICENSE = (
  'Nobody has chosen one yet. It depends on whose pictures the model was trained on: find out what '
  'their '
  'licences allow, then name a licence here and in the first lines of this file.'
)

# The Hub's identifiers; other terms are 'other'.
LICENSES = {'CC BY-NC-SA 4.0': 'cc-by-nc-sa-4.0', 'MIT': 'mit', 'Apache-2.0': 'apache-2.0'}

_DEFINITIONS = {  # of metrics.csv -> name, unit, definition
  'validation_hole_psnr': (
    'PSNR in the hole',
    'dB',
    '10 log10(255^2 / MSE), MSE over the pixels of the hole and the '
    'three channels; higher is better',
  ),
  'validation_hole_l1': (
    'L1 in the hole',
    'of the full scale',
    'mean absolute difference over the pixels of the '
    'hole and the three channels, divided by 255; lower is better',
  ),
}


@dataclasses.dataclass(frozen=True)
class Origin:
  """Where a model's weights come from, in words that may be published."""

  pictures: str  # what it was trained on
  duration: str = ''  # how long
  scores: Mapping[str, float] = dataclasses.field(
    default_factory=dict
  )  # names of metrics.csv, and its 'step'
  deviations: tuple[str, ...] = ()  # from the paper, a line each
  base_model: str = ''  # ORG/NAME of what it was fine-tuned from
  converted_from: str = ''  # another project's file, by its public name
  license: str = 'unknown'  # the Hub's identifier: 'cc-by-nc-sa-4.0'
  license_note: str = _OWN_LICENSE


UNKNOWN = Origin(pictures='Not recorded.')


def of_training(
  config: Any, *, counts: tuple[int, int], step: int, scores: Mapping[str, float], licence: str = ''
) -> Origin:
  """What the card says of a run of ours.

  Args:
    config: the run's.
    counts: training and held-back pictures; zeros where nobody knows.
    step: how many were taken.
    scores: the last row of metrics.csv with validation scores, as numbers; empty if there is none.
    licence: of the weights that it started from; empty if there were none, or they have none.
  """
  train, held_back = counts
  if train:
    pictures = f'{_source(config.data)}, {train:,} to train on and {held_back:,} held back.'
  else:
    pictures = 'Batches from a program; which pictures they held is not recorded.'
  if config.init_from:
    named = _hub_name(config.init_from)
    pictures += f' Fine-tuned from {named or "another model"}.'
  phases = [
    (phase.value, min(span.stop, step) - span.start)
    for phase, span in schedule.from_config(config.schedule).spans().items()
    if span.start < step
  ]
  duration = (
    f'{step:,} steps of {config.batch_size} pictures: '
    + ', '.join(f'{count:,} {name}' for name, count in phases)
    + '.'
  )
  return Origin(
    pictures=pictures,
    duration=duration,
    scores=dict(scores),
    deviations=tuple(
      f'`{key}`: {_plain(ours)} (the paper: {_plain(paper)})'
      for key, paper, ours, _ in schedule.audit(config)
    ),
    base_model=_hub_name(config.init_from).partition('@')[0],
    **inherited(licence),
  )


def inherited(licence: str) -> dict[str, str]:
  """Fields of an `Origin` for a model that was made of another's weights; none if these have no
  licence.
  """
  if not licence:
    return {}
  return {
    'license': LICENSES.get(licence, 'other'),
    'license_note': f'{licence}: the terms of the weights that it was fine-tuned from, which bind '
    'what is made '
    'of them. Find out what the licences of its own training pictures allow, too.',
  }


def card(description: Any, parameters: int, origin: Origin) -> str:
  """The card's text, with the front matter that the Hub reads.

  Args:
    description: a `model_files.Description`.
    parameters: how many numbers the network learnt.
    origin: where they come from.
  """
  family = 'glcic' if description.method == 'glcic' else 'context_encoder'
  name, paper = _METHODS[family]
  sections = [
    f'# {name}{_VARIANTS.get(description.method, "")}: image completion, {description.image_size} '
    'px',
    f'Fills holes in pictures. {paper}.',
    '## How to use',
    _USE,
    '## What it was trained on',
    *_training(description, origin),
    '## Scores',
    _scores(origin),
    '## Limits',
    _list(_limits(description)),
    '## Licence',
    origin.license_note,
    '## Technical',
    _list(_technical(description, parameters)),
  ]
  if origin.deviations:
    sections += ['What differs from the paper:', _list(origin.deviations)]
  return '\n\n'.join([_front_matter(family, origin), *sections]) + '\n'


_USE = """With glcic_jax installed:

    glcic-jax complete PICTURE --mask MASK --model MODEL --output OUT.png

`MODEL` is this folder, or its name on the Hugging Face Hub. White in `MASK` is the hole; pixels outside it are not
touched.

```python
from glcic_jax import Completer
completed = Completer.from_pretrained(MODEL)(PICTURE, MASK)
```"""


def _front_matter(family: str, origin: Origin) -> str:
  lines = [
    '---',
    f'license: {origin.license}',
    'library_name: glcic_jax',
    'pipeline_tag: image-to-image',
  ]
  if origin.base_model:
    lines.append(f'base_model: {origin.base_model}')
  tags = ('image-completion', 'inpainting', 'jax', family.replace('_', '-'))
  return '\n'.join([*lines, 'tags:', *(f'- {tag}' for tag in tags), '---'])


def _training(description: Any, origin: Origin) -> list[str]:
  rows = [
    f'Pictures: {origin.pictures}',
    f'Their side, as the network saw them: {description.image_size} px.',
    f'Holes: {_holes(description.mask)}.',
  ]
  if origin.duration:
    rows.append(f'How long: {origin.duration}')
  if origin.converted_from:
    rows.insert(0, f'Converted from {origin.converted_from}.')
  return [_list(rows)]


def _scores(origin: Origin) -> str:
  known = {key: value for key, value in origin.scores.items() if key in _DEFINITIONS}
  if not known:
    return 'None were measured.'
  count = int(origin.scores['validation_count'])
  rows = ['| score | value | definition |', '|---|---|---|']
  for key, value in known.items():
    name, unit, definition = _DEFINITIONS[key]
    rows.append(f'| {name} | {value:.4g} {unit} | {definition} |')
  return '\n'.join(
    [
      f'Means over n = {count:,} holes in held-back pictures, each hole counting the same, at step '
      f'{int(origin.scores["step"]):,}. Scored is what the network alone completes, in 8 bits, not '
      'blended, with '
      'holes of the kind that it was trained on.',
      '',
      *rows,
    ]
  )


def _limits(description: Any) -> list[str]:
  side, architecture = description.image_size, description.architecture
  options = architecture['options']
  rows = []
  if architecture['name'] == 'glcic':
    field = receptive_field.centred(architecture)
    rows += [
      f'It was trained at {side} px. In a larger picture it is shown a window around each hole, '
      'shrunk where '
      'the hole is thicker than half of that.',
      f'It sees {field} px around a pixel: what is in the middle of a wider hole is not guided by '
      'any known '
      'pixel.',
    ]
  else:
    rows.append(
      f'It takes {side}x{side} px alone: other pictures are brought to that size, and what it '
      'paints is '
      'brought back.'
    )
  patch = options.get('patch_size', side)
  if description.method == 'context_encoder_center':
    hole = patch - 2 * options.get('overlap', 0)
    rows.append(f'It completes only the middle, {hole} of its {side} px in height and in width.')
  return rows + [
    'Holes unlike those of its training, in kind or in size, come out worse.',
    'It knows only what its training pictures show: other subjects are filled with colour and '
    'texture at best.',
    'What it paints is made up. It is no evidence of what was there.',
  ]


def _technical(description: Any, parameters: int) -> list[str]:
  red, green, blue = description.mean_color
  low, high = description.value_range
  return [
    f'Network: {description.architecture["name"]}, {parameters:,} parameters; options '
    + (
      ', '.join(f'{key} {value}' for key, value in description.architecture['options'].items())
      or 'none'
    )
    + '.',
    f'It takes and returns floats from {low:g} to {high:g}; the hole is filled with RGB {red:.4f}, '
    f'{green:.4f}, '
    f'{blue:.4f} (of 0..1).',
    'Written by '
    + ', '.join(f'{name} {version}' for name, version in description.versions.items())
    + '.',
    '`config.json` says all this to programs; `model.safetensors` holds the weights.',
  ]


def _source(data: Any) -> str:
  """A `config.data` in words: a public name where there is one, and never a path."""
  if data.source == 'mixture':
    members = [member.rpartition('=') for member in data.mixture]
    return 'A mixture of ' + ' and '.join(
      f'{_kind(spec)} (weight {weight})' for spec, _, weight in members
    )
  words = _kind(data.source)
  return words[0].upper() + words[1:]


def _kind(spec: str) -> str:
  kind, _, name = spec.partition(':')
  if kind == 'tfds':
    return f'the TFDS dataset {name}'
  return 'the photographs inside scikit-image' if kind == 'sample' else 'a folder of pictures'


def _hub_name(model: str) -> str:
  """`model`, where it is a name on the Hub; else nothing: a path is nobody's business."""
  return model if hub.means_hub(model) else ''


def _holes(mask: Mapping[str, Any]) -> str:
  kind = mask.get('kind', 'of an unknown kind')
  own = ', '.join(f'{key} {_plain(value)}' for key, value in mask.items() if key != 'kind')
  if kind == 'folder':
    return f'masks of a folder, {own}'
  if kind == 'mixture' or not own:
    return f'{kind} of {own.removeprefix("mixture ")}' if own else kind
  return (
    f'{kind}, {own} px'
    if kind == 'rectangle'
    else f"{kind}, {own} (sides and areas are shares of the picture's)"
  )


def _plain(value: Any) -> str:
  if isinstance(value, (list, tuple)):
    numbers = len(value) == 2 and all(isinstance(v, (int, float)) for v in value)
    return f'{_plain(value[0])} to {_plain(value[1])}' if numbers else ', '.join(map(str, value))
  return f'{value:,}' if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _list(rows: Any) -> str:
  return '\n'.join(f'- {row}' for row in rows)
