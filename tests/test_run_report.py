"""`glcic-jax report`: the page of a run in any state, and what it refuses."""

import base64
import html.parser
import io
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image
import pytest

from glcic_jax.reporting import run as run_lib
from glcic_jax.reporting import run_page
from tests import commands
from tests import made_workdir

VOID = {'meta', 'img', 'br', 'path', 'line', 'rect', 'circle', 'polyline'}


class Page(html.parser.HTMLParser):
  """A page's text, headings, pictures and curves; fails where tags do not match."""

  def __init__(self, content):
    super().__init__()
    self.open, self.text, self.tags = [], [], []
    self.feed(content)
    self.close()
    assert self.open == []
    self.words = ' '.join(' '.join(self.text).split())

  def handle_starttag(self, tag, attrs):
    self.tags.append((tag, dict(attrs)))
    if tag not in VOID:
      self.open.append(tag)

  def handle_startendtag(self, tag, attrs):
    self.tags.append((tag, dict(attrs)))

  def handle_endtag(self, tag):
    assert self.open.pop() == tag

  def handle_data(self, data):
    if 'style' not in self.open:
      self.text.append(data)

  def all(self, tag):
    """Attributes of all elements of a kind."""
    return [attrs for name, attrs in self.tags if name == tag]


def run(capsys, *arguments):
  """Exit code, stdout and stderr of `report`."""
  return commands.run(capsys, 'report', *arguments)


def rendered(workdir):
  """The page of a workdir."""
  return Page(run_page.render(run_lib.read(workdir)).decode())


def test_a_finished_run_has_everything_and_needs_no_network(capsys, tmp_path):
  workdir = made_workdir.make(tmp_path / 'run')
  before = {path: path.read_bytes() for path in workdir.rglob('*') if path.is_file()}
  code, out, err = run(capsys, workdir)
  assert (code, err, out.splitlines()[-1]) == (0, '', str(workdir / 'report.html'))
  content = (workdir / 'report.html').read_text()
  assert all(word not in content for word in ('http', '<script', '<link', '@import', 'url(h'))
  shown = Page(content)
  assert all(picture['src'].startswith('data:image/') for picture in shown.all('img'))
  for words in (
    '60 of 60 (100%)',
    'reconstruction: steps 0 to 19',
    'discriminator: steps 20 to 39',
    'joint: steps 40 to 59',
    'Accuracy of the discriminator',
    'D(real) and D(completed)',
    'Gradient norms',
    'Adversarial : reconstr',
    'Validation: SSIM',
    'best 0.6 at step 60',
    'loss.adversarial_form',
    'batch_size = 8 (paper 96)',
    'TFLOP/s reached',
  ):
    assert words in shown.words, words
  # What differs comes before what does not.
  assert shown.words.index('validation.samples = 2 (default 8)') < shown.words.index('data.flip =')
  assert 'nan' not in content and 'inf,' not in content
  after = {
    path: path.read_bytes()
    for path in workdir.rglob('*')
    if path.is_file() and path.name != 'report.html'
  }
  assert after == before


def test_the_same_run_gives_the_same_bytes(tmp_path):
  workdir = made_workdir.make(tmp_path / 'run')
  assert run_page.render(run_lib.read(workdir)) == run_page.render(run_lib.read(workdir))


def test_each_chart_shades_the_phases_that_were_reached(tmp_path):
  finished = rendered(made_workdir.make(tmp_path / 'finished'))
  early = rendered(made_workdir.make(tmp_path / 'early', until=10))

  def bands(shown):
    rects = [rect['fill'] for rect in shown.all('rect') if float(rect['height']) > 100]
    return [rects.count(fill) for fill in ('#ffffff', 'url(#hatch)', '#e9edf2')]

  charts = len([svg for svg in finished.all('svg') if svg.get('class') == 'chart'])
  assert charts == 10  # there is no L1 in this run
  assert bands(finished) == [2 * charts, charts, charts]  # the hatch lies on white
  assert bands(early) == [3, 0, 0]  # loss, gradient norm, images per second


def test_one_row_no_samples_no_checkpoint(tmp_path):
  workdir = made_workdir.make(tmp_path / 'run', until=10, scored=())
  shown = rendered(workdir)
  for words in (
    '10 of 60 (17%), reconstruction phase',
    'There are no samples yet',
    'There are none yet',
    'no model/ yet',
  ):
    assert words in shown.words
  assert shown.all('polyline') == []  # one point is a marker
  assert shown.all('circle') and not shown.all('img')


