"""A corpus of files and arrays that no one should be given: made, not kept.

Each case is a `Case`: what is wrong, the arguments of `complete` (without --model), and what the
one sentence has to say. `files` makes the cases in a folder; `arrays` are for `Completer`.
"""

import functools
import io
import os
import struct
from typing import NamedTuple
import zlib

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 20, 30
FORMATS = ('png', 'jpeg', 'webp', 'bmp', 'tiff', 'gif')


class Case(NamedTuple):
  """One wrong call."""

  name: str
  arguments: dict[str, str]  # '' is the picture
  sentence: str  # a part of it


def encoded(image, kind):
  """The bytes of a picture file."""
  buffer = io.BytesIO()
  (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, kind)
  return buffer.getvalue()


def picture():
  """A random picture."""
  return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def mask(height=HEIGHT, width=WIDTH):
  """A good mask."""
  made = np.zeros((height, width), np.uint8)
  made[height // 4 : height // 2, width // 4 : width // 2] = 255
  return made


def bomb(width=60_000, height=60_000):
  """A PNG of a few bytes that says it is enormous."""

  def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))

  header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
  return (
    b'\x89PNG\r\n\x1a\n'
    + chunk(b'IHDR', header)
    + chunk(b'IDAT', zlib.compress(bytes(1000)))
    + chunk(b'IEND', b'')
  )


def no_pictures():
  """Name -> bytes that no decoder should take for a picture."""
  made = {
    'empty': b'',
    'one byte': b'\xff',
    'text': b'this is not a picture\n' * 9,
    'zeros': bytes(5_000),
    'noise': np.random.default_rng(1).bytes(5_000),
    'bomb': bomb(),
    'no size': bomb(0, 0),
    'html': b'<!doctype html><html><body>404</body></html>',
    'zip': b'PK\x03\x04' + bytes(60),
    'pdf': b'%PDF-1.7\n%%EOF\n',
    'svg': b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    'elf': b'\x7fELF' + bytes(99),
    'pickle': b'\x80\x04K\x01.',
    'npy': b'\x93NUMPY\x01\x00' + bytes(70),
  }
  for kind in FORMATS:
    data = encoded(picture(), kind)
    made[f'half a {kind}'] = data[: len(data) // 2]
    made[f'the head of a {kind}'] = data[:12]
  good = encoded(picture(), 'png')
  made['png with a broken header'] = good[:16] + bytes(9) + good[25:]
  made['png with broken pixels'] = good[:60] + b'\xff' * 400 + good[460:]
  return made


def files(folder):
  """Makes the files and yields the cases; a good picture and a good mask stand for what is not
  wrong.
  """

  def write(name, data):
    path = os.path.join(folder, name)
    with open(path, 'wb') as file:
      file.write(data if isinstance(data, bytes) else encoded(data, 'png'))
    return path

  good = {
    '': write('good.png', picture()),
    '--mask': write('hole.png', mask()),
    '--output': os.path.join(folder, 'out.png'),
  }
  for number, (name, data) in enumerate(no_pictures().items()):
    path = write(f'bad{number}.png', data)
    yield Case(f'picture: {name}', good | {'': path}, 'cannot be read')
    yield Case(f'mask: {name}', good | {'--mask': path}, 'cannot be read')
  wrong_masks = {
    'one pixel wider': (mask(HEIGHT, WIDTH + 1), 'same size'),
    'turned': (mask().T, 'same size'),
    'of one pixel': (np.full((1, 1), 255, np.uint8), 'same size'),
    'black': (mask() * 0, 'no white pixel'),
    'white': (mask() * 0 + 255, 'white everywhere'),
    'too dark': (mask() // 3 + mask().T.reshape(HEIGHT, WIDTH) // 9, 'highest level is 113 of 255'),
    'of classes': (
      mask() // 51 + np.eye(HEIGHT, WIDTH, dtype=np.uint8),
      'highest level is 6 of 255',
    ),
  }
  for number, (name, (pixels, sentence)) in enumerate(wrong_masks.items()):
    yield Case(f'mask {name}', good | {'--mask': write(f'mask{number}.png', pixels)}, sentence)
  yield from _names(folder, good)


def _names(folder, good):
  """Paths that are not what they should be."""
  within = functools.partial(os.path.join, folder)
  os.mkdir(within('empty'))
  os.symlink(within('round.png'), within('round.png'))
  for flag in ('', '--mask'):
    yield Case(f'{flag} missing', good | {flag: within('none.png')}, 'There is no file')
    yield Case(f'{flag} below a file', good | {flag: within('good.png', 'a.png')}, 'cannot be read')
    yield Case(
      f'{flag} with an endless name', good | {flag: within('a' * 300 + '.png')}, 'cannot be read'
    )
    yield Case(f'{flag} without a name', good | {flag: ''}, 'is empty')
    yield Case(f'{flag} a link to itself', good | {flag: within('round.png')}, 'cannot be read')
  yield Case('an empty folder', good | {'': within('empty')}, 'folder without pictures')
  yield Case(
    'an empty folder of masks', good | {'--mask': within('empty')}, 'there is no picture there'
  )
  yield Case('a glob of nothing', good | {'': within('*.jpeg')}, 'No picture matches')
  yield Case(
    'the output is in a file',
    good | {'--output': within('good.png', 'out.png')},
    'There is no folder',
  )
  yield Case(
    'the output is in no folder',
    good | {'--output': within('none', 'out.png')},
    'There is no folder',
  )
  yield Case('the output has no suffix', good | {'--output': within('out')}, 'picture format')
  yield Case('the output is no picture', good | {'--output': within('out.docx')}, 'picture format')
  yield Case('the output is the picture', good | {'--output': good['']}, 'is an input')
  yield Case('the output is the mask', good | {'--output': good['--mask']}, 'is an input')
  yield Case(
    'the output is too long', good | {'--output': within('b' * 300 + '.png')}, 'cannot be written'
  )


def arrays():
  """Pictures and masks for `Completer`, each with a part of the sentence."""
  image, hole = picture(), mask() > 0
  yield from (
    (wrong, hole, 'uint8')
    for wrong in (
      image.astype(np.float32),
      image.astype(np.int64) - 300,
      np.full(image.shape, np.nan),
      image[None, None],
      image.ravel(),
      np.array(3, np.uint8),
      image.astype(complex),
      image.astype(object),
      image > 99,
      np.repeat(image, 2, axis=2),
      np.zeros((HEIGHT, WIDTH, 0), np.uint8),
    )
  )
  yield from ((wrong, hole, 'no pixels') for wrong in (image[:0], image[:, :0]))
  yield from ((wrong, hole, 'The picture is a') for wrong in (None, 7, {'image': image}))
  yield from (
    (image, wrong, 'The mask')
    for wrong in (
      hole * 0,
      hole | True,
      hole[:-1],
      hole.T,
      -hole.astype(int),
      np.where(hole, np.nan, 0),
      np.where(hole, np.inf, 0),
      hole[None, None],
      hole.ravel(),
      image,
      hole.astype(complex),
      hole.astype(object),
      hole[:0],
      7,
      {'mask': hole},
    )
  )
