"""tf.data and Grain load the same batches to the bit; Grain also in processes of its own."""

import importlib.util
import itertools
import multiprocessing
import sys

import cloudpickle
import jax
import numpy as np
from PIL import Image
import pytest

from glcic_jax import config as config_lib
from glcic_jax import data
from glcic_jax import errors
from glcic_jax.data import loaders
from glcic_jax.data import pipeline
from glcic_jax.data import samples
from glcic_jax.data import sources

grain_loader = pytest.importorskip(
  'glcic_jax.data.grain_loader', reason='Grain comes with the train extra'
)
LOADERS = ['grain', *(['tf.data'] if importlib.util.find_spec('tensorflow') else [])]


def config_of(folder, **changes):
  """Pictures of 16 px in batches of 6: chunks of three, where two processes share them."""
  config = config_lib.default()
  config.update_from_flattened_dict(
    {
      'image_size': 16,
      'batch_size': 6,
      'model.local_size': 8,
      'mask.side': (3, 7),
      'data.folder': str(folder),
      'data.resize_short_edge': (16, 24),
      'data.validation_fraction': 0.3,
      'data.threads': 2,
      'validation.count': 8,
      **changes,
    }
  )
  config_lib.check(config)
  return config


def made(config, first, count, rows=range(6)):
  """The leaves of some training batches, by the function of a sample alone."""
  of = samples.Samples(config, sources.open_splits(config.data))
  numbers = [[6 * step + row for row in rows] for step in range(first, first + count)]
  return [of.training(batch) for batch in numbers]


def loaded(config, first, count, rows=range(6)):
  """The same, by the config's loader."""
  batches = pipeline.Pipeline(config, rows).train(first)
  taken = list(itertools.islice(batches, count))
  batches.close()
  return [leaves(batch) for batch in taken]


def leaves(batch):
  return batch.image, batch.mask, batch.view, batch.real_view


def assert_same(one, two):
  jax.tree.map(np.testing.assert_array_equal, one, two)


MASKS = {
  'region': {},
  'strokes': {},
  'blocks': {},
  'center': {},
  'rectangles': {},
  'mixture': {'mask.mixture': ('rectangle=2', 'strokes=1')},
  'rectangle': {'mask.shared': True, 'data.flip': True, 'seed': 5},
}


@pytest.mark.parametrize('kind', [*MASKS, 'folder'])
def test_every_kind_of_hole_is_the_same_from_both(picture_folder, tmp_path, kind):
  changes = {'mask.kind': kind} | MASKS.get(kind, {})
  if kind == 'folder':
    for number in range(3):
      mask = Image.fromarray(np.uint8(255) * (np.arange(400).reshape(20, 20) % 7 <= number))
      mask.save(tmp_path / f'{number}.png')
    (tmp_path / 'masks').mkdir()
    for number in range(3):
      (tmp_path / f'{number}.png').rename(tmp_path / 'masks' / f'{number}.png')
    changes |= {'mask.folder.path': str(tmp_path / 'masks'), 'mask.folder.rotate': True}
  expected = made(config_of(picture_folder, **changes), 1_000, 2)
  for loader in LOADERS:
    assert_same(
      loaded(config_of(picture_folder, **changes, **{'data.loader': loader}), 1_000, 2), expected
    )


@pytest.mark.parametrize('source', ['glob', 'list', 'sample', 'mixture'])
def test_every_source_is_the_same_from_both(picture_folder, tmp_path, source):
  changes = {}
  if source == 'glob':
    changes['data.folder'] = f'{picture_folder}/**/*.png'
  elif source == 'list':
    names = sorted(str(path.relative_to(tmp_path)) for path in picture_folder.rglob('*.*'))
    (tmp_path / 'list.txt').write_text('\n'.join(names[:20]))
    changes['data.folder'] = str(tmp_path / 'list.txt')
  else:
    changes['data.source'] = source
    changes['data.mixture'] = (f'folder:{picture_folder}=3', 'sample=1')
  expected = made(config_of(picture_folder, **changes), 7, 2)
  for loader in LOADERS:
    assert_same(
      loaded(config_of(picture_folder, **changes, **{'data.loader': loader}), 7, 2), expected
    )


@pytest.mark.parametrize('loader', LOADERS)
def test_processes_and_validation_are_the_same_from_both(picture_folder, loader):
  config = config_of(picture_folder, **{'data.loader': loader})
  for rows in (range(3), range(3, 6)):
    assert_same(loaded(config, 4, 2, rows), made(config, 4, 2, rows))
  feed = pipeline.Pipeline(config, range(6))
  of = samples.Samples(config, sources.open_splits(config.data))
  scored = list(feed.validation())
  assert [batch.weight.tolist() for batch in scored] == [[1] * 6, [1, 1, 0, 0, 0, 0]]
  for batch, first in zip(scored, (0, 6), strict=True):
    image, mask, *_ = of.held_back(range(first, first + 6))
    assert_same((batch.image, batch.mask), (image, mask))


