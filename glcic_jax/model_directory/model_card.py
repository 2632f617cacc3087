"""The model card: `README.md` of a model directory, as the Hugging Face Hub shows it.

It says what may be published and no more: no path of the machine on which the model was
trained, no name of a picture.
"""

from collections.abc import Mapping
import dataclasses
from typing import Any

from glcic_jax import methods
from glcic_jax.methods import definition

_OWN_LICENSE = (
  'Nobody has chosen one yet. It depends on whose pictures the model was trained on: find out what '
  'their licences allow, then name a licence here and in the first lines of this file.'
)

# The Hub's identifiers; other terms are 'other'.
LICENSES = {
  'CC BY-NC-SA 4.0': 'cc-by-nc-sa-4.0',
  'CC BY-SA 4.0': 'cc-by-sa-4.0',
  'MIT': 'mit',
  'Apache-2.0': 'apache-2.0',
}

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
  # Names of metrics.csv, and its 'step'.
  scores: Mapping[str, float] = dataclasses.field(default_factory=dict)
  deviations: tuple[str, ...] = ()  # from the paper, a line each
  base_model: str = ''  # ORG/NAME of what it was fine-tuned from
  converted_from: str = ''  # another project's file, by its public name
  license: str = 'unknown'  # the Hub's identifier: 'cc-by-nc-sa-4.0'
  license_note: str = _OWN_LICENSE


UNKNOWN = Origin(pictures='Not recorded.')


def inherited(licence: str) -> dict[str, str]:
  """Fields of an `Origin` for a model made of another's weights; none if these have no licence."""
  if not licence:
    return {}
  return {
    'license': LICENSES.get(licence, 'other'),
    'license_note': f'{licence}: the terms of the weights that it was fine-tuned from, which bind '
    'what is made of them. Find out what the licences of its own training pictures allow, too.',
  }


def card(description: Any, parameters: int, origin: Origin) -> str:
  """The card's text, with the front matter that the Hub reads.

  `description`: a `model_files.Description`; `parameters`: how many numbers the network learnt.
  """
  method = methods.of(description.method)
  sections = [
    f'# {method.title}: image completion, {description.image_size} px',
    f'Fills holes in pictures. {method.citation}.',
    '## How to use',
    _USE,
    '## What it was trained on',
    _training(description, origin),
    '## Scores',
    _scores(origin),
    '## Limits',
    _list([*method.limits(description), *_LIMITS]),
    '## Licence',
    origin.license_note,
    '## Technical',
    _list(_technical(description, parameters)),
  ]
  if origin.deviations:
    sections += ['What differs from the paper:', _list(origin.deviations)]
  return '\n\n'.join([_front_matter(method.tag, origin), *sections]) + '\n'


_LIMITS = (
  'Holes unlike those of its training, in kind or in size, come out worse.',
  'It knows only what its training pictures show: other subjects are filled with colour and '
  'texture at best.',
  'What it paints is made up. It is no evidence of what was there.',
)

_USE = """With glcic_jax installed:

    glcic-jax complete PICTURE --mask MASK --model MODEL --output OUT.png

`MODEL` is this folder, or its name on the Hugging Face Hub. White in `MASK` is the hole; pixels
outside it are not touched.

```python
from glcic_jax import Completer
completed = Completer.from_pretrained(MODEL)(PICTURE, MASK)
```"""


def _front_matter(tag: str, origin: Origin) -> str:
  lines = [
    '---',
    f'license: {origin.license}',
    'library_name: glcic_jax',
    'pipeline_tag: image-to-image',
  ]
  if origin.base_model:
    lines.append(f'base_model: {origin.base_model}')
  tags = ('image-completion', 'inpainting', 'jax', tag)
  return '\n'.join([*lines, 'tags:', *(f'- {tag}' for tag in tags), '---'])


def _training(description: Any, origin: Origin) -> str:
  rows = [
    f'Converted from {origin.converted_from}.' if origin.converted_from else '',
    f'Pictures: {origin.pictures}',
    f'Their side, as the network saw them: {description.image_size} px.',
    f'Holes: {_holes(description.mask)}.',
    f'How long: {origin.duration}' if origin.duration else '',
  ]
  return _list(filter(None, rows))


def _scores(origin: Origin) -> str:
  known = {key: value for key, value in origin.scores.items() if key in _DEFINITIONS}
  if not known:
    return 'None were measured.'
  count = int(origin.scores['validation_count'])
  rows = ['| score | value | definition |', '|---|---|---|']
  for key, value in known.items():
    name, unit, meaning = _DEFINITIONS[key]
    rows.append(f'| {name} | {value:.4g} {unit} | {meaning} |')
  means = (
    f'Means over n = {count:,} holes in held-back pictures, each hole counting the same, at step '
    f'{int(origin.scores["step"]):,}. Scored is what the network alone completes, in 8 bits, not '
    'blended, with holes of the kind that it was trained on.'
  )
  return '\n'.join([means, '', *rows])


def _technical(description: Any, parameters: int) -> list[str]:
  red, green, blue = description.mean_color
  low, high = description.value_range
  network, options = description.architecture['name'], description.architecture['options']
  listed = ', '.join(f'{key} {value}' for key, value in options.items()) or 'none'
  versions = ', '.join(f'{name} {version}' for name, version in description.versions.items())
  return [
    *_completed(description),
    f'Network: {network}, {parameters:,} parameters; options {listed}.',
    f'It takes and returns floats from {low:g} to {high:g}; the hole is filled with RGB '
    f'{red:.4f}, {green:.4f}, {blue:.4f} (of 0..1).',
    f'Written by {versions}.',
    '`config.json` says all this to programs; `model.safetensors` holds the weights.',
  ]


def _completed(description: Any) -> list[str]:
  """What completing does by default besides running the network."""
  lines = []
  if description.detail:
    lines.append(
      'Its output is smooth: squared error alone trained it. So `complete` puts texture of the '
      f'picture over it (`--detail {description.detail:g}`) and shows it each hole at the '
      'scale of its training (`--scale auto`); `--detail off --scale 1` is the network alone.'
    )
  if description.hole_radius:
    low, high = (100 * share for share in description.hole_radius)
    lines.append(
      f"Inner radius of the training holes: {low:.3g} to {high:.3g} % of the picture's side, but "
      'for 5 % at either end.'
    )
  return lines


def _holes(mask: Mapping[str, Any]) -> str:
  kind = mask.get('kind', 'of an unknown kind')
  own = ', '.join(f'{key} {definition.show(value)}' for key, value in mask.items() if key != 'kind')
  if kind == 'folder':
    return f'masks of a folder, {own}'
  if kind == 'mixture' or not own:
    return f'{kind} of {own.removeprefix("mixture ")}' if own else kind
  return (
    f'{kind}, {own} px'
    if kind == 'rectangle'
    else f"{kind}, {own} (sides and areas are shares of the picture's)"
  )


def _list(rows: Any) -> str:
  return '\n'.join(f'- {row}' for row in rows)
