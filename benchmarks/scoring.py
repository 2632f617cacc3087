"""Seconds for scoring pictures, completing them apart: one process, on the CPU.

    python benchmarks/scoring.py [--pictures 1000] [--size 256] [--json FILE]

Made-up pictures, holes of every kind in turn (the mixture of `glcic-jax evaluate`), each completed
by the mean colour with noise. Timed: the manifest (reading PNG files, drawing holes), all scores,
and summing up (means, bootstrap intervals and paired differences, by bin and kind).
"""

import io
import json
import time

from absl import app
from absl import flags
import numpy as np
from PIL import Image

from glcic_jax.evaluation import entrants
from glcic_jax.evaluation import evaluate
from glcic_jax.evaluation import holes
from glcic_jax.evaluation import manifest as manifest_lib

_PICTURES = flags.DEFINE_integer('pictures', 1_000, 'How many.', lower_bound=2)
_SIZE = flags.DEFINE_integer('size', 256, 'Their side in pixels.', lower_bound=16)
_JSON = flags.DEFINE_string('json', '', 'Also write the results here.')


def main(_):
  names = [f'{number}.png' for number in range(_PICTURES.value)]
  picture = {name: _picture(number) for number, name in enumerate(names)}.__getitem__
  hole_of = holes.drawn(holes.kinds_of('mixture'), seed=0, size=_SIZE.value, center_side=0.5)
  seconds = {}

  start = time.perf_counter()
  manifest, _ = manifest_lib.build(
    names, picture, hole_of, seed=0, size=_SIZE.value, masks='mixture'
  )
  seconds['manifest'] = time.perf_counter() - start

  # Two of them, so that there is something to compare; `run` tells what completing took.
  both = [
    entrants.Entrant(label, {}, {entrants.COMPLETED: _noisy(level)}, 1)
    for label, level in (('a', 9), ('b', 30))
  ]
  start = time.perf_counter()
  rows, completing = evaluate.run(manifest, picture, both)
  seconds['scores, one model'] = (time.perf_counter() - start) / 2 - len(names) * sum(
    completing.values()
  ) / 2

  start = time.perf_counter()
  evaluate.summarise(rows, 'a', seed=0)
  seconds['summing up, two models'] = time.perf_counter() - start

  print(f'{len(names):,} pictures of {_SIZE.value} px')
  for name, value in seconds.items():
    print(f'{name:<24}{value:>8.1f} s{1000 * value / len(names):>8.1f} ms a picture')
  if _JSON.value:
    with open(_JSON.value, 'w') as file:
      json.dump({'pictures': len(names), 'size': _SIZE.value, 'seconds': seconds}, file, indent=2)


def _picture(number: int) -> bytes:
  coarse = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
  buffer = io.BytesIO()
  Image.fromarray(coarse).resize((_SIZE.value, _SIZE.value), Image.Resampling.BICUBIC).save(
    buffer, 'PNG'
  )
  return buffer.getvalue()


def _noisy(level: int) -> entrants.Complete:
  def complete(images, found):
    rng = np.random.default_rng(0)
    return [
      np.where(
        hole[..., None],
        np.clip(128 + rng.normal(0, level, image.shape), 0, 255).astype(np.uint8),
        image,
      )
      for image, hole in zip(images, found)
    ]

  return complete


if __name__ == '__main__':
  app.run(main)