def test_a_run_of_the_joint_phase_alone(tmp_path):
  workdir = made_workdir.make(
    tmp_path / 'run',
    until=20,
    scored=(),
    method='context_encoder_random',
    image_size=64,
    data__resize_short_edge=(64, 72),
    schedule__reconstruction_steps=0,
    schedule__discriminator_steps=0,
  )
  shown = rendered(workdir)
  assert 'joint: steps 0 to 59' in shown.words and 'reconstruction: steps' not in shown.words
  assert 'context_encoder_random' in shown.words


def test_samples_are_the_same_pictures_over_the_steps(tmp_path):
  workdir = made_workdir.make(tmp_path / 'run')
  (workdir / 'samples' / '00000040.png').write_bytes(b'half a fi')
  shown = rendered(workdir)
  assert 'samples/00000040.png could not be read' in shown.words
  pictures = shown.all('img')
  assert [picture['alt'] for picture in pictures[:4]] == [
    'input',
    'completed at step 20',
    'completed at step 60',
    'truth',
  ]
  levels = [
    np.asarray(Image.open(io.BytesIO(base64.b64decode(picture['src'].split(',')[1]))))
    for picture in pictures
  ]
  expected = [made_workdir.LEVELS['input'], 140 + 20, 140 + 60, made_workdir.LEVELS['truth']]
  for picture, level in zip(levels, expected + [level + 10 for level in expected], strict=True):
    assert picture.shape == (128, 128, 3)
    np.testing.assert_allclose(picture, level, atol=2)


def test_what_comes_out_of_files_is_escaped(tmp_path):
  workdir = made_workdir.make(tmp_path / '<b>&run', data__folder='"><script>alert(1)</script>')
  content = run_page.render(run_lib.read(workdir)).decode()
  assert '<script' not in content and '&lt;script&gt;' in content
  assert '<b>' not in content and '&lt;b&gt;&amp;run' in content


def test_rows_and_keys_of_another_version(tmp_path):
  workdir = made_workdir.make(tmp_path / 'run', until=20)
  facts = json.loads((workdir / 'config.json').read_text())
  del facts['config']['remat']
  facts['config']['since.dropped'] = 3
  (workdir / 'config.json').write_text(json.dumps(facts))
  (workdir / 'metrics.csv').write_text(
    'step,phase,images_per_second,reconstruction_loss,gone\n10,reconstruction,5,1,inf\n'
  )
  assert 'Keys of another version, not used here: since.dropped' in rendered(workdir).words


@pytest.mark.parametrize(
  'name, content, sentence',
  [
    ('metrics.csv', None, 'holds no metrics.csv'),
    ('config.json', None, 'holds no config.json'),
    ('metrics.csv', b'', 'damaged in line 1 (there are no columns step and phase)'),
    ('metrics.csv', b'step,phase,images_per_second\n', 'holds no rows yet'),
    ('metrics.csv', b'step,phase,loss\n10,joint,1\n20,joi', 'damaged in line 3'),
    (
      'metrics.csv',
      b'step,phase,loss\n10,joint,1,2\n',
      'damaged in line 2 (it has more or fewer fields',
    ),
    (
      'metrics.csv',
      b'step,phase,loss\n10,joint,one\n',
      "damaged in line 2 (could not convert string to float: 'one')",
    ),
    ('metrics.csv', b'step,phase,loss\n10,dance,1\n', "there is no phase 'dance'"),
    (
      'metrics.csv',
      b'step,phase,loss\n20,joint,1\n10,joint,1\n',
      'damaged in line 3 (step 10 comes after step 20)',
    ),
    ('metrics.csv', b'step,phase,loss\n0,joint,1\n', 'there is no step 0'),
    ('metrics.csv', b'\x89PNG\xff\x00', 'damaged in line 1 (it is no text)'),
    ('config.json', b'{"config": {"batch', 'config.json is damaged'),
    ('config.json', b'[]', 'config.json is damaged'),
    ('config.json', b'{"config": {"batch_size": "many"}}', 'config.json is damaged'),
    ('config.json', b'{"config": {"method": "none"}}', "names a method 'none'"),
    ('config.json', b'{"config": {"schedule.total_steps": 1}}', 'schedule.total_steps is 1'),
  ],
)
def test_a_damaged_workdir_gets_one_sentence_and_no_page(capsys, tmp_path, name, content, sentence):
  workdir = made_workdir.make(tmp_path / 'run', until=10)
  (workdir / name).unlink() if content is None else (workdir / name).write_bytes(content)
  code, out, err = run(capsys, workdir)
  assert (code, out, len(err.splitlines())) == (2, '', 1)
  assert sentence in err
  assert not (workdir / 'report.html').exists()


