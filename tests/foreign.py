"""Weights and pictures as other programs have them, without those programs: NumPy alone.

Numbers are drawn by `RandomState`, whose streams NumPy has promised never to change: outputs that
torch once computed from them (`tests/references/`) stay comparable.
"""

import json
import pathlib

import numpy as np

REFERENCES = pathlib.Path(__file__).parent / 'references' / 'converted.npz'
SEED, STEP = 7, 5  # of the stored outputs: which numbers, and which pixels are kept
LOCAL_SIDE, LOCAL_CORNER = 96, (30, 41)  # pixels: a local discriminator's view
MEAN = (0.4560, 0.4472, 0.4155)
RELEASED_HOLE = (117 / 255, 104 / 255, 123 / 255)


def arrays(shapes, seed):
  """A state dict as after some training, none of it as initialised: name -> float32.

  Args:
    shapes: (name, shape) in the network's order.
    seed: of the numbers.
  """
  rng = np.random.RandomState(seed)

  def draw(name, shape):
    if len(shape) > 1:  # a kernel: differences in the input reach the output
      bound = (6 / np.prod(shape[1:])) ** 0.5
    elif name.endswith(('running_var', '.weight')):
      return rng.uniform(0.5, 1.5, shape)
    else:
      bound = 0.2
    return rng.uniform(-bound, bound, shape)

  return {name: draw(name, tuple(shape)).astype(np.float32) for name, shape in shapes}


def pictures(size, seed, rows=2):
  """`[rows, *size, 3]` uint8, and `[rows, *size, 1]` uint8 with 1 where the hole is: its middle."""
  rng = np.random.RandomState(seed)
  coarse = rng.randint(0, 256, (rows, size[0] // 4, size[1] // 4, 3)).astype(np.uint8)
  mask = np.zeros((rows, *size, 1), np.uint8)
  top, left = (length * 9 // 32 for length in size)  # 36 of 128: the released Context Encoder's
  mask[:, top : size[0] - top, left : size[1] - left] = 1
  return coarse.repeat(4, axis=1).repeat(4, axis=2), mask


def reference(case):
  """What torch computed for a case: {'shapes', 'size', 'evaluated', 'trained', ...}; see
  `make_references.py`.
  """
  with np.load(REFERENCES) as stored:
    found = {
      key.split('/', 1)[1]: stored[key] for key in stored.files if key.startswith(f'{case}/')
    }
  return found | {
    'shapes': [(name, tuple(shape)) for name, shape in json.loads(str(found['shapes']))]
  }


def weights(case):
  """The state dict of a stored case."""
  return arrays(reference(case)['shapes'], SEED)
