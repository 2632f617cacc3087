"""The manifest of an evaluation: the same holes for ever, and refusal of anything else."""

import dataclasses
import io
import json

import numpy as np
from PIL import Image
import pytest

from glcic_jax import errors
from glcic_jax.evaluation import holes
from glcic_jax.evaluation import manifest as manifest_lib


def _files(count=4, shape=(30, 40)):
  """Name -> bytes of a PNG of one grey level and one white corner."""
  found = {}
  for number in range(count):
    pixels = np.full((*shape, 3), 40 * number, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, 'PNG')
    found[f'{number}.png'] = buffer.getvalue()
  return found


def _build(found, kinds=('rectangle',), size=None, seed=3, side=0.5):
  hole_of = holes.drawn(kinds, seed=seed, size=size, center_side=side)
  return manifest_lib.build(
    list(found), found.__getitem__, hole_of, seed=seed, size=size, masks='test'
  )


@pytest.mark.parametrize(
  'runs, expected',
  [
    ('4 2', [[0, 0, 0], [0, 1, 1]]),
    ('0 1 5', [[1, 0, 0], [0, 0, 0]]),
    ('1 4 1', [[0, 1, 1], [1, 1, 0]]),
  ],
)
def test_runs_by_hand(runs, expected):
  hole = np.asarray(expected, bool)
  assert manifest_lib.encode_runs(hole) == runs
  np.testing.assert_array_equal(manifest_lib.decode_runs(runs, (2, 3)), hole)


def test_runs_come_back():
  rng = np.random.default_rng(0)
  for _ in range(100):
    hole = rng.random((6, 9)) < rng.random()
    np.testing.assert_array_equal(
      manifest_lib.decode_runs(manifest_lib.encode_runs(hole), (6, 9)), hole
    )


@pytest.mark.parametrize('runs', ['4 3', '5', '8 -2', 'a b'])
def test_runs_that_do_not_fit_are_refused(runs):
  with pytest.raises(ValueError):
    manifest_lib.decode_runs(runs, (2, 3))


def test_a_manifest_comes_back_and_is_a_function_of_its_seed():
  found = _files()
  manifest, failures = _build(found, holes.kinds_of('mixture'))
  assert failures == []
  data = manifest.to_bytes()
  assert manifest_lib.Manifest.from_bytes(data, 'it') == manifest
  assert _build(found, holes.kinds_of('mixture'))[0].to_bytes() == data
  assert _build(found, holes.kinds_of('mixture'), seed=4)[0].entries != manifest.entries
  assert [entry.kind for entry in manifest.entries] == [
    'rectangle',
    'region',
    'blocks',
    'thin strokes',
  ]
  manifest_lib.check(manifest, list(found), found.__getitem__, 'here')


def test_an_entry_says_what_its_hole_is():
  manifest, _ = _build(_files(), ('center',))
  for number, entry in enumerate(manifest.entries):
    assert (entry.name, entry.height, entry.width, entry.kind) == (
      f'{number}.png',
      30,
      40,
      'center',
    )
    assert entry.ratio == 0.25 and not entry.border
    assert entry.hole[8:23, 10:30].sum() + entry.hole[7:22, 10:30].sum() > entry.hole.sum()
  # The mean of the known pixels: levels 0, 40, 80, 120.
  np.testing.assert_allclose(manifest.mean_color, [60 / 255] * 3, atol=1e-6)

  def at_the_edge(index, name, full):
    del index, name
    hole = np.zeros(full, bool)
    hole[5, -1] = True
    return hole, 'own'

  found = _files()
  built, _ = manifest_lib.build(
    list(found), found.__getitem__, at_the_edge, seed=0, size=None, masks=''
  )
  assert all(entry.border for entry in built.entries)


def test_a_picture_that_cannot_be_used_is_named_and_the_others_are_kept():
  found = _files() | {'broken.png': b'nothing'}
  manifest, failures = _build(found)
  assert [entry.name for entry in manifest.entries] == ['0.png', '1.png', '2.png', '3.png']
  assert [name for name, _ in failures] == ['broken.png'] and 'broken.png' in failures[0][1]
  small = _files(3) | {'small.png': _files(1, (8, 40))['0.png']}
  assert 'SSIM' in _build(small)[1][0][1]


@pytest.mark.parametrize('count', [0, 1])
def test_fewer_than_two_pictures_are_refused(count):
  with pytest.raises(errors.InputError, match='two or more'):
    _build(_files(count))


def test_changed_and_missing_pictures_are_refused():
  found = _files()
  manifest, _ = _build(found)
  with pytest.raises(errors.InputError, match=r"1 of the manifest's 4 pictures, 2.png .* changed"):
    other = found | {'2.png': found['1.png']}
    manifest_lib.check(manifest, list(other), other.__getitem__, 'here')
  with pytest.raises(errors.InputError, match=r"4 of the manifest's 4 .* not in elsewhere"):
    manifest_lib.check(manifest, ['a.png'], found.__getitem__, 'elsewhere')
  turned = dataclasses.replace(manifest.entries[0], height=40, width=30)
  with pytest.raises(errors.InputError, match='says that 0.png is 30x40, and it is 40x30'):
    manifest_lib.check(
      dataclasses.replace(manifest, entries=(turned, *manifest.entries[1:])),
      list(found),
      found.__getitem__,
      'here',
    )
  with pytest.raises(errors.InputError, match='fewer than two'):
    short = dataclasses.replace(manifest, entries=manifest.entries[:1])
    manifest_lib.check(short, list(found), found.__getitem__, 'here')


@pytest.mark.parametrize(
  'change',
  [
    lambda values: values.pop('seed'),
    lambda values: values['entries'][0].pop('runs'),
    lambda values: values['entries'][0].update(runs='1 2 3'),
    lambda values: values['entries'][0].update(runs='1200'),
    lambda values: values['entries'].append(values['entries'][0]),
    lambda values: values.update(mean_color=None),
    lambda values: values.update(mean_color=[0.5, 0.5]),
    lambda values: values.update(mean_color=[0.5, 0.5, 9]),
    lambda values: values.update(seed=-1),
    lambda values: values.update(seed=float('inf')),
    lambda values: values.update(size=64),
    lambda values: values.update(size=-64),
    lambda values: values['entries'][0].update(kind=5),
    lambda values: values['entries'][0].update(ratio='a'),
    lambda values: values['entries'][0].update(ratio=0.9),
    lambda values: values['entries'][0].update(border=True),
    lambda values: values['entries'][0].update(height=10**6, width=10**6, runs=f'1 {10**12 - 1}'),
    lambda values: values['entries'][0].update(height=-30, width=-40),
  ],
)
def test_a_damaged_manifest_is_refused(change):
  values = json.loads(_build(_files())[0].to_bytes())
  change(values)
  with pytest.raises(errors.InputError, match='m.json is no manifest'):
    manifest_lib.Manifest.from_bytes(json.dumps(values).encode(), 'm.json')


def test_what_is_no_manifest_is_refused():
  for data in (b'', b'[]', b'{}', b'\xff\xfe', b'[' * 100_000):
    with pytest.raises(errors.InputError, match='m.json is no manifest'):
      manifest_lib.Manifest.from_bytes(data, 'm.json')
  later = json.dumps({'format_version': 99}).encode()
  with pytest.raises(errors.InputError, match='upgrade'):
    manifest_lib.Manifest.from_bytes(later, 'm.json')
