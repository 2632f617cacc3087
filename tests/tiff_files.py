"""TIFF files of kinds that Pillow does not write: made, not kept."""

import struct

import numpy as np

# Tags.
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, ORIENTATION, SAMPLES, ROWS, COUNTS, PLANAR = 273, 274, 277, 278, 279, 284
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, EXTRA, FORMAT = 322, 323, 324, 325, 338, 339


def tiff(pixels, photometric, *, order='<', planar=False, tile=0, extra=None, **tags):
  """The bytes of an uncompressed file.

  Args:
    pixels: `[H, W]` or `[H, W, C]` of any type of number.
    photometric: 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK, 8 LAB.
    order: '<' or '>'.
    planar: channel after channel.
    tile: side of the tiles in pixels; 0: strips.
    extra: what the channels beyond the colours are: 1 premultiplied alpha, 2 alpha.
    tags: more, by `tNNN=value`.
  """
  height, width = pixels.shape[:2]
  pixels = pixels.reshape(height, width, -1)
  channels = pixels.shape[2]
  ordered = pixels.astype(pixels.dtype.newbyteorder(order))
  planes = [ordered[..., i : i + 1] for i in range(channels)] if planar else [ordered]
  parts = [part for plane in planes for part in _tiles(plane, tile)]
  kind = {'u': 1, 'i': 2, 'f': 3}[pixels.dtype.kind]
  entries = {
    WIDTH: [width],
    HEIGHT: [height],
    BITS: [8 * pixels.dtype.itemsize] * channels,
    COMPRESSION: [1],
    PHOTOMETRIC: [photometric],
    SAMPLES: [channels],
    PLANAR: [2 if planar else 1],
    FORMAT: [kind] * channels,
    **({TILE_WIDTH: [tile], TILE_HEIGHT: [tile]} if tile else {ROWS: [height]}),
    **({EXTRA: [extra]} if extra else {}),
    **{int(name[1:]): [value] for name, value in tags.items()},
  }
  places, counts = (TILE_OFFSETS, TILE_COUNTS) if tile else (OFFSETS, COUNTS)
  start, offsets = 8, []
  for part in parts:
    offsets.append(start)
    start += len(part) + len(part) % 2
  entries |= {places: offsets, counts: [len(part) for part in parts]}
  body = b''.join(part + b'\0' * (len(part) % 2) for part in parts)
  return _head(order, start) + body + _directory(entries, order, start)


def _tiles(plane, tile):
  if not tile:
    return [plane.tobytes()]
  height, width, _ = plane.shape
  padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
  return [
    padded[top : top + tile, left : left + tile].tobytes()
    for top in range(0, height, tile)
    for left in range(0, width, tile)
  ]


def _head(order, directory):
  return {'<': b'II', '>': b'MM'}[order] + struct.pack(f'{order}HI', 42, directory)


def _directory(entries, order, start):
  more = start + 2 + 12 * len(entries) + 4
  lines, behind = b'', b''
  for tag, values in sorted(entries.items()):
    packed = struct.pack(f'{order}{len(values)}I', *values)
    if len(values) > 1:
      packed, behind = struct.pack(f'{order}I', more + len(behind)), behind + packed
    lines += struct.pack(f'{order}HHI', tag, 4, len(values)) + packed
  return struct.pack(f'{order}H', len(entries)) + lines + struct.pack(f'{order}I', 0) + behind
