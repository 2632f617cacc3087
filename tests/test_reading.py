"""Broken pictures are replaced in place and counted; mean colours."""

from concurrent import futures
import io
import threading

import numpy as np
from PIL import Image
import pytest

from glcic_jax import errors
from glcic_jax.data import reading
from glcic_jax.data import sources


def _png(color, size=(12, 10), kind='PNG'):
  buffer = io.BytesIO()
  Image.new('RGB', size, color).save(buffer, kind)
  return buffer.getvalue()


def _reader(data, share=1.0):
  """A reader of these bytes, by the names p0, p1 ..."""
  named = {f'p{index}': content for index, content in enumerate(data)}
  return reading.Reader(sources.Source(tuple(named), named.__getitem__), unreadable_share=share)


def _red(crop):
  """The red level of a picture of one colour."""
  assert (crop == crop[0, 0]).all()
  return int(crop[0, 0, 0])


def _reds(reader, count):
  return [_red(reader.crop(index, 8, 9, (0.5, 0.5))) for index in range(count)]


_GOOD = [_png((10 * index, 0, 0)) for index in range(5)]
_BROKEN = b'no picture'


def test_readable_pictures_are_their_own(capsys):
  reader = _reader(_GOOD, share=0.0)
  assert _reds(reader, 5) == [0, 10, 20, 30, 40]
  assert reader.failure is None
  assert capsys.readouterr().err == ''


@pytest.mark.parametrize(
  'broken, expected',
  [
    ({2}, [0, 10, 30, 30, 40]),
    ({4}, [0, 10, 20, 30, 0]),
    ({1, 2}, [0, 30, 30, 30, 40]),
    ({0, 3, 4}, [10, 10, 20, 10, 10]),
  ],
)
def test_the_next_readable_picture_takes_the_place_and_no_other_moves(broken, expected):
  data = [_BROKEN if index in broken else good for index, good in enumerate(_GOOD)]
  reader = _reader(data)
  assert _reds(reader, 5) == expected
  assert _reds(reader, 5) == expected


def test_a_truncated_file_is_replaced_too():
  data = [_png((10, 0, 0), size=(99, 99))[:120], _GOOD[4]]
  assert _reds(_reader(data), 2) == [40, 40]


def test_a_file_that_vanished_is_replaced_too(tmp_path):
  for index, content in enumerate(_GOOD):
    (tmp_path / f'{index}.png').write_bytes(content)
  source = sources.folder(tmp_path)
  (tmp_path / '3.png').unlink()
  assert _reds(reading.Reader(source, unreadable_share=1.0), 5) == [0, 10, 20, 40, 40]


def test_each_broken_picture_is_named_once_on_stderr(capsys):
  reader = _reader([_GOOD[0], _BROKEN, _BROKEN, _GOOD[3], _GOOD[4]])
  for _ in range(3):
    _reds(reader, 5)
  lines = capsys.readouterr().err.splitlines()
  assert len(lines) == 2
  assert lines[0].startswith('p1 cannot be read') and '(1 so far)' in lines[0]
  assert lines[1].startswith('p2 cannot be read') and '(2 so far)' in lines[1]


def test_a_picture_that_many_threads_find_broken_at_once_counts_once(capsys):
  together = threading.Barrier(4, timeout=30)

  def read(name):
    if name == 'broken':
      together.wait()
      return _BROKEN
    return _GOOD[1]

  reader = reading.Reader(sources.Source(('broken', 'good'), read), unreadable_share=0.5)
  with futures.ThreadPoolExecutor(4) as pool:
    crops = list(pool.map(lambda _: reader.crop(0, 8, 9, (0, 0)), range(4)))
  assert [_red(crop) for crop in crops] == [10] * 4
  assert reader.failure is None
  assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_share_of_broken_pictures_is_borne_and_one_more_is_not():
  data = [_BROKEN, _GOOD[1], _BROKEN, _GOOD[3], _GOOD[4]]
  assert _reds(_reader(data, share=0.4), 5) == [10, 10, 30, 30, 40]
  reader = _reader(data, share=0.39)
  assert _red(reader.crop(0, 8, 9, (0, 0))) == 10
  with pytest.raises(errors.RunError, match='2 of 5 .*unreadable_share = 0.39') as caught:
    reader.crop(2, 8, 9, (0, 0))
  assert reader.failure == str(caught.value)


