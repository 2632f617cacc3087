"""The command `evaluate`: files, exit codes, and one sentence for each wrong input."""

import csv
import dataclasses
import json
import os
import subprocess
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image
import pytest

from glcic_jax import cli
from glcic_jax import errors
from glcic_jax.evaluation import evaluate as evaluation
from glcic_jax.methods import architectures
from glcic_jax.model_directory import model_files
from tests import commands
from tests import fakes
from tests.conftest import write_pictures
from tests.test_completer import DESCRIPTION

COUNT = 6


def _write(folder, description):
  """A model directory with weights at random; nothing is compiled for them."""
  side = description.image_size
  shapes = jax.eval_shape(
    lambda: architectures.build_generator(description.architecture).init(
      jax.random.key(0), jnp.zeros((1, side, side, 3)), jnp.zeros((1, side, side, 1)), train=False
    )
  )
  model_files.write(folder, fakes.random_leaves(shapes), description)
  return folder


@pytest.fixture(scope='module')
def model(tmp_path_factory):
  return _write(tmp_path_factory.mktemp('models') / 'glcic' / 'model', DESCRIPTION)


@pytest.fixture(scope='module')
def center_model(tmp_path_factory):
  """A Context Encoder of the centre variant: 8 of 32 px in the middle."""
  architecture = {
    'name': 'context_encoder',
    'options': {'image_size': 32, 'patch_size': 16, 'overlap': 4, 'width': 1 / 16},
  }
  return _write(
    tmp_path_factory.mktemp('models') / 'center' / 'model',
    dataclasses.replace(
      DESCRIPTION,
      method='context_encoder_center',
      architecture=architecture,
      value_range=(-1.0, 1.0),
    ),
  )


@pytest.fixture
def images(tmp_path):
  write_pictures(tmp_path / 'pictures', COUNT)
  return tmp_path / 'pictures'


@pytest.fixture
def evaluate(capsys, tmp_path):
  """Runs the command into `out`, or the folder given: exit code, stdout, stderr."""

  def run(*arguments, output='out'):
    return commands.run(capsys, 'evaluate', *arguments, '--output', tmp_path / output)

  return run


def _rows(folder):
  with open(folder / 'scores.csv', newline='') as file:
    return list(csv.DictReader(file))


def test_models_and_baselines_side_by_side_and_the_same_bytes_again(
  evaluate, images, model, tmp_path
):
  who = ['--model', 'mean', model, '--images', images]
  code, out, err = evaluate(*who, '--size', 32)
  assert (code, err) == (0, '')
  rows = _rows(tmp_path / 'out')
  assert [(row['model'], row['output']) for row in rows[::COUNT]] == [
    ('mean', 'completed'),
    ('glcic', 'completed'),
    ('glcic', 'raw'),
  ]
  assert len({row['picture'] for row in rows}) == COUNT
  found = json.loads((tmp_path / 'out/scores.json').read_text())
  assert found['models']['glcic']['step'] == 7 and found['reference'] == 'mean'
  assert 'hole PSNR - mean' in out
  assert [tuple(line.split()[:2]) for line in out.splitlines()[2:5]] == [
    ('mean', 'completed'),
    ('glcic', 'raw'),  # what the network painted leads, and no blend
    ('glcic', 'completed'),
  ]
  page = (tmp_path / 'out/report.html').read_text()
  assert page.index('<span>raw</span>') < page.rindex('<span>completed</span>')
  assert all('--model harmonic' in text for text in (out, page))
  assert [feature['status'] for feature in found['features'].values()] == ['weights not given'] * 3
  assert '>glcic</text>' in (tmp_path / 'out/report.html').read_text()

  code, out, _ = evaluate(
    *who, '--manifest', tmp_path / 'out/manifest.json', '--json', output='again'
  )
  assert code == 0 and json.loads(out) == found
  for name in ('scores.csv', 'scores.json', 'manifest.json', 'report.html'):
    assert (tmp_path / 'again' / name).read_bytes() == (tmp_path / 'out' / name).read_bytes()


def test_one_model_with_and_without_detail(evaluate, images, model, tmp_path):
  names = [model, f'{model}:detail=1', f'{model}:detail=0.5,scale=auto']
  which = ('--images', images, '--size', 64, '--limit', 2, '--masks', 'center', '--mask-side', 0.25)
  code, out, err = evaluate('--model', *names, *which)
  assert (code, err) == (0, '')
  rows = _rows(tmp_path / 'out')
  assert list(dict.fromkeys((row['model'], row['output']) for row in rows)) == [
    ('glcic', 'completed'),
    ('glcic', 'raw'),  # once for all that have the same
    ('glcic:detail=1', 'completed'),
    ('glcic:detail=0.5,scale=auto', 'completed'),
    ('glcic:detail=0.5,scale=auto', 'raw'),
  ]
  found = json.loads((tmp_path / 'out/scores.json').read_text())
  manners = [(about['detail'], about['scale']) for about in found['models'].values()]
  assert manners == [(0.0, '1'), (1.0, '1'), (0.5, 'auto')]
  manifest = json.loads((tmp_path / 'out/manifest.json').read_text())
  assert manifest['models'] == found['models']
  assert {'swd', 'energy_1'} <= set(found['definitions']) & set(rows[0])
  assert 'SWD hole' in out and 'SWD' in (tmp_path / 'out/report.html').read_text()