@pytest.mark.parametrize(
  'arguments, sentence',
  [
    (['{t}/none'], 'There is no folder'),
    (['{t}'], 'holds no config.json'),
    (['{t}/run', '--output', '{t}/run/metrics.csv'], 'ends in .html'),
    (['{t}/run', '--output', '{t}/none/a.html'], 'There is no folder'),
    (['{t}/run', '--output', '{t}/folder.html'], 'is a folder'),
    (['{t}/run', '--peak-tflops', 'fast'], "--peak-tflops is 'fast'"),
    (
      ['{t}/run', '--estimate', '{t}/run/metrics.csv'],
      'is not what glcic-jax estimate --json prints',
    ),
    (['{t}/run', '--estimate', '{t}/none.json'], 'none.json'),
  ],
)
def test_wrong_usage_gets_one_sentence(capsys, tmp_path, arguments, sentence):
  workdir = made_workdir.make(tmp_path / 'run', until=10)
  (tmp_path / 'folder.html').mkdir()
  before = (workdir / 'metrics.csv').read_bytes()
  code, out, err = run(capsys, *(argument.format(t=tmp_path) for argument in arguments))
  assert (code, out, len(err.splitlines())) == (2, '', 1)
  assert sentence in err
  assert (workdir / 'metrics.csv').read_bytes() == before and not (workdir / 'report.html').exists()


def estimated(path, seconds, **changes):
  """What `estimate --json` prints, as far as `report` reads it."""
  made = made_workdir.config()
  path.write_text(
    json.dumps(
      {
        'phases': {name: {'flops_per_step': 4e9} for name in seconds},
        'seconds_per_step': seconds,
        'devices': 2,
        'batch_size': made.batch_size,
        'utilisation': 0.5,
        'peak_tflops': 3.0,
        'peak_from': 'given',
        'config': {'method': made.method, 'image_size': made.image_size, 'dtype': made.dtype},
      }
      | changes
    )
  )
  return path


def test_an_estimate_is_compared_with_the_run(capsys, tmp_path):
  workdir = made_workdir.make(tmp_path / 'run', until=40, rate=80.0)  # batches of 8: 0.1 s a step
  estimate = estimated(
    tmp_path / 'e.json', {'reconstruction': 0.08, 'discriminator': 0.2, 'joint': 0.3}
  )
  code, out, _ = run(capsys, workdir, '--estimate', estimate, '--output', tmp_path / 'page.html')
  assert code == 0
  rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()[2:5]}
  assert rows == {
    'reconstruction': ['0.08', '0.1', '0.04'],
    'discriminator': ['0.2', '0.1', '0.04'],
    'joint': ['0.3', '-', '-'],
  }
  words = Page((tmp_path / 'page.html').read_text()).words
  assert 'reconstruction 80 ms 1.25 100 ms 0.04' in ' '.join(words.split())
  assert 'at 50% of 3 TFLOP/s each' in words
  assert 'about 2 s left' in words  # 20 joint steps at as many FLOP/s


def test_an_estimate_of_another_config_is_refused(capsys, tmp_path):
  workdir = made_workdir.make(tmp_path / 'run', until=10)
  code, _, err = run(
    capsys, workdir, '--estimate', estimated(tmp_path / 'e.json', {'joint': 1.0}, batch_size=96)
  )
  assert code == 2 and "its batch_size is 96, the run's is 8" in err


def test_a_peak_predicts_as_estimate_does(capsys, tmp_path):
  workdir = made_workdir.make(tmp_path / 'run', until=10)
  code, out, _ = run(capsys, workdir, '--peak-tflops=1', '--utilisation=0.1')
  assert code == 0
  predicted, actual, rate = map(float, out.splitlines()[2].split()[1:])
  assert actual == 0.1
  assert predicted == pytest.approx(rate * 1e12 * actual / (0.1 * 1e12), rel=0.02)


@pytest.mark.parametrize('missing', ['tensorflow orbax clu', 'tensorflow orbax clu optax'])
def test_neither_tensorflow_nor_orbax_nor_optax_is_needed(tmp_path, missing):
  workdir = made_workdir.make(tmp_path / 'run')
  program = (
    f'import sys\nfor name in {missing.split()!r}: sys.modules[name] = None\n'
    'from glcic_jax import cli; sys.exit(cli.main(["report", sys.argv[1]]))'
  )
  done = subprocess.run(
    [sys.executable, '-c', program, workdir],
    cwd=pathlib.Path(__file__).parent.parent,
    env=os.environ | {'JAX_PLATFORMS': 'cpu'},
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr
  assert ('TFLOP/s reached' in (workdir / 'report.html').read_text()) == ('optax' not in missing)