def test_one_broken_picture_is_borne_where_the_share_is_less_than_a_picture(capsys):
  data = [_BROKEN, *_GOOD[1:4], _BROKEN]
  reader = _reader(data, share=0.01)
  assert _red(reader.crop(0, 8, 9, (0, 0))) == 10
  assert capsys.readouterr().err.endswith('takes its place (1 so far).\n')
  with pytest.raises(
    errors.RunError, match=r'--config\.data\.unreadable_share=0\.4, which bears 2'
  ):
    reader.crop(4, 8, 9, (0, 0))
  assert 'takes its place' not in capsys.readouterr().err
  assert _reds(_reader(data, share=0.4), 5) == [10, 10, 20, 30, 10]


@pytest.mark.parametrize(
  'broken, count', [(2, 24), (1, 7), (2, 150), (101, 10_000), (3, 3), (29, 100)]
)
def test_the_share_that_is_proposed_bears_them(broken, count):
  share = reading._share(broken, count)
  reader = _reader([_BROKEN] * broken + [_GOOD[1]] * (count - broken), share=share)
  for index in range(broken):
    reader.note(index, 'It is broken.')
  assert reader.failure is None and share <= 1


def test_an_error_does_not_grow_with_the_threads_that_meet_it():
  reader = _reader([_BROKEN] * 40, share=0.0)
  with pytest.raises(errors.RunError, match='^1 of 40') as caught:
    reader.mean_color(40)
  assert len(caught.traceback) < 20
  assert caught.value.__context__ is None


def test_with_share_zero_the_first_broken_picture_stops_the_run():
  with pytest.raises(errors.RunError, match='1 of 2'):
    _reader([_BROKEN, _GOOD[1]], share=0.0).crop(0, 8, 9, (0, 0))


def test_nothing_but_broken_pictures_stops_the_run_at_any_share():
  reader = _reader([_BROKEN] * 3, share=1.0)
  for _ in range(2):
    with pytest.raises(errors.RunError, match='No picture.*data.folder'):
      reader.crop(1, 8, 9, (0, 0))
  assert reader.failure.startswith('No picture')


def test_mean_color_counts_every_picture_the_same():
  reader = _reader([_png((255, 0, 51)), _png((0, 51, 51), size=(90, 70))])
  assert reader.mean_color(100) == (0.5, 0.1, 0.2)


def test_mean_color_of_half_and_half_is_between():
  halves = np.zeros((10, 10, 3), np.uint8)
  halves[:, :5] = (255, 102, 0)
  buffer = io.BytesIO()
  Image.fromarray(halves).save(buffer, 'PNG')
  assert _reader([buffer.getvalue()]).mean_color(1) == (0.5, 0.2, 0.0)


@pytest.mark.parametrize('most, chosen', [(1, [0]), (2, [0, 2]), (3, [0, 1, 3]), (9, range(5))])
def test_mean_color_takes_pictures_spread_over_the_source(most, chosen):
  mean = np.mean([10 * index / 255 for index in chosen])
  assert _reader(_GOOD).mean_color(most) == (pytest.approx(mean, abs=1e-6), 0.0, 0.0)


def test_mean_color_of_a_large_jpeg_is_close():
  data = _png((200, 100, 50), size=(800, 600), kind='JPEG')
  assert _reader([data]).mean_color(1) == pytest.approx((200 / 255, 100 / 255, 50 / 255), abs=0.01)


def test_mean_color_replaces_broken_pictures_and_stops_at_too_many():
  data = [_BROKEN, _png((51, 51, 51))]
  assert _reader(data).mean_color(2) == (0.2, 0.2, 0.2)
  with pytest.raises(errors.RunError, match='1 of 2'):
    _reader(data, share=0.0).mean_color(2)


def test_transparent_pixels_show_the_ground_in_crops_and_in_the_mean_colour():
  buffer = io.BytesIO()
  Image.new('RGBA', (8, 8), (200, 0, 0, 0)).save(buffer, 'PNG')
  source = sources.Source(('clear.png',), lambda name: buffer.getvalue())
  reader = reading.Reader(source, unreadable_share=0.0, ground=(10, 20, 30))
  assert (reader.crop(0, 8, 8, (0.5, 0.5)) == (10, 20, 30)).all()
  np.testing.assert_allclose(reader.mean_color(1), (10 / 255, 20 / 255, 30 / 255), atol=1e-6)