def test_scores_are_of_the_picture_that_complete_writes(evaluate, images, model, tmp_path, capsys):
  evaluate('--model', model, '--images', images, '--masks', 'center', '--limit', 2)
  row = _rows(tmp_path / 'out')[0]
  truth = np.asarray(Image.open(images / row['picture']).convert('RGB'))
  height, width = truth.shape[:2]
  mask = np.zeros((height, width), np.uint8)
  rows, columns = ((length - round(length / 2)) // 2 for length in (height, width))
  mask[rows : rows + round(height / 2), columns : columns + round(width / 2)] = 255
  Image.fromarray(truth).save(tmp_path / 'a.png')
  Image.fromarray(mask).save(tmp_path / 'hole.png')
  assert (
    cli.main(
      [
        'complete',
        str(tmp_path / 'a.png'),
        '--mask',
        str(tmp_path / 'hole.png'),
        '--model',
        str(model),
        '--output',
        str(tmp_path / 'b.png'),
      ]
    )
    == 0
  )
  capsys.readouterr()
  completed = np.asarray(Image.open(tmp_path / 'b.png'))
  error = np.abs(completed.astype(float) - truth)[mask > 0].mean() / 255
  np.testing.assert_allclose(float(row['hole_l1']), error, rtol=1e-5)


def test_all_models_on_the_holes_of_a_centre_model(evaluate, images, model, center_model, tmp_path):
  arguments = ['--model', center_model, '--model', model, '--images', images, '--size', 32]
  code, _, err = evaluate(*arguments, '--masks', 'center', '--mask-side', 0.25)
  assert (code, err) == (0, '')
  assert {(row['model'], row['kind'], row['ratio']) for row in _rows(tmp_path / 'out')} == {
    ('center', 'center', '0.0625'),
    ('glcic', 'center', '0.0625'),
  }
  code, out, err = evaluate(*arguments, '--masks', 'rectangle', output='other')
  assert (code, out) == (2, '') and len(err.splitlines()) == 1
  assert (
    'center cannot take the rectangle hole of' in err and '--masks center --mask-side 0.25' in err
  )
  assert not (tmp_path / 'other').exists()


def test_own_masks_in_pairs_or_drawn(evaluate, images, tmp_path):
  masks = tmp_path / 'masks'
  masks.mkdir()
  names = sorted(str(path.relative_to(images)) for path in images.rglob('*.*'))
  for name in names[1:]:
    with Image.open(images / name) as image:
      mask = np.zeros(image.size[::-1], np.uint8)
    mask[:4, :4] = 255
    path = (masks / name).with_suffix('.png')
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(mask).save(path)
  code, _, err = evaluate('--model', 'telea', '--images', images, '--masks', masks)
  assert code == 1 and names[0] in err and len(err.splitlines()) == 1
  rows = _rows(tmp_path / 'out')
  assert sorted(row['picture'] for row in rows) == names[1:]
  assert all((row['kind'], row['border']) == ('own', '1') for row in rows)
  code, _, err = evaluate('--model', 'telea', '--images', images, '--masks', masks, '--draw-masks')
  assert (code, err) == (0, '') and len(_rows(tmp_path / 'out')) == COUNT


def test_a_list_of_pictures_is_paired_as_they_are(evaluate, images, tmp_path):
  names = sorted(path.name for path in images.glob('*.png'))[:2]
  masks = tmp_path / 'masks'
  masks.mkdir()
  for name in names:
    with Image.open(images / name) as image:
      mask = np.zeros(image.size[::-1], np.uint8)
    mask[5:9, 5:9] = 255
    Image.fromarray(mask).save(masks / name)
  (images / 'list.txt').write_text(f'{names[0]}\n{images / names[1]}\n')
  code, _, err = evaluate('--model', 'mean', '--images', images / 'list.txt', '--masks', masks)
  assert (code, err) == (0, '')
  assert {(row['picture'], row['kind']) for row in _rows(tmp_path / 'out')} == {
    (names[0], 'own'),
    (str(images / names[1]), 'own'),
  }


def test_a_mean_over_fewer_pictures_says_so(evaluate, images, tmp_path):
  masks = tmp_path / 'masks'
  masks.mkdir()
  for number, path in enumerate(sorted(images.rglob('*.*'))):
    with Image.open(path) as image:
      mask = np.zeros(image.size[::-1], np.uint8)
    middle = mask.shape[0] // 2
    mask[(slice(0, 2), slice(middle, middle + 2))[number % 2], mask.shape[1] // 2] = 255
    place = (masks / path.relative_to(images)).with_suffix('.png')
    place.parent.mkdir(exist_ok=True)
    Image.fromarray(mask).save(place)
  code, out, _ = evaluate('--model', 'mean', '--images', images, '--masks', masks)
  assert code == 0 and f'(n={COUNT // 2})' in out  # no window is centred in the holes at the border
  assert f'n = {COUNT // 2}</small>' in (tmp_path / 'out/report.html').read_text()


def test_names_of_any_bytes(evaluate, images, tmp_path):
  picture = next(images.glob('*.png'))
  os.rename(os.fsencode(picture), os.path.join(os.fsencode(images), b'\xff, "x".png'))
  code, _, err = evaluate('--model', 'mean', '--images', images)
  assert (code, err) == (0, '')
  assert b'"\xff, ""x"".png"' in (tmp_path / 'out/scores.csv').read_bytes()
  manifest = tmp_path / 'out/manifest.json'
  assert evaluate('--model', 'telea', '--images', images, '--manifest', manifest)[0] == 0
  assert (
    evaluate('--model', 'telea', '--images', images, '--limit', COUNT)[0] == 0
  )  # chosen by a hash of the names


def test_what_an_earlier_evaluation_left_is_not_mixed_with_a_new_one(
  evaluate, images, model, tmp_path, monkeypatch
):
  assert evaluate('--model', 'mean', '--images', images)[0] == 0
  monkeypatch.setattr(
    evaluation, 'run', lambda *_, **__: (_ for _ in ()).throw(errors.RunError('stopped'))
  )
  assert evaluate('--model', 'mean', '--images', images, '--seed', 1)[0] == 3
  assert [path.name for path in (tmp_path / 'out').iterdir()] == ['manifest.json']


def test_a_warning_is_said_once_for_many_pictures_and_counted(evaluate, images, monkeypatch):
  def run(*arguments, **options):
    for across in (400, 500):
      warnings.warn(f'The hole is {across} px across.', stacklevel=1)
    return run_as_it_is(*arguments, **options)

  run_as_it_is = evaluation.run
  monkeypatch.setattr(evaluation, 'run', run)
  with warnings.catch_warnings():
    warnings.simplefilter('always')
    code, _, err = evaluate('--model', 'mean', '--images', images)
  assert code == 0 and err.splitlines() == [
    'glcic-jax: The hole is 400 px across. (Said once.)',
    'glcic-jax: 2 in all: The hole is 400 px across.',
  ]


def test_the_held_back_pictures_are_those_of_training(evaluate, images, tmp_path):
  from glcic_jax.data import sources

  split = sources.split(sources.folder(images), 0.5)
  for side in ('train', 'validation'):
    code, _, _ = evaluate(
      '--model', 'mean', '--images', images, '--split', side, '--validation-fraction', 0.5
    )
    assert code == 0
    assert {row['picture'] for row in _rows(tmp_path / 'out')} == set(getattr(split, side).names)


def test_everything_in_the_folders_is_accounted_for(evaluate, images, tmp_path):
  names = sorted(path.name for path in images.glob('*.png'))
  masks = tmp_path / 'masks'
  masks.mkdir()
  for name in names:
    with Image.open(images / name) as image:
      mask = np.zeros(image.size[::-1], np.uint8)
    mask[5:9, 5:9] = 1  # of classes: told, and counted
    Image.fromarray(mask).save(masks / name)
    Image.fromarray(mask).save(masks / name.replace('.png', '_mask7.png'))
  (images / 'notes.txt').write_text('nothing')
  code, out, err = evaluate('--model', 'mean', '--images', images, '--masks', masks, '--json')
  others = [path for path in images.rglob('*.jpg') if path.stem + '.png' not in names]
  found = json.loads(out)
  assert code == 1 and f'{len(others)} of {COUNT} pictures could not be used.' in err
  assert {one['picture'] for one in found['failed']} == {
    str(path.relative_to(images)) for path in others
  }
  reasons = {one['path']: one['reason'] for one in found['left_out']}
  assert reasons.pop(str(images / 'notes.txt')) == 'not a picture'
  assert reasons == {
    str(masks / name.replace('.png', '_mask7.png')): f'a further mask of {name}, for which {name} '
    'is taken'
    for name in names
  }
  assert f'{len(names)} in all: {masks / names[0]}: 1 is its only level besides 0' in err
  assert all(path in err for path in reasons)


def test_a_bad_picture_among_several_is_named(evaluate, images, tmp_path):
  (images / 'bad.png').write_bytes(b'nothing')
  code, out, err = evaluate('--model', 'mean', '--images', images)
  assert code == 1 and 'bad.png' in err and len(err.splitlines()) == 1 and 'mean' in out
  assert [
    r['picture'] for r in json.loads((tmp_path / 'out/scores.json').read_text())['failed']
  ] == ['bad.png']
  assert len(_rows(tmp_path / 'out')) == COUNT


def test_no_library_for_training_is_needed(images, model, tmp_path):
  program = (
    "import sys; sys.modules |= dict.fromkeys(('tensorflow', 'orbax', 'clu', 'optax', 'skimage', "
    "'torch')); from glcic_jax import cli; sys.exit(cli.main(sys.argv[1:]))"
  )
  arguments = [
    'evaluate',
    '--model',
    'telea',
    model,
    '--images',
    images,
    '--size',
    32,
    '--output',
    tmp_path / 'out',
  ]
  done = subprocess.run(
    [sys.executable, '-c', program, *map(str, arguments)], capture_output=True, text=True
  )
  assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
  'arguments, sentence',
  [
    (('--masks', 'circle'), 'kind of hole'),
    (('--draw-masks',), '--draw-masks needs'),
    (('--mask-side', 0.3), '--mask-side is the side'),
    (('--masks', 'center', '--mask-side', 1.5), '--mask-side is 1.5'),
    (('--split', 'validation'), 'go together'),
    (('--validation-fraction', 0.2), 'go together'),
    (('--split', 'train', '--validation-fraction', 1.5), "--validation-fraction is '1.5'"),
    (('--split', 'validation', '--validation-fraction', 0), 'No picture'),
    (('--reference', 'telea'), 'no --model'),
    (('--seed', -1), "--seed is '-1'"),
    (('--limit', 1), 'two or more'),
    (('--size', 10), "--size is '10'"),
    (('--size', 100_000), "--size is '100000'"),
    (('--model', 'mean'), 'twice'),
    (('--model', 'demo:detail=off,detail=1'), 'has the option detail twice'),
    (('--model', 'nowhere'), 'nowhere is no model'),
    (('--manifest', 'nowhere.json'), 'nowhere.json'),
    (('--features', 'nowhere'), 'check --features'),
    (('--manifest', 'setup.cfg'), 'no manifest'),
    (('--manifest', 'a.json', '--size', 32), 'leave out --size'),
  ],
)
def test_wrong_usage_is_one_sentence_and_leaves_nothing(
  evaluate, images, tmp_path, arguments, sentence
):
  code, out, err = evaluate('--model', 'mean', '--images', images, *arguments)
  assert (code, out) == (2, '')
  assert sentence in err and len(err.splitlines()) == 1
  assert not (tmp_path / 'out').exists()


def test_wrong_pictures_are_one_sentence(evaluate, images, tmp_path):
  def refused(*arguments, output='out'):
    code, out, err = evaluate('--model', 'mean', *arguments, output=output)
    assert (code, out) == (2, '') and len(err.splitlines()) == 1
    return err

  assert 'There is no folder' in refused('--images', tmp_path / 'nowhere')
  picture = next(images.glob('*.png'))
  assert 'is a file' in refused('--images', picture)
  alone = tmp_path / 'alone'
  alone.mkdir()
  assert 'no pictures' in refused('--images', alone)
  picture.rename(alone / picture.name)
  assert '1 picture to evaluate' in refused('--images', alone)
  masks = tmp_path / 'masks'
  masks.mkdir()
  Image.new('L', (20, 20), 255).save(masks / 'unlike.png')
  assert '--draw-masks' in refused('--images', images, '--masks', masks)
  assert not (tmp_path / 'out').exists()
  (tmp_path / 'out').write_text('')
  assert 'is a file' in refused('--images', images)


def test_a_manifest_of_other_pictures_is_refused(evaluate, images, tmp_path):
  assert evaluate('--model', 'mean', '--images', images)[0] == 0
  manifest = tmp_path / 'out/manifest.json'
  picture = next(images.glob('*.png'))
  Image.new('RGB', (30, 30)).save(picture)
  code, out, err = evaluate(
    '--model', 'mean', '--images', images, '--manifest', manifest, output='again'
  )
  assert (code, out) == (2, '') and 'changed' in err and picture.name in err
  picture.unlink()
  code, _, err = evaluate(
    '--model', 'mean', '--images', images, '--manifest', manifest, output='again'
  )
  assert code == 2 and 'not in' in err and not (tmp_path / 'again').exists()
