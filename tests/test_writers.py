"""Writers that a caller brings: what they get, and what their failures do."""

import types

import numpy as np
import pytest

from glcic_jax import config as config_lib
from glcic_jax import errors
from glcic_jax.training import writers as writers_lib


class Recorder:
  """Keeps every call."""

  def __init__(self):
    self.calls = []

  def of(self, method):
    """The arguments of the calls of one method."""
    return [arguments for name, *arguments in self.calls if name == method]

  def __getattr__(self, name):
    if not name.startswith(('write_', 'flush', 'close')):
      raise AttributeError(name)
    return lambda *arguments: self.calls.append((name, *arguments))


class Failing(Recorder):
  """Raises at the second row."""

  def write_scalars(self, step, scalars):
    if self.calls:
      raise ConnectionError('no route to host.\nTry again.')
    self.calls.append(('write_scalars', step, scalars))


def test_a_writer_that_fails_is_named_in_one_sentence_and_left_out(capsys):
  failing, other = Failing(), Recorder()
  both = writers_lib.Writers([failing, other])
  for step in range(4):
    both.write_scalars(step, {'loss': 1.0})
  both.close()
  assert len(failing.calls) == 1 and len(other.of('write_scalars')) == 4
  assert capsys.readouterr() == (
    '',
    'writers[0] (Failing) is left out, for its write_scalars failed (ConnectionError: no route to '
    'host); the run goes on.\n',
  )


def test_a_writer_that_fails_to_close_keeps_no_other_from_closing(capsys):
  class Stuck(Recorder):
    def close(self):
      raise OSError(28, 'No space left on device')

  other = Recorder()
  both = writers_lib.Writers([Stuck(), other])
  both.close()
  both.close()
  assert other.calls == [('close',)]
  assert capsys.readouterr().err.count('is left out') == 1


def test_a_writer_cannot_change_what_another_gets():
  class Greedy(Recorder):
    def write_scalars(self, step, scalars):
      scalars.clear()

  other = Recorder()
  writers_lib.Writers([Greedy(), other]).write_scalars(1, {'loss': 1.0})
  assert other.calls == [('write_scalars', 1, {'loss': 1.0})]


def test_the_example_of_the_docstring_writes_to_wandb():
  lines = writers_lib.__doc__.splitlines()
  code = '\n'.join(line for line in lines if line.startswith('    ') and 'train_and' not in line)
  log = []
  wandb = types.SimpleNamespace(
    log=lambda data, step: log.append((step, data)),
    Image=np.shape,
    finish=lambda: log.append('end'),
  )
  names = {'wandb': wandb}
  exec('if True:\n' + code, names)
  writer = names['Wandb']()
  writers_lib.check([writer])
  writers = writers_lib.Writers([writer])
  writers.introduce(0, config_lib.default())
  writers.write_scalars(3, {'reconstruction_loss': 0.5})
  writers.write_images(4, {'samples': np.zeros((2, 8, 16, 3), np.uint8)})
  writers.flush()
  writers.close()
  assert log == [(3, {'reconstruction_loss': 0.5}), (4, {'samples': [(8, 16, 3)] * 2}), 'end']


def test_every_writer_of_clu_is_one(tmp_path):
  metric_writers = pytest.importorskip('clu.metric_writers')
  pytest.importorskip('tensorflow')
  writer = metric_writers.SummaryWriter(str(tmp_path))
  writers_lib.check([writer, metric_writers.LoggingWriter()])
  writers = writers_lib.Writers([writer])
  writers.introduce(0, config_lib.default())
  writers.write_scalars(1, {'reconstruction_loss': 0.5})
  writers.write_images(1, {'samples': np.zeros((1, 8, 8, 3), np.uint8)})
  writers.close()
  assert [path.stat().st_size > 500 for path in tmp_path.glob('events*')] == [True]


@pytest.mark.parametrize('wrong', [None, 'wandb', object(), print])
def test_what_is_no_writer_is_named(wrong):
  with pytest.raises(
    errors.InputError, match=r'writers\[0\] .* has no write_scalars; give objects'
  ):
    writers_lib.check([wrong])
