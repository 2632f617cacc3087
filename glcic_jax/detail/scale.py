"""At what scale a hole is treated: one measure for a scratch and for half a photograph.

A hole is as large as it is deep: its inner radius is the greatest distance of its pixels to the
nearest pixel outside it, and the outside of the picture is outside it.
"""

from typing import NamedTuple

import numpy as np
import scipy.ndimage

from glcic_jax import boxes
from glcic_jax.detail import pieces as pieces_lib

_Numbers = dict[int, list[int]]  # a cluster's place -> numbers of its pieces


class Part(NamedTuple):
  """Holes of one scale that lie near each other."""

  box: boxes.Box  # around them
  hole: np.ndarray  # [h, w] bool of the box's size, these holes and no others
  radius: float  # pixels: the largest inner radius
  factor: int  # pixels of the picture to one at which the radius is about what was asked for
  thin: bool  # whether the radius is below what was given for that


class _Piece(NamedTuple):
  box: boxes.Box
  radius: float
  numbers: _Numbers


def of_hole(
  hole: np.ndarray,
  *,
  radius: float = 36.0,
  together: float = 64.0,
  thin: float = 0.0,
  thinnest: float = 0.0,
) -> list[Part]:
  """Splits a hole into parts, each with its own scale.

  Args:
    hole: `[H, W]` bool.
    radius: the inner radius in pixels that is wanted; nothing is enlarged to it.
    together: connected holes of one factor, and all thin or none, whose bounding boxes are at most
      so many pixels apart, once reduced, are one part.
    thin: holes of a smaller inner radius are parts of their own.
    thinnest: holes of a smaller inner radius are left out.

  Returns:
    the parts, from the largest factor to the smallest, the thin ones last; they cover the hole, and
    do not overlap.
  """
  clusters = pieces_lib.clusters(hole)
  pieces: dict[tuple[int, bool], list[_Piece]] = {}  # by factor, and whether they are thick
  for place, cluster in enumerate(clusters):
    top, left = cluster.box[:2]
    for number, (rows, columns) in enumerate(scipy.ndimage.find_objects(cluster.labels), start=1):
      inner = float(cluster.radii[number])
      if inner >= thinnest:
        box = top + rows.start, left + columns.start, top + rows.stop, left + columns.stop
        kind = max(1, round(inner / radius)), inner >= thin
        pieces.setdefault(kind, []).append(_Piece(box, inner, {place: [number]}))
  return [
    Part(piece.box, _painted(piece, clusters), piece.radius, factor, not thick)
    for factor, thick in sorted(pieces, reverse=True)
    for piece in _joined(pieces[factor, thick], together * factor)
  ]


def _painted(piece: _Piece, clusters: list[pieces_lib.Cluster]) -> np.ndarray:
  """The hole in a piece's box that is its own."""
  hole = np.zeros(boxes.shape(piece.box), bool)
  for place, numbers in piece.numbers.items():
    box, labels, radii = clusters[place]
    both = boxes.shared(piece.box, box)
    own = np.zeros(len(radii), bool)
    own[numbers] = True
    there = labels[boxes.slices(boxes.relative(both, box))]
    hole[boxes.slices(boxes.relative(both, piece.box))] |= own[there]
  return hole


def _joined(pieces: list[_Piece], distance: float) -> list[_Piece]:
  """Joins boxes until all are farther apart than a distance."""
  result: list[_Piece] = []
  for piece in pieces:
    # What has grown by a piece may reach another one.
    while near := [other for other in result if _gap(piece.box, other.box) <= distance]:
      result = [other for other in result if _gap(piece.box, other.box) > distance]
      for other in near:
        piece = _together(piece, other)
    result.append(piece)
  return sorted(result, key=lambda piece: piece.box)


def _together(a: _Piece, b: _Piece) -> _Piece:
  top, left = map(min, a.box[:2], b.box[:2])
  bottom, right = map(max, a.box[2:], b.box[2:])
  for place, numbers in a.numbers.items():
    b.numbers.setdefault(place, []).extend(numbers)
  return _Piece((top, left, bottom, right), max(a.radius, b.radius), b.numbers)


def _gap(a: boxes.Box, b: boxes.Box) -> int:
  return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
