"""The model card: front matter that the Hub reads, what was trained, scores with definitions,
and no private word.
"""

import dataclasses
import importlib.util

import pytest
import yaml

from glcic_jax import config as config_lib
from glcic_jax.holes import kinds
from glcic_jax.model_directory import model_card
from glcic_jax.model_directory import model_files
from glcic_jax.training import origin
from tests.test_completer import DESCRIPTION

SCORES = {
  'step': 2_700.0,
  'validation_hole_psnr': 18.6789,
  'validation_hole_l1': 0.08125,
  'validation_count': 512.0,
}
PRIVATE = '/home/someone/photos of my house'


def own_config(**changes):
  """A config with a private folder; in a change, `__` stands for a dot."""
  config = config_lib.default()
  config.data.folder = PRIVATE
  config.batch_size = 16
  config.schedule.reconstruction_steps, config.schedule.discriminator_steps = 2_200, 150
  config.schedule.total_steps = 2_750
  config.update_from_flattened_dict(
    {key.replace('__', '.'): value for key, value in changes.items()}
  )
  return config


def card_of(config=None, *, counts=(8_366, 534), scores=SCORES, description=DESCRIPTION, **changes):
  config = config or own_config(**changes)
  whence = origin.of_run(config, counts=counts, step=2_750, scores=scores)
  return model_card.card(description, 6_072_131, whence)


def front_matter(card):
  _, matter, rest = card.split('---\n', 2)
  assert rest.startswith('\n# ')
  return yaml.safe_load(matter)


def test_the_front_matter_is_the_hubs():
  assert front_matter(card_of()) == {
    'license': 'unknown',
    'library_name': 'glcic_jax',
    'pipeline_tag': 'image-to-image',
    'tags': ['image-completion', 'inpainting', 'jax', 'glcic'],
  }


@pytest.mark.skipif(
  importlib.util.find_spec('huggingface_hub') is None, reason='huggingface_hub is not installed'
)
def test_huggingface_hub_reads_the_card():
  from huggingface_hub import ModelCard

  card = ModelCard(card_of(init_from='org/places@v1'))
  assert card.data.license == 'unknown' and card.data.pipeline_tag == 'image-to-image'
  assert card.data.base_model == 'org/places' and 'jax' in card.data.tags
  assert card.text.lstrip().startswith('# GLCIC')


def test_it_says_what_it_was_trained_on_and_how_long():
  card = card_of()
  assert 'A folder of pictures, 8,366 to train on and 534 held back.' in card
  assert '2,750 steps of 16 pictures: 2,200 reconstruction, 150 discriminator, 400 joint.' in card
  assert 'Holes: rectangle, side 8 to 16 px.' in card
  assert '`batch_size`: 16 (the paper: 96)' in card
  assert '`schedule.total_steps`: 2,750 (the paper: 500,000)' in card


@pytest.mark.parametrize(
  'kind, words',
  [
    ('center', "center, side 0.5 (sides and areas are shares of the picture's)."),
    ('folder', 'masks of a folder, channel auto, flip False, rotate False, scale 1.0 to 1.0.'),
    ('mixture', 'mixture of rectangle=1, strokes=2.'),
  ],
)
def test_holes_are_described_and_their_folder_is_not(kind, words):
  config = own_config(
    mask__kind=kind, mask__mixture=('rectangle=1', 'strokes=2'), mask__folder__path=PRIVATE
  )
  card = card_of(description=dataclasses.replace(DESCRIPTION, mask=kinds.describe(config.mask)))
  assert f'Holes: {words}' in card and 'house' not in card


@pytest.mark.parametrize(
  'changes, words',
  [
    ({'data__source': 'sample'}, 'The photographs inside scikit-image, 8,366'),
    (
      {'data__source': 'tfds:celeb_a', 'data__tfds__dir': PRIVATE},
      'The TFDS dataset celeb_a, 8,366',
    ),
    ({'data__source': f'folder:{PRIVATE}'}, 'A folder of pictures, 8,366'),
    (
      {'data__source': 'mixture', 'data__mixture': (f'folder:{PRIVATE}=3', 'tfds:celeb_a=0.5')},
      'A mixture of a folder of pictures (weight 3) and the TFDS dataset celeb_a (weight 0.5), '
      '8,366',
    ),
    ({'init_from': f'{PRIVATE}/model'}, 'Fine-tuned from another model.'),
    ({'init_from': 'org/places@v1'}, 'Fine-tuned from org/places@v1.'),
  ],
)
def test_no_path_is_published(changes, words):
  card = card_of(**changes)
  assert words in card
  assert 'someone' not in card and 'house' not in card
  assert front_matter(card).get('base_model') == ('org/places' if 'org/places' in words else None)


def test_scores_come_with_n_and_their_definitions():
  card = card_of()
  assert 'n = 512 holes in held-back pictures' in card and 'at step 2,700' in card
  assert '| PSNR in the hole | 18.68 dB | 10 log10(255^2 / MSE)' in card
  assert '| L1 in the hole | 0.08125 of the full scale | mean absolute difference' in card
  assert 'None were measured.' in card_of(scores={})


def test_batches_of_a_program_are_no_pictures():
  assert 'which pictures they held is not recorded' in card_of(counts=(0, 0))


def limits(method, name, **options):
  description = dataclasses.replace(
    DESCRIPTION,
    method=method,
    architecture={'name': name, 'options': options},
    image_size=options.get('image_size', 64),
  )
  card = card_of(description=description)
  return card[card.index('## Limits') : card.index('## Licence')]


def test_limits_are_those_of_the_network():
  assert 'It sees 307 px around a pixel' in limits('glcic', 'glcic')
  assert 'It sees 99 px around a pixel' in limits('glcic', 'glcic', dilated=False)
  center = limits(
    'context_encoder_center', 'context_encoder', image_size=128, patch_size=64, overlap=7
  )
  assert 'takes 128x128 px alone' in center and 'only the middle, 50 of its 128 px' in center
  random = limits('context_encoder_random', 'context_encoder', image_size=64, patch_size=64)
  assert 'takes 64x64 px alone' in random and 'only the middle' not in random


def test_converted_weights_carry_the_licence_of_their_source(tmp_path):
  own = model_card.Origin(
    pictures='Places2.',
    converted_from='completionnet_places2.t7',
    license='cc-by-nc-sa-4.0',
    license_note='CC BY-NC-SA 4.0, as its authors published it.',
  )
  model_files.write(tmp_path, {'params': {}}, DESCRIPTION, own)
  card = (tmp_path / 'README.md').read_text()
  assert front_matter(card)['license'] == 'cc-by-nc-sa-4.0'
  assert (
    'Converted from completionnet_places2.t7.' in card and 'as its authors published it' in card
  )
  assert 'Nobody has chosen' not in card and 'steps of' not in card


def test_a_model_fine_tuned_from_the_packages_names_it():
  assert 'Fine-tuned from `demo`, the model in the package' in card_of(init_from='demo')
  assert 'Fine-tuned from another model' in card_of(init_from='./runs/secret')


def test_what_completing_does_by_default_is_told():
  smooth = dataclasses.replace(DESCRIPTION, detail=1.0, hole_radius=(0.0385, 0.1631))
  card = card_of(description=smooth)
  assert '`--detail 1`' in card and '3.85 to 16.3 %' in card and 'over 5 px' in card
  assert '--detail' not in card_of()
