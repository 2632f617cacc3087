"""TensorBoard events, read back as TensorBoard reads them: numbers and pictures by both writers."""

import io
import re
import struct
import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax.training import events

event_pb2 = pytest.importorskip(
  'tensorboardX.proto.event_pb2', reason='tensorboardX comes with the train extra'
)
ROWS = np.random.default_rng(0).integers(0, 256, (2, 12, 20, 3), dtype=np.uint8)


def read(folder):
  """Numbers by (name, step), and pictures by step, of the events in a folder."""
  numbers, pictures = {}, {}
  (path,) = folder.glob('events*')
  with path.open('rb') as file:
    while header := file.read(12):
      (length,) = struct.unpack('<Q', header[:8])
      event = event_pb2.Event.FromString(file.read(length))
      file.read(4)
      for value in event.summary.value:
        if value.HasField('image'):
          encoded = [value.image.encoded_image_string]
        else:
          encoded = list(value.tensor.string_val)[2:]  # behind the width and the height
          numbers |= {} if encoded else {(value.tag, event.step): number(value)}
        found = [np.asarray(Image.open(io.BytesIO(picture))) for picture in encoded]
        pictures.setdefault(event.step, []).extend(found)
  return numbers, {step: found for step, found in pictures.items() if found}


def number(value):
  if value.HasField('simple_value'):
    return value.simple_value
  return (list(value.tensor.float_val) or np.frombuffer(value.tensor.tensor_content, '<f4'))[0]


@pytest.mark.parametrize('library', ['tensorboardX', 'clu'])
def test_numbers_and_pictures_are_there_by_both_writers(tmp_path, monkeypatch, library):
  if library == 'clu':
    pytest.importorskip('tensorflow', reason="clu's writers need it")
  else:
    monkeypatch.setitem(sys.modules, 'tensorflow', None)
  writer = events.open_writer(tmp_path)
  assert type(writer).__module__.startswith('clu') == (library == 'clu')
  writer.write_scalars(3, {'reconstruction_loss': 0.25, 'images_per_second': 1234.5})
  writer.write_scalars(4, {'reconstruction_loss': 0.125})
  writer.write_images(4, {'samples': ROWS})
  writer.flush()
  writer.close()
  numbers, pictures = read(tmp_path)
  assert numbers == {
    ('reconstruction_loss', 3): 0.25,
    ('images_per_second', 3): 1234.5,
    ('reconstruction_loss', 4): 0.125,
  }
  np.testing.assert_array_equal(pictures[4], ROWS)


@pytest.mark.parametrize(
  'workdir, missing, reason',
  [
    ('run', 'tensorboardX', r'pip install .*\[train\]'),
    ('gs://bucket/run', 'clu', r'a bucket needs TensorFlow, pip install .*\[train-tf\]'),
  ],
)
def test_without_a_writer_the_run_is_told_once(monkeypatch, capsys, workdir, missing, reason):
  for name in ('tensorflow', missing):
    monkeypatch.setitem(sys.modules, name, None)
  assert events.open_writer(workdir) is None
  (line,) = capsys.readouterr().err.splitlines()
  assert re.search(f'No TensorBoard events, metrics.csv alone: .*{reason}', line)
