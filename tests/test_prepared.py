"""Datasets of TFDS: a tiny one, prepared here in both formats, through the code path of the
real ones.
"""

import ast
import io
import pathlib
import subprocess
import sys
import tempfile

import cloudpickle
import numpy as np
from PIL import Image
import pytest

pytest.importorskip('tensorflow', reason='TFDS prepares the dataset with it')
pytest.importorskip('tensorflow_datasets', reason='the tfds extra')
import tensorflow_datasets as tfds

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.data import pipeline
from glcic_jax.data import samples as samples_lib
from glcic_jax.data import sources
from glcic_jax.pictures import image_files

ROOT = pathlib.Path(__file__).parent.parent
COUNT = 13


class Tiny(tfds.core.GeneratorBasedBuilder):
  """Thirteen grey pictures; picture n has the level 10 n."""

  VERSION = tfds.core.Version('1.0.0')

  def _info(self):
    return tfds.core.DatasetInfo(
      builder=self,
      features=tfds.features.FeaturesDict(
        {
          'image': tfds.features.Image(encoding_format='png'),
          'label': tfds.features.ClassLabel(num_classes=2),
        }
      ),
    )

  def _split_generators(self, dl_manager):
    del dl_manager
    return {'train': self._generate_examples(), 'test': self._generate_examples()}

  def _generate_examples(self):
    for number in range(COUNT):
      yield number, {'image': np.full((20, 30, 3), 10 * number, np.uint8), 'label': 0}


@pytest.fixture(scope='module', params=['array_record', 'tfrecord'])
def directory(request, tmp_path_factory):
  """Where the dataset `tiny` is prepared."""
  return prepared(tmp_path_factory.mktemp('tfds'), request.param)


def prepared(path, kind):
  """A folder with the dataset in one format; TFDS never removes the temporary folder it makes."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(tempfile, 'tempdir', str(path))
    Tiny(data_dir=path, file_format=kind).download_and_prepare()
  return str(path)


def config_of(directory, **changes):
  config = config_lib.default().data
  config.source, config.tfds.dir = 'tfds:tiny', directory
  config.validation_fraction = 0.0
  config.update_from_flattened_dict(changes)
  return config


def level(source, name):
  return int(image_files.read_rgb(source.read(name))[0, 0, 0]) // 10


def test_every_picture_is_there_once_by_its_number(directory):
  source = sources.open_splits(config_of(directory)).train
  assert source.names == tuple(f'tiny/1.0.0/train/{number}' for number in range(COUNT))
  levels = [level(source, name) for name in source.names]
  assert sorted(levels) == list(range(COUNT))
  assert [level(source, name) for name in reversed(source.names)] == levels[::-1]
  assert Image.open(io.BytesIO(source.read(source.names[0]))).format == 'PNG'


def test_a_slice_of_a_split_is_a_part_of_it(directory):
  whole = sources.open_splits(config_of(directory)).train
  part = sources.open_splits(config_of(directory, **{'tfds.split': 'train[5:8]'})).train
  assert [level(part, name) for name in part.names] == [
    level(whole, name) for name in whole.names[5:8]
  ]
  both = sources.open_splits(config_of(directory, **{'tfds.split': 'train[:2]+test[3:]'})).train
  assert len(both) == 2 + COUNT - 3
  assert len({both.read(name) for name in both.names[:2]}) == 2


def test_pictures_are_held_back_by_hash_as_of_a_folder(directory):
  splits = sources.open_splits(config_of(directory, validation_fraction=0.3))
  assert len(splits.train) + len(splits.validation) == COUNT and len(splits.validation)


@pytest.mark.parametrize('loader', ['tf.data', 'grain'])
def test_batches_come_from_it(directory, loader):
  config = config_lib.default()
  config.data = config_of(directory)
  config.update_from_flattened_dict(
    {
      'image_size': 16,
      'batch_size': COUNT,
      'data.resize_short_edge': (16, 24),
      'mask.side': (3, 7),
      'model.local_size': 8,
    }
  )
  config.data.loader = loader
  batch = next(pipeline.Pipeline(config, range(COUNT)).train(0))
  assert sorted(batch.image[:, 0, 0, 0] // 10) == list(range(COUNT))
  samples = samples_lib.Samples(config, sources.open_splits(config.data))
  np.testing.assert_array_equal(batch.image, samples.training(range(COUNT))[0])


def test_its_pictures_are_the_same_without_tensorflow_and_where_they_are_sent(directory):
  source = sources.open_splits(config_of(directory)).train
  expected = {name: source.read(name) for name in source.names}
  sent = cloudpickle.loads(cloudpickle.dumps(source))
  assert {name: sent.read(name) for name in sent.names} == expected
  if not next(pathlib.Path(directory).rglob('*.array_record*'), None):
    return  # one process is enough
  program = f"""
from tests import without_tensorflow
without_tensorflow.hide()
from glcic_jax import config as config_lib
from glcic_jax.data import sources
config = config_lib.default().data
config.source, config.tfds.dir, config.validation_fraction = 'tfds:tiny', {directory!r}, 0.0
source = sources.open_splits(config).train
print(repr({{name: source.read(name) for name in source.names}}))
"""
  done = subprocess.run([sys.executable, '-c', program], cwd=ROOT, capture_output=True, text=True)
  assert done.returncode == 0, done.stderr
  assert ast.literal_eval(done.stdout) == expected


def test_an_unprepared_dataset_is_refused_with_the_command(directory):
  with pytest.raises(errors.InputError, match='tfds build celeb_a .*--data_dir'):
    sources.open_splits(config_of(directory, source='tfds:celeb_a'))


@pytest.mark.parametrize('name', ['Not A Name!', '../up', 'a/b/c/d'])
def test_what_is_no_name_of_a_dataset_is_refused(directory, name):
  with pytest.raises(errors.InputError, match='no name of a dataset'):
    sources.open_splits(config_of(directory, source=f'tfds:{name}'))


@pytest.mark.parametrize('kind', ['array_record', 'tfrecord'])
def test_a_cut_file_gives_sentences_that_a_reader_passes_over(tmp_path, kind):
  prepared(tmp_path, kind)
  (file,) = tmp_path.rglob('tiny-train*')
  file.write_bytes(file.read_bytes()[:200])
  source = sources.open_splits(config_of(str(tmp_path))).train
  with pytest.raises(errors.InputError, match='Record 12 of tiny cannot be read'):
    source.read(source.names[12])


@pytest.mark.parametrize(
  'key, value, sentence',
  [
    ('tfds.split', 'nowhere', "no split 'nowhere'; it has test, train"),
    ('tfds.feature', 'label', 'tfds:tiny has image'),
    ('source', 'tfds:', "data.source is 'tfds:'"),
  ],
)
def test_wrong_splits_and_features_are_refused(directory, key, value, sentence):
  with pytest.raises(errors.InputError, match=sentence):
    sources.open_splits(config_of(directory, **{key: value}))