def test_processes_of_its_own_make_the_same_and_name_a_broken_picture_once(picture_folder, capfd):
  config = config_of(picture_folder, **{'data.workers': 2, 'data.unreadable_share': 0.2})
  names = sources.open_splits(config.data).train.names
  (picture_folder / names[3]).write_bytes(b'broken')
  expected = made(config, 1_000, 6)
  shown = capfd.readouterr().err
  assert shown.count(names[3]) == 1
  batches = pipeline.Pipeline(config, range(6)).train(1_000)
  assert_same([leaves(batch) for batch in itertools.islice(batches, 6)], expected)
  assert capfd.readouterr().err == shown
  multiprocessing.active_children()[0].kill()
  with pytest.raises(errors.RunError, match='was killed.*fewer data.workers'):
    list(batches)
  assert not multiprocessing.active_children()


def sent(config, held_back=False):
  """The pipeline's chunks, here and as they arrive in another process; no process is started."""
  of = samples.Samples(config, sources.open_splits(config.data))
  chunks = samples.Chunks(of, 6, range(6), 6, held_back)
  return chunks, cloudpickle.loads(cloudpickle.dumps(grain_loader._Remote(chunks)))


@pytest.mark.parametrize('source', ['folder', 'sample', 'mixture'])
def test_every_source_can_be_sent_to_a_process(picture_folder, source):
  mixture = (f'folder:{picture_folder}=3', 'sample=1')
  chunks, remote = sent(
    config_of(picture_folder, **{'data.source': source, 'data.mixture': mixture})
  )
  rows, said = remote(11)
  assert_same(rows, chunks(11))
  assert said == ((), '', None)


def test_too_many_broken_pictures_in_a_process_stop_the_run_and_are_named(picture_folder, capsys):
  for path in picture_folder.rglob('*.*'):
    path.write_bytes(b'broken')
  chunks, remote = sent(config_of(picture_folder, **{'data.unreadable_share': 0.1}))
  with pytest.raises(errors.RunError, match='^2 of 16 pictures cannot be read'):
    list(grain_loader._heard(chunks, iter([remote(0)])))
  assert len(capsys.readouterr().err.splitlines()) == 2


def test_what_several_processes_print_is_said_once(picture_folder, capsys):
  chunks, _ = sent(config_of(picture_folder))
  rows = chunks(0)
  said = grain_loader._Said((), 'a mask is broken\nanother\n', None)
  assert list(grain_loader._heard(chunks, iter([(rows, said)] * 2))) == [rows, rows]
  assert capsys.readouterr().err == 'a mask is broken\nanother\n'


@pytest.fixture
def without(monkeypatch):
  """Makes libraries and the loaders that need them impossible to import."""

  def take_away(*libraries):
    for library in libraries:
      monkeypatch.setitem(sys.modules, library, None)
    for module in ('tf_data', 'grain_loader'):
      monkeypatch.delitem(sys.modules, f'glcic_jax.data.{module}', raising=False)
      monkeypatch.delattr(data, module, raising=False)

  return take_away


def choice(**changes):
  config = config_lib.default()
  config.data.update_from_flattened_dict(changes)
  return loaders.by_name(config).__module__.rpartition('.')[2]


def test_grain_is_taken_and_said_where_tensorflow_is_not(without, capsys):
  without('tensorflow')
  assert choice() == 'grain_loader'
  assert 'TensorFlow is not installed here: Grain' in capsys.readouterr().err
  assert choice(loader='grain') == 'grain_loader'
  assert capsys.readouterr().err == ''


@pytest.mark.parametrize(
  'libraries, changes, sentence',
  [
    (['tensorflow'], {'loader': 'tf.data'}, r"needs TensorFlow.*'glcic_jax\[train-tf\]'"),
    (['tensorflow', 'grain'], {}, r"needs Grain.*'glcic_jax\[train\]'"),
    (['grain'], {'loader': 'grain'}, r"data.loader is grain needs Grain.*'glcic_jax\[train\]'"),
    ([], {'loader': 'tf.data', 'workers': 2}, 'data.workers is 2, and tf.data has threads alone'),
  ],
)
def test_a_loader_that_is_not_there_is_one_sentence(without, libraries, changes, sentence):
  without(*libraries)
  with pytest.raises(errors.InputError, match=sentence):
    choice(**changes)


def test_own_processes_are_grain_s():
  assert choice(workers=2) == 'grain_loader'
